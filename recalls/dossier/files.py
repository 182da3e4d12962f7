"""The files of a revision, each from the same frozen scope, with the hash that seals it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from recalls.dossier.fsma import sheets_of
from recalls.exports import TABLES
from recalls.models import ScopeRevision
from recalls.report import report_pdf
from recalls.services import reading_words
from traceability.exports import Sheet, write_book
from traceability.genealogy import Reading
from traceability.models import Site

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of file: how it is called, and what makes it."""

    name: str
    title: str
    ending: str
    content_type: str
    make: Callable[[ScopeRevision], bytes]


def workbook(revision: ScopeRevision) -> bytes:
    """All tables, a sheet each, and what they are a function of."""
    scope = revision.scope
    rows = [(scope, table) for table in TABLES.values()]
    return _book(revision, [Sheet(table.title, table.header, table.rows(one)) for one, table in rows])


def fsma(revision: ScopeRevision) -> bytes:
    """The FDA's electronic sortable spreadsheet: its tabs, its columns."""
    return _book(revision, sheets_of(revision.scope, _zone()))


def content(revision: ScopeRevision) -> bytes:
    """The canonical JSON, byte for byte what was hashed."""
    return revision.content.encode()


def _book(revision: ScopeRevision, sheets: Sequence[Sheet]) -> bytes:
    file = io.BytesIO()
    write_book(file, sheets, notes=lambda: _notes(revision), zone=_zone())
    return file.getvalue()


def _notes(revision: ScopeRevision) -> list[tuple[str, Any]]:
    recall, scope = revision.recall, revision.scope
    totals = [
        (f"Finished, {row.unit}", f"{row.made.normalize():f} made, {row.shipped.normalize():f} shipped, {row.returned.normalize():f} returned, {row.on_hand.normalize():f} here")
        for row in scope.finished_totals
    ]  # fmt: skip
    return [
        ("Recall", recall.number), ("Title", recall.title), ("Kind", "MOCK RECALL, an exercise" if recall.is_mock else "Real recall"), ("Hazard", recall.hazard),
        ("Revision", revision.number), ("Frozen", revision.frozen_at), ("Frozen by", str(revision.frozen_by)),
        ("As of entry", revision.seq), ("Reading", reading_words(Reading(**revision.reading))), ("Affected lots", scope.counts.lots),
        ("Finished lots", scope.counts.finished), ("Customers", scope.counts.customers), *totals,
        ("Complete", "no: untracked items were reached, see the report" if scope.is_open else "yes"), ("SHA-256 of the content", revision.sha256),
        ("Time zone", str(_zone())), ("Made", timezone.now()), ("Lotline", settings.VERSION),
    ]  # fmt: skip


def _zone() -> Any:
    site = Site.objects.order_by("pk").first()
    return site.zone if site else timezone.get_default_timezone()


KINDS = {
    kind.name: kind
    for kind in (
        Kind("pdf", "Report, PDF", "pdf", "application/pdf", report_pdf),
        Kind("xlsx", "Workbook, all tables", "xlsx", XLSX, workbook),
        Kind("fsma", "FSMA 204 sortable spreadsheet", "xlsx", XLSX, fsma),
        Kind("json", "Content as it was hashed, JSON", "json", "application/json", content),
    )
}


def name_of(revision: ScopeRevision, kind: Kind) -> str:
    mark = "-fsma204" if kind.name == "fsma" else ""
    mock = "-MOCK" if revision.recall.is_mock else ""
    return f"{revision.recall.number}{mock}-rev-{revision.number}{mark}.{kind.ending}"
