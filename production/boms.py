"""How a BOM stands today, what it asks for at another quantity, and what one revision changed against another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone

from production.models import Bom, BomComponent, BomStatus
from traceability.ledger import plain
from traceability.models import ItemUnit


def standing(bom: Bom) -> str:
    today = timezone.localdate()
    if bom.status == BomStatus.APPROVED and bom.effective_from and bom.effective_from > today:
        return f"From {bom.effective_from:%-d %b %Y}"
    if bom.status == BomStatus.APPROVED and bom.effective_to and bom.effective_to < today:
        return BomStatus.SUPERSEDED.label
    return str(bom.get_status_display())


@dataclass(frozen=True, slots=True)
class Scaled:
    """One component for a quantity: in the recipe's unit and, where that is known, in the base unit of the item."""

    component: BomComponent
    alternatives: list[Any]
    quantity: Decimal | None
    base: Decimal | None


def scaled(bom: Bom, quantity: Decimal | None) -> list[Scaled]:
    """The recipe for so much of what it makes, losses of each component counted in. None: as it is written."""
    rows = list(bom.components.select_related("item").prefetch_related("alternatives").order_by("position"))
    found = ItemUnit.objects.filter(item__in=[row.item_id for row in rows])
    factors = {(unit.item_id, unit.unit): Fraction(unit.numerator, unit.denominator) for unit in found}
    times = Fraction(quantity if quantity is not None else bom.per_quantity) / Fraction(bom.per_quantity)
    shown = []
    for row in rows:
        exact = Fraction(row.quantity) * times * (1 + Fraction(row.scrap_percent) / 100)
        factor = Fraction(1) if row.unit == row.item.unit else factors.get((row.item_id, row.unit))
        base = None if factor is None else _decimal(exact * factor, row.item.decimals)
        shown.append(Scaled(row, list(row.alternatives.all()), _decimal(exact, 6), base))
    return shown


def _decimal(exact: Fraction, decimals: int) -> Decimal:
    return round(Decimal(exact.numerator) / Decimal(exact.denominator), decimals)


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    before: str
    now: str


def differences(bom: Bom, earlier: Bom) -> Iterator[Difference]:
    """What this revision says otherwise, component by component, then the rest."""
    old = {row.item_id: row for row in _rows(earlier)}
    new = {row.item_id: row for row in _rows(bom)}
    for pk, row in new.items():
        if pk not in old:
            yield Difference(row.item.code, "", _words(row))
        elif _words(old[pk]) != _words(row):
            yield Difference(row.item.code, _words(old[pk]), _words(row))
    for pk, row in old.items():
        if pk not in new:
            yield Difference(row.item.code, _words(row), "")
    for label, words in (
        ("For", lambda b: f"{plain(b.per_quantity)} {b.per_unit} {b.per_text}".strip()),
        ("Water, lb", lambda b: plain(b.water_lb)),
        ("Rework", lambda b: f"{b.rework_item.code} {_percent(b.rework_limit_percent)}" if b.rework_item else ""),
        ("Usual loss", lambda b: f"{_percent(b.loss_low_percent)} to {_percent(b.loss_high_percent)}" if b.loss_low_percent is not None else ""),
    ):  # fmt: skip
        before, now = words(earlier), words(bom)
        if before != now:
            yield Difference(label, before.strip(), now.strip())


def _rows(bom: Bom) -> Any:
    return bom.components.select_related("item").prefetch_related("alternatives").order_by("position")


def _words(row: BomComponent) -> str:
    parts = [f"{plain(row.quantity)} {row.unit}"]
    if row.scrap_percent:
        parts.append(f"{_percent(row.scrap_percent)} lost")
    if others := sorted(item.code for item in row.alternatives.all()):
        parts.append(f"or {', '.join(others)}")
    return ", ".join(parts)


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f"{plain(value)} %"
