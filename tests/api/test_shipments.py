"""A customer's order over HTTP until it left and something came back: the verbs of the dock, with the same refusals."""

from decimal import Decimal

import pytest

from shipping.models import Order
from traceability.ledger import Move
from traceability.models import Balance, Container, Delivered, Entry, EntryKind


@pytest.fixture
def sam(a_session):
    return a_session("sam")


@pytest.fixture
def do(sam):
    """`do("shipments/SH-1/pick", {...})`: Sam posts it under a key of its own."""
    sent = []

    def act(what, body=None, *, status=201, **query):
        sent.append(what)
        answer = sam.post(what, body or {}, key=f"k{len(sent)}", **query)
        assert answer.status_code == status, answer.json()
        return answer.json()

    return act


@pytest.fixture
def bread(plant):
    return plant.receive("F-1", 100, item=plant.item("BREAD"))


@pytest.fixture
def sh(plant, do):
    do("shipments", {"customer": "C-1", "number": "SH-1"})


def line(lot, quantity="10", **rest):
    return {"lot": lot.number, "quantity": quantity, "location": "STORE-1", **rest}


def test_from_order_to_return_by_numbers_and_codes_alone(plant, sam, do, bread):
    order = do(
        "customer-orders",
        {
            "customer": "C-1",
            "number": "SO-1",
            "customer_reference": "PO/4711",
            "lines": [{"item": "BREAD", "quantity": "50"}],
        },
    )
    assert (order["status"], order["customer"]["code"]) == ("open", "C-1")
    do("shipments", {"order": "SO-1", "number": "SH-1", "carrier": "Ozark"})
    picked = do("shipments/SH-1/pick", line(bread, "50"))
    assert (picked["position"], picked["stop"]) == (1, "")
    shown = sam.get("customer-orders/SO-1").json()["lines"][0]
    assert (shown["picked"]["value"], shown["remaining"]["value"]) == ("50", "0")
    do("shipments/SH-1/stage", {"location": "DOCK-1"})
    do("shipments/SH-1/load", {"position": 1})
    left = do("shipments/SH-1/ship", {"seal": "448120", "truck_celsius": "-15.2"})
    assert (left["entry"]["kind"], left["entry"]["movements"][0]["quantity"]) == (
        "shipment",
        {"value": "50", "unit": "lb"},
    )
    assert sam.get("customer-orders/SO-1").json()["status"] == "shipped"
    paper = sam.get("shipments/SH-1").json()
    assert (paper["truck_celsius"], paper["lines"][0]["lot"]["number"], paper["seal"]) == (
        "-15.2",
        "F-1",
        "448120",
    )
    back = do(
        "shipments/SH-1/return",
        {"lines": [{"lot": "F-1", "quantity": "6"}], "reason": "no room", "number": "RMA-9"},
    )
    assert (back["number"], back["movements"][0]["status"]) == ("RMA-9", "quarantine")
    assert sam.get("customer-returns", shipment="SH-1").json()["count"] == 1
    more = do(
        "shipments/SH-1/return", {"lines": [{"lot": "F-1", "quantity": "99"}], "reason": "x"}, status=409
    )
    assert more["code"] == "more_than_went_in"
    assert Delivered.objects.get(lot=bread, direction="shipped").returned == 6


def test_an_integration_enters_orders_all_or_none_and_does_not_ship(plant, a_token, bread, sh):
    erp = a_token("ledger:read", "recall:read", "shipping:write")
    rows = [
        {"customer": "C-1", "number": f"SO-{n}", "lines": [{"item": "BREAD", "quantity": "5"}]}
        for n in range(3)
    ]
    assert [row["number"] for row in erp.post("customer-orders", rows, key="k").json()["results"]] == [
        "SO-0",
        "SO-1",
        "SO-2",
    ]
    wrong = [{**rows[0], "number": "SO-8"}, {**rows[0], "number": "SO-9", "customer": "S-1"}]
    refused = erp.post("customer-orders", wrong, key="k2").json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("unknown_reference", "#/1")
    assert Order.objects.count() == 3
    assert erp.post("shipments/SH-1/ship", {}, key="s").status_code == 403


def test_an_order_is_changed_by_who_saw_it(plant, sam, do, bread):
    do(
        "customer-orders",
        {"customer": "C-1", "number": "SO-1", "lines": [{"item": "BREAD", "quantity": "50"}]},
    )
    tag = sam.get("customer-orders/SO-1").headers["ETag"]

    def change(body, tag):
        return sam.client.patch(
            "/api/v1/customer-orders/SO-1", body, content_type="application/json", headers={"If-Match": tag}
        )

    answer = change(
        {"due_on": "2026-12-24", "lines": [{"item": "BREAD", "quantity": "60", "lot": "F-1"}]}, tag
    )
    assert (answer.status_code, answer.json()["lines"][0]["lot"]["number"]) == (200, "F-1")
    assert change({"note": "x"}, tag).status_code == 412
    do("customer-orders/SO-1/cancel", {"reason": "customer called"})
    assert change({"note": "x"}, "*").json()["code"] == "order_not_open"


def test_the_truck_is_described_with_if_match(plant, sam, do, sh):
    headers = {"If-Match": sam.get("shipments/SH-1").headers["ETag"]}
    answer = sam.client.patch(
        "/api/v1/shipments/SH-1",
        {"door": "3", "truck_celsius": "-18"},
        content_type="application/json",
        headers=headers,
    )
    assert (answer.status_code, answer.json()["door"], answer.json()["truck_celsius"]) == (200, "3", "-18")
    for wrong in (-18, "-18.25", "cold"):
        answer = sam.client.patch(
            "/api/v1/shipments/SH-1",
            {"truck_celsius": wrong},
            content_type="application/json",
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 400


def test_a_stop_is_told_on_the_line_and_the_line_comes_off(plant, sam, do, sh, bread):
    do("shipments/SH-1/pick", line(bread))
    plant.hold(bread, reference="RC-1")
    assert sam.get("shipments/SH-1").json()["lines"][0]["stop"].startswith("On hold under RC-1")
    assert do("shipments/SH-1/load", {"position": 1}, status=409)["code"] == "lot_on_hold"
    do("shipments/SH-1/unpick", {"position": 1})
    do("shipments/SH-1/unpick", {"position": 9}, status=404)
    assert sam.get("shipments/SH-1").json()["lines"] == []
    assert do("shipments/SH-1/ship", status=409)["code"] == "nothing_picked"


def test_a_pallet_goes_as_one_over_http(plant, do, sh, bread):
    box = Container.objects.create(number="P-1")
    onto = Move(
        lot=bread,
        quantity=Decimal(40),
        origin=plant.store,
        destination=plant.store,
        destination_container=box,
    )
    plant.post(EntryKind.TRANSFER, onto)
    lines = do("shipments/SH-1/pick-container", {"container": "P-1"})["lines"]
    assert [(row["quantity"]["value"], row["container"]["number"]) for row in lines] == [("40", "P-1")]
    do("shipments/SH-1/ship")
    assert Balance.objects.get(lot=bread, quantity__gt=0).quantity == 60


def test_a_shipment_is_given_up(plant, sam, do, sh, bread):
    do("shipments/SH-1/pick", line(bread))
    assert do("shipments/SH-1/cancel", {"reason": "truck broke down"})["status"] == "cancelled"
    assert do("shipments/SH-1/pick", line(bread), status=409)["code"] == "shipment_left"


def test_a_dry_run_of_a_shipment_leaves_nothing(plant, do, sh, bread):
    do("shipments/SH-1/pick", line(bread))
    entries = Entry.objects.count()
    shown = do("shipments/SH-1/ship", status=200, dry_run="true")
    assert (shown["dry_run"], shown["entry"]["seq"], shown["entry"]["movement_count"]) == (True, None, 1)
    assert Entry.objects.count() == entries


def test_a_reader_without_the_right_does_not_learn_the_customer(plant, a_session, do, sh):
    rita = a_session("rita")
    assert rita.get("shipments/SH-1").json()["customer"] is None
    assert rita.get("shipments", customer="C-1").json()["count"] == 0
    do(
        "customer-orders",
        {"customer": "C-1", "number": "SO-1", "lines": [{"item": "BREAD", "quantity": "5"}]},
        status=404,
    )
    plant.item("BREAD")
    do(
        "customer-orders",
        {"customer": "C-1", "number": "SO-1", "lines": [{"item": "BREAD", "quantity": "5"}]},
    )
    assert rita.get("customer-orders/SO-1").json()["customer"] is None
