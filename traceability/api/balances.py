"""Balances: what movements add up to, per lot, place, status and container, at this moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from traceability.api.briefs import ContainerBrief, LocationBrief, LotBrief
from traceability.api.fields import Quantity
from traceability.api.parameters import CodeFilter, IdFilter, YesNoFilter
from traceability.api.views import Reads
from traceability.models import Balance, Item, Location, Lot, Reservation, Site, Status


class BalanceSerializer(serializers.ModelSerializer[Balance]):
    lot = LotBrief(read_only=True)
    location = LocationBrief(read_only=True)
    container = ContainerBrief(read_only=True, allow_null=True)
    quantity = Quantity()
    promised = Quantity("promised", help_text="Of it, promised to documents.")

    class Meta:
        model = Balance
        fields = ["id", "lot", "location", "status", "container", "quantity", "promised", "pieces"]


class BalanceFilter(filters.FilterSet):
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lot__number")
    lot_id = IdFilter()
    item = CodeFilter(Item.objects.all(), field_name="lot__item__code")
    location = CodeFilter(Location.objects.all(), field_name="location__code")
    site = CodeFilter(Site.objects.all(), field_name="location__site__code")
    status = filters.ChoiceFilter(choices=Status.choices)
    has_stock = YesNoFilter(method="with_stock")

    def with_stock(self, rows: QuerySet[Balance], name: str, value: bool) -> QuerySet[Balance]:
        return rows.filter(quantity__gt=0) if value else rows.filter(quantity=0)


class BalanceViewSet(Reads):
    """What is where at this moment. Rows at zero are places where the lot has been."""

    required_right = "traceability.view_ledger"
    queryset = Balance.objects.select_related("lot__item", "location", "container").order_by(
        "lot", "location", "status", "pk"
    )
    serializer_class = BalanceSerializer
    filterset_class = BalanceFilter
    orderings = {
        "lot": ["lot__number"],
        "location": ["location__code"],
        "expires_on": ["lot__expires_on"],
        "id": [],
    }

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        promised: dict[tuple[int, int, int | None], Decimal] = defaultdict(Decimal)
        standing = Reservation.objects.standing().filter(lot__in=[row.lot_id for row in rows])
        for lot, location, container, quantity in standing.values_list(
            "lot", "location", "container", "quantity"
        ):
            promised[lot, location, container] += quantity
        for row in rows:
            # Only released stock is promised.
            place = (row.lot_id, row.location_id, row.container_id)
            row.promised = promised[place] if row.status == Status.RELEASED else Decimal(0)
        return rows
