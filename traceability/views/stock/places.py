"""Places as a tree, with what stands at each."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import django_filters
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Concat
from django.urls import reverse

from traceability import inquiries
from traceability.inquiries import Condition
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Location, LocationKind
from traceability.models.locations import BOUNDARIES
from traceability.templatetags.lotline import signed
from traceability.views.stock.lists import AtItsDay, T, quantities_url, tabs, today
from traceability.views.stock.scope import LEVELS, sites_of, under

SHOWN = 3
ORDER = {Condition.HELD: 0, Condition.REJECTED: 1, Condition.EXPIRED: 2, Condition.QUARANTINE: 3}


class PlaceFilter(ListFilter):
    q = django_filters.CharFilter(label="Code or name", method="by_text")
    inside = django_filters.CharFilter(label="This place, and inside it", method="by_place")
    kind = django_filters.ChoiceFilter(
        label="Kind",
        choices=[(kind.value, kind.label) for kind in LocationKind if kind not in BOUNDARIES],
        empty_label="Any",
    )
    stock = django_filters.ChoiceFilter(
        label="Stock", method="by_stock", choices=[("yes", "Something there"), ("no", "Empty")], empty_label="Either"
    )  # fmt: skip

    def by_text(self, rows: QuerySet[Location], name: str, value: str) -> QuerySet[Location]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))

    def by_place(self, rows: QuerySet[Location], name: str, value: str) -> QuerySet[Location]:
        return rows.filter(under(value, prefix=""))

    def by_stock(self, rows: QuerySet[Location], name: str, value: str) -> QuerySet[Location]:
        here = Exists(inquiries.stock(today=today()).filter(location=OuterRef("pk")))
        return rows.filter(here) if value == "yes" else rows.exclude(here)


def with_path(rows: QuerySet[Location]) -> QuerySet[Location]:
    """Give each place `path` (its codes from the top) and `depth`, for a tree in order. Joins, no recursion."""
    steps = [
        Case(
            When(**{f"{'parent__' * level}code__isnull": True, "then": Value("")}),
            default=Concat(f"{'parent__' * level}code", Value("\x01")),
            output_field=CharField(),
        )
        for level in range(LEVELS, -1, -1)
    ]
    path = Concat("site__code", Value("\x01"), *steps, output_field=CharField())
    depths = [
        When(**{f"{'parent__' * level}parent__isnull": True, "then": Value(level)}) for level in range(LEVELS)
    ]
    return rows.annotate(path=path, depth=Case(*depths, default=Value(LEVELS), output_field=IntegerField()))


class StockByPlace(AtItsDay, RecordList):
    """The tree of places, what stands where, and a way to each."""

    right = "traceability.view_ledger"
    template_name = "traceability/stock/list.html"
    title = "Stock by place"
    file_name = "stock-by-place"
    filterset_class = PlaceFilter
    default_sort = "path"
    paginate_by = 100
    one, many = "place", "places"
    empty_title = "No place yet."
    empty_now = "A site brings its first ones."
    columns = [
        Column(
            "Place", lambda p: p.code, "branch", sort="path", link=lambda p: reverse(f"{T}location", args=[p.pk])
        ),
        Column("Name", lambda p: p.name, wide_only=True),
        Column("Kind", lambda p: p.get_kind_display(), sort="kind", wide_only=True),
        Column("Site", lambda p: p.site.code, export_only=True),
        Column("Inside of", lambda p: p.parent.code if p.parent else "", "code", export_only=True),
        Column("What stands there", lambda p: p.words),
        Column("Status", lambda p: p.chips, "chips", wide_only=True),
        Column("Lots", lambda p: p.lots_here, "number", link=lambda p: quantities_url(place=p.code) if p.lots_here else ""),
        Column("Containers", lambda p: p.boxes_here, "number", wide_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Location]:
        rows = Location.objects.inside().filter(site__in=sites_of(self.request))
        return with_path(rows).select_related("site", "parent")

    def prepare(self, rows: list[Any]) -> list[Any]:
        here = inquiries.stock(today=self.day).filter(location__in=rows)
        items: dict[int, list[str]] = defaultdict(list)
        sums = here.values("location", "lot__item__name", "lot__item__unit").annotate(
            total=Sum("quantity"), lots=Count("lot", distinct=True)
        )
        for row in sums.order_by("location", "-lots", "lot__item__name"):
            items[row["location"]].append(
                f"{row['lot__item__name']} {signed(row['total'])} {row['lot__item__unit']}"
            )
        counts = {
            row["location"]: row
            for row in here.values("location")
            .annotate(lots=Count("lot", distinct=True), boxes=Count("container", distinct=True))
            .order_by()
        }
        conditions: dict[int, set[str]] = defaultdict(set)
        for place, condition in here.values_list("location", "condition").distinct().order_by():
            conditions[place].add(condition)
        for place in rows:
            told = items[place.pk]
            more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
            place.words = ", ".join(told[:SHOWN]) + more
            place.chips = sorted((c for c in conditions[place.pk] if c in ORDER), key=lambda c: ORDER[c])  # type: ignore[index]
            place.lots_here = counts[place.pk]["lots"] if place.pk in counts else 0
            place.boxes_here = counts[place.pk]["boxes"] if place.pk in counts else 0
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request, f"{T}stock_places")}
