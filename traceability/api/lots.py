"""Lots as they stand now: what is on hand in which status, what holds them, and what they still need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Sum
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability import reach
from traceability.api.briefs import ItemBrief, PartyBrief
from traceability.api.fields import Quantity, Url, quantity
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.views import Reads
from traceability.models import (
    Balance,
    Hold,
    Item,
    Lot,
    LotAttributeValue,
    Party,
    Requirement,
    Status,
    search_key,
)


class HoldSerializer(serializers.ModelSerializer[Hold]):
    placed_in = serializers.IntegerField(
        source="placed_seq", read_only=True, help_text="seq of the entry that placed it."
    )

    class Meta:
        model = Hold
        fields = ["id", "cause", "reason", "reference", "cascades", "placed_in"]


class RequirementSerializer(serializers.ModelSerializer[Requirement]):
    class Meta:
        model = Requirement
        fields = ["id", "stage", "what", "is_blocking"]


class StatusQuantity(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Status.choices)
    quantity = Quantity()


class AttributeSerializer(serializers.ModelSerializer[LotAttributeValue]):
    """The last that was said. `is_within` is null where there is no limit."""

    name = serializers.CharField(source="attribute.name", read_only=True)
    unit = serializers.CharField(source="attribute.unit", read_only=True)

    class Meta:
        model = LotAttributeValue
        fields = ["name", "value", "unit", "is_within"]


class LotSerializer(serializers.ModelSerializer[Lot]):
    url = Url("lots")
    display = serializers.CharField(source="number", read_only=True)
    item = ItemBrief(read_only=True)
    supplier = PartyBrief(read_only=True, allow_null=True)
    owner = PartyBrief(read_only=True, allow_null=True)
    on_hand = Quantity("quantity_on_hand", "item.unit")
    statuses = serializers.SerializerMethodField(help_text="What is on hand, by quality status.")
    holds = HoldSerializer(source="holds_standing", many=True, read_only=True)
    requirements = RequirementSerializer(source="requirements_open", many=True, read_only=True)
    attributes = AttributeSerializer(source="attributes_said", many=True, read_only=True)

    class Meta:
        model = Lot
        fields = [
            "id", "url", "display", "number", "item", "supplier", "supplier_lot", "owner", "received_under", "code_source", "made_on",
            "expires_on", "is_serial", "is_untracked", "is_imported", "on_hand", "statuses", "holds", "requirements", "attributes",
        ]  # fmt: skip

    @extend_schema_field(StatusQuantity(many=True))
    def get_statuses(self, lot: Any) -> list[dict[str, Any]]:
        return [
            {"status": status, "quantity": quantity(value, lot.item.unit)}
            for status, value in lot.quantities.items()
        ]


class LotFilter(filters.FilterSet):
    number = TextFilter()
    supplier_lot = TextFilter(method="any_spelling", label="In any spelling: CS-26-2874 finds cs 26 2874.")
    item = CodeFilter(Item.objects.all(), field_name="item__code")
    supplier = CodeFilter(Party.objects.filter(is_supplier=True), field_name="supplier__code")
    received_under = TextFilter()
    is_serial = YesNoFilter()
    has_stock = YesNoFilter(method="with_stock")
    on_hold = YesNoFilter(method="held")
    awaiting_inspection = YesNoFilter(method="awaiting")
    expires_until = filters.DateFilter(field_name="expires_on", lookup_expr="lte")

    def any_spelling(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(supplier_lot_key=search_key(value))

    def with_stock(self, rows: QuerySet[Lot], name: str, value: bool) -> QuerySet[Lot]:
        stock = Exists(reach.seen(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0)))
        return rows.filter(stock if value else ~stock)

    def held(self, rows: QuerySet[Lot], name: str, value: bool) -> QuerySet[Lot]:
        hold = Exists(Hold.objects.standing().filter(lot=OuterRef("pk")))
        return rows.filter(hold if value else ~hold)

    def awaiting(self, rows: QuerySet[Lot], name: str, value: bool) -> QuerySet[Lot]:
        need = Exists(Requirement.objects.open().filter(lot=OuterRef("pk")))
        return rows.filter(need if value else ~need)


class LotViewSet(Reads):
    """`on_hand`, `statuses`, `holds` and `requirements` are those of this moment."""

    required_right = "traceability.view_ledger"
    queryset = Lot.objects.select_related("item", "supplier", "owner").order_by("number", "pk")
    serializer_class = LotSerializer
    filterset_class = LotFilter
    orderings = {
        "number": ["number"],
        "item": ["item__code", "number"],
        "expires_on": ["expires_on", "number"],
        "made_on": ["made_on", "number"],
        "id": [],
    }

    def get_queryset(self) -> QuerySet[Lot]:
        holds = Hold.objects.standing().annotate(placed_seq=F("placed_in__seq")).order_by("pk")
        needs = Requirement.objects.open()
        shown: list[Any] = [
            Prefetch("holds", holds, to_attr="holds_standing"),
            Prefetch("requirements", needs, to_attr="requirements_open"),
            Prefetch(
                "attribute_values",
                LotAttributeValue.objects.last_said().select_related("attribute"),
                to_attr="attributes_said",
            ),
        ]
        return super().get_queryset().prefetch_related(*shown)

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        by_lot: dict[int, dict[str, Any]] = defaultdict(dict)
        sums = (
            reach.seen(Balance.objects.filter(lot__in=[lot.pk for lot in rows], quantity__gt=0))
            .order_by()
            .values_list("lot_id", "status")
        )
        for lot_id, status, value in sums.annotate(Sum("quantity")):
            by_lot[lot_id][status] = value
        for lot in rows:
            lot.quantities = {
                status: by_lot[lot.pk][status] for status in Status.values if status in by_lot[lot.pk]
            }
            lot.quantity_on_hand = sum(lot.quantities.values(), start=Decimal(0))
        return rows
