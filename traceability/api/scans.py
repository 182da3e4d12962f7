"""One scan over HTTP: what it says and all that it can mean to the caller. The pages ask the same resolver."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import scanning
from traceability.api.authentication import actor_of, client_of
from traceability.api.bodies import Body, Words, YesNo, valid
from traceability.api.fields import quantity
from traceability.api.keys import HEADER, key_of
from traceability.api.views import StrictView
from traceability.models.scans import ScanDecision
from traceability.scanning import Kind, Reading

TONES = ["ok", "ask", "stop", "info"]


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 4096})
class ScannedText(serializers.Field[Any, Any, Any, Any]):
    """As the scanner sent it, with its separators (\\u001d). It is read, never bent: what cannot be right is refused in the answer."""

    default_error_messages = {"text": "A scan is text.", "long": "A scan is at most 4,096 characters."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("text")
        if len(data) > 4096:
            self.fail("long")
        return data


class ScanBody(Body):
    """`kinds` narrows what makes sense where it is scanned; without it, anything is looked for."""

    text = ScannedText()
    typed = YesNo(required=False, default=False, help_text="True: by hand, not by a scanner.")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=[kind.value for kind in Kind]), required=False, default=None, allow_null=True, max_length=len(Kind)
    )  # fmt: skip
    where = Words(
        max_length=40, required=False, default="", allow_blank=True, help_text="For the log, such as a dock."
    )


class Element(serializers.Serializer[Any]):
    ai = serializers.CharField()
    value = serializers.CharField()


class Measure(serializers.Serializer[Any]):
    value = serializers.CharField()
    unit = serializers.CharField()


class ReadingShape(serializers.Serializer[Any]):
    """What the text says, before anything is looked up."""

    sort = serializers.ChoiceField(choices=[sort.value for sort in scanning.Sort])
    text = serializers.CharField(
        allow_blank=True, help_text="With separators and other invisible signs named."
    )
    elements = Element(many=True)
    gtin = serializers.CharField(allow_blank=True)
    sscc = serializers.CharField(allow_blank=True)
    lot = serializers.CharField(allow_blank=True)
    serial = serializers.CharField(allow_blank=True)
    quantity = Measure(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    made_on = serializers.DateField(allow_null=True)


class CandidateShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    code = serializers.CharField()
    title = serializers.CharField()
    facts = serializers.ListField(child=serializers.CharField())
    page = serializers.CharField(allow_blank=True, help_text="Where a person looks at it.")
    is_exact = serializers.BooleanField()


class AnswerShape(serializers.Serializer[Any]):
    """What to say to whoever scanned."""

    code = serializers.CharField()
    tone = serializers.ChoiceField(choices=TONES)
    what = serializers.CharField()
    why = serializers.CharField(allow_blank=True)
    now = serializers.CharField(allow_blank=True)


class Resolved(serializers.Serializer[Any]):
    """One exact match: act on it. Several, or only near ones: ask. None: unknown, or refused because it was not read right."""

    decision = serializers.ChoiceField(choices=ScanDecision.choices)
    reading = ReadingShape()
    candidates = CandidateShape(many=True)
    answer = AnswerShape(allow_null=True)


class Scans(StrictView):
    required_right = {"POST": ("traceability.view_ledger", "traceability.view_masters")}

    @extend_schema(
        operation_id="scans_resolve", request=ScanBody, responses={200: Resolved}, parameters=[HEADER]
    )
    def post(self, request: Request) -> Response:
        """Read one scan and find what it can mean. Nothing is changed but the log of scans; a key sent again is written down once."""
        key = key_of(request)
        body = valid(ScanBody(data=request.data))
        actor = actor_of(request)
        resolution = scanning.scan(
            body["text"],
            asked=scanning.Asked(person=actor, wants=frozenset(map(Kind, body["kinds"])) if body["kinds"] else None),
            sender=scanning.Sender(
                person=actor, client=client_of(request), key=key, context=body["where"] or "api", is_typed=body["typed"]
            ),
        )  # fmt: skip
        answer = resolution.answer
        return Response(
            Resolved(
                {
                    "decision": resolution.decision,
                    "reading": reading_of(resolution.reading),
                    "candidates": [
                        {"kind": row.kind, "code": row.code, "title": row.title, "facts": row.facts, "page": row.url, "is_exact": row.is_exact}
                        for row in resolution.candidates
                    ],
                    "answer": answer and {name: _plain(getattr(answer, name)) for name in ("code", "tone", "what", "why", "now")},
                }
            ).data
        )  # fmt: skip


def reading_of(reading: Reading) -> dict[str, Any]:
    measure = quantity(reading.quantity, reading.unit) if reading.quantity is not None else None
    same = {
        name: getattr(reading, name)
        for name in ("sort", "gtin", "sscc", "lot", "serial", "count", "expires_on", "made_on")
    }
    elements = [{"ai": ai, "value": value} for ai, value in reading.elements]
    return {**same, "text": reading.shown, "elements": elements, "quantity": measure}


def _plain(text: str) -> str:
    return str(text).replace("`", "").replace("**", "")
