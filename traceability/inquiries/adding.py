"""What the rows of a question add up to, item by item. Different units are never added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, F, QuerySet, Sum, Value, When

from traceability.inquiries.making import InProcess
from traceability.models.items import ItemKind

ZERO = Decimal(0)
AMOUNT: Any = DecimalField(max_digits=26, decimal_places=6)


@dataclass(slots=True)
class Total:
    """Of one item, or of one unit where `item` is empty. `quantity` went or stands; `back` came back of it or left."""

    item: str
    name: str
    unit: str
    rows: int
    lots: int
    quantity: Decimal
    back: Decimal = ZERO
    change: Decimal = ZERO
    in_process: Decimal = ZERO
    is_finished: bool = False


def totals_of(rows: QuerySet[Any], kind: str) -> list[Total]:
    """By item, in one query; kind is that of the question's rows."""
    sums: dict[str, Any] = {"total": Sum("quantity")}
    if kind == "delivered":
        sums["back"] = Sum("returned")
    if kind == "movement":
        comes = When(origin_status="", then=F("quantity"))
        goes = When(destination_status="", then=-F("quantity"))
        inside = When(origin_status__gt="", destination_status__gt="", then=Value(ZERO, output_field=AMOUNT))
        outside = When(origin_status="", destination_status="", then=Value(ZERO, output_field=AMOUNT))
        sums["change"] = Sum(Case(outside, inside, comes, goes, default=Value(ZERO), output_field=AMOUNT))
    names = ("lot__item__code", "lot__item__name", "lot__item__unit", "lot__item__kind")
    found = (
        rows.order_by()
        .values(*names)
        .annotate(lines=Count("pk"), lots=Count("lot", distinct=True), **sums)
        .order_by("lot__item__code")
    )
    return [
        Total(
            row["lot__item__code"], row["lot__item__name"], row["lot__item__unit"], row["lines"], row["lots"],
            row["total"] or ZERO, row.get("back") or ZERO, row.get("change") or ZERO,
            is_finished=row["lot__item__kind"] == ItemKind.FINISHED,
        )
        for row in found
    ]  # fmt: skip


def add_in_process(totals: list[Total], drawn: Iterable[InProcess]) -> None:
    """What orders have drawn and not yet made into anything, beside what is here."""
    by_code = {row.item: row for row in totals}
    for row in drawn:
        if row.item not in by_code:
            by_code[row.item] = Total(row.item, "", row.unit, 0, 0, ZERO)
            totals.append(by_code[row.item])
        by_code[row.item].in_process += row.quantity


def by_unit(totals: list[Total]) -> list[Total]:
    """One row a unit, the unit with most rows first. Only of one item, or of finished goods: spice is not added to batter."""
    found: dict[str, Total] = {}
    sums = {
        unit for unit in {row.unit for row in totals} if _may_be_added([r for r in totals if r.unit == unit])
    }
    for row in totals:
        if row.unit not in sums:
            continue
        whole = found.setdefault(row.unit, Total("", "", row.unit, 0, 0, ZERO))
        for name in ("rows", "lots", "quantity", "back", "change", "in_process"):
            setattr(whole, name, getattr(whole, name) + getattr(row, name))
    return sorted(found.values(), key=lambda row: (-row.rows, row.unit))


def _may_be_added(rows: list[Total]) -> bool:
    return len(rows) == 1 or all(row.is_finished for row in rows)
