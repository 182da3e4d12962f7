"""Papers: what a document looks like when it is printed, and which document a number is.

Each app says for its kinds (subjects.Kind.paper) what stands on the paper: facts, tables, who signs. One template draws
them all, and the same tables are the CSV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from traceability import subjects
from traceability.lists import Cell, Column
from traceability.models import Entry, Movement, Site

if TYPE_CHECKING:
    from traceability.models import Person
    from traceability.subjects import Subject

HIDDEN = "hidden: ask quality"
LINES = 10_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said on top of a paper. Kinds as of a column: text, code, day, when."""

    label: str
    value: Any
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the same columns that a list has; links are left out on paper."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Any]
    empty: str = "Nothing."

    @property
    def cells(self) -> list[list[Cell]]:
        return [[_cell(column, row) for column in self.columns] for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """`state` is said in a box on top where the paper is not final; `signatures` are lines to sign on by hand."""

    title: str
    number: str
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    site: Site | None = None
    state: str = ""
    note: str = ""
    signatures: Sequence[str] = field(default_factory=tuple)

    @property
    def shown_facts(self) -> list[Fact]:
        return [fact for fact in self.facts if fact.value not in (None, "")]


def of(subject: Subject, person: Person) -> Paper | None:
    return subject.kind.paper(subject.noun, person) if subject.kind.paper else None


def find_number(number: str, *, person: Person) -> list[Subject]:
    """Every paper with this number that the person may see; what the ledger alone knows, if nobody else knows it."""
    found = [
        subject
        for kind in subjects.kinds()
        if kind.key == "number"
        and kind is not LEDGER_PAPER
        and (subject := subjects.find(kind.name, number, person=person))
    ]
    if not found and (alone := subjects.find(LEDGER_PAPER.name, number, person=person)):
        found.append(alone)
    return found


def _cell(column: Column, row: Any) -> Cell:
    return Cell(
        column,
        column.value(row),
        column.unit(row) if column.unit else "",
        "",
        row,
        column.sub(row) if column.sub else None,
    )


# What is written by entries alone: moves, counts, scrap, samples, returns to suppliers, raised tracking.


@dataclass(frozen=True, slots=True)
class LedgerPaper:
    """A number that stands on entries and belongs to no app's paper."""

    number: str
    what: str
    site: Site
    first: Entry

    def __str__(self) -> str:
        return self.number

    @property
    def site_id(self) -> int:
        return self.site.pk


def _ledger_paper(number: str) -> LedgerPaper | None:
    first = (
        Entry.objects.filter(document=number)
        .select_related("site", "actor", "second_person")
        .order_by("seq")
        .first()
        if number
        else None
    )
    return LedgerPaper(number, first.get_kind_display(), first.site, first) if first else None


LINE_COLUMNS = [
    Column("Entry", lambda m: m.entry.seq, "number"),
    Column("Lot", lambda m: m.lot.number, "code"),
    Column("Item", lambda m: m.lot.item.name),
    Column("Item code", lambda m: m.lot.item.code, "code"),
    Column("Quantity", lambda m: m.quantity, "number", unit=lambda m: m.lot.item.unit),
    Column("From", lambda m: _place(m.origin, m.get_origin_status_display())),
    Column("To", lambda m: _place(m.destination, m.get_destination_status_display())),
]


def _place(location: Any, status: str) -> str:
    return f"{location.code}, {status.lower()}" if status else location.code


def lines_of(entries: Any) -> list[Movement]:
    rows = Movement.objects.filter(entry__in=entries).select_related(
        "entry", "lot__item", "origin", "destination"
    )
    return list(rows.order_by("entry__seq", "line")[:LINES])


def _print_ledger_paper(paper: LedgerPaper, person: Person) -> Paper:
    entries = Entry.objects.filter(document=paper.number)
    return Paper(
        title=paper.what, number=paper.number, site=paper.site, facts=_entry_facts(paper.first),
        tables=[Table("What moved", LINE_COLUMNS, lines_of(entries), "Nothing moved.")], note=paper.first.reason, signatures=["Done by", "Checked by"],
    )  # fmt: skip


def _print_entry(entry: Entry, person: Person) -> Paper:
    holds = [*entry.holds_placed.select_related("lot__item"), *entry.holds_lifted.select_related("lot__item")]
    tables = [Table("What moved", LINE_COLUMNS, lines_of([entry]), "Nothing moved.")]
    if holds:
        columns = [
            Column("Lot", lambda h: h.lot.number, "code"), Column("Item", lambda h: h.lot.item.name), Column("Cause", lambda h: h.get_cause_display()),
            Column("Paper behind it", lambda h: h.reference, "code"), Column("Why", lambda h: h.reason),
        ]  # fmt: skip
        tables = [Table("Holds", columns, holds)]
    facts = [
        *_entry_facts(entry),
        Fact("Document", entry.document, "code"),
        Fact("Digest", bytes(entry.digest).hex()[:16], "code"),
    ]
    return Paper(
        title=entry.get_kind_display(), number=f"Entry {entry.seq}", site=entry.site, facts=facts, tables=tables, note=entry.reason,
        signatures=["Done by", "Checked by"],
    )  # fmt: skip


def _entry_facts(entry: Entry) -> list[Fact]:
    second = [Fact("Second person", str(entry.second_person))] if entry.second_person else []
    return [
        Fact("Happened", entry.occurred_at, "when"),
        Fact("Recorded", entry.recorded_at, "when"),
        Fact("By", str(entry.actor)),
        *second,
    ]


LEDGER_PAPER = subjects.Kind(
    name="document", title="Document", model="traceability.Entry", key="number", url_name="traceability:document", url_field="number",
    right="traceability.view_ledger", site="site_id", finder=_ledger_paper, paper=_print_ledger_paper,
)  # fmt: skip
subjects.add(LEDGER_PAPER, subjects.changed("entry", paper=_print_entry))


def address_of(number: str) -> str:
    return reverse("traceability:document", args=[number])
