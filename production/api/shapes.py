"""How a work order is written: what it is to make, what it still needs, what went in and came out, and what happened to it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from production import services
from production.models import WorkOrder, WorkOrderStep
from production.needs import needs_of
from traceability.api.briefs import ItemBrief, LocationBrief, LotBrief, PersonBrief, SiteBrief
from traceability.api.fields import Exact, Quantity, QuantityOrNull, Url
from traceability.models import Item, Run, RunLot, Status


class BomBrief(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    revision = serializers.IntegerField()


class WorkOrderBrief(serializers.ModelSerializer[WorkOrder]):
    url = Url("work-orders", key="number")
    display = serializers.CharField(source="__str__", read_only=True)
    item = ItemBrief(read_only=True, allow_null=True)
    bom = BomBrief(read_only=True, allow_null=True)
    site = SiteBrief(read_only=True)
    line = LocationBrief(read_only=True)
    planned_quantity = QuantityOrNull("planned_quantity", "planned_unit")

    class Meta:
        model = WorkOrder
        fields = [
            "id", "url", "display", "number", "product", "item", "bom", "site", "line", "planned_on", "due_on", "planned_quantity",
            "pulling", "status", "stopped_at", "released_at", "closed_at", "note",
        ]  # fmt: skip


class NeedShape(serializers.Serializer[Any]):
    """A component in its item's base unit; `wanted` is null where the order says no quantity to reckon from."""

    item = ItemBrief()
    allowed = ItemBrief(many=True, help_text="Items that may stand for it.")
    wanted = QuantityOrNull("wanted", "item.unit")
    issued = Quantity("issued", "item.unit")
    lots = serializers.IntegerField()
    is_complete = serializers.BooleanField()
    is_rework = serializers.BooleanField()
    is_extra = serializers.BooleanField(help_text="Went in beside the BOM.")


class WeightsShape(serializers.Serializer[Any]):
    """lb of product; packaging is not counted. in + water = out + loss + unexplained."""

    put_in = Exact()
    water = Exact()
    came_out = Exact()
    loss = Exact(allow_null=True)
    unexplained = Exact(allow_null=True)


class RunShape(serializers.ModelSerializer[Run]):
    line = LocationBrief(read_only=True, allow_null=True)

    class Meta:
        model = Run
        fields = ["id", "number", "kind", "line", "planned_on"]


class WorkOrderStepShape(serializers.ModelSerializer[WorkOrderStep]):
    by = PersonBrief(read_only=True)
    second_person = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = WorkOrderStep
        fields = ["verb", "at", "by", "second_person", "cause", "note"]


class WorkOrderShape(WorkOrderBrief):
    """With what it still needs, its weights, its runs and its steps. Its lots are at `<url>/lots`."""

    needs = serializers.SerializerMethodField()
    weights = serializers.SerializerMethodField()
    runs = serializers.SerializerMethodField()
    steps = WorkOrderStepShape(many=True, read_only=True)
    released_by = PersonBrief(read_only=True, allow_null=True)
    closed_by = PersonBrief(read_only=True, allow_null=True)

    class Meta(WorkOrderBrief.Meta):
        fields = [
            *WorkOrderBrief.Meta.fields,
            "released_by",
            "closed_by",
            "needs",
            "weights",
            "runs",
            "steps",
        ]

    @extend_schema_field(NeedShape(many=True))
    def get_needs(self, order: WorkOrder) -> Any:
        return NeedShape(needs_of(order), many=True, context=self.context).data

    @extend_schema_field(WeightsShape)
    def get_weights(self, order: WorkOrder) -> Any:
        weights = services.weigh(order)
        return WeightsShape(
            {
                "put_in": weights.put_in, "water": weights.water, "came_out": weights.came_out,
                "loss": order.loss_lb, "unexplained": order.unexplained_lb,
            }
        ).data  # fmt: skip

    @extend_schema_field(RunShape(many=True))
    def get_runs(self, order: WorkOrder) -> Any:
        rows = Run.objects.filter(document=order.number).select_related("line").order_by("number")
        return RunShape(rows[:1000], many=True, context=self.context).data


class OrderLot(serializers.ModelSerializer[RunLot]):
    """A lot in a run of the order. `quantity` is what it ever contained, `removed` what was taken out again."""

    lot = LotBrief(read_only=True)
    run = serializers.IntegerField(source="run.number", read_only=True)
    quantity = Quantity()
    removed = Quantity("removed")
    inferred = Quantity("inferred")

    class Meta:
        model = RunLot
        fields = ["lot", "run", "role", "quantity", "removed", "inferred", "first_at", "last_at"]


class SuggestedLot(serializers.Serializer[Any]):
    """Usable stock in the order in which it is to be taken; `free` is what is not promised to others."""

    item = ItemBrief(source="lot.item")
    lot = LotBrief()
    location = LocationBrief()
    status = serializers.ChoiceField(choices=Status.choices)
    free = Quantity("free")
    expires_on = serializers.DateField(source="lot.expires_on", allow_null=True)


class RunMade(serializers.Serializer[Any]):
    dry_run = serializers.SerializerMethodField()
    work_order = serializers.CharField(source="document")
    run = serializers.IntegerField(source="number")

    def get_dry_run(self, run: Run) -> bool:
        return bool(self.context.get("is_dry"))


def with_unit(order: Any) -> Any:
    """The unit that a planned quantity is in; a family of several items has none of its own."""
    item: Item | None = order.item
    order.planned_unit = item.unit if item else (order.bom.per_unit if order.bom else "")
    return order
