"""What customers ordered: to read, to enter (one or many), to change while it is open, to cancel, to close short."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from shipping import services
from shipping.api import bodies
from shipping.api.shapes import OrderBrief, OrderShape
from shipping.models import Order, OrderStatus
from traceability.api.bodies import ReasonBody
from traceability.api.editing import Edits, Makes
from traceability.api.nouns import by_number, found
from traceability.api.parameters import CodeFilter, TextFilter
from traceability.api.rights import sees_customers
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import PAPER
from traceability.models import Item, Lot, Party

ORDERS = Order.objects.select_related("customer", "ordered_by")


def ordered(rows: list[dict[str, Any]]) -> list[services.OrderedItem]:
    items = found(Item.objects.filter(is_active=True), [row["item"] for row in rows], what="item")
    lots = found(Lot.objects.all(), [row["lot"] for row in rows], what="lot", code="number")
    return [
        services.OrderedItem(**{**row, "item": items[row["item"]], "lot": lots.get(row["lot"])})
        for row in rows
    ]


class EnterOrder(Verb):
    """Write down what a customer wants, or up to 500 orders at once: all or none."""

    operation_id = "customer_orders_create"
    required_right = {"POST": "shipping.plan"}
    body = bodies.OrderBody
    answer = made(OrderBrief)
    most_rows = 500

    def act(self, call: Call) -> Order:
        body = dict(call.body)
        customers = found(Party.objects.filter(is_customer=True), [body["customer"]], what="customer")
        body |= {"customer": customers[body["customer"]], "lines": ordered(body["lines"])}
        return ORDERS.get(pk=services.order(**body, **call.who).pk)


class OrderFilter(filters.FilterSet):
    number = TextFilter()
    customer_reference = TextFilter()
    status = filters.ChoiceFilter(choices=OrderStatus.choices)
    customer = CodeFilter(Party.objects.filter(is_customer=True), field_name="customer__code")
    item = CodeFilter(Item.objects.all(), field_name="lines__item__code", distinct=True)
    due_from = filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_until = filters.DateFilter(field_name="due_on", lookup_expr="lte")

    def filter_queryset(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.form.cleaned_data.get("customer") and not sees_customers(self.request):
            return queryset.none()
        return super().filter_queryset(queryset)


class OrderViewSet(Makes, Edits):
    """What customers ordered, the latest due first. The detail has its lines with what is picked and what has left."""

    required_right = {"GET": "shipping.view", "POST": "shipping.plan", "PATCH": "shipping.plan"}
    queryset = ORDERS.order_by("-due_on", "-pk")
    filterset_class = OrderFilter
    orderings = {"number": ["number"], "due_on": ["due_on"], "id": []}
    lookup_field, lookup_value_regex = "number", PAPER
    new = EnterOrder
    body = bodies.OrderChange

    def get_serializer_class(self) -> Any:
        return OrderShape if self.detail else OrderBrief

    def get_queryset(self) -> QuerySet[Order]:
        rows = super().get_queryset()
        return rows.prefetch_related("steps__by") if self.detail else rows

    def change(self, call: Call, noun: Order) -> Order:
        changes = {name: value for name, value in call.body.items() if name != "lines"}
        lines = ordered(call.body["lines"]) if "lines" in call.body else None
        services.change_order(
            order=noun, changes=changes, lines=lines, **call.who | {"key": call.key or call.fallback_key()}
        )
        return ORDERS.prefetch_related("steps__by").get(pk=noun.pk)


class OfAnOrder(Verb):
    answer = made(OrderBrief)
    body = ReasonBody


class Cancel(OfAnOrder):
    """Nothing of it will leave. Refused while something is picked for it or has left."""

    operation_id = "customer_orders_cancel"
    required_right = {"POST": "shipping.plan"}

    def act(self, call: Call, number: str) -> Order:
        order = services.cancel_order(order=by_number(ORDERS, number), **call.body, **call.who)
        return ORDERS.get(pk=order.pk)


class CloseShort(OfAnOrder):
    """What has not left will not: the order is done as it stands."""

    operation_id = "customer_orders_close_short"
    required_right = {"POST": ("shipping.plan", "shipping.ship")}

    def act(self, call: Call, number: str) -> Order:
        order = services.close_short(order=by_number(ORDERS, number), **call.body, **call.who)
        return ORDERS.get(pk=order.pk)
