"""Where it is: stock by place, status and container."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from traceability.inquiries.snapshot import ids

if TYPE_CHECKING:
    from traceability.models import Lot


@dataclass(frozen=True, slots=True)
class PlaceRow:
    lot_id: int
    lot: str
    item: str
    unit: str
    site: str
    location_id: int
    location: str
    location_kind: str
    status: str
    container: str
    quantity: Decimal


def on_hand_by_place(lots: Iterable[Lot | int], as_of: int | None = None) -> list[PlaceRow]:
    """What is inside, by place and lot. One query; from Balance at the head, from movements up to an earlier seq."""
    stock = _NOW if as_of is None else _AS_OF
    with connection.cursor() as cursor:
        cursor.execute(_ROWS.format(stock=stock), {"lots": ids(lots), "as_of": as_of})
        return [PlaceRow(*row) for row in cursor.fetchall()]


_NOW = """
    SELECT lot_id, location_id, status, container_id, quantity FROM traceability_balance
    WHERE lot_id = ANY(%(lots)s) AND quantity > 0"""

_AS_OF = """
    SELECT lot_id, location_id, status, container_id, SUM(quantity) AS quantity FROM (
        SELECT m.lot_id, m.destination_id AS location_id, m.destination_status AS status,
            m.destination_container_id AS container_id, m.quantity
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.lot_id = ANY(%(lots)s) AND m.destination_status <> '' AND e.seq <= %(as_of)s
        UNION ALL
        SELECT m.lot_id, m.origin_id, m.origin_status, m.origin_container_id, -m.quantity
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.lot_id = ANY(%(lots)s) AND m.origin_status <> '' AND e.seq <= %(as_of)s
    ) ends GROUP BY 1, 2, 3, 4 HAVING SUM(quantity) <> 0"""

_ROWS = """
    SELECT b.lot_id, l.number, i.code, i.unit, s.code, p.id, p.code, p.kind, b.status, COALESCE(c.number, ''), b.quantity
    FROM ({stock}) b
    JOIN traceability_lot l ON l.id = b.lot_id
    JOIN traceability_item i ON i.id = l.item_id
    JOIN traceability_location p ON p.id = b.location_id
    JOIN traceability_site s ON s.id = p.site_id
    LEFT JOIN traceability_container c ON c.id = b.container_id
    ORDER BY s.code, p.code, i.code, l.number, b.lot_id, b.status, 10"""
