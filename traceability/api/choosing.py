"""`fields`, `omit` and `ordering`: which members an answer has and in which order its rows come, from lists that we know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from traceability.api.problems import BadRequest

NAMES = ("fields", "omit")
FIELDS = [
    OpenApiParameter(
        "fields", str, description="Only these members, with commas between. The answer has no others."
    ),
    OpenApiParameter("omit", str, description="All members but these, with commas between."),
]


def chosen(request: Request, shape: type[Any]) -> type[Any]:
    """The shape with only the asked-for members. Raises BadRequest for one that it does not have."""
    asked, left_out = (_names(request, name) for name in NAMES)
    if not asked and not left_out:
        return shape
    if asked and left_out:
        raise BadRequest(
            "Give fields or omit, one of the two.", code="invalid", fields={"omit": "beside fields"}
        )
    known = list(shape().fields)
    foreign = [name for name in asked or left_out if name not in known]
    if foreign:
        raise BadRequest(
            f"There is no field {foreign[0][:80]}. It knows {', '.join(known)}.",
            code="unknown_value",
            fields={"fields" if asked else "omit": foreign[0][:80]},
        )
    kept = [name for name in known if (name in asked if asked else name not in left_out)]

    class Chosen(shape):  # type: ignore[misc,valid-type]
        # After the whole is drawn: what a reader may not see is decided there.
        def to_representation(self, noun: Any) -> dict[str, Any]:
            shown = super().to_representation(noun)
            return {name: shown[name] for name in kept}

    return Chosen


def ordered(request: Request, rows: QuerySet[Any], known: Mapping[str, Sequence[str]]) -> QuerySet[Any]:
    """By a name of the list, or by `-name`; ties by id, so that pages never overlap. Raises BadRequest."""
    asked = request.query_params.get("ordering")
    if asked is None or not known:
        return rows
    turned, name = asked.startswith("-"), asked.removeprefix("-")
    if name not in known:
        raise BadRequest(
            f"This list cannot be ordered by {asked[:80]}. It knows {', '.join(known)}, each also with a minus.",
            code="unknown_value",
            fields={"ordering": asked[:80]},
        )
    columns = [*known[name], "pk"]
    return rows.order_by(*(_turned(column) if turned else column for column in columns))


def _turned(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _names(request: Request, name: str) -> list[str]:
    text = request.query_params.get(name, "")
    return [part.strip() for part in text.split(",")] if text else []
