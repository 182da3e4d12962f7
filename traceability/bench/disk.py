"""How much room a movement takes: its table and indexes, and everything that comes with it."""

from __future__ import annotations

from typing import Any

from django.db import connection

TABLES = ("movement", "entry", "entrykey", "runlot", "balance", "delivered", "lot", "run")


def measure_disk(movements: int) -> dict[str, Any]:
    """Bytes per movement, table and indexes apart, of each table of the ledger and in all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_table_size(t), pg_indexes_size(t) FROM unnest(%s::text[]) AS name, LATERAL (SELECT ('traceability_' || name)::regclass AS t) AS r",
            [list(TABLES)],
        )
        sizes = {
            name: {"table": table / movements, "indexes": indexes / movements}
            for name, table, indexes in cursor.fetchall()
        }
    return {
        "name": "disk",
        "bytes_per_movement": sum(sum(size.values()) for size in sizes.values()),
        "tables": sizes,
    }
