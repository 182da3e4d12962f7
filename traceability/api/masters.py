"""How master data reads: items, places, parties, sites, categories and reasons."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from traceability.api.briefs import SiteBrief
from traceability.api.fields import Exact, Url
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.rights import sees_customers
from traceability.forms.items import factor_text
from traceability.models import (
    Category,
    Contact,
    Item,
    ItemUnit,
    Location,
    LocationKind,
    LotAttribute,
    Party,
    ReasonCode,
    Site,
    SupplierItem,
    Tracking,
)
from traceability.models.items import ItemKind

ITEMS = Item.objects.select_related("default_location", "owner").prefetch_related("units").order_by("code")
LOCATIONS = Location.objects.select_related("site", "parent").order_by("site__code", "code", "pk")
PARTIES = Party.objects.prefetch_related("contacts", "supplier_items__item").order_by("code")
SITES = Site.objects.order_by("code")
CATEGORIES = Category.objects.prefetch_related("attributes").order_by("name")
REASONS = ReasonCode.objects.order_by("code")


def code_of(name: str) -> Any:
    return serializers.CharField(source=f"{name}.code", read_only=True, allow_null=True, default=None)


class ItemUnitSerializer(serializers.ModelSerializer[ItemUnit]):
    """One of this unit is exactly numerator/denominator base units."""

    factor = serializers.SerializerMethodField(help_text="The same as text, exactly: 50, 0.45359237 or 1/3.")

    class Meta:
        model = ItemUnit
        fields = ["unit", "numerator", "denominator", "factor", "gtin"]

    def get_factor(self, unit: ItemUnit) -> str:
        return factor_text(unit)


class ItemSerializer(serializers.ModelSerializer[Item]):
    url = Url("items")
    weight_per_unit = Exact(read_only=True, allow_null=True, help_text="lb of product in one unit.")
    units = ItemUnitSerializer(many=True, read_only=True)
    default_location = code_of("default_location")
    owner = code_of("owner")
    over_percent = Exact(read_only=True, allow_null=True)
    over_limit_percent = Exact(read_only=True, allow_null=True)
    count_tolerance_percent = Exact(read_only=True)
    count_tolerance_quantity = Exact(read_only=True)

    class Meta:
        model = Item
        fields = [
            "id", "url", "code", "name", "kind", "category", "tracking", "unit", "decimals", "units", "gtin", "pack", "weight_per_unit",
            "shelf_life_days", "shelf_life_months", "minimum_life_days", "date_label", "needs_expiry", "needs_truck_check", "storage",
            "storage_note", "default_location", "owner", "allergens", "is_utility", "is_on_food_traceability_list", "lot_pattern", "inspected_at",
            "over_percent", "over_limit_percent", "count_class", "count_tolerance_percent", "count_tolerance_quantity", "is_active", "note",
        ]  # fmt: skip


class ItemFilter(filters.FilterSet):
    code = TextFilter()
    gtin = TextFilter()
    category = TextFilter()
    kind = filters.ChoiceFilter(choices=ItemKind.choices)
    tracking = filters.ChoiceFilter(choices=Tracking.choices)
    is_active = YesNoFilter()


class LocationSerializer(serializers.ModelSerializer[Location]):
    url = Url("locations")
    site = SiteBrief(read_only=True)
    parent = code_of("parent")
    is_boundary = serializers.BooleanField(read_only=True)

    class Meta:
        model = Location
        fields = ["id", "url", "site", "code", "name", "kind", "parent", "is_boundary", "is_active"]


class LocationFilter(filters.FilterSet):
    code = TextFilter()
    site = CodeFilter(Site.objects.all(), field_name="site__code")
    kind = filters.ChoiceFilter(choices=LocationKind.choices)
    is_active = YesNoFilter()


class ContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ["name", "role", "phone", "email", "checked_on", "is_for_recalls"]


class SupplierItemSerializer(serializers.ModelSerializer[SupplierItem]):
    """What a supplier may bring. What is empty follows the item."""

    item = code_of("item")
    pack_quantity = Exact(read_only=True, allow_null=True)
    over_percent = Exact(read_only=True, allow_null=True)

    class Meta:
        model = SupplierItem
        fields = [
            "item", "code", "gtin", "pack_quantity", "pack_unit", "over_percent", "minimum_life_days", "needs_certificate", "approval",
            "approval_since", "approval_reason",
        ]  # fmt: skip


class PartySerializer(serializers.ModelSerializer[Party]):
    url = Url("parties")
    is_customer = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="Null for readers who may not see customers."
    )
    contacts = ContactSerializer(
        many=True, read_only=True, help_text="None for readers who may not see customers, if it is one."
    )
    items = SupplierItemSerializer(source="supplier_items", many=True, read_only=True)

    class Meta:
        model = Party
        fields = [
            "id", "url", "code", "name", "is_supplier", "is_customer", "street", "city", "region", "postal_code", "country", "gln",
            "flag", "is_suspended", "suspended_on", "suspended_because", "minimum_life_days", "contacts", "items", "is_active", "note",
        ]  # fmt: skip

    def to_representation(self, party: Party) -> dict[str, Any]:
        shown = super().to_representation(party)
        return (
            shown
            if sees_customers(self.context["request"])
            else shown
            | {"is_customer": None, "minimum_life_days": None, "flag": "", "note": ""}
            | ({"contacts": []} if party.is_customer else {})
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


class SiteSerializer(serializers.ModelSerializer[Site]):
    url = Url("sites")
    production_day_starts = serializers.SerializerMethodField(help_text="Local time, such as 05:30.")

    class Meta:
        model = Site
        fields = [
            "id", "url", "code", "name", "place", "time_zone", "production_day_starts", "gln", "gs1_company_prefix", "labels_after",
        ]  # fmt: skip

    def get_production_day_starts(self, site: Site) -> str:
        return f"{site.production_day_starts:%H:%M}"


class LotAttributeSerializer(serializers.ModelSerializer[LotAttribute]):
    lower = Exact(read_only=True, allow_null=True)
    upper = Exact(read_only=True, allow_null=True)

    class Meta:
        model = LotAttribute
        fields = [
            "name", "position", "kind", "unit", "lower", "upper", "choices", "is_required", "asked_at", "is_active",
        ]  # fmt: skip


class CategorySerializer(serializers.ModelSerializer[Category]):
    url = Url("categories")
    attributes = LotAttributeSerializer(many=True, read_only=True)

    class Meta:
        model = Category
        fields = ["id", "url", "name", "note", "attributes", "is_active"]


class ReasonSerializer(serializers.ModelSerializer[ReasonCode]):
    url = Url("reasons")

    class Meta:
        model = ReasonCode
        fields = ["id", "url", "code", "text", "uses", "is_active"]
