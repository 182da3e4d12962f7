"""The ledger against a model of plain dictionaries: whatever people do, in whatever order, both say the same.

Hypothesis plays receive, release, reject, issue, unused return, output, rework, ship, return, hold, lift, count, transfer,
reverse and repeat. The model knows no SQL; it predicts each refusal by its code, and after every step the balances, the
standing holds and, at the end, every walk and the verifier are compared.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cast import make_plant
from traceability import genealogy, ledger
from traceability.ledger import Move, verify
from traceability.models import Balance, Entry, EntryKind, Hold

K = EntryKind
LOTS, RUNS, SHIPMENTS = 6, 3, ("SH-1", "SH-2")
Q, R, X = "quarantine", "released", "rejected"
QUANTITIES = st.integers(1, 4)


class Book:
    """What the ledger should say: dictionaries and sums."""

    def __init__(self) -> None:
        self.stock: dict[tuple[int, str, str], int] = defaultdict(int)  # lot, place, status
        self.drawn: dict[tuple[int, int], int] = defaultdict(int)  # run, lot
        self.made: dict[tuple[int, int], int] = defaultdict(int)
        self.shipped: dict[tuple[int, str], int] = defaultdict(int)
        self.returned: dict[tuple[int, str], int] = defaultdict(int)
        self.received: dict[int, int] = defaultdict(int)
        self.held: dict[int, set[str]] = defaultdict(set)  # papers standing on a lot

    def used(self, lot: int) -> set[int]:
        found, queue = {lot}, [lot]
        while queue:
            at = queue.pop()
            for run in [r for (r, drawn), n in self.drawn.items() if drawn == at and n > 0]:
                for made in [m for (r, m), n in self.made.items() if r == run and n > 0]:
                    if made not in found:
                        found.add(made)
                        queue.append(made)
        return found

    def pass_on(self, run: int) -> None:
        """What the inputs of a run are held for, its outputs and all made of them are held for."""
        papers = set().union(
            *(self.held[lot] for (r, lot), n in self.drawn.items() if r == run and n > 0), set()
        )
        for made in [m for (r, m), n in self.made.items() if r == run and n > 0] if papers else []:
            for lot in self.used(made):
                self.held[lot] |= papers


class People(RuleBasedStateMachine):
    """Each rule does a thing through the door and in the book, and expects the same answer."""

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.plant, self.book = make_plant(), Book()
        self.places = {"store": self.plant.store, "store 2": self.plant.store_2}
        self.lots, self.runs = [], [self.plant.run("WO", n) for n in range(RUNS)]
        self.past: list[
            tuple[Entry, Book]
        ] = []  # entries that may be reversed, newest last, with the book before each
        self.again = None
        for _ in range(3):
            self.take_in(30, R)

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            for number, lot in enumerate(self.lots):
                expected = sorted(self.lots[n].pk for n in self.book.used(number))
                assert genealogy.where_used([lot]).lots == expected
            report = verify.verify()
            assert report.is_sound, report.findings
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def expect(self, code, act, change) -> None:
        """Do it; if the book says it is refused, it must be, with that code; else both change."""
        before = deepcopy(self.book)
        try:
            entry = act()
        except ledger.Refusal as refusal:
            assert refusal.code == code, f"{refusal.code} instead of {code}: {refusal.sentence}"  # noqa: PT017 (the model says which)
            return
        assert code is None, f"went through, expected {code}"
        change()
        self.past.append((entry, before))
        self.again = (entry, act)

    def move(self, lot, quantity, origin, destination, **rest) -> Move:
        place = lambda name: self.places.get(name) or self.plant.place(name)
        return Move(
            lot=self.lots[lot],
            quantity=Decimal(quantity),
            origin=place(origin),
            destination=place(destination),
            **rest,
        )

    def post(self, kind, move, **rest):
        """A closure over one key, so that the same request can be sent again."""
        rest["key"] = self.plant.key()
        from dataclasses import replace

        return lambda: self.plant.post(kind, replace(move), **rest)

    def taking(self, lot, place, status, quantity, *, usable=False):
        if usable and self.book.held[lot]:
            return "lot_on_hold"
        if usable and status != R:
            return "lot_not_released"
        return "insufficient_quantity" if self.book.stock[lot, place, status] < quantity else None

    @property
    def some(self):
        return len(self.lots)

    @rule(quantity=st.integers(10, 20), status=st.sampled_from([Q, R, R]))
    def receive(self, quantity, status) -> None:
        if self.some < LOTS:
            self.take_in(quantity, status)

    def take_in(self, quantity, status) -> None:
        self.lots.append(self.plant.receive(f"L{self.some}", quantity, status=status))
        self.book.stock[self.some - 1, "store", status] += quantity
        self.book.received[self.some - 1] += quantity

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES, way=st.sampled_from([(Q, R), (Q, X), (R, X), (R, Q), (X, R)]))
    def decide(self, data, quantity, way) -> None:
        lot, place = self.pick(data), self.where(data)
        before, after = way
        act = self.post(
            K.DISPOSITION,
            self.move(lot, quantity, place, place, origin_status=before, destination_status=after),
            actor=self.plant.quinn,
            second_person=self.plant.quentin,
        )
        self.expect(
            self.taking(lot, place, before, quantity),
            act,
            lambda: self.shift(lot, quantity, (place, before), (place, after)),
        )

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES, status=st.sampled_from([R, R, R, Q, X]))
    def issue(self, data, quantity, status) -> None:
        lot, place, run = self.pick(data), self.where(data), data.draw(st.integers(0, RUNS - 1))
        act = self.post(
            K.ISSUE,
            self.move(lot, quantity, place, "production", origin_status=status, run=self.runs[run]),
            actor=self.plant.paul,
            document="WO",
        )

        def change() -> None:
            self.shift(lot, quantity, (place, status), None)
            self.book.drawn[run, lot] += quantity

        self.expect(self.taking(lot, place, status, quantity, usable=True), act, change)

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES)
    def return_unused(self, data, quantity) -> None:
        lot, run = self.pick(data), data.draw(st.integers(0, RUNS - 1))
        act = self.post(
            K.ISSUE_RETURN,
            self.move(lot, quantity, "production", "store", run=self.runs[run]),
            actor=self.plant.paul,
            document="WO",
        )

        def change() -> None:
            self.shift(lot, quantity, None, ("store", R))
            self.book.drawn[run, lot] -= quantity

        self.expect("more_than_went_in" if self.book.drawn[run, lot] < quantity else None, act, change)

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES)
    def make(self, data, quantity) -> None:
        """A new lot, or more of one that is there: rework into its own number."""
        run, is_new = data.draw(st.integers(0, RUNS - 1)), data.draw(st.booleans())
        if is_new and self.some < LOTS:
            lot = self.some
            self.lots.append(self.plant.output(f"L{lot}", self.runs[run], quantity, status=R))
            self.shift(lot, quantity, None, ("store", R))
            self.book.made[run, lot] += quantity
            self.book.pass_on(run)
            return
        lot = self.pick(data)
        act = self.post(
            K.OUTPUT,
            self.move(lot, quantity, "production", "store", destination_status=R, run=self.runs[run]),
            actor=self.plant.paul,
            document="WO",
        )

        def change() -> None:
            self.shift(lot, quantity, None, ("store", R))
            self.book.made[run, lot] += quantity
            self.book.pass_on(run)

        self.expect(None, act, change)

    @precondition(lambda self: self.some)
    @rule(
        data=st.data(),
        quantity=QUANTITIES,
        paper=st.sampled_from(SHIPMENTS),
        status=st.sampled_from([R, R, R, Q, X]),
    )
    def ship(self, data, quantity, paper, status) -> None:
        lot, place = self.pick(data), self.where(data)
        act = self.post(
            K.SHIPMENT,
            self.move(lot, quantity, place, "customer", origin_status=status),
            actor=self.plant.sam,
            party=self.plant.customer,
            document=paper,
        )

        def change() -> None:
            self.shift(lot, quantity, (place, status), None)
            self.book.shipped[lot, paper] += quantity

        self.expect(self.taking(lot, place, status, quantity, usable=True), act, change)

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES, paper=st.sampled_from(SHIPMENTS))
    def come_back(self, data, quantity, paper) -> None:
        lot = self.pick(data)
        act = self.post(
            K.CUSTOMER_RETURN,
            self.move(lot, quantity, "customer", "store", against=paper),
            party=self.plant.customer,
            document="RET",
            reason="late",
        )

        def change() -> None:
            self.shift(lot, quantity, None, ("store", Q))
            self.book.returned[lot, paper] += quantity

        out = self.book.shipped[lot, paper] - self.book.returned[lot, paper]
        self.expect("more_than_went_in" if out < quantity else None, act, change)

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES, status=st.sampled_from([Q, R, X]), is_more=st.booleans())
    def count(self, data, quantity, status, is_more) -> None:
        lot, place = self.pick(data), self.where(data)
        if is_more:
            act = self.post(
                K.COUNT_ADJUSTMENT,
                self.move(lot, quantity, "adjustment", place, destination_status=status),
                reason="count",
            )
            self.expect(None, act, lambda: self.shift(lot, quantity, None, (place, status)))
        else:
            act = self.post(
                K.COUNT_ADJUSTMENT,
                self.move(lot, quantity, place, "adjustment", origin_status=status),
                reason="count",
            )
            self.expect(
                self.taking(lot, place, status, quantity),
                act,
                lambda: self.shift(lot, quantity, (place, status), None),
            )

    @precondition(lambda self: self.some)
    @rule(data=st.data(), quantity=QUANTITIES, status=st.sampled_from([Q, R, X]))
    def transfer(self, data, quantity, status) -> None:
        lot, place = self.pick(data), self.where(data)
        other = "store 2" if place == "store" else "store"
        act = self.post(K.TRANSFER, self.move(lot, quantity, place, other, origin_status=status))
        self.expect(
            self.taking(lot, place, status, quantity),
            act,
            lambda: self.shift(lot, quantity, (place, status), (other, status)),
        )

    @precondition(lambda self: self.some)
    @rule(data=st.data())
    def hold(self, data) -> None:
        lot = self.pick(data)
        paper = f"QH-{self.plant.key()}"
        self.plant.hold(self.lots[lot], reference=paper)
        self.book.held[lot].add(paper)

    @rule(data=st.data())
    def lift(self, data) -> None:
        standing = list(Hold.objects.standing().order_by("id"))
        if standing:
            hold = data.draw(st.sampled_from(standing), label="hold")
            number = next(n for n, lot in enumerate(self.lots) if lot.pk == hold.lot_id)
            ledger.lift_hold(
                [hold],
                reason="tested",
                actor=self.plant.quinn,
                second_person=self.plant.quentin,
                client="test",
                key=self.plant.key(),
            )
            self.book.held[number].discard(hold.reference)

    @precondition(lambda self: self.past)
    @rule(is_last=st.booleans(), data=st.data())
    def reverse(self, is_last, data) -> None:
        """The last entry goes back to the book before it (holds aside); an older one may be refused, and then nothing changes."""
        place = len(self.past) - 1 if is_last else data.draw(st.integers(0, len(self.past) - 1))
        entry, _ = self.past[place]
        moves = list(entry.movements.select_related("origin", "destination").order_by("line"))
        code = self.in_the_way(entry, moves)
        try:
            ledger.reverse(
                Entry.objects.get(pk=entry.pk),
                reason="wrong",
                actor=self.plant.rita,
                second_person=self.plant.quentin,
                client="test",
                key=self.plant.key(),
            )
        except ledger.Refusal as refusal:
            assert refusal.code == code, f"{refusal.code} instead of {code}: {refusal.sentence}"  # noqa: PT017 (the model says which)
            return
        assert code is None, f"reversed, expected {code}"
        del self.past[place]
        for m in moves:
            self.undo(m, entry)

    def in_the_way(self, entry, moves):
        trial = deepcopy(self.book)
        for m in moves:
            lot = self.number(m.lot_id)
            is_out_again = m.origin.kind in ("production", "customer") and m.run_role != "output"
            if is_out_again and self.book.held[lot]:
                return "lot_on_hold"
        mine, self.book = self.book, trial
        try:
            for m in moves:
                self.undo(m, entry)
            negative = any(
                n < 0
                for table in (trial.stock, trial.drawn, trial.made, trial.shipped, trial.received)
                for n in table.values()
            )
            over = any(
                trial.returned[key] > trial.shipped[key] or trial.returned[key] < 0
                for key in set(trial.returned) | set(trial.shipped)
            )
            return "not_reversible" if negative or over else None
        finally:
            self.book = mine

    def undo(self, m, entry) -> None:
        lot, n, names = (
            self.number(m.lot_id),
            int(m.quantity),
            {place.pk: name for name, place in self.places.items()},
        )
        self.shift(
            lot,
            n,
            (names[m.destination_id], m.destination_status) if m.destination_status else None,
            (names[m.origin_id], m.origin_status) if m.origin_status else None,
        )
        run = next((r for r, known in enumerate(self.runs) if known.pk == m.run_id), None)
        if m.run_role == "input":
            self.book.drawn[run, lot] -= m.sign * n
        elif m.run_role == "output":
            self.book.made[run, lot] -= n
        if m.delivery == "shipped":
            self.book.shipped[lot, entry.document] -= n
        elif m.delivery == "shipped_back":
            self.book.returned[lot, m.against] -= n

    @precondition(lambda self: self.again)
    @rule()
    def repeat(self) -> None:
        """The last request once more: the same answer, and nothing happens."""
        entry, act = self.again
        head = ledger.head().seq
        assert act().pk == entry.pk
        assert ledger.head().seq == head

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "lots"):
            return
        names = {place.pk: name for name, place in self.places.items()}
        found = {
            (self.number(lot), names[place], status): int(n)
            for lot, place, status, n in Balance.objects.filter(quantity__gt=0).values_list(
                "lot_id", "location_id", "status", "quantity"
            )
        }
        assert found == {key: n for key, n in self.book.stock.items() if n}
        standing = defaultdict(set)
        for lot, paper in Hold.objects.standing().values_list("lot_id", "reference"):
            standing[self.number(lot)].add(paper)
        assert dict(standing) == {lot: papers for lot, papers in self.book.held.items() if papers}

    def pick(self, data) -> int:
        return data.draw(st.integers(0, self.some - 1), label="lot")

    def where(self, data) -> str:
        return data.draw(st.sampled_from(["store", "store", "store 2"]), label="place")

    def number(self, pk) -> int:
        return next(n for n, lot in enumerate(self.lots) if lot.pk == pk)

    def shift(self, lot, quantity, origin, destination) -> None:
        if origin:
            self.book.stock[lot, *origin] -= quantity
        if destination:
            self.book.stock[lot, *destination] += quantity


@pytest.mark.django_db
def test_the_ledger_says_what_plain_dictionaries_say(db, count):
    quiet = settings(
        max_examples=count(15, 500), stateful_step_count=count(40, 80), deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if count(0, 1) else [Phase.generate],
    )  # fmt: skip
    run_state_machine_as_test(People, settings=quiet)
