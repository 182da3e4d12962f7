"""What the door would have let through with one of its gates forgotten, the verifier finds: the check for it, and no other."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from tests.ledger.rich import move
from traceability import ledger
from traceability.genealogy import Walk
from traceability.ledger import correcting, gate, holding, inheritance, posting, promises, rules, verify
from traceability.models import EntryKind, LocationKind

K = EntryKind
GATES: dict[str, Any] = {}


@dataclass(frozen=True)
class Gate:
    speaks: str
    forgotten: Callable[[], AbstractContextManager[Any]]
    act: Callable[[Any], Any]


def without(forgotten: Callable[[], AbstractContextManager[Any]], *, speaks: str) -> Any:
    """An act on the story, through a door without this gate, and the check that must speak."""

    def keep(act: Callable[[Any], Any]) -> Callable[[Any], Any]:
        GATES[act.__name__] = Gate(speaks, forgotten, act)
        return act

    return keep


def nothing(*args: Any, **kwargs: Any) -> Any:
    return None


def gone(module: Any, name: str, stand_in: Any = nothing) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(module, name, stand_in)


usable = gone(gate, "check_usable")
no_inheritance = gone(inheritance, "find", lambda *args, **kwargs: {})


@without(
    lambda: patch.dict(
        rules.RULES, {K.SCRAP: rules.Rule(((rules.INSIDE, LocationKind.SAMPLE),), reason=True)}
    ),
    speaks="movements_follow_the_rules",
)
def a_way_that_is_none(e):
    e.plant.post(K.SCRAP, move(e.plant, e.part, 1, to=e.plant.place("sample")), reason="torn bag")


@without(
    gone(rules, "DECISIONS", rules.DECISIONS | {("rejected", "quarantine")}), speaks="decisions_were_allowed"
)
def a_decision_that_is_none(e):
    decide(e, "released", "rejected")
    decide(e, "rejected", "quarantine")


@without(gone(rules, "DECISIONS_BY_TWO", frozenset()), speaks="decisions_were_allowed")
def used_as_it_is_by_one(e):
    decide(e, "released", "rejected")
    decide(e, "rejected", "released")


@without(usable, speaks="only_released_stock_was_used")
def undecided_stock_used(e):
    decide(e, "released", "quarantine")
    e.plant.issue(e.part, e.plant.run("WO-2"), 1, status="quarantine")


@without(usable, speaks="only_released_stock_was_used")
def rejected_stock_on_its_way_out(e):
    decide(e, "released", "rejected")
    e.plant.post(K.TRANSFER, move(e.plant, e.part, 1, to=e.plant.place("transit"), origin_status="rejected"))


@without(usable, speaks="no_held_lot_was_used")
def a_held_lot_shipped(e):
    e.plant.hold(e.part, cascades=False)
    e.plant.ship(e.part, 1, document="SH-9")


@without(gone(gate, "check_nothing_held_goes_out"), speaks="no_held_lot_was_used")
def a_held_lot_back_into_production(e):
    ledger.reverse(e.returned, reason="x", **by(e, "sam"))


@without(usable, speaks="no_expired_lot_was_used")
def an_expired_lot_shipped(e):
    old = e.plant.receive("OLD", 9, expires_on=timezone.now().date() - timedelta(days=3))
    e.plant.ship(old, 1, document="SH-9")


@without(usable, speaks="no_expired_lot_was_used")
def a_lot_given_more_life_after_it_was_used(e):
    old = e.plant.receive("OLD", 9, expires_on=timezone.now().date() - timedelta(days=3))
    e.plant.ship(old, 1, document="SH-9")
    later = timezone.now().date() + timedelta(days=30)
    ledger.amend(old, reason="retested", second_person=e.plant.quentin, expires_on=later, **by(e, "quinn"))


@without(usable, speaks="nothing_blocking_was_open")
def a_lot_without_its_certificate(e):
    needed(e, lot=e.part)
    e.plant.ship(e.part, 1, document="SH-9")


@without(usable, speaks="nothing_blocking_was_open")
def a_shipment_without_its_paper(e):
    needed(e, document="SH-9")
    e.plant.ship(e.part, 1, document="SH-9")


@without(gone(gate, "check_runs"), speaks="nothing_blocking_was_open")
def a_run_without_its_check(e):
    run = e.plant.run("WO-2")
    e.plant.issue(e.part, run, 1)
    needed(e, run=run)
    e.plant.output("P2", run, 1)


@without(no_inheritance, speaks="outputs_inherited_their_holds")
def an_output_that_inherits_nothing(e):
    e.plant.output("P2", e.run, 1)


@without(no_inheritance, speaks="outputs_inherited_their_holds")
def what_was_made_of_it_long_ago(e):
    """X ──▶ WO-2 ──▶ Y ──▶ WO-3 ──▶ Z; then a held lot turns out to have been drawn in WO-2 too."""
    y = made(e, e.part, "WO-2", "Y")
    made(e, y, "WO-3", "Z")
    e.plant.hold(e.t, reference="QH-2")
    late = {"after_the_fact": True, "reason": "found at the count", "second_person": e.plant.quinn}
    e.plant.issue(e.t, e.plant.run("WO-2"), 1, **late)


@without(
    gone(holding, "where_used", lambda lots, reading: Walk("used", tuple(lots), reading, sorted(lots))),
    speaks="scope_holds_reached_everything",
)
def a_scope_that_stops_at_the_lot(e):
    ledger.hold_scope([e.t], reason="x", reference="RC-2", site=e.plant.site, **by(e, "rhea"))


@without(gone(promises, "break_all"), speaks="held_lots_are_not_promised")
def a_promise_that_a_hold_left_alone(e):
    e.plant.hold(e.promise.lot)


@without(gone(posting, "_check_serials"), speaks="a_serial_is_in_one_place")
def a_serial_from_where_it_is_not(e):
    found = move(e.plant, e.serial, 1, origin=e.plant.place("adjustment"), to=e.plant.store)
    e.plant.post(K.COUNT_ADJUSTMENT, found, reason="found")


@without(gone(correcting, "IRREVERSIBLE", {}), speaks="an_entry_is_reversed_once")
def a_hold_reversed(e):
    ledger.reverse(e.hold, reason="x", **by(e, "sam"))


@without(gone(correcting, "_is_later", lambda new, old: False), speaks="two_persons_confirmed")
def a_longer_life_by_one(e):
    ledger.amend(e.s, reason="x", expires_on=timezone.now().date() + timedelta(days=99), **by(e, "quinn"))


@without(gone(rules, "_check_after_the_fact"), speaks="entries_say_what_they_must")
def a_scrap_after_the_fact(e):
    scrap = move(e.plant, e.part, 1, to=e.plant.place("scrap"))
    late = {"after_the_fact": True, "reason": "torn bag", "second_person": e.plant.quinn}
    e.plant.post(K.SCRAP, scrap, actor=e.plant.paul, **late)


@pytest.mark.parametrize("forgotten", GATES)
def test_it_finds(story, forgotten):
    gate_ = GATES[forgotten]
    assert verify.verify().is_sound
    with gate_.forgotten():
        gate_.act(story)
    report = verify.verify()
    assert {name for name, count in report.counts.items() if count} == {gate_.speaks}, report.findings


def test_the_same_acts_through_the_whole_door_are_refused(story):
    """A control: it was the gate that was missing, not the act that is impossible."""
    for name in ("a_held_lot_shipped", "an_expired_lot_shipped", "a_lot_without_its_certificate", "a_hold_reversed"):  # fmt: skip
        with pytest.raises(ledger.Refusal):
            GATES[name].act(story)


def by(e, name):
    return {"actor": e.plant.people[name], "client": "test", "key": e.plant.key()}


def decide(e, before, after):
    change = move(e.plant, e.part, 2, to=e.plant.store, origin_status=before, destination_status=after)
    return e.plant.post(K.DISPOSITION, change, actor=e.plant.quinn)


def needed(e, **concerns):
    need = ledger.Need(stage="receiving", what="Certificate", is_blocking=True, **concerns)
    return e.plant.post(K.DISPOSITION, actor=e.plant.quinn, site=e.plant.site, needs=[need])


def made(e, lot, document, number):
    run = e.plant.run(document)
    e.plant.issue(lot, run, 1)
    return e.plant.output(number, run, 5)
