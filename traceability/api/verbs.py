"""What every posting call shares: a valid body, nouns found by their numbers, quantities as text, and a run without effect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from traceability import ledger, units
from traceability.api.bodies import Body, Id, Words
from traceability.api.briefs import EntryBrief
from traceability.models import Evidence


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,13}(\.[0-9]{1,6})?$", "examples": ["12.5"]})
class Amount(serializers.Field[Any, Any, Any, Any]):
    """A decimal string above zero. A JSON number is refused: 0.1 + 0.2 is not 0.3 in binary."""

    default_error_messages = {
        "text": 'A quantity is text, such as "12.5".',
        "positive": "A quantity is more than zero.",
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("text")
        try:
            quantity = units.parse_quantity(data)
        except ledger.BadInput:
            self.fail("text")
        if quantity <= 0:
            self.fail("positive")
        return quantity


class LineBody(Body):
    """A quantity of a lot at a place. Without a unit, the item's base unit."""

    lot = Id(help_text="From /lots.")
    quantity = Amount()
    unit = Words(max_length=12, required=False, default="", allow_blank=True)
    location = Id(help_text="From /locations.")
    evidence = serializers.ChoiceField(
        choices=[Evidence.SCANNED.value, Evidence.TYPED.value], required=False, default=Evidence.TYPED.value
    )


class Posted(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    entry = EntryBrief(allow_null=True, help_text="Null in a dry run.")


def lines_of(shape: Any, *, most: int) -> Any:
    """A list of lines, at least one. (The stubs do not know that many=True makes a list of a shape.)"""
    return shape(many=True, min_length=1, max_length=most)


def valid(body: Body) -> dict[str, Any]:
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def by_number(rows: Any, number: str) -> Any:
    """One paper by the number on it. 404 for another, with the same words whether or not it exists."""
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def found(rows: Any, ids: list[int], *, what: str) -> dict[int, Any]:
    """The nouns with these ids, by id. Raises UnknownLot (404) naming the missing ones."""
    known = {row.pk: row for row in rows.filter(pk__in=ids)}
    missing = sorted(set(ids) - set(known))
    if missing:
        raise ledger.UnknownLot(
            f"There is no {what} {', '.join(map(str, missing[:5]))}.",
            now="Nothing was recorded.",
            fields={f"{what}s": missing[:100]},
        )
    return known


@contextmanager
def acting(*, dry_run: bool) -> Iterator[None]:
    """One transaction; in a dry run all is checked and nothing stays."""
    with transaction.atomic():
        yield
        if dry_run:
            transaction.set_rollback(True)


def posted(request: Request, entry: Any, *, dry_run: bool) -> Response:
    body = Posted(
        {"dry_run": dry_run, "entry": None if dry_run else entry}, context={"request": request}
    ).data
    return Response(body, status=200 if dry_run else 201)
