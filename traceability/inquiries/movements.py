"""A lot's life, line by line, with the signed change and the balance after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from traceability.inquiries.snapshot import ids

if TYPE_CHECKING:
    from traceability.models import Lot


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of the lot, or (line 0) an entry that touched it without moving it: hold, lift, amend."""

    seq: int
    line: int
    entry_id: int
    kind: str
    reverses_seq: int | None
    document: str
    party: str
    party_name: str
    origin: str
    origin_status: str
    destination: str
    destination_status: str
    run_id: int | None
    run: str
    quantity: Decimal
    change: Decimal
    balance: Decimal
    evidence: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    reason: str
    after_the_fact: bool

    @property
    def cursor(self) -> tuple[int, int]:
        """Hand it to `movements_of(before=…)` for the lines that follow this one."""
        return (self.seq, self.line)


def movements_of(
    lot: Lot | int,
    *,
    before: tuple[int, int] | None = None,
    limit: int | None = 100,
    as_of: int | None = None,
    sites: list[int] | None = None,
) -> list[Line]:
    """Newest first, from just before a cursor. One query; every balance is the sum of all that went before.

    `sites`: only lines that were at one of these, and what touched the lot without moving it. The balances stay the whole lot's.
    """
    (wanted,) = ids([lot])
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES,
            {"lot": wanted, "as_of": as_of, "limit": limit, "seq": before and before[0], "line": before and before[1], "sites": sites,
             "amended": f'{{"amended":[{{"lot":{wanted}}}]}}'},
        )  # fmt: skip
        return [Line(*row) for row in cursor.fetchall()]


_LINES = """
    WITH lines AS (
        SELECT e.seq, m.line, m.entry_id, m.origin_id, m.origin_status, m.destination_id, m.destination_status, m.run_id, m.quantity, m.evidence,
            CASE WHEN m.destination_status <> '' THEN m.quantity ELSE 0 END - CASE WHEN m.origin_status <> '' THEN m.quantity ELSE 0 END AS change
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.lot_id = %(lot)s AND (%(as_of)s::bigint IS NULL OR e.seq <= %(as_of)s)
        UNION ALL
        SELECT e.seq, 0, e.id, NULL, '', NULL, '', NULL, 0, '', 0
        FROM traceability_entry e
        WHERE e.id IN (
            SELECT placed_in_id FROM traceability_hold WHERE lot_id = %(lot)s
            UNION SELECT lifted_in_id FROM traceability_hold WHERE lot_id = %(lot)s
            UNION SELECT id FROM traceability_entry WHERE kind = 'amend' AND payload @> %(amended)s::jsonb
        ) AND e.kind IN ('hold', 'lift', 'amend') AND (%(as_of)s::bigint IS NULL OR e.seq <= %(as_of)s)
    ), running AS (
        SELECT lines.*, SUM(change) OVER (ORDER BY seq, line) AS balance FROM lines
    )
    SELECT g.seq, g.line, g.entry_id, e.kind, r.seq, e.document, COALESCE(p.code, ''), COALESCE(p.name, ''),
        COALESCE(o.code, ''), g.origin_status, COALESCE(d.code, ''), g.destination_status, g.run_id,
        COALESCE(CASE WHEN u.number = 1 THEN u.document ELSE u.document || '/' || u.number END, ''),
        g.quantity, g.change, g.balance, g.evidence, e.occurred_at, e.recorded_at,
        COALESCE(NULLIF(a.display_name, ''), a.username), e.reason, e.after_the_fact
    FROM running g
    JOIN traceability_entry e ON e.id = g.entry_id
    JOIN traceability_person a ON a.id = e.actor_id
    LEFT JOIN traceability_entry r ON r.id = e.reverses_id
    LEFT JOIN traceability_party p ON p.id = e.party_id
    LEFT JOIN traceability_location o ON o.id = g.origin_id
    LEFT JOIN traceability_location d ON d.id = g.destination_id
    LEFT JOIN traceability_run u ON u.id = g.run_id
    WHERE (%(seq)s::bigint IS NULL OR (g.seq, g.line) < (%(seq)s, %(line)s))
      AND (%(sites)s::bigint[] IS NULL OR g.line = 0 OR o.site_id = ANY(%(sites)s) OR d.site_id = ANY(%(sites)s))
    ORDER BY g.seq DESC, g.line DESC LIMIT %(limit)s"""
