"""Movements: the lines of entries, newest first."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability.api.briefs import ContainerBrief, EntryBrief, LocationBrief, LotBrief, RunBrief
from traceability.api.fields import Quantity, QuantityOrNull
from traceability.api.parameters import CodeFilter, IdFilter, MomentFilter, TextFilter
from traceability.api.views import Reads
from traceability.models import EntryKind, Lot, Movement, Status

SHOWN_WITH = ("lot__item", "origin", "destination", "origin_container", "destination_container", "run")


class End(serializers.Serializer[Any]):
    """One end of a movement. `status` is empty at a boundary (supplier, production, customer …)."""

    location = LocationBrief()
    status = serializers.ChoiceField(choices=Status.choices, allow_blank=True)
    container = ContainerBrief(allow_null=True)


class LineSerializer(serializers.ModelSerializer[Movement]):
    """One line of an entry. `quantity` is in the item's base unit; `entered` is what the person typed, where it differs."""

    lot = LotBrief(read_only=True)
    quantity = Quantity()
    origin = serializers.SerializerMethodField()
    destination = serializers.SerializerMethodField()
    run = RunBrief(read_only=True, allow_null=True)
    entered = QuantityOrNull("entered_quantity", "entered_unit")

    class Meta:
        model = Movement
        fields = [
            "id", "line", "lot", "quantity", "pieces", "origin", "destination", "run", "run_role", "delivery", "sign", "against",
            "against_line", "entered", "evidence",
        ]  # fmt: skip

    @extend_schema_field(End)
    def get_origin(self, movement: Movement) -> Any:
        return self._end(movement.origin, movement.origin_status, movement.origin_container)

    @extend_schema_field(End)
    def get_destination(self, movement: Movement) -> Any:
        return self._end(movement.destination, movement.destination_status, movement.destination_container)

    def _end(self, location: Any, status: str, container: Any) -> dict[str, Any]:
        return {
            "location": LocationBrief(location, context=self.context).data,
            "status": status,
            "container": container and {"id": container.pk, "number": container.number},
        }


class MovementSerializer(LineSerializer):
    entry = EntryBrief(read_only=True)

    class Meta(LineSerializer.Meta):
        fields = ["entry", *LineSerializer.Meta.fields]


class MovementFilter(filters.FilterSet):
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lot__number")
    lot_id = IdFilter()
    document = TextFilter(field_name="entry__document")
    kind = filters.ChoiceFilter(choices=EntryKind.choices, field_name="entry__kind")
    occurred_from = MomentFilter(field_name="entry__occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="entry__occurred_at", lookup_expr="lt")
    recorded_from = MomentFilter(field_name="entry__recorded_at", lookup_expr="gte")
    recorded_until = MomentFilter(field_name="entry__recorded_at", lookup_expr="lt")


class MovementViewSet(Reads):
    """Lines of entries, the newest first."""

    required_right = "traceability.view_ledger"
    queryset = Movement.objects.select_related("entry", *SHOWN_WITH).defer("entry__payload").order_by("-pk")
    serializer_class = MovementSerializer
    filterset_class = MovementFilter
    orderings = {"id": []}
