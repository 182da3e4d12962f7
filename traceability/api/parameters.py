"""Query parameters, strictly: an unknown, empty or repeated one is refused. A typo that is ignored answers another question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from traceability import ledger, reach
from traceability.api.problems import BadRequest

_ID = re.compile(r"\A[0-9]{1,18}\Z", re.ASCII)
MOST_VALUES = 100


def check(request: Request, *, known: Iterable[str], repeatable: Iterable[str] = ()) -> None:
    """Raise BadRequest for a parameter that the address does not know, that is empty, or that comes twice."""
    known, repeatable = set(known), set(repeatable)
    for name, values in request.query_params.lists():
        if name not in known:
            can = f"It knows {', '.join(sorted(known))}." if known else "It takes none."
            raise BadRequest(
                f"This address has no parameter “{name[:80]}”. {can}",
                code="unknown_parameter",
                fields={name[:80]: "unknown"},
            )
        if "" in values:
            raise BadRequest(
                f"The parameter {name} is empty. Leave it out, or give it a value.",
                code="empty_parameter",
                fields={name: "empty"},
            )
        if len(values) > (MOST_VALUES if name in repeatable else 1):
            raise BadRequest(
                f"The parameter {name} is given {len(values)} times.",
                code="repeated_parameter",
                fields={name: "repeated"},
            )


def number(request: Request, name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number from the query, plain ASCII digits. Raises BadRequest."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _ID.match(text) or int(text) < least or (most is not None and int(text) > most):
        limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise BadRequest(
            f"The parameter {name} is a whole number {limits}.", code="invalid", fields={name: text[:40]}
        )
    return int(text)


def yes(request: Request, name: str) -> bool:
    """true or false from the query; false when it is not there. Raises BadRequest for anything else."""
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest(f"The parameter {name} is true or false.", code="invalid", fields={name: text[:40]})
    return text == "true"


def as_of(request: Request) -> int:
    """The seq that as_of names, or the head's. Raises BadRequest for one that the ledger has not reached."""
    head = ledger.head().seq
    seq = number(request, "as_of", default=head)
    if seq > head:
        raise BadRequest(
            f"The ledger ends at entry {head}; as_of cannot be later.",
            code="as_of_too_late",
            fields={"as_of": seq},
        )
    return seq


@extend_schema_field(OpenApiTypes.INT64)
class IdFilter(filters.CharFilter):
    """A number that the API gave out. Text, or a number of another kind of thing, finds nothing or is refused; never a 500."""

    field_class = forms.RegexField

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(
            *args,
            regex=_ID,
            error_messages={"invalid": "This is not a number that the API gave out."},
            **kwargs,
        )


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": 80})
class TextFilter(filters.CharFilter):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, max_length=80, strip=False, **kwargs)


class CodeFilter(TextFilter):
    """The code or number of something that must exist: an unknown one is an error, not an empty answer."""

    def __init__(self, known: QuerySet[Any], *, code: str = "code", **kwargs: Any):
        self.known, self.code = known, code
        super().__init__(**kwargs)

    def filter(self, qs: QuerySet[Model], value: str) -> QuerySet[Model]:
        if value and not reach.seen(self.known.all()).filter(**{self.code: value}).exists():
            name = str(self.known.model._meta.verbose_name)
            raise BadRequest(f"There is no {name} {value}.", code="unknown_value", fields={name: value})
        return super().filter(qs, value)


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(filters.TypedChoiceFilter):
    """true or false, and nothing that only looks like it."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(
            *args,
            choices=[("true", "true"), ("false", "false")],
            coerce=lambda text: text == "true",
            **kwargs,
        )


class MomentField(forms.Field):
    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        try:
            found = parse_datetime(value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not 1900 <= found.year <= 9000:
            raise ValidationError(
                "A time with its offset, such as 2026-11-03T08:00:00-06:00 (encode the plus sign in an address).",
                code="invalid",
            )
        return found


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(filters.Filter):
    field_class = MomentField


class StrictFilterBackend(filters.DjangoFilterBackend):
    """django-filter, on lists only; a detail is found by its address alone."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        return (
            queryset if getattr(view, "detail", False) else super().filter_queryset(request, queryset, view)
        )
