"""Balances: what movements add up to, per lot, place, status and container, at this moment."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from traceability.api.briefs import ContainerBrief, LocationBrief, LotBrief
from traceability.api.fields import Quantity
from traceability.api.parameters import CodeFilter, IdFilter, YesNoFilter
from traceability.api.views import Reads
from traceability.models import Balance, Item, Location, Lot, Site, Status


class BalanceSerializer(serializers.ModelSerializer[Balance]):
    lot = LotBrief(read_only=True)
    location = LocationBrief(read_only=True)
    container = ContainerBrief(read_only=True, allow_null=True)
    quantity = Quantity()

    class Meta:
        model = Balance
        fields = ["id", "lot", "location", "status", "container", "quantity", "pieces"]


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
