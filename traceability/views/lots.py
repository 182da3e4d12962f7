"""The whole life of one lot on one page. At most 25 queries, whatever hangs on it (tested)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from traceability import attributes, inquiries, navigation
from traceability.lists import HIDDEN, csv_of
from traceability.models import EntryKind, Hold, LedgerHead, Lot, Requirement, RunLot
from traceability.views import lot_facts, lot_sites
from traceability.views.rights import needs
from traceability.views.statuses import chips, with_facts

MOVEMENTS_SHOWN = 50
DELIVERIES_SHOWN = 50
KINDS = dict(EntryKind.choices)


def get_lot(pk: int) -> Any:
    return get_object_or_404(Lot.objects.select_related("item", "supplier", "owner"), pk=pk)


@needs("traceability.view_ledger", about=Lot)
def lot_page(request: HttpRequest, pk: int) -> HttpResponse:
    lot = get_lot(pk)
    person = request.user
    sees_customers = person.has_perm("traceability.view_customers")  # type: ignore[union-attr]
    balance = inquiries.mass_balance([lot])[0]
    holds = list(
        Hold.objects.filter(lot=lot)
        .select_related("placed_in__actor", "lifted_in")
        .order_by("-placed_in_id", "-id")[:50]
    )
    standing = [hold for hold in holds if hold.lifted_in_id is None]
    places = lot_sites.places_of(lot)
    lot.on_hand = balance.on_hand
    lot.chips = chips(
        lot, {place.status for place in places}, {hold.cause for hold in standing}, timezone.localdate()
    )
    deliveries = lot_sites.deliveries_of(lot)
    notes = navigation.lot_notes(person, [lot.pk]).get(lot.pk, [])  # type: ignore[arg-type]
    inside = lot_facts.what_is_in(lot)
    lines = lot_sites.lines_of(lot, limit=MOVEMENTS_SHOWN + 1)
    requirements = list(Requirement.objects.filter(lot=lot).select_related("met_in__actor")[:50])
    seen = lines if len(lines) <= MOVEMENTS_SHOWN else []
    birth = next((line for line in reversed(seen) if line.kind in ("output", "receipt", "opening")), None)
    context = {
        "lot": lot,
        "item": lot.item,
        "attributes": attributes.said_of(lot),
        "may_amend": person.has_perm(attributes.AMEND),  # type: ignore[union-attr]
        "elsewhere": lot_sites.beyond(lot),
        "balance": balance,
        "came_in": lot_facts.came_in_terms(balance),
        "went": lot_facts.went_terms(balance),
        "head_seq": LedgerHead.objects.values_list("seq", flat=True).first() or 0,
        "made_in": lot_facts.sisters_of(lot) if balance.made else [],
        "birth": birth,
        "places": places,
        "place_count": len({place.location_id for place in places}),
        "holds": lot_facts.hold_cards(lot, standing),
        "lifted": [hold for hold in holds if hold.lifted_in_id],
        "notes": notes,
        "deliveries": deliveries[:DELIVERIES_SHOWN],
        "delivery_count": len(deliveries),
        "delivered": sum((row.quantity for row in deliveries), Decimal(0)),
        "returned": sum((row.returned for row in deliveries), Decimal(0)),
        "customer_count": len({row.party_id for row in deliveries}),
        "sees_customers": sees_customers,
        "may_hold": person.has_perm("traceability.place_hold"),  # type: ignore[union-attr]
        "may_lift": person.has_perm("traceability.lift_hold")
        or person.has_perm("traceability.lift_recall_hold"),  # type: ignore[union-attr]
        "products": lot_facts.made_of(lot),
        "inside": inside,
        "supplier_count": len({row.lot.supplier_id for row in inside.rows if row.lot.supplier_id}),
        "requirements": requirements,
        "open_requirements": sum(1 for requirement in requirements if requirement.met_in_id is None),
        "life": lot_facts.life_of(lot, holds, sees_customers),
        "lines": [seen_line(line, sees_customers) for line in lines[:MOVEMENTS_SHOWN]],
        "has_more_lines": len(lines) > MOVEMENTS_SHOWN,
    }
    return render(request, "traceability/lot.html", context)


def seen_line(line: inquiries.Line, sees_customers: bool) -> dict[str, Any]:
    """A movement as the table shows it: at a boundary the party stands for the place."""
    party = line.party
    is_outward = line.kind in ("shipment", "customer_return")
    if is_outward and party and not sees_customers:
        party = ""
    ends = [line.origin, line.destination]
    if line.kind in ("receipt", "receipt_correction", "customer_return") and party:
        ends[0 if line.destination_status else 1] = party
    if line.kind in ("shipment", "supplier_return") and party:
        ends[1 if line.origin_status else 0] = party
    words = KINDS.get(line.kind, line.kind)
    if line.kind == "disposition":
        words = f"{words}: {line.destination_status}"
    return {"line": line, "words": words, "origin": ends[0], "destination": ends[1]}


@needs("traceability.view_ledger", about=Lot)
def movements(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All movements of a lot, newest first, from a cursor on; CSV has all of them."""
    lot = get_lot(pk)
    sees_customers = request.user.has_perm("traceability.view_customers")  # type: ignore[union-attr]
    if request.GET.get("format") == "csv":
        return _movements_csv(lot, sees_customers)
    before = None
    if told := request.GET.get("before"):
        seq, _, line = told.partition("-")
        if not (seq.isdigit() and line.isdigit()):
            raise Http404("before")
        before = (int(seq), int(line))
    lines = lot_sites.lines_of(lot, before=before, limit=MOVEMENTS_SHOWN + 1)
    context = {
        "lot": with_facts([lot])[0],
        "item": lot.item,
        "lines": [seen_line(line, sees_customers) for line in lines[:MOVEMENTS_SHOWN]],
        "next": "-".join(map(str, lines[MOVEMENTS_SHOWN - 1].cursor)) if len(lines) > MOVEMENTS_SHOWN else "",
        "is_first": before is None,
    }
    return render(request, "traceability/movements.html", context)


def _movements_csv(lot: Any, sees_customers: bool) -> HttpResponseBase:
    unit = lot.item.unit
    heads = ["Entry", "Line", "Happened", "Recorded", "Kind", "Document", "Party", "From", "From status", "To", "To status", "Run",
             f"Quantity, {unit}", f"Change, {unit}", f"Balance, {unit}", "Evidence", "By", "Reason"]  # fmt: skip

    def row(line: inquiries.Line) -> list[Any]:
        hides = line.kind in ("shipment", "customer_return") and not sees_customers
        return [
            line.seq, line.line, line.occurred_at, line.recorded_at, KINDS.get(line.kind, line.kind), line.document, HIDDEN if hides and line.party else line.party,
            line.origin, line.origin_status, line.destination, line.destination_status, line.run, line.quantity, line.change, line.balance,
            line.evidence, line.actor, line.reason,
        ]  # fmt: skip

    return csv_of(f"lot-{lot.number}", heads, (row(line) for line in lot_sites.lines_of(lot, limit=None)))


@needs("traceability.trace", about=Lot)
def inside(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the tree, opened: for htmx the rows alone, else the list of everything in the lot."""
    if not getattr(request, "htmx", False):
        return redirect("traceability:where_from", pk=pk)
    link = get_object_or_404(
        RunLot.objects.select_related("lot__item", "lot__supplier", "run"),
        pk=request.GET.get("link") or 0,
        lot=pk,
    )
    level = request.GET.get("level", "1")
    rows = lot_facts.below(link, min(int(level), 12) if level.isdigit() else 1)
    return render(request, "traceability/tree_rows.html", {"rows": rows})
