"""What suppliers will bring: to read, to announce (one or many), to close when nothing more comes."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters

from receiving import services
from receiving.api import bodies
from receiving.api.shapes import PurchaseOrderBrief, PurchaseOrderShape
from receiving.models import OrderKind, PurchaseOrder
from receiving.rights import ANNOUNCE, RECEIVE
from traceability.api.bodies import ReasonBody
from traceability.api.editing import Makes
from traceability.api.nouns import by_number, found
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import PAPER
from traceability.models import Item, Party

ORDERS = PurchaseOrder.objects.select_related("supplier", "ordered_by")
SUPPLIERS = Party.objects.filter(is_supplier=True)


def ordered(rows: list[dict[str, Any]]) -> list[services.OrderedItem]:
    items = found(Item.objects.filter(is_active=True), [row["item"] for row in rows], what="item")
    return [
        services.OrderedItem(
            item=items[row["item"]], quantity=row["quantity"], unit=row["unit"], lots=[services.Announced(**lot) for lot in row["lots"]]
        )
        for row in rows
    ]  # fmt: skip


class Announce(Verb):
    """Say what a supplier will bring: an order, a trip ticket, or an advance notice with its lots; up to 500 at once, all or none."""

    operation_id = "purchase_orders_create"
    required_right = {"POST": (ANNOUNCE, RECEIVE)}
    body = bodies.PurchaseOrderBody
    answer = made(PurchaseOrderBrief)
    most_rows = 500

    def act(self, call: Call) -> PurchaseOrder:
        body = dict(call.body)
        suppliers = found(SUPPLIERS, [body["supplier"]], what="supplier")
        body |= {"supplier": suppliers[body["supplier"]], "lines": ordered(body["lines"])}
        return ORDERS.get(pk=services.order(**body, **call.who).pk)


class OrderFilter(filters.FilterSet):
    number = TextFilter()
    kind = filters.ChoiceFilter(choices=OrderKind.choices)
    is_closed = YesNoFilter()
    supplier = CodeFilter(SUPPLIERS, field_name="supplier__code")
    item = CodeFilter(Item.objects.all(), field_name="lines__item__code", distinct=True)
    expected_from = filters.DateFilter(field_name="expected_on", lookup_expr="gte")
    expected_until = filters.DateFilter(field_name="expected_on", lookup_expr="lte")


class OrderViewSet(Makes):
    """What suppliers will bring. The detail has its lines with what came and what is still to come."""

    required_right = {"GET": "receiving.view", "POST": (ANNOUNCE, RECEIVE)}
    queryset = ORDERS.order_by("-expected_on", "-pk")
    filterset_class = OrderFilter
    orderings = {"number": ["number"], "expected_on": ["expected_on"], "id": []}
    lookup_field, lookup_value_regex = "number", PAPER
    new = Announce

    def get_serializer_class(self) -> Any:
        return PurchaseOrderShape if self.detail else PurchaseOrderBrief


class Close(Verb):
    """Expect nothing more on an order that came short."""

    operation_id = "purchase_orders_close"
    required_right = {"POST": RECEIVE}
    body = ReasonBody
    answer = made(PurchaseOrderBrief)

    def act(self, call: Call, number: str) -> PurchaseOrder:
        order = services.close_order(order=by_number(ORDERS, number), **call.body, **call.who)
        return ORDERS.get(pk=order.pk)
