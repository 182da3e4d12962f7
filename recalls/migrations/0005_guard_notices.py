"""Notices and what was said about them are only added to; complaints are never deleted. As 0002 guards revisions and log."""

from importlib import import_module

from django.db import migrations

guards = import_module("recalls.migrations.0002_guard_revisions_and_log")
APPEND_ONLY = ("notice", "noticeevent")
KEPT = ("complaint",)


def guard(apps, editor):
    run = editor.execute
    for table in APPEND_ONLY:
        guards.trigger(run, table, "is_only_added_to", "BEFORE UPDATE OR DELETE OR TRUNCATE")
    for table in KEPT:
        guards.trigger(run, table, "is_never_deleted", "BEFORE DELETE OR TRUNCATE")


class Migration(migrations.Migration):
    dependencies = [("recalls", "0004_notices")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop, elidable=False)]
