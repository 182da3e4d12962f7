"""Shipments in the browser: the list, one shipment with its picks, and the verbs of the dock. A hold placed meanwhile wins."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from shipping import services
from shipping.models import Order, OrderStatus, Shipment, ShipmentLine, ShipmentStatus
from traceability import context as shell
from traceability import units
from traceability.ledger import BadInput, plain
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Delivered, Entry, Location, Party, Reservation, Status
from traceability.views import refusals, second_person, taking
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

CUSTOMERS = "traceability.view_customers"


class ShipmentFilter(ListFilter):
    q = django_filters.CharFilter(label="Shipment, order or lot", method="by_text")
    status = django_filters.ChoiceFilter(label="Status", choices=ShipmentStatus.choices, empty_label="Any")

    def by_text(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        return rows.filter(
            Q(number__icontains=value) | Q(order__number__icontains=value) | Q(lines__lot__number=value)
        ).distinct()


class ShipmentList(RecordList):
    right = "shipping.view"
    title = "Shipments"
    note = "What leaves and what left, the latest first."
    file_name = "shipments"
    filterset_class = ShipmentFilter
    default_sort = "-started_at"
    tie = "number"
    one, many = "shipment", "shipments"
    template_name = "shipping/shipments.html"
    empty_title = "Nothing was shipped yet."
    empty_now = "Start the first shipment."
    queryset = Shipment.objects.select_related("customer", "order")
    columns = [
        Column(
            "Shipment",
            lambda r: r.number,
            "code",
            sort="number",
            link=lambda r: reverse("shipping:shipment", args=[r.pk]),
        ),
        Column("Customer", lambda r: r.customer.name, sort="customer__name", right=CUSTOMERS),
        Column("Order", lambda r: r.order.number if r.order else "", "code", wide_only=True),
        Column("Status", lambda r: r.get_status_display(), sort="status"),
        Column("Started", lambda r: r.started_at, "when", sort="started_at"),
        Column("Left", lambda r: r.shipped_at, "when", sort="shipped_at"),
        Column("Carrier", lambda r: r.carrier, wide_only=True),
    ]


@needs("shipping.view")
def shipment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One shipment: what is picked, what stops it, and the forms of the dock."""
    return render(request, "shipping/shipment.html", _context(request, pk))


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    shipment = get_object_or_404(
        Shipment.objects.select_related("customer", "order", "site", "shipped_by"), pk=pk
    )
    person = actor_of(request)
    lines = list(
        shipment.lines.filter(is_taken_out=False)
        .select_related("lot__item", "location", "picked_by")
        .order_by("position")
    )
    with_facts([line.lot for line in lines])
    is_picking = shipment.status == ShipmentStatus.PICKING
    promised = (
        set(Reservation.objects.standing().filter(document=shipment.number).values_list("lot_id", flat=True))
        if is_picking
        else set()
    )
    held = {line.lot_id for line in lines if "held" in getattr(line.lot, "chips", ())}
    stopped = [line for line in lines if is_picking and (line.lot_id not in promised or line.lot_id in held)]
    wanted = list(shipment.order.lines.select_related("item")) if shipment.order else []
    items = [line.item_id for line in wanted]
    return {
        "shipment": shipment,
        "lines": lines,
        "stopped": stopped,
        "stopped_ids": {line.pk for line in stopped},
        "wanted": wanted,
        "stock": taking.first_expired_first_out(items, sites=[shipment.site_id])
        if is_picking and items and person.has_perm("shipping.pick")
        else [],
        "places": list(Location.objects.inside().filter(site=shipment.site).order_by("code")),
        "delivered": list(
            Delivered.objects.filter(document=shipment.number, direction="shipped").select_related(
                "lot__item"
            )
        ),
        "history": list(
            Entry.objects.filter(document=shipment.number)
            .select_related("actor", "second_person")
            .order_by("-seq")[:50]
        ),
        "returns": list(shipment.customer_returns.select_related("received_by", "entry")),
        "sees_customers": person.has_perm(CUSTOMERS),
        "typed": request.POST,
        "key": new_key(),
        "is_picking": is_picking,
        "may": {verb: person.has_perm(f"shipping.{verb}") for verb in ("pick", "ship", "receive_return")},
    }


@needs("shipping.pick")
@require_POST
@refusals.shown_on(shipment_page)
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a lot and promise it to the shipment."""
    taken = taking.given(request)
    line = services.pick(
        shipment=get_object_or_404(Shipment, pk=pk), lot=taken.lot, quantity=taken.quantity, unit=taken.unit, location=taken.location,
        evidence=taken.evidence, actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{plain(line.quantity)} {taken.lot.item.unit} of {taken.lot.number} picked at {taken.location}.",
        extra_tags="ok",
    )
    return redirect("shipping:shipment", pk)


@needs("shipping.pick")
@require_POST
@refusals.shown_on(lambda request, pk, line: shipment_page(request, pk))
def unpick(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Take a line off; its promise is given up."""
    row = get_object_or_404(ShipmentLine.objects.select_related("lot", "shipment"), pk=line, shipment=pk)
    services.unpick(line=row, actor=actor_of(request), client=client_of(request), key=key_of(request))
    messages.success(request, f"{row.lot.number} is off the shipment.", extra_tags="ok")
    return redirect("shipping:shipment", pk)


@needs("shipping.ship")
@require_POST
@refusals.shown_on(shipment_page)
def ship(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it go. Every lot is checked again under its lock."""
    shipment = services.ship(
        shipment=get_object_or_404(Shipment, pk=pk), seal=request.POST.get("seal", "").strip()[:40], carrier=request.POST.get("carrier", "").strip()[:120],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{shipment.number} has left.\nThe packing list names its lots.", extra_tags="ok"
    )
    return redirect("shipping:shipment", pk)


@needs("shipping.receive_return")
@require_POST
@refusals.shown_on(shipment_page)
def returned(request: HttpRequest, pk: int) -> HttpResponse:
    """Something of this shipment came back: into quarantine, until quality control decides."""
    shipment = get_object_or_404(Shipment, pk=pk)
    lot = taking.lot_of(request.POST.get("lot", "").strip())
    line = services.ReturnedLot(
        lot=lot, quantity=units.parse_quantity(request.POST.get("quantity", "").strip())
    )
    paper = services.receive_return(
        shipment=shipment, lines=[line], reason=request.POST.get("reason", "").strip(), number=request.POST.get("number", "").strip(),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{plain(line.quantity)} {lot.item.unit} of {lot.number} came back under {paper.number}.\nQuality control decides on it.",
        extra_tags="ok",
    )
    return redirect("shipping:shipment", pk)


@needs("shipping.view")
def packing_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that goes along: every lot with its quantity. It names the customer."""
    context = _context(request, pk)
    return render(request, "shipping/packing_list.html", context)


def _parties(request: HttpRequest) -> dict[str, Any]:
    return {
        "customers": list(Party.objects.filter(is_customer=True).order_by("name"))
        if actor_of(request).has_perm(CUSTOMERS)
        else [],
        "orders": list(
            Order.objects.filter(status=OrderStatus.OPEN)
            .select_related("customer")
            .order_by("due_on", "number")
        ),
        "typed": request.POST,
        "key": new_key(),
    }


@needs("shipping.pick")
def start_form(request: HttpRequest) -> HttpResponse:
    return render(request, "shipping/start.html", _parties(request))


@needs("shipping.pick")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(start_form)
def start(request: HttpRequest) -> HttpResponse:
    """Begin a shipment, for an order or straight for a customer."""
    if request.method == "GET":
        return start_form(request)  # type: ignore[return-value]
    order = Order.objects.filter(number=request.POST.get("order", "").strip()).first()
    shipment = services.start_shipment(
        site=_site(request), order=order, customer=None if order else _customer(request), carrier=request.POST.get("carrier", "").strip()[:120],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return redirect("shipping:shipment", shipment.pk)


@needs("shipping.ship")
def left_before_form(request: HttpRequest) -> HttpResponse:
    return render(request, "shipping/left_before.html", _parties(request))


@needs("shipping.ship")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(left_before_form)
def left_before(request: HttpRequest) -> HttpResponse:
    """Write down what has left already, whatever it stands in by now: two persons and a reason."""
    if request.method == "GET":
        return left_before_form(request)  # type: ignore[return-value]
    other = second_person.required(request, to="record a shipment after the fact")
    taken = taking.given(request)
    status = request.POST.get("status", Status.RELEASED)
    if status not in Status.values:
        raise BadInput("That is no status.", fields={"status": status[:20]})
    shipment = services.ship_after_the_fact(
        customer=_customer(request), site=_site(request), second_person=other, reason=request.POST.get("reason", "").strip(),
        lines=[services.Shipped(lot=taken.lot, quantity=taken.quantity, unit=taken.unit, location=taken.location, status=status, evidence=taken.evidence)],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{shipment.number} is on record as left, confirmed by {other}.", extra_tags="ok"
    )
    return redirect("shipping:shipment", shipment.pk)


def _customer(request: HttpRequest) -> Party:
    code = request.POST.get("customer", "").strip()
    customer = Party.objects.filter(code=code, is_customer=True).first()
    if customer is None:
        raise BadInput(
            "To whom?", now="Choose a customer or an order.", fields={"customer": code[:40] or "missing"}
        )
    return customer


def _site(request: HttpRequest) -> Any:
    site = shell.site_of(request)
    if site is None:
        raise BadInput("You belong to no site.", now="Ask the administrator.", fields={"site": "missing"})
    return site
