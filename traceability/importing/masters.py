"""What importers of masters share: found by code, compared field by field, made or changed in batches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from django.db import models

from traceability.importing.fields import Context, Importer
from traceability.importing.posting import Posting
from traceability.importing.rows import Outcome, Row
from traceability.importing.undoing import as_kept

BATCH = 500


class MasterImporter(Importer):
    """One row, one record, found by its code. An empty cell leaves the value as it is; a new one takes the usual."""

    model: type[models.Model]
    code = "code"
    needed_when_new: tuple[str, ...] = ()

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return (row.values.get(self.code),)

    def check(self, rows: Sequence[Row], context: Context) -> None:
        codes = [row.values[self.code] for row in rows if row.has(self.code)]
        known: dict[str, Any] = {getattr(one, self.code): one for one in self.existing(codes)}
        self.prepare(rows, context)
        for row in rows:
            if row.has(self.code):
                self._check(row, known.get(row.values[self.code]), context)

    def _check(self, row: Row, noun: Any, context: Context) -> None:
        values = self.values_of(row, noun, context)
        more = self.more_values(row, noun)
        wanted = dict(values.values()) | more
        row.found |= {"noun": noun, "wanted": wanted}
        if noun is None:
            for name in self.needed_when_new:
                if not row.has(name):
                    where = name if name in row.cells else self.code
                    row.wrong(where, f"{self.field(name).heading} is missing: this is new.", "missing")
            return
        fields = {attribute: name for name, (attribute, _) in values.items()} | {one: self.more_field(one) for one in more}  # fmt: skip
        changed = {attribute: new for attribute, new in wanted.items() if not same(getattr(noun, attribute), new)}  # fmt: skip
        row.found["changed"] = changed
        told = set()
        for attribute, new in changed.items():
            if fields[attribute] not in told:
                told.add(fields[attribute])
                row.change(fields[attribute], self.shown(getattr(noun, attribute)), self.shown(new))
        if not self.changes_more(row, noun) and not row.changes and row.is_right:
            row.outcome = Outcome.SAME

    def existing(self, codes: Sequence[str]) -> Any:
        return self.model._default_manager.filter(**{f"{self.code}__in": codes})

    def prepare(self, rows: Sequence[Row], context: Context) -> None:
        """Look up, for all rows at once, what they refer to."""

    @abstractmethod
    def values_of(self, row: Row, noun: Any, context: Context) -> dict[str, tuple[str, Any]]:
        """Field → (attribute, value), for the cells that say something. Says what is wrong on the row."""

    def more_values(self, row: Row, noun: Any) -> dict[str, Any]:
        """Further attributes that one field stands for."""
        return {}

    def more_field(self, attribute: str) -> str:
        """The field that such an attribute belongs to."""
        return attribute

    def changes_more(self, row: Row, noun: Any) -> bool:
        """Whether the row changes something that is not an attribute of the record itself."""
        return False

    def write_more(self, row: Row, noun: Any, posting: Posting) -> None:
        """What hangs on the record."""

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        new = [row for row in rows if row.found["noun"] is None]
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            nouns = [self.model(**{self.code: row.values[self.code]}, **row.found["wanted"]) for row in batch]
            made = self.model._default_manager.bulk_create(nouns)
            for noun, row in zip(made, batch, strict=True):
                posting.made(row, noun)
                self.write_more(row, noun, posting)
            posting.progress(start + len(batch))
        for done, row in enumerate(
            (row for row in rows if row.found["noun"] is not None), start=len(new) + 1
        ):
            posting.blamed = row
            self._change(row, posting)
            if done % BATCH == 0:
                posting.progress(done)
        posting.blamed = None

    def _change(self, row: Row, posting: Posting) -> None:
        noun, changed = row.found["noun"], row.found["changed"]
        if changed:
            before = {name: as_kept(getattr(noun, name)) for name in changed}
            for name, value in changed.items():
                setattr(noun, name, value)
            noun.save(update_fields=list(changed))
            posting.changed(row, noun, before, {name: as_kept(getattr(noun, name)) for name in changed})
        self.write_more(row, noun, posting)

    def shown(self, value: Any) -> Any:
        return getattr(value, "code", value)


def same(old: Any, new: Any) -> bool:
    if isinstance(old, list) or isinstance(new, list):
        return list(old or []) == list(new or [])
    return bool(old == new)
