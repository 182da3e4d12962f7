"""Pallets are picked whole or in part, brought to the dock and loaded; what is half on the truck does not leave."""

from decimal import Decimal

import pytest

from shipping import services as shipping
from shipping.models import ShippingStep
from traceability import ledger
from traceability.models import Balance, Container, Delivered, Hold, Reservation


def said(plant, **rest):
    return {"actor": plant.sam, "client": "test", "key": plant.key(), **rest}


@pytest.fixture
def two(plant):
    """A: 60 loose, 40 on P-1; B: 20 on P-1."""
    return plant.receive("A", 100), plant.receive("B", 20)


def test_a_whole_pallet_is_a_line_for_each_lot_and_leaves_as_one(plant, two, pallet, begun, go):
    box = pallet("P-1", (two[0], 40), (two[1], 20))
    shipment = begun()
    lines = shipping.pick_container(shipment=shipment, container=box, actor=plant.sam, client="test", key="p")
    again = shipping.pick_container(shipment=shipment, container=box, actor=plant.sam, client="test", key="p")
    assert [(line.lot.number, int(line.quantity), line.container) for line in lines] == [
        ("A", 40, box),
        ("B", 20, box),
    ]
    assert [line.pk for line in again] == [line.pk for line in lines]
    go(shipment)
    assert sorted(Delivered.objects.filter(direction="shipped").values_list("lot__number", "quantity")) == [
        ("A", 40),
        ("B", 20),
    ]
    assert Balance.objects.get(lot=two[0], quantity__gt=0).container is None


def test_a_pallet_with_a_held_lot_is_not_picked_at_all(plant, two, pallet, begun):
    box = pallet("P-1", (two[0], 40), (two[1], 20))
    plant.hold(two[1])
    shipment = begun()
    with pytest.raises(ledger.LotOnHold):
        shipping.pick_container(shipment=shipment, container=box, **said(plant))
    assert not shipment.lines.exists()
    assert not Reservation.objects.standing().exists()


def test_an_empty_pallet_and_one_that_is_promised_say_so(plant, two, pallet, begun):
    box, empty = pallet("P-1", (two[0], 40)), Container.objects.create(number="P-2")
    shipment = begun()
    shipping.pick_container(shipment=shipment, container=box, **said(plant))
    with pytest.raises(ledger.Reserved):
        shipping.pick_container(shipment=begun(number="SH-2"), container=box, **said(plant))
    with pytest.raises(ledger.BadInput, match="empty"):
        shipping.pick_container(shipment=shipment, container=empty, **said(plant))


def test_part_of_a_pallet_and_loose_stock_are_promised_apart(plant, two, pallet, begun, choose):
    box = pallet("P-1", (two[0], 40))
    shipment = begun()
    part = choose(shipment, two[0], 15, container=box)
    choose(shipment, two[0], 60)
    with pytest.raises(ledger.InsufficientQuantity):
        choose(shipment, two[0], 41, container=box)
    shipping.unpick(line=part, **said(plant))
    assert [(row.container, int(row.quantity)) for row in Reservation.objects.standing()] == [(None, 60)]


def test_a_whole_pallet_stays_packed_on_the_dock_and_a_part_stands_loose(
    plant, two, pallet, begun, choose, go
):
    whole, broken = pallet("P-1", (two[1], 20)), pallet("P-2", (two[0], 40))
    shipment, dock = begun(), plant.place("dock")
    shipping.pick_container(shipment=shipment, container=whole, **said(plant))
    choose(shipment, two[0], 15, container=broken)
    shipping.stage(shipment=shipment, location=dock, **said(plant))
    assert Balance.objects.get(lot=two[1], location=dock, quantity__gt=0).container == whole
    assert Balance.objects.get(lot=two[0], location=dock, quantity__gt=0).container is None
    go(shipment)
    assert Balance.objects.get(lot=two[0], container=broken).quantity == 25


def test_what_is_half_on_the_truck_does_not_leave(plant, two, begun, choose, go):
    shipment = begun()
    one, other = choose(shipment, two[0], 10), choose(shipment, two[1], 10)
    for _ in range(2):
        shipping.load(line=one, actor=plant.sam, client="test", key="l1")
    with pytest.raises(shipping.NotLoaded) as refusal:
        go(shipment)
    assert refusal.value.fields["lots"] == ["B"]
    shipping.load(line=other, **said(plant))
    left = go(shipment, seal="448120", truck={"door": "3", "truck_celsius": Decimal("-15.2")})
    assert (left.seal, left.door, left.truck_celsius) == ("448120", "3", Decimal("-15.2"))
    assert ShippingStep.objects.filter(shipment=shipment, verb="load").count() == 2


def test_nobody_has_to_load_line_by_line(plant, two, begun, choose, go):
    shipment = begun()
    choose(shipment, two[0], 10)
    assert go(shipment).status == "shipped"


def test_a_held_line_does_not_go_onto_the_truck_and_comes_off_it(plant, two, begun, choose, go):
    shipment = begun()
    one, other = choose(shipment, two[0], 10), choose(shipment, two[1], 10)
    shipping.load(line=one, **said(plant))
    plant.hold(two[0], reference="RC-1")
    plant.hold(two[1], reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        shipping.load(line=other, **said(plant))
    shipping.unload(line=one, **said(plant))
    off = shipping.unpick(line=one, **said(plant))
    assert (off.is_taken_out, off.loaded_at) == (True, None)
    ledger.lift_hold(
        list(Hold.objects.standing().filter(lot=two[1])),
        reason="false alarm",
        actor=plant.quinn,
        second_person=plant.quentin,
        client="t",
        key="l",
    )
    with pytest.raises(shipping.PromiseBroken):
        shipping.load(line=other, **said(plant))


@pytest.mark.parametrize("celsius", ["-120", "NaN", "90.1"])
def test_a_temperature_that_no_truck_has_is_refused(plant, begun, celsius):
    with pytest.raises(ledger.BadInput):
        shipping.set_truck(shipment=begun(), facts={"truck_celsius": Decimal(celsius)}, actor=plant.sam)


def test_the_truck_is_described_until_it_left(plant, two, begun, choose, go):
    shipment = begun()
    shipping.set_truck(shipment=shipment, facts={"carrier": "Ozark", "door": "3"}, actor=plant.sam)
    choose(shipment, two[0], 10)
    left = go(shipment, seal="1")
    assert (left.carrier, left.door) == ("Ozark", "3")
    with pytest.raises(shipping.ShipmentLeft):
        shipping.set_truck(shipment=shipment, facts={"door": "4"}, actor=plant.sam)
