"""Long work of recalls, done in a child process (see traceability.jobs)."""

from __future__ import annotations

from typing import Any

from recalls import seeing
from recalls.dossier.files import KINDS, name_of
from recalls.models import ScopeRevision
from traceability.jobs import Made, Progress


def report(params: dict[str, Any], progress: Progress, actor: Any) -> Made:
    """A file of one frozen revision. params: {"revision": id, "kind": "pdf"}; without a kind it is the PDF."""
    revision = ScopeRevision.objects.select_related("recall", "frozen_by").get(pk=params["revision"])
    seeing.check_whole(revision, actor)
    lots = int(revision.counts.get("lots", 0))
    progress(0, lots, "lots")
    kind = KINDS[params.get("kind", "pdf")]
    content = kind.make(revision)
    progress(lots, lots, "lots")
    return Made(name_of(revision, kind), kind.content_type, content)
