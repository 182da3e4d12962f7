"""Inspections and holds as they stand, to read."""

from decimal import Decimal

import pytest

from qc import services
from qc.models import Characteristic, Plan
from qc.services import reporting


@pytest.fixture
def looked_at(plant):
    """A-1 was looked at twice, and released by Quinn."""
    lot = plant.receive("A-1", status="quarantine")
    plan = Plan.objects.create(
        code="QP-1", name="Flour", stage="receiving", status="approved", approved_by=plant.quinn
    )
    plan.items.add(lot.item)
    Characteristic.objects.create(
        plan=plan, position=1, name="Moisture", kind="measurement", unit="%", upper=Decimal("14.5")
    )
    return services.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key="o")


def test_an_inspection_with_its_plan_and_without_a_decision(looked_at, erp):
    row = erp.get("inspections", lot="A-1").json()["results"][0]
    assert (row["plan"]["code"], row["lot"]["number"], row["decision"], row["decided_by"]) == (
        "QP-1",
        "A-1",
        "",
        None,
    )
    assert "results" not in row
    whole = erp.get(row["url"]).json()
    assert whole["results"] == []
    assert erp.get("inspections", is_decided="true").json()["count"] == 0
    assert erp.get("inspections", stage="final").json()["count"] == 0


def test_the_holds_that_stand_and_those_that_were_lifted(plant, erp):
    one, two = plant.receive("A-1"), plant.receive("A-2")
    plant.hold(one, reference="NCR-1")
    plant.hold(two, reference="NCR-2")
    rows = erp.get("holds", is_standing="true").json()["results"]
    assert [(row["lot"]["number"], row["reference"], row["lifted"]) for row in rows] == [
        ("A-2", "NCR-2", None),
        ("A-1", "NCR-1", None),
    ]
    assert erp.get(rows[0]["url"]).json() == rows[0]
    assert erp.get("holds", reference="NCR-1").json()["count"] == 1
    assert erp.get("holds", is_standing="false").json()["count"] == 0


@pytest.fixture
def lims(a_token):
    return a_token("qc:write")


def test_a_laboratory_sends_results_unsigned_and_decides_nothing(looked_at, lims):
    address = f"inspections/{looked_at.number}/results"
    sent = {"laboratory": "Gulf Lab", "readings": [{"characteristic": "Moisture", "value": "14.6"}]}
    told = lims.post(address, sent, key="r-1")
    assert told.status_code == 201, told.content
    again = lims.post(address, sent, key="r-1")
    assert again.json() == told.json()
    [row] = told.json()["results"]
    assert (row["value"], row["is_within"], row["source"]) == ("14.6", False, "Gulf Lab")
    assert told.json()["decision"] == ""
    assert (
        lims.post(
            address,
            {"laboratory": "x", "readings": [{"characteristic": "Colour", "passed": True}]},
            key="r-2",
        ).status_code
        == 404
    )
    number = lims.post(
        address, {"laboratory": "x", "readings": [{"characteristic": "Moisture", "value": 14.6}]}, key="r-3"
    )
    assert number.status_code == 400
    for verb in ("decide", "decision", "release"):
        assert lims.post(f"inspections/{looked_at.number}/{verb}", {}, key="r-4").status_code in (404, 405)


def test_plans_and_instruments_are_read(looked_at, erp):
    row = erp.get("inspection-plans", status="approved").json()["results"][0]
    whole = erp.get(f"inspection-plans/{row['id']}").json()
    assert (whole["code"], whole["items"], whole["characteristics"][0]["upper"]) == (
        "QP-1",
        ["FLOUR"],
        "14.5",
    )
    assert erp.get("instruments").json()["count"] == 0


def test_nonconformances_and_certificates_are_read(plant, erp):
    lot = plant.receive("A-1")
    said = {"actor": plant.rita, "client": "t"}
    found = reporting.report(title="Torn", source="receiving", lots=[lot], key="one", **said)
    assert [
        row["number"] for row in erp.get("nonconformances", lot="A-1", is_closed="false").json()["results"]
    ] == [found.number]
    whole = erp.get(f"nonconformances/{found.number}").json()
    assert ([row["number"] for row in whole["lots"]], whole["supplier"], whole["actions"]) == (
        ["A-1"],
        "S-1",
        [],
    )
    assert erp.get("certificates").json()["count"] == 0
