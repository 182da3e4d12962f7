"""Papers beside the dock: a new shipment, one that left before it was written down, and what a customer sent back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from shipping import services
from shipping.models import CustomerReturn, Order, OrderStatus, Shipment, ShipmentStatus
from shipping.views.asking import customer_of, customers_for, rows_of, site_for
from shipping.views.shipments import shipment_of
from traceability import units
from traceability.context import site_of
from traceability.ledger import BadInput
from traceability.models import Delivered, Evidence, Location, Lot, Status
from traceability.views import refusals, second_person, taking
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

ROWS = 4


def _start_form(request: HttpRequest) -> HttpResponse:
    orders = Order.objects.filter(status=OrderStatus.OPEN).select_related("customer")
    context = {
        "customers": customers_for(request), "orders": list(orders.order_by("due_on", "number")),
        "typed": request.POST if request.method == "POST" else request.GET, "key": new_key(),
    }  # fmt: skip
    return render(request, "shipping/start.html", context)


@needs("shipping.pick")
@refusals.shown_on(_start_form)
def start(request: HttpRequest) -> HttpResponse:
    """Begin a shipment, for an order or straight for a customer. Nothing moves yet."""
    if request.method != "POST":
        return _start_form(request)
    number = request.POST.get("order", "").strip()
    order = Order.objects.select_related("customer").filter(number=number).first() if number else None
    if number and order is None:
        raise BadInput(
            f"No order is called {number[:40]}.", now="Choose an open order.", fields={"order": number[:40]}
        )
    shipment = services.start_shipment(
        site=site_for(request), order=order, customer=None if order else customer_of(request), carrier=request.POST.get("carrier", "").strip()[:120],
        number=request.POST.get("number", "").strip(), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return redirect("shipping:shipment", shipment.pk)


FIELDS = ("lot", "quantity", "item", "unit", "place", "status")


def _left_before_form(request: HttpRequest) -> HttpResponse:
    rows = rows_of(request, *FIELDS)
    site = site_of(request)
    context = {
        "customers": customers_for(request), "rows": rows + [{}] * max(ROWS - len(rows), 1), "statuses": Status.choices,
        "places": list(Location.objects.inside().filter(site=site).order_by("code")), "typed": request.POST, "key": new_key(),
    }  # fmt: skip
    return render(request, "shipping/left_before.html", context)


@needs("shipping.ship")
@refusals.shown_on(_left_before_form)
def left_before(request: HttpRequest) -> HttpResponse:
    """Write down what has left already, whatever it stands in by now: a reason and a second person with the right."""
    if request.method != "POST":
        return _left_before_form(request)
    posted = Shipment.objects.filter(client=client_of(request), key=key_of(request), is_after_the_fact=True).first()  # fmt: skip
    if posted:
        messages.info(request, f"{posted.number} is on record already.\nNothing was recorded twice.")
        return redirect("shipping:shipment", posted.pk)
    customer, lines = customer_of(request), _left(request)
    reason = request.POST.get("reason", "").strip()[:2000]
    if not reason:
        raise BadInput("What happened?", now="Say why it left before it was written down.", fields={"reason": "missing"})  # fmt: skip
    other = second_person.required(request, to="record a shipment after the fact")
    shipment = services.ship_after_the_fact(
        customer=customer, site=site_for(request), second_person=other, reason=reason, lines=lines, number=request.POST.get("number", "").strip()[:40],
        carrier=request.POST.get("carrier", "").strip()[:120], actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{shipment.number} is on record as left, confirmed by {other}.")
    return redirect("shipping:shipment", shipment.pk)


def _left(request: HttpRequest) -> list[services.Shipped]:
    lines = []
    for position, row in enumerate(rows_of(request, *FIELDS), start=1):
        lot = taking.lot_of(row["lot"], item=row["item"])
        status = row["status"] or Status.RELEASED
        if status not in Status.values:
            raise BadInput("That is no status.", fields={f"lines.{position}.status": status[:20]})
        quantity = units.parse_quantity(row["quantity"], field=f"lines.{position}.quantity")
        place = _place(request, lot, row["place"], status)
        lines.append(services.Shipped(lot=lot, quantity=quantity, unit=row["unit"][:12], location=place, status=status))  # fmt: skip
    return lines


def _place(request: HttpRequest, lot: Lot, code: str, status: str) -> Location:
    """The place that was named, or the only one where the lot stands in this status."""
    inside = Location.objects.select_related("site").inside().filter(site=site_for(request))
    found: Sequence[Location]
    if code:
        found = list(inside.filter(code=code))
    else:
        here = lot.balances.filter(quantity__gt=0, status=status).values("location")
        found = list(inside.filter(pk__in=here)[:2])
    if len(found) == 1:
        return found[0]
    raise BadInput(
        f"From where did {lot.number} leave?",
        "There is no such place." if code else ("It stands in several places." if found else f"None of it stands here as {status}."),
        "Choose the place, and how it stands there.", fields={"place": code[:40] or "missing"}, lots=[lot.pk],
    )  # fmt: skip


def _returned_form(request: HttpRequest, pk: int) -> HttpResponse:
    shipment = shipment_of(pk)
    rows = [
        {"out": row, "typed": request.POST.get(f"quantity-{row['lot'].pk}", "")} for row in _out(shipment)
    ]
    context = {"shipment": shipment, "rows": rows, "typed": request.POST, "key": new_key()}
    return render(request, "shipping/return.html", context)


@needs("shipping.receive_return", about=Shipment)
@refusals.shown_on(_returned_form)
def returned(request: HttpRequest, pk: int) -> HttpResponse:
    """Something of this shipment came back: into quarantine, until quality control decides."""
    if request.method != "POST":
        return _returned_form(request, pk)
    shipment = shipment_of(pk)
    if shipment.status != ShipmentStatus.SHIPPED:
        raise BadInput(f"{shipment.number} has not left.", now="Take lots off it on its page.", fields={"shipment": shipment.number})  # fmt: skip
    lines = []
    for row in _out(shipment):
        lot = row["lot"]
        text = request.POST.get(f"quantity-{lot.pk}", "").strip()
        if text and (quantity := units.parse_quantity(text, field=f"quantity-{lot.pk}")):
            lines.append(services.ReturnedLot(lot=lot, quantity=quantity, evidence=Evidence.TYPED))
    reason = request.POST.get("reason", "").strip()[:2000]
    if lines and not reason:
        raise BadInput("Why did it come back?", now="Give the reason.", fields={"reason": "missing"})
    earlier = CustomerReturn.objects.filter(entry__keys__client=client_of(request), entry__keys__key=key_of(request)).first()  # fmt: skip
    if earlier:
        messages.info(request, f"{earlier.number} is on record already.\nNothing was recorded twice.")
        return redirect("shipping:shipment", pk)
    paper = services.receive_return(
        shipment=shipment, lines=lines, reason=reason, number=request.POST.get("number", "").strip(),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{paper.number} is received.\nIt stands in quarantine until quality control decides.")  # fmt: skip
    return redirect("shipping:shipment", pk)


def _out(shipment: Shipment) -> list[dict[str, Any]]:
    """Per lot of the shipment, what left and what is back."""
    sums = (
        Delivered.objects.filter(document=shipment.number, party=shipment.customer_id, direction=Delivered.Direction.SHIPPED)
        .values("lot").annotate(left=Sum("quantity"), back=Sum("returned")).order_by("lot__number")
    )  # fmt: skip
    lots = Lot.objects.select_related("item").in_bulk([row["lot"] for row in sums])
    return [
        {"lot": lots[row["lot"]], "left": row["left"], "back": row["back"], "rest": max(row["left"] - row["back"], Decimal(0))}
        for row in sums
    ]  # fmt: skip
