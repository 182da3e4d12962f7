"""Who got it and who sent it, per document and lot, with what went back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from traceability.inquiries.snapshot import ids

if TYPE_CHECKING:
    from traceability.models import Lot


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One lot on one document line of a party. `returned` of `quantity` went back."""

    party_id: int
    party: str
    name: str
    document: str
    line: int
    lot_id: int
    lot: str
    item: str
    unit: str
    quantity: Decimal
    returned: Decimal
    first_at: datetime
    last_at: datetime

    @property
    def net(self) -> Decimal:
        return self.quantity - self.returned


def shipped_to(lots: Iterable[Lot | int], as_of: int | None = None) -> list[DeliveryRow]:
    """Who got these lots. One query; what was wholly reversed is not listed."""
    return _rows("shipped", lots, as_of)


def received_from(lots: Iterable[Lot | int], as_of: int | None = None) -> list[DeliveryRow]:
    """Who sent these lots. One query; `returned` went back to the supplier."""
    return _rows("received", lots, as_of)


def _rows(direction: str, lots: Iterable[Lot | int], as_of: int | None) -> list[DeliveryRow]:
    lines = _NOW if as_of is None else _AS_OF
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS.format(lines=lines),
            {"lots": ids(lots), "as_of": as_of, "direction": direction, "back": f"{direction}_back"},
        )
        return [DeliveryRow(*row) for row in cursor.fetchall()]


_NOW = """
    SELECT party_id, document, line, lot_id, quantity, returned, first_at, last_at FROM traceability_delivered
    WHERE lot_id = ANY(%(lots)s) AND direction = %(direction)s AND quantity > 0"""

_AS_OF = """
    SELECT e.party_id, COALESCE(NULLIF(m.against, ''), e.document) AS document, m.against_line AS line, m.lot_id,
        SUM(CASE WHEN m.delivery = %(direction)s THEN m.sign * m.quantity ELSE 0 END) AS quantity,
        SUM(CASE WHEN m.delivery = %(back)s THEN m.sign * m.quantity ELSE 0 END) AS returned,
        MIN(e.occurred_at) AS first_at, MAX(e.occurred_at) AS last_at
    FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
    WHERE m.lot_id = ANY(%(lots)s) AND m.delivery IN (%(direction)s, %(back)s) AND e.party_id IS NOT NULL AND e.seq <= %(as_of)s
    GROUP BY 1, 2, 3, 4 HAVING SUM(CASE WHEN m.delivery = %(direction)s THEN m.sign * m.quantity ELSE 0 END) > 0"""

_ROWS = """
    SELECT p.id, p.code, p.name, d.document, d.line, d.lot_id, l.number, i.code, i.unit, d.quantity, d.returned, d.first_at, d.last_at
    FROM ({lines}) d
    JOIN traceability_party p ON p.id = d.party_id
    JOIN traceability_lot l ON l.id = d.lot_id
    JOIN traceability_item i ON i.id = l.item_id
    ORDER BY p.code, d.first_at, d.document, d.line, l.number, d.lot_id"""
