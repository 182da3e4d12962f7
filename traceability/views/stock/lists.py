"""What the lists of stock share: tabs, filters, columns, and the facts of a page of quantities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from traceability import inquiries
from traceability.inquiries import Condition
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Item, Reservation, search_key
from traceability.reach import seen
from traceability.views.stock.scope import sites_of, under

T = "traceability:"
TABS = [
    ("By item", f"{T}stock"),
    ("By place", f"{T}stock_places"),
    ("Quantities", f"{T}stock_quantities"),
    ("Expiry", f"{T}stock_expiry"),
    ("Away", f"{T}stock_away"),
    ("In process", f"{T}stock_in_process"),
    ("Containers", f"{T}containers"),
    ("Counts", f"{T}counts"),
]
# The parts of what is on hand, in the order of the columns. Free and promised are the parts of what is usable.
PARTS = [
    ("free", "Free"),
    ("promised", "Promised"),
    (Condition.QUARANTINE, "Awaiting QC"),
    (Condition.HELD, "On hold"),
    (Condition.REJECTED, "Rejected"),
    (Condition.EXPIRED, "Past date"),
    (Condition.NEEDS, "Paper missing"),
    (Condition.AWAY, "Away"),
]
CHIPS = {Condition.USABLE: "released", Condition.AWAY: "released", Condition.NEEDS: "released"}


def quantities_url(**wanted: Any) -> str:
    """The list of quantities behind a number."""
    return f"{reverse(f'{T}stock_quantities')}?{urlencode({k: v for k, v in wanted.items() if v})}"


class StockFilter(ListFilter):
    q = django_filters.CharFilter(label="Lot or supplier lot", method="by_lot")
    item = django_filters.CharFilter(label="Item", method="by_item")
    place = django_filters.CharFilter(label="Place and inside it", method="by_place")
    condition = django_filters.ChoiceFilter(
        label="Condition", method="by_condition", choices=PARTS, empty_label="Any"
    )
    kind = django_filters.ChoiceFilter(
        label="Kind", field_name="lot__item__kind", choices=Item.Kind.choices, empty_label="Any"
    )

    def by_lot(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(
            Q(lot__number__icontains=value) | Q(lot__supplier_lot_key__contains=search_key(value))
        )

    def by_item(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """A code means that item alone; other text is looked for in the names."""
        exact = rows.filter(lot__item__code__iexact=value)
        return exact if exact.exists() else rows.filter(lot__item__name__icontains=value)

    def by_place(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(under(value))

    def by_condition(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value in ("free", "promised"):
            return rows.filter(**{f"{value}__gt": 0})
        return rows.filter(condition=value)


def item_link(row: Any) -> str:
    return reverse(f"{T}stock_item", args=[row.lot.item_id])


def place_link(row: Any) -> str:
    return reverse(f"{T}location", args=[row.location_id])


def container_link(row: Any) -> str:
    return reverse(f"{T}container", args=[row.container_id]) if row.container_id else ""


def unit_of(row: Any) -> str:
    return row.lot.item.unit


LOT = Column("Lot", lambda b: b.lot.number, "lot", sort="lot__number", record=lambda b: b.lot)
ITEM = Column("Item", lambda b: b.lot.item.name, sort="lot__item__code", link=item_link)
PLACE = Column("Place", lambda b: b.location.code, "code", sort="location__code", link=place_link)
CONTAINER = Column(
    "Container",
    lambda b: b.container.number if b.container else "",
    "code",
    link=container_link,
    wide_only=True,
)
CHIP = Column("Status", lambda b: b.chips, "chips")
EXPIRES = Column("Expires", lambda b: b.lot.expires_on, "day", sort="lot__expires_on", wide_only=True)
ON_HAND = Column("On hand", lambda b: b.quantity, "number", unit=unit_of)
PROMISED = Column("Promised", lambda b: b.promised, "number", sub=lambda b: b.papers, wide_only=True)
FREE = Column("Free", lambda b: b.free, "number")
FOR_EXPORT = [
    Column("Item code", lambda b: b.lot.item.code, "code", export_only=True),
    Column("Site", lambda b: b.location.site.code, "code", export_only=True),
    Column("Supplier", lambda b: b.lot.supplier.name if b.lot.supplier else "", export_only=True),
    Column("Supplier lot", lambda b: b.lot.supplier_lot, "code", export_only=True),
    Column("Quantity status", lambda b: b.get_status_display(), export_only=True),
    Column("Condition", lambda b: Condition(b.condition).label, export_only=True),
    Column("Pieces", lambda b: b.pieces or None, "number", export_only=True),
]


class AtItsDay:
    """Asked once, while the request speaks the site's time: an export is written when that time is gone."""

    day: date

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        self.day = today()


class StockList(AtItsDay, RecordList):
    """A list of quantities (balance rows of `inquiries.stock`), each with its condition."""

    right = "traceability.view_ledger"
    template_name = "traceability/stock/list.html"
    title = "Stock"
    file_name = "stock"
    one, many = "quantity", "quantities"
    default_sort = "lot__item__code"
    record = "lot"
    filterset_class: Any = StockFilter
    empty_title = "Nothing is on hand."
    empty_now = "The first receipt or opening balance puts something here."
    columns = [LOT, ITEM, PLACE, CHIP, CONTAINER, EXPIRES, ON_HAND, PROMISED, FREE, *FOR_EXPORT]
    tab = f"{T}stock_quantities"

    def rows(self) -> QuerySet[Any]:
        """Every quantity at the person's sites."""
        found = inquiries.stock(today=self.day)
        return found.filter(location__site__in=sites_of(self.request)).select_related(
            "lot__item", "lot__supplier", "location__site", "container"
        )

    def get_base_queryset(self) -> QuerySet[Any]:
        return self.rows()

    def prepare(self, rows: list[Any]) -> list[Any]:
        return with_papers(rows)

    def totals(self) -> list[dict[str, Any]]:
        """On hand of all rows shown, per unit."""
        return inquiries.stock_totals(cast("QuerySet[Any]", self.object_list), on_hand="quantity")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "tabs": tabs(self.request, self.tab),
            "totals": self.totals(),
        }


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    return [{"label": label, "url": reverse(name), "is_current": name == current} for label, name in TABS]


def today() -> date:
    """The day at the person's site."""
    return timezone.localdate()


def with_papers(rows: list[Any]) -> list[Any]:
    """Give each quantity its chips, and the documents that it is promised to. One query."""
    promises: dict[tuple[int, int, int | None], list[str]] = defaultdict(list)
    wanted = [row.lot_id for row in rows if row.promised]
    found = seen(Reservation.objects.standing().filter(lot__in=wanted)).order_by("document")
    for lot, place, box, document in found.values_list("lot", "location", "container", "document"):
        promises[lot, place, box].append(document)
    for row in rows:
        row.chips = [CHIPS.get(row.condition, row.condition)]
        if row.condition == Condition.NEEDS:
            row.chips.append("paper missing")
        papers = promises[row.lot_id, row.location_id, row.container_id] if row.promised else []
        row.papers = ", ".join(papers[:3]) + (f" and {len(papers) - 3} more" if len(papers) > 3 else "")
    return rows


def part_of(standing: inquiries.Standing, part: str) -> Decimal:
    if part in ("free", "promised"):
        return getattr(standing, part)
    return standing.conditions[part]


def part_column(part: str, heading: str, *, item: Callable[[Any], Item] = lambda row: row) -> Column:
    """A number of an item's standing, with the rows behind it."""
    return Column(
        heading,
        lambda row: part_of(row.standing, part),
        "number",
        link=lambda row: (
            quantities_url(item=item(row).code, condition=part) if part_of(row.standing, part) else ""
        ),
        wide_only=part != "free",
    )
