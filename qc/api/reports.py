"""Nonconformances with their actions, and certificates as they were issued, to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers

from qc.models import Certificate, CorrectiveAction, Nonconformance
from qc.sites import of_own_sites
from traceability.api.authentication import actor_of
from traceability.api.briefs import LotBrief, PersonBrief
from traceability.api.parameters import CodeFilter, TextFilter, YesNoFilter
from traceability.api.views import PAPER, Reads
from traceability.models import Lot


class ActionShape(serializers.ModelSerializer[CorrectiveAction]):
    """What somebody does so that it does not happen again. `is_effective` is null until somebody else has looked."""

    kind = serializers.CharField(read_only=True)
    owner = PersonBrief(read_only=True)
    done_by = PersonBrief(read_only=True, allow_null=True)
    checked_by = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = CorrectiveAction
        fields = [
            "number",
            "kind",
            "what",
            "owner",
            "due_on",
            "done",
            "done_by",
            "done_at",
            "is_effective",
            "checked",
            "checked_by",
            "checked_at",
        ]


class NonconformanceBrief(serializers.ModelSerializer[Nonconformance]):
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]
    severity = serializers.CharField(read_only=True)
    review = serializers.CharField(read_only=True)
    supplier = serializers.CharField(source="supplier.code", read_only=True, allow_null=True, default=None)
    inspection = serializers.CharField(
        source="inspection.number", read_only=True, allow_null=True, default=None
    )
    reported_by = PersonBrief(read_only=True)
    reviewed_by = PersonBrief(read_only=True, allow_null=True)

    class Meta:
        model = Nonconformance
        fields = [
            "id", "number", "title", "source", "severity", "defects", "quantity", "complaint", "inspection", "supplier", "reported_by", "reported_at",
            "contained_at", "review", "reviewed_by", "reviewed_at", "closed_at",
        ]  # fmt: skip


class NonconformanceShape(NonconformanceBrief):
    lots = LotBrief(many=True, read_only=True)
    actions = ActionShape(many=True, read_only=True)

    class Meta(NonconformanceBrief.Meta):
        fields = [
            *NonconformanceBrief.Meta.fields,
            "description",
            "containment",
            "review_reason",
            "root_cause",
            "lots",
            "actions",
        ]


class NonconformanceFilter(filters.FilterSet):
    number = TextFilter()
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lots__number")
    is_closed = YesNoFilter(method="closed")

    def closed(self, rows: QuerySet[Nonconformance], name: str, value: bool) -> QuerySet[Nonconformance]:
        return rows.filter(closed_at__isnull=not value)


class NonconformanceViewSet(Reads):
    """Nonconformances, the latest first. The detail has its lots and actions."""

    required_right = "qc.view"
    queryset = Nonconformance.objects.select_related(
        "supplier", "inspection", "reported_by", "reviewed_by"
    ).order_by("-reported_at", "-pk")
    filterset_class = NonconformanceFilter
    orderings = {"number": ["number"], "reported_at": ["reported_at"]}
    lookup_field, lookup_value_regex = "number", PAPER

    def get_serializer_class(self) -> Any:
        return NonconformanceShape if self.detail else NonconformanceBrief

    def get_queryset(self) -> QuerySet[Nonconformance]:
        rows = super().get_queryset()
        actions = CorrectiveAction.objects.select_related("owner", "done_by", "checked_by").order_by("pk")
        wanted: list[Any] = [
            Prefetch("lots", Lot.objects.select_related("item").order_by("number")),
            Prefetch("actions", actions),
        ]
        return rows.prefetch_related(*wanted) if self.detail else rows


class CertificateShape(serializers.ModelSerializer[Certificate]):
    """What stands on it, frozen, and the SHA-256 of the PDF."""

    lot = LotBrief(read_only=True)
    content = serializers.JSONField(read_only=True)
    issued_by = PersonBrief(read_only=True)

    class Meta:
        model = Certificate
        fields = ["id", "number", "revision", "lot", "content", "sha256", "issued_by", "issued_at", "why"]


class CertificateFilter(filters.FilterSet):
    number = TextFilter()
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lot__number")


class CertificateViewSet(Reads):
    """Certificates that are for everybody, the latest first. Those of one customer stand on the pages alone."""

    required_right = "qc.view"
    queryset = (
        Certificate.objects.filter(customer__isnull=True)
        .select_related("lot__item", "issued_by")
        .defer("pdf")
        .order_by("-issued_at", "-pk")
    )
    filterset_class = CertificateFilter
    serializer_class = CertificateShape

    def get_queryset(self) -> QuerySet[Certificate]:
        return of_own_sites(super().get_queryset(), actor_of(self.request))

    orderings = {"issued_at": ["issued_at"], "number": ["number"]}
