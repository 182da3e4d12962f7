"""How recalls are written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recalls.models import Recall, RecallStart, ScopeRevision
from traceability.api.briefs import LotBrief, PartyBrief, PersonBrief
from traceability.api.fields import Url, base_of

CONTENT = {
    "type": "object", "required": ["facts", "names"],
    "description": "Canonical JSON with sorted keys and no blanks has the sha256 of the revision; `facts` alone has facts_sha256.",
    "properties": {"facts": {"type": "object", "additionalProperties": True}, "names": {"type": "object", "additionalProperties": True}},
}  # fmt: skip


@extend_schema_field(CONTENT)
class Content(serializers.Field[Any, Any, Any, Any]):
    def to_representation(self, value: Any) -> Any:
        return value


class StartSerializer(serializers.ModelSerializer[RecallStart]):
    lot = LotBrief(read_only=True)

    class Meta:
        model = RecallStart
        fields = ["lot", "why", "is_included", "excluded_because", "added_at"]


class RevisionBrief(serializers.ModelSerializer[ScopeRevision]):
    url = serializers.SerializerMethodField()
    counts = serializers.DictField(read_only=True)
    frozen_by = PersonBrief(read_only=True)

    class Meta:
        model = ScopeRevision
        fields = ["number", "url", "seq", "sha256", "facts_sha256", "counts", "frozen_by", "frozen_at"]

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, revision: ScopeRevision) -> str:
        return (
            f"{base_of(self.context['request'])}recalls/{revision.recall_id}/scope?revision={revision.number}"
        )


class RevisionSerializer(RevisionBrief):
    content = Content(source="data", read_only=True)

    class Meta(RevisionBrief.Meta):
        fields = [*RevisionBrief.Meta.fields, "content"]


class RecallBrief(serializers.ModelSerializer[Recall]):
    url = Url("recalls")
    display = serializers.CharField(source="number", read_only=True)
    supplier = PartyBrief(read_only=True, allow_null=True)
    owner = PersonBrief(read_only=True)
    opened_by = PersonBrief(read_only=True)
    closed_by = PersonBrief(read_only=True, allow_null=True)
    latest_revision = serializers.SerializerMethodField(help_text="Null while nothing is frozen.")

    class Meta:
        model = Recall
        fields = [
            "id", "url", "display", "number", "title", "hazard", "reason", "is_mock", "status", "supplier", "notified_on", "depth",
            "owner", "opened_by", "opened_at", "closed_by", "closed_at", "latest_revision",
        ]  # fmt: skip

    @extend_schema_field(RevisionBrief(allow_null=True))
    def get_latest_revision(self, recall: Any) -> Any:
        return RevisionBrief(recall.newest[0], context=self.context).data if recall.newest else None


class RecallSerializer(RecallBrief):
    starts = StartSerializer(many=True, read_only=True)

    class Meta(RecallBrief.Meta):
        fields = [*RecallBrief.Meta.fields, "starts"]

    @extend_schema_field(RevisionSerializer(allow_null=True))
    def get_latest_revision(self, recall: Any) -> Any:
        return RevisionSerializer(recall.newest[0], context=self.context).data if recall.newest else None


class ScopeSerializer(serializers.Serializer[Any]):
    """A frozen revision, or (is_live) the scope as the ledger says it at `seq`."""

    recall = serializers.CharField(help_text="The recall's number.")
    is_live = serializers.BooleanField()
    revision = serializers.IntegerField(allow_null=True)
    seq = serializers.IntegerField()
    sha256 = serializers.CharField()
    facts_sha256 = serializers.CharField()
    content = Content()
