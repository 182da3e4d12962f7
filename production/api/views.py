"""Read work orders; issue lots to one and report what it made, through the services that the pages use."""

from __future__ import annotations

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from production import services
from production.models import WorkOrder, WorkOrderStatus
from traceability import ledger
from traceability.api import parameters
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Id, Words
from traceability.api.briefs import ItemBrief, LocationBrief
from traceability.api.keys import DRY_RUN, HEADER, key_of
from traceability.api.parameters import TextFilter
from traceability.api.verbs import Amount, LineBody, Posted, acting, by_number, found, lines_of, posted, valid
from traceability.api.views import Reads, StrictView
from traceability.models import Item, Location, Lot

MOST = 1_000


class WorkOrderSerializer(serializers.ModelSerializer[WorkOrder]):
    item = ItemBrief(read_only=True, allow_null=True)
    line = LocationBrief(read_only=True)

    class Meta:
        model = WorkOrder
        fields = [
            "id",
            "number",
            "product",
            "item",
            "line",
            "planned_on",
            "status",
            "released_at",
            "closed_at",
        ]


class WorkOrderFilter(filters.FilterSet):
    number = TextFilter()
    status = filters.ChoiceFilter(choices=WorkOrderStatus.choices)


class WorkOrderViewSet(Reads):
    """Work orders, the latest first."""

    required_right = "production.view"
    queryset = WorkOrder.objects.select_related("item", "line").order_by("-planned_on", "-pk")
    serializer_class = WorkOrderSerializer
    filterset_class = WorkOrderFilter


class IssueBody(Body):
    lots = lines_of(LineBody, most=MOST)


class MadeBody(Body):
    """Without a lot number the item's pattern gives it; without a place, the item's own."""

    item = Id(help_text="From /items.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    lot_number = Words(max_length=20, required=False, allow_null=True, default=None)
    location = Id(required=False, allow_null=True, default=None)


class OutputBody(Body):
    outputs = lines_of(MadeBody, most=MOST)


class Issue(StrictView):
    required_right = {"POST": "production.issue"}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="work_orders_issue",
        request=IssueBody,
        responses={201: Posted, 200: Posted},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request, number: str) -> Response:
        """Take lots into the order now. A lot that is held, undecided, rejected or expired is refused; so is one that is promised to others."""
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        rows = valid(IssueBody(data=request.data))["lots"]
        order = by_number(WorkOrder.objects.select_related("site"), number)
        lots = found(Lot.objects.select_related("item"), [row["lot"] for row in rows], what="lot")
        places = found(
            Location.objects.select_related("site"), [row["location"] for row in rows], what="location"
        )
        lines = [
            services.Issued(**{**row, "lot": lots[row["lot"]], "location": places[row["location"]]})
            for row in rows
        ]
        with acting(dry_run=dry_run):
            entry = services.issue(
                work_order=order, lots=lines, actor=actor_of(request), client=client_of(request), key=key
            )
        return posted(request, entry, dry_run=dry_run)


class Output(StrictView):
    required_right = {"POST": "production.report"}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="work_orders_output",
        request=OutputBody,
        responses={201: Posted, 200: Posted},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request, number: str) -> Response:
        """Report what the order made. What was made from a held lot is held in the same entry."""
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        rows = valid(OutputBody(data=request.data))["outputs"]
        order = by_number(WorkOrder.objects.select_related("site"), number)
        items = found(
            Item.objects.select_related("default_location__site"), [row["item"] for row in rows], what="item"
        )
        places = found(
            Location.objects.select_related("site"),
            [row["location"] for row in rows if row["location"]],
            what="location",
        )
        made = [
            services.Made(**{**row, "item": items[row["item"]], "location": places.get(row["location"])})
            for row in rows
        ]
        for line in made:
            if line.lot_number:
                line.lot_number = ledger.check_code(line.lot_number, field="lot_number", limit=20)
        with acting(dry_run=dry_run):
            entry = services.report_output(
                work_order=order, outputs=made, actor=actor_of(request), client=client_of(request), key=key
            )
        return posted(request, entry, dry_run=dry_run)
