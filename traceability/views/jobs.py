"""Long work on its way: how far it is, the file when it is done, and stopping it. A page may be closed; the job goes on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from traceability import jobs
from traceability.models import Job, JobState
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs


@needs(ANY_ROLE)
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The job of the person who asked for it; somebody else's is not found. Asks again each second while it is open."""
    job = get_object_or_404(Job, pk=pk, asked_by=actor_of(request))
    is_open = job.state in (JobState.WAITING, JobState.RUNNING)
    template = "traceability/job_state.html" if getattr(request, "htmx", False) else "traceability/job.html"
    return render(request, template, {"job": job, "is_open": is_open})


@needs(ANY_ROLE)
def job_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The finished file. Asked again: is it yours, and may you still?"""
    job = get_object_or_404(Job, pk=pk, asked_by=actor_of(request), state=JobState.DONE)
    response = HttpResponse(jobs.file_of(job=job, actor=actor_of(request)), content_type=job.content_type)
    response["Content-Disposition"] = f'attachment; filename="{job.filename}"'
    response["Content-Security-Policy"] = "sandbox"
    return response


@needs(ANY_ROLE)
@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job, pk=pk, asked_by=actor_of(request))
    jobs.cancel(job=job, actor=actor_of(request))
    return redirect("traceability:job", pk)
