"""How far orders are: per line, in the item's base unit, what was ordered, what is picked, and what has left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q, Sum

from shipping.models import Order, OrderLine, ShipmentLine
from traceability.ledger import plain
from traceability.models import ItemUnit


@dataclass(slots=True)
class Progress:
    line: OrderLine
    ordered: Decimal
    picked: Decimal = Decimal(0)
    left: Decimal = Decimal(0)

    @property
    def taken(self) -> Decimal:
        return self.picked + self.left

    @property
    def remaining(self) -> Decimal:
        return max(self.ordered - self.taken, Decimal(0))

    @property
    def part(self) -> int:
        return min(100, int(self.taken * 100 / self.ordered))

    @property
    def words(self) -> str:
        unit = self.line.item.unit
        text = f"{plain(self.taken)} of {plain(self.ordered)} {unit}"
        return f"{text}, {plain(self.remaining)} {unit} to pick" if self.remaining else f"{text}, complete"


def progress_of(orders: Iterable[Order]) -> dict[int, list[Progress]]:
    """Per order id, its lines in their order. Three queries, whatever the number of orders.

    A pick belongs to an item of the order, not to a line: lines of the same item are filled from the first on.
    """
    lines = list(
        OrderLine.objects.filter(order__in=list(orders)).select_related("item").order_by("order", "position")
    )
    factors = {
        (unit.item_id, unit.unit): Fraction(unit.numerator, unit.denominator)
        for unit in ItemUnit.objects.filter(item__in={line.item_id for line in lines})
    }
    taken: dict[tuple[int, int, bool], Decimal] = defaultdict(Decimal)
    sums = (
        ShipmentLine.objects.filter(shipment__order__in={line.order_id for line in lines}, is_taken_out=False)
        .values_list("shipment__order", "lot__item")
        .annotate(
            left=Sum("quantity", filter=Q(entry__isnull=False), default=Decimal(0)),
            waiting=Sum("quantity", filter=Q(entry__isnull=True), default=Decimal(0)),
        )
        .order_by()
    )
    for order, item, left, waiting in sums:
        taken[order, item, False], taken[order, item, True] = left, waiting
    last = {(line.order_id, line.item_id): line.pk for line in lines}
    found: dict[int, list[Progress]] = {}
    for line in lines:
        row = Progress(line, _base(line, factors))
        for is_waiting in (False, True):
            place = (line.order_id, line.item_id, is_waiting)
            is_last = last[line.order_id, line.item_id] == line.pk
            part = taken[place] if is_last else min(taken[place], row.remaining)
            taken[place] -= part
            if is_waiting:
                row.picked += part
            else:
                row.left += part
        found.setdefault(line.order_id, []).append(row)
    return found


def _base(line: OrderLine, factors: dict[tuple[int, str], Fraction]) -> Decimal:
    """For showing. What is picked goes through traceability.units, which refuses what is not exact."""
    factor = factors.get((line.item_id, line.unit)) if line.unit != line.item.unit else None
    if factor is None:
        return line.quantity
    exact = Fraction(line.quantity) * factor
    return round(Decimal(exact.numerator) / Decimal(exact.denominator), line.item.decimals)
