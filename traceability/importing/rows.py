"""A row of a file: its values by field, where each came from, and everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from traceability.importing.cells import CellError, Formats, Raw, value_of
from traceability.importing.child import letter

if TYPE_CHECKING:
    from traceability.importing.fields import Importer
    from traceability.models import Import


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell that is wrong. `cell` is as a spreadsheet names it: D17."""

    cell: str
    said: str
    code: str
    sentence: str
    row: int


@dataclass(slots=True)
class Row:
    """`values` has only the fields that the file has a column for; an empty cell is None there."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    outcome: Outcome = Outcome.NEW
    findings: list[Finding] = field(default_factory=list)
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)  # what the importer looked up, for its posting

    def get(self, name: str, default: Any = None) -> Any:
        value = self.values.get(name)
        return default if value is None else value

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def wrong(self, name: str, sentence: str, code: str = "invalid") -> None:
        """Something is wrong with the cell of a field; of the first field of the row where the file has no such column."""
        cell, said = self.cells.get(name) or next(iter(self.cells.values()), (f"A{self.number}", ""))
        self.findings.append(Finding(cell, said[:80], code, sentence, self.number))
        self.outcome = Outcome.WRONG

    def change(self, name: str, old: Any, new: Any) -> None:
        self.changes.append((name, old, new))
        if self.outcome != Outcome.WRONG:
            self.outcome = Outcome.CHANGED

    @property
    def is_right(self) -> bool:
        return self.outcome != Outcome.WRONG


def raw_rows(source: Import) -> Iterator[tuple[int, list[Any]]]:
    with (Path(settings.MEDIA_ROOT) / source.stored_as).open(encoding="utf-8") as file:
        next(file)
        for line in file:
            number, cells = json.loads(line)
            yield number, cells


def rows_of(source: Import, importer: Importer) -> Iterator[Row]:
    """The file's rows with their values read; a cell that cannot be read is a finding, not a value."""
    formats = Formats.of(source.options)
    fields = {one.name: one for one in importer.fields}
    columns = [(int(column), fields[name]) for column, name in source.mapping.items() if name in fields]
    for number, cells in raw_rows(source):
        row = Row(number)
        for column, one in columns:
            raw = Raw.of(cells[column] if column < len(cells) else "")
            row.cells[one.name] = (f"{letter(column + 1)}{number}", raw.text)
            try:
                row.values[one.name] = value_of(raw, one, formats)
            except CellError as error:
                row.values[one.name] = None
                row.wrong(one.name, str(error), error.code)
            else:
                if row.values[one.name] is None and one.is_required:
                    row.wrong(one.name, f"{one.heading} is missing.", "missing")
        yield row
