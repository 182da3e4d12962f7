"""“Where did it go?” and “What is in it?” over HTTP. The answer is the whole set, whatever its size, at one seq."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import genealogy, ledger, reach
from traceability.api import paging, parameters
from traceability.api.authentication import actor_of
from traceability.api.briefs import ItemBrief, LotBrief, PartyBrief, SiteBrief
from traceability.api.fields import Url, base_of
from traceability.api.problems import BadRequest
from traceability.api.views import StrictView
from traceability.models import Lot, search_key

READINGS = {
    "narrow": "Without links that nobody scanned or typed.",
    "contains_now": "Without parts that were taken out again.",
    "time_aware": "Without what was drawn before the suspect input went in.",
}


class ReachedLot(serializers.ModelSerializer[Lot]):
    url = Url("lots")
    item = ItemBrief(read_only=True)
    supplier = PartyBrief(read_only=True, allow_null=True)
    is_start = serializers.BooleanField(read_only=True, help_text="One of the lots the walk began at.")

    class Meta:
        model = Lot
        fields = [
            "id",
            "url",
            "number",
            "item",
            "supplier",
            "supplier_lot",
            "made_on",
            "expires_on",
            "is_serial",
            "is_untracked",
            "is_imported",
            "is_start",
        ]


class ReadingSerializer(serializers.Serializer[Any]):
    narrow = serializers.BooleanField()
    contains_now = serializers.BooleanField()
    time_aware = serializers.BooleanField()


class ElsewhereSerializer(serializers.Serializer[Any]):
    site = SiteBrief()
    lots = serializers.IntegerField(
        help_text="Lots that are or were there. One that was at two sites counts at both."
    )


class WalkSerializer(serializers.Serializer[Any]):
    """All pages of one answer belong to one `seq`: follow `next`, or send it as as_of."""

    seq = serializers.IntegerField(help_text="The answer is what the ledger said at this seq.")
    reading = ReadingSerializer()
    starts = LotBrief(many=True)
    count = serializers.IntegerField(help_text="Lots in the whole answer, starts included.")
    elsewhere = ElsewhereSerializer(
        many=True, help_text="Lots of the answer at sites that this reader does not see."
    )
    is_open = serializers.BooleanField(
        help_text="True when an untracked lot was reached: the walk cannot go on there."
    )
    open_lots = LotBrief(
        many=True, help_text="The lots at which the answer stays open; all of them, on every page."
    )
    left_out = LotBrief(
        many=True, help_text="What the widest reading has and this one leaves out; all of it, on every page."
    )
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ReachedLot(many=True)


def _described(*names: str) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "as_of", int, description="Only what was posted up to this seq. Default: everything."
        ),
        *(OpenApiParameter(name, bool, description=text) for name, text in READINGS.items() if name in names),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "default": paging.USUAL},
            description=f"Lots on a page, {paging.MOST} at most.",
        ),
        OpenApiParameter("offset", {"type": "integer", "minimum": 0}),
    ]


_STARTS = [
    OpenApiParameter(
        "supplier_lot",
        str,
        many=True,
        description="The supplier's number in any spelling; all lots that have it are starts.",
    ),
    OpenApiParameter(
        "lot",
        str,
        many=True,
        description="Our number; all lots that have it are starts, whatever their item.",
    ),
    OpenApiParameter("item", str, description="Only starts of the item with this code."),
]


class _Walk(StrictView):
    required_right = "traceability.trace"
    about = Lot
    readings: tuple[str, ...] = ("narrow", "contains_now")

    def known_parameters(self) -> Sequence[str]:
        return ("as_of", *self.readings, *paging.NAMES, *self.parameter_names)

    def walk(self, starts: Sequence[int], reading: genealogy.Reading) -> genealogy.Walk:
        return genealogy.where_from(starts, reading)

    def answer(self, request: Request, starts: Sequence[int]) -> Response:
        seq = parameters.as_of(request)
        asked = {name: parameters.yes(request, name) for name in self.readings}
        found = self.walk(starts, genealogy.Reading(as_of=seq, **asked))
        limit, offset = (
            paging.limit_of(request),
            parameters.number(request, "offset", default=0, most=paging.DEEPEST),
        )
        first = set(starts)
        person = actor_of(request)
        # What is at other sites is counted there and not named; the count of the whole answer stays the whole count.
        others = reach.elsewhere(person, found.lots)
        lots = found.lots if not others else list(_lots(found.lots).values_list("pk", flat=True))
        rows: list[Any] = list(_lots(lots[offset : offset + limit]).select_related("supplier"))
        for lot in rows:
            lot.is_start = lot.pk in first
        body = {
            "seq": seq, "reading": dict.fromkeys(READINGS, False) | asked, "starts": _lots(starts), "count": len(found.lots),
            "elsewhere": others, "is_open": found.is_open,
            "open_lots": _lots(found.open_lots), "left_out": _lots(genealogy.left_out(found)),
            "next": self._page(request, seq, limit, offset + limit) if offset + limit < len(lots) else None,
            "previous": self._page(request, seq, limit, max(offset - limit, 0)) if offset else None, "results": rows,
        }  # fmt: skip
        return Response(WalkSerializer(body, context={"request": request}).data)

    def _page(self, request: Request, seq: int, limit: int, offset: int) -> str:
        kept = [
            (name, value)
            for name, values in request.query_params.lists()
            for value in values
            if name not in ("as_of", *paging.NAMES)
        ]
        folder = request.path.split("/api/v1/", 1)[-1]
        return f"{base_of(request)}{folder}?{urlencode([*kept, ('as_of', seq), ('limit', limit), ('offset', offset)])}"


def _lots(ids: Sequence[int]) -> QuerySet[Lot]:
    return reach.seen(Lot.objects.filter(pk__in=ids).select_related("item")).order_by("pk")


class WhereFromLot(_Walk):
    @extend_schema(
        operation_id="lots_where_from",
        responses=WalkSerializer,
        parameters=_described("narrow", "contains_now"),
    )
    def get(self, request: Request, pk: int) -> Response:
        """What is in this lot, at any distance."""
        if not Lot.objects.filter(pk=pk).exists():
            raise Http404
        return self.answer(request, [pk])


class WhereUsedLot(_Walk):
    readings = tuple(READINGS)

    def walk(self, starts: Sequence[int], reading: genealogy.Reading) -> genealogy.Walk:
        return genealogy.where_used(starts, reading)

    @extend_schema(operation_id="lots_where_used", responses=WalkSerializer, parameters=_described(*READINGS))
    def get(self, request: Request, pk: int) -> Response:
        """Everything that contains this lot, at any distance."""
        if not Lot.objects.filter(pk=pk).exists():
            raise Http404
        return self.answer(request, [pk])


class WhereFrom(_Walk):
    parameter_names = ("supplier_lot", "lot", "item")
    repeatable_names = ("supplier_lot", "lot")

    @extend_schema(
        operation_id="where_from",
        responses=WalkSerializer,
        parameters=[*_STARTS, *_described("narrow", "contains_now")],
    )
    def get(self, request: Request) -> Response:
        """What is in the lots with these numbers."""
        return self.answer(request, starts_of(request))


class WhereUsed(WhereUsedLot):
    parameter_names = WhereFrom.parameter_names
    repeatable_names = WhereFrom.repeatable_names

    @extend_schema(
        operation_id="where_used", responses=WalkSerializer, parameters=[*_STARTS, *_described(*READINGS)]
    )
    def get(self, request: Request, pk: int = 0) -> Response:
        """Everything that contains a lot with one of these numbers: how a recall begins."""
        return self.answer(request, starts_of(request))


def starts_of(request: Request) -> list[int]:
    """The lots meant by supplier_lot or lot. A number that nothing has is an error: it must not read as “went nowhere”."""
    printed, numbers = (request.query_params.getlist(name) for name in ("supplier_lot", "lot"))
    if bool(printed) == bool(numbers):
        raise BadRequest(
            "Say where to begin: supplier_lot or lot, one of the two.",
            code="start_missing",
            fields={"supplier_lot": "or", "lot": "one"},
        )
    lots = reach.seen(Lot.objects.all())
    if "item" in request.query_params:
        lots = lots.filter(item__code=request.query_params["item"])
    found: set[int] = set()
    for value in printed or numbers:
        if "\x00" in value:
            raise BadRequest("A lot number has no control characters.", code="invalid")
        mine = lots.filter(supplier_lot_key=search_key(value)) if printed else lots.filter(number=value)
        ids = set(mine.values_list("pk", flat=True))
        if not ids:
            raise ledger.UnknownLot(
                f"No lot has the {'supplier lot' if printed else 'number'} {value[:80]}.",
                "",
                "Check the spelling on the label.",
                fields={"value": value[:80]},
            )
        found |= ids
    return sorted(found)
