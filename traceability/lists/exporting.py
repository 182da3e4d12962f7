"""Lists as files: CSV, XLSX and a print form, of the same columns and the same query. What is big becomes a job."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from traceability import long_tables
from traceability.exports import BYTE_ORDER_MARK, csv_lines, csv_response, safe_filename, write_xlsx
from traceability.models import LedgerHead

if TYPE_CHECKING:
    from traceability.lists.records import RecordList
    from traceability.models import Job, Person

# Beyond these a request would last too long: a worker makes the file.
DIRECT = {"csv": 20_000, "xlsx": 5_000, "pdf": 2_000}
PRINTED = 2_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def answer(
    rows_of: RecordList, rows: QuerySet[Any], wanted: str, *, are_chosen: bool = False
) -> HttpResponseBase:
    """The file at once, or the page of the job that makes it. Chosen rows are few enough to be waited for."""
    if not are_chosen and rows.count() > DIRECT[wanted]:
        return redirect("traceability:job", ask(rows_of, wanted).pk)
    if wanted == "csv":
        return csv_of(rows_of.file_name, *rows_of.export(rows))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    _FILL[wanted](file, rows_of, rows)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=dated(rows_of.file_name, wanted), content_type=TYPES[wanted]
    )


def dated(name: str, ending: str) -> str:
    stem = safe_filename(f"{name}-{timezone.localdate():%Y-%m-%d}").removesuffix(".csv")
    return f"{stem}.{ending}"


def csv_of(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV in the time of the person's site, named with today's date."""
    # Streamed after the page's time zone is gone, so moments are put into it here.
    zone = timezone.get_current_timezone()
    told = ([told_value(value, zone) for value in row] for row in rows)
    return csv_response(f"{name}-{timezone.localdate():%Y-%m-%d}", heads, told)


def told_value(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return value


def print_form(rows_of: RecordList, rows: QuerySet[Any]) -> HttpResponse:
    """All rows on paper, with what was asked, when and by whom."""
    columns = rows_of.page_columns()
    found = rows_of.prepare(list(rows[: PRINTED + 1]))
    context = {
        "list": rows_of,
        "title": rows_of.title,
        "note": rows_of.note,
        "heads": columns,
        "rows": [rows_of.cells(row, columns) for row in found[:PRINTED]],
        "shown": min(len(found), PRINTED),
        "total": rows.count() if len(found) > PRINTED else len(found),
        "asked_in_words": rows_of.in_words(),
        "printed_at": timezone.now(),
        "zone": timezone.get_current_timezone_name(),
        "head_seq": head_seq(),
        "back": back_to(rows_of),
    }
    return render(rows_of.request, "lists/print.html", context)


def back_to(rows_of: RecordList) -> str:
    asked = rows_of.request.GET.copy()
    for name in ("format", "columns"):
        asked.pop(name, None)
    return f"{rows_of.request.path}?{asked.urlencode()}" if asked else rows_of.request.path


def head_seq() -> int:
    return LedgerHead.objects.values_list("seq", flat=True).first() or 0


def _fill_xlsx(
    file: IO[bytes], rows_of: RecordList, rows: QuerySet[Any], one_more: Callable[[], None] | None = None
) -> None:
    heads, lines = rows_of.export(rows)
    zone = timezone.get_current_timezone()
    seen = 0

    def counting() -> Iterator[Sequence[Any]]:
        nonlocal seen
        for line in lines:
            seen += 1
            if one_more is not None:
                one_more()
            yield line

    def notes() -> list[tuple[str, Any]]:
        request = rows_of.request
        return [
            ("List", rows_of.title),
            *([("", rows_of.note)] if rows_of.note else []),
            *(rows_of.in_words() or [("Filters", "none: everything in the list")]),
            ("Sorted by", rows_of.get_sort() or "the list's own order"),
            ("Rows", seen),
            *rows_of.notes(),
            ("Made", timezone.now()),
            ("Time zone", str(zone)),
            ("Made by", str(request.user)),
            ("As of entry", head_seq()),
            ("Address", f"{request.get_host()}{back_to(rows_of)}"),
            ("Lotline", settings.VERSION),
        ]

    write_xlsx(file, rows_of.title, heads, counting(), notes=notes, zone=zone)


def _fill_pdf(
    file: IO[bytes], rows_of: RecordList, rows: QuerySet[Any], one_more: Callable[[], None] | None = None
) -> None:
    """The columns of the page, all rows."""
    from traceability.lists.paper import table_of

    zone = timezone.get_current_timezone()
    about = [
        *(rows_of.in_words() or [("Filters", "none: everything in the list")]),
        *[(label, str(value)) for label, value in rows_of.notes()],
        ("Made", f"{timezone.localtime():%Y-%m-%d %H:%M} {zone} by {rows_of.request.user}"),
        ("As of entry", f"{head_seq():,}"),
    ]
    running = f"{rows_of.title}, as of entry {head_seq():,}. Lotline {settings.VERSION}."
    long_tables.draw(
        file, [table_of(rows_of, rows, about)], title=rows_of.title, running=running, each_row=one_more
    )


_FILL = {"xlsx": _fill_xlsx, "pdf": _fill_pdf}


# As a job.


def ask(rows_of: RecordList, wanted: str) -> Job:
    """The same list, asked for by the same person in the same minute, is one job."""
    from traceability import jobs
    from traceability.views.keys import actor_of, client_of

    request = rows_of.request
    actor = actor_of(request)
    asked = request.GET.copy()
    asked.pop("format", None)
    asked.pop("page", None)
    rights = (rows_of.right,) if isinstance(rows_of.right, str) else rows_of.right
    held = actor.get_all_permissions()
    params = {
        "path": request.path,
        "query": asked.urlencode(),
        "format": wanted,
        "zone": timezone.get_current_timezone_name(),
        "host": request.get_host(),
    }
    minute = f"{timezone.now():%Y%m%d%H%M}"
    return jobs.ask(
        kind="traceability.export_list",
        title=f"{rows_of.title}, {wanted.upper()}",
        params=params,
        right=next((right for right in rights if right in held), rights[0]),
        actor=actor,
        client=client_of(request),
        key=f"export-{hashlib.sha256(f'{urlencode(params)} {minute}'.encode()).hexdigest()}",
    )


def work(params: dict[str, Any], progress: Any, *, actor: Person) -> tuple[str, str, bytes]:
    """In the worker: the list as that person sees it now. Gives name, type and content."""
    from zoneinfo import ZoneInfo

    from traceability.lists.asking import list_at

    with timezone.override(ZoneInfo(params["zone"])):
        rows_of = list_at(params["path"], QueryDict(params["query"]), person=actor, host=params["host"])
        rows = rows_of.get_queryset()
        total = rows.count()
        one_more = _reporting(progress, total)
        name = dated(rows_of.file_name, params["format"])
        with tempfile.TemporaryFile() as file:
            if params["format"] in _FILL:
                _FILL[params["format"]](file, rows_of, rows, one_more)
            else:
                heads, lines = rows_of.export(rows)
                zone = timezone.get_current_timezone()
                file.write(BYTE_ORDER_MARK.encode())
                told = ([told_value(value, zone) for value in line] for line in lines)
                for number, text in enumerate(csv_lines(heads, told)):
                    file.write(text.encode())
                    if number:
                        one_more()
            file.seek(0)
            return name, TYPES[params["format"]], file.read()


def _reporting(progress: Any, total: int) -> Callable[[], None]:
    """Called for each row; tells how far it is each thousand: often enough to be watched and to be stopped."""
    done = 0
    progress(0, total, "rows")

    def one_more() -> None:
        nonlocal done
        done += 1
        if done % 1000 == 0 or done == total:
            progress(done, total, "rows")

    return one_more
