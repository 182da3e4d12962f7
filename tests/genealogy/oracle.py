"""The oracle: what the movements up to a seq say, and a breadth-first search over it in plain Python.

It knows nothing of RunLot, of SQL, or of how the walk is built. It nets movements per run, lot and role, and goes from lot to
run to lot with a visited set. Whatever the walk says, in any reading, is held against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from traceability.genealogy import Reading
from traceability.models import Entry, Lot, Movement

BEGINNING, END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
DAY = timedelta(hours=24)


@dataclass(slots=True)
class Link:
    """What went into a run, or came out of it, of one lot. `first` and `last` bound when."""

    quantity: Decimal = Decimal(0)
    inferred: Decimal = Decimal(0)
    removed: Decimal = Decimal(0)
    first: datetime = END
    last: datetime = BEGINNING

    def add(self, signed: Decimal, *, role: str, evidence: str, at: datetime, is_vague: bool) -> None:
        if role == "removed":
            self.removed += signed
            return
        self.quantity += signed
        if evidence == "inferred":
            self.inferred += signed
        if signed > 0:
            # What was inferred, imported or written down late may have happened any time in the run.
            is_any_time = is_vague or evidence in ("inferred", "imported")
            self.first = min(self.first, BEGINNING if is_any_time else at)
            self.last = max(self.last, END if is_any_time else at)


class Row(NamedTuple):
    """One exported movement that belongs to a run."""

    seq: int
    at: datetime
    is_vague: bool
    lot: int
    quantity: Decimal
    run: int
    role: str
    sign: int
    evidence: str


@dataclass
class Oracle:
    """Links by run, lot and side (input, output)."""

    links: dict[tuple[int, int, str], Link] = field(default_factory=lambda: defaultdict(Link))
    untracked: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Iterable[Row], untracked: set[int], seq: int) -> Oracle:
        oracle = cls(untracked=untracked)
        for row in rows:
            if row.seq <= seq:
                link = oracle.links[row.run, row.lot, side(row.role)]
                link.add(row.sign * row.quantity, role=row.role, evidence=row.evidence, at=row.at, is_vague=row.is_vague)  # fmt: skip
        return oracle

    def walk(self, starts: Iterable[int], reading: Reading, direction: str) -> set[int]:
        """All that the starts reach, themselves included. `reading.as_of` is not asked: the oracle is of one seq."""
        near, far = ("input", "output") if direction == "used" else ("output", "input")
        by_lot: dict[int, list[tuple[int, Link]]] = defaultdict(list)
        by_run: dict[int, list[tuple[int, Link]]] = defaultdict(list)
        for (run, lot, role), link in self.links.items():
            if not stands(link, role, reading):
                continue
            if role == near and lot not in self.untracked:
                by_lot[lot].append((run, link))
            if role == far:
                by_run[run].append((lot, link))
        is_timed = reading.time_aware and direction == "used"
        since = dict.fromkeys(starts, BEGINNING)
        queue = list(since)
        for lot in queue:  # Grows while it is gone through.
            for run, drawn in by_lot[lot]:
                if is_timed and drawn.last < since[lot]:
                    continue
                entered = max(since[lot], drawn.first) if is_timed else BEGINNING
                for made, link in by_run[run]:
                    if is_timed and link.last < entered:
                        continue
                    earliest = max(entered, link.first) if is_timed else BEGINNING
                    if made not in since or earliest < since[made]:
                        since[made] = earliest
                        queue.append(made)
        return set(since)

    def distances(self, starts: Iterable[int]) -> dict[int, int]:
        """How many runs away each lot is, downstream, in the widest reading."""
        drawn_by: dict[int, list[int]] = defaultdict(list)
        made_by: dict[int, list[int]] = defaultdict(list)
        for (run, lot, role), link in self.links.items():
            if link.quantity > 0 and role == "input" and lot not in self.untracked:
                drawn_by[lot].append(run)
            if link.quantity > 0 and role == "output":
                made_by[run].append(lot)
        found = dict.fromkeys(starts, 0)
        queue = list(found)
        for lot in queue:
            for made in (made for run in drawn_by[lot] for made in made_by[run]):
                if made not in found:
                    found[made] = found[lot] + 1
                    queue.append(made)
        return found


def side(role: str) -> str:
    return "output" if role == "output" else "input"


def stands(link: Link, role: str, reading: Reading) -> bool:
    if link.quantity <= 0 or (reading.narrow and link.inferred >= link.quantity):
        return False
    return not (reading.contains_now and role == "input" and link.removed >= link.quantity)


def export() -> tuple[list[Row], set[int]]:
    """The movements of the ledger that belong to runs, in their order, and the lots that are not tracked."""
    entries = {
        pk: (seq, at, late or recorded - at > DAY)
        for pk, seq, at, recorded, late in Entry.objects.values_list(
            "pk", "seq", "occurred_at", "recorded_at", "after_the_fact"
        )
    }
    names = ("entry_id", "lot_id", "quantity", "run_id", "run_role", "sign", "evidence")
    rows = [
        Row(*entries[entry], *rest)
        for entry, *rest in Movement.objects.exclude(run_role="").order_by("id").values_list(*names)
    ]
    return rows, set(Lot.objects.filter(is_untracked=True).values_list("pk", flat=True))


def delivered_and_here(seq: int) -> tuple[dict[tuple[int, str, str], Decimal], dict[int, Decimal]]:
    """Up to a seq: what is with whom, net of returns and reversals, by lot, party and paper; and what is inside, by lot."""
    with_them: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)
    inside: dict[int, Decimal] = defaultdict(Decimal)
    names = (
        "lot_id", "quantity", "origin_status", "destination_status", "delivery", "sign", "entry__party__code", "against", "entry__document",
    )  # fmt: skip
    rows = Movement.objects.filter(entry__seq__lte=seq).order_by("id").values_list(*names)
    for lot, quantity, before, after, delivery, sign, party, against, document in rows:
        inside[lot] += quantity * (bool(after) - bool(before))
        if delivery.startswith("shipped"):
            is_back = delivery.endswith("_back")
            with_them[lot, party, against or document] += sign * quantity * (-1 if is_back else 1)
    return with_them, inside
