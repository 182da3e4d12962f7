"""Move by scan: take lots or containers in hand, then scan the place where they go. Undo takes the last one back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from traceability import stock
from traceability.ledger import BadInput, Refusal, plain
from traceability.models import Container, Entry, EntryKind, Evidence, Location, Lot, Movement
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock import hand as hands
from traceability.views.stock.hand import InHand
from traceability.views.stock.lists import with_papers
from traceability.views.stock.reading import Meant, what_is
from traceability.views.stock.scope import places_of

LATEST = 6
CHOICES = 9


class NothingThere(Refusal):
    code = "nothing_here"


@needs("traceability.move")
def move_page(request: HttpRequest) -> HttpResponse:
    """The floor page. Everything on it works by forms alone."""
    return _page(request, hands.in_hand(request))


@require_POST
@needs("traceability.move")
@refusals.shown_on(move_page)
def scan(request: HttpRequest) -> HttpResponse:
    """One code: a lot or a container is taken in hand; a place sets down all that is in hand."""
    held = hands.in_hand(request)
    code = request.POST.get("code", "").strip()
    if not code:
        return _to_page(held)
    meant = what_is(code, request, expected="the label of a lot, a pallet or a place", context="stock.move")
    if meant.is_near or (meant.count > 1 and not (held and meant.places)):
        return _page(request, held, meant=meant)
    if meant.places:
        pending = request.POST.get("lot", "")
        if pending.isdigit() and (lot := Lot.objects.filter(pk=int(pending[:18])).first()):
            return _take_lot(request, held, lot, at=meant.places[0].code)
        return _at_place(request, held, meant.places[0])
    if meant.containers:
        return _container(request, held, meant)
    return _take_lot(request, held, meant.lots[0], at=request.POST.get("at", ""))


@needs("traceability.move", about=Lot)
@refusals.shown_on(lambda request, pk: move_page(request))
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lot in hand by its own address: from its page, a list, or a choice between several."""
    lot = get_object_or_404(Lot.objects.select_related("item"), pk=pk)
    return _take_lot(request, hands.in_hand(request), lot, at=request.GET.get("at", "")[:32])


@require_POST
@needs("traceability.move")
@refusals.shown_on(move_page)
def put_down(request: HttpRequest) -> HttpResponse:
    """Set down what is in hand at a chosen place, or pack it into a container."""
    held = hands.in_hand(request)
    if box := request.POST.get("into", ""):
        container = get_object_or_404(Container, pk=box if box.isdigit() else 0)
        return _pack(request, held, container)
    code = request.POST.get("to", "").strip()[:32]
    place = places_of(request).filter(code=code).first()
    if place is None:
        raise BadInput("To which place?", now="Scan the place, or choose it.", fields={"to": code})
    return _set_down(request, held, place, evidence=Evidence.TYPED)


@require_POST
@needs("traceability.move")
@refusals.shown_on(move_page)
def undo(request: HttpRequest) -> HttpResponse:
    """Take back one's own move."""
    seq = request.POST.get("seq", "")
    entry = get_object_or_404(Entry, seq=int(seq) if seq.isdigit() and len(seq) < 18 else 0)
    stock.undo_move(
        entry=entry, actor=actor_of(request), client=client_of(request), key=f"{key_of(request)}u"
    )
    messages.success(request, f"{entry.document} was taken back.\nEverything is where it was.")
    return redirect("traceability:stock_move")


def _at_place(request: HttpRequest, held: list[InHand], place: Location) -> HttpResponse:
    if held:
        return _set_down(request, held, place, evidence=Evidence.SCANNED)
    rows = list(hands.stock_rows(request).filter(location=place).order_by("lot__item__code", "lot__number"))
    if not rows:
        raise NothingThere(f"Nothing stands at {place}.", now="Scan a lot, a pallet or another place.")
    return redirect(f"{reverse('traceability:stock_move')}?at={place.code}")


def _set_down(request: HttpRequest, held: list[InHand], place: Location, *, evidence: str) -> HttpResponse:
    """Quantities in one entry, each container in one of its own."""
    if not held:
        raise BadInput("Nothing is in hand.", now="Scan a lot or a pallet first.")
    sender: dict[str, Any] = {"actor": actor_of(request), "client": client_of(request)}
    key = key_of(request)
    amounts = [one.amount() for one in held if one.row]
    if amounts:
        entry = stock.move_stock(amounts=amounts, to=place, key=key, evidence=evidence, **sender)
        told = f"{plain(amounts[0].quantity)} {amounts[0].lot.item.unit} of {amounts[0].lot.number}"
        if len(amounts) > 1:
            told = f"{len(amounts)} quantities"
        messages.success(request, f"{told} moved to {place}.\n{entry.document}, entry {entry.seq}.")
    for number, one in enumerate(held):
        if one.container:
            stock.move_container(
                container=one.container, to=place, key=f"{key}{number}", evidence=evidence, **sender
            )
            messages.success(request, f"{one.container.get_kind_display()} {one.container} moved to {place}.")
    return redirect("traceability:stock_move")


def _pack(request: HttpRequest, held: list[InHand], container: Container) -> HttpResponse:
    if not held:
        raise BadInput("Nothing is in hand.", now="Scan a lot or a pallet first.")
    sender: dict[str, Any] = {"actor": actor_of(request), "client": client_of(request)}
    key = key_of(request)
    amounts = [one.amount() for one in held if one.row]
    if amounts:
        stock.pack(container=container, amounts=amounts, key=key, **sender)
    for number, one in enumerate(held):
        if one.container:
            place = stock.whereabouts([container]).get(container.pk) or one.stands
            if place is None:
                raise BadInput(
                    f"Nobody knows where {container} stands.", now="Scan a place to set it down first."
                )
            stock.move_container(
                container=one.container, to=place, into=container, key=f"{key}{number}", **sender
            )
    messages.success(
        request, f"{len(held)} {'thing is' if len(held) == 1 else 'things are'} on {container} now."
    )
    return redirect("traceability:stock_move")


def _container(request: HttpRequest, held: list[InHand], meant: Meant) -> HttpResponse:
    box = meant.containers[0]
    if box.is_broken_up:
        raise stock.ContainerStuck(
            f"{box} was broken up.", "What was in it stands loose.", "Scan the lot itself."
        )
    if held and all(one.container != box for one in held):
        return _page(request, held, meant=meant)  # take it too, or pack into it? Asked.
    return _to_page(held or [InHand(container=box)])


def _take_lot(request: HttpRequest, held: list[InHand], lot: Lot, *, at: str) -> HttpResponse:
    rows = list(hands.stock_rows(request).filter(lot=lot).order_by("location__code", "pk"))
    here = [row for row in rows if row.location.code == at] or rows
    if not here:
        raise NothingThere(
            f"Nothing of {lot.number} is here.", "It is used up, or at another site.", "Take another lot, or count this one.",
            fields={"lot": lot.number}, lots=[lot.pk],
        )  # fmt: skip
    if len(here) > 1:
        return _page(request, held, meant=Meant(lot.number, lots=[lot]), rows=here)
    if any(one.row and one.row.pk == here[0].pk for one in held):
        messages.info(request, f"{lot.number} is in hand already.\nScan the place where it goes.")
        return _to_page(held)
    return _to_page([*held, InHand(row=here[0])], at=at)


def _to_page(held: list[InHand], **rest: Any) -> HttpResponse:
    query = hands.address(held, **rest)
    return redirect(f"{reverse('traceability:stock_move')}{'?' if query else ''}{query}")


def _page(
    request: HttpRequest, held: list[InHand], *, meant: Meant | None = None, rows: list[Any] | None = None
) -> HttpResponse:
    at = (request.POST if request.method == "POST" else request.GET).get("at", "")[:32]
    place = places_of(request).filter(code=at).first() if at else None
    there = []
    if place and not held:
        found = hands.stock_rows(request).filter(location=place)
        there = with_papers(list(found.order_by("lot__item__code", "lot__number")[:50]))
    for one in held:
        one.rest = hands.address([other for other in held if other is not one], at=at)
    refusal = getattr(request, "refusal", None)
    context = {
        "held": held,
        "at": place,
        "there": [{"row": row, "take": hands.address([*held, InHand(row=row)], at=at)} for row in there],
        "choices": choices(held, meant, rows, at) if meant else [],
        "meant": meant,
        "pending": meant.lots[0] if meant and rows else None,
        "places": list(places_of(request).order_by("code")),
        "next": _next(held),
        "latest": _latest(request),
        "key": new_key(),
        "undo_key": new_key(),
        "typed": request.POST if refusal else {},
    }
    return render(request, "traceability/stock/move.html", context, status=refusal.status if refusal else 200)


def choices(held: list[InHand], meant: Meant, rows: list[Any] | None, at: str) -> list[dict[str, Any]]:
    """One button for each thing the code can mean, with what tells them apart."""
    found: list[dict[str, Any]] = []
    for row in with_papers((rows or [])[:CHOICES]):
        where = f"on {row.container}" if row.container else "loose"
        found.append({
            "text": f"{plain(row.quantity)} {row.lot.item.unit} at {row.location}, {where}",
            "chips": row.chips, "url": "?" + hands.address([*held, InHand(row=row)], at=at),
        })  # fmt: skip
    if rows is None:
        for lot in meant.lots[:CHOICES]:
            url = f"{reverse('traceability:stock_move_take', args=[lot.pk])}?{hands.address(held, at=at)}"
            found.append({"text": f"{lot.number}, {lot.item.name}", "url": url})
    for box in meant.containers[:CHOICES]:
        word = f"{box.get_kind_display()} {box}"
        found.append({"text": f"Take {word} too" if held else word, "url": "?" + hands.address([*held, InHand(container=box)], at=at)})  # fmt: skip
        if held:
            found.append({"text": f"Put what is in hand on {word}", "into": box.pk})
    for place in meant.places[:CHOICES]:
        found.append({"text": f"{place} {place.name}".strip(), "place": place})
    return found


def _next(held: list[InHand]) -> str:
    """What the scan box waits for, in words."""
    if not held:
        return "Scan a lot, a pallet, or the place it is at"
    return "Scan the place where it goes" if len(held) == 1 else f"Scan the place where these {len(held)} go"


def _latest(request: HttpRequest) -> list[Entry]:
    """One's own moves of this shift, newest first; those that were taken back are left out."""
    since = timezone.now() - timedelta(hours=12)
    rows = Entry.objects.filter(
        kind=EntryKind.TRANSFER, actor=actor_of(request), recorded_at__gte=since, reversed_by__isnull=True, document__startswith="MV-"
    )  # fmt: skip
    found: list[Any] = list(rows.order_by("-seq")[:LATEST])
    names = ("lot__item", "origin", "destination", "destination_container")
    moved: dict[int, list[Movement]] = {}
    for move in Movement.objects.filter(entry__in=found).select_related(*names).order_by("line"):
        moved.setdefault(move.entry_id, []).append(move)
    for entry in found:
        moves = moved.get(entry.pk, [])
        entry.first, entry.more = moves[0] if moves else None, max(len(moves) - 1, 0)
    return found
