"""What quality control knows of one lot: a panel on the lot's page, and a page of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from qc import judging
from qc.models import Inspection, Result
from qc.services import open_inspection
from qc.sites import of_own_sites
from qc.views import words
from qc.views.nonconformances import of_lot
from traceability.genealogy import where_from
from traceability.models import Lot, Person, Requirement, Stage
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN = 10
WENT_IN = 300


@needs("qc.view", about=Lot)
def lot_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The latest inspection with its results, the others in short. As a fragment for the lot's page, else as a page."""
    lot = get_object_or_404(Lot.objects.select_related("item", "supplier"), pk=pk)
    inspections = list(
        Inspection.objects.filter(lot=lot).select_related("plan", "opened_by", "decided_by", "lot__item")[
            : SHOWN + 1
        ]
    )
    latest = inspections[0] if inspections else None
    context = {
        "lot": lot,
        "latest": latest,
        "results": [
            {"verdict": v, "c": v.characteristic, "words": words.result_words(v), "limit": words.limit_words(v.limits.lower, v.limits.upper), "says": words.verdict_words(v)}
            for v in judging.verdicts(latest)
        ] if latest else [],
        "others": inspections[1:SHOWN],
        "has_more": len(inspections) > SHOWN,
        "open_needs": list(Requirement.objects.open().filter(lot=lot)),
        "nonconformances": of_lot(lot),
        "key": new_key(),
    }  # fmt: skip
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "qc/lot_panel.html", context)
    with_facts([lot])
    return render(request, "qc/lot.html", context | _what_went_in(lot, actor_of(request)))


def _what_went_in(lot: Lot, person: Person) -> dict[str, Any]:
    """The latest inspection of everything that is in the lot, with what was found out of limits."""
    inside = [pk for pk in where_from([lot.pk]).lots if pk != lot.pk]
    latest: dict[int, Inspection] = {}
    for found in (
        of_own_sites(Inspection.objects.filter(lot__in=inside), person)
        .select_related("lot__item", "lot__supplier", "plan", "decided_by")
        .order_by("opened_at")
    ):
        latest[found.lot_id or 0] = found
    shown = sorted(latest.values(), key=lambda found: found.lot.number if found.lot else "")[:WENT_IN]
    out: dict[int, list[str]] = defaultdict(list)
    for result in Result.objects.filter(inspection__in=shown, is_within=False).select_related(
        "characteristic"
    ):
        out[result.inspection_id].append(f"{result.characteristic.name} {words.reading_words(result)}")
    for found in shown:
        found.out = "; ".join(out[found.pk])  # type: ignore[attr-defined]
    return {"went_in": shown, "inside_count": len(inside), "uninspected": len(inside) - len(latest)}


@require_POST
@needs("qc.inspect", about=Lot)
def retest(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a lot again: an inspection of its own, beside what was found and decided before."""
    lot = get_object_or_404(Lot, pk=pk)
    made = open_inspection(
        lot=lot, stage=Stage.RETEST, actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    return redirect("qc:inspection", made.pk)
