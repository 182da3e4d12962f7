"""How values are written: quantities as decimal strings with their unit, times in RFC 3339, links as whole addresses."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

_DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["1223", "0.5"]}
_QUANTITY = {
    "type": "object", "required": ["value", "unit"],
    "properties": {"value": _DECIMAL, "unit": {"type": "string", "examples": ["lb"]}},
}  # fmt: skip


def exact(value: Decimal) -> str:
    """The number in full and nothing else: 1080, 0.5, never 1E+3 or 1080.000000."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: Decimal, unit: str) -> dict[str, str]:
    return {"value": exact(value), "unit": unit}


def base_of(request: Request) -> str:
    """The address of the API root as this caller reaches it; asked once a request."""
    known: str | None = getattr(request, "_api_base", None)
    if known is None:
        known = reverse("api-root", request=request)
        request._api_base = known  # type: ignore[attr-defined]
    return known


@extend_schema_field({"type": "string", "format": "uri"})
class Url(serializers.Field[Any, Any, Any, Any]):
    """The address of the thing itself: `<root>lots/17`."""

    def __init__(self, folder: str, key: str = "pk"):
        super().__init__(source="*", read_only=True)
        self.folder, self.key = folder, key

    def to_representation(self, noun: Any) -> str:
        name = getattr(noun, self.key)
        name = quote(name, safe="") if isinstance(name, str) else name
        return f"{base_of(self.context['request'])}{self.folder}/{name}"


@extend_schema_field(_QUANTITY)
class Quantity(serializers.Field[Any, Any, Any, Any]):
    """{"value": "1223", "unit": "cs"} from two attributes of the row, in the base unit of its item."""

    def __init__(self, value: str = "quantity", unit: str = "lot.item.unit", **kwargs: Any):
        super().__init__(source="*", read_only=True, **kwargs)
        self.value, self.unit = value, unit

    def to_representation(self, noun: Any) -> dict[str, str] | None:
        value = _at(noun, self.value)
        return None if value is None else quantity(value, _at(noun, self.unit))


@extend_schema_field({"type": ["object", "null"], **{k: v for k, v in _QUANTITY.items() if k != "type"}})
class QuantityOrNull(Quantity):
    """As Quantity, where there may be none."""


@extend_schema_field(_DECIMAL)
class Exact(serializers.Field[Any, Any, Any, Any]):
    def to_representation(self, value: Decimal) -> str:
        return exact(value)


@extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{64}$"})
class Hex(serializers.Field[Any, Any, Any, Any]):
    """32 bytes of evidence, in lower-case hexadecimal."""

    def to_representation(self, value: bytes) -> str:
        return bytes(value).hex()


def _at(noun: Any, path: str) -> Any:
    return reduce(getattr, path.split("."), noun)
