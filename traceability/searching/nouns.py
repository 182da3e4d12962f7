"""How the shared nouns are found: lots and serials, suppliers' lots, items, parties, places, containers, entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.urls import reverse

from traceability import spelling
from traceability.models import Container, Entry, Item, Location, Lot, Party, SupplierItem
from traceability.reach import seen
from traceability.scanning import items_of
from traceability.searching.asked import Asked, Hit
from traceability.views.statuses import with_facts

MOST, SHORT = 20, 8
LEDGER = "Ledger"
LOTS_RIGHT = "traceability.view_ledger"
LOOKED_AT = 5_000


@dataclass(frozen=True, slots=True)
class Noun:
    right: str
    look: Callable[[Asked], Iterable[Hit]]

    def find(self, asked: Asked) -> Iterable[Hit]:
        return self.look(asked)


def lots(asked: Asked) -> Iterable[Hit]:
    """By number or supplier's lot in any spelling; a scanned label names item and lot. Two queries."""
    if not asked.number:
        return
    exact = exact_lots(asked)
    yield from (lot_hit(lot, is_exact=True) for lot in exact)
    if exact:
        return
    if asked.is_quick:
        near = Q(supplier_lot_key__startswith=asked.key)
        for spelled in asked.spellings:
            near |= Q(number__startswith=spelled)
    else:
        near = Q(number__icontains=asked.number) | Q(supplier_lot_key__contains=asked.key)
    rows = known_lots().filter(near).order_by("number")
    yield from (lot_hit(lot) for lot in rows[: SHORT if asked.is_quick else MOST])


def exact_lots(asked: Asked) -> list[Lot]:
    same = known_lots().filter(Q(number__in=asked.spellings) | Q(supplier_lot_key=asked.key))
    if asked.is_label and asked.reading.item_code:
        same = same.filter(item__code=asked.reading.item_code)
    elif asked.is_label and asked.gtin:
        same = same.filter(item__in=items_of(asked.gtin))
    return list(same.order_by("number", "pk")[:MOST])


def alike_lots(asked: Asked) -> list[Hit]:
    """Spelled within two keystrokes. Looked for among those that begin or end alike, so that it stays quick."""
    limit = spelling.allowed(asked.key)
    if not limit:
        return []
    head, tail = asked.key[:3], asked.key[-3:]
    akin = Q(supplier_lot_key__startswith=head) | Q(supplier_lot_key__endswith=tail)
    akin |= Q(number__startswith=asked.number[:3].upper()) | Q(number__endswith=asked.number[-3:].upper())
    rows = (
        seen(Lot.objects.filter(akin))
        .order_by("-pk")
        .values_list("pk", "number", "supplier_lot_key")[:LOOKED_AT]
    )
    wanted = asked.number.upper()
    near = [
        pk
        for pk, number, key in rows
        if spelling.distance(wanted, number.upper(), limit) <= limit
        or (key and spelling.distance(asked.key, key, limit) <= limit)
    ]
    return (
        [lot_hit(lot) for lot in known_lots().filter(pk__in=near[:MOST]).order_by("number")] if near else []
    )


def known_lots() -> QuerySet[Lot]:
    return seen(Lot.objects.select_related("item", "supplier"))


def lot_hit(lot: Lot, *, is_exact: bool = False) -> Hit:
    came = " ".join(part for part in (lot.supplier.name if lot.supplier else "", lot.supplier_lot) if part)
    return Hit(
        "Serials" if lot.is_serial else "Lots", lot.number, lot.item.name, reverse("traceability:lot", args=[lot.pk]), "box",
        came, is_exact=is_exact, record=lot,
    )  # fmt: skip


def with_status(hits: list[Hit]) -> None:
    """Status and quantity of the lots among them: two queries."""
    found = [hit for hit in hits if isinstance(hit.record, Lot)]
    if not found:
        return
    for hit, lot in zip(found, with_facts([hit.record for hit in found]), strict=True):
        hit.chips, hit.record = lot.chips, lot


def entries(asked: Asked) -> Iterable[Hit]:
    """A document that stands in the ledger, whichever app wrote it."""
    documents = seen(Entry.objects.filter(document__in=asked.spellings)).order_by("document")
    for document in documents.values_list("document", flat=True).distinct()[:3]:
        url = reverse("traceability:document", args=[document])
        yield Hit(LEDGER, document, "Its page, history and files", url, "list-details", is_exact=True)
    number = asked.text.lower().removeprefix("entry").lstrip(" #").replace(",", "")
    if (
        number.isascii()
        and number.isdigit()
        and len(number) < 18
        and seen(Entry.objects.filter(seq=int(number))).exists()
    ):
        url = reverse("traceability:entry", args=[int(number)])
        yield Hit(
            LEDGER,
            f"{int(number):,}",
            "Entry of this number",
            url,
            "list-details",
            is_exact=number != asked.text,
        )


def items(asked: Asked) -> Iterable[Hit]:
    """By our code or name, a GTIN, or a supplier's own code. A label that names a lot means the lot."""
    text, names_a_lot = asked.text, asked.is_label and bool(asked.number)
    by_label = {item.pk for item in items_of(asked.gtin)} if asked.gtin else set()
    theirs = SupplierItem.objects.filter(code__in=asked.spellings).values("item")
    same = Q(code__in=asked.spellings) | Q(name__iexact=text) | Q(pk__in=by_label) | Q(pk__in=theirs)
    near = Q(name__icontains=text) | Q(code__icontains=text)
    rows = Item.objects.filter(same | near).annotate(
        is_same=Case(When(same, then=True), default=False, output_field=BooleanField())
    )
    for item in rows.order_by("-is_same", "code")[: SHORT if asked.is_quick else MOST]:
        yield Hit(
            "Items", item.code, item.name, reverse("traceability:item", args=[item.pk]), "tag",
            f"GTIN {item.gtin}" if item.gtin else "", is_exact=item.is_same and not names_a_lot,
        )  # fmt: skip


def parties(asked: Asked) -> Iterable[Hit]:
    same = Q(code__in=asked.spellings) | Q(name__iexact=asked.text)
    if asked.text.isdigit() and len(asked.text) == 13:
        same |= Q(gln=asked.text)
    near = Q(name__icontains=asked.text) | Q(city__iexact=asked.text)
    rows = Party.objects.filter(same | near)
    if not asked.sees_customers:
        rows = rows.filter(is_supplier=True)
    for party in rows.order_by("name")[: SHORT if asked.is_quick else MOST]:
        is_same = (
            party.code in asked.spellings
            or party.name.lower() == asked.text.lower()
            or party.gln == asked.text
        )
        yield Hit(
            "Suppliers" if party.is_supplier else "Customers", party.code, party.name, reverse("traceability:party", args=[party.pk]),
            "users", party.town, is_exact=is_same,
        )  # fmt: skip


def places(asked: Asked) -> Iterable[Hit]:
    near = Q(code__icontains=asked.text) | Q(name__icontains=asked.text)
    rows = seen(Location.objects.inside().filter(Q(code__in=asked.spellings) | near)).select_related("site")
    for place in rows.order_by("code")[:SHORT]:
        url = reverse("traceability:location", args=[place.pk])
        yield Hit(
            "Locations",
            place.code,
            place.name,
            url,
            "map-pin",
            place.site.name,
            is_exact=place.code in asked.spellings,
        )


def containers(asked: Asked) -> Iterable[Hit]:
    spelled = [number for number in (*asked.spellings, asked.reading.sscc) if number]
    for box in seen(
        Container.objects.filter(Q(number__in=spelled) | Q(number__startswith=asked.text))
    ).order_by("number")[:SHORT]:
        url = reverse("traceability:container", args=[box.pk])
        yield Hit(
            "Containers", box.number, box.kind.capitalize(), url, "packages", is_exact=box.number in spelled
        )


FINDERS = (
    Noun(LOTS_RIGHT, lots),
    Noun("traceability.view_masters", items),
    Noun("traceability.view_masters", parties),
    Noun(LOTS_RIGHT, places),
    Noun(LOTS_RIGHT, containers),
    Noun(LOTS_RIGHT, entries),
)
