"""The files of a frozen revision: asked for, watched, found again."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from recalls import seeing
from recalls.dossier.files import KINDS
from recalls.forms import new_key
from recalls.models import Recall, ScopeRevision
from traceability import jobs
from traceability.models import Job
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs

VIEW, CUSTOMERS = "recalls.view", "traceability.view_customers"


def _revision(request: HttpRequest, pk: int, number: int) -> ScopeRevision:
    if not request.user.has_perm(CUSTOMERS):  # type: ignore[union-attr]
        raise PermissionDenied(f"The files name customers. They need the right {CUSTOMERS}.")
    revision = get_object_or_404(
        ScopeRevision.objects.select_related("recall", "frozen_by"), recall=pk, number=number
    )
    seeing.check_whole(revision, actor_of(request))
    return revision


@needs(VIEW, about=Recall)
def dossier(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    revision = _revision(request, pk, number)
    made: dict[str, Any] = {}
    for job in Job.objects.filter(
        kind="recalls.report", params__revision=revision.pk, asked_by=request.user
    ).order_by("pk"):  # type: ignore[misc]
        made[job.params.get("kind", "pdf")] = job
    context = {
        "recall": revision.recall,
        "revision": revision,
        "kinds": [{"kind": kind, "job": made.get(kind.name)} for kind in KINDS.values()],
        "key": new_key(),
        "is_intact": revision.is_intact,
    }
    return render(request, "recalls/files.html", context)


@needs(VIEW, about=Recall)
@require_POST
def ask(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    revision = _revision(request, pk, number)
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        raise Http404("kind")
    job = jobs.ask(
        kind="recalls.report", title=f"{kind.title} of {revision.recall.number}, revision {revision.number}",
        params={"revision": revision.pk, "kind": kind.name}, right=CUSTOMERS, actor=actor_of(request), client=client_of(request),
        key=f"{kind.name}/{key_of(request)}",
    )  # fmt: skip
    return redirect("traceability:job", job.pk)
