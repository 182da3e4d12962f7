"""Issue, output, pick and ship over HTTP: the same services, the same refusals, and a held lot goes nowhere."""

from decimal import Decimal

import pytest

from production import services as production
from shipping import services as shipping
from traceability.models import Balance, Entry, Hold, Reservation


@pytest.fixture
def order(plant):
    order = production.plan_work_order(
        number="WO-1", product="Bread", line=plant.place("line"), actor=plant.paul, client="t", key="plan"
    )
    return production.release(work_order=order, actor=plant.paul, client="t", key="release")


@pytest.fixture
def shipment(plant):
    return shipping.start_shipment(
        site=plant.site, customer=plant.customer, number="SH-1", actor=plant.sam, client="t", key="start"
    )


def line(lot, place, quantity="10"):
    return {"lot": lot.pk, "quantity": quantity, "location": place.pk}


def test_lots_go_into_an_order_and_come_out_as_a_new_lot(plant, order, a_session):
    flour, bread = plant.receive("F-1"), plant.item("BREAD")
    paul = a_session("paul")
    answer = paul.post("work-orders/WO-1/issue", {"lots": [line(flour, plant.store)]}, key="i1")
    assert answer.status_code == 201, answer.json()
    answer = paul.post(
        "work-orders/WO-1/output",
        {"outputs": [{"item": bread.pk, "quantity": "8", "lot_number": "B-1", "location": plant.store.pk}]},
        key="o1",
    )
    assert answer.status_code == 201, answer.json()
    walk = paul.get(f"lots/{flour.pk}/where-used").json()
    assert [lot["number"] for lot in walk["results"]] == ["F-1", "B-1"]


def test_a_held_lot_is_neither_issued_nor_picked(plant, order, shipment, a_session):
    flour = plant.receive("F-1")
    plant.hold(flour, reference="QH-1")
    entries = Entry.objects.count()
    for name, address, body in (
        ("paul", "work-orders/WO-1/issue", {"lots": [line(flour, plant.store)]}),
        ("sam", "shipments/SH-1/pick", line(flour, plant.store)),
    ):
        answer = a_session(name).post(address, body, key="x")
        assert (answer.status_code, answer.json()["code"]) == (409, "lot_on_hold"), address
        assert "QH-1" in answer.json()["detail"]
    assert Entry.objects.count() == entries


def test_a_hold_between_pick_and_ship_wins(plant, shipment, a_session):
    lot, sam = plant.receive("F-1"), a_session("sam")
    assert sam.post("shipments/SH-1/pick", line(lot, plant.store), key="p1").status_code == 201
    assert Reservation.objects.standing().get().document == "SH-1"
    plant.hold(lot)
    answer = sam.post("shipments/SH-1/ship", {}, key="s1")
    assert (answer.status_code, answer.json()["code"]) == (409, "lot_on_hold")
    assert Balance.objects.get(lot=lot).quantity == Decimal(100)


def test_a_shipment_sent_twice_left_once(plant, shipment, a_session):
    lot, sam = plant.receive("F-1"), a_session("sam")
    sam.post("shipments/SH-1/pick", line(lot, plant.store), key="p1")
    first, again = (sam.post("shipments/SH-1/ship", {}, key="s1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Balance.objects.get(lot=lot).quantity == Decimal(90)


def test_a_dry_run_checks_and_leaves_nothing(plant, order, a_session):
    flour, paul = plant.receive("F-1"), a_session("paul")
    entries = Entry.objects.count()
    assert (
        paul.post(
            "work-orders/WO-1/issue", {"lots": [line(flour, plant.store)]}, key="d1", dry_run="true"
        ).status_code
        == 200
    )
    assert (
        paul.post(
            "work-orders/WO-1/issue", {"lots": [line(flour, plant.store, "1000")]}, key="d1", dry_run="true"
        ).json()["code"]
        == "insufficient_quantity"
    )
    assert Entry.objects.count() == entries


def test_what_is_made_of_a_held_lot_is_held(plant, order, a_session):
    flour, bread, paul = plant.receive("F-1"), plant.item("BREAD"), a_session("paul")
    paul.post("work-orders/WO-1/issue", {"lots": [line(flour, plant.store)]}, key="i1")
    plant.hold(flour, reference="RC-1")
    paul.post(
        "work-orders/WO-1/output",
        {"outputs": [{"item": bread.pk, "quantity": "8", "lot_number": "B-1", "location": plant.store.pk}]},
        key="o1",
    )
    assert Hold.objects.standing().get(lot__number="B-1").reference == "RC-1"


@pytest.mark.parametrize("quantity", [10, 1.5, "1e3", "-1", "0", "1_0", "NaN", None])
def test_a_quantity_is_text_and_above_zero(plant, order, a_session, quantity):
    flour = plant.receive("F-1")
    answer = a_session("paul").post(
        "work-orders/WO-1/issue", {"lots": [line(flour, plant.store, quantity)]}, key="q"
    )
    assert answer.status_code in (400, 422), answer.json()


def test_who_may_not_gets_403_and_an_unknown_paper_404(plant, order, a_session, shipment):
    flour = plant.receive("F-1")
    assert (
        a_session("sam")
        .post("work-orders/WO-1/issue", {"lots": [line(flour, plant.store)]}, key="r")
        .status_code
        == 403
    )
    assert a_session("nora").get("work-orders").status_code == 403
    assert (
        a_session("paul")
        .post("work-orders/WO-9/issue", {"lots": [line(flour, plant.store)]}, key="r")
        .status_code
        == 404
    )
    assert [row["number"] for row in a_session("paul").get("shipments").json()["results"]] == ["SH-1"]
