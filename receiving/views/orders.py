"""What is expected: open orders, and one order with what came on it."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from receiving.models import (
    AnnouncedLot,
    Delivery,
    OrderKind,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
)
from receiving.rights import RECEIVE
from receiving.services.progress import progress_of
from receiving.views.places import device_of, sites_of
from traceability import scanning
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Party
from traceability.reach import seen
from traceability.scanning import Kind
from traceability.views.keys import actor_of, client_of, new_key
from traceability.views.rights import needs

STATES = [
    ("expected", "Nothing received yet"),
    ("begun", "Received in part or whole"),
    ("closed", "Closed"),
    ("all", "All"),
]
ANY_RECEIPT = Exists(ReceiptLine.objects.filter(order_line__order=OuterRef("pk")))
GOING_ON = Exists(Delivery.objects.open().filter(orders=OuterRef("pk")))


class OrderFilter(ListFilter):
    q = django_filters.CharFilter(label="Order or item", method="by_text")
    supplier = django_filters.CharFilter(label="Supplier", method="by_supplier")
    kind = django_filters.ChoiceFilter(label="Kind", choices=OrderKind.choices, empty_label="Any")
    state = django_filters.ChoiceFilter(label="State", method="by_state", choices=STATES, empty_label="Open")
    since = django_filters.DateFilter(
        label="Expected from", field_name="expected_on", lookup_expr="gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label="to", field_name="expected_on", lookup_expr="lte", widget=DateInput
    )

    def by_text(self, rows: QuerySet[PurchaseOrder], name: str, value: str) -> QuerySet[PurchaseOrder]:
        lines = PurchaseOrderLine.objects.filter(
            Q(item__code__iexact=value) | Q(item__name__icontains=value), order=OuterRef("pk")
        )
        return rows.filter(Q(number__icontains=value) | Exists(lines))

    def by_supplier(self, rows: QuerySet[PurchaseOrder], name: str, value: str) -> QuerySet[PurchaseOrder]:
        return rows.filter(Q(supplier__code__iexact=value) | Q(supplier__name__icontains=value))

    def by_state(self, rows: QuerySet[PurchaseOrder], name: str, value: str) -> QuerySet[PurchaseOrder]:
        if value == "expected":
            return rows.filter(~ANY_RECEIPT, is_closed=False)
        if value == "begun":
            return rows.filter(ANY_RECEIPT, is_closed=False)
        return rows.filter(is_closed=True) if value == "closed" else rows


class OrderList(RecordList):
    right = "receiving.view"
    template_name = "receiving/orders.html"
    title = "Expected deliveries"
    note = "Open orders, the next to come first."
    file_name = "expected-deliveries"
    filterset_class = OrderFilter
    default_sort = "expected_on"
    tie = "number"
    one, many = "order", "orders"
    empty_title = "Nothing is expected."
    empty_now = "An order that is announced will stand here until it is closed."
    empty_link = ("Expect a delivery", "receiving:announce", RECEIVE)
    columns = [
        Column(
            "Order",
            lambda o: o.number,
            "code",
            sort="number",
            link=lambda o: reverse("receiving:order", args=[o.pk]),
        ),
        Column(
            "Supplier",
            lambda o: o.supplier.name,
            sort="supplier__name",
            link=lambda o: reverse("traceability:party", args=[o.supplier_id]),
        ),
        Column("Kind", lambda o: o.get_kind_display(), wide_only=True),
        Column("Expected", lambda o: o.expected_on, "day", sort="expected_on"),
        Column("Items", lambda o: o.items, wide_only=True),
        Column("Received", lambda o: o.received),
        Column("State", lambda o: o.state),
    ]

    def get_columns(self) -> list[Column]:
        columns = list(super().get_columns())
        if self.request.user.has_perm(RECEIVE):  # type: ignore[union-attr]
            columns.append(
                Column(
                    "Receive",
                    lambda o: "" if o.is_closed else "Receive",
                    link=lambda o: reverse("receiving:receive", args=[o.pk]),
                )
            )
        return columns

    def export_columns(self) -> list[Column]:
        return list(self.columns)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What is being received now, and the suppliers from whom something may come unannounced."""
        mine = (
            Delivery.objects.open()
            .filter(site__in=sites_of(self.request), orders__isnull=True)
            .select_related("supplier", "started_by")
        )  # type: ignore[union-attr]
        suppliers = (
            Party.objects.filter(is_supplier=True).order_by("name")
            if self.request.user.has_perm(RECEIVE)
            else []
        )  # type: ignore[union-attr]
        return super().get_context_data(**kwargs) | {"without_order": list(mine), "suppliers": suppliers}

    def get_base_queryset(self) -> QuerySet[PurchaseOrder]:
        rows = PurchaseOrder.objects.select_related("supplier").annotate(is_going_on=GOING_ON)
        return rows if self.request.GET.get("state") in ("closed", "all") else rows.filter(is_closed=False)

    def prepare(self, rows: list[Any]) -> list[Any]:
        progress = progress_of(rows)
        today = timezone.localdate()
        for order in rows:
            lines = progress.get(order.pk, [])
            order.items = ", ".join(dict.fromkeys(row.line.item.name for row in lines))
            order.received = f"{sum(row.is_complete for row in lines)} of {len(lines)} lines complete"
            order.state = state_of(order, today, has_begun=any(row.lots for row in lines))
            if not order.is_closed and lines and all(row.is_complete for row in lines):
                order.state = "All received"
        return rows


def state_of(order: Any, today: date, *, has_begun: bool) -> str:
    """Where it stands, in a word for the list."""
    if order.is_closed:
        return "Closed"
    if order.is_going_on:
        return "Being received"
    if has_begun:
        return "Received in part"
    if order.expected_on is None or order.expected_on > today:
        return "Expected"
    return "Today" if order.expected_on == today else "Late"


class OrderPage(RecordList):
    """One order: its lines with what came, and its receipts."""

    right = "receiving.view"
    template_name = "receiving/order.html"
    paginate_by = 500
    one, many = "line", "lines"
    default_sort = "position"
    tie = "position"
    crumbs = [("Expected deliveries", "/receiving/")]
    columns = [
        Column("Line", lambda r: r.position, "number"),
        Column("Item", lambda r: r.item.name, link=lambda r: reverse("traceability:item", args=[r.item_id])),
        Column("Item code", lambda r: r.item.code, "code", wide_only=True),
        Column("Ordered", lambda r: r.progress.ordered, "number", unit=lambda r: r.item.unit),
        Column("Received", lambda r: r.progress.received, "number", unit=lambda r: r.item.unit),
        Column("To come", lambda r: r.progress.remaining, "number", unit=lambda r: r.item.unit),
        Column("Lots", lambda r: r.progress.lots, "number"),
    ]

    @cached_property
    def order(self) -> PurchaseOrder:
        return get_object_or_404(
            PurchaseOrder.objects.select_related("supplier", "ordered_by"), pk=self.kwargs["pk"]
        )

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Order {self.order.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"order-{self.order.number}"

    def get_base_queryset(self) -> QuerySet[PurchaseOrderLine]:
        return PurchaseOrderLine.objects.filter(order=self.order).select_related("item")

    def prepare(self, rows: list[Any]) -> list[Any]:
        progress = {row.line.pk: row for row in progress_of([self.order]).get(self.order.pk, [])}
        for row in rows:
            row.progress = progress[row.pk]
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        receipts = (
            seen(Receipt.objects.filter(lines__order_line__order=self.order))
            .distinct()
            .select_related("received_by")
            .order_by("received_at")
        )
        announced = AnnouncedLot.objects.filter(line__order=self.order).select_related("line__item")
        return super().get_context_data(**kwargs) | {
            "order": self.order,
            "receipts": list(receipts),
            "announced": list(announced.order_by("line__position", "pk")),
            "key": new_key(),
        }


@require_POST
@needs(RECEIVE)
def open_order(request: HttpRequest) -> HttpResponse:
    """A scanned order opens its delivery; the pallet of an advance notice opens the notice."""
    actor = actor_of(request)
    text = request.POST.get("code", "")[:4096]
    sender = scanning.Sender(
        person=actor, client=client_of(request), key=new_key(), device=device_of(request), context="expected", is_typed=bool(request.POST.get("typed"))
    )  # fmt: skip
    found = scanning.scan(
        text, asked=scanning.Asked(person=actor, wants=frozenset({Kind.DOCUMENT})), sender=sender
    )
    order = found.one.record if found.one else announced_by(found.reading.sscc)
    if isinstance(order, PurchaseOrder):
        return redirect("receiving:receive", order.pk)
    said = found.answer.plain if found.answer else f"{found.reading.shown} is no order."
    messages.warning(request, f"{said}\nScan the number of the order, or choose it from the list.")
    return redirect("receiving:expected")


def announced_by(sscc: str) -> PurchaseOrder | None:
    orders = (
        list(PurchaseOrder.objects.open().filter(lines__announced__sscc=sscc).distinct()[:2]) if sscc else []
    )
    return orders[0] if len(orders) == 1 else None
