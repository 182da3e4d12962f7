"""Inspection plans with their characteristics, and instruments, to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from qc.models import Characteristic, Instrument, Plan, PlanStatus
from traceability.api.briefs import PersonBrief
from traceability.api.fields import Exact
from traceability.api.parameters import CodeFilter, TextFilter
from traceability.api.views import Reads
from traceability.models import Item, Stage


class CharacteristicShape(serializers.ModelSerializer[Characteristic]):
    """What is looked at. A limit that is null is no limit."""

    lower = Exact(allow_null=True, read_only=True)
    upper = Exact(allow_null=True, read_only=True)
    nominal = Exact(allow_null=True, read_only=True)

    class Meta:
        model = Characteristic
        fields = [
            "position", "name", "kind", "unit", "nominal", "lower", "upper", "readings", "rule", "severity", "method", "entered_by",
            "is_mandatory", "choices", "accepted", "defects",
        ]  # fmt: skip


class PlanRevision(serializers.ModelSerializer[Plan]):
    aql = Exact(allow_null=True, read_only=True)
    approved_by = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = Plan
        fields = [
            "id", "code", "revision", "name", "stage", "status", "category", "step", "sampling", "sample_number", "level", "aql", "skip_every",
            "skip_after", "approved_by", "approved_at", "superseded_at", "why",
        ]  # fmt: skip


class PlanShape(PlanRevision):
    items = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)  # type: ignore[var-annotated]
    suppliers = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)  # type: ignore[var-annotated]
    locations = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)  # type: ignore[var-annotated]
    characteristics = CharacteristicShape(many=True, read_only=True)

    class Meta(PlanRevision.Meta):
        fields = [*PlanRevision.Meta.fields, "items", "suppliers", "locations", "characteristics"]


class PlanFilter(filters.FilterSet):
    code = TextFilter()
    stage = filters.ChoiceFilter(choices=Stage.choices)
    status = filters.ChoiceFilter(choices=PlanStatus.choices)
    item = CodeFilter(Item.objects.all(), field_name="items__code")


class PlanViewSet(Reads):
    """Revisions of inspection plans. One of each code is in force (`approved`)."""

    required_right = "qc.view"
    queryset = Plan.objects.select_related("approved_by").order_by("code", "-revision")
    filterset_class = PlanFilter
    orderings = {"code": ["code", "-revision"]}

    def get_serializer_class(self) -> Any:
        return PlanShape if self.detail else PlanRevision

    def get_queryset(self) -> QuerySet[Plan]:
        rows = super().get_queryset()
        looks = Characteristic.objects.order_by("position")
        wanted: list[Any] = ["items", "suppliers", "locations", Prefetch("characteristics", looks)]
        return rows.prefetch_related(*wanted) if self.detail else rows


class InstrumentShape(serializers.ModelSerializer[Instrument]):
    class Meta:
        model = Instrument
        fields = ["id", "code", "name", "calibrated_until"]


class InstrumentFilter(filters.FilterSet):
    code = TextFilter()
    calibrated_before = filters.DateFilter(field_name="calibrated_until", lookup_expr="lt")


class InstrumentViewSet(Reads):
    """Instruments and the day until which their calibration holds."""

    required_right = "qc.view"
    queryset = Instrument.objects.order_by("code")
    filterset_class = InstrumentFilter
    serializer_class = InstrumentShape
    orderings = {"code": ["code"], "calibrated_until": ["calibrated_until", "code"]}
