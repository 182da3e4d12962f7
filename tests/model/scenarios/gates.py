"""What may not be used is not used; what happened is recorded by two; what is held stays held, and so does what is made of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from production import services as production
from production.services import Issued
from qc import services as qc
from receiving import services as receiving
from receiving.services import ReceivedLot
from tests.genealogy.graphs import build
from tests.model.scenarios.asking import goes_through, held, move, refused
from traceability import ledger
from traceability.models import EntryKind, Hold

K = EntryKind


def a_held_lot_is_neither_issued_nor_shipped(plant: Any) -> None:
    lot = plant.receive("A")
    plant.hold(lot, reference="QH-1")
    refused("lot_on_hold", lambda: plant.ship(lot))
    refused("lot_on_hold", lambda: plant.issue(lot, plant.run("WO-1")))


def what_is_not_released_is_not_used(plant: Any) -> None:
    refused(
        "lot_not_released", lambda: plant.ship(plant.receive("A", status="quarantine"), status="quarantine")
    )


def a_lot_expires_with_the_day_of_the_site(plant: Any) -> None:
    """In Chicago it is still 1 October at 02:00 UTC on the 2nd, and still 2 October at 02:00 UTC on the 3rd."""
    at = lambda day: {
        "recorded_at": datetime(2025, 10, day, 2, tzinfo=UTC),
        "occurred_at": datetime(2025, 10, day, 2, tzinfo=UTC),
    }
    lot = plant.receive("A", expires_on=date(2025, 10, 1), **at(1))
    goes_through(lambda: plant.ship(lot, 1, **at(2)))
    refused("lot_expired", lambda: plant.ship(lot, 1, **at(3)))


def a_record_after_the_fact_has_a_reason_and_a_second_person(plant: Any) -> None:
    lot = plant.receive("A")
    plant.hold(lot)
    late = {"after_the_fact": True}
    refused("reason_required", lambda: plant.ship(lot, 1, second_person=plant.quentin, **late))
    refused("second_person_required", lambda: plant.ship(lot, 1, reason="it left", **late))
    goes_through(lambda: plant.ship(lot, 1, reason="it left", second_person=plant.quentin, **late))


def the_second_person_is_another(plant: Any) -> None:
    lot = plant.receive("A")
    late = {"after_the_fact": True, "reason": "it left"}
    refused("same_person", lambda: plant.ship(lot, 1, actor=plant.sam, second_person=plant.sam, **late))


def whoever_received_a_lot_does_not_decide_on_it(plant: Any) -> None:
    plant.quinn.roles = ["qc", "receiver"]
    plant.quinn.save()
    item = plant.item("SPICE", inspected_at=["receiving"])
    line = ReceivedLot(item=item, quantity=Decimal(5), supplier_lot="A", location=plant.store)
    receiving.receive_delivery(
        lines=[line], supplier=plant.supplier, actor=plant.quinn, client="test", key="r"
    )
    lot = item.lots.get()
    inspection = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="test", key="i")
    decide = lambda person, key: qc.decide(
        inspection=inspection, to_status="released", reason="looked", actor=person, client="test", key=key
    )
    refused("same_person", lambda: decide(plant.quinn, "a"))
    goes_through(lambda: decide(plant.quentin, "b"))


def what_comes_back_from_a_customer_waits_for_quality_control(plant: Any) -> None:
    lot = plant.receive("A")
    plant.ship(lot, 10, document="SH-1")
    back = move(plant, lot, 5, "customer", "storage", against="SH-1")
    plant.post(K.CUSTOMER_RETURN, back, party=plant.customer, document="RET", reason="late")
    assert set(lot.balances.filter(quantity=5).values_list("status", flat=True)) == {"quarantine"}


def what_is_rejected_does_not_go_back_to_be_looked_at(plant: Any) -> None:
    lot = plant.receive("A", status="quarantine")
    decide = lambda before, after: plant.post(
        K.DISPOSITION, move(plant, lot, 5, "storage", "storage", origin_status=before, destination_status=after), reason="mould",
        actor=plant.quinn, second_person=plant.quentin,
    )  # fmt: skip
    decide("quarantine", "rejected")
    refused("rule_broken", lambda: decide("rejected", "quarantine"))


def a_promise_to_another_is_minded(plant: Any) -> None:
    lot = plant.receive("A", 100)
    promised = move(plant, lot, 80, "storage", "customer")
    ledger.reserve(moves=[promised], document="SO-1", actor=plant.sam, now=timezone.now())
    refused("reserved", lambda: plant.ship(lot, 30, document="SH-9"))
    goes_through(lambda: plant.ship(lot, 20, document="SH-9"))


def what_is_made_of_a_held_lot_is_held(plant: Any) -> None:
    """S ──▶ R ──▶ P: S is held while it is in the run."""
    lot, run = plant.receive("S"), plant.run("WO-1")
    plant.issue(lot, run, 10)
    plant.hold(lot, reference="QH-1")
    plant.output("P", run, 5)
    assert held() == {"S", "P"}


def what_was_made_further_down_already_is_held_too(plant: Any) -> None:
    """S ──▶ P ──▶ Q ──▶ Z: more of P comes out while S is held."""
    graph = build(plant, "S -> P; P -> Q; Q -> Z")
    plant.hold(graph["S"], reference="QH-1")
    plant.output(graph["P"], graph.runs[0], 1)
    assert held() == {"S", "P", "Q", "Z"}


def a_hold_that_does_not_cascade_stays_where_it_is(plant: Any) -> None:
    lot, run = plant.receive("S"), plant.run("WO-1")
    plant.issue(lot, run, 10)
    plant.hold(lot, reference="COA", cascades=False)
    plant.output("P", run, 5)
    assert held() == {"S"}


def a_scope_hold_reaches_what_is_used_up_or_gone(plant: Any) -> None:
    """S ──▶ P ──▶ Q: all of P is in Q, all of Q has left."""
    lot = plant.receive("S", 10)
    plant.issue(lot, plant.run("WO-1"), 10)
    product = plant.output("P", plant.run("WO-1"), 5)
    plant.issue(product, plant.run("WO-2"), 5)
    plant.ship(plant.output("Q", plant.run("WO-2"), 5), 5)
    goes_through(
        lambda: ledger.hold_scope(
            [lot], reason="glass", reference="RC-1", actor=plant.rhea, client="test", key="h", site=plant.site
        )
    )
    assert held() == {"S", "P", "Q"}


def a_hold_is_lifted_once(plant: Any) -> None:
    lot = plant.receive("A")
    plant.hold(lot, reference="QH-1")
    hold = Hold.objects.get()
    lift = lambda key: ledger.lift_hold(
        [hold], reason="well", actor=plant.quinn, second_person=plant.quentin, client="test", key=key
    )
    goes_through(lambda: lift("a"))
    refused("hold_already_lifted", lambda: lift("b"))


def a_reversal_does_not_put_a_held_lot_back_into_production(plant: Any) -> None:
    lot, run = plant.receive("A"), plant.run("WO-1")
    plant.issue(lot, run, 10)
    back = plant.post(K.ISSUE_RETURN, move(plant, lot, 10, "production", "storage", run=run), document="WO-1")
    plant.hold(lot)
    refused(
        "lot_on_hold", lambda: ledger.reverse(back, reason="wrong", actor=plant.paul, client="test", key="r")
    )


def an_issue_by_the_line_is_gated_as_well(plant: Any) -> None:
    order = production.plan_work_order(
        number="WO-1", product="BREAD", line=plant.place("line"), actor=plant.paul, client="test", key="p"
    )
    production.release(work_order=order, actor=plant.paul, client="test", key="r")
    lot = plant.receive("A", expires_on=timezone.now().date() - timedelta(days=9))
    use = lambda: production.issue(
        work_order=order,
        lots=[Issued(lot=lot, quantity=Decimal(1), location=plant.store)],
        actor=plant.paul,
        client="test",
        key="i",
    )
    refused("lot_expired", use)
