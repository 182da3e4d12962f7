"""Pages of lists: limit and offset, at most 1,000 rows at once."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

from traceability.api import parameters

USUAL, MOST, DEEPEST = 100, 1000, 1_000_000
NAMES = ("limit", "offset")


class Pages(LimitOffsetPagination):
    """A larger limit is clamped to 1,000; anything that is no number is refused."""

    default_limit, max_limit = USUAL, MOST

    def get_limit(self, request: Request) -> int:
        return limit_of(request)

    def get_offset(self, request: Request) -> int:
        return parameters.number(request, "offset", default=0, most=DEEPEST)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {"name": "limit", "in": "query", "description": f"Rows on a page; more than {MOST} gives {MOST}.", "schema": {"type": "integer", "minimum": 1, "default": USUAL}},
            {"name": "offset", "in": "query", "description": "Rows to pass over.", "schema": {"type": "integer", "minimum": 0, "maximum": DEEPEST}},
        ]  # fmt: skip


def limit_of(request: Request) -> int:
    return min(parameters.number(request, "limit", default=USUAL, least=1), MOST)
