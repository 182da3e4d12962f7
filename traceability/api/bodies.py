"""Bodies of requests, strictly: unknown and read-only fields are refused, and a value is never bent into another type."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability import ledger, units

# Set by the server, whoever asks.
READ_ONLY = frozenset(
    {
        "id", "url", "display", "seq", "hash", "digest", "chain", "actor", "client", "recorded_at", "site", "status", "is_staff",
        "is_superuser", "roles", "scopes", "person", "user", "key", "kind", "second_person", "entry", "created_at", "created_by",
    }
)  # fmt: skip
# Controls, halves of characters, and signs that turn the direction of reading.
_REFUSED = {"Cc", "Cs"}
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_CELSIUS = re.compile(r"-?[0-9]{1,2}(\.[0-9])?\Z", re.ASCII)
_YEARS = range(1900, 9001)


class Body(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError(
                {"body": serializers.ErrorDetail("The body is a JSON object.", code="invalid")}
            )
        foreign = sorted(set(data) - set(self.fields))
        if foreign:
            raise serializers.ValidationError({name[:80]: [_foreign(name)] for name in foreign[:20]})
        return super().to_internal_value(data)


class NoBody(Body):
    """Nothing needs to be said."""


def _foreign(name: str) -> serializers.ErrorDetail:
    if name in READ_ONLY:
        return serializers.ErrorDetail(
            "This is set by the server and cannot be sent.", code="read_only_field"
        )
    return serializers.ErrorDetail("There is no such field.", code="unknown_field")


def valid(body: Body) -> dict[str, Any]:
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def lines_of(shape: Any, *, most: int) -> Any:
    """A list of lines, at least one. (The stubs do not know that many=True makes a list of a shape.)"""
    return shape(many=True, min_length=1, max_length=most)


class Id(serializers.IntegerField):
    """A JSON number that the API gave out; "17" and 17.0 are not."""

    def __init__(self, **kwargs: Any):
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole JSON number within its limits; "17", true and 17.0 are not."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Words(serializers.CharField):
    """Free text by a person: NFC, without control or invisible signs (line breaks may stay)."""

    default_error_messages = {"invisible": "This text has an invisible or control character in it."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        if any(
            (unicodedata.category(sign) in _REFUSED and sign not in "\n\t") or sign in _TURNS for sign in text
        ):
            self.fail("invisible")
        return text


class Code(serializers.CharField):
    """A number or code as it stands on a label or paper. Kept letter by letter; what cannot be printed is refused."""

    default_error_messages = {"code": "{why}"}

    def __init__(self, *, most: int, **kwargs: Any):
        super().__init__(max_length=most, trim_whitespace=False, **kwargs)
        self.most = most

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        try:
            return ledger.check_code(text, field=self.field_name or "code", limit=self.most)
        except ledger.BadInput as refusal:
            self.fail("code", why=refusal.sentence)


class Day(serializers.DateField):
    """2026-11-24, and no other way to write it."""

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not _DAY.match(data) or int(data[:4]) not in _YEARS:
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[Any, Any, Any, Any]):
    """A time with its offset (RFC 3339)."""

    default_error_messages = {"invalid": "A time with its offset, such as 2026-11-03T08:00:00-06:00."}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            found = parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or found.year not in _YEARS:
            self.fail("invalid")
        return found


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,13}(\.[0-9]{1,6})?$", "examples": ["12.5"]})
class Amount(serializers.Field[Any, Any, Any, Any]):
    """A decimal string above zero (or from zero on). A JSON number is refused: 0.1 + 0.2 is not 0.3 in binary."""

    default_error_messages = {
        "text": 'A quantity is text, such as "12.5".',
        "positive": "A quantity is more than zero.",
        "negative": "This cannot be less than nothing.",
    }

    def __init__(self, *, or_zero: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.or_zero = or_zero

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("text")
        try:
            quantity = units.parse_quantity(data)
        except ledger.BadInput:
            self.fail("text")
        if quantity < 0:
            self.fail("negative" if self.or_zero else "positive")
        if quantity == 0 and not self.or_zero:
            self.fail("positive")
        return quantity


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,2}(\.[0-9])?$", "examples": ["-15.2"]})
class Celsius(serializers.Field[Any, Any, Any, Any]):
    """A temperature in °C as text, with one digit after the point at most."""

    default_error_messages = {"text": 'A temperature is text in °C, such as "-15.2".'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not _CELSIUS.match(data):
            self.fail("text")
        return Decimal(data)


class ReasonBody(Body):
    reason = Words(max_length=2000)
