"""Shipments in the browser: a held lot is neither picked nor shipped, and a hold placed meanwhile wins."""

import pytest

from shipping import services
from tests.cast import PASSWORD
from traceability.models import Balance, Entry, Reservation

KEY = "a" * 32


@pytest.fixture
def shipment(plant):
    return services.start_shipment(
        site=plant.site, customer=plant.customer, number="SH-1", actor=plant.sam, client="t", key="start"
    )


def pick(client, shipment, lot, quantity="10", key="p" * 32):
    return client.post(
        f"/shipping/shipments/{shipment.pk}/pick", {"lot": lot, "quantity": quantity, "key": key}
    )


def test_a_stranger_logs_in_first_and_who_may_not_gets_403(plant, shipment, browse, client):
    assert client.get("/shipping/").url.startswith("/login/")
    assert browse("nora").get("/shipping/").status_code == 403
    paul = browse("paul")
    page = paul.get(f"/shipping/shipments/{shipment.pk}/")
    assert page.status_code == 200
    assert "Coastal Grocers" not in page.content.decode()
    assert pick(paul, shipment, "F-1").status_code == 403


def test_a_held_lot_is_not_picked_and_the_input_stays(plant, shipment, browse):
    plant.hold(plant.receive("F-1", 100), reference="QH-1")
    answer = pick(browse("sam"), shipment, "F-1", "12.5")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "lot_on_hold" in page
    assert 'value="12.5"' in page
    assert not Reservation.objects.exists()


def test_a_shipment_leaves_once_however_often_the_form_is_sent(plant, shipment, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    assert pick(sam, shipment, "F-1").status_code == 302
    for _ in range(2):
        assert sam.post(f"/shipping/shipments/{shipment.pk}/ship", {"key": KEY}).status_code == 302
    assert Balance.objects.get(lot=lot).quantity == 90
    assert Entry.objects.filter(kind="shipment").count() == 1
    assert "F-1" in sam.get(f"/shipping/shipments/{shipment.pk}/packing-list/").content.decode()


def test_a_hold_between_pick_and_ship_wins_and_the_page_says_which_line(plant, shipment, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    pick(sam, shipment, "F-1")
    plant.hold(lot, reference="RC-1")
    assert "stops the shipment" in sam.get(f"/shipping/shipments/{shipment.pk}/").content.decode()
    answer = sam.post(f"/shipping/shipments/{shipment.pk}/ship", {"key": KEY})
    assert answer.status_code == 409
    assert "lot_on_hold" in answer.content.decode()
    assert Balance.objects.get(lot=lot).quantity == 100
    line = shipment.lines.get()
    assert (
        sam.post(f"/shipping/shipments/{shipment.pk}/unpick/{line.pk}", {"key": "u" * 32}).status_code == 302
    )
    assert "Nothing is picked yet" in sam.get(f"/shipping/shipments/{shipment.pk}/").content.decode()


def test_what_left_before_is_recorded_by_two_persons(plant, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    plant.hold(lot)
    late = {"customer": "C-1", "lot": "F-1", "quantity": "10", "reason": "loaded before the call", "key": KEY}
    assert "second_person_required" in sam.post("/shipping/left-before/", late).content.decode()
    wrong = {**late, "second_username": "quinn", "second_password": "wrong"}
    assert "second_person_unknown" in sam.post("/shipping/left-before/", wrong).content.decode()
    answer = sam.post(
        "/shipping/left-before/", {**late, "second_username": "quinn", "second_password": PASSWORD}
    )
    assert answer.status_code == 302
    assert Entry.objects.get(after_the_fact=True).second_person == plant.quinn
    assert "Recorded after the fact" in sam.get(answer.url).content.decode()


def test_what_comes_back_waits_for_quality_and_is_never_more_than_left(plant, shipment, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    pick(sam, shipment, "F-1")
    sam.post(f"/shipping/shipments/{shipment.pk}/ship", {"key": KEY})
    back = {"lot": "F-1", "quantity": "6", "reason": "unopened", "number": "RMA-1"}
    assert (
        sam.post(f"/shipping/shipments/{shipment.pk}/returned", {**back, "key": "b" * 32}).status_code == 302
    )
    assert Balance.objects.get(lot=lot, status="quarantine").quantity == 6
    answer = sam.post(
        f"/shipping/shipments/{shipment.pk}/returned",
        {**back, "quantity": "5", "number": "RMA-2", "key": "c" * 32},
    )
    assert "more_than_went_in" in answer.content.decode()


def test_a_shipment_begins_on_the_page(plant, browse):
    sam = browse("sam")
    assert "To whom?" in sam.post("/shipping/start/", {"key": KEY}).content.decode()
    answer = sam.post("/shipping/start/", {"customer": "C-1", "carrier": "Gulf Freight", "key": KEY})
    assert "Gulf Freight" in sam.get(answer.url).content.decode()


def test_the_csv_has_the_rows_of_the_list_and_hides_customers_from_whom_may_not_know(plant, shipment, browse):
    assert "SH-1,Coastal Grocers" in browse("sam").get("/shipping/?format=csv").getvalue().decode("utf-8-sig")
    assert "Coastal Grocers" not in browse("paul").get("/shipping/?format=csv").getvalue().decode("utf-8-sig")
    assert browse("sam").get("/shipping/?colour=red").status_code == 400


def test_the_page_of_a_shipment_stays_within_its_query_budget(
    plant, shipment, browse, django_assert_max_num_queries
):
    sam = browse("sam")
    for n in range(6):
        plant.receive(f"F-{n}", 100)
        pick(sam, shipment, f"F-{n}", "1", key=f"{n}" * 32)
    with django_assert_max_num_queries(30):
        sam.get(f"/shipping/shipments/{shipment.pk}/")
