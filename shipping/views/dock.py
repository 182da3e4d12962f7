"""The dock: scan a lot, pick it, take it off again, and let the shipment go. A hold placed meanwhile wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from shipping import services
from shipping.models import Shipment, ShipmentLine, ShipmentStatus
from shipping.progress import Progress, progress_of
from shipping.stops import stops_of
from shipping.views.shipments import ShipmentPaper, shipment_of
from traceability import units
from traceability.fefo import first_expired_first_out
from traceability.ledger import BadInput, Refusal, UnknownLot, plain
from traceability.models import Balance, Container, Location, LocationKind, Lot, Status
from traceability.views import refusals, taking
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SUGGESTED = 4
# What is taken all the same, with a reason.
ASKS_WHY = ("more_than_ordered", "other_lot_requested")


@dataclass(slots=True)
class Hand:
    """The lot in hand: what was scanned or typed, and what the pick form starts with."""

    code: str = ""
    lot: Lot | None = None
    number: str = ""
    item: str = ""
    place: str = ""
    quantity: str = ""
    unit: str = ""
    is_scanned: bool = False
    off: Any = None
    box: Any = None
    choices: list[Lot] = field(default_factory=list)
    units: list[str] = field(default_factory=list)


@needs("shipping.view", about=Shipment)
def shipment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """While it is picked, the page of the dock; afterwards the paper. Everything on it works by forms alone."""
    shipment = shipment_of(pk)
    if shipment.status != ShipmentStatus.PICKING or "format" in request.GET:
        paper = ShipmentPaper()
        paper.setup(request, pk=pk)
        return paper.get(request)  # type: ignore[no-any-return]
    person = actor_of(request)
    may = {verb: person.has_perm(f"shipping.{verb}") for verb in ("pick", "ship")}
    lines: list[Any] = list(
        shipment.lines.filter(is_taken_out=False)
        .select_related("lot__item", "location", "picked_by")
        .order_by("position")
    )
    with_facts([line.lot for line in lines])
    stops = stops_of(shipment, lines)
    for line in lines:
        line.stop = stops.get(line.pk, "")
    rows = progress_of([shipment.order]).get(shipment.order_id or 0, []) if shipment.order else []
    places = list(
        Location.objects.inside()
        .filter(site=shipment.site, is_active=True)
        .exclude(kind__in=[LocationKind.TRANSIT, LocationKind.THIRD_PARTY])
        .order_by("code")
    )
    suggested = _suggested(shipment, rows, lines) if may["pick"] else []
    hand = _hand(request, shipment, lines, rows, suggested, places) if may["pick"] else Hand()
    stopped = [line for line in lines if line.stop]
    for line in stopped:
        line.instead = next((row for row in suggested if row.lot.item_id == line.lot.item_id), None)
    context = {
        "shipment": shipment, "lines": lines, "stopped": stopped, "rows": rows, "places": places, "suggested": suggested, "hand": hand,
        "may": may, "key": new_key(), "off_key": new_key(), "ship_key": new_key(), "stage_key": new_key(), "typed": request.POST,
        "blocked": _blocked(lines, stopped), "label": _label(lines, rows), "load_key": new_key(), "box_key": new_key(),
        "asks_why": getattr(getattr(request, "refusal", None), "code", "") in ASKS_WHY or bool(request.POST.get("because")),
    }  # fmt: skip
    refusal = getattr(request, "refusal", None)
    return render(request, "shipping/dock.html", context, status=refusal.status if refusal else 200)


def _blocked(lines: list[Any], stopped: list[Any]) -> str:
    """Why it cannot leave yet, or nothing."""
    if not lines:
        return "Ship, nothing is picked yet"
    if not stopped:
        return ""
    numbers = ", ".join(dict.fromkeys(line.lot.number for line in stopped[:3]))
    more = f" and {len(stopped) - 3} more" if len(stopped) > 3 else ""
    return f"Ship, {len(stopped)} stop{'s' if len(stopped) > 1 else ''}: {numbers}{more}"


def _label(lines: list[Any], rows: list[Progress]) -> str:
    missing = [row for row in rows if row.remaining]
    text = f"Ship {len(lines)} line{'s' if len(lines) != 1 else ''}"
    if not missing:
        return text
    first = missing[0]
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"{text} without {plain(first.remaining)} {first.line.item.unit} of {first.line.item.name}{more}"


def _suggested(shipment: Shipment, rows: list[Progress], lines: list[Any]) -> list[Any]:
    """First expired, first out: for what the order still wants, and for what stopped lines must be replaced with."""
    items = dict.fromkeys(row.line.item_id for row in rows if row.remaining)
    items |= dict.fromkeys(line.lot.item_id for line in lines if line.stop)
    if not items:
        return []
    today: date = timezone.now().astimezone(shipment.site.zone).date()
    stock = first_expired_first_out(
        items, sites=[shipment.site_id], shown=SUGGESTED, best_by=today + timedelta(days=shipment.customer.minimum_life_days or 0)
    )  # fmt: skip
    # What is inside a box or pallet is taken out of it first; a pick takes loose stock.
    return [row for row in stock if row.container_id is None]


def _hand(
    request: HttpRequest,
    shipment: Shipment,
    lines: list[Any],
    rows: list[Progress],
    suggested: list[Any],
    places: list[Location],
) -> Hand:
    if request.method == "POST":
        sent = {name: request.POST.get(name, "").strip()[:200] for name in ("lot", "item", "place", "quantity", "unit")}  # fmt: skip
        hand = Hand(number=sent["lot"], item=sent["item"], place=sent["place"], quantity=sent["quantity"], unit=sent["unit"],
                    is_scanned=bool(request.POST.get("scanned")))  # fmt: skip
        found = taking.lots_called(hand.number) if hand.number else []
        hand.lot = next((lot for lot in found if hand.item in ("", lot.item.code)), None)
    else:
        hand = Hand(code=request.GET.get("code", "").strip()[:200], place=request.GET.get("place", "").strip()[:32])  # fmt: skip
        place = next((row for row in places if hand.code and row.code in (hand.code, hand.code.upper())), None)  # fmt: skip
        code, item = hand.code, request.GET.get("item", "").strip()[:40]
        if place or not code:
            hand.place = place.code if place else hand.place
            code = request.GET.get("lot", "").strip()[:200]
        if code:
            _take(request, hand, code, item, shipment, lines)
        hand.code = "" if hand.lot or place else hand.code
    if hand.lot is None:
        return hand
    hand.number, hand.item, hand.units = hand.lot.number, hand.lot.item.code, units.units_of(hand.lot.item)
    if not hand.quantity and not hand.off:
        here = [row for row in suggested if row.lot_id == hand.lot.pk and hand.place in ("", row.location.code)]  # fmt: skip
        wanted = sum((row.remaining for row in rows if row.line.item_id == hand.lot.item_id), Decimal(0))
        if here:
            hand.place = here[0].location.code
            hand.quantity = plain(min(wanted, here[0].free) or here[0].free).replace(",", "")
    return hand


def _take(
    request: HttpRequest, hand: Hand, code: str, item: str, shipment: Shipment, lines: list[Any]
) -> None:
    """Find the scanned lot. What the gate would refuse is said at once; a stopped line is offered to be taken off."""
    found = [lot for lot in taking.lots_called(code) if item in ("", lot.item.code)]
    if not found and (box := _box_called(code, shipment)):
        hand.box = box
        return
    if len(found) > 1:
        hand.choices = found
        return
    try:
        if not found:
            raise UnknownLot(
                f"Nothing here is called {code[:40]}.",
                now="Scan the label again, or look it up with the search.",
                fields={"lot": code[:40]},
            )
        hand.off = next((line for line in lines if line.lot_id == found[0].pk and line.stop), None)
        if not hand.off:
            taking.check_usable_here(found[0], shipment.site)
        hand.lot, hand.is_scanned = found[0], bool(request.GET.get("code"))
    except Refusal as refusal:
        hand.code = code
        request.refusal = refusal  # type: ignore[attr-defined]


def _box_called(code: str, shipment: Shipment) -> Container | None:
    """A pallet or drum with something on it at this site, by its number or SSCC as it was scanned."""
    number = code.removeprefix("(00)").removeprefix("]C100").strip()
    numbers = {code, number, number[2:] if len(number) == 20 and number.startswith("00") else number}
    box = Container.objects.filter(number__in=numbers).first()
    if box is None:
        return None
    inside = Balance.objects.filter(container=box, quantity__gt=0, location__site=shipment.site_id)
    box.lines = list(inside.select_related("lot__item", "location").order_by("lot__number"))  # type: ignore[attr-defined]
    return box


@require_POST
@needs("shipping.pick", about=Shipment)
@refusals.shown_on(shipment_page)
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a lot and promise it to the shipment."""
    shipment = get_object_or_404(Shipment, pk=pk)
    before = ShipmentLine.objects.filter(client=client_of(request), key=key_of(request)).first()
    if before:
        messages.info(request, f"Line {before.position} was picked already.\nNothing was recorded twice.")
        return redirect("shipping:shipment", before.shipment_id)
    taken = taking.given(request, status=Status.RELEASED)
    line = services.pick(
        shipment=shipment, lot=taken.lot, quantity=taken.quantity, unit=taken.unit, location=taken.location, evidence=taken.evidence, because=request.POST.get("because", "").strip()[:2000],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{plain(line.quantity)} {taken.lot.item.unit} of {taken.lot.number} picked at {taken.location}.",
    )
    return redirect("shipping:shipment", pk)


@require_POST
@needs("shipping.pick", about=Shipment)
@refusals.shown_on(lambda request, pk, line: shipment_page(request, pk))
def unpick(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Take a line off; its promise is given up. Doing it twice is doing it once."""
    row = get_object_or_404(ShipmentLine.objects.select_related("lot", "shipment"), pk=line, shipment=pk)
    services.unpick(line=row, actor=actor_of(request), client=client_of(request), key=key_of(request))
    messages.success(request, f"{row.lot.number} is off the shipment.")
    return redirect("shipping:shipment", pk)


@require_POST
@needs("shipping.pick", about=Shipment)
@refusals.shown_on(shipment_page)
def stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring everything picked to one place, such as the dock; the promises go along."""
    shipment = get_object_or_404(Shipment, pk=pk)
    code = request.POST.get("stage_place", "").strip()
    place = Location.objects.select_related("site").inside().filter(site=shipment.site_id, code=code).first()
    if place is None:
        raise BadInput("To which place?", now="Choose the place.", fields={"stage_place": code[:40]})
    services.stage(
        shipment=shipment,
        location=place,
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
    )
    messages.success(request, f"Everything picked is at {place}.")
    return redirect("shipping:shipment", pk)


@require_POST
@needs("shipping.ship", about=Shipment)
@refusals.shown_on(shipment_page)
def ship(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go: one entry, however often the button is pressed. Every lot is checked again under its lock."""
    shipment = services.ship(
        shipment=get_object_or_404(Shipment, pk=pk), seal=request.POST.get("seal", "").strip()[:40], carrier=request.POST.get("carrier", "").strip()[:120],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{shipment.number} has left.\nThe packing list names its lots.")
    return redirect("shipping:shipment", pk)
