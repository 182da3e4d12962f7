"""What is at a laboratory, since when; and its results as a file. They sign nothing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from qc.models import Inspection
from qc.services import laboratory
from qc.uploads import text_of
from traceability.ledger import BadInput
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

SHOWN = 200


@needs("qc.inspect")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request: _page(request))
def results(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    upload = request.FILES.get("file")
    text = text_of(upload) if upload else request.POST.get("text", "")
    if not text.strip():
        raise BadInput(
            "There is nothing to read.", now="Choose a file, or paste the rows.", fields={"file": "missing"}
        )
    found = laboratory.take_results(
        text=text,
        laboratory=request.POST.get("laboratory", "").strip()[:80],
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
    )
    messages.success(
        request,
        f"Results of {', '.join(inspection.number for inspection in found)} are written down.\nThey are unsigned: a person decides on the bench.",
    )
    return redirect("qc:laboratory")


def _page(request: HttpRequest) -> HttpResponse:
    waiting = list(
        Inspection.objects.undecided()
        .filter(sent_to_laboratory_at__isnull=False)
        .select_related("lot__item", "plan")
        .order_by("sent_to_laboratory_at")[:SHOWN]
    )
    today = timezone.localdate()
    for inspection in waiting:
        assert inspection.sent_to_laboratory_at is not None
        inspection.days = (today - timezone.localdate(inspection.sent_to_laboratory_at)).days  # type: ignore[attr-defined]
    context = {
        "waiting": waiting,
        "columns": sorted(laboratory.COLUMNS),
        "typed": request.POST,
        "key": new_key(),
    }
    return render(request, "qc/laboratory.html", context)
