"""Columns of a list, and how a person has arranged them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

HIDDEN = "hidden: ask quality"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of page and export. `value` gives the plain value; `kind` says how the page draws it.

    Kinds: text, number, code, lot, item, document, entry, party, day, when, chips, path. `unit` gives the unit of a
    number; `link` the address behind a text. `right`: only for those who hold it; others read "hidden: ask quality".
    `wide_only` leaves on a phone, `roomy` below 1,400 px; `export_only` is in exports, and on the page for who chooses it.
    """

    heading: str
    value: Callable[[Any], Any]
    kind: str = "text"
    sort: str = ""
    unit: Callable[[Any], str] | None = None
    link: Callable[[Any], str] | None = None
    record: Callable[[Any], Any] | None = None
    sub: Callable[[Any], Any] | None = None
    wide_only: bool = False
    export_only: bool = False
    right: str = ""
    roomy: bool = False
    name: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind == "number"


@dataclass(slots=True)
class Cell:
    """One drawn cell: what the template needs to know, and nothing to decide."""

    column: Column
    value: Any
    unit: str = ""
    link: str = ""
    record: Any = None
    sub: Any = None


def named(columns: Iterable[Column]) -> dict[str, Column]:
    """Each column under a name that stays the same while its heading does."""
    found: dict[str, Column] = {}
    for column in columns:
        name = stem = column.name or slugify(column.heading) or "column"
        number = 2
        while name in found:
            name, number = f"{stem}-{number}", number + 1
        found[name] = column
    return found


def arranged(columns: Sequence[Column], chosen: Sequence[str]) -> list[Column]:
    """The chosen columns in the chosen order. What is chosen and no longer exists is left out; nothing left means no choice."""
    known = named(columns)
    return [known[name] for name in chosen if name in known]
