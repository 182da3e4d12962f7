"""From what somebody reads out on the telephone to sets of lots: never the first hit, never a guess ticked for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from recalls.phrases import phrase_of
from traceability.ledger import BadInput
from traceability.models import Delivered, Lot, Party, RunLot, RunRole, search_key
from traceability.models.deliveries import Direction
from traceability.reach import seen
from traceability.spelling import allowed, distance

if TYPE_CHECKING:
    from traceability.models import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierLots:
    """Lots of one supplier lot in any spelling (`included`), and those that may be it (`offered`, to be ticked by a person)."""

    text: str
    key: str
    included: list[Lot]
    offered: list[Lot]

    @property
    def spellings(self) -> list[str]:
        return sorted({lot.supplier_lot for lot in self.included})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSet:
    """One meaning of the text: all its lots, in words. `is_certain` sets may be ticked beforehand, others never."""

    kind: str  # lot, serial, range, supplier_lot, near, order, shipment, dates, party
    title: str
    lots: list[Lot]
    is_certain: bool = True


def lots_of_supplier_lot(
    *, text: str, supplier: Party | None = None, item: Item | None = None
) -> SupplierLots:
    """All lots of a supplier lot in any spelling.

    Without a supplier, all suppliers with the same search form are included. Offered besides: the same form at other
    suppliers or items, and forms within two keystrokes of the same item or supplier (one for short numbers).
    """
    key = search_key(text.strip())
    if not key:
        raise BadInput(
            "No supplier lot was given.", now="Type or scan it as it is printed.", fields={"text": "missing"}
        )
    same = list(_known().filter(supplier_lot_key=key).order_by("item__code", "pk"))
    included = [
        lot
        for lot in same
        if (supplier is None or lot.supplier_id == supplier.pk) and (item is None or lot.item_id == item.pk)
    ]
    chosen = {lot.pk for lot in included}
    offered = [lot for lot in same if lot.pk not in chosen]
    offered += _near(key, included, supplier, item)
    return SupplierLots(text=text, key=key, included=included, offered=offered)


def starts_for(text: str) -> list[StartSet]:
    """Every meaning of a text as a start: lot or serial, range of numbers (A-431..450), supplier lot in any spelling, near
    spellings, what an order made, what a shipment carried, a phrase with dates, a party's lots. Empty when it means nothing here.
    """
    text = text.strip()
    if not text:
        raise BadInput(
            "Nothing was typed.",
            now="Type or scan a lot, a supplier lot, an order or a shipment.",
            fields={"text": "missing"},
        )
    if phrase := phrase_of(text):
        lots = list(phrase.lots().select_related("item", "supplier").order_by("item__code", "number", "pk"))
        return [StartSet(kind="dates", title=phrase.title, lots=lots)] if lots else []
    if ".." in text:
        lots = _range(text)
        return [StartSet(kind="range", title=f"{len(lots)} numbers {text}", lots=lots)] if lots else []
    found = []
    numbered = list(_known().filter(number__in={text, text.upper()}).order_by("item__code", "pk"))
    for is_serial, kind, word in ((False, "lot", "Lot"), (True, "serial", "Serial")):
        if lots := [lot for lot in numbered if lot.is_serial == is_serial]:
            found.append(StartSet(kind=kind, title=f"{word} {text} of {_items(lots)}", lots=lots))
    supplied = lots_of_supplier_lot(text=text)
    for supplier in sorted({lot.supplier_id or 0 for lot in supplied.included}):
        lots = [lot for lot in supplied.included if (lot.supplier_id or 0) == supplier]
        found.append(StartSet(kind="supplier_lot", title=describe(lots[0]), lots=lots))
    if supplied.offered:
        found.append(
            StartSet(
                kind="near", title=f"Spelled nearly like {text}", lots=supplied.offered, is_certain=False
            )
        )
    if made := _lots(
        RunLot.objects.filter(run__document=text, role=RunRole.OUTPUT, quantity__gt=0).values_list(
            "lot", flat=True
        )
    ):
        found.append(StartSet(kind="order", title=f"Made by {text}", lots=made))
    if went := _lots(
        Delivered.objects.filter(document=text, direction=Direction.SHIPPED, quantity__gt=0).values_list(
            "lot", flat=True
        )
    ):
        found.append(StartSet(kind="shipment", title=f"Shipped on {text}", lots=went))
    for party in Party.objects.filter(Q(code__iexact=text) | Q(name__iexact=text)):
        # Everything of a party is seldom meant: offered, and ticked by a person.
        for direction, word in ((Direction.RECEIVED, "Received from"), (Direction.SHIPPED, "Shipped to")):
            rows = Delivered.objects.filter(party=party, direction=direction, quantity__gt=0)
            if lots := _lots(rows.values_list("lot", flat=True)):
                title = f"{word} {party.name}"
                found.append(StartSet(kind="party", title=title, lots=lots, is_certain=False))
    return found


def describe(lot: Lot) -> str:
    """Why a lot is a start, for people: Supplier lot CS-26-2874 of Crescent Spice."""
    if lot.supplier_lot:
        return f"Supplier lot {lot.supplier_lot}" + (f" of {lot.supplier.name}" if lot.supplier else "")
    return f"{'Serial' if lot.is_serial else 'Lot'} {lot.number} of {lot.item.name}"


def _near(key: str, included: Sequence[Lot], supplier: Party | None, item: Item | None) -> list[Lot]:
    limit = allowed(key)
    if not limit:
        return []
    akin = Q()
    suppliers = {lot.supplier_id for lot in included if lot.supplier_id} | (
        {supplier.pk} if supplier else set()
    )
    items = {lot.item_id for lot in included} | ({item.pk} if item else set())
    if suppliers or items:
        akin = Q(supplier__in=suppliers) | Q(item__in=items)
    keys = (
        seen(Lot.objects.filter(akin)).exclude(supplier_lot_key="").exclude(supplier_lot_key=key).order_by()
    )
    near = [
        other
        for other in keys.values_list("supplier_lot_key", flat=True).distinct()
        if distance(key, other, limit) <= limit
    ]
    return (
        list(
            _known().filter(akin, supplier_lot_key__in=near).order_by("supplier_lot_key", "item__code", "pk")
        )
        if near
        else []
    )


def _range(text: str) -> list[Lot]:
    """PV-26-000431..450, PV-26-000431..PV-26-000450: numbers of the same form and length between the ends."""
    first, _, last = (part.strip() for part in text.partition(".."))
    if not first or not last:
        raise BadInput(
            f"“{text}” is half a range.",
            now="Give both ends, such as PV-26-000431..450.",
            fields={"text": text},
        )
    if len(last) < len(first):
        last = first[: -len(last)] + last
    if last < first:
        raise BadInput(
            f"{last} comes before {first}.", now="Give the lower number first.", fields={"text": text}
        )
    rows = _known().filter(number__gte=first, number__lte=last).order_by("number", "pk")
    return [lot for lot in rows if len(lot.number) == len(first)]


def _items(lots: Iterable[Lot]) -> str:
    return ", ".join(dict.fromkeys(lot.item.name for lot in lots))


def _lots(pks: Iterable[int]) -> list[Lot]:
    wanted = set(pks)
    return list(_known().filter(pk__in=wanted).order_by("item__code", "number", "pk")) if wanted else []


def _known() -> QuerySet[Lot]:
    return seen(Lot.objects.select_related("item", "supplier"))
