"""Charts with their rules and capability, how vendors and items do, how long stock waits, and what went into a lot."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from qc import services as qc
from qc import spc
from qc.models import Characteristic, Plan
from traceability.ledger import Need

CONSTANTS = json.loads((Path(__file__).parent / "data" / "control-chart-constants.json").read_text())[
    "constants"
]


def test_every_constant_agrees():
    for size, known in CONSTANTS.items():
        assert spc.CONSTANTS[int(size)] == tuple(known[name] for name in ("d2", "A2", "D3", "D4"))


def test_limits_of_individuals_and_groups_are_those_of_the_books():
    chart, moving, sigma = spc.individuals([10, 12, 11, 13, 10])
    assert (chart.centre, moving.centre) == (11.2, 2.0)
    assert chart.upper[0] == pytest.approx(11.2 + 2.6587 * 2.0, abs=1e-3)
    assert moving.upper[0] == pytest.approx(3.2667 * 2.0)
    assert sigma == pytest.approx(2.0 / 1.1284)
    means, ranges, sigma = spc.groups([[1, 2, 3, 4, 5], [2, 3, 4, 5, 6]])
    assert (means.centre, ranges.centre) == (3.5, 4.0)
    assert means.upper[0] == pytest.approx(3.5 + 0.5768 * 4)
    assert ranges.upper[0] == pytest.approx(2.1146 * 4)
    assert sigma == pytest.approx(4 / 2.3259)


def test_limits_of_shares_follow_how_many_were_looked_at():
    chart = spc.proportions([1, 0, 9], [10, 20, 10])
    assert chart.centre == 0.25
    assert chart.upper[1] < chart.upper[0]
    assert chart.lower[0] == 0.0
    assert chart.broken[2][0] == 1


@pytest.mark.parametrize(
    ("scores", "broken"),
    [
        ([0, 3.1], {1: [1]}),
        ([2.1, 0, 2.1], {2: [2]}),
        ([2.1, 0, -2.1], {}),
        ([1.1, 1.1, 0, 1.1, 1.1], {4: [3]}),
        ([0.1] * 8, {7: [4]}),
        ([0.1] * 7 + [-0.1], {}),
        ([2.1, 2.1, 0, 0], {1: [2]}),
    ],
)
def test_each_western_electric_rule_marks_the_point_that_completes_it(scores, broken):
    assert spc.western_electric(scores, 0.0, 1.0) == broken


def test_capability_uses_the_side_there_is_and_is_not_told_of_too_few():
    able = spc.capability([9.0, 10.0, 11.0], 1.0, None, 13.0)
    assert (able.cp, able.cpk, able.is_enough) == (None, 1.0, False)
    both = spc.capability([10.0] * 30, 1.0, 7.0, 14.0)
    assert (both.cp, both.cpk, both.pp, both.is_enough) == (pytest.approx(7 / 6), 1.0, None, True)


@pytest.fixture
def plan(plant):
    item = plant.item("FLOUR")
    plan = Plan.objects.create(
        code="QP-1", name="Flour", stage="receiving", status="approved", approved_by=plant.quentin
    )
    plan.items.add(item)
    Characteristic.objects.create(
        plan=plan, position=1, name="Moisture", kind="measurement", unit="%", upper=Decimal("14.5")
    )
    return plan


def inspect(plant, plan, number, moisture, outcome="released", **rest):
    lot = plant.receive(number, item=plan.items.get(), status="quarantine")
    found = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key=number)
    qc.record_result(
        inspection=found,
        characteristic=plan.characteristics.get(),
        value=Decimal(moisture),
        actor=plant.quinn,
        client="t",
        key=f"r-{number}",
    )
    qc.decide(inspection=found, to_status=outcome, actor=plant.quinn, client="t", key=f"d-{number}", **rest)
    return lot


def test_charts_and_lists_at_the_screen(plant, plan, client):
    """F-1 … F-5, of which one rejected and one by concession; F-1 ──▶ B-1."""
    client.force_login(plant.ada, backend="traceability.roles.RoleBackend")
    first = inspect(plant, plan, "F-1", "13.0")
    for number, moisture in (("F-2", "13.4"), ("F-3", "13.1")):
        inspect(plant, plan, number, moisture)
    inspect(plant, plan, "F-4", "15.0", "rejected", reason="Wet")
    inspect(plant, plan, "F-5", "14.6", second_person=plant.quentin, reason="Use at once")
    page = client.get("/qc/charts/?item=FLOUR&characteristic=Moisture").content.decode()
    assert page.count("<svg viewBox") == 2
    assert "F-4, " in page
    assert "Not told: 5 readings are too few" in page
    assert (
        client.get("/qc/charts/?item=FLOUR&characteristic=Moisture&kind=share")
        .content.decode()
        .count("<svg viewBox")
        == 1
    )
    assert (
        "No reading matches."
        in client.get("/qc/charts/?item=FLOUR&characteristic=Moisture&line=LINE-1").content.decode()
    )
    [vendor] = client.get("/qc/vendors/").context["rows"]
    assert [cell.value for cell in vendor][1:4] == [5, 3, 1]
    assert [cell.value for cell in vendor][7] == "60.0"
    [item] = client.get("/qc/yield/").context["rows"]
    assert [cell.value for cell in item][2:5] == [5, 3, "60.0"]
    run = plant.run("WO-1")
    plant.issue(first, run, 5)
    made = plant.output("B-1", run, 5, needs=[])
    plant.post(
        "disposition",
        actor=plant.quinn,
        site=plant.site,
        needs=[Need(stage="final", what="Final inspection", lot=made)],
    )
    inside = client.get(f"/qc/lots/{made.pk}/").content.decode()
    assert "What went into it" in inside
    assert "F-1" in inside
    [waiting] = client.get("/qc/ageing/").context["rows"]
    assert [cell.value for cell in waiting][::5] == ["B-1", 0]
