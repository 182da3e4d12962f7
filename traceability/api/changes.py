"""What was changed in master data, as the database noted it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability import subjects
from traceability.api.authentication import actor_of
from traceability.api.briefs import PersonBrief
from traceability.api.fields import Url
from traceability.api.parameters import IdFilter, MomentFilter, TextFilter
from traceability.api.views import Reads
from traceability.models import Change, ChangeVerb


@extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
class Columns(serializers.JSONField):
    """Column by column, as the database stores them; only those that differ."""


class ChangeSerializer(serializers.ModelSerializer[Change]):
    url = Url("changes")
    actor = PersonBrief(read_only=True, allow_null=True, help_text="Null for what came past the application.")
    before = Columns(read_only=True, allow_null=True)
    after = Columns(read_only=True, allow_null=True)

    class Meta:
        model = Change
        fields = [
            "id",
            "url",
            "at",
            "subject_kind",
            "subject",
            "table",
            "row",
            "verb",
            "before",
            "after",
            "actor",
            "reason",
            "request",
            "login",
        ]


class ChangeFilter(filters.FilterSet):
    subject_kind = TextFilter()
    subject = TextFilter()
    table = TextFilter()
    verb = filters.ChoiceFilter(choices=ChangeVerb.choices)
    actor = IdFilter(field_name="actor_id")
    changed_from = MomentFilter(field_name="at", lookup_expr="gte")
    changed_to = MomentFilter(field_name="at", lookup_expr="lt")


class ChangeViewSet(Reads):
    """Every change of master data that one may see: who, when, before, after, why. Only the database writes it."""

    required_right = ("traceability.view_masters", "traceability.view_security")
    queryset = Change.objects.none()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter

    def get_queryset(self) -> QuerySet[Any]:
        return (
            subjects.rows_seen(Change.objects.all(), actor_of(self.request))
            .select_related("actor")
            .order_by("-pk")
        )
