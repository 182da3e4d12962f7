"""What a label says of a lot, a serial, an item, a place or a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from traceability import stock
from traceability.labels.symbols import CODE_128, DATAMATRIX, fits_gs1, gs1
from traceability.ledger import plain
from traceability.models import Container, Item, Location, Lot
from traceability.scanning import address_of
from traceability.scanning.gs1 import has_check_digit

LOT, SERIAL, ITEM, PLACE, CONTAINER = "lot", "serial", "item", "place", "container"
SHOWN_LOTS = 6


@dataclass(frozen=True, slots=True)
class Label:
    """`code` is what the symbol says, with GS1 identifiers in brackets; the same text stands beneath it.

    `heading` is what a person looks for from afar: the lot's number, the place's code. `facts` are pairs of caption and
    value, in the order of their worth: a small label shows the first ones.
    """

    kind: str
    heading: str
    title: str
    code: str
    is_gs1: bool
    symbol: str = DATAMATRIX
    facts: tuple[tuple[str, str], ...] = ()
    allergens: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    owner: str = ""

    @property
    def text_beneath(self) -> str:
        """The human-readable text: GS1's own form; an address of ours is told by what it names."""
        return self.heading if self.code.startswith("http") else self.code


def label_of(noun: Any, *, quantity: Decimal | None = None, unit: str = "") -> Label:
    """The label of a noun. `quantity` is printed where somebody asked for it; the status of stock never is."""
    if isinstance(noun, Lot):
        return _lot(noun, quantity, unit)
    if isinstance(noun, Container):
        return _container(noun)
    if isinstance(noun, Location):
        return _place(noun)
    if isinstance(noun, Item):
        return _item(noun)
    raise TypeError(f"A {type(noun).__name__} has no label.")


def _lot(lot: Lot, quantity: Decimal | None, unit: str) -> Label:
    """Item, dates, and the lot or serial last, so that no separator is needed after it."""
    item = lot.item
    ai = "21" if lot.is_serial else "10"
    if item.gtin and fits_gs1(lot.number):
        dates = [("11", lot.made_on)] if lot.made_on else []
        dates += [("15", lot.expires_on)] if lot.expires_on else []
        code = gs1(("01", item.gtin), *((name, f"{day:%y%m%d}") for name, day in dates), (ai, lot.number))
        is_gs1 = True
    else:
        # Without a GTIN the number alone would be ambiguous: our own address names the item too.
        code, is_gs1 = address_of(lot.number, host=settings.LOTLINE_URL, item=item.code), False
    facts = [("Item", item.code)]
    facts += [("Best by", day_of(lot.expires_on))] if lot.expires_on else []
    facts += [("Quantity", f"{plain(quantity)} {unit or item.unit}")] if quantity is not None else []
    facts += (
        [("Supplier lot", lot.supplier_lot)] if lot.supplier_lot and lot.supplier_lot != lot.number else []
    )
    facts += [("Made", day_of(lot.made_on))] if lot.made_on else []
    facts += [("Supplier", lot.supplier.name)] if lot.supplier else []
    facts += [("Received under", lot.received_under)] if lot.received_under else []
    return Label(
        SERIAL if lot.is_serial else LOT, lot.number, item.name, code, is_gs1, facts=tuple(facts), allergens=tuple(item.allergens),
        owner=lot.owner.name if lot.owner else "",
    )  # fmt: skip


def _container(box: Container) -> Label:
    """A pallet by its SSCC in bars, as every warehouse reads it; what is on it at this moment in words."""
    is_sscc = len(box.number) == 18 and has_check_digit(box.number)
    rows = stock.content_of(stock.tree_of(box))
    lines = [
        f"{plain(row.quantity)} {row.lot.item.unit}  {row.lot.number}  {row.lot.item.name}"
        for row in rows[:SHOWN_LOTS]
    ]
    if len(rows) > SHOWN_LOTS:
        lines.append(f"and {len(rows) - SHOWN_LOTS} more lots")
    items = {row.lot.item.name for row in rows}
    allergens = dict.fromkeys(name for row in rows for name in row.lot.item.allergens)
    days = [row.lot.expires_on for row in rows if row.lot.expires_on]
    facts = [("Best by, first", day_of(min(days)))] if days else []
    facts += [("Lots", str(len({row.lot_id for row in rows})))] if rows else []
    return Label(
        CONTAINER, box.number, items.pop() if len(items) == 1 else box.get_kind_display(), gs1(("00", box.number)) if is_sscc else box.number, is_sscc,
        symbol=CODE_128, facts=tuple(facts), allergens=tuple(allergens), lines=tuple(lines),
    )  # fmt: skip


def _place(place: Location) -> Label:
    facts = [("Site", place.site.name)]
    facts += [("Inside of", place.parent.code)] if place.parent else []
    return Label(
        PLACE, place.code, place.name or place.get_kind_display(), place.code, False, facts=tuple(facts)
    )


def _item(item: Item) -> Label:
    code = gs1(("01", item.gtin)) if item.gtin else item.code
    facts: Sequence[tuple[str, str]] = [("Unit", item.unit), *([("Pack", item.pack)] if item.pack else [])]
    return Label(
        ITEM, item.code, item.name, code, bool(item.gtin), facts=tuple(facts), allergens=tuple(item.allergens)
    )


def day_of(day: date) -> str:
    """Unmistakable everywhere: 2028-04-22."""
    return day.isoformat()
