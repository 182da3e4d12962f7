"""Shipments to read, to begin, and what is known of the truck; and what came back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from shipping import services
from shipping.api import bodies
from shipping.api.shapes import ReturnShape, ShipmentBrief, ShipmentShape
from shipping.models import CustomerReturn, Order, Shipment, ShipmentStatus
from traceability import context, ledger
from traceability.api.editing import Edits, Makes
from traceability.api.nouns import found
from traceability.api.parameters import CodeFilter, MomentFilter, TextFilter
from traceability.api.rights import sees_customers
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import PAPER, Reads
from traceability.models import Lot, Party, Site

SHIPMENTS = Shipment.objects.select_related("customer", "order", "site", "started_by", "shipped_by")


class Start(Verb):
    """Begin a shipment, for an order or straight for a customer. Nothing moves yet."""

    operation_id = "shipments_create"
    required_right = {"POST": "shipping.pick"}
    body = bodies.StartBody
    answer = made(ShipmentBrief)

    def act(self, call: Call) -> Shipment:
        body = dict(call.body)
        orders = found(Order.objects.select_related("customer"), [body["order"]], what="order", code="number")
        customers = found(Party.objects.filter(is_customer=True), [body["customer"]], what="customer")
        sites = found(Site.objects.all(), [body["site"]], what="site")
        site = sites.get(body["site"]) or context.site_of(call.request._request)
        if site is None:
            raise ledger.BadInput("From which site?", now="Name it.", fields={"site": "missing"})
        body |= {
            "order": orders.get(body["order"]),
            "customer": customers.get(body["customer"]),
            "site": site,
        }
        return SHIPMENTS.get(pk=services.start_shipment(**body, **call.who).pk)


class ShipmentFilter(filters.FilterSet):
    number = TextFilter()
    status = filters.ChoiceFilter(choices=ShipmentStatus.choices)
    customer = CodeFilter(Party.objects.filter(is_customer=True), field_name="customer__code")
    order = CodeFilter(Order.objects.all(), code="number", field_name="order__number")
    site = CodeFilter(Site.objects.all(), field_name="site__code")
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lines__lot__number", distinct=True)
    shipped_from = MomentFilter(field_name="shipped_at", lookup_expr="gte")
    shipped_until = MomentFilter(field_name="shipped_at", lookup_expr="lt")

    def filter_queryset(self, queryset: QuerySet[Shipment]) -> QuerySet[Shipment]:
        if self.form.cleaned_data.get("customer") and not sees_customers(self.request):
            return queryset.none()
        return super().filter_queryset(queryset)


class ShipmentViewSet(Makes, Edits):
    """Shipments, the latest first. The detail is the packing list: its lots, and while it is picked what stops each of them."""

    required_right = {
        "GET": "shipping.view",
        "POST": "shipping.pick",
        "PATCH": ("shipping.pick", "shipping.ship"),
    }
    queryset = SHIPMENTS.order_by("-started_at", "-pk")
    filterset_class = ShipmentFilter
    orderings = {"number": ["number"], "started_at": ["started_at"], "shipped_at": ["shipped_at"]}
    lookup_field, lookup_value_regex = "number", PAPER
    new = Start
    body = bodies.TruckChange

    def get_serializer_class(self) -> Any:
        return ShipmentShape if self.detail else ShipmentBrief

    def get_queryset(self) -> QuerySet[Shipment]:
        rows = super().get_queryset()
        return rows.prefetch_related("steps__by") if self.detail else rows

    def change(self, call: Call, noun: Shipment) -> Shipment:
        services.set_truck(shipment=noun, facts=call.body, actor=call.actor)
        return SHIPMENTS.prefetch_related("steps__by").get(pk=noun.pk)


class ReturnFilter(filters.FilterSet):
    number = TextFilter()
    shipment = CodeFilter(Shipment.objects.all(), code="number", field_name="shipment__number")


class ReturnViewSet(Reads):
    """What customers sent back, the latest first."""

    required_right = "shipping.view"
    queryset = CustomerReturn.objects.select_related("shipment__customer", "received_by", "entry").order_by(
        "-received_at", "-pk"
    )
    serializer_class = ReturnShape
    filterset_class = ReturnFilter
    orderings = {"number": ["number"], "received_at": ["received_at"]}
    lookup_field, lookup_value_regex = "number", PAPER
