"""What is written down of a lot besides its number and dates: said anew with a reason, never overwritten."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from traceability import attributes
from traceability.models import Lot, LotAttribute
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs


@needs(attributes.AMEND, about=Lot)
@refusals.shown_on(lambda request, pk, attribute: _page(request, pk, attribute))
def change(request: HttpRequest, pk: int, attribute: int) -> HttpResponse:
    if request.method != "POST":
        return _page(request, pk, attribute)
    lot, one = _found(pk, attribute)
    said = attributes.correct(
        lot=lot,
        attribute=one,
        text=request.POST.get("value", ""),
        reason=request.POST.get("reason", ""),
        actor=actor_of(request),
    )
    messages.success(request, f"{lot.number}: {said.words}.")
    return redirect("traceability:lot", pk)


def _page(request: HttpRequest, pk: int, attribute: int) -> HttpResponse:
    lot, one = _found(pk, attribute)
    row = next((row for row in attributes.said_of(lot) if row["attribute"] == one), None)
    choices = one.choices if one.kind == "choice" else ["yes", "no"] if one.kind == "yes_no" else []
    return render(
        request,
        "traceability/lot_attribute.html",
        {"lot": lot, "attribute": one, "row": row, "choices": choices, "limits": attributes.limits(one)},
    )


def _found(pk: int, attribute: int) -> tuple[Lot, LotAttribute]:
    return (
        get_object_or_404(Lot.objects.select_related("item"), pk=pk),
        get_object_or_404(LotAttribute.objects.select_related("category"), pk=attribute),
    )
