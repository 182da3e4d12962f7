"""A lot, a quantity and a place as a person gives them on a page: found exactly, or asked for, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone

from traceability import ledger, units
from traceability.ledger import BadInput
from traceability.models import Balance, Evidence, Hold, Location, Lot, Status
from traceability.views.keys import actor_of

SHOWN = 12


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


def lot_of(number: str, *, item: str = "") -> Lot:
    """Exactly this lot. A supplier's number or another spelling is offered by the search, not taken here."""
    if not number:
        raise BadInput("Which lot?", now="Scan or type its number.", fields={"lot": "missing"})
    rows = Lot.objects.select_related("item").filter(number=number)
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
    inside = Location.objects.select_related("site").inside().filter(site__in=actor_of(request).sites.all())
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


def first_expired_first_out(
    items: Iterable[int], *, sites: Iterable[Any], document: str = "", shown: int = SHOWN
) -> list[Balance]:
    """Usable stock of these items, the shortest life first, with what is free of it; what is promised elsewhere is left out."""
    today: date = timezone.localdate()
    held = Hold.objects.standing().filter(lot=OuterRef("lot_id"))
    rows = (
        Balance.objects.filter(
            lot__item_id__in=list(items),
            status=Status.RELEASED,
            quantity__gt=0,
            location__site__in=list(sites),
        )
        .filter(Q(lot__expires_on__isnull=True) | Q(lot__expires_on__gte=today))
        .exclude(Exists(held))
        .select_related("lot__item", "location")
        .order_by("lot__item__code", F("lot__expires_on").asc(nulls_last=True), "lot__number")
    )
    return list(rows[:shown])
