"""`manage.py check --deploy`: does the database keep what the ledger promises, and is the ledger watched from outside?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connection

# Setting of PostgreSQL → what it must be, and what goes wrong otherwise.
WANTED = {
    "fsync": (("on",), "an acknowledged entry may be lost with the power"),
    "full_page_writes": (("on",), "a crash may leave half a page"),
    "synchronous_commit": (("on", "remote_apply"), "an acknowledged entry may be lost in a crash"),
    "data_checksums": (("on",), "a flipped bit on the disk is not noticed"),
    "default_transaction_isolation": (("read committed",), "every posting is refused"),
}


@register(Tags.security, deploy=True)
def database_keeps_its_promises(**kwargs: Any) -> list[CheckMessage]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) UNION ALL"
                " SELECT 'owner', (pg_has_role(current_user, relowner, 'MEMBER') OR rolsuper)::text FROM pg_class, pg_roles"
                " WHERE pg_class.oid = to_regclass('traceability_entry') AND rolname = current_user",
                [list(WANTED)],
            )
            found = dict(cursor.fetchall())
    except DatabaseError as error:
        return [Warning(f"The database does not answer: {error}".strip(), id="lotline.W001")]
    said: list[CheckMessage] = [
        Warning(f"PostgreSQL runs with {name} = {found[name]}: {harm}.", id="lotline.W002")
        for name, (good, harm) in WANTED.items()
        if found.get(name, good[0]) not in good
    ]
    if found.get("owner") == "true":
        said.append(
            Warning(
                "The application's role owns the tables of the ledger, so it could take the guards away.",
                hint="Give DATABASE_URL a role of its own, and the owner's address as DATABASE_OWNER_URL to migrate alone.",
                id="lotline.W003",
            )
        )
    return said


@register(Tags.security, deploy=True)
def checkpoints_are_kept_elsewhere(**kwargs: Any) -> list[CheckMessage]:
    if settings.LOTLINE_CHECKPOINT_FOLDER or settings.LOTLINE_CHECKPOINT_MAIL:
        return []
    return [
        Warning(
            "No checkpoint of the ledger is kept outside the database: a rewritten tail would not be found.",
            hint="Set LOTLINE_CHECKPOINT_FOLDER (best on another machine) or LOTLINE_CHECKPOINT_MAIL.",
            id="lotline.W004",
        )
    ]
