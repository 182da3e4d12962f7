"""Bodies of requests, strictly: unknown and read-only fields are refused, and a value is never bent into another type."""

from __future__ import annotations

import unicodedata
from typing import Any

from rest_framework import serializers

# Set by the server, whoever asks.
READ_ONLY = frozenset(
    {
        "id", "url", "display", "seq", "hash", "digest", "chain", "actor", "client", "recorded_at", "site", "status", "is_staff",
        "is_superuser", "roles", "scopes", "person", "user", "key", "kind", "second_person", "entry",
    }
)  # fmt: skip
# Controls, halves of characters, and signs that turn the direction of reading.
_REFUSED = {"Cc", "Cs"}
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


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


def _foreign(name: str) -> serializers.ErrorDetail:
    if name in READ_ONLY:
        return serializers.ErrorDetail(
            "This is set by the server and cannot be sent.", code="read_only_field"
        )
    return serializers.ErrorDetail("There is no such field.", code="unknown_field")


class Id(serializers.IntegerField):
    """A JSON number that the API gave out; "17" and 17.0 are not."""

    def __init__(self, **kwargs: Any):
        super().__init__(min_value=1, max_value=2**63 - 1, **kwargs)

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
