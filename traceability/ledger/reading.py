"""Every entry as it is stored and hashed, in order: for the verifier, and for whoever wants to verify without us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from traceability.ledger import digest
from traceability.models import Entry

# What is read at once, whichever comes first: entries, their lines, their payloads (compressed bytes).
ENTRIES, LINES, BYTES = 2_000, 20_000, 300_000


class Stored(NamedTuple):
    """One entry: its values and lines as `digest.body` takes them, and the marks that stand beside it."""

    seq: int
    recorded_at: datetime
    digest: bytes
    chain: bytes
    values: list[Any]
    lines: list[list[Any]]

    @property
    def evidence(self) -> dict[str, Any]:
        """All that is hashed, and the hashes: enough for anybody to verify, without this program (docs/verify.py)."""
        return {
            **digest.content(self.values, self.lines),
            "seq": self.seq, "recorded_at": digest.moment(self.recorded_at), "digest": self.digest.hex(), "chain": self.chain.hex(),
        }  # fmt: skip


def stored_entries(after: int = 0, upto: int | None = None) -> Iterator[Stored]:
    """Entries later than `after`, to `upto` or the end, a piece at a time: neither many nor large ones fill the memory."""
    while ids := _next_piece(after, upto):
        lines: dict[int, list[Any]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT entry_id, {', '.join(digest.MOVEMENT_FIELDS)} FROM traceability_movement WHERE entry_id = ANY(%s) ORDER BY entry_id, line",
                [ids],
            )
            for entry_id, *line in cursor:
                lines.setdefault(entry_id, []).append(line)
            cursor.execute(
                f"SELECT seq, recorded_at, digest, chain, {', '.join(digest.ENTRY_FIELDS[:-1])}, payload::text FROM traceability_entry WHERE id = ANY(%s) ORDER BY seq",
                [ids],
            )
            for seq, recorded_at, mark, chain, *values in cursor:
                values[-1] = json.loads(values[-1])
                yield Stored(seq, recorded_at, bytes(mark), bytes(chain), values, lines.get(values[0], []))
                after = seq


def _next_piece(after: int, upto: int | None) -> list[int]:
    """Ids of the entries that come next, at least one while there is any, no more than fit."""
    rows = Entry.objects.after(after).extra(
        select={
            "lines": "SELECT count(*) FROM traceability_movement m WHERE m.entry_id = traceability_entry.id",
            "bytes": "pg_column_size(payload)",
        }
    )
    if upto is not None:
        rows = rows.filter(seq__lte=upto)
    ids: list[int] = []
    lines = size = 0
    for pk, its_lines, its_bytes in rows.values_list("pk", "lines", "bytes")[:ENTRIES]:
        lines, size = lines + its_lines, size + its_bytes
        if ids and (lines > LINES or size > BYTES):
            break
        ids.append(pk)
    return ids
