"""Lists, one way: a right, strict filters in the address, sorting by known columns, pages with the total, CSV of the same query.

    class Lots(RecordList):
        right = "traceability.view_ledger"
        title = "Lots and serials"
        queryset = Lot.objects.select_related("item")
        filterset_class = LotFilter
        columns = [Column("Lot", lambda lot: lot.number, sort="number", html="lot"), …]
        default_sort = "number"

Page and export draw from the same columns, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from typing import Any

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import ListView

from traceability.exports import csv_response
from traceability.views.rights import NeedsRight

PAGE = 50
CHUNK = 1000
OWN = {"page", "sort", "format"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of page and export. `value` gives the plain value; `kind` says how the page draws it.

    Kinds: text, number, code, lot, item, document, entry, party, day, when, chips, path. `unit` gives the unit of a
    number; `link` the address behind a text. `right`: only for those who hold it; others read "hidden: ask quality".
    """

    heading: str
    value: Callable[[Any], Any]
    kind: str = "text"
    sort: str = ""
    unit: Callable[[Any], str] | None = None
    link: Callable[[Any], str] | None = None
    record: Callable[[Any], Any] | None = None
    sub: Callable[[Any], Any] | None = None
    wide_only: bool = False
    export_only: bool = False
    right: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind == "number"


HIDDEN = "hidden: ask quality"


@dataclass(slots=True)
class Cell:
    """One drawn cell: what the template needs to know, and nothing to decide."""

    column: Column
    value: Any
    unit: str = ""
    link: str = ""
    record: Any = None
    sub: Any = None


class UnknownParameter(Exception):
    def __init__(self, names: Iterable[str], known: Iterable[str]):
        self.names, self.known = sorted(names), sorted(known)
        super().__init__(", ".join(self.names))


class RecordList(NeedsRight, ListView):  # type: ignore[type-arg]
    """A list of records; see the module. `prepare` may attach facts to a page (or chunk) of rows, in a fixed number of queries."""

    template_name = "lists/list.html"
    paginate_by = PAGE
    title = ""
    note = ""
    crumbs: Sequence[tuple[str, str]] = ()
    columns: Sequence[Column] = ()
    filterset_class: type[django_filters.FilterSet] | None = None
    default_sort = ""
    tie = "pk"
    empty_title = "Nothing here yet."
    empty_now = ""
    file_name = "list"
    filterset: django_filters.FilterSet | None = None

    def prepare(self, rows: list[Any]) -> list[Any]:
        return rows

    def get_columns(self) -> list[Column]:
        return list(self.columns)

    def export_columns(self) -> list[Column]:
        return self.get_columns()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            self.check_parameters()
        except UnknownParameter as unknown:
            return self.refuse_unknown(unknown)
        if request.GET.get("format"):
            return self.as_csv()
        self.object_list = self.get_queryset()
        status = 200 if self.filterset is None or self.filterset.is_valid() else 400
        return self.render_to_response(self.get_context_data(), status=status)

    def check_parameters(self) -> None:
        """A mistyped filter must never look like an answer."""
        known = OWN | set(self.filter_names())
        unknown = set(self.request.GET) - known
        if unknown:
            raise UnknownParameter(unknown, known - OWN)
        if self.request.GET.get("format", "csv") != "csv":
            raise UnknownParameter([f"format={self.request.GET['format']}"], ["format=csv"])
        if (wanted := self.request.GET.get("sort")) and wanted.lstrip("-") not in self.sorts():
            raise UnknownParameter([f"sort={wanted}"], [f"sort={name}" for name in self.sorts()])

    def filter_names(self) -> list[str]:
        if self.filterset_class is None:
            return []
        return list(self.filterset_class.base_filters)

    def refuse_unknown(self, unknown: UnknownParameter) -> HttpResponse:
        context = {
            "problem": f"This list has no filter called {', '.join(unknown.names)}.",
            "why": "Nothing is shown, so that a mistyped filter is not taken for an answer.",
            "now": f"It knows: {', '.join(unknown.known)}." if unknown.known else "It has no filters.",
            "clean": self.request.path,
        }
        return render(self.request, "400.html", context, status=400)

    def sorts(self) -> dict[str, str]:
        return {column.sort: column.sort for column in self.get_columns() if column.sort}

    def get_sort(self) -> str:
        return self.request.GET.get("sort") or self.default_sort

    def get_base_queryset(self) -> QuerySet[Any]:
        return super().get_queryset()

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.get_base_queryset()
        if self.filterset_class is not None:
            self.filterset = self.filterset_class(self.request.GET, queryset=rows, request=self.request)
            rows = self.filterset.qs if self.filterset.is_valid() else rows.none()
        wanted = self.get_sort()
        if wanted:
            tie = f"-{self.tie}" if wanted.startswith("-") else self.tie
            rows = rows.order_by(*([wanted] if wanted.lstrip("-") == self.tie else [wanted, tie]))
        return rows

    def get_paginator(self, *args: Any, **kwargs: Any) -> Paginator[Any]:
        # A page beyond the end is the last page: lists shrink while people read them.
        return super().get_paginator(*args, **kwargs)

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = self.prepare(list(context["page_obj"]))
        columns = [column for column in self.get_columns() if not column.export_only]
        sort = self.get_sort()
        context |= {
            "list": self,
            "title": self.title,
            "note": self.note,
            "heads": [
                {
                    "column": c,
                    "is_sorted": bool(c.sort) and sort.lstrip("-") == c.sort,
                    "is_down": sort.startswith("-"),
                    "next": self._next_sort(c, sort),
                }
                for c in columns
            ],
            "rows": [self.cells(row, columns) for row in rows],
            "total": context["paginator"].count,
            "filterset": self.filterset,
            "is_filtered": any(self.request.GET.get(name) for name in self.filter_names()),
        }
        return context

    @staticmethod
    def _next_sort(column: Column, sort: str) -> str:
        return f"-{column.sort}" if sort == column.sort else column.sort

    def cells(self, row: Any, columns: Sequence[Column]) -> list[Cell]:
        return [self.cell(row, column) for column in columns]

    def cell(self, row: Any, column: Column) -> Cell:
        if column.right and not self.request.user.has_perm(column.right):
            return Cell(Column(column.heading, column.value, "hidden", wide_only=column.wide_only), HIDDEN)
        return Cell(
            column,
            column.value(row),
            column.unit(row) if column.unit else "",
            column.link(row) if column.link else "",
            column.record(row) if column.record else row,
            column.sub(row) if column.sub else None,
        )

    # The export: the same query, all rows.

    def as_csv(self) -> HttpResponseBase:
        rows = self.get_queryset()
        if self.filterset is not None and not self.filterset.is_valid():
            return self.refuse_unknown(UnknownParameter(self.filterset.errors, self.filter_names()))
        return csv_of(self.file_name, *self.export(rows))

    def export(self, rows: QuerySet[Any]) -> tuple[list[str], Iterator[list[Any]]]:
        columns = self.export_columns()
        heads: list[str] = []
        for column in columns:
            heads += [column.heading, f"{column.heading} unit"] if column.unit else [column.heading]
        return heads, self._export_rows(rows, columns)

    def _export_rows(self, rows: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
        found = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            for row in self.prepare(chunk):
                line: list[Any] = []
                for column in columns:
                    cell = self.cell(row, column)
                    line.append(cell.value)
                    if column.unit:
                        line.append(cell.unit)
                yield line


# Streamed after the page's time zone is gone, so moments are put into it here.


def csv_of(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV in the time of the person's site, named with today's date."""
    zone = timezone.get_current_timezone()
    told = ([_told(value, zone) for value in row] for row in rows)
    return csv_response(f"{name}-{timezone.localdate():%Y-%m-%d}", heads, told)


def _told(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return value


# Filters that several lists share.


class ListFilter(django_filters.FilterSet):
    """Fields drawn in the house's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.form.fields.items():
            look = "input lot-code" if name in {"q", "lot", "document", "item", "number"} else "input"
            field.widget.attrs.setdefault("class", look)
            if name not in self.form.data or field.widget.__class__.__name__ == "CheckboxInput":
                continue
            if self.form.is_bound and name in self.form.errors:
                field.widget.attrs["aria-invalid"] = "true"


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)
