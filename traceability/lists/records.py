"""The list itself. Page, print form and export draw from the same columns and the same query, so they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.generic import ListView

from traceability.lists import choices, exporting, filters
from traceability.lists.bulk import Bulk, offered
from traceability.lists.choices import Choices
from traceability.lists.columns import HIDDEN, Cell, Column, arranged, named
from traceability.lists.exporting import csv_of
from traceability.navigation import address
from traceability.reach import seen
from traceability.views.rights import NeedsRight

PAGE = 50
SIZES = (25, 50, 100, 200)
CHUNK = 1000
FORMATS = ("csv", "xlsx", "pdf", "print")
OWN = {"page", "sort", "format", "size", "view", "columns", "in"}


class UnknownParameter(Exception):
    def __init__(self, names: Iterable[str], known: Iterable[str]):
        self.names, self.known = sorted(names), sorted(known)
        super().__init__(", ".join(self.names))


class RecordList(NeedsRight, ListView):  # type: ignore[type-arg]
    """A list of records; see the package. `prepare` may attach facts to a page (or chunk) of rows, in a fixed number of queries.

    `quick`: filters in one click, as (label, query). `record_page`: the name of the page that a row opens, for "previous"
    and "next" there; `record` is the field that holds its key. `empty_link`: (label, url name, right) of the first step.
    """

    template_name = "lists/list.html"
    paginate_by = PAGE
    title = ""
    note = ""
    crumbs: Sequence[tuple[str, str]] = ()
    columns: Sequence[Column] = ()
    filterset_class: type[django_filters.FilterSet] | None = None
    default_sort = ""
    tie = "pk"
    quick: Sequence[tuple[str, str]] = ()
    record_page = ""
    record = "pk"
    empty_title = "Nothing here yet."
    empty_now = ""
    empty_link: tuple[str, str, str] | None = None
    file_name = "list"
    filterset: django_filters.FilterSet | None = None

    def prepare(self, rows: list[Any]) -> list[Any]:
        return rows

    def rows_beside(self) -> list[Any]:
        """Rows that are no records of the query and belong to the answer: they follow it in every file."""
        return []

    def notes(self) -> list[tuple[str, Any]]:
        """What a file says about its rows beside the filters, such as totals."""
        return []

    def get_columns(self) -> list[Column]:
        return list(self.columns)

    def export_columns(self) -> list[Column]:
        """Every column, in its first order; what an export has unless the person has chosen columns."""
        return self.get_columns()

    # Columns as the person has them.

    @property
    def list_name(self) -> str:
        match = self.request.resolver_match
        return match.view_name if match else ""

    @cached_property
    def choices(self) -> Choices:
        return choices.of(self.request.user, self.list_name, self.request.GET.get("view", ""))

    def page_columns(self) -> list[Column]:
        columns = self.get_columns()
        return arranged(columns, self.choices.columns) or [c for c in columns if not c.export_only]

    def file_columns(self) -> list[Column]:
        if self.request.GET.get("columns") == "all":
            return self.export_columns()
        return arranged(self.export_columns(), self.choices.columns) or self.export_columns()

    # The answer.

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.GET and not self.kwargs and (first := self.choices.first_view):
            return redirect(f"{request.path}?{first.asked}")
        try:
            self.check_parameters()
        except UnknownParameter as unknown:
            return self.refuse_unknown(unknown)
        if wanted := request.GET.get("format"):
            return self.as_file(wanted)
        self.object_list = self.get_queryset()
        status = 200 if self.filterset is None or self.filterset.is_valid() else 400
        return self.render_to_response(self.get_context_data(), status=status)

    def check_parameters(self) -> None:
        """A mistyped filter must never look like an answer."""
        asked = self.request.GET
        known = OWN | set(self.filter_names())
        if unknown := set(asked) - known:
            raise UnknownParameter(unknown, known - OWN)
        allowed: dict[str, Sequence[str]] = {
            "format": FORMATS,
            "columns": ("all",),
            "size": [str(size) for size in SIZES],
        }
        for name, values in allowed.items():
            if name in asked and asked[name] not in values:
                raise UnknownParameter([f"{name}={asked[name]}"], [f"{name}={value}" for value in values])
        if (wanted := asked.get("sort")) and wanted.lstrip("-") not in self.sorts():
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
            "clean": f"{self.request.path}?view=all",
        }
        return render(self.request, "400.html", context, status=400)

    def sorts(self) -> dict[str, str]:
        return {column.sort: column.sort for column in self.get_columns() if column.sort}

    def get_sort(self) -> str:
        return self.request.GET.get("sort") or self.default_sort

    def get_base_queryset(self) -> QuerySet[Any]:
        return super().get_queryset()

    def get_queryset(self) -> QuerySet[Any]:
        rows = seen(self.get_base_queryset())
        if self.filterset_class is not None:
            self.filterset = self.filterset_class(self.request.GET, queryset=rows, request=self.request)
            rows = self.filterset.qs if self.filterset.is_valid() else rows.none()
        wanted = self.get_sort()
        if wanted:
            tie = self.tie if not wanted.startswith("-") else f"-{self.tie}".removeprefix("--")
            rows = rows.order_by(*([wanted] if wanted.lstrip("-") == tie.lstrip("-") else [wanted, tie]))
        return rows

    def in_words(self) -> list[tuple[str, str]]:
        """The filters that are set, as label and value: for the print form and the sheet beside an export."""
        if self.filterset is not None:
            return filters.in_words(self.filterset)
        asked = self.request.GET
        return [
            (name.replace("_", " ").capitalize(), asked[name])
            for name in self.filter_names()
            if asked.get(name)
        ]

    # The page.

    def get_paginate_by(self, queryset: Any) -> int:
        asked = self.request.GET.get("size")
        return int(asked) if asked else self.choices.page_size or self.paginate_by

    def get_paginator(self, *args: Any, **kwargs: Any) -> Paginator[Any]:
        # A page beyond the end is the last page: lists shrink while people read them.
        return super().get_paginator(*args, **kwargs)

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()

    @cached_property
    def bulk(self) -> list[Bulk]:
        """What may be done with chosen rows; with nothing to do, no row can be chosen."""
        return offered(self.list_name, self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = self.prepare(list(context["page_obj"]))
        columns = self.page_columns()
        sort = self.get_sort()
        total = context["paginator"].count
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
            "rows": (drawn := [self.cells(row, columns) for row in rows]),
            "lines": [
                {"cells": cells, "key": self.key_of(row) if self.bulk else ""}
                for row, cells in zip(rows, drawn, strict=True)
            ],
            "bulk": self.bulk,
            "first_step": self.first_step(),
            "total": total,
            "filterset": self.filterset,
            "is_filtered": any(self.request.GET.get(name) for name in self.filter_names()),
            "asked_in_words": self.in_words(),
            "page_sizes": [size for size in SIZES if size <= max(total, SIZES[0]) or size == SIZES[0]],
            "page_size": self.get_paginate_by(None),
            "view_tabs": self.view_tabs(),
            "view": self.choices.view,
            "view_is_changed": self.choices.view is not None
            and bare(self.request.GET) != bare(QueryDict(self.choices.view.query)),
            "column_choice": self.column_choice(columns),
            "may_save": not self.kwargs and bool(self.list_name),
        }
        return context

    def key_of(self, row: Any) -> Any:
        """What a chosen row is sent as."""
        return row.pk

    def first_step(self) -> dict[str, str] | None:
        """What an empty list offers to do, to whom may do it."""
        if self.empty_link is None:
            return None
        label, url_name, right = self.empty_link
        url = address(url_name)
        return {"label": label, "url": url} if url and self.request.user.has_perm(right) else None

    def view_tabs(self) -> list[dict[str, Any]]:
        """Everything, the quick filters, and the saved views that this person sees."""
        if self.kwargs or not (self.quick or self.choices.views):
            return []
        now, view = bare(self.request.GET), self.choices.view
        rows: list[dict[str, Any]] = [
            {"label": "All", "query": "view=all", "is_current": not now and view is None}
        ]
        rows += [
            {"label": label, "query": query, "is_current": view is None and now == bare(QueryDict(query))}
            for label, query in self.quick
        ]
        rows += [
            {"label": saved.name, "query": saved.asked, "is_current": saved == view, "saved": saved}
            for saved in self.choices.views
        ]
        return rows

    def column_choice(self, shown: Sequence[Column]) -> list[dict[str, Any]]:
        """Every column for the chooser: first what is shown, in its order, then what could be."""
        names = {id(column): name for name, column in named(self.get_columns()).items()}
        rest = [c for c in self.get_columns() if c not in shown]
        return [
            {"name": names[id(c)], "heading": c.heading, "is_shown": c in shown}
            for c in [*shown, *rest]
            if id(c) in names
        ]

    @staticmethod
    def _next_sort(column: Column, sort: str) -> str:
        return f"-{column.sort}" if sort == column.sort else column.sort

    def cells(self, row: Any, columns: Sequence[Column]) -> list[Cell]:
        return [self.cell(row, column) for column in columns]

    def cell(self, row: Any, column: Column) -> Cell:
        if column.right and not self.request.user.has_perm(column.right):
            return Cell(
                Column(
                    column.heading, column.value, "hidden", wide_only=column.wide_only, roomy=column.roomy
                ),
                HIDDEN,
            )
        return Cell(
            column,
            column.value(row),
            column.unit(row) if column.unit else "",
            column.link(row) if column.link else "",
            column.record(row) if column.record else row,
            column.sub(row) if column.sub else None,
        )

    # Files: the same query, all rows.

    def as_file(self, wanted: str) -> HttpResponseBase:
        rows = self.get_queryset()
        if self.filterset is not None and not self.filterset.is_valid():
            return self.refuse_unknown(UnknownParameter(self.filterset.errors, self.filter_names()))
        if wanted == "print":
            return exporting.print_form(self, rows)
        return exporting.answer(self, rows, wanted)

    def as_csv(self) -> HttpResponseBase:
        return csv_of(self.file_name, *self.export(self.get_queryset()))

    def export(self, rows: QuerySet[Any]) -> tuple[list[str], Iterator[list[Any]]]:
        columns = self.file_columns()
        heads: list[str] = []
        for column in columns:
            heads += [column.heading, f"{column.heading} unit"] if column.unit else [column.heading]
        return heads, self._export_rows(rows, columns)

    def _export_rows(self, rows: QuerySet[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
        found = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            yield from self._lines(chunk, columns)
        yield from self._lines(self.rows_beside(), columns)

    def _lines(self, rows: list[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
        for row in self.prepare(rows) if rows else ():
            line: list[Any] = []
            for column in columns:
                cell = self.cell(row, column)
                line.append(cell.value)
                if column.unit:
                    line.append(cell.unit)
            yield line


def bare(asked: QueryDict) -> dict[str, list[str]]:
    """Filters and sorting alone, without what is empty: two addresses that ask the same are equal."""
    passing = OWN - {"sort"}
    return {name: values for name, values in asked.lists() if name not in passing and any(values)}
