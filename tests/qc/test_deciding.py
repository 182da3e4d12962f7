"""Look and decide: limits, partial decisions, concessions, and who may not decide."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from qc import judging
from qc import services as qc
from qc.models import Characteristic, CharacteristicLimit, Inspection, Plan, Result
from qc.services import Decision, Reading
from receiving import services as receiving
from traceability import ledger
from traceability.ledger import Move
from traceability.models import Balance, Entry, EntryKind, Lot, Requirement, RunKind


@pytest.fixture
def plan(plant):
    """Temperature at most 4.4 (3 readings, any out), moisture 2 to 6 as a mean of 2, odour pass or fail, count for information."""
    item = plant.item("SHRIMP", inspected_at=["receiving"])
    plan = Plan.objects.create(
        code="QP-1", name="On receipt", stage="receiving", status="approved", approved_by=plant.quentin
    )
    plan.items.add(item)
    Characteristic.objects.bulk_create(
        [
            Characteristic(
                plan=plan,
                position=1,
                name="temperature",
                kind="measurement",
                unit="degC",
                upper=Decimal("4.4"),
                readings=3,
            ),
            Characteristic(
                plan=plan,
                position=2,
                name="moisture",
                kind="measurement",
                lower=Decimal(2),
                upper=Decimal(6),
                readings=2,
                rule="mean",
            ),
            Characteristic(plan=plan, position=3, name="odour", kind="pass_fail"),
            Characteristic(plan=plan, position=4, name="count", kind="information", is_mandatory=False),
            Characteristic(
                plan=plan,
                position=5,
                name="sulfite",
                kind="measurement",
                upper=Decimal(100),
                label_above=Decimal(10),
                label_text="contains sulfites",
            ),
        ]
    )
    return plan


@pytest.fixture
def lot(plant, plan):
    line = receiving.ReceivedLot(
        item=plant.item("SHRIMP"), quantity=Decimal(100), supplier_lot="TT-1", location=plant.store
    )
    receipt = receiving.receive_delivery(
        supplier=plant.supplier, lines=[line], actor=plant.rita, client="test", key="receive"
    )
    return receipt.lines.select_related("lot__item").get().lot


def look(plant, lot, **found):
    """An inspection with good readings, but for what was found otherwise: odour=False, temperature=[1, 2, 5]."""
    inspection = qc.open_inspection(
        lot=lot, stage="receiving", actor=plant.quinn, client="test", key=plant.key()
    )
    good = {"temperature": [1, 2, 3], "moisture": [3, 4], "odour": True, "sulfite": [0]} | found
    record(plant, inspection, **good)
    return inspection


def record(plant, inspection, *, is_retest=False, **found):
    readings = []
    for name, values in found.items():
        c = inspection.plan.characteristics.get(name=name)
        for value in values if isinstance(values, list) else [values]:
            kind = {"passed": value} if isinstance(value, bool) else {"value": Decimal(str(value))}
            readings.append(
                Reading(characteristic=c, is_retest=is_retest, reason="again" if is_retest else "", **kind)
            )
    return qc.record_results(
        inspection=inspection, readings=readings, actor=plant.quinn, client="test", key=plant.key()
    )


def decide(plant, inspection, to_status="released", **rest):
    rest.setdefault("actor", plant.quinn)
    rest.setdefault("key", plant.key())
    return qc.decide(inspection=inspection, to_status=to_status, client="test", **rest)


def states(inspection):
    return {verdict.characteristic.name: verdict.state for verdict in judging.verdicts(inspection)}


def test_a_release_turns_all_of_it_and_meets_the_requirement(plant, lot):
    inspection = decide(plant, look(plant, lot))
    assert (inspection.decision, inspection.decided_by) == ("released", plant.quinn)
    assert Balance.objects.get(lot=lot, status="released").quantity == 100
    assert Requirement.objects.get(lot=lot).met_in == inspection.entry
    assert inspection.entry.document == inspection.number


def test_the_same_key_decides_once(plant, lot):
    inspection = look(plant, lot)
    assert decide(plant, inspection, key="d") == decide(plant, inspection, key="d")
    assert Entry.objects.filter(kind="disposition").count() == 1
    with pytest.raises(qc.AlreadyDecided):
        decide(plant, inspection)


def test_ninety_released_and_ten_rejected_are_one_entry(plant, lot):
    parts = [
        Decision(quantity=Decimal(90), location=plant.store, to_status="released"),
        Decision(quantity=Decimal(10), location=plant.store, to_status="rejected"),
    ]
    inspection = decide(plant, look(plant, lot), "", decisions=parts, reason="ten were crushed")
    assert inspection.decision == "divided"
    assert {b.status: b.quantity for b in Balance.objects.filter(lot=lot, quantity__gt=0)} == {
        "released": 90,
        "rejected": 10,
    }
    assert not Requirement.objects.open().filter(lot=lot).exists()


def test_a_part_decided_leaves_the_rest_waiting(plant, lot):
    inspection = look(plant, lot)
    first = decide(
        plant,
        inspection,
        "",
        decisions=[Decision(quantity=Decimal(60), location=plant.store, to_status="released")],
    )
    assert first.decided_at is None
    assert Requirement.objects.open().filter(lot=lot).exists()
    last = decide(plant, inspection)
    assert last.decision == "released"
    assert not Requirement.objects.open().filter(lot=lot).exists()


def test_the_receiver_cannot_decide(plant, lot):
    inspection = look(plant, lot)
    plant.rita.roles = ["qc"]
    with pytest.raises(ledger.SamePerson, match="Rita received or made lot TT-1"):
        decide(plant, inspection, actor=plant.rita)


def test_the_producer_cannot_decide_nor_be_the_second_person(plant, lot):
    run = plant.run("WO-1")
    made = plant.output("P-1", run, status="quarantine", actor=plant.paul)
    inspection = qc.open_inspection(lot=made, stage="final", actor=plant.quinn, client="test", key="i")
    plant.paul.roles = ["qc"]
    with pytest.raises(ledger.SamePerson):
        decide(plant, inspection, actor=plant.paul, reason="looks good")
    with pytest.raises(ledger.SamePerson):
        decide(plant, inspection, second_person=plant.paul, reason="looks good")


def test_who_received_the_parts_of_a_blend_cannot_decide_on_it(plant, lot):
    """TT-1 ──▶ split ──▶ TT-1/A"""
    run = plant.run("SPLIT-1")
    run.kind = RunKind.SPLIT
    run.save()
    decide(plant, look(plant, lot))
    plant.issue(lot, run, 10)
    part = plant.output("TT-1/A", run, 10, item=lot.item, status="quarantine")
    assert qc.people_behind(part) == {plant.rita.pk, plant.paul.pk}


def test_nothing_is_a_pass_until_it_was_found_so(plant, lot):
    inspection = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="test", key="i")
    assert set(states(inspection).values()) == {"missing"}
    with pytest.raises(qc.NotWithinLimits, match="odour has no result"):
        decide(plant, inspection)


def test_any_reading_out_fails_and_a_mean_is_judged_as_a_mean(plant, lot):
    inspection = look(plant, lot, temperature=[1, 2, 5], moisture=[1.5, 4])
    assert states(inspection)["temperature"] == "out"
    assert states(inspection)["moisture"] == "within"
    with pytest.raises(qc.NotWithinLimits, match="temperature is out of limits"):
        decide(plant, inspection)


def test_a_limit_on_one_side_is_no_limit_on_the_other(plant, lot):
    assert states(look(plant, lot, temperature=[-20, -30, -40]))["temperature"] == "within"


def test_a_retest_counts_and_the_first_result_stays(plant, lot):
    inspection = look(plant, lot, temperature=[1, 2, 5])
    record(plant, inspection, is_retest=True, temperature=[2, 2])
    assert states(inspection)["temperature"] == "missing"  # A retest has as many readings as the first look.
    record(plant, inspection, is_retest=True, temperature=[3])
    verdict = judging.verdicts(inspection)[0]
    assert (verdict.state, verdict.earlier_fails) == ("within", 1)
    assert Result.objects.filter(inspection=inspection, characteristic__name="temperature").count() == 6
    assert decide(plant, inspection).decision == "released"


def test_a_retest_needs_a_reason_and_more_readings_than_asked_are_a_retest(plant, lot):
    inspection = look(plant, lot)
    odour = inspection.plan.characteristics.get(name="odour")
    for reading, code in (
        (Reading(characteristic=odour, passed=True, is_retest=True), "reason_required"),
        (Reading(characteristic=odour, passed=True), "bad_input"),
    ):
        with pytest.raises(ledger.Refusal) as refusal:
            qc.record_results(
                inspection=inspection, readings=[reading], actor=plant.quinn, client="test", key=plant.key()
            )
        assert refusal.value.code == code


def test_results_are_never_changed(plant, lot):
    result = look(plant, lot).results.first()
    with pytest.raises(DatabaseError), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(value=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        result.delete()


def test_a_repeated_reading_is_written_once(plant, lot):
    inspection = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="test", key="i")
    odour = inspection.plan.characteristics.get(name="odour")
    for _ in range(2):
        qc.record_result(
            inspection=inspection,
            characteristic=odour,
            passed=True,
            actor=plant.quinn,
            client="test",
            key="scan",
        )
    assert Result.objects.count() == 1
    with pytest.raises(ledger.KeyReused):
        qc.record_result(
            inspection=inspection,
            characteristic=odour,
            passed=False,
            actor=plant.quinn,
            client="test",
            key="scan",
        )


def test_an_items_own_limits_hold_and_what_does_not_apply_is_not_asked(plant, lot, plan):
    temperature, odour = plan.characteristics.get(name="temperature"), plan.characteristics.get(name="odour")
    CharacteristicLimit.objects.create(characteristic=temperature, item=lot.item, upper=Decimal(2))
    CharacteristicLimit.objects.create(characteristic=odour, item=lot.item, applies=False)
    inspection = look(plant, lot)
    assert states(inspection) | {} == {**states(inspection), "temperature": "out", "odour": "not_applicable"}


def test_a_measurement_without_a_limit_is_judged_by_a_person(plant, lot, plan):
    weight = Characteristic.objects.create(plan=plan, position=6, name="weight", kind="measurement")
    inspection = look(plant, lot)
    record_weight = {
        "inspection": inspection,
        "characteristic": weight,
        "value": Decimal("1.02"),
        "actor": plant.quinn,
        "client": "test",
    }
    with pytest.raises(ledger.BadInput, match="Say pass or fail yourself"):
        qc.record_result(key="w", **record_weight)
    qc.record_result(key="w", passed=True, **record_weight)
    assert states(inspection)["weight"] == "within"


def test_above_the_label_threshold_it_is_released_with_what_the_label_must_say(plant, lot):
    assert decide(plant, look(plant, lot, sulfite=[31])).label == "contains sulfites"


def test_a_concession_needs_reason_second_person_and_gets_a_deviation_number(plant, lot):
    inspection = look(plant, lot, odour=False)
    with pytest.raises(qc.NotWithinLimits):
        decide(plant, inspection, reason="it is fine")
    with pytest.raises(ledger.NotPermitted):
        decide(plant, inspection, reason="it is fine", second_person=plant.paul)
    with pytest.raises(ledger.ReasonRequired):
        decide(plant, inspection, second_person=plant.quentin)
    done = decide(plant, inspection, reason="it is fine", second_person=plant.quentin)
    assert done.deviation == "DEV-0001"
    assert done.entry.payload["deviation"] == "DEV-0001"


def test_a_rejection_needs_a_reason_and_no_results(plant, lot):
    inspection = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="test", key="i")
    with pytest.raises(ledger.ReasonRequired):
        decide(plant, inspection, "rejected")
    assert decide(plant, inspection, "rejected", reason="rotten").decision == "rejected"
    with pytest.raises(ledger.LotNotReleased):
        plant.issue(lot, plant.run("WO-1"), 1, status="rejected")


def test_nothing_is_chosen_for_the_inspector(plant, lot):
    with pytest.raises(ledger.BadInput, match="nothing is chosen for you"):
        decide(plant, look(plant, lot), "")


def test_it_refuses_who_may_not(plant, lot):
    with pytest.raises(ledger.NotPermitted):
        qc.open_inspection(lot=lot, stage="receiving", actor=plant.rita, client="test", key="i")
    with pytest.raises(ledger.NotPermitted):
        decide(plant, look(plant, lot), actor=plant.paul)


def test_two_inspectors_share_one_open_inspection_of_a_requirement(plant, lot):
    first = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="test", key="a")
    assert (
        qc.open_inspection(lot=lot, stage="receiving", actor=plant.quentin, client="test", key="b") == first
    )
    assert Inspection.objects.count() == 1


def test_an_inspection_keeps_the_plan_revision_it_was_opened_under(plant, lot, plan):
    inspection = look(plant, lot)
    Plan.objects.filter(pk=plan.pk).update(status="superseded")
    Plan.objects.create(
        code="QP-1",
        revision=2,
        name="On receipt",
        stage="receiving",
        status="approved",
        approved_by=plant.quentin,
    )
    assert decide(plant, inspection).plan == plan


def test_a_clean_down_is_decided_without_moving_anything(plant):
    run = plant.run("WO-9")
    from traceability.ledger import Need

    lot = Lot(item=plant.item(), number="X-1", supplier=plant.supplier)
    move = Move(lot=lot, quantity=Decimal(1), origin=plant.place("supplier"), destination=plant.store)
    plant.post(
        EntryKind.RECEIPT,
        move,
        party=plant.supplier,
        document="RCV-X",
        needs=[Need(stage="clean_down", what="Clean-down", run=run, is_blocking=True)],
    )
    requirement = Requirement.objects.get()
    with pytest.raises(ledger.RequirementOpen):
        plant.output("P-1", run)
    inspection = qc.open_inspection(requirement=requirement, actor=plant.quinn, client="test", key="i")
    decide(plant, inspection, reason="swabs are clean")
    assert plant.output("P-1", run).number == "P-1"


def test_a_sample_leaves_stock_for_good(plant, lot):
    sample = {
        "lot": lot,
        "quantity": Decimal(2),
        "location": plant.store,
        "actor": plant.quinn,
        "client": "test",
        "key": "s",
    }
    entry = qc.take_sample(**sample)
    assert qc.take_sample(**sample) == entry
    assert Balance.objects.get(lot=lot).quantity == 98
    with pytest.raises(ledger.NotPermitted):
        qc.take_sample(**sample | {"actor": plant.sam, "key": "t"})
