"""The model: what happened as a plain list, and what it adds up to as plain dictionaries. It knows no SQL and no ledger.

Lots, places, runs and papers are names. A quantity inside stands at (place, status); outside is the name of a boundary. What
was true at an earlier seq is the same sum over the part of the list up to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.genealogy.oracle import BEGINNING, Link, Oracle, side
from traceability.genealogy import WIDE

ZERO = Decimal(0)
At = tuple[str, str]  # (place, status)
Run = tuple[str, int]  # (document, number)
IRREVERSIBLE = {"reversal", "hold", "lift", "amend"}
ON_THE_WAY_OUT = {"line", "transit"}
ACTS = {"issue", "shipment", "transfer", "supplier_return"}


@dataclass(frozen=True)
class Line:
    lot: str
    quantity: Decimal
    origin: At | str  # a place and status inside, or the name of a boundary
    destination: At | str
    run: Run | None = None
    role: str = ""
    sign: int = 1
    delivery: str = ""
    paper: tuple[str, str] = ("", "")  # (party, document) that the delivery counts towards
    evidence: str = "typed"

    def turned_round(self) -> Line:
        return replace(self, origin=self.destination, destination=self.origin, sign=-self.sign)


@dataclass
class Standing:
    """A hold. Several papers may stand on a lot; a paper with a number stands on it once."""

    number: int
    lot: str
    paper: str
    cascades: bool = True


@dataclass
class Event:
    """One entry. `kind` of a reversal is that of what it reverses, with `is_reversal`."""

    kind: str
    lines: Sequence[Line] = ()
    holds: Sequence[tuple[str, str, bool]] = ()  # (lot, paper, cascades)
    lifts: Sequence[int] = ()
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_late: bool = False  # after the fact, or written down more than a day after
    is_reversal: bool = False
    seq: int = 0
    at: datetime | None = None


class Book:
    """What a list of events adds up to."""

    def __init__(self, untracked: set[str], serials: set[str]) -> None:
        self.untracked, self.serials = untracked, serials
        self.events: list[Event] = []
        self.stock: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.links: dict[tuple[Run, str, str], Link] = defaultdict(Link)
        self.deliveries: dict[tuple[str, str, str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        self.terms: dict[str, Counter[str]] = defaultdict(Counter)
        self.holds: dict[int, Standing] = {}
        self.holds_so_far = 0
        self.facts: dict[str, dict[str, Any]] = defaultdict(dict)
        self.whereabouts: dict[str, str] = {}  # where a serial was last seen
        self.changes: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)

    def up_to(self, seq: int) -> Book:
        book = Book(self.untracked, self.serials)
        for event in self.events:
            if event.seq <= seq:
                book.add(event)
        return book

    # What happens

    def add(self, event: Event) -> None:
        self.events.append(event)
        for line in event.lines:
            self._move(line)
            self._link(line, event)
            self._deliver(line)
            self._count(line, event)
            change = line.quantity * (isinstance(line.destination, tuple) - isinstance(line.origin, tuple))
            self.changes[line.lot].append((event.seq, change))
        for lot, paper, cascades in event.holds:
            self.holds_so_far += 1
            self.holds[self.holds_so_far] = Standing(self.holds_so_far, lot, paper, cascades)
        for number in event.lifts:
            del self.holds[number]
        for lot, facts in event.facts.items():
            self.facts[lot] |= facts

    def _move(self, line: Line) -> None:
        if isinstance(line.origin, tuple):
            self.stock[line.lot, *line.origin] -= line.quantity
        if isinstance(line.destination, tuple):
            self.stock[line.lot, *line.destination] += line.quantity
        if line.lot in self.serials:
            self.whereabouts[line.lot] = place_of(line.destination)

    def _link(self, line: Line, event: Event) -> None:
        if line.run and line.role:
            self.links[line.run, line.lot, side(line.role)].add(
                line.sign * line.quantity, role=line.role, evidence=line.evidence, at=event.at, is_vague=event.is_late
            )  # fmt: skip

    def _deliver(self, line: Line) -> None:
        if line.delivery:
            row = self.deliveries[line.delivery.removesuffix("_back"), line.lot, *line.paper]
            row[line.delivery.endswith("_back")] += line.sign * line.quantity

    def _count(self, line: Line, event: Event) -> None:
        if event.is_reversal:
            for term, sign in terms_of(event.kind, line.turned_round()):
                self.terms[line.lot][term] -= sign * line.quantity
        else:
            for term, sign in terms_of(event.kind, line):
                self.terms[line.lot][term] += sign * line.quantity

    # What is asked

    def walk(self, starts: Iterable[str], reading: Any = WIDE, direction: str = "used") -> set[str]:
        return Oracle(self.links, self.untracked).walk(starts, reading, direction)

    def papers(self, lot: str) -> set[str]:
        return {hold.paper for hold in self.holds.values() if hold.lot == lot}

    def passed_on(self, drafts: Sequence[Event]) -> list[tuple[str, str, bool]]:
        """The holds that these drafts bring along: what an input of a run is held for, its outputs are held for, and all of them."""
        adding = [draft for draft in drafts if draft.kind in ("issue", "output")]
        into: dict[Run, set[str]] = defaultdict(set)
        made: dict[Run, set[str]] = defaultdict(set)
        drawn = [
            (run, lot)
            for (run, lot, role), link in self.links.items()
            if role == "input" and link.quantity > 0
        ]
        runs = {line.run for draft in adding for line in draft.lines}
        drawn += [(line.run, line.lot) for draft in adding if draft.kind == "issue" for line in draft.lines]
        for hold in self.holds.values():
            for run, lot in drawn:
                if lot == hold.lot and hold.cascades and run in runs and lot not in self.untracked:
                    into[run].add(hold.paper)
        came_out = [
            (run, lot)
            for (run, lot, role), link in self.links.items()
            if role == "output" and link.quantity > 0
        ]
        came_out += [
            (line.run, line.lot) for draft in adding if draft.kind == "output" for line in draft.lines
        ]
        for run, lot in came_out:
            if into[run] and lot not in self.untracked:
                made[run].add(lot)
        found: dict[tuple[str, str], None] = {}
        for run, lots in made.items():
            for lot in self.walk(lots):
                for paper in into[run] - self.papers(lot):
                    found[lot, paper] = None
        return [(lot, paper, True) for lot, paper in found]

    def refusal(self, draft: Event, *, today: date, is_after_the_fact: bool = False) -> str | None:
        """The code with which the door refuses, if it does, in the order in which it looks."""
        if draft.is_reversal:
            out = {line.lot for line in draft.lines if line.destination in ("production", "customer")}
            out -= {line.lot for line in draft.lines if line.role == "output"}
            if any(self.papers(lot) for lot in out):
                return "lot_on_hold"
        elif not is_after_the_fact and (code := self.gate(draft, today)):
            return code
        if any(
            self.whereabouts.get(line.lot, place_of(line.origin)) != place_of(line.origin)
            for line in draft.lines
        ):
            return "serial_elsewhere"
        return self._shortage(draft)

    def gate(self, draft: Event, today: date) -> str | None:
        for line in draft.lines:
            is_out = draft.kind == "transfer" and place_of(line.destination) in ON_THE_WAY_OUT
            if draft.kind not in ("issue", "shipment") and not is_out:
                continue
            if self.papers(line.lot):
                return "lot_on_hold"
            if isinstance(line.origin, tuple) and line.origin[1] != "released":
                return "lot_not_released"
            expiry = self.facts[line.lot].get("expires_on")
            if expiry and expiry < today:
                return "lot_expired"
        return None

    def _shortage(self, draft: Event) -> str | None:
        change: dict[Any, Decimal] = defaultdict(Decimal)
        for line in draft.lines:
            if isinstance(line.origin, tuple):
                change[line.lot, *line.origin] -= line.quantity
            if isinstance(line.destination, tuple):
                change[line.lot, *line.destination] += line.quantity
        if any(self.stock[place] + delta < 0 for place, delta in change.items()):
            return "insufficient_quantity"
        trial = Book(self.untracked, self.serials)
        trial.links = defaultdict(Link, {key: replace(link) for key, link in self.links.items()})
        trial.deliveries = defaultdict(
            lambda: [ZERO, ZERO], {key: [*row] for key, row in self.deliveries.items()}
        )
        for line in draft.lines:
            trial._link(line, replace(draft, at=BEGINNING))
            trial._deliver(line)
            if any(
                link.quantity < 0 or not 0 <= link.removed <= link.quantity for link in trial.links.values()
            ):
                return "more_than_went_in"
            if any(row[0] < 0 or not 0 <= row[1] <= row[0] for row in trial.deliveries.values()):
                return "more_than_went_in"
        return None


def place_of(end: At | str) -> str:
    return end[0] if isinstance(end, tuple) else end


TERMS = {
    "opening": "opening", "receipt": "received", "supplier_return": "returned_to_supplier", "sample": "sampled", "issue": "used", "removal": "removed",
    "output": "made", "scrap": "scrapped", "shipment": "shipped", "customer_return": "returned",
}  # fmt: skip


def terms_of(kind: str, line: Line) -> list[tuple[str, int]]:
    """Which term of the mass balance a line counts in."""
    is_in = isinstance(line.destination, tuple)
    match kind:
        case "receipt_correction":
            return [("received", 1 if is_in else -1)]
        case "issue_return":
            return [("used", -1)]
        case "count_adjustment":
            return [("adjusted_up" if is_in else "adjusted_down", 1)]
        case "removal" if line.destination == "scrap":
            return [("removed", 1), ("scrapped", 1)]
        case "transfer" | "disposition":
            return []
    return [(TERMS[kind], 1)]
