"""Slips of the hand, instruments past their calibration, who may enter what, and results of a laboratory."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qc import services as qc
from qc import slips
from qc.models import Characteristic, Instrument, Plan, Result
from qc.services import Reading, laboratory
from traceability import ledger
from traceability.models import Person


@pytest.fixture
def plan(plant):
    item = plant.item("SHRIMP", inspected_at=["receiving"])
    plan = Plan.objects.create(
        code="QP-1",
        name="Dock",
        stage="receiving",
        status="approved",
        approved_by=plant.quentin,
        stops_on_calibration=True,
    )
    plan.items.add(item)
    for position, (name, facts) in enumerate({
        "Temperature": {"kind": "measurement", "unit": "°C", "upper": Decimal("4.4"), "gross_lower": Decimal(-40), "gross_upper": Decimal(35),
                        "decimals": 1, "needs_instrument": True},
        "Salmonella": {"kind": "pass_fail", "entered_by": "laboratory"},
        "Odour": {"kind": "pass_fail", "entered_by": "inspector"},
        "Torn": {"kind": "count", "upper": Decimal(2), "defects": ["D1", "D2"]},
    }.items(), start=1):  # fmt: skip
        Characteristic.objects.create(plan=plan, position=position, name=name, **facts)
    return plan


@pytest.fixture
def found(plant, plan):
    lot = plant.receive("L-1", item=plan.items.get(), status="quarantine")
    return qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key="one")


@pytest.fixture
def probe():
    return Instrument.objects.create(
        code="TH-1", name="Probe", calibrated_until=date.today() + timedelta(days=9)
    )


def read(plant, found, name, actor=None, **said):
    reading = Reading(characteristic=found.plan.characteristics.get(name=name), **said)
    return qc.record_results(
        inspection=found, readings=[reading], actor=actor or plant.quinn, client="t", key=plant.key()
    )


def test_a_reading_in_the_other_unit_is_asked_about_and_not_judged(plant, found, probe):
    with pytest.raises(slips.LooksLikeASlip) as asked:
        read(plant, found, "Temperature", value=Decimal("41.2"), instrument=probe)
    assert (
        asked.value.sentence
        == "41.2 looks like °F; Temperature is in °C. Measure again, or touch Convert (5.1 °C)."
    )
    with pytest.raises(slips.LooksLikeASlip, match="It is outside -40 to 35"):
        read(plant, found, "Temperature", value=Decimal(4100), instrument=probe)
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("Temperature", {"value": Decimal(3)}, "with which instrument"),
        ("Temperature", {"value": Decimal("3.14"), "instrument": "probe"}, "1 digit after the point"),
        ("Salmonella", {"passed": True}, "by the laboratory"),
        ("Odour", {"passed": True, "source": "Gulf Lab"}, "by an inspector"),
        ("Torn", {"value": Decimal(1), "defect": "D9"}, "no defect D9"),
    ],
)
def test_what_the_plan_asks_of_a_reading(plant, found, probe, name, said, why):
    said = said | ({"instrument": probe} if "instrument" in said else {})
    with pytest.raises(ledger.BadInput, match=why):
        read(plant, found, name, **said)
    assert not Result.objects.exists()


def test_an_instrument_past_its_calibration_stops_the_reading_where_the_plan_says_so(
    plant, found, probe, plan
):
    probe.calibrated_until = date.today() - timedelta(days=2)
    probe.save()
    with pytest.raises(qc.InstrumentPastCalibration):
        read(plant, found, "Temperature", value=Decimal(3), instrument=probe)
    Plan.objects.filter(pk=plan.pk).update(stops_on_calibration=False)
    read(plant, found, "Temperature", value=Decimal(3), instrument=probe)


def test_results_of_a_laboratory_are_written_down_unsigned_all_or_none(plant, found, probe):
    sent = qc.send_to_laboratory(inspection=found, laboratory="Gulf Lab", actor=plant.quinn)
    since = sent.sent_to_laboratory_at
    assert (
        qc.send_to_laboratory(
            inspection=found, laboratory="Gulf Lab", actor=plant.quinn
        ).sent_to_laboratory_at
        == since
    )
    table = (
        f"inspection,characteristic,passed,value\n{found.number},salmonella,pass,\n{found.number},Torn,,1\n"
    )
    with pytest.raises(ledger.BadInput, match="Line 3: Torn needs a number"):
        laboratory.take_results(
            text=table.replace(",1\n", ",\n"), laboratory="", actor=plant.quinn, client="t", key="file"
        )
    assert not Result.objects.exists()
    for _ in range(2):  # Sent twice.
        laboratory.take_results(text=table, laboratory="", actor=plant.quinn, client="t", key="file")
    assert sorted(Result.objects.values_list("characteristic__name", "source")) == [
        ("Salmonella", "Gulf Lab"),
        ("Torn", "Gulf Lab"),
    ]
    found.refresh_from_db()
    assert found.decided_at is None


def test_a_program_reports_readings_with_their_source_and_never_decides(plant, found):
    robot = Person.objects.create(username="lims", roles=["integration"])
    robot.token_scopes = ["qc:write"]
    with pytest.raises(ledger.BadInput, match="names its source"):
        read(plant, found, "Salmonella", passed=True, actor=robot)
    read(plant, found, "Salmonella", passed=True, source="LIMS", actor=robot)
    with pytest.raises(ledger.NotPermitted):
        qc.decide(inspection=found, to_status="released", actor=robot, client="t", key="d")
    robot.token_scopes, robot.roles = None, ["integration", "qc"]
    with pytest.raises(ledger.NotPermitted, match="A decision is a person's"):
        qc.decide(inspection=found, to_status="released", actor=robot, client="t", key="d")
