"""Pick, stage, ship and take back: the right item, usable and free; a hold placed meanwhile wins."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shipping import services as shipping
from shipping.models import CustomerReturn, Order, Shipment, ShipmentLine
from shipping.services import OrderedItem, ReturnedLot, Shipped
from traceability import ledger
from traceability.models import Balance, Delivered, Entry, Hold, Requirement, Reservation


@pytest.fixture
def lot(plant):
    return plant.receive("F-1", 100, item=plant.item("BREAD"))


@pytest.fixture
def shipment(plant):
    return shipping.start_shipment(
        number="SH-1", customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key="start"
    )


def pick(plant, shipment, lot, quantity=40, **rest):
    rest.setdefault("key", plant.key())
    rest.setdefault("actor", plant.sam)
    return shipping.pick(
        shipment=shipment,
        lot=lot,
        quantity=Decimal(quantity),
        location=rest.pop("location", plant.store),
        client="test",
        **rest,
    )


def ship(plant, shipment, **rest):
    rest.setdefault("key", plant.key())
    rest.setdefault("actor", plant.sam)
    return shipping.ship(shipment=shipment, client="test", **rest)


def test_a_pick_promises_and_a_shipment_leaves_in_one_entry(plant, shipment, lot):
    other = plant.receive("F-2", 10, item=lot.item)
    pick(plant, shipment, lot)
    pick(plant, shipment, other, 10)
    assert Reservation.objects.standing().filter(document="SH-1").count() == 2
    left = ship(plant, shipment, seal="4711")
    entry = Entry.objects.get(kind="shipment")
    assert (left.status, left.seal, entry.document, entry.party) == (
        "shipped",
        "4711",
        "SH-1",
        plant.customer,
    )
    assert {line.entry for line in left.lines.all()} == {entry}
    assert Delivered.objects.get(lot=lot, direction="shipped").quantity == 40
    assert not Reservation.objects.standing().exists()


def test_each_verb_is_safe_to_repeat(plant, shipment, lot):
    again = shipping.start_shipment(
        number="SH-1", customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key="start"
    )
    assert again == shipment
    assert pick(plant, shipment, lot, key="p") == pick(plant, shipment, lot, key="p")
    staging = {
        "shipment": shipment,
        "location": plant.place("dock"),
        "actor": plant.sam,
        "client": "test",
        "key": "s",
    }
    assert shipping.stage(**staging) == shipping.stage(**staging)
    assert ship(plant, shipment, key="go") == ship(plant, shipment, key="go")
    back = {
        "shipment": shipment,
        "lines": [ReturnedLot(lot=lot, quantity=Decimal(6))],
        "reason": "no room",
        "actor": plant.rita,
        "client": "test",
        "key": "r",
    }
    assert shipping.receive_return(**back) == shipping.receive_return(**back)
    assert (ShipmentLine.objects.count(), CustomerReturn.objects.count()) == (1, 1)
    assert Delivered.objects.get(lot=lot, direction="shipped").quantity == 40
    with pytest.raises(ledger.KeyReused):
        pick(plant, shipment, lot, 41, key="p")


def test_staging_brings_the_picks_and_their_promises_to_the_dock(plant, shipment, lot):
    pick(plant, shipment, lot)
    pick(plant, shipment, lot, 5)
    dock = plant.place("dock")
    shipping.stage(shipment=shipment, location=dock, actor=plant.sam, client="test", key="s")
    assert Balance.objects.get(lot=lot, location=dock).quantity == 45
    assert Reservation.objects.standing().get().location == dock
    ship(plant, shipment)
    assert Balance.objects.get(lot=lot, location=dock).quantity == 0


def test_what_is_not_promised_any_more_is_not_brought_to_the_dock(plant, shipment, lot):
    pick(plant, shipment, lot)
    to_the_dock = {
        "shipment": shipment,
        "location": plant.place("dock"),
        "actor": plant.sam,
        "client": "test",
    }
    plant.hold(lot, reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        shipping.stage(**to_the_dock, key="a")
    ledger.lift_hold(
        list(Hold.objects.standing()),
        reason="false alarm",
        actor=plant.quinn,
        second_person=plant.quentin,
        client="test",
        key="l",
    )
    with pytest.raises(shipping.PromiseBroken):
        shipping.stage(**to_the_dock, key="b")
    assert Balance.objects.get(lot=lot, quantity__gt=0).location == plant.store


def test_a_held_lot_is_taken_off_line_by_line(plant, shipment, lot):
    lines = [pick(plant, shipment, lot, 40), pick(plant, shipment, lot, 5)]
    plant.hold(lot, reference="RC-1")
    for number, line in enumerate(lines):
        shipping.unpick(line=line, actor=plant.sam, client="test", key=f"u{number}")
    assert not shipment.lines.filter(is_taken_out=False).exists()


def test_a_held_lot_cannot_be_picked(plant, shipment, lot):
    plant.hold(lot, reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        pick(plant, shipment, lot)
    assert not shipment.lines.exists()


def test_a_hold_set_meanwhile_stops_the_truck(plant, shipment, lot):
    pick(plant, shipment, lot)
    plant.hold(lot, reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        ship(plant, shipment)


def test_after_the_hold_was_lifted_somebody_has_to_pick_again(plant, shipment, lot):
    line = pick(plant, shipment, lot)
    plant.hold(lot, reference="RC-1")
    ledger.lift_hold(
        list(Hold.objects.standing()),
        reason="false alarm",
        actor=plant.quinn,
        second_person=plant.quentin,
        client="test",
        key="l",
    )
    with pytest.raises(shipping.PromiseBroken, match="Take it off the shipment and pick another lot"):
        ship(plant, shipment)
    shipping.unpick(line=line, actor=plant.sam, client="test", key="u")
    pick(plant, shipment, lot)
    assert ship(plant, shipment).status == "shipped"


def test_what_is_in_quarantine_or_promised_to_others_cannot_be_picked(plant, shipment, lot):
    waiting = plant.receive("F-3", item=lot.item, status="quarantine")
    with pytest.raises(ledger.InsufficientQuantity):
        pick(plant, shipment, waiting, 1)
    other = shipping.start_shipment(
        number="SH-2",
        customer=plant.other_customer,
        site=plant.site,
        actor=plant.sam,
        client="test",
        key="s2",
    )
    pick(plant, other, lot, 70)
    with pytest.raises(ledger.Reserved, match="SH-2"):
        pick(plant, shipment, lot, 40)


def test_the_customers_minimum_remaining_life_is_checked(plant, lot):
    plant.customer.minimum_life_days = 60
    plant.customer.save()
    shipment = shipping.start_shipment(
        customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key="s"
    )
    old = plant.receive("F-4", item=lot.item, expires_on=timezone.now().date() + timedelta(days=30))
    with pytest.raises(shipping.TooLittleLife, match="asks for 60 days"):
        pick(plant, shipment, old)
    pick(plant, shipment, lot)


def test_only_what_was_ordered_is_picked_and_no_more(plant, lot):
    order = shipping.order(
        customer=plant.customer,
        lines=[OrderedItem(item=lot.item, quantity=Decimal(50))],
        actor=plant.sam,
        client="test",
        key="o",
    )
    shipment = shipping.start_shipment(order=order, site=plant.site, actor=plant.sam, client="test", key="s")
    with pytest.raises(shipping.NotOnOrder, match="FLOUR is not on SO-000001"):
        pick(plant, shipment, plant.receive("A-1"))
    pick(plant, shipment, lot, 40)
    with pytest.raises(shipping.MoreThanOrdered, match="Pick 10 lb"):
        pick(plant, shipment, lot, 11)
    pick(plant, shipment, lot, 10)
    ship(plant, shipment)
    assert Order.objects.get().status == "shipped"


def test_a_pick_put_back_frees_its_stock_and_leaves_the_others(plant, shipment, lot):
    line = pick(plant, shipment, lot, 40)
    pick(plant, shipment, lot, 25)
    for key in ("u", "u2"):
        assert shipping.unpick(line=line, actor=plant.sam, client="test", key=key).is_taken_out
    assert Reservation.objects.standing().get().quantity == 25
    ship(plant, shipment)
    assert Delivered.objects.get(lot=lot, direction="shipped").quantity == 25


def test_an_empty_shipment_does_not_leave_and_one_that_left_stays_away(plant, shipment, lot):
    with pytest.raises(shipping.NothingPicked):
        ship(plant, shipment)
    pick(plant, shipment, lot)
    ship(plant, shipment)
    with pytest.raises(ledger.Refusal, match="SH-1 has left"):
        pick(plant, shipment, lot)
    with pytest.raises(ledger.Refusal, match="SH-1 has left"):
        ship(plant, shipment)


def test_what_left_although_held_is_recorded_by_two_persons(plant, lot):
    plant.hold(lot, reference="RC-1")
    fact = {
        "customer": plant.customer,
        "site": plant.site,
        "lines": [Shipped(lot=lot, quantity=Decimal(5), location=plant.store)],
        "actor": plant.sam,
        "client": "test",
    }
    with pytest.raises(ledger.NotPermitted):
        shipping.ship_after_the_fact(**fact, reason="left before the call", second_person=plant.rita, key="a")
    with pytest.raises(ledger.ReasonRequired):
        shipping.ship_after_the_fact(**fact, reason="", second_person=plant.quinn, key="a")
    paper = shipping.ship_after_the_fact(
        **fact, reason="left before the call", second_person=plant.quinn, key="a"
    )
    assert (
        shipping.ship_after_the_fact(
            **fact, reason="left before the call", second_person=plant.quinn, key="a"
        )
        == paper
    )
    assert paper.is_after_the_fact
    assert Entry.objects.get(document=paper.number).after_the_fact


def test_a_return_comes_into_quarantine_against_its_shipment(plant, shipment, lot):
    pick(plant, shipment, lot)
    ship(plant, shipment)
    back = {"shipment": shipment, "reason": "unopened", "actor": plant.rita, "client": "test"}
    paper = shipping.receive_return(
        **back, lines=[ReturnedLot(lot=lot, quantity=Decimal(6))], number="RMA-118", key="r"
    )
    assert (paper.number, Balance.objects.get(lot=lot, status="quarantine").location.kind) == (
        "RMA-118",
        "quarantine",
    )
    assert Delivered.objects.get(lot=lot, direction="shipped").returned == 6
    assert Requirement.objects.open().get().stage == "return"
    with pytest.raises(ledger.MoreThanWentIn):
        shipping.receive_return(**back, lines=[ReturnedLot(lot=lot, quantity=Decimal(35))], key="r2")


def test_it_refuses_who_may_not(plant, shipment, lot):
    with pytest.raises(ledger.NotPermitted):
        pick(plant, shipment, lot, actor=plant.rita)
    with pytest.raises(ledger.NotPermitted):
        ship(plant, shipment, actor=plant.nora)
    with pytest.raises(ledger.NotPermitted):
        shipping.order(customer=plant.customer, lines=[], actor=plant.paul, client="test", key="o")


def test_the_number_of_a_shipment_is_given_once(plant, shipment):
    with pytest.raises(ledger.BadInput, match="There is a shipment SH-1 already"):
        shipping.start_shipment(
            number="SH-1", customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key="x"
        )
    assert Shipment.objects.count() == 1
