"""Long work of recalls, done in a child process (see traceability.jobs)."""

from __future__ import annotations

from typing import Any

from recalls.models import ScopeRevision
from recalls.report import report_pdf
from traceability.jobs import Made, Progress


def report(params: dict[str, Any], progress: Progress, actor: Any) -> Made:
    """The PDF of one frozen revision. params: {"revision": id}."""
    revision = ScopeRevision.objects.select_related("recall", "frozen_by").get(pk=params["revision"])
    lots = len(revision.scope.lots)
    progress(0, lots, "lots")
    content = report_pdf(revision)
    progress(lots, lots, "lots")
    return Made(f"{revision.recall.number}-rev-{revision.number}.pdf", "application/pdf", content)
