"""A list's rows as text for paper: what the page shows, without its links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from traceability.ledger import plain
from traceability.long_tables import LongTable

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.lists.columns import Cell
    from traceability.lists.records import RecordList

CHUNK = 500


def table_of(rows_of: RecordList, rows: QuerySet[Any], about: Sequence[tuple[str, str]]) -> LongTable:
    columns = rows_of.page_columns()

    def lines() -> Iterator[list[str]]:
        found = rows.iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            for row in rows_of.prepare(chunk):
                yield [text_of(cell) for cell in rows_of.cells(row, columns)]
        for row in rows_of.prepare(list(rows_of.rows_beside())):
            yield [text_of(cell) for cell in rows_of.cells(row, columns)]

    numbers = frozenset(place for place, column in enumerate(columns) if column.is_number)
    return LongTable(rows_of.title, [c.heading for c in columns], lines(), numbers, about)


def text_of(cell: Cell) -> str:
    value = cell.value
    if value is None or value == "":
        return ""
    text = told(value)
    if cell.unit:
        text = f"{text} {cell.unit}"
    return f"{text} {cell.sub}" if cell.sub else text


def told(value: Any) -> str:
    from traceability.templatetags.lotline import CHIPS, TAGS

    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return plain(Decimal(value))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(
            CHIPS[name][2] if name in CHIPS else TAGS.get(name, str(name).replace("_", " ")) for name in value
        )
    return str(value)
