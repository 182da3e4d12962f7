"""What an order still needs: per component how much, how much went in, and which lot to take next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import F, Sum

from production.models import WorkOrder
from traceability.fefo import first_expired_first_out
from traceability.ledger import plain
from traceability.models import Item, ItemUnit, RunLot, RunRole

SUGGESTED = 3


@dataclass(slots=True)
class Need:
    """One component of the BOM in its item's base unit. `wanted` is None where the order says no quantity to reckon from."""

    item: Item
    wanted: Decimal | None = None
    allowed: list[Item] = field(default_factory=list)
    issued: Decimal = Decimal(0)
    lots: int = 0
    stock: list[Any] = field(default_factory=list)
    is_now: bool = False
    is_rework: bool = False
    is_extra: bool = False

    @property
    def remaining(self) -> Decimal:
        return max((self.wanted or Decimal(0)) - self.issued, Decimal(0))

    @property
    def is_complete(self) -> bool:
        if self.is_rework or self.is_extra:
            return True
        return self.issued >= self.wanted if self.wanted is not None else self.issued > 0

    @property
    def part(self) -> int:
        if self.wanted:
            return min(100, int(self.issued * 100 / self.wanted))
        return 100 if self.issued else 0

    @property
    def next(self) -> Any:
        return self.stock[0] if self.stock else None

    @property
    def words(self) -> str:
        went_in = (
            f"{plain(self.issued)} {self.item.unit} from {self.lots} lot{'' if self.lots == 1 else 's'}"
            if self.issued
            else "Nothing issued yet"
        )
        if self.wanted is None or self.is_complete:
            return went_in
        return f"{went_in}, {plain(self.remaining)} {self.item.unit} to go"


def needs_of(order: WorkOrder, *, suggest: bool = False) -> list[Need]:
    """Components in the order of the BOM, then rework, then what went in beside it. At most eight queries, whatever the order holds."""
    needs = _from_bom(order)
    by_item = {item.pk: need for need in reversed(needs) for item in [need.item, *need.allowed]}
    rows = (
        RunLot.objects.filter(run__document=order.number, role=RunRole.INPUT, quantity__gt=F("removed"))
        .values("lot__item", "lot").annotate(total=Sum(F("quantity") - F("removed"))).order_by("lot__item")
    )  # fmt: skip
    went_in: dict[int, list[Decimal]] = defaultdict(list)
    for row in rows:
        went_in[row["lot__item"]].append(row["total"])
    beside = Item.objects.in_bulk([pk for pk in went_in if pk not in by_item])
    for item in sorted(beside.values(), key=lambda item: item.code):
        by_item[item.pk] = Need(item, is_extra=True)
        needs.append(by_item[item.pk])
    for pk, amounts in went_in.items():
        by_item[pk].issued += sum(amounts, Decimal(0))
        by_item[pk].lots += len(amounts)
    if suggest:
        _suggest(order, needs)
    return needs


def _from_bom(order: WorkOrder) -> list[Need]:
    if order.bom is None:
        return []
    components = list(
        order.bom.components.select_related("item").prefetch_related("alternatives").order_by("position")
    )
    found = ItemUnit.objects.filter(item__in=[component.item_id for component in components])
    factors = {(unit.item_id, unit.unit): Fraction(unit.numerator, unit.denominator) for unit in found}
    # The BOM of a family yields several items, so the planned quantity of one of them is no measure of the rest.
    times = (
        Fraction(order.planned_quantity) / Fraction(order.bom.per_quantity)
        if order.planned_quantity and order.bom.item_id
        else None
    )
    needs = []
    for component in components:
        factor = (
            Fraction(1)
            if component.unit == component.item.unit
            else factors.get((component.item_id, component.unit))
        )
        wanted = (
            Fraction(component.quantity) * times * factor * (1 + Fraction(component.scrap_percent) / 100)
            if times is not None and factor is not None
            else None
        )
        needs.append(
            Need(
                component.item, _decimal(wanted, component.item.decimals), list(component.alternatives.all())
            )
        )
    if order.bom.rework_item:
        needs.append(Need(order.bom.rework_item, is_rework=True))
    return needs


def _decimal(exact: Fraction | None, decimals: int) -> Decimal | None:
    return None if exact is None else round(Decimal(exact.numerator) / Decimal(exact.denominator), decimals)


def _suggest(order: WorkOrder, needs: Iterable[Need]) -> None:
    """First expired first out, of the component itself and of what may replace it. Rework is never urged on anybody."""
    wanted = [need for need in needs if not need.is_extra]
    items = {item.pk for need in wanted for item in [need.item, *need.allowed]}
    rows = first_expired_first_out(items, sites=[order.site_id], document=order.number, shown=SUGGESTED)
    for need in wanted:
        own = [row for row in rows if row.lot.item_id == need.item.pk]
        need.stock = own or [row for row in rows if row.lot.item_id in {item.pk for item in need.allowed}]
