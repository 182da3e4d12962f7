"""What an importer posts with: who, under which key, and where everything it makes is written down for undoing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from traceability.ledger import Refusal
from traceability.models import ImportRecord

if TYPE_CHECKING:
    from django.db.models import Model

    from traceability.importing.rows import Row
    from traceability.models import Entry, Import, Person, Site

_MOVE = re.compile(r"moves\.([0-9]+)")


@dataclass(slots=True)
class Posting:
    """One posting, or its rehearsal (`is_rehearsal`), which is given back. `blamed` is the row that is being written."""

    source: Import
    actor: Person
    sites: list[Site]
    client: str
    key: str
    is_rehearsal: bool
    progress: Callable[[int], None]
    records: list[ImportRecord] = field(default_factory=list)
    blamed: Row | None = None
    moved: Sequence[Row] = ()  # the rows behind the moves of the entry that is being posted, in their order

    def made(self, row: Row | None, noun: Model) -> None:
        self._note(row, noun, None, {})

    def changed(self, row: Row, noun: Model, before: dict[str, Any], after: dict[str, Any]) -> None:
        self._note(row, noun, before, after)

    def entry(self, entry: Entry) -> None:
        self._note(None, entry, None, {})

    def _note(
        self, row: Row | None, noun: Model, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> None:
        self.records.append(
            ImportRecord(source=self.source, row=row.number if row else 0, model=noun._meta.label_lower, key=noun.pk, before=before, after=after)
        )  # fmt: skip

    def guilty(self, refusal: Refusal, rows: Sequence[Row]) -> Row | None:
        """The row that a refusal is about: the one being written, or the one behind the move that it names."""
        if self.blamed is not None:
            return self.blamed
        for name in refusal.fields:
            if (match := _MOVE.match(name)) and int(match[1]) <= len(self.moved):
                return self.moved[int(match[1]) - 1]
        numbers = refusal.fields.get("numbers") or [refusal.fields.get("lot")]
        return next((row for row in rows if row.values.get("lot") in numbers), rows[0] if rows else None)
