"""On what terms a supplier brings an item: how much more is taken in, how long it must keep, what paper comes with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from traceability.models import SupplierItem

if TYPE_CHECKING:
    from traceability.models import Item, Party

OVER_RECEIPT_PERCENT = Decimal(5)

Terms = dict[int, SupplierItem]


def terms_of(supplier: Party, items: Iterable[int]) -> Terms:
    """By item. What a supplier has no terms for follows the item and the house."""
    return {row.item_id: row for row in SupplierItem.objects.filter(supplier=supplier, item__in=set(items))}


def over_percent(terms: Terms, item: Item) -> Decimal:
    own = terms.get(item.pk)
    if own is not None and own.over_percent is not None:
        return own.over_percent
    return OVER_RECEIPT_PERCENT if item.over_percent is None else item.over_percent


def most_of(ordered: Decimal, percent: Decimal) -> Decimal:
    """What may be taken in without asking."""
    return ordered * (100 + percent) / 100


def limit_of(ordered: Decimal, item: Item) -> Decimal | None:
    """What may be taken in at all, approved or not; None where a lead's word has no limit."""
    return None if item.over_limit_percent is None else most_of(ordered, item.over_limit_percent)


def minimum_life(terms: Terms, item: Item) -> int:
    """Days that must be left on arrival; 0 if none are asked for."""
    own = terms.get(item.pk)
    return (
        own.minimum_life_days if own and own.minimum_life_days is not None else item.minimum_life_days
    ) or 0


def is_suspended(terms: Terms, supplier: Party, item: Item, day: date) -> bool:
    """The supplier altogether, or for this item, on that day."""
    own = terms.get(item.pk)
    return supplier.is_suspended or bool(own and own.is_suspended and own.approval_since <= day)


def needs_certificate(terms: Terms, item: Item) -> bool:
    own = terms.get(item.pk)
    return bool(own and own.needs_certificate)
