"""How orders, shipments and returns are written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shipping.models import CustomerReturn, Order, OrderLine, Shipment, ShipmentLine, ShippingStep
from shipping.progress import progress_of
from shipping.stops import stops_of
from traceability.api.briefs import (
    ContainerBrief,
    EntryBrief,
    ItemBrief,
    LocationBrief,
    LotBrief,
    PartyBrief,
    PersonBrief,
    SiteBrief,
)
from traceability.api.fields import Exact, Quantity, Url, quantity
from traceability.api.shapes import DryRun, Told


class OrderBrief(serializers.ModelSerializer[Order]):
    url = Url("customer-orders", key="number")
    customer = PartyBrief(read_only=True, allow_null=True)
    ordered_by = PersonBrief(read_only=True)

    class Meta:
        model = Order
        fields = [
            "id", "url", "number", "customer", "customer_reference", "due_on", "status", "ordered_by", "note",
        ]  # fmt: skip


class OrderLineShape(serializers.ModelSerializer[OrderLine]):
    """`picked` and `left` are in the item's base unit; lines of one item are filled from the first on."""

    item = ItemBrief(read_only=True)
    lot = LotBrief(read_only=True, allow_null=True)
    quantity = Quantity("quantity", "unit")
    picked = serializers.SerializerMethodField()
    left = serializers.SerializerMethodField()
    remaining = serializers.SerializerMethodField()

    class Meta:
        model = OrderLine
        fields = ["position", "item", "quantity", "lot", "minimum_life_days", "picked", "left", "remaining"]

    def _of(self, line: Any, name: str) -> dict[str, str]:
        return quantity(getattr(line.progress, name), line.item.unit)

    @extend_schema_field(Quantity())
    def get_picked(self, line: Any) -> dict[str, str]:
        return self._of(line, "picked")

    @extend_schema_field(Quantity())
    def get_left(self, line: Any) -> dict[str, str]:
        return self._of(line, "left")

    @extend_schema_field(Quantity())
    def get_remaining(self, line: Any) -> dict[str, str]:
        return self._of(line, "remaining")


class ShippingStepShape(serializers.ModelSerializer[ShippingStep]):
    by = PersonBrief(read_only=True)

    class Meta:
        model = ShippingStep
        fields = ["verb", "at", "by", "note"]


class OrderShape(OrderBrief):
    lines = serializers.SerializerMethodField()
    shipments = serializers.SerializerMethodField(help_text="Their numbers.")
    steps = ShippingStepShape(many=True, read_only=True)

    class Meta(OrderBrief.Meta):
        fields = [*OrderBrief.Meta.fields, "lines", "shipments", "steps"]

    @extend_schema_field(OrderLineShape(many=True))
    def get_lines(self, order: Order) -> Any:
        lines: list[Any] = []
        for progress in progress_of([order]).get(order.pk, []):
            progress.line.progress = progress  # type: ignore[attr-defined]
            lines.append(progress.line)
        return OrderLineShape(lines, many=True, context=self.context).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_shipments(self, order: Order) -> list[str]:
        return list(order.shipments.order_by("started_at").values_list("number", flat=True))


class ShipmentBrief(serializers.ModelSerializer[Shipment]):
    url = Url("shipments", key="number")
    customer = PartyBrief(read_only=True, allow_null=True)
    order = serializers.CharField(source="order.number", read_only=True, allow_null=True, default=None)  # type: ignore[assignment]
    site = SiteBrief(read_only=True)
    truck_celsius = Exact(read_only=True, allow_null=True)

    class Meta:
        model = Shipment
        fields = [
            "id", "url", "number", "customer", "order", "site", "status", "carrier", "truck", "door", "seal", "truck_celsius",
            "started_at", "shipped_at", "is_after_the_fact",
        ]  # fmt: skip


class LineShape(serializers.ModelSerializer[ShipmentLine]):
    """`stop` says why it could not leave at this moment; empty: nothing stops it."""

    lot = LotBrief(read_only=True)
    quantity = Quantity()
    location = LocationBrief(read_only=True)
    container = ContainerBrief(read_only=True, allow_null=True)
    expires_on = serializers.DateField(source="lot.expires_on", read_only=True, allow_null=True)
    picked_by = PersonBrief(read_only=True)
    stop = serializers.CharField(read_only=True, allow_blank=True)

    class Meta:
        model = ShipmentLine
        fields = [
            "position", "lot", "quantity", "location", "container", "expires_on", "evidence", "because", "picked_by", "picked_at",
            "loaded_at", "stop",
        ]  # fmt: skip


def with_stops(shipment: Shipment, lines: list[Any]) -> list[Any]:
    stops = stops_of(shipment, lines) if shipment.status == Shipment.Status.PICKING else {}
    for line in lines:
        line.stop = stops.get(line.pk, "")
    return lines


LINES = ("lot__item", "location", "container", "picked_by", "shipment")


class ShipmentShape(ShipmentBrief):
    lines = serializers.SerializerMethodField(help_text="Without those that were taken off.")
    steps = ShippingStepShape(many=True, read_only=True)
    started_by = PersonBrief(read_only=True)
    shipped_by = PersonBrief(read_only=True, allow_null=True)

    class Meta(ShipmentBrief.Meta):
        fields = [*ShipmentBrief.Meta.fields, "started_by", "shipped_by", "lines", "steps"]

    @extend_schema_field(LineShape(many=True))
    def get_lines(self, shipment: Shipment) -> Any:
        lines = list(shipment.lines.filter(is_taken_out=False).select_related(*LINES).order_by("position"))
        return LineShape(with_stops(shipment, lines), many=True, context=self.context).data


class LineDone(LineShape):
    dry_run = DryRun()
    shipment = serializers.CharField(source="shipment.number", read_only=True)

    class Meta(LineShape.Meta):
        fields = ["dry_run", "shipment", *LineShape.Meta.fields]


class LinesDone(serializers.Serializer[Any]):
    dry_run = DryRun()
    lines = LineShape(many=True)


class ReturnShape(serializers.ModelSerializer[CustomerReturn]):
    url = Url("customer-returns", key="number")
    shipment = serializers.CharField(source="shipment.number", read_only=True)
    customer = PartyBrief(source="shipment.customer", read_only=True, allow_null=True)
    received_by = PersonBrief(read_only=True)
    entry = EntryBrief(read_only=True)
    movements = serializers.SerializerMethodField()

    class Meta:
        model = CustomerReturn
        fields = [
            "id",
            "url",
            "number",
            "shipment",
            "customer",
            "reason",
            "received_by",
            "received_at",
            "entry",
            "movements",
        ]

    @extend_schema_field(Told(many=True))
    def get_movements(self, paper: CustomerReturn) -> Any:
        rows = paper.entry.movements.select_related("lot__item", "origin", "destination").order_by("line")
        return Told(rows, many=True, context=self.context).data
