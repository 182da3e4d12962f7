"""Random ledgers through the door: pieces of the shapes that real plants have, joined at random lots, and corrected at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from traceability import ledger
from traceability.genealogy import where_from
from traceability.ledger import Move
from traceability.models import Balance, Entry, EntryKind, Lot, Party, Run, RunLot

K = EntryKind
ONE = Decimal(1)
EVIDENCE = ["scanned", "scanned", "typed", "inferred"]
PLENTY = Decimal(1000)


class Gambler:
    """Plays by a seed. `census` says which shapes and corrections the ledger got, so that a test can ask whether it got any."""

    def __init__(self, plant: Any, seed: int) -> None:
        self.plant, self.random = plant, random.Random(seed)
        self.census: Counter[str] = Counter()
        self.lots: list[Lot] = []
        self.runs: list[Run] = []
        self.now = timezone.now() - timedelta(hours=20)
        self.store, self.production = plant.store, plant.place("production")
        self.customer, self.supplier = plant.place("customer"), plant.place("supplier")
        self.raw, self.made = plant.item("RAW"), plant.item("MADE")
        self.loose = plant.item("LOOSE", tracking="none")
        self.part, self.unit = (plant.item(code, tracking="serial", unit="ea") for code in ("PART", "UNIT"))

    def play(self, steps: int) -> None:
        self.receive()
        self.receive()
        verbs: list[Callable[[], None]] = [
            self.receive, self.chain, self.diamond, self.fan, self.rework, self.heel, self.assembly, self.loose_material,
            *[self.use] * 3, *[self.make] * 3, *[self.give_back] * 2, self.remove, *[self.undo] * 2, self.ship,
        ]  # fmt: skip
        for _ in range(steps):
            self.random.choice(verbs)()

    # Pieces

    def receive(self) -> Lot:
        lot = Lot(item=self.raw, number=self.name("S"), supplier=self.plant.supplier)
        self.post(K.RECEIPT, Move(lot=lot, quantity=PLENTY, origin=self.supplier, destination=self.store, destination_status="released"),
                  party=self.plant.supplier, document=f"RCV-{lot.number}")  # fmt: skip
        return self.keep(lot)

    def chain(self) -> None:
        """A ──▶ B ──▶ C ──▶ D"""
        lot = self.some()
        for _ in range(self.random.randint(2, 4)):
            lot = self.through(self.run(), [lot], 1)[0]
        self.census["chain"] += 1

    def diamond(self) -> None:
        """A ──▶ B, C (two runs) ──▶ D"""
        top = self.some()
        sides = [self.through(self.run(), [top], 1)[0] for _ in range(2)]
        self.through(self.run(), sides, 1)
        self.census["diamond"] += 1

    def fan(self) -> None:
        """A ──▶ B1 … Bn, some of them ──▶ C"""
        made = self.through(self.run(), [self.some()], self.random.randint(6, 20))
        self.through(self.run(), self.random.sample(made, 3), 1)
        self.census["fan"] += 1

    def rework(self) -> None:
        """What a run made goes in again: into its own number, or round through other runs to where it came from."""
        tops = [lot for lot in self.lots if lot.item_id == self.made.pk]
        if not tops:
            return
        lot, run = self.random.choice(tops), self.random.choice([self.run(), *self.runs[-3:]])
        target = self.random.choice(tops)
        self.issue(run, [lot])
        self.output(run, [target])
        self.census["cycle"] += target.pk == lot.pk or lot.pk in self.upstream(target)

    def heel(self) -> None:
        """Each filling of a tank begins with what was left of the one before."""
        left = self.some()
        for _ in range(self.random.randint(2, 4)):
            _, left = self.through(self.run(), [left, self.some()], 2)
        self.census["heel"] += 1

    def assembly(self) -> None:
        """One run a unit: part 3 is in unit 3 and in no other; what comes loose is in all of them."""
        parts = [Lot(item=self.part, number=self.name("R")) for _ in range(3)]
        moves = [
            Move(
                lot=lot,
                quantity=ONE,
                origin=self.supplier,
                destination=self.store,
                destination_status="released",
            )
            for lot in parts
        ]
        self.post(K.RECEIPT, *moves, party=self.plant.supplier, document=f"RCV-{parts[0].number}")
        common = self.some()
        for part in parts:
            run = self.run()
            self.issue(run, [part, common])
            self.output(run, [Lot(item=self.unit, number=self.name("U"))])
            self.keep(part)
        self.census["assembly"] += 1

    def loose_material(self) -> None:
        """An item that is not tracked: made of a lot, or bought, and used on. A walk stops there and says so."""
        loose = Lot.objects.select_related("item").filter(item=self.loose).first() or Lot(
            item=self.loose, number="LOOSE", is_untracked=True
        )
        run = self.run()
        self.issue(run, [self.some()])
        self.output(run, [loose])
        if loose not in self.lots:
            self.keep(loose)
        self.through(self.run(), [loose], 1)
        self.census["untracked"] += 1

    # Single steps

    def use(self) -> None:
        self.issue(self.random.choice([self.run(), *self.runs]), [self.some()])

    def make(self) -> None:
        run = self.random.choice([self.run(), *self.runs])
        self.output(run, [Lot(item=self.made, number=self.name("P"))])

    def give_back(self) -> None:
        """Unused: to the last bit of it, mostly; then the run never had it."""
        if link := self.some_link():
            all_of_it = link.quantity - link.removed
            quantity = all_of_it if self.random.random() < 0.7 else ONE
            self.back(K.ISSUE_RETURN, link, quantity, "released")
            self.census["returned to zero"] += quantity == link.quantity

    def remove(self) -> None:
        if link := self.some_link():
            self.back(
                K.REMOVAL,
                link,
                self.random.choice([link.quantity - link.removed, ONE]),
                "quarantine",
                reason="taken out",
            )
            self.census["removal"] += 1

    def undo(self) -> None:
        kinds = ["issue_return", "removal"] if self.random.random() < 0.4 else ["issue", "output", "shipment"]
        entries = list(Entry.objects.filter(kind__in=kinds, reversed_by__isnull=True).order_by("seq"))
        if entries:
            with suppress(ledger.NotReversible, ledger.SerialElsewhere):
                entry = self.random.choice(entries)
                ledger.reverse(
                    entry, reason="typed wrong", actor=self.plant.paul, client="test", key=self.plant.key()
                )
                self.census[f"reversed {entry.kind}"] += 1

    def ship(self) -> None:
        party: Party = self.random.choice([self.plant.customer, self.plant.other_customer])
        lot = self.some()
        if self.has(lot):
            move = Move(lot=lot, quantity=ONE, origin=self.store, destination=self.customer)
            self.post(K.SHIPMENT, move, party=party, document=f"SH-{self.random.randint(1, 3)}")
            self.census["shipment"] += 1

    # How

    def through(self, run: Run, lots: Sequence[Lot], count: int) -> list[Lot]:
        self.issue(run, lots)
        return self.output(run, [Lot(item=self.made, number=self.name("P")) for _ in range(count)])

    def issue(self, run: Run, lots: Sequence[Lot]) -> None:
        there = [lot for lot in dict.fromkeys(lots) if self.has(lot)]
        moves = [
            Move(lot=lot, quantity=ONE if lot.is_serial else Decimal(self.random.randint(1, 3)), origin=self.store, destination=self.production,
                 run=run, evidence=self.random.choice(EVIDENCE))
            for lot in there
        ]  # fmt: skip
        if moves:
            self.post(K.ISSUE, *moves, document=run.document)

    def output(self, run: Run, lots: Sequence[Lot]) -> list[Lot]:
        moves = [
            Move(lot=lot, quantity=ONE if lot.item_id == self.unit.pk else Decimal(20), origin=self.production, destination=self.store,
                 destination_status="released", run=run, evidence=self.random.choice(EVIDENCE))
            for lot in lots
        ]  # fmt: skip
        self.post(K.OUTPUT, *moves, document=run.document)
        return [self.keep(lot) for lot in lots]

    def back(self, kind: str, link: RunLot, quantity: Decimal, status: str, **rest: Any) -> None:
        move = Move(
            lot=link.lot,
            quantity=quantity,
            origin=self.production,
            destination=self.store,
            destination_status=status,
            run=link.run,
        )
        with suppress(ledger.SerialElsewhere):
            self.post(kind, move, document=link.run.document, **rest)

    def post(self, kind: str, *moves: Move, **rest: Any) -> Entry:
        """Time goes on; now and then something is written down days late, or after the fact."""
        self.now += timedelta(minutes=self.random.randint(0, 12))
        rest["occurred_at"] = self.now
        if kind in (K.ISSUE, K.OUTPUT) and self.random.random() < 0.1:
            rest |= {"occurred_at": self.now - timedelta(days=3), "reason": "found on paper"}
            self.census["backdated"] += 1
        elif kind == K.ISSUE and self.random.random() < 0.1:
            rest |= {"after_the_fact": True, "reason": "the log says so", "second_person": self.plant.quentin}
            self.census["after the fact"] += 1
        return self.plant.post(kind, *moves, actor=self.plant.paul, **rest)

    def run(self) -> Run:
        if not self.runs or self.random.random() < 0.7:
            self.runs.append(Run.objects.create(document=f"R{len(self.runs)}", site=self.plant.site))
            return self.runs[-1]
        return self.random.choice(self.runs)

    def name(self, letter: str) -> str:
        self.census["lots"] += 1
        return f"{letter}{self.census['lots']}"

    def keep(self, lot: Lot) -> Lot:
        if lot not in self.lots:
            self.lots.append(lot)
        return lot

    def some(self) -> Lot:
        return self.random.choice(self.lots)

    def has(self, lot: Lot) -> bool:
        least = 1 if lot.is_serial else 3
        return Balance.objects.filter(
            lot=lot, location=self.store, status="released", quantity__gte=least
        ).exists()

    def some_link(self) -> RunLot | None:
        rows = (
            RunLot.objects.filter(role="input", quantity__gt=0)
            .select_related("lot__item", "run")
            .order_by("id")
        )
        links = [row for row in rows if row.quantity > row.removed]
        return self.random.choice(links) if links else None

    def upstream(self, lot: Lot) -> set[int]:
        return set(where_from([lot]).reached)
