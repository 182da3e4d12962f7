"""Containers: the list, one with its content and history, and what is done with it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from traceability import stock
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Balance, Container, ContainerKind
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.lists import (
    CHIP,
    EXPIRES,
    FREE,
    ITEM,
    LOT,
    ON_HAND,
    PROMISED,
    StockList,
    T,
    tabs,
)
from traceability.views.stock.scope import places_of, sites_of

HISTORY = 50
STATES = [("filled", "Filled"), ("empty", "Empty"), ("broken_up", "Broken up")]


class ContainerFilter(ListFilter):
    q = django_filters.CharFilter(label="Number", field_name="number", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label="Kind", choices=ContainerKind.choices, empty_label="Any")
    lot = django_filters.CharFilter(label="Has lot", method="by_lot")
    place = django_filters.CharFilter(label="Place", method="by_place")
    state = django_filters.ChoiceFilter(
        label="State", method="by_state", choices=STATES, empty_label="In use"
    )

    def by_lot(self, rows: QuerySet[Container], name: str, value: str) -> QuerySet[Container]:
        inside = Balance.objects.filter(container=OuterRef("pk"), quantity__gt=0, lot__number=value)
        return rows.filter(Exists(inside))

    def by_place(self, rows: QuerySet[Container], name: str, value: str) -> QuerySet[Container]:
        inside = Balance.objects.filter(container=OuterRef("pk"), quantity__gt=0)
        empty = Q(location__code=value) & ~Exists(inside)
        return rows.filter(Exists(inside.filter(location__code=value)) | empty)

    def by_state(self, rows: QuerySet[Container], name: str, value: str) -> QuerySet[Container]:
        filled = Exists(Balance.objects.filter(container=OuterRef("pk"), quantity__gt=0))
        if value == "broken_up":
            return rows.filter(is_broken_up=True)
        return rows.filter(filled) if value == "filled" else rows.filter(~filled, is_broken_up=False)


class ContainerList(RecordList):
    right = "traceability.view_ledger"
    template_name = "traceability/stock/containers.html"
    title = "Containers"
    note = "Pallets, drums and totes with a number of their own: moved, held and shipped as one."
    file_name = "containers"
    filterset_class = ContainerFilter
    default_sort = "-id"
    one, many = "container", "containers"
    empty_title = "No container yet."
    empty_now = "Build one: it gets its number and label, and what is packed on it moves as one."
    columns = [
        Column("Number", lambda c: c.number, "code", sort="number", link=lambda c: reverse(f"{T}container", args=[c.pk])),
        Column("Kind", lambda c: c.get_kind_display(), sort="kind"),
        Column("Place", lambda c: c.stands.code if c.stands else "", "code", link=lambda c: reverse(f"{T}location", args=[c.stands.pk]) if c.stands else ""),
        Column("Stands in", lambda c: c.parent.number if c.parent else "", "code", wide_only=True),
        Column("What is in it", lambda c: c.words),
        Column("Lots", lambda c: c.lots_here, "number"),
        Column("Broken up", lambda c: c.is_broken_up, export_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Container]:
        rows = Container.objects.select_related("parent")
        if not self.request.GET.get("state"):
            rows = rows.filter(is_broken_up=False)
        elsewhere = Balance.objects.filter(container=OuterRef("pk"), quantity__gt=0).exclude(
            location__site__in=sites_of(self.request)
        )
        return rows.exclude(Exists(elsewhere)).filter(
            Q(location__isnull=True) | Q(location__site__in=sites_of(self.request))
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        places = stock.whereabouts(rows)
        inside: dict[int, list[str]] = {}
        counts: dict[int, int] = {}
        found = (
            Balance.objects.filter(container__in=rows, quantity__gt=0)
            .values("container", "lot__item__name")
            .annotate(lots=Count("lot", distinct=True))
            .order_by("lot__item__name")
        )
        for row in found:
            inside.setdefault(row["container"], []).append(row["lot__item__name"])
            counts[row["container"]] = counts.get(row["container"], 0) + row["lots"]
        for box in rows:
            box.stands = places.get(box.pk)
            names = inside.get(box.pk, [])
            box.words = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            box.lots_here = counts.get(box.pk, 0)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"tabs": tabs(self.request, f"{T}containers")}


class ContainerPage(StockList):
    """What is in one pallet, drum or tote and in what stands in it, and what was done with it."""

    about = Container
    template_name = "traceability/stock/container.html"
    default_sort = "lot__number"
    columns = [
        LOT, ITEM, CHIP, EXPIRES,
        Column("In", lambda b: b.container.number, "code", wide_only=True),
        ON_HAND, PROMISED, FREE,
    ]  # fmt: skip
    empty_title = "It is empty."
    empty_now = "Scan a lot on the move page, then this container."
    filterset_class = None

    @property
    def box(self) -> Container:
        if not hasattr(self, "_box"):
            rows = Container.objects.select_related("parent")
            self._box = get_object_or_404(rows, pk=self.kwargs["pk"])
            self._tree = stock.tree_of(self._box)
        return self._box

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.box.get_kind_display()} {self.box.number}"

    @property
    def crumbs(self) -> Any:  # type: ignore[override]
        return [("Containers", reverse(f"{T}containers"))]

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"container-{self.box.number}"

    def get_base_queryset(self) -> QuerySet[Any]:
        assert self.box
        return self.rows().filter(container__in=self._tree)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        box = self.box
        changes = box.changes.select_related("entry", "by", "location", "parent").order_by("-pk")
        return super().get_context_data(**kwargs) | {
            "box": box,
            "stands": stock.whereabouts(self._tree).get(box.pk) or stock.whereabouts([box]).get(box.pk),
            "inner": [one for one in self._tree if one.parent_id == box.pk],
            "changes": list(changes[:HISTORY]),
            "key": new_key(),
        }


@needs("traceability.move")
@refusals.shown_on(lambda request: _build_page(request))
def build(request: HttpRequest) -> HttpResponse:
    """A new, empty container at a place; what stands on it is scanned onto it."""
    if request.method != "POST":
        return _build_page(request)
    place = places_of(request).filter(code=request.POST.get("place", "")[:32]).first()
    if place is None:
        raise BadInput("Where does it stand?", now="Choose the place.", fields={"place": "missing"})
    box = stock.build(
        kind=request.POST.get("kind", "")[:20], location=place, number=request.POST.get("number", "").strip()[:40],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{box.get_kind_display()} {box} stands at {place}.\nPrint its label, then pack it."
    )
    return redirect(f"{T}container", box.pk)


def _build_page(request: HttpRequest) -> HttpResponse:
    context = {
        "kinds": ContainerKind.choices, "places": list(places_of(request).order_by("code")), "key": new_key(), "typed": request.POST,
        "has_prefix": any(site.gs1_company_prefix for site in sites_of(request)),
    }  # fmt: skip
    return render(request, "traceability/stock/build.html", context)


@require_POST
@needs("traceability.move", about=Container)
def break_up(request: HttpRequest, pk: int) -> HttpResponse:
    box = stock.break_up(
        container=get_object_or_404(Container, pk=pk), actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    messages.success(request, f"{box} is broken up.\nWhat was in it stands loose where it is.")
    return redirect(f"{T}container", pk)


@needs("traceability.place_hold", about=Container)
@refusals.shown_on(lambda request, pk: _hold_page(request, pk))
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold every lot in it. Asked first, because a hold reaches the lots wherever they stand."""
    if request.method != "POST":
        return _hold_page(request, pk)
    box = get_object_or_404(Container, pk=pk)
    entry = stock.hold_container(
        container=box, reason=request.POST.get("reason", "").strip()[:2000], actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    count = len(entry.payload["holds"])
    messages.success(
        request, f"{count} lot{'s are' if count != 1 else ' is'} on hold.\nEntry {entry.seq} says which."
    )
    return redirect(f"{T}container", pk)


def _hold_page(request: HttpRequest, pk: int) -> HttpResponse:
    box = get_object_or_404(Container, pk=pk)
    context = {"box": box, "lots": stock.lots_in(box), "key": new_key(), "typed": request.POST}
    return render(request, "traceability/stock/hold_container.html", context)
