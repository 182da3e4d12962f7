"""A lot, a quantity and a place as a person gives them on a page: found exactly, or asked for, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import biip
from django.http import HttpRequest
from django.utils import timezone

from traceability import ledger, units
from traceability.ledger import BadInput
from traceability.models import (
    Balance,
    Entry,
    Evidence,
    Hold,
    Location,
    Lot,
    Requirement,
    Site,
    Status,
    search_key,
)
from traceability.reach import seen
from traceability.views.keys import actor_of, client_of, key_of


@dataclass(frozen=True, slots=True)
class Given:
    lot: Lot
    quantity: Decimal
    location: Location
    unit: str
    evidence: str


def given(request: HttpRequest, *, status: str = "") -> Given:
    """Read lot, quantity, unit and place from a form. Without a place, the only one where the lot is.

    Raises UnknownLot, or BadInput when a number means several lots or a lot is in several places.
    """
    number = request.POST.get("lot", "").strip()
    lot = lot_of(number, item=request.POST.get("item", "").strip())
    quantity = units.parse_quantity(request.POST.get("quantity", "").strip())
    if quantity <= 0:
        raise BadInput("A quantity must be more than zero.", fields={"quantity": str(quantity)})
    evidence = Evidence.SCANNED if request.POST.get("scanned") else Evidence.TYPED
    place = place_of(request, lot, status=status)
    return Given(lot, quantity, place, request.POST.get("unit", "").strip()[:12], evidence)


def posted_before(request: HttpRequest) -> Entry | None:
    """The entry that this very form made before: a double click, or the back button after posting."""
    return Entry.objects.filter(keys__client=client_of(request), keys__key=key_of(request)).first()


def lot_of(number: str, *, item: str = "") -> Lot:
    """Exactly this lot. A supplier's number or another spelling is offered by the search, not taken here."""
    if not number:
        raise BadInput("Which lot?", now="Scan or type its number.", fields={"lot": "missing"})
    rows = seen(Lot.objects.select_related("item").filter(number=number))
    found = list((rows.filter(item__code=item) if item else rows)[:2])
    if not found:
        raise ledger.UnknownLot(
            f"Nothing here is called {number[:40]}.",
            "",
            "Scan the label again, or look it up with the search.",
            fields={"lot": number[:40]},
        )
    if len(found) > 1:
        raise BadInput(
            f"{number} is a lot of several items.",
            now="Give the item's code too.",
            fields={"item": "missing"},
        )
    return found[0]


def place_of(request: HttpRequest, lot: Lot, *, status: str = "") -> Location:
    code = request.POST.get("place", "").strip()
    inside = Location.objects.select_related("site").inside().filter(site__in=actor_of(request).reach.sites)
    if code:
        place = inside.filter(code=code).first()
        if place is None:
            raise BadInput(
                f"There is no place {code[:40]}.", now="Scan the place's label.", fields={"place": code[:40]}
            )
        return place
    here = Balance.objects.filter(lot=lot, quantity__gt=0, location__in=inside)
    places = sorted(
        set((here.filter(status=status) if status else here).values_list("location__code", flat=True))
    )
    if len(places) == 1:
        return inside.get(code=places[0])
    if not places:
        raise BadInput(
            f"Nothing of {lot.number} is here.",
            now="Check the number, or count it.",
            fields={"place": "none"},
            lots=[lot.pk],
        )
    raise BadInput(
        f"{lot.number} is at {', '.join(places)}.",
        now="Say from which place.",
        fields={"place": places},
        lots=[lot.pk],
    )


def lots_called(code: str) -> list[Lot]:
    """Every lot that a scanned or typed code can mean: its own number, a GS1 label, else a supplier's number. At most nine."""
    text = code.strip()[:200]
    if not text:
        return []
    rows = seen(Lot.objects.select_related("item", "supplier")).order_by("number")
    label = biip.parse(text.replace("|", "\x1d").replace("~", "\x1d")).gs1_message
    said = {element.ai.ai: element.value for element in label.element_strings} if label else {}
    number = said.get("10") or said.get("21") or ""
    if number and len(said) > 1:
        gtin = said.get("01") or said.get("02")
        return list((rows.filter(item__gtin=gtin) if gtin else rows).filter(number=number)[:9])
    exact = list(rows.filter(number=text)[:9]) or list(rows.filter(number=text.upper())[:9])
    if exact or not search_key(text):
        return exact
    found = list(rows.filter(supplier_lot_key=search_key(text))[:9])
    here = (
        [lot for lot in found if Balance.objects.filter(lot=lot, quantity__gt=0).exists()]
        if len(found) > 1
        else found
    )
    return here or found


def check_usable_here(lot: Lot, site: Site) -> None:
    """What the gate would say to this lot, said at the scan. Nothing is locked: the gate itself decides when it is posted."""
    today = timezone.now().astimezone(site.zone).date()
    holds = list(Hold.objects.standing().filter(lot=lot).order_by("pk"))
    if holds:
        raise ledger.LotOnHold(lot=lot, holds=holds)
    here = set(
        Balance.objects.filter(lot=lot, quantity__gt=0, location__site=site).values_list("status", flat=True)
    )
    if not here:
        raise NothingHere(lot)
    if Status.RELEASED not in here:
        raise ledger.LotNotReleased(
            lot=lot, status=Status.QUARANTINE if Status.QUARANTINE in here else Status.REJECTED
        )
    if lot.expires_on and lot.expires_on < today:
        raise ledger.LotExpired(lot=lot, today=today)
    needed = list(Requirement.objects.blocking().filter(lot=lot).values_list("what", flat=True))
    if needed:
        raise ledger.RequirementOpen(concerned=f"Lot {lot.number}", what=needed, lots=[lot.pk])


class NothingHere(ledger.Refusal):
    code = "nothing_here"

    def __init__(self, lot: Lot) -> None:
        super().__init__(
            f"Nothing of {lot.number} is here.", "It is used up, or at another site.", "Take another lot, or count this one.",
            fields={"lot": lot.number}, lots=[lot.pk],
        )  # fmt: skip
