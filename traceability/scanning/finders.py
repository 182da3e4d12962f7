"""Finders for what everybody shares: lots and serials, supplier lots, containers, places, items, and papers in the ledger.

Codes are compared as they are; another spelling is a near match, which is offered and never taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from traceability.ledger import plain
from traceability.models import (
    CodeAlias,
    Container,
    Entry,
    Item,
    Location,
    Lot,
    Person,
    SupplierItem,
    search_key,
)
from traceability.reach import seen
from traceability.scanning.reading import Reading, Sort
from traceability.scanning.resolving import LOOKED_AT, Asked, Candidate, Kind, add_finder
from traceability.views.statuses import with_facts

SEE, MASTERS = "traceability.view_ledger", "traceability.view_masters"


def spellings(code: str) -> list[str]:
    return list(dict.fromkeys([code, code.upper(), code.lower()]))


def lots(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    """Our own numbers. A GS1 label that names its item means the lot of that item."""
    number = reading.identity
    if not number:
        return []
    found = seen(Lot.objects.filter(number__in=spellings(number))).select_related("item", "supplier")
    if reading.item_code:
        found = found.filter(item__code=reading.item_code)
    if reading.gtin and reading.sort == Sort.GS1:
        found = found.filter(item__in=items_of(reading.gtin))
    return [
        _lot(lot, is_exact=lot.number == number)
        for lot in with_facts(found.order_by("number", "pk")[:LOOKED_AT])
    ]


def supplier_lots(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    """What the supplier calls it, in any spelling; exact only where it is printed the same."""
    printed = reading.identity
    if not printed or reading.sort == Sort.OWN:
        return []
    found = seen(Lot.objects.filter(supplier_lot_key=search_key(printed))).select_related("item", "supplier")
    if asked.supplier:
        found = found.filter(supplier=asked.supplier)
    if reading.gtin and reading.sort == Sort.GS1:
        found = found.filter(item__in=items_of(reading.gtin))
    rows = with_facts(found.order_by("-pk")[:LOOKED_AT])
    return [_lot(lot, is_exact=lot.supplier_lot == printed) for lot in rows if lot.number != printed]


def containers(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    numbers = [number for number in (reading.sscc, reading.code) if number]
    if reading.sort == Sort.GS1 and not reading.sscc:
        return []
    return [
        Candidate(
            kind=Kind.CONTAINER, code=box.number, title=f"{box.kind.capitalize()} {box.number}", facts=(f"inside {box.parent.number}",) if box.parent else (),
            url=reverse("traceability:container", args=[box.pk]), record=box,
        )
        for box in seen(Container.objects.filter(number__in=numbers)).select_related("parent")[:LOOKED_AT]
    ]  # fmt: skip


def locations(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    """Places of the person's own sites. One elsewhere is as unknown as one that does not exist."""
    if not reading.code:
        return []
    sites = asked.sites if asked.sites is not None else sites_of(asked.person)
    found = Location.objects.inside().filter(is_active=True, site__in=sites).select_related("site")
    rows: list[tuple[Location, bool]] = [
        (place, place.code == reading.code) for place in found.filter(code__in=spellings(reading.code))
    ]
    if not rows:
        aliases = (
            CodeAlias.objects.approved()
            .filter(code=reading.code, location__in=found)
            .select_related("location__site")
        )
        rows = [(alias.location, True) for alias in aliases if alias.location]
    return [
        Candidate(
            kind=Kind.LOCATION, code=place.code, title=f"Place {place.code}", facts=tuple(filter(None, (place.name, place.site.name))),
            url=reverse("traceability:location", args=[place.pk]), is_exact=is_exact, record=place,
        )
        for place, is_exact in rows
    ]  # fmt: skip


def items(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    """By our code, a GTIN, a supplier's own code, or a code that two people linked to it."""
    wanted: dict[int, tuple[Item, bool]] = {}
    if reading.code:
        for item in Item.objects.filter(code__in=spellings(reading.code), is_active=True):
            wanted[item.pk] = (item, item.code == reading.code)
        theirs = SupplierItem.objects.filter(code=reading.code, item__is_active=True).select_related("item")
        for row in theirs.filter(supplier=asked.supplier) if asked.supplier else theirs:
            wanted[row.item_id] = (row.item, True)
    number = reading.gtin or reading.content_gtin
    if number:
        for item in items_of(number):
            wanted[item.pk] = (item, True)
    codes = [code for code in (reading.code, number) if code]
    for alias in (
        CodeAlias.objects.approved().filter(code__in=codes, item__isnull=False).select_related("item")
    ):
        assert alias.item is not None
        wanted.setdefault(alias.item.pk, (alias.item, True))
    return [
        Candidate(
            kind=Kind.ITEM, code=item.code, title=item.name, facts=(item.code,), url=reverse("traceability:item", args=[item.pk]),
            is_exact=is_exact, record=item,
        )
        for item, is_exact in wanted.values()
    ]  # fmt: skip


def documents(reading: Reading, asked: Asked) -> Iterable[Candidate]:
    """A paper that only the ledger knows; apps answer for their own."""
    if not reading.code:
        return []
    found = (
        seen(Entry.objects.filter(document=reading.code)).order_by("-seq").only("seq", "document", "kind")[:1]
    )
    return [
        Candidate(
            kind=Kind.DOCUMENT, code=entry.document, title=entry.document, facts=(entry.get_kind_display(),), url=f"{reverse('traceability:entries')}?document={entry.document}",
            record=entry.document,
        )
        for entry in found
    ]  # fmt: skip


def items_of(gtin: str) -> list[Item]:
    """The items a GTIN stands for: our own number, or one a supplier gave it. 14 digits."""
    theirs = SupplierItem.objects.filter(gtin=gtin).values("item")
    return list(Item.objects.filter(Q(gtin=gtin) | Q(pk__in=theirs), is_active=True).order_by("code"))


def sites_of(person: Person) -> list[Any]:
    return list(person.reach.sites)


def _lot(lot: Any, *, is_exact: bool) -> Candidate:
    word = "Serial" if lot.is_serial else "Lot"
    facts = [lot.item.name]
    if lot.supplier:
        facts.append(f"{lot.supplier}{f', {lot.supplier_lot}' if lot.supplier_lot else ''}")
    facts.append(f"{plain(lot.on_hand)} {lot.item.unit} here" if lot.on_hand else "none here")
    if "held" in lot.chips:
        facts.append("on hold")
    return Candidate(
        kind=Kind.SERIAL if lot.is_serial else Kind.LOT, code=lot.number, title=f"{word} {lot.number}", facts=tuple(facts),
        url=reverse("traceability:lot", args=[lot.pk]), is_exact=is_exact, record=lot,
    )  # fmt: skip


def register() -> None:
    add_finder(Kind.LOT, lots, right=SEE)
    add_finder(Kind.CONTAINER, containers, right=SEE)
    add_finder(Kind.DOCUMENT, documents, right=SEE)
    add_finder(Kind.LOCATION, locations, right=MASTERS)
    add_finder(Kind.SUPPLIER_LOT, supplier_lots, right=SEE)
    add_finder(Kind.ITEM, items, right=MASTERS)
