"""The ten questions over HTTP: the same query and the same totals as the page and its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import inquiries, ledger
from traceability.api import paging
from traceability.api.balances import BalanceSerializer
from traceability.api.briefs import LotBrief, PartyBrief
from traceability.api.fields import Quantity
from traceability.api.movements import MovementSerializer
from traceability.api.problems import BadRequest
from traceability.api.rights import SIGNED_IN
from traceability.api.views import StrictView
from traceability.inquiries import QUESTIONS, Question
from traceability.models import Delivered, Lot
from traceability.views.inquiries.asking import FILTERS

CUSTOMERS = "traceability.view_customers"
NAMES = ("item", "number_from", "number_to", "party", "date_from", "date_to")
MEANS = {
    "item": "Code of the item, or its name.",
    "number_from": "The lowest number; alone it means exactly that one. A supplier lot in any spelling where suppliers matter.",
    "number_to": "The highest number.",
    "party": "Code or name of the customer or supplier.",
    "date_from": "The first day.",
    "date_to": "The last day, itself included.",
}


class DeliveredSerializer(serializers.ModelSerializer[Delivered]):
    """What went to or came from a party under one paper. `net` is without what came or went back."""

    lot = LotBrief(read_only=True)
    party = PartyBrief(read_only=True, allow_null=True)
    quantity = Quantity()
    returned = Quantity("returned")
    net = Quantity("net")

    class Meta:
        model = Delivered
        fields = ["id", "direction", "party", "document", "line", "lot", "quantity", "returned", "net", "first_at", "last_at"]  # fmt: skip


class InProcessSerializer(serializers.Serializer[Any]):
    document = serializers.CharField()
    lot_id = serializers.IntegerField()
    lot = serializers.CharField()
    item = serializers.CharField()
    quantity = Quantity(unit="unit")


class TotalSerializer(serializers.Serializer[Any]):
    item = serializers.CharField()
    rows = serializers.IntegerField()
    lots = serializers.IntegerField()
    quantity = Quantity(unit="unit", help_text="The sum of the lines, in the unit of the item.")
    back = Quantity("back", "unit", help_text="Of deliveries: what came or went back of it.")
    change = Quantity("change", "unit", help_text="Of movements: what they add to stock.")
    in_process = Quantity("in_process", "unit", help_text="Where stocked: drawn by orders, not yet made.")


SHAPES: dict[str, Any] = {
    "movement": MovementSerializer,
    "delivered": DeliveredSerializer,
    "balance": BalanceSerializer,
}


class QuestionBrief(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    rows = serializers.ChoiceField(choices=list(SHAPES))


class Questions(StrictView):
    required_right = SIGNED_IN

    @extend_schema(operation_id="inquiries", responses=QuestionBrief(many=True))
    def get(self, request: Request) -> Response:
        """The ten questions; each is an address below this one."""
        return Response(QuestionBrief(QUESTIONS, many=True).data)


class Inquiry(StrictView):
    question: Question = QUESTIONS[0]

    def known_parameters(self) -> Sequence[str]:
        return (*NAMES, *paging.NAMES)

    def answer(self, request: Request) -> Response:
        question = self.question
        by_party = question.about == "transactions" and "party" in request.query_params
        if by_party and not request.user.has_perm(CUSTOMERS):
            self.permission_denied(request)
        asked = FILTERS[question.code](request.query_params, queryset=Lot.objects.none())
        if not asked.is_valid():
            name, errors = next(iter(asked.errors.items()))
            raise BadRequest(
                " ".join(errors), code="invalid", fields={name: request.query_params.get(name, "")[:80]}
            )
        if question.is_recall and not asked.names_a_start:
            raise BadRequest(
                "A recall starts from lots that you name: give an item, a number, or both.",
                code="start_missing",
                fields={"number_from": "or", "item": "one"},
            )
        seq = ledger.head().seq
        rows = question.ask(**asked.asked).order_by("-pk")
        drawn = []
        totals = inquiries.totals_of(rows, question.rows)
        if question.about == "stocked":
            drawn = inquiries.in_process(inquiries.reached_by(**asked.asked))
            inquiries.add_in_process(totals, drawn)
        pages = paging.Pages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        for row in page:
            row.promised = getattr(row, "promised", 0)
        body = {
            "question": question.code,
            "seq": seq,
            "count": pages.count,
            "totals": TotalSerializer(totals, many=True).data,
            "in_process": InProcessSerializer(drawn, many=True).data,
            "next": pages.get_next_link(),
            "previous": pages.get_previous_link(),
            "results": SHAPES[question.rows](page, many=True, context={"request": request}).data,
        }
        return Response(body)


def view_of(question: Question) -> Any:
    """The view of one question, described under its own name."""
    name = "".join(part.title() for part in question.code.split("-"))
    shape = type(
        f"{name}Answer",
        (serializers.Serializer,),
        {
            "__doc__": question.title,
            "question": serializers.CharField(),
            "seq": serializers.IntegerField(help_text="The newest entry when it was asked."),
            "count": serializers.IntegerField(),
            "totals": TotalSerializer(many=True),
            "in_process": InProcessSerializer(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": SHAPES[question.rows](many=True),
        },
    )
    kinds = {"date_from": OpenApiTypes.DATE, "date_to": OpenApiTypes.DATE}
    described: list[Any] = [
        OpenApiParameter(name, kinds.get(name, OpenApiTypes.STR), description=text)
        for name, text in MEANS.items()
    ]
    described += [
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "default": paging.USUAL}),
        OpenApiParameter("offset", {"type": "integer", "minimum": 0}),
    ]

    @extend_schema(
        operation_id=f"inquiries_{question.code.replace('-', '_')}",
        summary=question.title,
        responses=shape,
        parameters=described,
    )
    def get(self: Inquiry, request: Request) -> Response:
        return self.answer(request)

    right = CUSTOMERS if question.about == "shipped" else "traceability.trace"
    view: Any = type(
        f"{name}Inquiry", (Inquiry,), {"question": question, "required_right": right, "get": get}
    )
    return view.as_view()
