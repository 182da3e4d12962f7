"""Inspections with their results and their decision."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from qc.models import Inspection, Result
from traceability.api.briefs import EntryBrief, LotBrief, PersonBrief, RunBrief
from traceability.api.fields import Exact, Url
from traceability.api.parameters import CodeFilter, IdFilter, MomentFilter, TextFilter, YesNoFilter
from traceability.api.views import PAPER, Reads
from traceability.models import Item, Lot, Stage


class PlanBrief(serializers.Serializer[Any]):
    code = serializers.CharField()
    revision = serializers.IntegerField()
    name = serializers.CharField()


class ResultShape(serializers.ModelSerializer[Result]):
    """One reading. A second look is another row, with is_retest and its reason."""

    characteristic = serializers.CharField(source="characteristic.name", read_only=True)
    unit = serializers.CharField(source="characteristic.unit", read_only=True, allow_blank=True)
    value = Exact(allow_null=True, read_only=True)
    instrument = serializers.CharField(
        source="instrument.code", read_only=True, allow_null=True, default=None
    )  # type: ignore[assignment]
    entered_by = PersonBrief(read_only=True)

    class Meta:
        model = Result
        fields = [
            "characteristic", "reading_no", "value", "unit", "passed", "text", "is_within", "is_retest", "reason", "instrument", "defect", "source",
            "entered_by", "entered_at",
        ]  # fmt: skip


class InspectionBrief(serializers.ModelSerializer[Inspection]):
    url = Url("inspections", key="number")
    plan = PlanBrief(read_only=True, allow_null=True)
    lot = LotBrief(read_only=True, allow_null=True)
    run = RunBrief(read_only=True, allow_null=True)
    opened_by = PersonBrief(read_only=True)
    decided_by = PersonBrief(read_only=True, allow_null=True)
    lot_size = Exact(allow_null=True, read_only=True)
    entry = EntryBrief(read_only=True, allow_null=True, help_text="The disposition.")

    class Meta:
        model = Inspection
        fields = [
            "id", "url", "number", "stage", "plan", "lot", "run", "document", "opened_by", "opened_at", "decision", "decided_by",
            "decided_at", "deviation", "disposal", "concession_until", "label", "lot_size", "sample_size", "accept_number", "reject_number",
            "strictness", "skipped_why", "laboratory", "sent_to_laboratory_at", "entry", "note",
        ]  # fmt: skip


class InspectionShape(InspectionBrief):
    results = ResultShape(many=True, read_only=True)

    class Meta(InspectionBrief.Meta):
        fields = [*InspectionBrief.Meta.fields, "results"]


class InspectionFilter(filters.FilterSet):
    number = TextFilter()
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lot__number")
    lot_id = IdFilter()
    item = CodeFilter(Item.objects.all(), field_name="lot__item__code")
    document = TextFilter()
    stage = filters.ChoiceFilter(choices=Stage.choices)
    decision = filters.ChoiceFilter(choices=Inspection.Decision.choices)
    is_decided = YesNoFilter(method="decided")
    decided_from = MomentFilter(field_name="decided_at", lookup_expr="gte")
    decided_until = MomentFilter(field_name="decided_at", lookup_expr="lt")

    def decided(self, rows: QuerySet[Inspection], name: str, value: bool) -> QuerySet[Inspection]:
        return rows.filter(decided_at__isnull=not value)


class InspectionViewSet(Reads):
    """Inspections, the latest first. The detail has every result; a decision may be empty, a result never stands for one."""

    required_right = "qc.view"
    queryset = Inspection.objects.select_related(
        "plan", "lot__item", "run", "opened_by", "decided_by", "entry"
    ).order_by("-opened_at", "-pk")
    filterset_class = InspectionFilter
    orderings = {"number": ["number"], "opened_at": ["opened_at"], "decided_at": ["decided_at"]}
    lookup_field, lookup_value_regex = "number", PAPER

    def get_serializer_class(self) -> Any:
        return InspectionShape if self.detail else InspectionBrief

    def get_queryset(self) -> QuerySet[Inspection]:
        rows = super().get_queryset()
        results = Result.objects.select_related("characteristic", "instrument", "entered_by").order_by("pk")
        return rows.prefetch_related(Prefetch("results", results)) if self.detail else rows
