"""Read shipments; pick a lot for one and let it go, through the services that the pages use."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shipping import services
from shipping.models import Shipment, ShipmentStatus
from traceability.api import parameters
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Words
from traceability.api.briefs import LotBrief, PartyBrief
from traceability.api.fields import Exact
from traceability.api.keys import DRY_RUN, HEADER, key_of
from traceability.api.parameters import TextFilter
from traceability.api.verbs import LineBody, Posted, acting, by_number, found, posted, valid
from traceability.api.views import Reads, StrictView
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
    dry_run = serializers.BooleanField()
    shipment = serializers.CharField()
    position = serializers.IntegerField()
    lot = LotBrief()
    quantity = Exact()


class ShipBody(Body):
    seal = Words(max_length=40, required=False, default="", allow_blank=True)
    carrier = Words(max_length=120, required=False, default="", allow_blank=True)


class Pick(StrictView):
    required_right = {"POST": "shipping.pick"}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="shipments_pick",
        request=LineBody,
        responses={201: PickedLine, 200: PickedLine},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request, number: str) -> Response:
        """Choose a lot for the shipment and promise it. A lot that is held, undecided, rejected or expired is refused."""
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        row = valid(LineBody(data=request.data))
        shipment = by_number(Shipment.objects.all(), number)
        lot = found(Lot.objects.select_related("item"), [row["lot"]], what="lot")[row["lot"]]
        place = found(Location.objects.select_related("site"), [row["location"]], what="location")[
            row["location"]
        ]
        with acting(dry_run=dry_run):
            line = services.pick(
                shipment=shipment, lot=lot, quantity=row["quantity"], unit=row["unit"], location=place, evidence=row["evidence"],
                actor=actor_of(request), client=client_of(request), key=key,
            )  # fmt: skip
        body = {
            "dry_run": dry_run,
            "shipment": number,
            "position": line.position,
            "lot": lot,
            "quantity": line.quantity,
        }
        return Response(PickedLine(body, context={"request": request}).data, status=200 if dry_run else 201)


class Ship(StrictView):
    required_right = {"POST": "shipping.ship"}
    parameter_names = ("dry_run",)

    @extend_schema(
        operation_id="shipments_ship",
        request=ShipBody,
        responses={201: Posted, 200: Posted},
        parameters=[HEADER, DRY_RUN],
    )
    def post(self, request: Request, number: str) -> Response:
        """Let the shipment go. A hold placed since the pick wins: the whole shipment is refused."""
        key, dry_run = key_of(request), parameters.yes(request, "dry_run")
        body = valid(ShipBody(data=request.data))
        shipment = by_number(Shipment.objects.all(), number)
        with acting(dry_run=dry_run):
            services.ship(
                shipment=shipment, **body, actor=actor_of(request), client=client_of(request), key=key
            )
            entry = Entry.objects.filter(kind=EntryKind.SHIPMENT, document=number).order_by("-seq").first()
        return posted(request, entry, dry_run=dry_run)
