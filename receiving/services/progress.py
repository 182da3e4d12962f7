"""How far orders are: per line, in the item's base unit, what was ordered, what came, and what stands in a draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from receiving.models import PurchaseOrder, PurchaseOrderLine, ReceiptLine
from receiving.services.terms import OVER_RECEIPT_PERCENT, most_of
from traceability.ledger import plain
from traceability.models import Item, ItemUnit

Factors = dict[tuple[int, str], Fraction]


@dataclass(slots=True)
class Progress:
    line: PurchaseOrderLine
    ordered: Decimal
    received: Decimal = Decimal(0)
    lots: int = 0
    drafted: Decimal = Decimal(0)
    drafted_lots: int = 0
    percent: Decimal = OVER_RECEIPT_PERCENT
    is_now: bool = False

    @property
    def so_far(self) -> Decimal:
        return self.received + self.drafted

    @property
    def remaining(self) -> Decimal:
        return max(self.ordered - self.so_far, Decimal(0))

    @property
    def over(self) -> Decimal:
        return max(self.so_far - self.ordered, Decimal(0))

    @property
    def is_complete(self) -> bool:
        return self.so_far >= self.ordered

    @property
    def most(self) -> Decimal:
        return most_of(self.ordered, self.percent)

    @property
    def needs_approval(self) -> bool:
        return self.drafted > 0 and self.so_far > self.most

    @property
    def part(self) -> int:
        return min(100, int(self.so_far * 100 / self.ordered))

    @property
    def words(self) -> str:
        unit = self.line.item.unit
        text = f"{plain(self.so_far)} of {plain(self.ordered)} {unit}"
        if self.over:
            return f"{text}, {plain(self.over)} {unit} more than ordered"
        return f"{text}, complete" if self.is_complete else f"{text}, {plain(self.remaining)} {unit} to come"


def factors_of(items: Iterable[Item]) -> Factors:
    """Per item and unit, base units in one of it: one query."""
    found = ItemUnit.objects.filter(item__in={item.pk for item in items})
    return {(unit.item_id, unit.unit): Fraction(unit.numerator, unit.denominator) for unit in found}


def base(item: Item, quantity: Decimal, unit: str, factors: Factors) -> Decimal:
    """For showing. What is posted goes through traceability.units, which refuses what is not exact."""
    factor = factors.get((item.pk, unit)) if unit and unit != item.unit else None
    if factor is None:
        return quantity
    exact = Fraction(quantity) * factor
    return round(Decimal(exact.numerator) / Decimal(exact.denominator), item.decimals)


def progress_of(orders: Iterable[PurchaseOrder]) -> dict[int, list[Progress]]:
    """Per order id, its lines in their order. Three queries, whatever the number of orders."""
    lines = list(
        PurchaseOrderLine.objects.filter(order__in=list(orders))
        .select_related("item__default_location__site")
        .order_by("order", "position")
    )
    factors = factors_of(line.item for line in lines)
    by_line = {line.pk: Progress(line, base(line.item, line.quantity, line.unit, factors)) for line in lines}
    for came in ReceiptLine.objects.filter(order_line__in=by_line).select_related("lot__item"):
        quantity = came.quantity if came.corrected_quantity is None else came.corrected_quantity
        row = by_line[came.order_line_id or 0]
        row.received += base(came.lot.item, quantity, came.unit, factors)
        row.lots += 1
    found: dict[int, list[Progress]] = {}
    for row in by_line.values():
        found.setdefault(row.line.order_id, []).append(row)
    return found
