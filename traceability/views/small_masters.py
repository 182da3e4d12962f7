"""Sites, categories and reasons: their lists, and a page for each."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Category, Item, Location, ReasonCode, ReasonUse, Site
from traceability.views.rights import needs

SHOWN = 200


class TextFilter(ListFilter):
    q = django_filters.CharFilter(label="Code or name", method="by_text")
    fields_searched: tuple[str, ...] = ("code", "name")

    def by_text(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        wanted = Q()
        for field in self.fields_searched:
            wanted |= Q(**{f"{field}__icontains": value})
        return rows.filter(wanted)


class SiteList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    title = "Sites"
    note = "Plants and warehouses, each in its own time."
    file_name = "sites"
    filterset_class = TextFilter
    default_sort = "code"
    one, many = "site", "sites"
    new_url = "traceability:new_site"
    empty_title = "No site yet."
    empty_now = "Add the first one: it brings its dock, store and quarantine area."
    queryset = Site.objects.annotate(places=Count("locations"))
    columns = [
        Column(
            "Site",
            lambda s: s.code,
            "code",
            sort="code",
            link=lambda s: reverse("traceability:site", args=[s.pk]),
        ),
        Column("Name", lambda s: s.name, sort="name"),
        Column("Town", lambda s: s.place, wide_only=True),
        Column("Time zone", lambda s: s.time_zone, sort="time_zone"),
        Column("Production day from", lambda s: f"{s.production_day_starts:%H:%M}", wide_only=True),
        Column("GLN", lambda s: s.gln, "code", wide_only=True),
        Column("Places", lambda s: s.places, "number", sort="places"),
    ]


@needs("traceability.view_masters", about=Site)
def site_page(request: HttpRequest, pk: int) -> HttpResponse:
    site = get_object_or_404(Site, pk=pk)
    places = Location.objects.inside().filter(site=site).order_by("code")
    context = {
        "site": site,
        "rows": tree_of(list(places[:SHOWN])),
        "count": places.count(),
        "people": site.people.filter(is_active=True).count(),
    }
    return render(request, "masters/site_page.html", context)


def tree_of(places: list[Location]) -> list[dict[str, Any]]:
    """Places in the order of their tree, each with its depth."""
    inside: dict[int | None, list[Location]] = {}
    known = {place.pk for place in places}
    for place in places:
        inside.setdefault(place.parent_id if place.parent_id in known else None, []).append(place)
    rows: list[dict[str, Any]] = []

    def walk(parent: int | None, depth: int) -> None:
        for place in inside.get(parent, []):
            rows.append({"place": place, "level": depth + 1})
            if depth < 20:
                walk(place.pk, depth + 1)

    walk(None, 0)
    return rows


class CategoryFilter(TextFilter):
    fields_searched = ("name", "note")


class CategoryList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    title = "Categories"
    note = "What items have in common, and what is asked of their lots."
    file_name = "categories"
    filterset_class = CategoryFilter
    default_sort = "name"
    one, many = "category", "categories"
    new_url = "traceability:new_category"
    empty_title = "No category yet."
    empty_now = "Add one where lots need more than a number and a date, such as fat, origin or colour."
    queryset = Category.objects.annotate(asked=Count("attributes", filter=Q(attributes__is_active=True)))
    columns = [
        Column(
            "Category",
            lambda c: c.name,
            sort="name",
            link=lambda c: reverse("traceability:category", args=[c.pk]),
        ),
        Column("Asked of its lots", lambda c: c.asked, "number", sort="asked"),
        Column("Items", lambda c: c.items, "number"),
        Column("Note", lambda c: c.note, wide_only=True),
        Column("State", lambda c: "In use" if c.is_active else "Retired", sort="is_active"),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = (
            Item.objects.filter(category__in=[row.name for row in rows])
            .values_list("category")
            .annotate(items=Count("pk"))
            .order_by()
        )
        items = dict(found)
        for row in rows:
            row.items = items.get(row.name, 0)
        return rows


@needs("traceability.view_masters")
def category_page(request: HttpRequest, pk: int) -> HttpResponse:
    category = get_object_or_404(Category, pk=pk)
    items = Item.objects.filter(category=category.name).order_by("code")
    context = {
        "category": category,
        "attributes": list(category.attributes.all()),
        "items": list(items[:SHOWN]),
        "item_count": items.count(),
    }
    return render(request, "masters/category_page.html", context)


class ReasonFilter(TextFilter):
    fields_searched = ("code", "text")
    use = django_filters.ChoiceFilter(
        label="Offered for", method="by_use", choices=ReasonUse.choices, empty_label="Any"
    )

    def by_use(self, rows: QuerySet[ReasonCode], name: str, value: str) -> QuerySet[ReasonCode]:
        return rows.filter(uses__contains=[value])


class ReasonList(RecordList):
    right = "traceability.view_masters"
    template_name = "masters/list.html"
    title = "Reasons"
    note = "The house's own words, offered where a reason is asked for. Free text stays possible."
    file_name = "reasons"
    filterset_class = ReasonFilter
    default_sort = "code"
    one, many = "reason", "reasons"
    new_url = "traceability:new_reason"
    empty_title = "No reason yet."
    empty_now = "Add the ones that are typed again and again, such as “Bag torn” or “Temperature on arrival”."
    queryset = ReasonCode.objects.all()
    columns = [
        Column(
            "Code",
            lambda r: r.code,
            "code",
            sort="code",
            link=lambda r: reverse("traceability:reason", args=[r.pk]),
        ),
        Column("In words", lambda r: r.text, sort="text"),
        Column("Offered for", lambda r: [ReasonUse(use).label for use in r.uses if use in ReasonUse.values]),
        Column("State", lambda r: "In use" if r.is_active else "Retired", sort="is_active"),
    ]


@needs("traceability.view_masters")
def reason_page(request: HttpRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(ReasonCode, pk=pk)
    uses = [ReasonUse(use).label for use in reason.uses if use in ReasonUse.values]
    return render(request, "masters/reason_page.html", {"reason": reason, "uses": uses})
