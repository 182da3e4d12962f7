"""Counting on the floor: scan a place, scan what is there, type how much. What nobody expected is found, or written down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from traceability import stock, units
from traceability.ledger import BadInput, plain
from traceability.models import Balance, Count, CountLine, CountState, Evidence, LineState, Location, Lot
from traceability.views import refusals
from traceability.views.counts.lists import sees_record
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.reading import Meant, NothingCalled, what_is
from traceability.views.stock.scope import places_of, sites_of

WAITING = (LineState.OPEN, LineState.AGAIN)


@needs("traceability.count", about=Count)
def floor(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


@require_POST
@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk))
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """One code: a place to stand at, or what is there. A serial that is expected is counted by its scan."""
    count = _count(request, pk)
    place = _place(request, request.POST.get("place", ""))
    code = request.POST.get("code", "").strip()
    if not code:
        return _to(count, place)
    try:
        meant = what_is(
            code, request, expected="a place or a lot", context="stock.count", document=count.number
        )
    except NothingCalled:
        if place is None:
            raise
        return _page(request, pk, unknown=code[:200])
    if meant.places and not meant.lots:
        return _begin(request, count, meant.places[0])
    return _lot_scanned(request, count, place, meant)


@require_POST
@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk))
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """How much of the line in hand is here."""
    count = _count(request, pk)
    line = get_object_or_404(
        count.lines.select_related("lot__item", "location"), pk=_pk(request.POST.get("line"))
    )
    text, unit = request.POST.get("quantity", "").strip(), request.POST.get("unit", "").strip()[:12]
    quantity = units.parse_quantity(text)
    base = units.to_base(line.lot.item, quantity, unit, lot=line.lot) if line.lot and unit else quantity
    counted = stock.enter(
        line=line, quantity=base, entered=f"{text} {unit}".strip(), evidence=Evidence.SCANNED if request.POST.get("scanned") else Evidence.TYPED,
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    _tell(request, counted)
    return _to(
        count, line.location, line=line if counted.state == LineState.AGAIN and count.counters == 1 else None
    )


@require_POST
@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk))
def found(request: HttpRequest, pk: int) -> HttpResponse:
    """A lot that nobody expected here."""
    count = _count(request, pk)
    place = _place(request, request.POST.get("place", ""))
    if place is None:
        raise BadInput("At which place?", now="Scan the place first.", fields={"place": "missing"})
    lot = get_object_or_404(Lot.objects.select_related("item"), pk=_pk(request.POST.get("lot")))
    origin = places_of(request).filter(code=request.POST.get("origin", "")[:32]).first()
    line = stock.found_here(
        count=count, lot=lot, location=place, origin=origin, quantity=units.parse_quantity(request.POST.get("quantity", "").strip()),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    _tell(request, line)
    return _to(count, place, line=line if line.state == LineState.AGAIN and count.counters == 1 else None)


@require_POST
@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk, unknown=request.POST.get("label", "")[:200]))
def unknown(request: HttpRequest, pk: int) -> HttpResponse:
    """A label that nobody knows, written down for somebody to find out."""
    count = _count(request, pk)
    place = _place(request, request.POST.get("place", ""))
    if place is None:
        raise BadInput("At which place?", now="Scan the place first.", fields={"place": "missing"})
    line = stock.note_unknown(
        count=count, label=request.POST.get("label", ""), location=place, quantity=units.parse_quantity(request.POST.get("quantity", "").strip()),
        note=request.POST.get("note", "").strip(), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.info(
        request, f"{line.label} is written down.\nSomebody finds out what it is before the count is posted."
    )
    return _to(count, place)


@require_POST
@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk))
def nothing_else(request: HttpRequest, pk: int) -> HttpResponse:
    """What is still open at this place is not here."""
    count = _count(request, pk)
    place = _place(request, request.POST.get("place", ""))
    if place is None:
        raise BadInput("At which place?", now="Scan the place first.", fields={"place": "missing"})
    done = stock.rest_is_missing(
        count=count, location=place, actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    again = count.lines.filter(location=place, state=LineState.AGAIN).count()
    if again:
        messages.warning(
            request, f"Look once more for {again} line{'s' if again > 1 else ''}.\nThey are not where they should be. Press again when you are sure."
        )  # fmt: skip
    else:
        messages.success(
            request, f"{place} is counted.\n{done} line{'s were' if done != 1 else ' was'} not there."
        )
    return _to(count, place)


def _begin(request: HttpRequest, count: Count, place: Location) -> HttpResponse:
    if not count.lines.filter(location=place).exists():
        messages.warning(request, f"{place} is not in this count.\nWhat you scan here is noted as found.")
    else:
        stock.begin_place(count=count, location=place, actor=actor_of(request))
    return _to(count, place)


def _lot_scanned(request: HttpRequest, count: Count, place: Location | None, meant: Meant) -> HttpResponse:
    lines = count.lines.exclude(state=LineState.POSTED).select_related("lot__item", "location", "container")
    if meant.containers and not meant.lots:
        lines = lines.filter(container__in=meant.containers)
    else:
        lines = lines.filter(lot__in=meant.lots)
    here = list((lines.filter(location=place) if place else lines).order_by("location__code", "pk")[:9])
    if len(here) == 1:
        line = here[0]
        if place is None:
            stock.begin_place(count=count, location=line.location, actor=actor_of(request))
        if line.lot and line.lot.is_serial:
            counted = stock.enter(
                line=line, quantity=Decimal(1), evidence=Evidence.SCANNED, actor=actor_of(request), client=client_of(request), key=key_of(request)
            )  # fmt: skip
            _tell(request, counted)
            return _to(count, line.location)
        return _to(count, line.location, line=line, scanned="yes")
    if here:
        return _page(request, count.pk, choices=here, code=meant.code)
    if place is None:
        raise BadInput(
            f"{meant.code[:40]} is not in this count.",
            "",
            "Scan the place where you stand first.",
            fields={"place": "missing"},
        )
    if len(meant.lots) > 1 or meant.is_near:
        return _page(request, count.pk, lots=meant.lots, code=meant.code)
    if not meant.lots:
        raise BadInput(f"{meant.code[:40]} has nothing in this count.", now="Scan the lots on it.")
    return _page(request, count.pk, unexpected=meant.lots[0])


def _tell(request: HttpRequest, line: CountLine) -> None:
    name = line.lot.number if line.lot else line.label
    if line.state == LineState.AGAIN:
        messages.warning(request, f"{name}: {line.why_again.lower()}.\nThe first look is kept.")
    else:
        unit = line.lot.item.unit if line.lot else ""
        messages.success(request, f"{plain(line.counted or Decimal(0))} {unit} of {name}.")


def _to(count: Count, place: Location | None, *, line: CountLine | None = None, **rest: str) -> HttpResponse:
    query = {"place": place.code if place else "", "line": line.pk if line else "", **rest}
    said = urlencode({name: value for name, value in query.items() if value})
    return redirect(f"{reverse('traceability:count_floor', args=[count.pk])}{'?' if said else ''}{said}")


def _count(request: HttpRequest, pk: int) -> Count:
    return get_object_or_404(Count.objects.select_related("site"), pk=pk, site__in=sites_of(request))


def _place(request: HttpRequest, code: str) -> Location | None:
    return places_of(request).filter(code=code[:32]).first() if code else None


def _pk(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def _page(
    request: HttpRequest,
    pk: int,
    *,
    unexpected: Lot | None = None,
    unknown: str = "",
    choices: list[CountLine] | None = None,
    lots: list[Lot] | None = None,
    code: str = "",
) -> HttpResponse:
    count = _count(request, pk)
    sent = request.POST if request.method == "POST" else request.GET
    place = _place(request, sent.get("place", ""))
    rows = count.lines.select_related("lot__item", "location", "container").order_by(
        "location__code", "lot__number", "pk"
    )
    lines: list[Any] = list(rows)
    line = next((one for one in lines if one.pk == _pk(sent.get("line"))), None)
    if unexpected is None and sent.get("lot") and request.method == "POST":
        unexpected = Lot.objects.select_related("item").filter(pk=_pk(sent.get("lot"))).first()
    mine = set()
    if count.counters == 2:
        mine = set(
            CountLine.objects.filter(count=count, readings__by=actor_of(request)).values_list("pk", flat=True)
        )
    here = []
    for one in lines:
        # With two counters neither sees what the other wrote.
        one.is_waiting = one.state in WAITING and not (
            count.counters == 2 and one.pk in mine and one.why_again.startswith("A second")
        )  # type: ignore[attr-defined]
        if place and one.location_id == place.pk:
            here.append(one)
    refusal = getattr(request, "refusal", None)
    elsewhere = []
    if unexpected and place:
        elsewhere = list(
            Balance.objects.filter(lot=unexpected, quantity__gt=0, location__site=count.site).exclude(location=place).select_related("location").order_by("location__code")
        )  # fmt: skip
    context = {
        "count": count, "place": place, "line": line, "here": here, "places": _places(lines), "unexpected": unexpected if place else None, "elsewhere": elsewhere,
        "unknown": unknown if place else "", "choices": choices, "lots": lots, "code": code, "sees_record": sees_record(count, actor_of(request)) and not count.is_blind,
        "units": units.units_of(line.lot.item) if line and line.lot else [], "waiting_here": sum(one.is_waiting for one in here),
        "waiting": sum(one.is_waiting for one in lines), "next": _next(place, line), "typed": request.POST if refusal else {},
        "is_open": count.state == CountState.OPEN, "scanned": sent.get("scanned", ""), "key": new_key(),
    }  # fmt: skip
    return render(
        request, "traceability/counts/floor.html", context, status=refusal.status if refusal else 200
    )


def _places(lines: list[Any]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        row = found.setdefault(line.location_id, {"place": line.location, "all": 0, "done": 0})
        row["all"] += 1
        row["done"] += not line.is_waiting
    for row in found.values():
        row["part"] = 100 * row["done"] // row["all"]
    return list(found.values())


def _next(place: Location | None, line: CountLine | None) -> str:
    if place is None:
        return "Scan the place where you stand"
    return "Type how much, or scan the next" if line else f"Scan what is at {place.code}"
