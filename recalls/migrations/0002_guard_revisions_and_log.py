"""The database refuses by itself: revisions and log are only added to; cases and their starts are never deleted.

Triggers are ENABLE ALWAYS, so that `session_replication_role = replica` does not pass them, and they mind TRUNCATE.
"""

import os

from django.db import migrations

APPEND_ONLY = ("scoperevision", "recalllog")
KEPT = ("recall", "recallstart")

FUNCTION = """
CREATE FUNCTION recalls_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Refused: % on %. What a recall has on record is only added to.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'LL001';
END $$;
"""


def guard(apps, editor):
    run = editor.execute
    run(FUNCTION.replace("%", "%%"), [])
    for table in APPEND_ONLY:
        trigger(run, table, "is_only_added_to", "BEFORE UPDATE OR DELETE OR TRUNCATE")
    for table in KEPT:
        trigger(run, table, "is_never_deleted", "BEFORE DELETE OR TRUNCATE")
    revoke(editor)


def trigger(run, table, name, when):
    run(
        f"CREATE TRIGGER {table}_{name} {when} ON recalls_{table} FOR EACH STATEMENT EXECUTE FUNCTION recalls_refuse()"
    )
    run(f"ALTER TABLE recalls_{table} ENABLE ALWAYS TRIGGER {table}_{name}")


def revoke(editor):
    """The application's role may not even try."""
    role = os.environ.get("LOTLINE_APP_ROLE", "lotline_app")
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
        owner, exists = cursor.fetchone()
    if not exists or owner == role:
        return  # One role for all, as on a developer's own server: the triggers still hold.
    app, run = editor.quote_name(role), editor.execute
    for table in APPEND_ONLY:
        run(f"REVOKE UPDATE, DELETE, TRUNCATE ON recalls_{table} FROM {app}")
    for table in KEPT:
        run(f"REVOKE DELETE, TRUNCATE ON recalls_{table} FROM {app}")


class Migration(migrations.Migration):
    dependencies = [("recalls", "0001_recall_cases"), ("traceability", "0002_guard_the_ledger")]
    operations = [migrations.RunPython(guard, migrations.RunPython.noop, elidable=False)]
