"""Plans from a file: looked at first, line by line, then imported as drafts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from qc.services import importing
from qc.uploads import text_of
from traceability.ledger import BadInput
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs

EXAMPLE = (
    "plan,plan_name,stage,items,characteristic,kind,unit,lower,upper,readings\n"
    "QP-020,Oil on receipt,receiving,ING-OIL,Free fatty acids,measurement,%,,0.1,2\n"
    "QP-020,,,,Smell,pass_fail,,,,"
)


@needs("qc.change_plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(lambda request: _page(request, request.POST.get("text", "")))
def import_plans(request: HttpRequest) -> HttpResponse:
    """A file or pasted rows are shown as what they would make; a second step makes the drafts."""
    if request.method != "POST":
        return _page(request, "")
    upload = request.FILES.get("file")
    text = text_of(upload) if upload else request.POST.get("text", "")
    if not text.strip():
        raise BadInput(
            "There is nothing to import.", now="Choose a file, or paste the rows.", fields={"file": "missing"}
        )
    if not request.POST.get("sure") or upload:
        return _page(request, text, importing.read(text))
    made = importing.import_plans(text=text, actor=actor_of(request))
    messages.success(
        request,
        f"{len(made)} plan{'s are' if len(made) != 1 else ' is'} drafted.\nA colleague approves each of them.",
    )
    return redirect("/qc/plans/?status=draft")


def _page(request: HttpRequest, text: str, proposed: list[importing.Proposed] | None = None) -> HttpResponse:
    context = {
        "text": text,
        "proposed": proposed,
        "is_sound": bool(proposed) and not any(plan.problems for plan in proposed or ()),
        "columns": sorted(importing.COLUMNS),
        "example": EXAMPLE,
    }
    return render(request, "qc/import.html", context)
