"""Every entry exactly as it was hashed: what a verifier needs that is not ours. docs/verify.py reads it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import ledger
from traceability.api import paging, parameters
from traceability.api.authentication import actor_of
from traceability.api.entries import that_fit
from traceability.api.fields import base_of
from traceability.api.rights import sees_customers
from traceability.api.views import StrictView
from traceability.models import Entry


class HashedEntrySerializer(serializers.Serializer[Any]):
    """body = SHA-256 of {entry, movements, v} as JSON (keys sorted, no blanks, UTF-8); digest = SHA-256("lotline:1:<seq>:<recorded_at>:" + body); chain = SHA-256(chain before + digest)."""

    v = serializers.IntegerField(help_text="Version of the form that is hashed.")
    entry = serializers.DictField()
    movements = serializers.ListField(child=serializers.ListField())
    seq = serializers.IntegerField()
    recorded_at = serializers.CharField()
    digest = serializers.CharField()
    chain = serializers.CharField()


class HashedEntryPage(serializers.Serializer[Any]):
    last_seq = serializers.IntegerField(help_text="The last seq of this page; what to ask after next time.")
    next = serializers.URLField(allow_null=True)
    results = HashedEntrySerializer(many=True)


class Evidence(StrictView):
    required_right = "traceability.view_ledger"
    parameter_names = ("after", "limit")

    @extend_schema(
        operation_id="entries_evidence",
        responses=HashedEntryPage,
        parameters=[
            OpenApiParameter(
                "after", int, description="Only entries later than this seq. Default 0: from the first."
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "default": paging.USUAL},
                description=f"Entries on a page, {paging.MOST} at most.",
            ),
        ],
    )
    def get(self, request: Request) -> Response:
        """Entries as they are hashed, in order, a page at a time: for a verifier of one's own."""
        if not sees_customers(request) or not actor_of(request).reach.everywhere:
            # Nothing can be left out of what is hashed: neither a customer nor another site.
            raise PermissionDenied
        after, limit = parameters.number(request, "after", default=0), paging.limit_of(request)
        ahead = list(Entry.objects.after(after).values_list("pk", "seq")[: limit + 1])
        taken = that_fit(ahead[:limit])
        last = taken[-1][1] if taken else after
        more = (
            f"{base_of(request)}entries/evidence?after={last}&limit={limit}"
            if len(ahead) > len(taken)
            else None
        )
        results = [stored.evidence for stored in ledger.stored_entries(after, upto=last)]
        return Response({"last_seq": last, "next": more, "results": results})
