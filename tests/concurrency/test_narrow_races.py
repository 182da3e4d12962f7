"""Races that take three steps, or that only one line of code stands against. Each was seen to go wrong before it was mended,
or is shown to go wrong with the lock, and then the constraint, taken away."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from shipping import services as shipping
from tests import databases
from tests.concurrency.together import at_once, race
from tests.genealogy.graphs import build
from traceability import ledger
from traceability.ledger import Move, inheritance, projections, promises, verify
from traceability.models import Balance, Entry, EntryKind, Hold, Lot, Movement, Reservation

K = EntryKind


def sound():
    report = verify.verify()
    assert report.is_sound, report.findings


def on_hand(lot):
    return sum(Balance.objects.filter(lot=lot).values_list("quantity", flat=True))


def drop(table, name):
    with databases.owner() as cursor:
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
        cursor.execute(
            f"ALTER TABLE traceability_{table} DROP CONSTRAINT {name}"
            if cursor.fetchone()
            else f"DROP INDEX {name}"
        )


# What comes back


def test_two_customer_returns_bring_back_no_more_than_went(committed_plant, monkeypatch):
    plant, lot = committed_plant, committed_plant.receive("A", 100)
    plant.ship(lot, 100, document="SH-1")

    def back(key):
        move = Move(
            lot=lot,
            quantity=Decimal(60),
            origin=plant.place("customer"),
            destination=plant.store,
            against="SH-1",
        )
        return plant.post(
            K.CUSTOMER_RETURN, move, party=plant.customer, document="RET", reason="wet", key=key
        )

    first, second = race(lambda: back("a"), lambda: back("b"), monkeypatch)
    assert isinstance(first, Entry)
    assert isinstance(second, ledger.MoreThanWentIn)
    sound()


def test_two_unused_returns_bring_back_no_more_than_went_in(committed_plant, monkeypatch):
    plant, lot, run = committed_plant, committed_plant.receive("A", 100), committed_plant.run("WO-1")
    plant.issue(lot, run, 100)

    def back(key):
        move = Move(
            lot=lot, quantity=Decimal(60), origin=plant.place("production"), destination=plant.store, run=run
        )
        return plant.post(K.ISSUE_RETURN, move, document="WO-1", key=key)

    first, second = race(lambda: back("a"), lambda: back("b"), monkeypatch)
    assert isinstance(first, Entry)
    assert isinstance(second, ledger.MoreThanWentIn)
    sound()


def test_a_count_is_reversed_once_though_there_is_stock_enough_for_twice(committed_plant, monkeypatch):
    plant, lot = committed_plant, committed_plant.receive("A", 100)
    count = plant.post(
        K.COUNT_ADJUSTMENT,
        Move(lot=lot, quantity=Decimal(10), origin=plant.place("adjustment"), destination=plant.store),
        reason="found",
    )

    def back(key):
        return ledger.reverse(
            Entry.objects.get(pk=count.pk), reason="twice", actor=plant.rita, client="test", key=key
        )

    first, second = race(lambda: back("a"), lambda: back("b"), monkeypatch)
    assert isinstance(first, Entry)
    assert isinstance(second, ledger.AlreadyReversed)
    assert on_hand(lot) == 100
    sound()


# The key


def test_a_key_whose_first_sender_was_refused_is_free_for_the_second(committed_plant):
    lot = committed_plant.receive("A", 5)
    outcomes = at_once(*[lambda: committed_plant.ship(lot, 6, key="one")] * 4)
    assert {type(o) for o in outcomes} == {ledger.InsufficientQuantity}
    assert isinstance(committed_plant.ship(lot, 5, key="one"), Entry)


def test_control_of_the_key_without_waiting_the_constraint_refuses_and_without_both_there_are_two(
    committed_plant, monkeypatch
):
    from django.db.backends.utils import CursorWrapper

    lot, execute = committed_plant.receive("A", 100), CursorWrapper.execute
    monkeypatch.setattr(
        CursorWrapper,
        "execute",
        lambda self, sql, params=None: execute(
            self,
            sql.replace("ON CONFLICT (client, key) DO NOTHING", "") if isinstance(sql, str) else sql,
            params,
        ),
    )
    outcomes = at_once(*[lambda: committed_plant.ship(lot, 10, key="one")] * 4)
    assert sorted(type(o).__name__ for o in outcomes) == [
        "Entry",
        "IntegrityError",
        "IntegrityError",
        "IntegrityError",
    ]
    drop("entrykey", "entry_key_is_used_once")
    outcomes = at_once(*[lambda: committed_plant.ship(lot, 10, key="two")] * 4)
    assert len({o.pk for o in outcomes}) == 4
    assert on_hand(lot) == 50


def test_a_new_number_is_born_once(committed_plant):
    item = committed_plant.item()
    outcomes = at_once(
        *[(lambda key=key: committed_plant.receive("A", 5, item=item, key=key)) for key in "abcd"]
    )
    assert sorted(type(o).__name__ for o in outcomes) == [
        "Lot",
        "LotNumberTaken",
        "LotNumberTaken",
        "LotNumberTaken",
    ]
    assert Lot.objects.count() == 1
    sound()


def test_a_transaction_that_fails_after_the_post_leaves_no_gap(committed_plant):
    lot = committed_plant.receive("A", 100)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        committed_plant.ship(lot, 10, key="one")
        raise ZeroDivisionError
    assert committed_plant.ship(lot, 10, key="one").seq == 2
    sound()


# Serials


def in_production(plant):
    unit, run = (
        plant.receive("V-1", 1, item=plant.item("VALVE", tracking="serial", unit="ea")),
        plant.run("RW-1"),
    )
    plant.issue(unit, run, 1)
    return unit, run


def put_out(plant, unit, run):
    return lambda: plant.output(unit, run, 1, at=plant.store_2, key="a"), lambda: plant.output(
        unit, run, 1, key="b"
    )


def test_a_serial_put_out_and_shipped_meanwhile_is_not_put_out_again(committed_plant, monkeypatch):
    """The index sees only what is on hand: here the first unit has left before the second one is written."""
    plant = committed_plant
    unit, run = in_production(plant)
    first, second = put_out(plant, unit, run)
    outcomes = race(
        first, lambda: (second(), plant.ship(unit, 1, key="c")), monkeypatch, before=(inheritance, "find")
    )
    assert Movement.objects.filter(lot=unit, run_role="output").count() == 1
    assert sum(isinstance(o, ledger.SerialElsewhere) for o in outcomes) == 1
    sound()


def test_control_of_the_serial_without_the_lock_the_index_refuses(committed_plant, monkeypatch):
    unit, run = in_production(committed_plant)
    outcomes = race(*put_out(committed_plant, unit, run), monkeypatch, locks=False)
    assert sum(isinstance(o, ledger.SerialElsewhere) for o in outcomes) == 1
    assert on_hand(unit) == 1


def test_control_of_the_serial_without_lock_and_index_it_is_in_two_places(committed_plant, monkeypatch):
    unit, run = in_production(committed_plant)
    drop("balance", "balance_of_a_serial_is_in_one_place")
    outcomes = race(*put_out(committed_plant, unit, run), monkeypatch, locks=False)
    assert not any(isinstance(o, Exception) for o in outcomes)
    assert on_hand(unit) == 2


# Holds that pass on


def held():
    return set(Hold.objects.standing().values_list("lot__number", flat=True))


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_made_further_down_while_a_hold_is_inherited_does_not_escape(
    committed_plant, monkeypatch, turned
):
    """S ──▶ R1 ──▶ P ──▶ R2 ──▶ Q.  S is held. R1 reports more of P, so P inherits; at the same moment R2 reports Q."""
    plant = committed_plant
    graph = build(plant, "S -> P; P -> O")
    plant.hold(graph["S"], reference="QH-1")
    plant.item("BREAD")
    more = lambda: plant.output(graph["P"], graph.runs[0], 1, key="more")
    other = lambda: plant.output("Q", graph.runs[1], 1, key="other")
    outcomes = race(*((more, other) if turned else (other, more)), monkeypatch)
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert held() == {"S", "P", "O", "Q"}
    sound()


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_made_while_a_held_lot_is_issued_after_the_fact_does_not_escape(
    committed_plant, monkeypatch, turned
):
    """H ···▶ R1 is recorded while R1 reports Q."""
    plant = committed_plant
    graph = build(plant, "S -> P")
    bad = plant.receive("H")
    plant.hold(bad, reference="QH-1")
    plant.item("BREAD")
    issue = lambda: plant.issue(
        bad,
        graph.runs[0],
        1,
        key="i",
        after_the_fact=True,
        reason="the log says so",
        second_person=plant.quentin,
    )
    other = lambda: plant.output("Q", graph.runs[0], 1, key="other")
    outcomes = race(*((issue, other) if turned else (other, issue)), monkeypatch)
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert held() == {"H", "P", "Q"}
    sound()


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_issued_while_a_hold_is_inherited_does_not_escape(committed_plant, monkeypatch, turned):
    """S ──▶ R1 ──▶ P: S is held, R1 reports more of P (P inherits) while P is issued to R3. Either P was held, or R3's output is."""
    plant = committed_plant
    graph = build(plant, "S -> P")
    plant.hold(graph["S"], reference="QH-1")
    plant.item("BREAD")
    run = plant.run("WO-3")
    more = lambda: plant.output(graph["P"], graph.runs[0], 1, key="more")
    issue = lambda: plant.issue(graph["P"], run, 1, key="issue")
    outcomes = race(*((more, issue) if turned else (issue, more)), monkeypatch)
    plant.output("Q", run, 1)
    refused = any(isinstance(o, ledger.LotOnHold) for o in outcomes)
    assert held() == ({"S", "P"} if refused else {"S", "P", "Q"})
    sound()


def test_a_scope_hold_and_an_inheriting_output_do_not_deadlock(committed_plant, monkeypatch):
    plant = committed_plant
    graph = build(plant, "S, T -> P; P -> O; O -> N")
    plant.hold(graph["S"], reference="QH-1")
    scope = lambda: ledger.hold_scope(
        [graph["T"]],
        reason="glass",
        reference="RC-1",
        actor=plant.rhea,
        client="test",
        key="scope",
        site=plant.site,
    )
    outcomes = race(lambda: plant.output(graph["P"], graph.runs[0], 1, key="more"), scope, monkeypatch)
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    assert set(Hold.objects.standing().filter(reference="RC-1").values_list("lot__number", flat=True)) == {
        "T",
        "P",
        "O",
        "N",
    }
    sound()


# Promises


def promise(plant, lot, quantity, document="SO-1"):
    move = Move(lot=lot, quantity=Decimal(quantity), origin=plant.store, destination=plant.place("customer"))
    return ledger.reserve(moves=[move], document=document, actor=plant.sam, now=timezone.now())


def test_two_promises_do_not_exceed_what_is_there(committed_plant):
    lot = committed_plant.receive("A", 100)
    outcomes = at_once(*[(lambda n=n: promise(committed_plant, lot, 60, f"SO-{n}")) for n in range(4)])
    assert sorted(type(o).__name__ for o in outcomes) == ["Reserved", "Reserved", "Reserved", "list"]


def test_a_promise_given_up_while_it_is_being_shipped_is_no_accident(committed_plant, monkeypatch):
    lot = committed_plant.receive("A", 100)
    promise(committed_plant, lot, 80)
    outcomes = race(
        lambda: committed_plant.ship(lot, 60, document="SO-1"),
        lambda: ledger.unreserve(document="SO-1"),
        monkeypatch,
        before=(promises, "_change"),
    )
    assert isinstance(outcomes[0], Entry), outcomes
    assert not isinstance(outcomes[1], Exception), outcomes
    assert not Reservation.objects.standing().exists()
    sound()


def test_what_is_staged_while_somebody_picks_the_same_lot_is_no_deadlock(committed_plant, monkeypatch):
    """Both mind the promises of the lot and its balance, and must come to them in one order."""
    plant, lot = committed_plant, committed_plant.receive("A", 100)
    start = lambda number: shipping.start_shipment(
        number=number, customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key=number
    )
    staged, other = start("SH-1"), start("SH-2")
    pick = lambda paper, key: shipping.pick(
        shipment=paper, lot=lot, quantity=Decimal(10), location=plant.store, actor=plant.sam, client="test", key=key
    )  # fmt: skip
    pick(staged, "a")
    outcomes = race(
        lambda: shipping.stage(
            shipment=staged, location=plant.place("dock"), actor=plant.sam, client="test", key="s"
        ),
        lambda: pick(other, "b"),
        monkeypatch,
        before=(projections, "lock"),
    )
    assert not any(isinstance(o, Exception) for o in outcomes), outcomes
    sound()


def test_control_two_shippers_without_the_lock(committed_plant, monkeypatch):
    """That this harness can fail: the same two shipments, and a sentence nobody should see."""
    lot = committed_plant.receive("A", 100)
    outcomes = race(
        lambda: committed_plant.ship(lot, 60, key="a"),
        # On a paper of its own, or it would wait for the first to make the delivery's row.
        lambda: committed_plant.ship(lot, 60, key="b", document="SH-2"),
        monkeypatch,
        locks=False,
    )
    assert any(isinstance(o, IntegrityError) for o in outcomes)


# Facts


def test_an_expiry_cut_meanwhile_is_not_quietly_given_back(committed_plant, monkeypatch):
    """2031 on record. One person cuts it to 2029; another, who would cut it to 2030, waits: now that is more life, and needs two."""
    from datetime import date

    plant, lot = committed_plant, committed_plant.receive("A", expires_on=date(2031, 1, 1))
    amend = lambda year: ledger.amend(
        Lot.objects.get(pk=lot.pk),
        reason="retest",
        actor=plant.quinn,
        client="test",
        key=f"a{year}",
        expires_on=date(year, 1, 1),
    )
    first, second = race(lambda: amend(2029), lambda: amend(2030), monkeypatch)
    assert isinstance(first, Entry)
    assert isinstance(second, ledger.SecondPersonRequired)
    sound()
