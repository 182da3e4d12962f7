"""Does it add up? What came in, what went out and what is here, per lot, and the rest that nobody can explain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from traceability.inquiries.snapshot import ids
from traceability.models import BOUNDARIES, EntryKind, LocationKind

if TYPE_CHECKING:
    from traceability.models import Lot

K, L = EntryKind, LocationKind
INSIDE = "inside"
ZERO = Decimal(0)

# (kind, from, to) → the terms it counts in, and their sign. What is missing here shows up as unaccounted, never as nothing.
_TERMS: dict[tuple[str, str, str], tuple[tuple[str, int], ...]] = {
    (K.OPENING, L.ADJUSTMENT, INSIDE): (("opening", 1),),
    (K.OPENING, L.ADJUSTMENT, L.CUSTOMER): (("opening", 1), ("shipped", 1)),
    (K.RECEIPT, L.SUPPLIER, INSIDE): (("received", 1),),
    (K.RECEIPT_CORRECTION, L.SUPPLIER, INSIDE): (("received", 1),),
    (K.RECEIPT_CORRECTION, INSIDE, L.SUPPLIER): (("received", -1),),
    (K.SUPPLIER_RETURN, INSIDE, L.SUPPLIER): (("returned_to_supplier", 1),),
    (K.SAMPLE, INSIDE, L.SAMPLE): (("sampled", 1),),
    (K.ISSUE, INSIDE, L.PRODUCTION): (("used", 1),),
    (K.ISSUE, L.SUPPLY, L.PRODUCTION): (("supplied", 1), ("used", 1)),
    (K.ISSUE_RETURN, L.PRODUCTION, INSIDE): (("used", -1),),
    (K.REMOVAL, L.PRODUCTION, INSIDE): (("removed", 1),),
    (K.REMOVAL, L.PRODUCTION, L.SCRAP): (("removed", 1), ("scrapped", 1)),
    (K.OUTPUT, L.PRODUCTION, INSIDE): (("made", 1),),
    (K.SCRAP, INSIDE, L.SCRAP): (("scrapped", 1),),
    (K.SHIPMENT, INSIDE, L.CUSTOMER): (("shipped", 1),),
    (K.CUSTOMER_RETURN, L.CUSTOMER, INSIDE): (("returned", 1),),
    (K.COUNT_ADJUSTMENT, INSIDE, L.ADJUSTMENT): (("adjusted_down", 1),),
    (K.COUNT_ADJUSTMENT, L.ADJUSTMENT, INSIDE): (("adjusted_up", 1),),
}  # fmt: skip
_IN = ("opening", "supplied", "received", "made", "removed", "returned", "adjusted_up")
_OUT = ("returned_to_supplier", "used", "sampled", "scrapped", "shipped", "adjusted_down")


@dataclass(slots=True, kw_only=True)
class MassBalance:
    """One lot's terms in its item's base unit, or the sum of several lots (`lots` says how many).

    received is net of receipt corrections, used is net of unused returns; removed was in a run and taken out again;
    supplied came out of a pipe. `unaccounted` = what came in − what went out − on hand, each read for itself: it is 0.
    """

    lot_id: int = 0
    number: str = ""
    item: str = ""
    unit: str = ""
    lots: int = 1
    opening: Decimal = ZERO
    supplied: Decimal = ZERO
    received: Decimal = ZERO
    made: Decimal = ZERO
    removed: Decimal = ZERO
    returned: Decimal = ZERO
    adjusted_up: Decimal = ZERO
    returned_to_supplier: Decimal = ZERO
    used: Decimal = ZERO
    sampled: Decimal = ZERO
    scrapped: Decimal = ZERO
    shipped: Decimal = ZERO
    adjusted_down: Decimal = ZERO
    on_hand: Decimal = ZERO

    @property
    def came_in(self) -> Decimal:
        return sum((getattr(self, name) for name in _IN), ZERO)

    @property
    def went_out(self) -> Decimal:
        return sum((getattr(self, name) for name in _OUT), ZERO)

    @property
    def unaccounted(self) -> Decimal:
        return self.came_in - self.went_out - self.on_hand

    @property
    def adjusted(self) -> Decimal:
        return self.adjusted_up - self.adjusted_down

    @property
    def lost(self) -> Decimal:
        """Sampled, scrapped, counted away: neither used nor shipped nor here."""
        return self.sampled + self.scrapped + self.adjusted_down - self.adjusted_up

    @property
    def out_net(self) -> Decimal:
        return self.shipped - self.returned

    @property
    def accounted_percent(self) -> Decimal:
        """100.0 when it adds up; floored, so that 99.96 is never printed as 100.0."""
        if not self.came_in:
            return Decimal("100.0")
        share = (1 - abs(self.unaccounted) / self.came_in) * 100
        return share.quantize(Decimal("0.1"), rounding="ROUND_FLOOR")


QUANTITIES = tuple(
    f.name for f in fields(MassBalance) if f.name not in ("lot_id", "number", "item", "unit", "lots")
)


def mass_balance(lots: Iterable[Lot | int], as_of: int | None = None) -> list[MassBalance]:
    """Each lot's terms, by lot number. Two queries: movements by boundary and kind; on hand from what is here."""
    wanted = ids(lots)
    found: dict[int, MassBalance] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ON_HAND if as_of is None else _ON_HAND_AS_OF, {"lots": wanted, "as_of": as_of})
        for lot, number, item, unit, quantity in cursor.fetchall():
            found[lot] = MassBalance(lot_id=lot, number=number, item=item, unit=unit, on_hand=quantity)
        cursor.execute(
            _MOVED.format(until="" if as_of is None else "AND e.seq <= %(as_of)s"),
            {"lots": wanted, "as_of": as_of},
        )
        for lot, kind, origin, destination, is_reversed, quantity in cursor.fetchall():
            if is_reversed:
                origin, destination, quantity = destination, origin, -quantity
            for term, sign in _TERMS.get((kind, _side(origin), _side(destination)), ()):
                row = found[lot]
                setattr(row, term, getattr(row, term) + sign * quantity)
    return list(found.values())


def totals(rows: Iterable[MassBalance]) -> list[MassBalance]:
    """One sum per item, by item. Different items, and so different units, are never added."""
    return _sums(rows, lambda row: (row.item, row.unit))


def totals_by_unit(rows: Iterable[MassBalance]) -> list[MassBalance]:
    """One sum per unit, for lots that people count in one unit (cases of several items); never across units."""
    return _sums(rows, lambda row: ("", row.unit))


def _sums(rows: Iterable[MassBalance], key: Callable[[MassBalance], tuple[str, str]]) -> list[MassBalance]:
    groups: dict[tuple[str, str], list[MassBalance]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    found = []
    for (item, unit), group in sorted(groups.items()):
        total = MassBalance(item=item, unit=unit, lots=sum(row.lots for row in group))
        for name in QUANTITIES:
            setattr(total, name, sum((getattr(row, name) for row in group), ZERO))
        found.append(total)
    return found


def _side(kind: str) -> str:
    return kind if kind in BOUNDARIES else INSIDE


_MOVED = """
    SELECT m.lot_id, COALESCE(r.kind, e.kind), o.kind, d.kind, r.id IS NOT NULL, SUM(m.quantity)
    FROM traceability_movement m
    JOIN traceability_entry e ON e.id = m.entry_id
    LEFT JOIN traceability_entry r ON r.id = e.reverses_id
    JOIN traceability_location o ON o.id = m.origin_id
    JOIN traceability_location d ON d.id = m.destination_id
    WHERE m.lot_id = ANY(%(lots)s) {until}
    GROUP BY 1, 2, 3, 4, 5"""

_ON_HAND = """
    SELECT l.id, l.number, i.code, i.unit, COALESCE(SUM(b.quantity), 0)
    FROM traceability_lot l JOIN traceability_item i ON i.id = l.item_id
    LEFT JOIN traceability_balance b ON b.lot_id = l.id
    WHERE l.id = ANY(%(lots)s) GROUP BY l.id, l.number, i.code, i.unit ORDER BY l.number, l.id"""

# A status stands at the inside end of a movement and nowhere else.
_ON_HAND_AS_OF = """
    SELECT l.id, l.number, i.code, i.unit, COALESCE(s.quantity, 0)
    FROM traceability_lot l JOIN traceability_item i ON i.id = l.item_id
    LEFT JOIN (
        SELECT m.lot_id, SUM(CASE WHEN m.destination_status <> '' THEN m.quantity ELSE 0 END
                           - CASE WHEN m.origin_status <> '' THEN m.quantity ELSE 0 END) AS quantity
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.lot_id = ANY(%(lots)s) AND e.seq <= %(as_of)s GROUP BY m.lot_id
    ) s ON s.lot_id = l.id
    WHERE l.id = ANY(%(lots)s) ORDER BY l.number, l.id"""
