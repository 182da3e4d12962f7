"""Read work orders; issue lots to one and report what it made, through the services that the pages use."""

from __future__ import annotations

from django_filters import rest_framework as filters
from rest_framework import serializers

from production import services
from production.models import WorkOrder, WorkOrderStatus
from traceability.api.bodies import Amount, Body, Code, Words, lines_of
from traceability.api.briefs import ItemBrief, LocationBrief
from traceability.api.lines import LineBody
from traceability.api.nouns import Ref, by_number, found
from traceability.api.parameters import TextFilter
from traceability.api.verbs import Call, Verb
from traceability.api.views import Reads
from traceability.models import Entry, Item, Location, Lot

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

    item = Ref(help_text="Id or code of the item.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    lot_number = Code(most=20, required=False, allow_null=True, default=None)
    location = Ref(required=False, allow_null=True, default=None, help_text="Id or code of the place.")


class OutputBody(Body):
    outputs = lines_of(MadeBody, most=MOST)


class Issue(Verb):
    """Take lots into the order now. A lot that is held, undecided, rejected or expired is refused; so is one that is promised to others."""

    operation_id = "work_orders_issue"
    required_right = {"POST": "production.issue"}
    body = IssueBody

    def act(self, call: Call, number: str) -> Entry:
        rows = call.body["lots"]
        order = by_number(WorkOrder.objects.select_related("site"), number)
        lots = found(
            Lot.objects.select_related("item"), [row["lot"] for row in rows], what="lot", code="number"
        )
        places = found(
            Location.objects.select_related("site"), [row["location"] for row in rows], what="location"
        )
        lines = [
            services.Issued(**{**row, "lot": lots[row["lot"]], "location": places[row["location"]]})
            for row in rows
        ]
        return services.issue(work_order=order, lots=lines, **call.who)


class Output(Verb):
    """Report what the order made. What was made from a held lot is held in the same entry."""

    operation_id = "work_orders_output"
    required_right = {"POST": "production.report"}
    body = OutputBody

    def act(self, call: Call, number: str) -> Entry:
        rows = call.body["outputs"]
        order = by_number(WorkOrder.objects.select_related("site"), number)
        items = found(
            Item.objects.select_related("default_location__site"), [row["item"] for row in rows], what="item"
        )
        places = found(
            Location.objects.select_related("site"), [row["location"] for row in rows], what="location"
        )
        made = [
            services.Made(**{**row, "item": items[row["item"]], "location": places.get(row["location"])})
            for row in rows
        ]
        return services.report_output(work_order=order, outputs=made, **call.who)
