"""When the ledger was verified, what was checked, and what was found: in words, with the way to each entry."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from traceability import jobs, verification
from traceability.lists import Column, RecordList
from traceability.models import Checkpoint
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

RIGHT = "traceability.verify"


def result_of(checkpoint: Checkpoint) -> str:
    if checkpoint.trouble:
        return "Broke off"
    if checkpoint.found:
        return "Not sound"
    return "Sound"


class VerificationList(RecordList):
    right = RIGHT
    title = "Verifications"
    note = "Each night every promise of the ledger is checked, and the end of its chain is taken away."
    file_name = "verifications"
    template_name = "traceability/verifications.html"
    queryset = Checkpoint.objects.all()
    default_sort = "-at"
    one, many = "verification", "verifications"
    empty_title = "The ledger was not verified yet."
    empty_now = "It is verified each night; or ask for it now."
    columns = (
        Column("When", lambda c: c.at, "when", sort="at", link=lambda c: page_of(c)),
        Column("Result", result_of, link=lambda c: page_of(c)),
        Column("Findings", lambda c: c.found, "number"),
        Column("Up to entry", lambda c: c.seq, "number", sort="seq"),
        Column("Seconds", lambda c: round(c.seconds, 1), "number", sort="seconds", wide_only=True),
        Column("Checkpoint kept in", lambda c: c.kept_in, wide_only=True),
        Column("Chain", lambda c: bytes(c.chain).hex(), export_only=True),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"key": new_key()}


def page_of(checkpoint: Checkpoint) -> str:
    return reverse("traceability:verification", args=[checkpoint.pk])


@needs(RIGHT)
def verification_page(request: HttpRequest, pk: int) -> HttpResponse:
    checkpoint = get_object_or_404(Checkpoint, pk=pk)
    counts: dict[str, int] = checkpoint.counts or {}
    checks: list[dict[str, Any]] = [
        {"name": name, "promise": promise, "invariants": invariants, "count": counts[name]}
        for name, promise, invariants in verification.promises()
        if name in counts
    ]
    context = {
        "checkpoint": checkpoint,
        "result": result_of(checkpoint),
        "checks": sorted(checks, key=lambda check: -check["count"]),
        "told": checkpoint.findings,
        "kept": verification.Kept(
            checkpoint.seq,
            bytes(checkpoint.chain).hex(),
            checkpoint.at.isoformat(timespec="seconds"),
        ),
        "is_kept_anywhere": bool(
            settings.LOTLINE_CHECKPOINT_FOLDER or settings.LOTLINE_CHECKPOINT_MAIL
        ),
        "key": new_key(),
    }  # fmt: skip
    return render(request, "traceability/verification.html", context)


@needs(RIGHT)
def checkpoint_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The checkpoint as a line of a file, for `verify_ledger --against`. Only a sound end of the chain is worth keeping."""
    checkpoint = get_object_or_404(Checkpoint, pk=pk, findings=[], trouble="")
    kept = verification.Kept(
        checkpoint.seq, bytes(checkpoint.chain).hex(), checkpoint.at.isoformat(timespec="seconds")
    )
    response = HttpResponse(kept.line, content_type="application/jsonl")
    response["Content-Disposition"] = f'attachment; filename="lotline-checkpoint-{checkpoint.seq}.jsonl"'
    return response


@needs(RIGHT)
@require_POST
def verify_now(request: HttpRequest) -> HttpResponse:
    job = jobs.ask(
        kind="traceability.verify_ledger", title="Verify the ledger", params={}, right=RIGHT, actor=actor_of(request),
        client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return redirect("traceability:job", job.pk)
