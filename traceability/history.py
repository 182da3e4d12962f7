"""What happened to a noun or a paper: its entries in the ledger, its files, and what its own app adds. Newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.urls import reverse

from traceability import changes
from traceability.ledger import plain
from traceability.models import Attachment, Change, Delivered, Entry, Movement

if TYPE_CHECKING:
    from traceability.models import Person
    from traceability.subjects import Subject

MOST = 50


@dataclass(frozen=True, slots=True)
class Event:
    """Who, when, what. `code` is another paper that is named; `order` settles what happened in one moment."""

    at: datetime
    what: str
    by: Any = ""
    note: str = ""
    url: str = ""
    code: str = ""
    is_stop: bool = False
    order: int = 0


def of(subject: Subject, person: Person, *, most: int = MOST) -> list[Event]:
    """The latest events that this person may read. A fixed number of queries."""
    events: list[Event] = []
    if person.has_perm("traceability.view_ledger"):
        events += _entries(subject, most)
    events += _files(subject, person)
    if subject.kind.is_master:
        events += _changes(subject, most)
    if subject.kind.events:
        events += subject.kind.events(subject.noun, person)
    return sorted(events, key=lambda event: (event.at, event.order), reverse=True)[:most]


def entries_of(numbers: Iterable[str], *, most: int) -> list[Entry]:
    """The latest entries of papers, and those of other papers that count against them (a return names its shipment).

    Two index scans; one condition with OR would read every entry there is.
    """
    numbers = list(numbers)
    lots = Delivered.objects.filter(document__in=numbers).values("lot")
    against = Movement.objects.filter(lot__in=lots, against__in=numbers).values("entry")
    rows = Entry.objects.select_related("actor", "second_person", "reverses", "reversed_by").order_by("-seq")
    found = {entry.seq: entry for entry in rows.filter(document__in=numbers)[:most]}
    found |= {entry.seq: entry for entry in rows.filter(pk__in=against)[:most]}
    return sorted(found.values(), key=lambda entry: -entry.seq)[:most]


def _entries(subject: Subject, most: int) -> list[Event]:
    numbers = subject.numbers
    if not numbers:
        return []
    entries = entries_of(numbers, most=most)
    lots = _first_lots(entries)
    return [_entry(entry, numbers, lots.get(entry.pk, "")) for entry in entries]


def _first_lots(entries: list[Entry]) -> dict[int, str]:
    """What moved, in a few words: the lot with its quantity, and how many more. Two queries."""
    lines = Movement.objects.filter(entry__in=entries)
    counts = dict(lines.values("entry").annotate(lines=Count("pk")).order_by().values_list("entry", "lines"))
    told = {}
    for line in lines.filter(line=1).select_related("lot__item"):
        more = counts[line.entry_id] - 1
        told[line.entry_id] = f"{line.lot.number}, {plain(line.quantity)} {line.lot.item.unit}" + (
            f" and {more:,} more line{'s' if more > 1 else ''}" if more else ""
        )
    return told


def _entry(entry: Entry, numbers: list[str], lots: str) -> Event:
    what = entry.get_kind_display()
    if entry.reverses:
        what = f"{what} of {entry.reverses.get_kind_display().lower()} (entry {entry.reverses.seq:,})"
    if entry.after_the_fact:
        what += ", recorded after the fact"
    if entry.payload.get("not_on_bom"):
        what += ", not on the BOM"
    passed = entry.payload.get("passed_over")
    instead = f"Taken although {', '.join(passed[:3])} expires first" if passed else ""
    return Event(
        at=entry.occurred_at, what=what, by=_persons(entry.actor, entry.second_person), note=". ".join(part for part in (lots, instead, entry.reason) if part), url=reverse("traceability:entry", args=[entry.seq]),
        code=entry.document if entry.document not in numbers else "", is_stop=entry.after_the_fact, order=entry.seq,
    )  # fmt: skip


def _files(subject: Subject, person: Person) -> Iterable[Event]:
    rows = Attachment.objects.about(subject.kind.name, subject.key).select_related("added_by", "removed_by")
    needed = subject.kind.files_right
    if needed and not person.has_perm(needed):
        rows = rows.filter(added_by=person)
    for row in rows:
        yield Event(at=row.added_at, what=f"File attached: {row.name}", by=row.added_by, note=row.note)
        if row.removed_at:
            yield Event(
                at=row.removed_at,
                what=f"File removed: {row.name}",
                by=row.removed_by,
                note=row.removed_because,
                is_stop=True,
            )


def _changes(subject: Subject, most: int) -> Iterable[Event]:
    """What was changed in master data, by whatever way."""
    rows = Change.objects.about(subject.kind.name, subject.key).select_related("actor")[:most]
    for told in changes.tell(rows):
        note = ". ".join(
            part
            for part in (told.sentence if told.change.verb == "changed" else told.short, told.change.reason)
            if part
        )
        yield Event(
            at=told.change.at,
            what=told.what,
            by=told.by,
            note=note,
            order=told.change.pk,
            is_stop=told.change.actor_id is None,
        )


def _persons(first: Any, second: Any) -> str:
    return f"{first} and {second}" if second else str(first)
