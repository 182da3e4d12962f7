"""Tested again: a pass leaves it as it is and may give more life, a fail rejects all there is; both by two persons where it counts."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from qc import services as qc
from qc.models import Characteristic, Plan
from tests.cast import PASSWORD
from traceability import ledger
from traceability.models import Balance, Entry, EntryKind

TODAY = timezone.localdate(timezone=ZoneInfo("America/Chicago"))
LATER = TODAY + timedelta(days=200)


@pytest.fixture
def lot(plant):
    item = plant.item("YEAST")
    plan = Plan.objects.create(
        code="QP-R", name="Again", stage="retest", status="approved", approved_by=plant.quentin
    )
    plan.items.add(item)
    Characteristic.objects.create(
        plan=plan, position=1, name="Activity", kind="measurement", lower=Decimal(80)
    )
    return plant.receive("Y-1", 40, item=item, expires_on=TODAY + timedelta(days=9))


def retest(plant, lot, activity, outcome, **rest):
    found = qc.open_inspection(lot=lot, stage="retest", actor=plant.quinn, client="t", key=plant.key())
    look = found.plan.characteristics.get()
    qc.record_result(
        inspection=found,
        characteristic=look,
        value=Decimal(activity),
        actor=plant.quinn,
        client="t",
        key=plant.key(),
    )
    return qc.decide(
        inspection=found, to_status=outcome, actor=plant.quinn, client="t", key=plant.key(), **rest
    )


def extend(plant, found, day=LATER, **rest):
    said = {
        "actor": plant.quinn,
        "second_person": plant.quentin,
        "reason": "Activity is good",
        "client": "t",
        "key": "extend",
    } | rest
    return qc.extend_expiry(inspection=found, expires_on=day, **said)


def test_a_retest_that_passes_moves_nothing_and_two_persons_give_more_life(plant, lot):
    found = retest(plant, lot, 91, "released")
    assert found.entry.movements.count() == 0
    with pytest.raises(ledger.SecondPersonRequired):
        extend(plant, found, second_person=None)
    with pytest.raises(ledger.NotPermitted):
        extend(plant, found, second_person=plant.sam)
    with pytest.raises(ledger.BadInput, match="not to come"):
        extend(plant, found, TODAY)
    entries = {extend(plant, found).pk for _ in range(2)}
    assert len(entries) == 1
    lot.refresh_from_db()
    told = Entry.objects.get(kind=EntryKind.AMEND)
    assert (lot.expires_on, told.second_person) == (LATER, plant.quentin)
    assert told.reason == f"{found.number}: Activity is good"


def test_a_retest_that_fails_rejects_all_there_is_and_gives_no_life(plant, lot):
    found = retest(plant, lot, 20, "rejected", reason="Weak")
    assert {row.status: row.quantity for row in Balance.objects.filter(lot=lot, quantity__gt=0)} == {
        "rejected": 40
    }
    with pytest.raises(ledger.BadInput, match="no retest that passed"):
        extend(plant, found)


def test_whoever_received_it_gives_it_no_more_life(plant, lot):
    mine = plant.receive("Y-2", item=lot.item, expires_on=TODAY, actor=plant.quentin)
    with pytest.raises(ledger.SamePerson):
        extend(plant, retest(plant, mine, 91, "released"))


def test_the_queue_shows_the_nearest_day_first_and_the_page_extends_it(plant, lot, client):
    plant.receive("Y-0", item=lot.item, expires_on=TODAY - timedelta(days=3))
    plant.receive("Y-9", item=lot.item, expires_on=LATER)
    client.force_login(plant.quinn, backend="traceability.roles.RoleBackend")
    rows = client.get("/qc/retests/").context["rows"]
    assert [(cells[0].value, cells[3].value) for cells in rows] == [("Y-0", -3), ("Y-1", 9)]
    found = retest(plant, lot, 91, "released")
    assert "More life" in client.get(f"/qc/inspections/{found.pk}/").content.decode()
    sent = {"key": "x" * 32, "expires_on": LATER.isoformat(), "extend_reason": "Good"}
    alone = client.post(f"/qc/inspections/{found.pk}/extend", sent)
    assert (alone.status_code, LATER.isoformat() in alone.content.decode()) == (422, True)
    client.post(
        f"/qc/inspections/{found.pk}/extend",
        sent | {"second_username": "quentin", "second_password": PASSWORD},
    )
    lot.refresh_from_db()
    assert lot.expires_on == LATER
