"""The walk against an oracle: a breadth-first search in plain Python over the exported movements, on random graphs.

The oracle knows nothing of RunLot or SQL. It nets the movements up to a seq per run, lot and role, and walks. Every
reading, both directions, as of random entries: nothing missing, nothing extra.
"""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from traceability import genealogy, ledger
from traceability.genealogy import Reading
from traceability.ledger import Move
from traceability.models import Balance, Entry, EntryKind, Item, Lot, Movement, RunLot

BEGINNING, END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass
class Link:
    quantity: Decimal = Decimal(0)
    inferred: Decimal = Decimal(0)
    removed: Decimal = Decimal(0)
    first: datetime = END
    last: datetime = BEGINNING


@dataclass
class Oracle:
    """What the movements up to a seq say, by run, lot and role."""

    links: dict[tuple[int, int, str], Link] = field(default_factory=lambda: defaultdict(Link))
    untracked: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, rows, untracked, seq) -> Oracle:
        oracle = cls(untracked=untracked)
        for at, occurred, vague, lot, quantity, run, role, sign, evidence in rows:
            if at > seq or not role:
                continue
            link = oracle.links[run, lot, "output" if role == "output" else "input"]
            if role == "removed":
                link.removed += sign * quantity
                continue
            link.quantity += sign * quantity
            if evidence == "inferred":
                link.inferred += sign * quantity
            if sign > 0:
                vaguely = vague or evidence in ("inferred", "imported")
                link.first = min(link.first, BEGINNING if vaguely else occurred)
                link.last = max(link.last, END if vaguely else occurred)
        return oracle

    def stands(self, link: Link, role: str, reading: Reading) -> bool:
        if link.quantity <= 0 or (reading.narrow and link.inferred >= link.quantity):
            return False
        return not (reading.contains_now and role == "input" and link.removed >= link.quantity)

    def walk(self, starts, reading: Reading, direction: str) -> set[int]:
        near, far = ("input", "output") if direction == "used" else ("output", "input")
        standing = {key: link for key, link in self.links.items() if self.stands(link, key[2], reading)}
        by_lot, by_run = defaultdict(list), defaultdict(list)
        for (run, lot, role), link in standing.items():
            if role == near and lot not in self.untracked:
                by_lot[lot].append((run, link))
            if role == far:
                by_run[run].append((lot, link))
        since = dict.fromkeys(starts, BEGINNING)
        queue = list(starts)
        is_timed = reading.time_aware and direction == "used"
        while queue:
            lot = queue.pop(0)
            for run, drawn in by_lot[lot]:
                if is_timed and drawn.last < since[lot]:
                    continue
                entered = max(since[lot], drawn.first)
                for made, link in by_run[run]:
                    if is_timed and link.last < entered:
                        continue
                    earliest = max(entered, link.first) if is_timed else BEGINNING
                    if made not in since or earliest < since[made]:
                        since[made] = earliest
                        queue.append(made)
        return set(since)


def export():
    rows = Movement.objects.order_by("id").values_list(
        "entry__seq",
        "entry__occurred_at",
        "entry__recorded_at",
        "entry__after_the_fact",
        "lot_id",
        "quantity",
        "run_id",
        "run_role",
        "sign",
        "evidence",
    )
    found = [
        (
            seq,
            occurred,
            late or recorded - occurred > timedelta(hours=24),
            lot,
            quantity,
            run,
            role,
            sign,
            evidence,
        )
        for seq, occurred, recorded, late, lot, quantity, run, role, sign, evidence in rows
    ]
    return found, set(Lot.objects.filter(is_untracked=True).values_list("pk", flat=True))


class Gambler:
    """Makes a random ledger through the door: draws, outputs, rework into the same lot, unused returns, removals, reversals, untracked lots."""

    def __init__(self, plant, seed):
        self.plant, self.random = plant, random.Random(seed)
        self.lots, self.runs, self.number = [], [], 0
        self.now = timezone.now() - timedelta(hours=20)
        self.store, self.production = plant.store, plant.place("production")

    def play(self, steps):
        for _ in range(3):
            self.receive()
        for n in range(self.random.randint(2, 5)):
            self.runs.append(self.plant.run(f"R{n}"))
        verbs = (
            [self.issue] * 5
            + [self.output] * 5
            + [self.receive, self.give_back, self.remove, self.undo, self.rework]
        )
        for _ in range(steps):
            self.now += timedelta(minutes=self.random.randint(0, 20))
            self.random.choice(verbs)()

    def name(self, letter):
        self.number += 1
        return f"{letter}{self.number}"

    def receive(self):
        if self.random.random() < 0.15:
            item = Item.objects.get_or_create(
                code="LOOSE", defaults={"name": "Loose", "unit": "lb", "tracking": "none"}
            )[0]
            lot = Lot.objects.filter(item=item).first() or Lot(item=item, number="LOOSE", is_untracked=True)
            move = Move(
                lot=lot,
                quantity=Decimal(50),
                origin=self.plant.place("supplier"),
                destination=self.store,
                destination_status="released",
            )
            self.plant.post(EntryKind.RECEIPT, move, party=self.plant.supplier, document=self.name("RCV"))
            if lot not in self.lots:
                self.lots.append(lot)
        else:
            self.lots.append(self.plant.receive(self.name("S"), 50))

    def issue(self):
        lot = self.random.choice(self.lots)
        here = Balance.objects.filter(lot=lot, quantity__gt=0).first()
        if here:
            evidence = self.random.choice(["scanned", "scanned", "typed", "inferred"])
            self.plant.issue(
                lot,
                self.random.choice(self.runs),
                self.random.randint(1, max(1, int(here.quantity) // 3)),
                evidence=evidence,
                occurred_at=self.now,
            )

    def output(self):
        run = self.random.choice(self.runs)
        evidence = self.random.choice(["scanned", "scanned", "inferred"])
        self.lots.append(
            self.plant.output(
                self.name("P"), run, self.random.randint(5, 30), evidence=evidence, occurred_at=self.now
            )
        )

    def rework(self):
        """Into the same lot number again, or into another run that once made it: cycles and tank heels."""
        made = [lot for lot in self.lots if lot.item.code == "BREAD"]
        if made:
            lot, run = self.random.choice(made), self.random.choice(self.runs)
            self.plant.output(lot, run, 3, occurred_at=self.now)

    def give_back(self):
        link = self.some_link()
        if link:
            quantity = link.quantity - link.removed if self.random.random() < 0.6 else Decimal(1)
            self.back(EntryKind.ISSUE_RETURN, link, quantity, "released")

    def remove(self):
        link = self.some_link()
        if link:
            self.back(
                EntryKind.REMOVAL,
                link,
                self.random.choice([link.quantity - link.removed, Decimal(1)]),
                "quarantine",
                reason="taken out",
            )

    def some_link(self):
        links = [
            row
            for row in RunLot.objects.filter(role="input", quantity__gt=0).select_related("lot__item", "run")
            if row.quantity > row.removed
        ]
        return self.random.choice(links) if links else None

    def back(self, kind, link, quantity, status, **rest):
        move = Move(
            lot=link.lot,
            quantity=quantity,
            origin=self.production,
            destination=self.store,
            destination_status=status,
            run=link.run,
        )
        self.plant.post(kind, move, actor=self.plant.paul, document=link.run.document, **rest)

    def undo(self):
        kinds = ["issue", "output", "issue_return", "removal"]
        entries = list(Entry.objects.filter(kind__in=kinds, reversed_by__isnull=True).order_by("seq"))
        if entries:
            with suppress(ledger.NotReversible):
                ledger.reverse(
                    self.random.choice(entries),
                    reason="typed wrong",
                    actor=self.plant.paul,
                    client="test",
                    key=self.plant.key(),
                )


READINGS = [
    {}, {"narrow": True}, {"contains_now": True}, {"time_aware": True}, {"narrow": True, "contains_now": True}, {"narrow": True, "time_aware": True},
    {"narrow": True, "contains_now": True, "time_aware": True},
]  # fmt: skip


@pytest.mark.parametrize("batch", range(4))
def test_every_walk_on_random_ledgers_is_what_a_plain_search_finds(plant, count, batch):
    graphs, compared, links = count(12, 500), 0, 0
    for number in range(graphs):
        seed = batch * 10_000 + number
        with transaction.atomic():
            gambler = Gambler(plant, seed)
            gambler.play(gambler.random.randint(15, 40))
            rows, untracked = export()
            last = ledger.head().seq
            for as_of in (None, gambler.random.randint(1, last), gambler.random.randint(1, last)):
                oracle = Oracle.of(rows, untracked, last if as_of is None else as_of)
                links += len(oracle.links)
                starts = [
                    lot.pk
                    for lot in gambler.random.sample(
                        gambler.lots, min(len(gambler.lots), gambler.random.randint(1, 3))
                    )
                ]
                for options in READINGS:
                    reading = Reading(as_of=as_of, **options)
                    for direction, walk in (("used", genealogy.where_used), ("from", genealogy.where_from)):
                        expected = oracle.walk(starts, reading, direction)
                        found = set(walk(starts, reading).lots)
                        assert found == expected, (
                            f"seed {seed}, {direction}, {reading}: missing {expected - found}, extra {found - expected}"
                        )
                        compared += 1
            transaction.set_rollback(True)
    assert compared == graphs * 3 * len(READINGS) * 2
    assert links > graphs * 10, "the graphs are too small to prove anything"


def test_the_oracle_itself_finds_a_mistake(plant):
    """S ──▶ R0 ──▶ P. A walk that forgot reversals would still find P."""
    lot = plant.receive("S")
    run = plant.run("R0")
    issue = plant.issue(lot, run, 10)
    product = plant.output("P", run, 5)
    ledger.reverse(issue, reason="wrong lot", actor=plant.paul, client="test", key="r")
    rows, untracked = export()
    forgetful = [row for row in rows if row[7] > 0]
    assert product.pk not in Oracle.of(rows, untracked, 99).walk([lot.pk], Reading(), "used")
    assert product.pk in Oracle.of(forgetful, untracked, 99).walk([lot.pk], Reading(), "used")
    assert genealogy.where_used([lot]).reached == []
