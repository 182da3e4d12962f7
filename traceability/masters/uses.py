"""What still uses a record that somebody would retire: it is said first, and retired on purpose only."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from traceability.ledger import plain
from traceability.models import Balance, Category, Item, Location, Lot, Party

SHOWN = 3


def uses_of(noun: Any) -> list[str]:
    return _USES[type(noun)](noun) if type(noun) in _USES else []


def _of_item(item: Item) -> list[str]:
    here = Balance.objects.filter(lot__item=item, quantity__gt=0)
    lots = here.values("lot").distinct().count()
    if not lots:
        return []
    total = sum(here.values_list("quantity", flat=True), Decimal(0))
    return [f"{plain(total)} {item.unit} of it in {lots:,} lot{'' if lots == 1 else 's'} are in stock"]


def _of_location(place: Location) -> list[str]:
    lots = Balance.objects.filter(location=place, quantity__gt=0).values("lot").distinct().count()
    inside = Location.objects.filter(parent=place, is_active=True).count()
    items = Item.objects.filter(default_location=place, is_active=True).values_list("code", flat=True)
    uses = [f"{lots:,} lot{'' if lots == 1 else 's'} stand there"] if lots else []
    uses += [f"{inside} place{'' if inside == 1 else 's'} inside of it are in use"] if inside else []
    return uses + ([f"it is the usual place of {', '.join(items[:SHOWN])}"] if items else [])


def _of_party(party: Party) -> list[str]:
    lots = Lot.objects.filter(supplier=party, balances__quantity__gt=0).distinct().count()
    return [f"{lots:,} lot{'' if lots == 1 else 's'} of theirs are in stock"] if lots else []


def _of_category(category: Category) -> list[str]:
    items = Item.objects.filter(category=category.name, is_active=True).values_list("code", flat=True)
    return [f"{len(items)} item{'' if len(items) == 1 else 's'} belong to it"] if items else []


_USES: dict[type, Callable[[Any], list[str]]] = {
    Item: _of_item,
    Location: _of_location,
    Party: _of_party,
    Category: _of_category,
}
