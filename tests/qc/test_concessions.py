"""What was rejected, and what is released all the same: two persons, a deviation, perhaps until a day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qc import services as qc
from qc.models import Characteristic, Plan
from qc.services import Decision
from traceability import ledger
from traceability.models import Balance, Entry, EntryKind, RunKind


@pytest.fixture
def plan(plant):
    item = plant.item("CAN", inspected_at=["receiving"])
    plan = Plan.objects.create(
        code="QP-1", name="Cans", stage="receiving", status="approved", approved_by=plant.quentin
    )
    plan.items.add(item)
    Characteristic.objects.create(plan=plan, position=1, name="Dents", kind="pass_fail")
    Characteristic.objects.create(
        plan=plan, position=2, name="Swollen", kind="pass_fail", severity="critical"
    )
    return plan


@pytest.fixture
def lot(plant, plan):
    return plant.receive("CAN-1", 100, item=plan.items.get(), status="quarantine")


def inspect(plant, lot, *, stage="receiving", **found):
    inspection = qc.open_inspection(lot=lot, stage=stage, actor=plant.quinn, client="t", key=plant.key())
    for name, passed in found.items():
        look = Characteristic.objects.get(name=name.capitalize())
        qc.record_result(
            inspection=inspection,
            characteristic=look,
            passed=passed,
            actor=plant.quinn,
            client="t",
            key=plant.key(),
        )
    return inspection


def decide(plant, inspection, to_status="", **rest):
    return qc.decide(
        inspection=inspection,
        to_status=to_status,
        actor=rest.pop("actor", plant.quinn),
        client="t",
        key=plant.key(),
        **rest,
    )


def part(plant, quantity, to_status, from_status="quarantine"):
    return Decision(
        quantity=Decimal(quantity), location=plant.store, to_status=to_status, from_status=from_status
    )


def stock(lot):
    return {row.status: row.quantity for row in Balance.objects.filter(lot=lot, quantity__gt=0)}


def divided(plant, lot):
    inspection = inspect(plant, lot, dents=True, swollen=True)
    return decide(
        plant,
        inspection,
        decisions=[part(plant, 90, "released"), part(plant, 10, "rejected")],
        reason="10 dented",
        disposal="return",
    )


def test_of_a_hundred_ninety_are_released_and_of_the_ten_five_by_concession(plant, lot):
    first = divided(plant, lot)
    assert (first.decision, first.disposal) == ("divided", "return")
    assert stock(lot) == {"released": 90, "rejected": 10}
    again = inspect(plant, lot, stage="retest")
    five = {"decisions": [part(plant, 5, "released", "rejected")], "reason": "Dents are shallow"}
    with pytest.raises(ledger.SecondPersonRequired):
        decide(plant, again, **five)
    with pytest.raises(ledger.NotPermitted):
        decide(plant, again, second_person=plant.sam, **five)
    second = decide(plant, again, second_person=plant.quentin, **five)
    assert second.deviation.startswith("DEV-")
    assert stock(lot) == {"released": 95, "rejected": 5}
    told = Entry.objects.filter(kind=EntryKind.DISPOSITION).order_by("seq")
    assert [(entry.document, entry.second_person) for entry in told] == [
        (first.number, None),
        (second.number, plant.quentin),
    ]
    assert told[0].payload["disposal"] == "return"
    assert told[1].payload["deviation"] == second.deviation
    with pytest.raises(ledger.LotNotReleased):
        plant.ship(lot, 5, status="rejected")


def test_what_is_critical_has_no_concession(plant, lot):
    inspection = inspect(plant, lot, dents=True, swollen=False)
    with pytest.raises(qc.CriticalOut, match="no concession"):
        decide(plant, inspection, "released", second_person=plant.quentin, reason="Please")
    assert decide(plant, inspection, "rejected", reason="Swollen", disposal="scrap").disposal == "scrap"


def test_a_concession_until_a_day_is_the_last_day_of_the_lot(plant, lot):
    day = date.today() + timedelta(days=30)
    inspection = inspect(plant, lot, dents=False, swollen=True)
    with pytest.raises(ledger.BadInput, match="is past"):
        decide(
            plant, inspection, "released", second_person=plant.quentin, reason="Use", until=date(2020, 1, 1)
        )
    with pytest.raises(ledger.BadInput, match="Split the quantity off"):
        decide(
            plant,
            inspection,
            decisions=[part(plant, 40, "released")],
            second_person=plant.quentin,
            reason="Use",
            until=day,
        )
    done = decide(plant, inspection, "released", second_person=plant.quentin, reason="Use it up", until=day)
    lot.refresh_from_db()
    assert (done.concession_until, lot.expires_on) == (day, day)


def test_a_plain_release_has_no_last_day(plant, lot):
    inspection = inspect(plant, lot, dents=True, swollen=True)
    with pytest.raises(ledger.BadInput, match="Only a concession"):
        decide(plant, inspection, "released", until=date.today() + timedelta(days=3))


def test_whoever_received_a_lot_cannot_decide_on_what_was_split_from_it(plant, lot):
    """CAN-2, received by Quinn ──split──▶ CAN-2a: not by service, whichever token or client says it is Quinn."""
    mine = plant.receive("CAN-2", 50, item=lot.item, actor=plant.quinn)
    run = plant.run("SPL-1")
    run.kind = RunKind.SPLIT
    run.save()
    plant.issue(mine, run, 20)
    child = plant.output("CAN-2a", run, 20, item=lot.item, status="quarantine")
    inspection = inspect(plant, child, dents=True, swollen=True)
    for client in ("session:quinn", "token:1", "token:2"):
        with pytest.raises(ledger.SamePerson):
            qc.decide(inspection=inspection, to_status="released", actor=plant.quinn, client=client, key="k")
    with pytest.raises(ledger.SamePerson):
        decide(plant, inspection, "released", actor=plant.quentin, second_person=plant.quinn, reason="x")
    assert decide(plant, inspection, "released", actor=plant.quentin).decided_by == plant.quentin
