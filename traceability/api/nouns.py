"""How a body names a lot, an item, a place or a party: by the id that the API gave out, or by its own number or code.

    lot = Ref(help_text="Id or number of the lot.")           # 4711 is an id, "RM-261019-07" is a number

A view collects what its lines name and asks once per kind of noun: `lots = found(Lot.objects…, [row["lot"] for row in rows],
what="lot", code="number")`, then takes `lots[row["lot"]]`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traceability import ledger, reach

CODE_LIMIT = 80


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "format": "int64", "minimum": 1},
            {"type": "string", "minLength": 1, "maxLength": CODE_LIMIT},
        ],
        "description": "The id (a number) or the code (text).",
    }
)
class Ref(serializers.Field[Any, Any, Any, Any]):
    """A JSON number is an id, a text is a number or code; they never mean each other."""

    default_error_messages = {"invalid": "An id (a number) or a code (text)."}

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("invalid")
        if isinstance(data, int):
            if not 1 <= data < 2**63:
                self.fail("invalid")
            return data
        try:
            text = ledger.check_code(data, field=self.field_name or "code", limit=CODE_LIMIT)
        except ledger.BadInput:
            self.fail("invalid")
        if not text:
            self.fail("invalid")
        return text


class UnknownReference(ledger.Refusal):
    """Not there, or not to be seen by this caller: the same words."""

    code = "unknown_reference"
    status = 404


class Ambiguous(ledger.BadInput):
    code = "ambiguous"


def found(rows: Any, names: Iterable[int | str | None], *, what: str, code: str = "code") -> dict[Any, Any]:
    """The nouns with these ids or codes, by what they were called. One query for the ids, one for the codes.

    Raises UnknownLot or UnknownReference (404) naming the missing ones, Ambiguous (422) for a code that several have.
    """
    asked = list(dict.fromkeys(name for name in names if name is not None))
    ids, codes = [n for n in asked if isinstance(n, int)], [n for n in asked if isinstance(n, str)]
    rows = reach.seen(rows.all())  # Of other sites they are as unknown as what does not exist.
    known: dict[Any, Any] = {row.pk: row for row in rows.filter(pk__in=ids)} if ids else {}
    by_code: dict[str, list[Any]] = defaultdict(list)
    for row in rows.filter(**{f"{code}__in": codes}) if codes else []:
        by_code[getattr(row, code)].append(row)
    missing = [name for name in asked if name not in known and name not in by_code]
    if missing:
        refusal = ledger.UnknownLot if what == "lot" else UnknownReference
        raise refusal(
            f"There is no {what} {', '.join(str(name)[:40] for name in missing[:5])}.",
            now="Nothing was recorded.",
            fields={what: missing[:100]},
        )
    for name, several in by_code.items():
        if len(several) > 1:
            raise Ambiguous(
                f"Several of them are called {name}.",
                f"Their ids are {', '.join(str(row.pk) for row in several[:5])}.",
                "Name the one you mean by its id.",
                fields={what: name, "ids": [row.pk for row in several[:100]]},
            )
        known[name] = several[0]
    return known


def by_number(rows: Any, number: str) -> Any:
    """One paper by the number on it. 404 for another, with the same words whether or not it exists."""
    row = reach.seen(rows.all()).filter(number=number).first()
    if row is None:
        raise Http404
    return row
