"""Read shipments; pick a lot for one and let it go, through the services that the pages use."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from rest_framework import serializers

from shipping import services
from shipping.models import Shipment, ShipmentStatus
from traceability.api.bodies import Body, Words
from traceability.api.briefs import LotBrief, PartyBrief
from traceability.api.fields import Exact
from traceability.api.lines import LineBody
from traceability.api.nouns import by_number, found
from traceability.api.parameters import TextFilter
from traceability.api.shapes import DryRun
from traceability.api.verbs import Call, Verb
from traceability.api.views import Reads
from traceability.models import Entry, EntryKind, Location, Lot


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    customer = PartyBrief(read_only=True, allow_null=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "number",
            "customer",
            "status",
            "carrier",
            "seal",
            "started_at",
            "shipped_at",
            "is_after_the_fact",
        ]


class ShipmentFilter(filters.FilterSet):
    number = TextFilter()
    status = filters.ChoiceFilter(choices=ShipmentStatus.choices)


class ShipmentViewSet(Reads):
    """Shipments, the latest first."""

    required_right = "shipping.view"
    queryset = Shipment.objects.select_related("customer").order_by("-started_at", "-pk")
    serializer_class = ShipmentSerializer
    filterset_class = ShipmentFilter


class PickedLine(serializers.Serializer[Any]):
    dry_run = DryRun()
    shipment = serializers.CharField(source="shipment.number")
    position = serializers.IntegerField()
    lot = LotBrief()
    quantity = Exact()


class ShipBody(Body):
    seal = Words(max_length=40, required=False, default="", allow_blank=True)
    carrier = Words(max_length=120, required=False, default="", allow_blank=True)


class Pick(Verb):
    """Choose a lot for the shipment and promise it. A lot that is held, undecided, rejected or expired is refused."""

    operation_id = "shipments_pick"
    required_right = {"POST": "shipping.pick"}
    body = LineBody
    answer = PickedLine

    def act(self, call: Call, number: str) -> Any:
        row = call.body
        shipment = by_number(Shipment.objects.all(), number)
        lots = found(Lot.objects.select_related("item"), [row["lot"]], what="lot", code="number")
        places = found(Location.objects.select_related("site"), [row["location"]], what="location")
        return services.pick(
            shipment=shipment, lot=lots[row["lot"]], quantity=row["quantity"], unit=row["unit"], location=places[row["location"]],
            evidence=row["evidence"], **call.who,
        )  # fmt: skip


class Ship(Verb):
    """Let the shipment go. A hold placed since the pick wins: the whole shipment is refused."""

    operation_id = "shipments_ship"
    required_right = {"POST": "shipping.ship"}
    body = ShipBody

    def act(self, call: Call, number: str) -> Any:
        shipment = by_number(Shipment.objects.all(), number)
        services.ship(shipment=shipment, **call.body, **call.who)
        return Entry.objects.filter(kind=EntryKind.SHIPMENT, document=number).order_by("-seq").first()
