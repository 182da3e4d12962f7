"""Files that people bring in: choose a kind, upload, say which column is which, look at what would change, post, undo."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from traceability import importing, uploads
from traceability.importing import templates
from traceability.importing.files import MOST, FileTooLarge
from traceability.importing.sessions import settle
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Import, ImportState, Job
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

# Whoever may bring some kind of file; the kind's own right is asked when it comes.
RIGHTS = (
    "traceability.change_masters",
    "traceability.import_opening",
    "traceability.amend",
    "receiving.receive",
)
SEES_ALL = "traceability.view_security"
SHOWN = 200
FORMATS = {
    "csv": ("text/csv; charset=utf-8", templates.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", templates.as_xlsx),
}


def seen_by(request: HttpRequest) -> QuerySet[Import]:
    """One's own; auditors and administrators see all of them."""
    person = actor_of(request)
    rows = Import.objects.select_related("by", "job")
    return rows if person.has_perm(SEES_ALL) else rows.filter(by=person)


def title_of(kind: str) -> str:
    importer = importing.importer_of(kind)
    return importer.title if importer else kind


class ImportFilter(ListFilter):
    q = django_filters.CharFilter(label="Number or file", method="by_text")
    state = django_filters.ChoiceFilter(label="State", choices=ImportState.choices, empty_label="Any")

    def by_text(self, rows: QuerySet[Import], name: str, value: str) -> QuerySet[Import]:
        return rows.filter(number__icontains=value) | rows.filter(file_name__icontains=value)


class ImportList(RecordList):
    right = (*RIGHTS, SEES_ALL)
    title = "Imports"
    note = "Files that were brought in: checked first, posted whole or not at all, undone while nothing hangs on them."
    file_name = "imports"
    template_name = "imports/list.html"
    filterset_class = ImportFilter
    default_sort = "-number"
    one, many = "import", "imports"
    record_page = "traceability:import"
    empty_title = "No file was brought in yet."
    empty_now = "Begin with items, then suppliers and customers, places, and the stock on hand."
    empty_link = ("Bring a file", "traceability:new_import", "traceability.change_masters")
    columns = [
        Column(
            "Import",
            lambda i: i.number,
            "code",
            sort="number",
            link=lambda i: reverse("traceability:import", args=[i.pk]),
        ),
        Column("What", lambda i: title_of(i.kind), sort="kind"),
        Column("File", lambda i: i.file_name, wide_only=True),
        Column("State", lambda i: i.get_state_display(), sort="state"),
        Column("Rows", lambda i: i.about.get("rows"), "number"),
        Column("By", lambda i: str(i.by), sort="by__display_name", wide_only=True),
        Column("Brought", lambda i: i.at, "when", sort="at"),
        Column("Posted", lambda i: i.posted_at, "when", sort="posted_at", wide_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[Import]:
        return seen_by(self.request)


def new_page(request: HttpRequest) -> HttpResponse:
    kinds = importing.importers_for(actor_of(request))
    asked = request.POST.get("kind") or request.GET.get("kind", "")
    chosen = next((one for one in kinds if one.name == asked), None)
    context = {
        "kinds": kinds,
        "chosen": chosen,
        "explained": [(field, templates.explained(field)) for field in chosen.fields] if chosen else [],
        "key": new_key(),
        "typed": request.POST,
    }
    return render(request, "imports/new.html", context)


@needs(*RIGHTS)
@refusals.shown_on(new_page)
def new_import(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return new_page(request)
    if uploads.too_large(request):
        raise FileTooLarge("The file is too large; 20 MB are the most.", now="Bring it in parts.")
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise BadInput("No file was chosen.", now="Choose a CSV or XLSX file.", fields={"file": "missing"})
    if (file.size or 0) > MOST:
        raise FileTooLarge("The file is too large; 20 MB are the most.", now="Bring it in parts.")
    options = {name: request.POST[name] for name in ("decimal", "dates", "encoding", "delimiter", "sheet") if request.POST.get(name)}  # fmt: skip
    source = importing.upload(
        kind=request.POST.get("kind", ""), content=file.read(), name=str(file.name), options=options, actor=actor_of(request),
        client=client_of(request), key=key_of(request), again=request.POST.get("again") == "yes",
    )  # fmt: skip
    return redirect("traceability:import", source.pk)


@needs(*RIGHTS)
def template(request: HttpRequest, kind: str, ending: str) -> HttpResponse:
    importer = next((one for one in importing.importers_for(actor_of(request)) if one.name == kind), None)
    if importer is None or ending not in FORMATS:
        raise Http404
    content_type, made = FORMATS[ending]
    response = HttpResponse(made(importer), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{kind.replace("_", "-")}.{ending}"'
    return response


@needs(*RIGHTS, SEES_ALL)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One file on its way. While a worker has it, the page asks again each second and draws itself anew when that is over."""
    source = settle(get_object_or_404(seen_by(request), pk=pk))
    is_busy = source.state in (ImportState.CHECKING, ImportState.POSTING)
    if getattr(request, "htmx", False):
        response = render(request, "imports/busy.html", {"source": source, "job": source.job})
        if not is_busy:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "imports/import.html", _context(request, source, is_busy))


def _context(request: HttpRequest, source: Import, is_busy: bool) -> dict[str, Any]:
    importer = importing.importer_of(source.kind)
    fields = list(importer.fields) if importer else []
    headings = source.about.get("headings", [])
    said = {
        column: request.POST.get(f"column-{column}", source.mapping.get(str(column), ""))
        for column in range(len(headings))
    }
    mapped = set(said.values())
    is_mine = source.by_id == actor_of(request).pk
    news = [row for row in source.preview if row.get("is_new")]
    return {
        "source": source,
        "job": source.job,
        "title": importer.title if importer else source.kind,
        "is_busy": is_busy,
        "is_mine": is_mine,
        "columns": [(column, heading, said[column]) for column, heading in enumerate(headings)],
        "fields": fields,
        "missing": [field for field in fields if field.is_required and field.name not in mapped],
        "unread": [field for field in fields if field.name not in mapped],
        "may_map": is_mine and source.state in (ImportState.READ, ImportState.CHECKED, ImportState.FAILED),
        "may_post": is_mine
        and source.state == ImportState.CHECKED
        and not source.tally.get("wrong")
        and bool(source.tally.get("new") or source.tally.get("changed")),
        "may_undo": is_mine and source.state == ImportState.POSTED,
        "findings": source.findings[:SHOWN],
        "changes": [row for row in source.preview if not row.get("is_new")][:SHOWN],
        "news": news,
        "change_count": source.tally.get("changed", 0),
        "report": _report(source),
        "key": new_key(),
    }


def _report(source: Import) -> Job | None:
    job = source.job
    return job if job is not None and job.state == "done" and job.stored_as else None


def _shown(request: HttpRequest, pk: int) -> HttpResponse:
    return import_page(request, pk)  # type: ignore[return-value]


@needs(*RIGHTS)
@require_POST
@refusals.shown_on(_shown)
def check_import(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(seen_by(request), pk=pk)
    told = {
        column: request.POST.get(f"column-{column}", "")[:40]
        for column in range(len(source.about.get("headings", [])))
    }
    importing.start_check(
        source=source, told=told, actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    return redirect("traceability:import", pk)


@needs(*RIGHTS)
@require_POST
@refusals.shown_on(_shown)
def post_import(request: HttpRequest, pk: int) -> HttpResponse:
    importing.start_posting(
        source=get_object_or_404(seen_by(request), pk=pk), actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    return redirect("traceability:import", pk)


@needs(*RIGHTS)
@require_POST
@refusals.shown_on(_shown)
def undo_import(request: HttpRequest, pk: int) -> HttpResponse:
    source = importing.undo(
        source=get_object_or_404(seen_by(request), pk=pk), actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    messages.success(request, f"{source.number} is undone.\nEverything is as it was before.")
    return redirect("traceability:import", pk)


@needs(*RIGHTS)
@require_POST
@refusals.shown_on(_shown)
def drop_import(request: HttpRequest, pk: int) -> HttpResponse:
    source = importing.drop(source=get_object_or_404(seen_by(request), pk=pk), actor=actor_of(request))
    messages.info(request, f"{source.number} is given up. Nothing was posted.")
    return redirect("traceability:imports")
