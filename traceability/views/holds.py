"""Place a hold on a lot, and lift it: placing is cheap, lifting takes two persons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from traceability import inquiries, ledger, reach
from traceability.context import site_of
from traceability.genealogy import where_used
from traceability.ledger import BadInput
from traceability.models import Balance, Hold, Lot
from traceability.models.holds import HoldCause
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN, MOST = 12, 1_000
# A recall places its own holds, from its case.
CAUSES = [(cause.value, cause.label) for cause in HoldCause if cause != HoldCause.RECALL]


@needs("traceability.place_hold", about=Lot)
@refusals.shown_on(lambda request, pk: _page(request, pk, "traceability/hold.html"))
def place_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold a whole lot, wherever it is."""
    if request.method != "POST":
        return _page(request, pk, "traceability/hold.html")
    lot = _lot(pk)
    cause, reference = request.POST.get("cause", ""), request.POST.get("reference", "").strip()
    if cause not in dict(CAUSES):
        raise BadInput("Why is it held?", now="Choose a cause.", fields={"cause": cause[:20]})
    if reference:
        reference = ledger.check_code(reference, field="reference", limit=40)
    if request.POST.get("reach") == "all":
        return _hold_all(request, lot, cause, reference)
    ledger.place_hold(
        [lot], reason=request.POST.get("reason", "").strip()[:2000], cause=cause, reference=reference, cascades=request.POST.get("cascades") == "yes",
        actor=actor_of(request), client=client_of(request), key=key_of(request), site=site_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{lot.number} is on hold.\nNobody can use or ship it until two persons lift the hold."
    )
    return redirect("traceability:lot", pk)


@needs("traceability.lift_hold", "traceability.lift_recall_hold", "traceability.place_hold", about=Lot)
@refusals.shown_on(lambda request, pk: _page(request, pk, "traceability/lift.html"))
def lift_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift holds of one lot. Whoever placed one by mistake may take it back alone within 15 minutes."""
    if request.method != "POST":
        return _page(request, pk, "traceability/lift.html")
    lot = _lot(pk)
    chosen = [int(text) for text in request.POST.getlist("hold") if text.isdigit()]
    holds = list(Hold.objects.filter(lot=lot, pk__in=chosen).select_related("placed_in__site").order_by("pk"))
    ledger.lift_hold(
        holds, reason=request.POST.get("reason", "").strip()[:2000], actor=actor_of(request), client=client_of(request), key=key_of(request),
        second_person=second_person.given(request),
    )  # fmt: skip
    left = Hold.objects.standing().filter(lot=lot).count()
    messages.success(
        request,
        f"{'A hold' if len(holds) == 1 else f'{len(holds)} holds'} on {lot.number} {'is' if len(holds) == 1 else 'are'} lifted.\n{left} still stand{'s' if left == 1 else ''}.",
    )
    return redirect("traceability:lot", pk)


def _hold_all(request: HttpRequest, lot: Lot, cause: str, reference: str) -> HttpResponse:
    """The lot and everything that contains it now, in one entry; what is made later inherits."""
    if not reference:
        raise BadInput(
            "A hold on everything that contains it needs the paper behind it.", "By it the holds are found, and lifted together.",
            "Type the number of the report or the case.", fields={"reference": "missing"},
        )  # fmt: skip
    entry = ledger.hold_scope(
        [lot], reason=request.POST.get("reason", "").strip()[:2000], reference=reference, cause=cause, actor=actor_of(request),
        client=client_of(request), key=key_of(request), site=site_of(request),
    )  # fmt: skip
    count = entry.holds_placed.count()
    messages.success(
        request,
        f"{count:,} lot{'s are' if count != 1 else ' is'} on hold for {reference}.\nNobody can use or ship them until two persons lift the holds.",
    )
    return redirect("traceability:lot", lot.pk)


@needs("traceability.lift_hold", "traceability.lift_recall_hold")
@refusals.shown_on(lambda request: _together(request))
def lift_together(request: HttpRequest) -> HttpResponse:
    """All holds of one paper, or those that are ticked: lifted in one entry by two persons."""
    if request.method != "POST":
        return _together(request)
    chosen = [int(text) for text in request.POST.getlist("hold") if text.isdigit()]
    holds = list(_of_paper(_paper(request)).filter(pk__in=chosen))
    ledger.lift_hold(
        holds, reason=request.POST.get("reason", "").strip()[:2000], actor=actor_of(request), client=client_of(request), key=key_of(request),
        second_person=second_person.given(request),
    )  # fmt: skip
    messages.success(request, f"{len(holds):,} hold{'s are' if len(holds) != 1 else ' is'} lifted.")
    return redirect(f"{reverse('traceability:lift_together')}?{urlencode({'reference': _paper(request)})}")


def _paper(request: HttpRequest) -> str:
    return (request.POST.get("reference") or request.GET.get("reference", "")).strip()[:40]


def _of_paper(reference: str) -> Any:
    return (
        reach.seen(Hold.objects.standing())
        .filter(reference=reference)
        .select_related("lot__item", "placed_in__site", "placed_in__actor", "inherited_from__lot")
        .order_by("lot__number", "pk")
    )


def _together(request: HttpRequest) -> HttpResponse:
    reference = _paper(request)
    rows = _of_paper(reference) if reference else Hold.objects.none()
    context = {
        "reference": reference, "count": rows.count(), "holds": list(rows[:MOST]), "key": new_key(), "chosen": set(request.POST.getlist("hold")),
        "papers": list(
            reach.seen(Hold.objects.standing()).exclude(reference="").values("reference", "cause").annotate(lots=Count("lot", distinct=True)).order_by("reference")[:100]
        ),
    }  # fmt: skip
    return render(request, "traceability/lift_together.html", context)


def _lot(pk: int) -> Lot:
    return get_object_or_404(Lot.objects.select_related("item"), pk=pk)


def _page(request: HttpRequest, pk: int, template: str) -> HttpResponse:
    lot = _lot(pk)
    with_facts([lot])
    holds = (
        Hold.objects.standing()
        .filter(lot=lot)
        .select_related("placed_in__actor", "inherited_from__lot")
        .order_by("pk")
    )
    contains = list(where_used([lot.pk]).lots)
    inside = [pk for pk in contains if pk != lot.pk]
    context: dict[str, Any] = {
        "contains": Lot.objects.filter(pk__in=inside).select_related("item").order_by("number")[:SHOWN],
        "contains_count": len(inside),
        "stops": list(inquiries.promised(contains)[:SHOWN]),
        "used_up": not Balance.objects.filter(lot=lot, quantity__gt=0).exists(),
        "lot": lot,
        "holds": list(holds),
        "causes": CAUSES,
        "key": new_key(),
        "chosen": set(request.POST.getlist("hold")),
    }
    return render(request, template, context)
