"""What a kind of file is: its fields, and how its rows are checked, posted and undone. Apps register their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceability.importing.posting import Posting
    from traceability.importing.rows import Row
    from traceability.models import Import, Person, Site


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `heading` is that of our own lists, so that their exports come back; `also` are other names for it.

    Kinds: code (identity, text only), text, quantity, whole, day, yes, choice, several.
    """

    name: str
    heading: str
    kind: str = "text"
    is_required: bool = False
    limit: int = 0
    choices: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    help: str = ""
    examples: tuple[str, ...] = ()
    may_be_zero: bool = False


@dataclass(slots=True)
class Context:
    """Who brings the file, and for which sites."""

    actor: Person
    sites: list[Site]
    number: str = ""


class Importer(ABC):
    """One kind of file. `check` sees all rows at once, so that it asks the database a few times and not once a row."""

    name: str
    title: str
    note: str = ""
    right: str
    order: int = 50
    most: int = 100_000
    fields: Sequence[Field]

    @abstractmethod
    def key(self, row: Row) -> tuple[Any, ...] | None:
        """What makes a row the same as another in the file; None where rows may repeat."""

    @abstractmethod
    def check(self, rows: Sequence[Row], context: Context) -> None:
        """Say of each row whether it is new, changed (with old and new), same, or wrong (with its cells)."""

    @abstractmethod
    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        """Write the rows that are new or changed, through the services. Called once without effect before it counts."""

    def undo(self, source: Import, actor: Person, key: str) -> None:
        """Take everything back; raises a refusal when something hangs on it."""
        from traceability.importing.undoing import undo_records

        undo_records(source, actor=actor, key=key)

    def field(self, name: str) -> Field:
        return next(one for one in self.fields if one.name == name)


_importers: dict[str, Importer] = {}


def register(*importers: Importer) -> None:
    for importer in importers:
        _importers[importer.name] = importer


def importer_of(name: str) -> Importer | None:
    return _importers.get(name)


def importers_for(person: Person) -> list[Importer]:
    """The kinds of files that this person may bring, in the order in which a plant begins."""
    rights = person.get_all_permissions()
    found = [importer for importer in _importers.values() if importer.right in rights]
    return sorted(found, key=lambda importer: (importer.order, importer.title))
