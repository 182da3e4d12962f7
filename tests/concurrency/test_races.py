"""Two people at the same moment: exactly one outcome, the loser gets a sentence, and the book stays sound.

Each race has its controls, which must fail: without the locks the constraint refuses with an error that no person should
see, and without locks and constraint the stock goes negative, or a held lot leaves.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError

from tests import databases
from tests.concurrency.together import at_once, race
from traceability import ledger
from traceability.ledger import Move, verify
from traceability.models import Balance, Entry, EntryKind, Hold, Lot


def sound():
    report = verify.verify()
    assert report.is_sound, report.findings


def on_hand(lot):
    return sum(Balance.objects.filter(lot=lot).values_list("quantity", flat=True))


class TestTwoShippersOnePallet:
    """100 on hand; each wants 70."""

    @pytest.fixture
    def pallet(self, committed_plant):
        return committed_plant.receive("PALLET", 100)

    def ships(self, plant, pallet):
        return lambda: plant.ship(pallet, 70, document="SH-1", key="a"), lambda: plant.ship(
            pallet, 70, document="SH-2", key="b"
        )

    def test_one_ships_and_the_other_is_told_what_is_left(self, committed_plant, pallet, monkeypatch):
        first, second = race(*self.ships(committed_plant, pallet), monkeypatch)
        assert isinstance(first, Entry)
        assert isinstance(second, ledger.InsufficientQuantity)
        assert second.fields["available"] == "30"
        assert on_hand(pallet) == 30
        sound()

    def test_control_without_the_lock_the_constraint_refuses(self, committed_plant, pallet, monkeypatch):
        outcomes = race(*self.ships(committed_plant, pallet), monkeypatch, locks=False)
        errors = [o for o in outcomes if isinstance(o, IntegrityError)]
        assert len(errors) == 1
        assert "balance_is_never_negative" in str(errors[0])
        assert on_hand(pallet) == 30

    def test_control_without_lock_and_constraint_it_goes_negative(self, committed_plant, pallet, monkeypatch):
        with databases.owner() as cursor:
            cursor.execute("ALTER TABLE traceability_balance DROP CONSTRAINT balance_is_never_negative")
        outcomes = race(*self.ships(committed_plant, pallet), monkeypatch, locks=False)
        assert all(isinstance(o, Entry) for o in outcomes)
        assert on_hand(pallet) == -40
        assert verify.verify().counts["nothing_was_ever_negative"] == 1


class TestHoldAgainstShip:
    @pytest.fixture
    def lot(self, committed_plant):
        return committed_plant.receive("LOT", 100)

    def test_a_hold_that_came_first_wins(self, committed_plant, lot, monkeypatch):
        first, second = race(
            lambda: committed_plant.hold(lot, key="h"),
            lambda: committed_plant.ship(lot, 10, key="s"),
            monkeypatch,
        )
        assert first.kind == EntryKind.HOLD
        assert isinstance(second, ledger.LotOnHold)
        assert on_hand(lot) == 100
        sound()

    def test_a_shipment_that_came_first_left_and_the_hold_comes_after_it(
        self, committed_plant, lot, monkeypatch
    ):
        shipped, held = race(
            lambda: committed_plant.ship(lot, 10, key="s"),
            lambda: committed_plant.hold(lot, key="h"),
            monkeypatch,
        )
        assert shipped.seq < held.seq
        assert on_hand(lot) == 90
        sound()

    def test_control_without_the_lock_a_held_lot_leaves(self, committed_plant, lot, monkeypatch):
        shipped, held = race(
            lambda: committed_plant.ship(lot, 10, key="s"),
            lambda: committed_plant.hold(lot, key="h"),
            monkeypatch,
            locks=False,
        )
        assert held.seq < shipped.seq, "the hold was on record, and the lot left all the same"
        assert verify.verify().counts["no_held_lot_was_used"] == 1


class TestOutputAgainstScopeHold:
    """S ──▶ WO-1 ──▶ ?  Whatever comes out of the run, before, during or after, is held."""

    @pytest.fixture
    def story(self, committed_plant):
        spice, run = committed_plant.receive("S"), committed_plant.run("WO-1")
        committed_plant.issue(spice, run, 10)
        committed_plant.item("BREAD")
        return committed_plant, spice, run

    def acts(self, story):
        plant, spice, run = story
        return (
            lambda: plant.output("P", run, 8, key="o"),
            lambda: ledger.hold_scope(
                [spice],
                reason="Salmonella",
                reference="RC-1",
                actor=plant.rhea,
                client="test",
                key="h",
                site=plant.site,
            ),
        )

    def held(self):
        return set(Hold.objects.standing().values_list("lot__number", flat=True))

    def test_an_output_that_came_first_is_found_by_the_second_walk(self, story, monkeypatch):
        output, hold = self.acts(story)
        made, held = race(output, hold, monkeypatch)
        assert isinstance(made, Lot)
        assert held.kind == EntryKind.HOLD
        assert self.held() == {"S", "P"}
        sound()

    def test_an_output_that_came_second_inherits(self, story, monkeypatch):
        output, hold = self.acts(story)
        _, made = race(hold, output, monkeypatch)
        assert isinstance(made, Lot)
        assert self.held() == {"S", "P"}
        sound()

    def test_control_without_the_lock_it_slips_out(self, story, monkeypatch):
        output, hold = self.acts(story)
        race(output, hold, monkeypatch, locks=False)
        assert self.held() == {"S"}
        assert verify.verify().counts["outputs_inherited_their_holds"] == 1

    def test_a_single_cascading_hold_lets_nothing_slip_out_either(self, story, monkeypatch):
        plant, spice, _ = story
        output, _ = self.acts(story)
        race(output, lambda: plant.hold(spice, key="h", reference="QH-1"), monkeypatch)
        # The output was posted before the hold: it is no later output, and the hold's page offers it; a later one inherits.
        plant.output("Q", plant.run("WO-1"), 1)
        assert "Q" in self.held()
        sound()


class TestTheSameKey:
    def test_eight_times_at_once_is_one_entry_and_one_answer(self, committed_plant):
        lot = committed_plant.receive("LOT", 100)
        outcomes = at_once(*[lambda: committed_plant.ship(lot, 10, key="the-scan")] * 8)
        assert {o.seq for o in outcomes} == {2}
        assert on_hand(lot) == 90
        sound()

    def test_control_eight_keys_are_eight_entries(self, committed_plant):
        lot = committed_plant.receive("LOT", 100)
        outcomes = at_once(*[(lambda n=n: committed_plant.ship(lot, 10, key=f"scan-{n}")) for n in range(8)])
        assert {o.seq for o in outcomes} == set(range(2, 10))
        assert on_hand(lot) == 20

    def test_the_same_key_with_other_content_is_refused_while_the_first_is_under_way(
        self, committed_plant, monkeypatch
    ):
        lot = committed_plant.receive("LOT", 100)
        first, second = race(
            lambda: committed_plant.ship(lot, 10, key="k"),
            lambda: committed_plant.ship(lot, 11, key="k"),
            monkeypatch,
        )
        assert isinstance(first, Entry)
        assert isinstance(second, ledger.KeyReused)
        assert on_hand(lot) == 90


def test_one_serial_comes_out_of_rework_once(committed_plant):
    """V is in production; two operators report it at two places."""
    plant = committed_plant
    item = plant.item("VALVE", tracking="serial", unit="ea")
    valve, run = plant.receive("V-1", 1, item=item), plant.run("RW-1")
    plant.issue(valve, run, 1)
    places = [plant.store, plant.store_2]
    outcomes = at_once(
        *[
            (lambda place=place, n=n: plant.output(valve, run, 1, at=place, key=f"o{n}"))
            for n, place in enumerate(places)
        ]
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["Lot", "SerialElsewhere"]
    assert on_hand(valve) == 1
    sound()


def test_one_entry_is_reversed_once(committed_plant):
    lot = committed_plant.receive("LOT", 100)
    shipment = committed_plant.ship(lot, 10)
    undo = [
        (
            lambda n=n: ledger.reverse(
                shipment, reason="wrong", actor=committed_plant.sam, client="test", key=f"r{n}"
            )
        )
        for n in range(2)
    ]
    outcomes = at_once(*undo)
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyReversed", "Entry"]
    assert on_hand(lot) == 100
    sound()


def test_a_promise_to_another_wins_over_a_shipment(committed_plant):
    plant, lot = committed_plant, committed_plant.receive("LOT", 100)
    move = Move(lot=lot, quantity=Decimal(70), origin=plant.store, destination=plant.place("customer"))
    from django.utils import timezone

    promise, shipment = at_once(
        lambda: ledger.reserve(moves=[move], document="SH-9", actor=plant.sam, now=timezone.now()),
        lambda: plant.ship(lot, 70, document="SH-1"),
    )
    assert isinstance(promise, list) != isinstance(shipment, Entry), (promise, shipment)
    assert isinstance(promise, list | ledger.InsufficientQuantity)
    assert isinstance(shipment, Entry | ledger.Reserved)
    sound()


def test_crossing_postings_never_deadlock(committed_plant, count):
    """Eight people issue, make and ship the same lots in opposite orders."""
    plant = committed_plant
    lots = [plant.receive(f"L{n}", 1_000_000) for n in range(6)]
    store, customer, production, run = (
        plant.store,
        plant.place("customer"),
        plant.place("production"),
        plant.run("WO-1"),
    )
    rounds = count(12, 1250)

    def person(number):
        def work():
            order = lots if number % 2 else lots[::-1]
            for turn in range(rounds):
                if turn % 3:
                    moves = [
                        Move(lot=lot, quantity=Decimal(1), origin=store, destination=customer)
                        for lot in order
                    ]
                    plant.post(
                        EntryKind.SHIPMENT,
                        *moves,
                        party=plant.customer,
                        document=f"SH-{number}-{turn}",
                        actor=plant.sam,
                        key=f"{number}-{turn}",
                    )
                else:
                    moves = [
                        Move(lot=lot, quantity=Decimal(1), origin=store, destination=production, run=run)
                        for lot in order
                    ]
                    plant.post(
                        EntryKind.ISSUE, *moves, document="WO-1", actor=plant.paul, key=f"{number}-{turn}"
                    )
            return rounds

        return work

    assert at_once(*[person(number) for number in range(8)]) == [rounds] * 8
    assert Entry.objects.count() == 6 + 8 * rounds
    sound()
