"""Every answer of the ledger against the book's."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

from recalls.scope import scope_of
from tests.model.book import ZERO, Book
from traceability import genealogy, inquiries
from traceability.genealogy import Reading
from traceability.inquiries.balances import QUANTITIES
from traceability.ledger import verify
from traceability.models import Balance, Delivered, Hold, Lot, Reservation, RunLot

READINGS = [
    Reading(narrow=narrow, contains_now=now, time_aware=timed) for narrow in (False, True) for now in (False, True) for timed in (False, True)
]  # fmt: skip
TERMS = [name for name in QUANTITIES if name != "on_hand"]


class Answers:
    """Compared after every step; what costs more, in turn; all of it at the end."""

    def __init__(self, floor: Any) -> None:
        self.floor = floor
        self.random = random.Random(1)
        self.steps = 0

    def after_a_step(self) -> None:
        self.steps += 1
        self.names()
        self.stock()
        self.holds()
        self.promised()
        self.genealogy()
        self.delivered()
        seq = self.random.choice([None, self.random.randint(0, self.floor.seq)])
        then = self.floor.book if seq is None else self.floor.book.up_to(seq)
        starts = self.random.sample(sorted(self.lots), min(len(self.lots), self.random.choice([1, 1, 2])))
        self.walks(starts, self.random.choice(READINGS), seq, then)
        (self.adding_up, self.lives, self.who_got_it, self.in_process)[self.steps % 4](seq, then)
        if self.steps % 5 == 0:
            self.scope(starts, seq, then)
        if self.steps % self.floor.verify_every == 0:
            self.sound()

    def all(self) -> None:
        self.names()
        for seq in (None, self.random.randint(0, self.floor.seq)):
            then = self.floor.book if seq is None else self.floor.book.up_to(seq)
            for part in (self.adding_up, self.lives, self.who_got_it, self.in_process):
                part(seq, then)
            for lot in self.lots:
                self.walks([lot], self.random.choice(READINGS), seq, then)
            self.scope(self.random.sample(sorted(self.lots), 1), seq, then)
        self.sound()

    def names(self) -> None:
        self.lots = {name: known.lot.pk for name, known in self.floor.lots.items()}
        self.by_id = {pk: name for name, pk in self.lots.items()}
        self.place = {place.pk: name for name, place in self.floor.places.items()}
        runs = {**self.floor.runs, **self.floor.runs_of_no_order}
        self.run = {run.pk: name for name, run in runs.items()}
        assert Lot.objects.count() == len(self.lots)

    # What stands

    def stock(self) -> None:
        rows = Balance.objects.exclude(quantity=0).values_list("lot_id", "location_id", "status", "quantity")
        found = {(self.by_id[lot], self.place[place], status): n for lot, place, status, n in rows}
        assert found == standing(self.floor.book.stock)

    def holds(self) -> None:
        rows = Hold.objects.standing().order_by("id").values_list("lot_id", "reference", "cascades")
        found = sorted((self.by_id[lot], paper, cascades) for lot, paper, cascades in rows)
        assert found == sorted(
            (hold.lot, hold.paper, hold.cascades) for hold in self.floor.book.holds.values()
        )

    def promised(self) -> None:
        rows = Reservation.objects.standing().values_list("document", "lot_id", "location_id", "quantity")
        found = sorted((paper, self.by_id[lot], self.place[place], n) for paper, lot, place, n in rows)
        assert found == sorted(
            (row.document, row.lot, row.place, row.quantity) for row in self.floor.promises.standing()
        )

    def genealogy(self) -> None:
        found = {
            (self.run[row.run_id], self.by_id[row.lot_id], row.role): (
                row.quantity,
                row.removed,
                row.inferred,
                row.first_at,
                row.last_at,
            )
            for row in RunLot.objects.exclude(quantity=0, removed=0)
        }
        assert found == {
            key: (link.quantity, link.removed, link.inferred, link.first, link.last)
            for key, link in self.floor.book.links.items()
            if link.quantity or link.removed
        }

    def delivered(self) -> None:
        rows = Delivered.objects.exclude(quantity=0, returned=0).values_list(
            "direction", "lot_id", "party__code", "document", "quantity", "returned"
        )
        found = {
            (way, self.by_id[lot], party, document): [went, back]
            for way, lot, party, document, went, back in rows
        }
        assert found == {key: row for key, row in self.floor.book.deliveries.items() if row != [ZERO, ZERO]}

    # Where did it go, and what is in it

    def walks(self, starts: list[str], reading: Reading, seq: int | None, then: Book) -> None:
        asked = replace(reading, as_of=seq)
        for direction, walk in (("used", genealogy.where_used), ("from", genealogy.where_from)):
            answer = walk([self.lots[name] for name in starts], asked)
            found, expected = {self.by_id[pk] for pk in answer.lots}, then.walk(starts, reading, direction)
            assert found == expected, (
                f"{direction} {starts} {asked}: missing {expected - found}, extra {found - expected}"
            )
            assert {self.by_id[pk] for pk in answer.open_lots} == expected & self.floor.untracked
            if direction == "used" and not reading.is_widest:
                out = {self.by_id[pk] for pk in genealogy.left_out(answer)}
                assert out == then.walk(starts) - expected

    # Numbers

    def adding_up(self, seq: int | None, then: Book) -> None:
        for row in inquiries.mass_balance(self.by_id, seq):
            name = self.by_id[row.lot_id]
            assert row.unaccounted == 0
            assert {term: getattr(row, term) for term in TERMS if getattr(row, term)} == {
                term: n for term, n in then.terms[name].items() if n
            }
            assert row.on_hand == sum((n for (lot, _, _), n in then.stock.items() if lot == name), ZERO)
        found = {
            (self.by_id[row.lot_id], self.place[row.location_id], row.status): row.quantity
            for row in inquiries.on_hand_by_place(self.by_id, seq)
        }
        assert found == standing(then.stock)

    def lives(self, seq: int | None, then: Book) -> None:
        for pk, facts in inquiries.facts_of(self.by_id, seq).items():
            if known := then.facts.get(self.by_id[pk]):
                assert (facts.expires_on, facts.supplier_lot, facts.made_on) == (
                    known["expires_on"],
                    known["supplier_lot"],
                    known.get("made_on"),
                )
        for name, pk in self.lots.items():
            balance, expected = ZERO, []
            for at, change in then.changes[name]:
                balance += change
                expected.append((at, change, balance))
            found = [
                (line.seq, line.change, line.balance)
                for line in inquiries.movements_of(pk, as_of=seq, limit=None)
                if line.line
            ]
            assert found[::-1] == expected

    def who_got_it(self, seq: int | None, then: Book) -> None:
        for way, ask in (("shipped", inquiries.shipped_to), ("received", inquiries.received_from)):
            found = {
                (way, self.by_id[row.lot_id], row.party, row.document): [row.quantity, row.returned]
                for row in ask(self.by_id, seq)
            }
            assert found == {key: row for key, row in then.deliveries.items() if key[0] == way and row[0] > 0}

    def in_process(self, seq: int | None, then: Book) -> None:
        found = {
            (self.run[row.run_id], self.by_id[row.lot_id]): row.quantity
            for row in inquiries.in_process(self.by_id, seq)
        }
        assert found == drawn_and_nothing_made(then, set(self.lots))

    def scope(self, starts: list[str], seq: int | None, then: Book) -> None:
        """The recall: lots, customers, stock, what is in process, holds, and that it adds up."""
        scope = scope_of([self.lots[name] for name in starts], seq=seq)
        affected = then.walk(starts)
        assert {lot.lot for lot in scope.lots} == affected
        assert all(lot.balance.unaccounted == 0 for lot in scope.lots)
        found = {
            ("shipped", row.lot, row.party, row.document): [row.quantity, row.returned]
            for row in scope.shipments
        }
        assert found == {
            key: row
            for key, row in then.deliveries.items()
            if key[0] == "shipped" and key[1] in affected and row[0] > 0
        }
        there: dict[str, Decimal] = {}
        for row in scope.stock:
            there[row.lot] = there.get(row.lot, ZERO) + row.quantity
        assert there == {
            lot: total
            for lot in affected
            if (total := sum((n for (name, _, _), n in then.stock.items() if name == lot), ZERO))
        }
        assert {lot.lot: set(lot.holds) for lot in scope.lots} == {
            lot: {paper or "papers" for paper in then.papers(lot)} for lot in affected
        }
        assert len(scope.in_process) == len(drawn_and_nothing_made(then, affected))
        assert {row.lot for row in scope.open_lots} == affected & self.floor.untracked
        totals = {row.item: row for row in scope.start_totals}
        for item, row in totals.items():
            mine = [name for name in starts if self.floor.lots[name].item == item]
            assert row.shipped == sum((then.terms[name]["shipped"] for name in mine), ZERO)

    def sound(self) -> None:
        report = verify.verify()
        assert report.is_sound, report.findings


def standing(stock: dict[tuple[str, str, str], Decimal]) -> dict[tuple[str, str, str], Decimal]:
    return {key: n for key, n in stock.items() if n}


def drawn_and_nothing_made(book: Book, lots: set[str]) -> dict[Any, Decimal]:
    made = {run for (run, _, role), link in book.links.items() if role == "output" and link.quantity > 0}
    return {
        (run, lot): link.quantity - link.removed
        for (run, lot, role), link in book.links.items()
        if role == "input" and lot in lots and link.quantity > link.removed and run not in made
    }
