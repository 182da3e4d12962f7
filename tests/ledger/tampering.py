"""What somebody could do who owns the server: guards off, rows changed, guards on again, hashes made right again.

Django's connection must be the superuser's (`databases.as_superuser`); all is done in its transaction and can be rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from traceability.ledger import digest, stored_entries

TABLES = (
    "entry", "movement", "entrykey", "balance", "runlot", "delivered", "lot", "hold", "requirement", "reservation", "ledgerhead", "run",
)  # fmt: skip


@contextmanager
def guards_off() -> Iterator[None]:
    """No trigger and no foreign key refuses; afterwards they stand as before."""
    with connection.cursor() as cursor:
        # What was posted in this transaction is proved now: a table with open questions cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal AND tgrelid = ANY(%s::regclass[])",
            [[f"traceability_{table}" for table in TABLES]],
        )
        triggers = cursor.fetchall()
        cursor.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in triggers))
        yield
        cursor.execute(
            "; ".join(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in triggers)
        )
        cursor.execute("SET session_replication_role = origin")


def spoil(sql: str, params: Any = None) -> None:
    with guards_off(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def reseal(after: int = 0) -> None:
    """Right digests and links again from the entry after this one on, and a head that agrees: nothing inside shows it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT chain FROM traceability_entry WHERE seq = %s", [after])
        row = cursor.fetchone()
        chain = bytes(row[0]) if row else digest.GENESIS
        sealed, last = [], None
        for seq, recorded_at, _, _, values, lines in stored_entries(after):
            mark = digest.seal(seq=seq, recorded_at=recorded_at, body=digest.body(values, lines))
            chain = digest.link(chain, mark)
            sealed.append((seq, mark, chain))
            last = (seq, chain, recorded_at)
        if last is None:
            return
        with guards_off():
            cursor.execute(
                "UPDATE traceability_entry e SET digest = k.digest, chain = k.chain FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS k (seq, digest, chain) WHERE e.seq = k.seq",
                [list(column) for column in zip(*sealed, strict=True)],
            )
            cursor.execute("UPDATE traceability_ledgerhead SET seq = %s, chain = %s, recorded_at = %s", last)


def swap(one: int, other: int) -> None:
    """Two entries change places, and their times of recording with them."""
    away = 1_000_000
    spoil(
        "UPDATE traceability_entry SET seq = seq + %(away)s WHERE seq IN (%(one)s, %(other)s);"
        "UPDATE traceability_entry e SET seq = o.seq - %(away)s, recorded_at = o.recorded_at"
        " FROM traceability_entry o WHERE e.seq > %(away)s AND o.seq > %(away)s AND o.seq <> e.seq",
        {"one": one, "other": other, "away": away},
    )


def cut(entry: Any) -> None:
    """The last entry, a movement of one lot that began nothing, goes with all its consequences; a head that agrees."""
    spoil(
        "UPDATE traceability_balance b SET quantity = b.quantity + m.quantity FROM traceability_movement m WHERE m.entry_id = %(entry)s"
        " AND b.lot_id = m.lot_id AND b.location_id = m.origin_id AND b.status = m.origin_status AND b.container_id IS NULL;"
        "UPDATE traceability_requirement SET met_in_id = NULL WHERE met_in_id = %(entry)s;"
        "DELETE FROM traceability_movement WHERE entry_id = %(entry)s; DELETE FROM traceability_entrykey WHERE entry_id = %(entry)s;"
        "DELETE FROM traceability_entry WHERE id = %(entry)s",
        {"entry": entry.pk},
    )
    reseal()
