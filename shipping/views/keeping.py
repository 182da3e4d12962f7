"""What happens to a shipment and an order beside picking: a whole pallet, loading, giving up, and closing short."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from shipping import services
from shipping.models import Order, OrderStatus, Shipment, ShipmentLine, ShipmentStatus
from shipping.views.dock import shipment_page
from traceability.models import Container
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

REASON = 2_000


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "client": client_of(request), "key": key_of(request)}


@require_POST
@needs("shipping.pick", about=Shipment)
@refusals.shown_on(shipment_page)
def pick_box(request: HttpRequest, pk: int) -> HttpResponse:
    """A whole pallet or drum, a line for each lot on it: all or none."""
    shipment = get_object_or_404(Shipment, pk=pk)
    box = get_object_or_404(Container, number=request.POST.get("container", "")[:40])
    lines = services.pick_container(
        shipment=shipment, container=box, because=request.POST.get("because", "").strip()[:REASON], **_who(request)
    )  # fmt: skip
    count = len(lines)
    messages.success(request, f"{box} is picked whole: {count} lot{'' if count == 1 else 's'}.")
    return redirect("shipping:shipment", pk)


@require_POST
@needs("shipping.pick", about=Shipment)
@refusals.shown_on(lambda request, pk, line: shipment_page(request, pk))
def load(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """On the truck, or off it again; it stays picked."""
    row = get_object_or_404(ShipmentLine.objects.select_related("lot", "shipment"), pk=line, shipment=pk)
    is_on = request.POST.get("off") != "yes"
    (services.load if is_on else services.unload)(line=row, **_who(request))
    messages.success(request, f"{row.lot.number} is {'on the truck' if is_on else 'off the truck again'}.")
    return redirect("shipping:shipment", pk)


def give_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    shipment = get_object_or_404(Shipment.objects.select_related("customer"), pk=pk)
    lines = shipment.lines.filter(is_taken_out=False).count()
    return _asked(
        request, title=f"Cancel {shipment.number}", crumb=shipment, url_name="shipping:shipment", button="Cancel it",
        lead=f"{lines} pick{' is' if lines == 1 else 's are'} put back, and what was promised to it is free." if lines else "Nothing is picked for it.",
    )  # fmt: skip


@needs("shipping.pick", about=Shipment)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(give_up_page)
def cancel_shipment(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return give_up_page(request, pk)
    shipment = services.cancel_shipment(
        shipment=get_object_or_404(Shipment, pk=pk), reason=_reason(request), **_who(request)
    )
    messages.success(request, f"{shipment.number} is cancelled.\nEverything picked for it is free again.")
    return redirect("shipping:shipment", pk)


def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=pk)
    if _has_left(order):
        return _asked(
            request, title=f"Close {order.number} short", crumb=order, url_name="shipping:order", button="Close it short",
            lead="What has not left will not: the order is done as it stands.",
        )  # fmt: skip
    return _asked(
        request, title=f"Cancel {order.number}", crumb=order, url_name="shipping:order", button="Cancel it", lead="Nothing of it has left; nothing of it will.",
    )  # fmt: skip


@needs("shipping.plan", "shipping.ship")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(end_page)
def end_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancelled where nothing has left, else closed short."""
    if request.method != "POST":
        return end_page(request, pk)
    order = get_object_or_404(Order, pk=pk)
    verb = services.close_short if _has_left(order) else services.cancel_order
    done = verb(order=order, reason=_reason(request), **_who(request))
    word = "is closed short" if done.status == OrderStatus.SHIPPED else "is cancelled"
    messages.success(request, f"{done.number} {word}.")
    return redirect("shipping:order", pk)


def _has_left(order: Order) -> bool:
    return order.shipments.filter(status=ShipmentStatus.SHIPPED).exists()


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:REASON]


def _asked(request: HttpRequest, *, crumb: Any, url_name: str, **context: Any) -> HttpResponse:
    key = request.POST.get("key") or new_key()
    return render(request, "shipping/why.html", {"crumb": crumb, "url_name": url_name, "key": key, **context})
