"""Pallets, drums and totes: what is in one is a place of its own, and it is moved and shipped as one."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from traceability import ledger
from traceability.ledger import Move, verify
from traceability.models import Balance, Container, EntryKind

K = EntryKind


@pytest.fixture
def packed(plant):
    """A: 60 loose, 40 on P-1; B: 20 on P-1."""
    plant.p1, plant.p2 = Container.objects.create(number="P-1"), Container.objects.create(number="P-2")
    plant.a, plant.b = plant.receive("A", 100), plant.receive("B", 20)
    moves = [
        Move(
            lot=lot,
            quantity=Decimal(n),
            pieces=n // 10,
            origin=plant.store,
            destination=plant.store,
            destination_container=plant.p1,
        )
        for lot, n in ((plant.a, 40), (plant.b, 20))
    ]
    plant.post(K.TRANSFER, *moves)
    return plant


def contents():
    rows = Balance.objects.filter(quantity__gt=0).values_list(
        "lot__number", "location__code", "container__number", "quantity"
    )
    return {(lot, place, container or "", int(quantity)) for lot, place, container, quantity in rows}


def shift(plant, lot, n, *, origin=None, out=None, to=None, into=None):
    return Move(
        lot=lot,
        quantity=Decimal(n),
        origin=origin or plant.store,
        origin_container=out,
        destination=to or plant.store,
        destination_container=into,
    )


def test_what_is_packed_is_no_longer_loose(packed):
    assert contents() == {("A", "STORE-1", "", 60), ("A", "STORE-1", "P-1", 40), ("B", "STORE-1", "P-1", 20)}
    with pytest.raises(ledger.InsufficientQuantity):
        packed.ship(packed.a, 61)
    with pytest.raises(ledger.InsufficientQuantity):
        packed.post(K.TRANSFER, shift(packed, packed.a, 41, out=packed.p1, into=packed.p2))


def test_a_pallet_moves_with_all_that_is_on_it_in_one_entry(packed):
    packed.post(
        K.TRANSFER,
        *[
            shift(packed, lot, n, out=packed.p1, to=packed.store_2, into=packed.p1)
            for lot, n in ((packed.a, 40), (packed.b, 20))
        ],
    )
    assert contents() == {("A", "STORE-1", "", 60), ("A", "STORE-2", "P-1", 40), ("B", "STORE-2", "P-1", 20)}


def test_from_pallet_to_pallet_and_loose_again(packed):
    packed.post(K.TRANSFER, shift(packed, packed.a, 15, out=packed.p1, into=packed.p2))
    packed.post(K.TRANSFER, shift(packed, packed.a, 5, out=packed.p2))
    assert contents() == {
        ("A", "STORE-1", "", 65),
        ("A", "STORE-1", "P-1", 25),
        ("A", "STORE-1", "P-2", 10),
        ("B", "STORE-1", "P-1", 20),
    }


def test_on_the_same_pallet_it_is_already_there(packed):
    with pytest.raises(ledger.RuleBroken):
        packed.post(K.TRANSFER, shift(packed, packed.a, 1, out=packed.p1, into=packed.p1))


def test_what_leaves_the_site_leaves_no_pallet_behind(packed):
    move = Move(
        lot=packed.a,
        quantity=Decimal(40),
        origin=packed.store,
        origin_container=packed.p1,
        destination=packed.place("customer"),
        destination_container=packed.p1,
    )
    entry = packed.post(K.SHIPMENT, move, party=packed.customer, document="SH-1")
    assert entry.movements.get().destination_container is None
    assert contents() == {("A", "STORE-1", "", 60), ("B", "STORE-1", "P-1", 20)}


def test_a_pallet_with_a_held_lot_does_not_ship(packed):
    packed.hold(packed.b)
    moves = [
        Move(
            lot=lot,
            quantity=Decimal(n),
            origin=packed.store,
            origin_container=packed.p1,
            destination=packed.place("customer"),
        )
        for lot, n in ((packed.a, 40), (packed.b, 20))
    ]
    with pytest.raises(ledger.LotOnHold):
        packed.post(K.SHIPMENT, *moves, party=packed.customer, document="SH-1")
    assert ("A", "STORE-1", "P-1", 40) in contents()


def test_a_decision_reaches_into_the_pallet_and_leaves_it_packed(packed):
    move = Move(lot=packed.a, quantity=Decimal(10), origin=packed.store, origin_container=packed.p1, destination=packed.store, destination_container=packed.p1,
                origin_status="released", destination_status="rejected")  # fmt: skip
    packed.post(K.DISPOSITION, move, actor=packed.quinn)
    statuses = set(
        Balance.objects.filter(lot=packed.a, container=packed.p1, quantity__gt=0).values_list(
            "status", "quantity"
        )
    )
    assert statuses == {("released", 30), ("rejected", 10)}


def test_a_reversal_puts_it_back_on_the_pallet(packed):
    before = contents()
    entry = packed.post(
        K.TRANSFER, shift(packed, packed.a, 15, out=packed.p1, to=packed.store_2, into=packed.p2)
    )
    ledger.reverse(entry, reason="wrong pallet", actor=packed.rita, client="test", key="r")
    assert contents() == before
    report = verify.verify()
    assert report.is_sound, report.findings


def test_a_drum_serial_is_in_one_container(packed):
    drum = packed.receive("D-1", 1, item=packed.item("DRUM", tracking="serial", unit="ea"))
    packed.post(K.TRANSFER, shift(packed, drum, 1, into=packed.p1))
    with pytest.raises(ledger.InsufficientQuantity):
        packed.post(K.TRANSFER, shift(packed, drum, 1, into=packed.p2))
    packed.post(K.TRANSFER, shift(packed, drum, 1, out=packed.p1, into=packed.p2))
    assert ("D-1", "STORE-1", "P-2", 1) in contents()


def test_no_container_is_inside_itself(packed):
    packed.p1.parent = packed.p1
    with pytest.raises(IntegrityError), transaction.atomic():
        packed.p1.save()
