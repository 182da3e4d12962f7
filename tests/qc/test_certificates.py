"""Certificates: from recorded results only, against the customer's limits, kept byte for byte as they were issued."""

import hashlib
import io
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader

from qc import services as qc
from qc.models import Certificate, Characteristic, Plan
from traceability import ledger


@pytest.fixture
def lot(plant):
    item = plant.item("FLOUR")
    plan = Plan.objects.create(
        code="QP-1", name="Flour", stage="receiving", status="approved", approved_by=plant.quentin
    )
    plan.items.add(item)
    Characteristic.objects.create(
        plan=plan,
        position=1,
        name="Moisture",
        kind="measurement",
        unit="%",
        upper=Decimal("14.5"),
        method="ISO 712",
    )
    Characteristic.objects.create(plan=plan, position=2, name="Odour", kind="pass_fail")
    return plant.receive("F-1", item=item, status="quarantine")


def inspect(plant, lot, moisture="13.2", odour=True, outcome="released", **rest):
    found = qc.open_inspection(lot=lot, stage="receiving", actor=plant.quinn, client="t", key=plant.key())
    looks = {c.name: c for c in found.plan.characteristics.all()}
    said = {"actor": plant.quinn, "client": "t"}
    if moisture:
        qc.record_result(
            inspection=found,
            characteristic=looks["Moisture"],
            value=Decimal(moisture),
            key=plant.key(),
            **said,
        )
    if odour is not None:
        qc.record_result(
            inspection=found, characteristic=looks["Odour"], passed=odour, key=plant.key(), **said
        )
    return (
        qc.decide(inspection=found, to_status=outcome, key=plant.key(), **said, **rest) if outcome else found
    )


def issue(plant, lot, customer=None, key="one", **rest):
    return qc.issue_certificate(
        lot=lot, customer=customer, site=plant.site, actor=plant.quinn, client="t", key=key, **rest
    )


def test_a_certificate_says_what_was_recorded_and_is_kept_as_it_was(plant, lot):
    inspect(plant, lot)
    made = issue(plant, lot)
    assert issue(plant, lot) == made
    assert [(row["name"], row["result"], row["limit"], row["method"]) for row in made.content["rows"]] == [
        ("Moisture", "13.2", "≤ 14.5", "ISO 712"), ("Odour", "Pass", "", "")
    ]  # fmt: skip
    pdf = bytes(Certificate.objects.get().pdf)
    assert hashlib.sha256(pdf).hexdigest() == made.sha256
    assert "13.2" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    with pytest.raises(ledger.ReasonRequired):
        issue(plant, lot, key="two")
    second = issue(plant, lot, key="two", why="Spelling")
    assert (second.number, second.revision) == (made.number, 2)
    assert bytes(Certificate.objects.get(pk=made.pk).pdf) == pdf
    with pytest.raises(DatabaseError), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(why="changed")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"outcome": ""}, "It is not released"),
        ({"moisture": "15", "outcome": "rejected", "reason": "Wet"}, "Moisture is out of its limits"),
        ({"moisture": "", "reason": "As is", "second": True}, "Moisture has no result"),
    ],
)
def test_a_missing_or_bad_result_stops_it(plant, lot, found, why):
    if found.pop("second", False):
        found["second_person"] = plant.quentin
    inspect(plant, lot, **found)
    with pytest.raises(qc.CertificateStopped, match=rf"(?i){why}"):
        issue(plant, lot)
    assert not Certificate.objects.exists()


def test_a_hold_stops_it(plant, lot):
    inspect(plant, lot)
    plant.hold(lot)
    with pytest.raises(qc.CertificateStopped, match=r"(?i)it is on hold"):
        issue(plant, lot)


def test_a_customer_reads_its_own_words_and_limits(plant, lot, client):
    client.force_login(plant.quinn, backend="traceability.roles.RoleBackend")
    terms = {
        "customer": "C-1",
        "item": "FLOUR",
        "statement": "We certify.",
        "lines": "Moisture; Water content; ; 13",
    }
    client.post("/qc/certificates/terms", terms)
    inspect(plant, lot)
    page = client.get(f"/qc/lots/{lot.pk}/certificate?customer=C-1").content.decode()
    assert "Moisture is out of the customer’s limits" in page
    refused = client.post(f"/qc/lots/{lot.pk}/certificate", {"key": "a" * 32, "customer": "C-1"})
    assert refused.status_code == 409
    client.post("/qc/certificates/terms", terms | {"lines": "Moisture; Water content; ; 14"})
    client.post(f"/qc/lots/{lot.pk}/certificate", {"key": "b" * 32, "customer": "C-1"})
    made = Certificate.objects.get()
    assert [(row["name"], row["limit"]) for row in made.content["rows"]] == [("Water content", "≤ 14")]
    assert client.get(f"/qc/certificates/{made.pk}.pdf").content == bytes(made.pdf)
    assert made.number in client.get("/qc/certificates/").content.decode()
    client.force_login(plant.rita, backend="traceability.roles.RoleBackend")
    assert client.get(f"/qc/certificates/{made.pk}.pdf").status_code == 404
    wrong = client.post("/qc/certificates/terms", terms)
    assert wrong.status_code == 403
