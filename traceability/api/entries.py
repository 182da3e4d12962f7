"""The feed: every entry once, in the one order there is, with its movements and its evidence.

`seq` has no gaps and is in commit order, so a reader who keeps the last seq and asks for what comes after it misses
nothing and sees nothing twice, however much is posted meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import reach
from traceability.api import choosing, paging, parameters
from traceability.api.briefs import PartyBrief, PersonBrief, SiteBrief
from traceability.api.fields import Hex, Url, base_of
from traceability.api.movements import SHOWN_WITH, LineSerializer
from traceability.api.rights import sees_customers
from traceability.api.views import StrictView
from traceability.models import Entry, EntryKind, Movement

# A page ends early rather than carry more lines than this; one entry is never cut.
MOST_LINES = 20_000
# Entries whose party is a supplier, whoever reads.
_FROM_SUPPLIERS = {EntryKind.RECEIPT, EntryKind.RECEIPT_CORRECTION, EntryKind.SUPPLIER_RETURN}
# What the ledger itself writes into a payload; the rest is the words of a paper, which may name a customer.
_OWN_WORDS = {"born", "holds", "lifts", "needs", "meets", "amended", "scope"}


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One posted fact. With `digest` and `chain` anybody can check that nothing was changed (the way is in traceability/ledger/digest.py)."""

    url = Url("entries", key="seq")
    site = SiteBrief(read_only=True)
    party = PartyBrief(read_only=True, allow_null=True)
    actor = PersonBrief(read_only=True)
    second_person = PersonBrief(read_only=True, allow_null=True)
    reverses = serializers.IntegerField(
        source="reverses_seq", allow_null=True, read_only=True, help_text="seq of the entry it reverses."
    )
    reversed_by = serializers.IntegerField(
        source="reversed_by_seq",
        allow_null=True,
        read_only=True,
        help_text="seq of its reversal, once there is one.",
    )
    digest = Hex(read_only=True)
    chain = Hex(read_only=True)
    movements = LineSerializer(source="lines", many=True, read_only=True)
    withheld = serializers.SerializerMethodField(
        help_text="Fields left out because the reader may not see customers."
    )

    class Meta:
        model = Entry
        fields = [
            "id", "seq", "url", "kind", "site", "document", "party", "occurred_at", "recorded_at", "actor", "second_person", "client",
            "reason", "after_the_fact", "imported", "reverses", "reversed_by", "payload", "digest", "chain", "movements", "withheld",
        ]  # fmt: skip

    def get_withheld(self, entry: Any) -> list[str]:
        if sees_customers(self.context["request"]):
            return []
        party = ["party"] if entry.party_id and entry.kind not in _FROM_SUPPLIERS else []
        return party + (["payload"] if set(entry.payload) - _OWN_WORDS else [])

    def to_representation(self, entry: Any) -> dict[str, Any]:
        shown = super().to_representation(entry)
        if "party" in shown["withheld"]:
            shown["party"] = None
        if "payload" in shown["withheld"]:
            shown["payload"] = {name: value for name, value in entry.payload.items() if name in _OWN_WORDS}
        return shown


def entries() -> QuerySet[Any]:
    lines = reach.seen(Movement.objects.select_related(*SHOWN_WITH)).order_by("line")
    rows = Entry.objects.select_related("site", "party", "actor", "second_person").order_by("seq")
    return rows.annotate(
        reverses_seq=F("reverses__seq"), reversed_by_seq=F("reversed_by__seq")
    ).prefetch_related(Prefetch("movements", lines, to_attr="lines"))


class EntryPage(serializers.Serializer[Any]):
    """`next` is null when there is nothing more yet; then ask again later with after=`last_seq`."""

    last_seq = serializers.IntegerField(help_text="The last seq of this page; what to ask after next time.")
    next = serializers.URLField(allow_null=True)
    results = EntrySerializer(many=True)


class Feed(StrictView):
    required_right = "traceability.view_ledger"
    parameter_names = ("after", "limit", *choosing.NAMES)

    @extend_schema(
        operation_id="entries_feed",
        responses=EntryPage,
        parameters=[
            OpenApiParameter(
                "after", int, description="Only entries later than this seq. Default 0: from the first."
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "default": paging.USUAL},
                description=f"Entries on a page, {paging.MOST} at most.",
            ),
            *choosing.FIELDS,
        ],
    )
    def get(self, request: Request) -> Response:
        """Entries in order, a page at a time."""
        after, limit = parameters.number(request, "after", default=0), paging.limit_of(request)
        mine = reach.seen(Entry.objects.after(after))
        ahead = list(mine.order_by("seq").values_list("pk", "seq")[: limit + 1])
        taken = that_fit(ahead[:limit])
        rows = list(entries().filter(pk__in=[pk for pk, _ in taken]))
        last = taken[-1][1] if taken else after
        chosen = {name: request.query_params[name] for name in choosing.NAMES if name in request.query_params}
        onward = urlencode({"after": last, "limit": limit, **chosen}, safe=",")
        shape = choosing.chosen(request, EntrySerializer)
        return Response(
            {
                "last_seq": last,
                "next": f"{base_of(request)}entries?{onward}" if len(ahead) > len(taken) else None,
                "results": shape(rows, many=True, context={"request": request}).data,
            }
        )


def that_fit(ahead: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """As many of these entries, from the first, as have MOST_LINES movements between them; at least one."""
    counts = dict(
        Movement.objects.filter(entry__in=[pk for pk, _ in ahead])
        .order_by()
        .values_list("entry")
        .annotate(Count("pk"))
    )
    lines = 0
    for index, (pk, _) in enumerate(ahead):
        lines += counts.get(pk, 0)
        if lines > MOST_LINES:
            return ahead[: max(index, 1)]
    return ahead


class EntryDetail(StrictView):
    required_right = "traceability.view_ledger"
    parameter_names = choosing.NAMES
    about, named = Entry, "seq"

    @extend_schema(operation_id="entries_retrieve", responses=EntrySerializer, parameters=choosing.FIELDS)
    def get(self, request: Request, seq: int) -> Response:
        """One entry by its seq."""
        found = entries().filter(seq=seq).first()
        if found is None:
            raise Http404
        shape = choosing.chosen(request, EntrySerializer)
        return Response(shape(found, context={"request": request}).data)
