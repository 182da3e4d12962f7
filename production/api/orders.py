"""Work orders to read, to plan (one or many), and to change while nothing went in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from production import services
from production.api.bodies import PlanBody, PlanChange
from production.api.shapes import OrderLot, SuggestedLot, WorkOrderBrief, WorkOrderShape, with_unit
from production.models import Bom, WorkOrder, WorkOrderStatus
from production.needs import needs_of
from traceability.api import paging
from traceability.api.editing import Edits, Makes
from traceability.api.nouns import by_number, found
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import PAPER, Reads
from traceability.models import Item, Location, LocationKind, RunLot, RunRole, Site

ORDERS = WorkOrder.objects.select_related(
    "item", "bom", "site", "line", "run__site", "released_by", "closed_by"
)


class Plan(Verb):
    """Plan a work order, or up to 500 of them at once: all or none. Nothing moves before it is released."""

    operation_id = "work_orders_create"
    required_right = {"POST": "production.plan"}
    body = PlanBody
    answer = made(WorkOrderBrief)
    most_rows = 500

    def act(self, call: Call) -> WorkOrder:
        body = dict(call.body)
        lines = found(
            Location.objects.select_related("site").filter(kind=LocationKind.LINE),
            [body["line"]],
            what="line",
        )
        items = found(Item.objects.filter(is_active=True), [body["item"]], what="item")
        boms = found(Bom.objects.in_force().select_related("item"), [body["bom"]], what="BOM", code="name")
        bom = boms.get(body["bom"])
        body |= {
            "line": lines[body["line"]],
            "item": items.get(body["item"]) or (bom and bom.item),
            "bom": bom,
        }
        body["product"] = body["product"] or (bom.name if bom and not body["item"] else "")
        order = services.plan_work_order(**body, **call.who)
        return with_unit(ORDERS.get(pk=order.pk))


class WorkOrderFilter(filters.FilterSet):
    number = TextFilter()
    status = filters.ChoiceFilter(choices=WorkOrderStatus.choices)
    item = CodeFilter(Item.objects.all(), field_name="item__code")
    line = CodeFilter(Location.objects.all(), field_name="line__code")
    site = CodeFilter(Site.objects.all(), field_name="site__code")
    planned_from = filters.DateFilter(field_name="planned_on", lookup_expr="gte")
    planned_until = filters.DateFilter(field_name="planned_on", lookup_expr="lte")
    due_until = filters.DateFilter(field_name="due_on", lookup_expr="lte")
    is_stopped = YesNoFilter(method="stopped")

    def stopped(self, rows: QuerySet[WorkOrder], name: str, value: bool) -> QuerySet[WorkOrder]:
        return rows.filter(stopped_at__isnull=not value)


class WorkOrderViewSet(Makes, Edits):
    """Work orders, the latest first. The detail has what it still needs, its weights, its runs and its steps."""

    required_right = {"GET": "production.view", "POST": "production.plan", "PATCH": "production.plan"}
    queryset = ORDERS.order_by("-planned_on", "-pk")
    filterset_class = WorkOrderFilter
    orderings = {
        "number": ["number"],
        "planned_on": ["planned_on"],
        "due_on": ["due_on"],
        "released_at": ["released_at"],
        "closed_at": ["closed_at"],
    }
    lookup_field, lookup_value_regex = "number", PAPER
    new = Plan
    body = PlanChange

    def get_serializer_class(self) -> Any:
        return WorkOrderShape if self.detail else WorkOrderBrief

    def get_queryset(self) -> QuerySet[WorkOrder]:
        rows = super().get_queryset()
        return rows.prefetch_related("steps__by", "steps__second_person") if self.detail else rows

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        return [with_unit(row) for row in rows]

    def change(self, call: Call, noun: WorkOrder) -> WorkOrder:
        services.change_plan(work_order=noun, changes=call.body, actor=call.actor)
        return ORDERS.prefetch_related("steps__by", "steps__second_person").get(pk=noun.pk)


class OfOneOrder(Reads):
    # Lists that belong to one order.

    required_right = "production.view"
    about, named = WorkOrder, "number"

    def order(self) -> WorkOrder:
        return by_number(ORDERS, self.kwargs["number"])


class OrderLots(OfOneOrder):
    """Lots that went into the order and came out of it, per run."""

    serializer_class = OrderLot

    class Filter(filters.FilterSet):
        role = filters.ChoiceFilter(choices=RunRole.choices)

    filterset_class = Filter
    # For OpenAPI, which asks without an address.
    queryset = RunLot.objects.none()

    def get_queryset(self) -> QuerySet[RunLot]:
        rows = RunLot.objects.filter(run__document=self.order().number, quantity__gt=0)
        return rows.select_related("lot__item", "run").order_by("role", "lot__number", "run", "pk")


class OrderNeeds(OfOneOrder):
    """What to take next for what the order still needs: first expired, first out, with the place."""

    serializer_class = SuggestedLot
    queryset = RunLot.objects.none()

    def known_parameters(self) -> Sequence[str]:
        return (*paging.NAMES, "fields", "omit")

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        rows = [row for need in needs_of(self.order(), suggest=True) for row in need.stock]
        page = self.paginate_queryset(rows)  # type: ignore[arg-type]
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
