"""Raise an item's tracking with its stock in place: say which numbers each quantity becomes, look, do it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from traceability import stock
from traceability.ledger import BadInput
from traceability.models import Balance, Item, Tracking
from traceability.stock import Amount
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.ranges import numbers_in

CHOICES = [(Tracking.LOT.value, "By lot"), (Tracking.SERIAL.value, "By serial")]


@needs("traceability.change_masters")
@refusals.shown_on(lambda request, pk: _page(request, pk))
def raise_tracking(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing is lost: what is on hand becomes lots made from the untracked stock."""
    if request.method != "POST":
        return _page(request, pk)
    item = get_object_or_404(Item, pk=pk)
    to = request.POST.get("to", "")
    if to not in dict(CHOICES):
        raise BadInput("How shall it be tracked?", now="Choose by lot or by serial.", fields={"to": to[:10]})
    named = [(_amount(row), numbers_in(request.POST.get(f"numbers-{row.pk}", ""), field=f"numbers-{row.pk}")) for row in _rows(item)]  # fmt: skip
    lots = stock.raise_tracking(
        item=item, to=to, lots=named, actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    kind = "serials" if to == Tracking.SERIAL else "lots"
    messages.success(
        request, f"{item.code} is tracked {'by serial' if to == Tracking.SERIAL else 'by lot'} from now on.\nIts stock became {len(lots)} {kind}."
    )  # fmt: skip
    return redirect("traceability:item", pk)


def _rows(item: Item) -> list[Balance]:
    rows = Balance.objects.filter(lot__item=item, quantity__gt=0)
    return list(
        rows.select_related("lot__item", "location__site", "container").order_by("location__code", "pk")
    )


def _amount(row: Balance) -> Amount:
    return Amount(
        lot=row.lot, quantity=row.quantity, location=row.location, status=row.status, container=row.container
    )


def _page(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(Item, pk=pk)
    rows: list[Any] = list(_rows(item))
    for row in rows:
        row.typed = request.POST.get(f"numbers-{row.pk}", "")
    context = {"item": item, "rows": rows, "choices": CHOICES, "typed": request.POST, "key": new_key()}
    return render(request, "traceability/stock/raise_tracking.html", context)
