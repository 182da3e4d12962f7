"""What is on hand: by item, as quantities, by date, away, and in process."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any, cast

import django_filters
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.urls import reverse

from traceability import inquiries
from traceability.inquiries import Condition, Standing
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Entry, Item, Movement, RunLot
from traceability.views.stock.lists import (
    CHIP,
    CONTAINER,
    EXPIRES,
    FOR_EXPORT,
    FREE,
    ITEM,
    LOT,
    ON_HAND,
    PARTS,
    PLACE,
    PROMISED,
    AtItsDay,
    StockFilter,
    StockList,
    T,
    part_column,
    part_of,
    quantities_url,
    tabs,
    today,
    with_papers,
)
from traceability.views.stock.scope import sites_of

SOON = 30
RARE = (Condition.REJECTED, Condition.NEEDS, Condition.AWAY)


class ItemFilter(ListFilter):
    q = django_filters.CharFilter(label="Code, name or GTIN", method="by_text")
    kind = django_filters.ChoiceFilter(label="Kind", choices=Item.Kind.choices, empty_label="Any")
    category = django_filters.CharFilter(label="Category", lookup_expr="icontains")
    condition = django_filters.ChoiceFilter(
        label="Has some", method="by_condition", choices=PARTS, empty_label="Of any condition"
    )

    def by_text(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value) | Q(gtin__contains=value))

    def by_condition(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        here = inquiries.stock(today=today()).filter(lot__item=OuterRef("pk"))
        wanted = (
            here.filter(**{f"{value}__gt": 0})
            if value in ("free", "promised")
            else here.filter(condition=value)
        )
        return rows.filter(Exists(wanted))


class StockByItem(AtItsDay, RecordList):
    """One line an item: on hand = free + promised + what is not usable. Every number leads to its rows."""

    right = "traceability.view_ledger"
    template_name = "traceability/stock/list.html"
    title = "Stock"
    file_name = "stock-by-item"
    filterset_class = ItemFilter
    default_sort = "code"
    one, many = "item", "items"
    empty_title = "Nothing is on hand."
    empty_now = "The first receipt or opening balance puts something here."
    columns = [
        Column(
            "Item",
            lambda i: i.name,
            sort="name",
            link=lambda i: reverse(f"{T}stock_item", args=[i.pk]),
        ),
        Column("Code", lambda i: i.code, "code", sort="code", wide_only=True),
        Column(
            "On hand",
            lambda i: i.standing.on_hand,
            "number",
            unit=lambda i: i.unit,
            link=lambda i: quantities_url(item=i.code) if i.standing.on_hand else "",
        ),
        *(part_column(part, heading) for part, heading in PARTS),
        Column(
            "In process",
            lambda i: i.standing.in_process,
            "number",
            link=lambda i: (
                f"{reverse(f'{T}stock_in_process')}?item={i.code}" if i.standing.in_process else ""
            ),
            wide_only=True,
        ),
        Column("Lots", lambda i: i.standing.lots, "number", wide_only=True),
    ]

    def get_columns(self) -> list[Column]:
        """The page leaves out conditions that nothing is in; the export has them all."""
        met = set(self.stock().values_list("condition", flat=True).distinct().order_by())
        rare = {heading for part, heading in PARTS if part in RARE and part not in met}
        return [column for column in self.columns if column.heading not in rare]

    def export_columns(self) -> list[Column]:
        return list(self.columns)

    def get_base_queryset(self) -> QuerySet[Item]:
        here = self.stock().filter(lot__item=OuterRef("pk"))
        drawn = inquiries.in_process_links().filter(lot__item=OuterRef("pk"))
        return Item.objects.filter(Exists(here) | Exists(drawn))

    def stock(self) -> QuerySet[Any]:
        return inquiries.stock(today=self.day).filter(location__site__in=sites_of(self.request))

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = inquiries.standing_of([item.pk for item in rows], self.stock())
        for item in rows:
            item.standing = found.get(item.pk) or Standing()
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "tabs": tabs(self.request, f"{T}stock"),
            "metrics": self.metrics(),
        }

    def metrics(self) -> list[dict[str, Any]]:
        """The answers on top, each with its list: counts of lots and places, never a sum of unlike things."""
        day = self.day
        soon = Q(lot__expires_on__gte=day, lot__expires_on__lte=day + timedelta(days=SOON))
        lots = self.stock().aggregate(
            free_lots=_lots(Q(free__gt=0)),
            promised_lots=_lots(Q(promised__gt=0)),
            held_lots=_lots(Q(condition=Condition.HELD)),
            soon_lots=_lots(soon),
            past_lots=_lots(Q(lot__expires_on__lt=day)),
            away_lots=_lots(Q(location__kind__in=inquiries.AWAY)),
        )
        expiry = reverse(f"{T}stock_expiry")
        away = reverse(f"{T}stock_away")
        return [
            {"label": "Free", "icon": "released", "value": lots["free_lots"], "unit": "lots", "note": "usable and promised to nobody", "url": quantities_url(condition="free")},
            {"label": "Promised", "icon": "bookmark", "value": lots["promised_lots"], "unit": "lots", "note": "to orders and work orders", "url": quantities_url(condition="promised")},
            {"label": "On hold", "icon": "held", "value": lots["held_lots"], "unit": "lots", "note": "wherever they stand", "url": quantities_url(condition=Condition.HELD)},
            {"label": f"Expiring in {SOON} days", "icon": "hourglass", "value": lots["soon_lots"], "unit": "lots", "note": "first expired, first out", "url": f"{expiry}?within={SOON}"},
            {"label": "Past their date", "icon": "calendar-x", "value": lots["past_lots"], "unit": "lots", "note": "still in stock", "url": f"{expiry}?within=past"},
            {"label": "Away", "icon": "truck-delivery", "value": lots["away_lots"], "unit": "lots", "note": "in transit, at third parties", "url": away},
        ]  # fmt: skip


def _lots(wanted: Q) -> Count:
    return Count("lot", distinct=True, filter=wanted)


class OneItemFilter(StockFilter):
    item = None
    kind = None


class StockOfItem(StockList):
    """One item: lot, place, status; the shortest life first. On top, on hand and its parts as an equation that closes."""

    template_name = "traceability/stock/item.html"
    filterset_class = OneItemFilter
    default_sort = "lot__expires_on"
    columns = [LOT, EXPIRES, PLACE, CONTAINER, CHIP, ON_HAND, PROMISED, FREE, *FOR_EXPORT]

    @cached_property
    def item(self) -> Item:
        return get_object_or_404(Item, pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.item.name

    @property
    def crumbs(self) -> Any:  # type: ignore[override]
        return [("Stock", reverse(f"{T}stock"))]

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"stock-{self.item.code}"

    def get_base_queryset(self) -> QuerySet[Any]:
        return self.rows().filter(lot__item=self.item)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        standing = inquiries.standing_of([self.item.pk], self.rows())[self.item.pk]
        terms = [
            {
                "heading": heading,
                "quantity": part_of(standing, part),
                "url": quantities_url(item=self.item.code, condition=part),
                "look": LOOKS.get(part, "part-qc"),
            }
            for part, heading in PARTS
            if part_of(standing, part) or part == "free"
        ]
        return super().get_context_data(**kwargs) | {
            "item": self.item,
            "standing": standing,
            "terms": terms,
            "in_process_url": f"{reverse(f'{T}stock_in_process')}?item={self.item.code}",
        }


class Quantities(StockList):
    """Every quantity: lot, place, status, container. What the numbers of the other pages lead to."""

    title = "Quantities"
    file_name = "stock-quantities"


LOOKS = {
    "free": "part-here",
    "promised": "part-out",
    Condition.HELD: "part-loss",
    Condition.REJECTED: "part-loss",
}


class ExpiryFilter(StockFilter):
    within = django_filters.ChoiceFilter(
        label="Date",
        method="by_date",
        choices=[("past", "Past"), ("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days")],
        empty_label="Until 90 days",
    )

    def by_date(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        day = today()
        if value == "past":
            return rows.filter(lot__expires_on__lt=day)
        return rows.filter(lot__expires_on__gte=day, lot__expires_on__lte=day + timedelta(days=int(value)))


class Expiry(StockList):
    """What is past its date or comes near it, the worst first."""

    tab = f"{T}stock_expiry"
    title = "Expiry"
    file_name = "expiry"
    filterset_class = ExpiryFilter
    default_sort = "lot__expires_on"
    empty_title = "Nothing is past its date or near it."
    empty_now = "Lots appear here 90 days before their date."
    columns = [
        Column("Expires", lambda b: b.lot.expires_on, "day", sort="lot__expires_on"),
        Column("Days left", lambda b: b.days_left, "number"),
        LOT,
        ITEM,
        PLACE,
        CHIP,
        ON_HAND,
        PROMISED,
        FREE,
        *FOR_EXPORT,
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        return self.rows().filter(lot__expires_on__lte=self.day + timedelta(days=90))

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.days_left = (row.lot.expires_on - self.day).days
        return with_papers(rows)


class Away(StockList):
    """On the road or at a third party: still ours, and still to be found in a recall."""

    tab = f"{T}stock_away"
    title = "Away"
    file_name = "away"
    default_sort = "location__code"
    empty_title = "Nothing is away."
    empty_now = "What is moved to a place in transit or at a third party appears here."
    columns = [
        PLACE,
        Column("Kind", lambda b: b.location.get_kind_display(), sort="location__kind"),
        LOT,
        ITEM,
        CONTAINER,
        CHIP,
        Column("Since", lambda b: b.since, "when"),
        Column("Document", lambda b: b.document, "document", wide_only=True),
        ON_HAND,
        *FOR_EXPORT,
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        there = Movement.objects.filter(lot=OuterRef("lot"), destination=OuterRef("location")).exclude(
            origin=OuterRef("location")
        )
        last = Subquery(there.order_by("-id").values("entry")[:1])
        return self.rows().filter(location__kind__in=inquiries.AWAY).annotate(last=last)

    def prepare(self, rows: list[Any]) -> list[Any]:
        entries = Entry.objects.in_bulk([row.last for row in rows if row.last])
        for row in rows:
            entry = entries.get(row.last)
            row.since = entry.occurred_at if entry else None
            row.document = entry.document if entry else ""
        return with_papers(rows)


class InProcessFilter(ListFilter):
    document = django_filters.CharFilter(label="Work order", field_name="run__document")
    item = django_filters.CharFilter(label="Item", method="by_item")
    q = django_filters.CharFilter(label="Lot", field_name="lot__number", lookup_expr="icontains")

    def by_item(self, rows: QuerySet[RunLot], name: str, value: str) -> QuerySet[RunLot]:
        exact = rows.filter(lot__item__code__iexact=value)
        return exact if exact.exists() else rows.filter(lot__item__name__icontains=value)


class InProcess(RecordList):
    """What runs drew that have made nothing yet."""

    right = "traceability.view_ledger"
    template_name = "traceability/stock/list.html"
    title = "In process"
    note = "Issued to runs that have made nothing yet: out of stock, and not yet in a product."
    file_name = "in-process"
    filterset_class = InProcessFilter
    default_sort = "run__document"
    one, many = "lot in a run", "lots in runs"
    empty_title = "Nothing is in process."
    empty_now = "What is issued to a work order stands here until its first output."
    columns = [
        Column("Work order", lambda r: r.run.document, "document", sort="run__document"),
        Column("Line", lambda r: r.run.line.code if r.run.line else "", "code", wide_only=True),
        Column("Lot", lambda r: r.lot.number, "lot", sort="lot__number", record=lambda r: r.lot),
        Column(
            "Item",
            lambda r: r.lot.item.name,
            sort="lot__item__code",
            link=lambda r: reverse(f"{T}stock_item", args=[r.lot.item_id]),
        ),
        Column("Item code", lambda r: r.lot.item.code, "code", export_only=True),
        Column("Since", lambda r: r.since, "when"),
        Column("Quantity", lambda r: r.quantity - r.removed, "number", unit=lambda r: r.lot.item.unit),
    ]

    def get_base_queryset(self) -> QuerySet[RunLot]:
        return (
            inquiries.in_process_links()
            .filter(run__site__in=sites_of(self.request))
            .select_related("run__line", "lot__item")
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.since = row.first_at if row.first_at.year > 1 else None  # year 1: any time in the run
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = cast("QuerySet[Any]", self.object_list).annotate(left=F("quantity") - F("removed"))
        return super().get_context_data(**kwargs) | {
            "tabs": tabs(self.request, f"{T}stock_in_process"),
            "totals": inquiries.stock_totals(rows, on_hand="left"),
        }
