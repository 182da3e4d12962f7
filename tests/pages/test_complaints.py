"""Complaints: recorded once, linked to their lot, answered once; several compared for what they share."""

import pytest

from recalls import complaining
from recalls.models import Complaint
from tests.graphs import graph
from traceability import ledger


@pytest.fixture
def lots(plant):
    """S1 ──▶ P1, P2; S2 ──▶ P3, P4"""
    return graph(plant, "S1 -> P1, P2; S2 -> P3, P4")


def told(number, **rest):
    return {
        "what": "It tastes of soap",
        "code_read": number,
        "severity": "major",
        "received_on": "2026-11-03",
        "key": "key00000001",
        **rest,
    }


def test_a_complaint_is_recorded_once_with_the_lot_that_its_code_names(plant, lots, browse):
    quinn = browse("quinn")
    for _ in range(2):
        answer = quinn.post("/recalls/complaints/record/", told("p1", customer="coastal"))
        assert answer.status_code == 302
    row = Complaint.objects.get()
    assert (row.number, row.lot, row.customer, row.code_read) == (
        "CMP-0001",
        lots["P1"],
        plant.customer,
        "p1",
    )
    page = quinn.get(answer["Location"]).content.decode()
    assert "It tastes of soap" in page
    assert "Not answered" in page
    bad = quinn.post("/recalls/complaints/record/", told("P1", what="", key="key00000002"))
    assert bad.status_code == 400
    assert "P1" in bad.content.decode()
    unknown = quinn.post("/recalls/complaints/record/", told("best by 03 NOV", key="key00000003"))
    assert Complaint.objects.get(pk=unknown["Location"].split("/")[-2]).lot is None


def test_an_answer_is_given_once(plant, lots, browse):
    row = complaining.record(what="Soap", code_read="P1", actor=plant.quinn, client="test", key="c1")
    quinn = browse("quinn")
    address = f"/recalls/complaints/{row.pk}/answer/"
    assert "What was answered?" in quinn.post(address, {"answer": " "}).content.decode()
    assert quinn.post(address, {"answer": "We are sorry"}).status_code == 302
    assert quinn.post(address, {"answer": "We are sorry"}).status_code == 302
    other = quinn.post(address, {"answer": "Never mind"})
    assert "is not rewritten" in other.content.decode()
    row.refresh_from_db()
    assert row.answer == "We are sorry"


def test_chosen_complaints_are_compared_under_an_address_that_can_be_kept(plant, lots, browse):
    rows = [
        complaining.record(what="Soap", code_read=number, actor=plant.quinn, client="test", key=number)
        for number in ("P1", "P2")
    ]
    rhea = browse("rhea")
    sent = {"list": "/recalls/complaints/", "row": [row.pk for row in rows]}
    answer = rhea.post("/recalls/complaints/compare/", sent)
    assert answer["Location"] == "/recalls/complaints/cause/?bad=CMP-0001&bad=CMP-0002"
    page = rhea.get(answer["Location"])
    first = page.context["groups"][0]["rows"][0]
    assert (first.title, len(first.cases), first.all_lots, str(first.lift)) == ("Spice SL-S1", 2, 2, "2.00")
    typed = rhea.get("/recalls/complaints/cause/?bad=P1 P3 nothing-9")
    assert "Nothing here is called" in typed.content.decode()
    assert not typed.context["groups"][0]["rows"] or len(typed.context["groups"][0]["rows"][0].cases) == 1
    assert "needs at least two bad lots" in rhea.get("/recalls/complaints/cause/?bad=P1").content.decode()


def test_customers_and_recording_are_for_those_who_may(plant, lots, browse):
    row = complaining.record(
        what="Soap", code_read="P1", customer=plant.customer, actor=plant.quinn, client="test", key="c1"
    )
    assert "Coastal Grocers" in browse("ada").get(f"/recalls/complaints/{row.pk}/").content.decode()
    assert browse("paul").get("/recalls/complaints/").status_code == 403
    assert browse("ada").get("/recalls/complaints/record/").status_code == 403
    with pytest.raises(ledger.NotPermitted):
        complaining.record(what="Soap", actor=plant.ada, client="test", key="c2")
