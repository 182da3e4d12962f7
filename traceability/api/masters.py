"""Items, locations and parties: what the ledger's facts are about."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from traceability.api.briefs import SiteBrief
from traceability.api.fields import Exact, Url
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.rights import sees_customers
from traceability.api.views import Reads
from traceability.models import Item, ItemUnit, Location, LocationKind, Party, Site, Tracking
from traceability.models.items import ItemKind


class ItemUnitSerializer(serializers.ModelSerializer[ItemUnit]):
    """One of this unit is exactly numerator/denominator base units."""

    class Meta:
        model = ItemUnit
        fields = ["unit", "numerator", "denominator"]


class ItemSerializer(serializers.ModelSerializer[Item]):
    url = Url("items")
    weight_per_unit = Exact(read_only=True, allow_null=True, help_text="lb of product in one unit.")
    units = ItemUnitSerializer(many=True, read_only=True)

    class Meta:
        model = Item
        fields = [
            "id", "url", "code", "name", "kind", "category", "tracking", "unit", "decimals", "units", "gtin", "pack", "weight_per_unit",
            "shelf_life_days", "shelf_life_months", "minimum_life_days", "needs_expiry", "allergens", "is_utility",
            "is_on_food_traceability_list", "lot_pattern", "inspected_at", "is_active", "note",
        ]  # fmt: skip


class ItemFilter(filters.FilterSet):
    code = TextFilter()
    gtin = TextFilter()
    category = TextFilter()
    kind = filters.ChoiceFilter(choices=ItemKind.choices)
    tracking = filters.ChoiceFilter(choices=Tracking.choices)
    is_active = YesNoFilter()


class ItemViewSet(Reads):
    """What is bought, made or sold, and the units it may be entered in."""

    required_right = "traceability.view_masters"
    queryset = Item.objects.prefetch_related("units").order_by("code")
    serializer_class = ItemSerializer
    filterset_class = ItemFilter
    orderings = {"code": ["code"], "name": ["name"], "id": []}


class LocationSerializer(serializers.ModelSerializer[Location]):
    url = Url("locations")
    site = SiteBrief(read_only=True)
    parent = serializers.CharField(source="parent.code", read_only=True, allow_null=True, default=None)  # type: ignore[assignment]
    is_boundary = serializers.BooleanField(read_only=True)

    class Meta:
        model = Location
        fields = ["id", "url", "site", "code", "name", "kind", "parent", "is_boundary", "is_active"]


class LocationFilter(filters.FilterSet):
    code = TextFilter()
    site = CodeFilter(Site.objects.all(), field_name="site__code")
    kind = filters.ChoiceFilter(choices=LocationKind.choices)
    is_active = YesNoFilter()


class LocationViewSet(Reads):
    """Places inside the sites, and the boundaries through which things come and go."""

    required_right = "traceability.view_masters"
    queryset = Location.objects.select_related("site", "parent").order_by("site__code", "code", "pk")
    serializer_class = LocationSerializer
    filterset_class = LocationFilter
    orderings = {"code": ["code"], "site": ["site__code", "code"], "id": []}


class PartySerializer(serializers.ModelSerializer[Party]):
    url = Url("parties")
    is_customer = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="Null for readers who may not see customers."
    )

    class Meta:
        model = Party
        fields = [
            "id", "url", "code", "name", "is_supplier", "is_customer", "street", "city", "region", "postal_code", "country", "gln",
            "flag", "is_suspended", "minimum_life_days", "note",
        ]  # fmt: skip

    def to_representation(self, party: Party) -> dict[str, Any]:
        shown = super().to_representation(party)
        return (
            shown
            if sees_customers(self.context["request"])
            else shown | {"is_customer": None, "minimum_life_days": None, "flag": "", "note": ""}
        )


class PartyFilter(filters.FilterSet):
    code = TextFilter()
    is_supplier = YesNoFilter()
    is_customer = YesNoFilter()
    is_suspended = YesNoFilter()

    def filter_queryset(self, queryset: QuerySet[Party]) -> QuerySet[Party]:
        found = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("is_customer") not in ("", None) and not sees_customers(self.request):
            return found.none()
        return found


class PartyViewSet(Reads):
    """Suppliers; customers too for those who may see them. A customer's number is not found by anybody else."""

    required_right = "traceability.view_masters"
    queryset = Party.objects.order_by("code")
    serializer_class = PartySerializer
    filterset_class = PartyFilter
    orderings = {"code": ["code"], "name": ["name"], "id": []}

    def get_queryset(self) -> QuerySet[Party]:
        rows = super().get_queryset()
        return rows if sees_customers(self.request) else rows.filter(is_supplier=True)
