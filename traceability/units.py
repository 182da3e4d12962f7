"""Quantities as people enter them, and as the ledger keeps them: exact, in the item's base unit."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from traceability.ledger.errors import BadInput
from traceability.models import ItemUnit, LotUnit

if TYPE_CHECKING:
    from traceability.models import Item, Lot

_PLAIN = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?\Z", re.ASCII)


def parse_quantity(text: str, *, field: str = "quantity") -> Decimal:
    """Only ASCII digits with a point: no 1e3, 1_000, NaN, other scripts or thousands signs. Raises BadInput."""
    if not isinstance(text, str) or not _PLAIN.match(text):
        raise BadInput(
            f"“{str(text)[:40]}” is not a quantity.",
            now="Type digits with a point, such as 12.5.",
            fields={field: str(text)[:40]},
        )
    return Decimal(text)


def to_base(item: Item, quantity: Decimal, unit: str, *, lot: Lot | None = None) -> Decimal:
    """Convert an entered quantity to the item's base unit, exactly. Raises BadInput for an unknown unit or a rest."""
    if not unit or unit == item.unit:
        return quantity
    factor = _factor(item, unit, lot)
    exact = Fraction(quantity) * factor
    result = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(result) != exact or result != round(result, item.decimals):
        raise BadInput(
            f"{quantity} {unit} is not a whole number of {item.unit} to {item.decimals} decimals.",
            now=f"Enter it in {item.unit} as measured.",
            fields={"unit": unit},
        )
    return round(result, item.decimals)


def units_of(item: Item) -> list[str]:
    return [item.unit, *ItemUnit.objects.filter(item=item).values_list("unit", flat=True)]


def _factor(item: Item, unit: str, lot: Lot | None) -> Fraction:
    if lot is not None and lot.pk:
        own = LotUnit.objects.filter(lot=lot, unit=unit).first()
        if own:
            return Fraction(own.numerator, own.denominator)
    known = ItemUnit.objects.filter(item=item, unit=unit).first()
    if known is None:
        raise BadInput(
            f"{item.code} is not counted in {unit}.",
            f"It knows {', '.join(units_of(item))}.",
            "Choose one of these, or add the unit to the item.",
            fields={"unit": unit},
        )
    return Fraction(known.numerator, known.denominator)
