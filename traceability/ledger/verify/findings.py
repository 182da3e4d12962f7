"""What a check is, how it asks, and what it finds.

A check is a function with a docstring that gives a `Query` (its rows are the findings) or yields findings itself. The
database counts, and only the first findings travel: memory stays flat on a ledger of any size, however spoilt it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from traceability.ledger.errors import plain

SHOWN = 100  # findings told in words; the rest are counted


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    sentence: str
    seq: int | None = None
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Its rows are the findings. The sentence names columns; `seq` and `lot` say where, for whoever follows it up."""

    sql: str
    sentence: str
    params: dict[str, Any] = field(default_factory=dict)


Answer = Query | Iterable[Query] | Iterator[Finding]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    invariants: tuple[str, ...]  # the letters and numbers of the reliability page
    ask: Callable[[], Answer]

    @property
    def promise(self) -> str:
        """What it checks, in a sentence."""
        return (self.ask.__doc__ or "").split("\n\n")[0].strip()

    def run(self) -> tuple[int, list[Finding]]:
        """How many findings, and the first of them."""
        count, told = 0, list[Finding]()
        answer = self.ask()
        for part in [answer] if isinstance(answer, Query) else answer:
            if isinstance(part, Query):
                number, found = _ask(self.name, part)
                count += number
                told += found
            else:
                count += 1
                if count <= SHOWN:
                    told.append(part)
        return count, told[:SHOWN]


def check(*invariants: str) -> Callable[[Callable[[], Answer]], Check]:
    """Make a check of a function: `@check("B1", "B4")`."""
    return lambda ask: Check(ask.__name__, invariants, ask)


def _ask(name: str, query: Query) -> tuple[int, list[Finding]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT *, count(*) OVER () AS all_findings FROM ({query.sql}) AS findings ORDER BY 1 LIMIT {SHOWN}",
            query.params or None,
        )
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return (rows[0]["all_findings"] if rows else 0), [_told(name, query.sentence, row) for row in rows]


def _told(name: str, sentence: str, row: dict[str, Any]) -> Finding:
    words = {key: plain(value) if isinstance(value, Decimal) else value for key, value in row.items()}
    return Finding(name, sentence.format(**words), row.get("seq"), row.get("lot"))
