"""Many rows in one request, all or none: every row is checked, every fault is named with its row, and nothing is recorded.

A row that is refused does not hide what is wrong with the others: each is tried in a savepoint of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from rest_framework import serializers

from traceability.api.bodies import Body
from traceability.api.problems import BadRequest, RowsRefused
from traceability.ledger import Refusal

MOST = 500


def checked_rows(shape: type[Body], rows: list[Any], *, most: int = MOST) -> list[dict[str, Any]]:
    """The valid bodies of a list. Raises ValidationError with every fault of every row, BadRequest for too many or none."""
    if not 1 <= len(rows) <= most:
        raise BadRequest(
            f"A list has from 1 to {most} rows; this has {len(rows)}.",
            code="too_many_rows",
            fields={"rows": len(rows)},
        )
    found, faults = [], {}
    for number, row in enumerate(rows):
        body = shape(data=row)
        if body.is_valid():
            found.append(dict(body.validated_data))
        else:
            faults[str(number)] = body.errors
    if faults:
        raise serializers.ValidationError(faults)
    return found


def each(calls: Sequence[Any], act: Callable[[Any], Any]) -> list[Any]:
    """What each row gave. Raises RowsRefused with the refusal of each refused row, after all were tried."""
    done: list[Any] = []
    refused: dict[int, Refusal] = {}
    for number, call in enumerate(calls):
        try:
            with transaction.atomic():
                done.append(act(call))
        except Refusal as refusal:
            refused[number] = refusal
    if refused:
        raise RowsRefused(refused, rows=len(calls))
    return done
