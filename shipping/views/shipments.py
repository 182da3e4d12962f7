"""Shipments: the list, one that has left with its lots, and the packing list."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from shipping.models import CustomerReturn, Shipment, ShipmentLine, ShipmentStatus
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Movement
from traceability.views.keys import actor_of
from traceability.views.papers import print_form
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

CUSTOMERS = "traceability.view_customers"


def check_sees_customers(request: HttpRequest | None) -> None:
    if request is None or not actor_of(request).has_perm(CUSTOMERS):
        raise PermissionDenied(f"Looking for a customer needs the right {CUSTOMERS}.")


class ShipmentFilter(ListFilter):
    q = django_filters.CharFilter(label="Shipment, order or lot", method="by_text")
    customer = django_filters.CharFilter(label="Customer", method="by_customer")
    status = django_filters.ChoiceFilter(label="Status", choices=ShipmentStatus.choices, empty_label="Any")
    since = django_filters.DateFilter(
        label="Started from", field_name="started_at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label="to", field_name="started_at", lookup_expr="date__lte", widget=DateInput
    )

    def by_text(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        lots = ShipmentLine.objects.filter(
            lot__number__in={value, value.upper()}, shipment=OuterRef("pk"), is_taken_out=False
        )
        return rows.filter(Q(number__icontains=value) | Q(order__number__icontains=value) | Exists(lots))

    def by_customer(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        check_sees_customers(self.request)
        return rows.filter(Q(customer__code__iexact=value) | Q(customer__name__icontains=value))


class CustomersAsAllowed:
    """Whoever may not see customers cannot sort by them either."""

    request: HttpRequest
    columns: list[Column]

    def get_columns(self) -> list[Column]:
        if actor_of(self.request).has_perm(CUSTOMERS):
            return list(self.columns)
        return [replace(column, sort="") if column.right else column for column in self.columns]


class ShipmentList(CustomersAsAllowed, RecordList):
    right = "shipping.view"
    title = "Shipments"
    note = "What leaves and what left, the latest first."
    file_name = "shipments"
    filterset_class = ShipmentFilter
    default_sort = "-started_at"
    tie = "number"
    one, many = "shipment", "shipments"
    template_name = "shipping/shipments.html"
    empty_title = "Nothing was shipped yet."
    empty_now = "Start the first shipment."
    queryset = Shipment.objects.select_related("customer", "order")
    columns = [
        Column("Shipment", lambda r: r.number, "code", sort="number", link=lambda r: reverse("shipping:shipment", args=[r.pk])),
        Column("Customer", lambda r: r.customer.name, sort="customer__name", right=CUSTOMERS, link=lambda r: reverse("traceability:party", args=[r.customer_id])),
        Column("Order", lambda r: r.order.number if r.order else "", "code", sort="order__number", wide_only=True,
               link=lambda r: reverse("shipping:order", args=[r.order_id]) if r.order_id else ""),
        Column("Status", lambda r: r.get_status_display(), sort="status", sub=lambda r: "recorded after the fact" if r.is_after_the_fact else None),
        Column("Lines", lambda r: r.line_count, "number"),
        Column("Started", lambda r: r.started_at, "when", sort="started_at"),
        Column("Left", lambda r: r.shipped_at, "when", sort="shipped_at"),
        Column("Carrier", lambda r: r.carrier, wide_only=True),
    ]  # fmt: skip

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = (
            ShipmentLine.objects.filter(shipment__in=rows, is_taken_out=False)
            .values("shipment")
            .annotate(lines=Count("pk"))
            .order_by()
        )
        counts = {row["shipment"]: row["lines"] for row in found}
        for shipment in rows:
            shipment.line_count = counts.get(shipment.pk, 0)
        return rows


class ShipmentPaper(RecordList):
    """One shipment with its lots as they left and as they stand now, what came back, and its history."""

    right = "shipping.view"
    template_name = "shipping/shipment.html"
    paginate_by = 1000
    one, many = "line", "lines"
    default_sort = "position"
    tie = "position"
    crumbs = [("Shipments", "/shipping/")]
    empty_title = "Nothing is picked yet."
    empty_now = "Scan the first lot."
    columns = [
        Column("Line", lambda r: r.position, "number", sort="position"),
        Column("Lot", lambda r: r.lot.number, "lot", sort="lot__number", record=lambda r: r.lot),
        Column("Item", lambda r: r.lot.item.name, sort="lot__item__code", link=lambda r: reverse("traceability:item", args=[r.lot.item_id])),
        Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.lot.item.unit),
        Column("From", lambda r: r.location.code, wide_only=True),
        Column("Best by", lambda r: r.lot.expires_on, "day"),
        Column("Picked by", lambda r: str(r.picked_by), wide_only=True),
        Column("Status of the lot now", lambda r: r.lot.chips, "chips"),
    ]  # fmt: skip

    @cached_property
    def shipment(self) -> Shipment:
        return shipment_of(self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Shipment {self.shipment.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"shipment-{self.shipment.number}"

    def get_base_queryset(self) -> QuerySet[ShipmentLine]:
        rows = ShipmentLine.objects.filter(shipment=self.shipment, is_taken_out=False)
        return rows.select_related("lot__item", "location", "picked_by")

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shipment = self.shipment
        returns = CustomerReturn.objects.filter(shipment=shipment).select_related("received_by", "entry")
        return super().get_context_data(**kwargs) | {
            "shipment": shipment,
            "returns": list(returns.prefetch_related("entry__movements__lot__item").order_by("received_at")),
        }


def shipment_of(pk: int) -> Shipment:
    return get_object_or_404(
        Shipment.objects.select_related("customer", "order", "site", "shipped_by", "started_by"), pk=pk
    )


class ReturnPaper(RecordList):
    """What a customer sent back of one shipment, as it was received."""

    right = "shipping.view"
    about = CustomerReturn
    template_name = "shipping/return_paper.html"
    paginate_by = 1000
    one, many = "lot", "lots"
    default_sort = "line"
    tie = "line"
    columns = [
        Column("Line", lambda m: m.line, "number", sort="line"),
        Column("Lot", lambda m: m.lot.number, "lot", sort="lot__number", record=lambda m: m.lot),
        Column("Item", lambda m: m.lot.item.name, sort="lot__item__code", link=lambda m: reverse("traceability:item", args=[m.lot.item_id])),
        Column("Came back", lambda m: m.quantity, "number", unit=lambda m: m.lot.item.unit),
        Column("Put at", lambda m: m.destination.code),
        Column("Status of the lot now", lambda m: m.lot.chips, "chips"),
    ]  # fmt: skip

    @cached_property
    def paper(self) -> CustomerReturn:
        rows = CustomerReturn.objects.select_related("shipment__customer", "received_by", "entry")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Customer return {self.paper.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"return-{self.paper.number}"

    @property
    def crumbs(self) -> list[tuple[str, str]]:  # type: ignore[override]
        shipment = self.paper.shipment
        return [
            ("Shipments", reverse("shipping:shipments")),
            (shipment.number, reverse("shipping:shipment", args=[shipment.pk])),
        ]

    def get_base_queryset(self) -> QuerySet[Movement]:
        return Movement.objects.filter(entry=self.paper.entry).select_related("lot__item", "destination")

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"paper": self.paper}


@needs("shipping.view", about=Shipment)
def packing_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The paper that goes along: every lot with its quantity. It names the customer only to those who may know."""
    return print_form(request, "shipment", shipment_of(pk).number)
