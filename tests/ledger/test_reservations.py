"""Stock promised to a document: minded by every act, broken visibly by a fact or a hold, used up by its own document."""

from decimal import Decimal

import pytest
from django.utils import timezone

from traceability import ledger
from traceability.ledger import Move
from traceability.models import Container, EntryKind, Reservation

K = EntryKind


def promise(plant, lot, quantity, document="SO-1", at=None, container=None):
    move = Move(
        lot=lot,
        quantity=Decimal(quantity),
        origin=at or plant.store,
        origin_container=container,
        destination=plant.place("customer"),
    )
    return ledger.reserve(moves=[move], document=document, actor=plant.sam, now=timezone.now())


def standing():
    return {(r.document, str(r.quantity.normalize())) for r in Reservation.objects.standing()}


@pytest.fixture
def lot(plant):
    return plant.receive("A", 100)


def acts(plant, lot, quantity):
    move = lambda to: Move(lot=lot, quantity=Decimal(quantity), origin=plant.store, destination=to)
    return {
        "ship": lambda: plant.ship(lot, quantity, document="SH-9"),
        "issue": lambda: plant.issue(lot, plant.run("WO-9"), quantity),
        "transfer": lambda: plant.post(K.TRANSFER, move(plant.store_2)),
        "send back": lambda: plant.post(
            K.SUPPLIER_RETURN,
            move(plant.place("supplier")),
            party=plant.supplier,
            document="RCV-A",
            reason="torn",
        ),
    }


@pytest.mark.parametrize("act", ["ship", "issue", "transfer", "send back"])
def test_an_act_does_not_take_what_is_promised_to_another(plant, lot, act):
    promise(plant, lot, 80)
    with pytest.raises(ledger.Reserved) as refusal:
        acts(plant, lot, 21)[act]()
    assert refusal.value.fields["free"] == "20"
    assert refusal.value.fields["documents"] == ["SO-1"]
    acts(plant, lot, 20)[act]()
    assert standing() == {("SO-1", "8E+1")}


def test_its_own_document_uses_the_promise_up(plant, lot):
    promise(plant, lot, 80)
    plant.ship(lot, 30, document="SO-1")
    assert standing() == {("SO-1", "5E+1")}
    plant.ship(lot, 60, document="SO-1")  # 10 more than promised: they are free
    assert standing() == set()
    assert not Reservation.objects.filter(broken_in__isnull=False).exists()


def test_an_entry_of_several_lines_uses_the_promise_once(plant, lot):
    promise(plant, lot, 80)
    moves = [
        Move(
            lot=lot,
            quantity=Decimal(40),
            origin=plant.store,
            destination=plant.place("customer"),
            against_line=n,
        )
        for n in (1, 2)
    ]
    plant.post(K.SHIPMENT, *moves, party=plant.customer, document="SO-1")
    assert standing() == set()


def test_no_more_is_promised_than_is_free(plant, lot):
    promise(plant, lot, 80, "SO-1")
    with pytest.raises(ledger.Reserved):
        promise(plant, lot, 21, "SO-2")
    promise(plant, lot, 20, "SO-2")
    with pytest.raises(ledger.InsufficientQuantity):
        promise(plant, lot, 101, "SO-3")
    with pytest.raises(ledger.InsufficientQuantity):
        promise(plant, lot, 1, "SO-3", at=plant.store_2)


@pytest.mark.parametrize("quantity", ["0", "-5", "NaN", "Infinity", "0.0001", "1E+20"])
def test_it_refuses_to_promise_what_is_no_quantity(plant, lot, quantity):
    with pytest.raises(ledger.BadInput):
        promise(plant, lot, quantity)


def test_a_promise_names_its_document(plant, lot):
    with pytest.raises(ledger.BadInput):
        promise(plant, lot, 1, "")


def test_only_what_may_be_used_is_promised(plant, lot):
    quarantined = plant.receive("Q", status="quarantine")
    with pytest.raises(ledger.InsufficientQuantity):
        promise(plant, quarantined, 1)
    plant.hold(lot)
    with pytest.raises(ledger.LotOnHold):
        promise(plant, lot, 1)


def test_a_promise_given_up_is_free_again(plant, lot):
    promise(plant, lot, 80)
    assert ledger.unreserve(document="SO-1") == 1
    assert ledger.unreserve(document="SO-1") == 0
    plant.ship(lot, 100, document="SH-9")


def test_a_promise_is_given_up_but_for_what_is_kept(plant, lot):
    promise(plant, lot, 80)
    assert ledger.unreserve(document="SO-1", lot=lot, location=plant.store_2) == 0
    assert ledger.unreserve(document="SO-1", lot=lot, location=plant.store, keep=Decimal(30)) == 1
    assert standing() == {("SO-1", "3E+1")}
    assert ledger.unreserve(document="SO-1", lot=lot, keep=Decimal(50)) == 0


def test_what_a_document_moves_stays_promised_to_it_where_it_goes(plant, lot):
    promise(plant, lot, 80)
    transfer = lambda quantity, document: plant.post(
        K.TRANSFER,
        Move(lot=lot, quantity=Decimal(quantity), origin=plant.store, destination=plant.store_2),
        document=document,
    )
    transfer(50, "SO-1")
    places = {
        row.location.code: row.quantity for row in Reservation.objects.standing().select_related("location")
    }
    assert places == {"STORE-1": 30, "STORE-2": 50}
    with pytest.raises(ledger.Reserved):
        transfer(21, "MV-1")
    transfer(20, "MV-1")
    plant.ship(lot, 50, document="SO-1", at=plant.store_2)
    assert standing() == {("SO-1", "3E+1")}


def test_a_fact_breaks_the_promise_visibly_and_only_as_far_as_it_must(plant, lot):
    """60 for SO-1 and 30 for SO-2; then only 70 are found: SO-2, promised later, is the one that breaks."""
    promise(plant, lot, 60, "SO-1")
    promise(plant, lot, 30, "SO-2")
    count = plant.post(
        K.COUNT_ADJUSTMENT,
        Move(lot=lot, quantity=Decimal(30), origin=plant.store, destination=plant.place("adjustment")),
        reason="count",
    )
    assert standing() == {("SO-1", "6E+1")}
    assert Reservation.objects.get(document="SO-2").broken_in == count


def test_a_hold_breaks_all_promises_and_lifting_it_mends_none(plant, lot):
    promise(plant, lot, 60, "SO-1")
    entry = plant.hold(lot)
    hold = lot.holds.get()
    ledger.lift_hold(
        [hold], reason="tested", actor=plant.quinn, second_person=plant.quentin, client="test", key="l"
    )
    assert standing() == set()
    assert Reservation.objects.get().broken_in == entry
    promise(plant, lot, 100, "SO-1")
    assert standing() == {("SO-1", "1E+2")}


def test_a_promise_on_a_pallet_leaves_the_loose_stock_free(plant):
    pallet = Container.objects.create(number="P-1")
    lot = plant.receive("A", 100)
    plant.post(
        K.TRANSFER,
        Move(
            lot=lot,
            quantity=Decimal(40),
            origin=plant.store,
            destination=plant.store,
            destination_container=pallet,
        ),
    )
    promise(plant, lot, 40, container=pallet)
    plant.ship(lot, 60, document="SH-9")
    with pytest.raises(ledger.Reserved):
        plant.post(
            K.SHIPMENT,
            Move(
                lot=lot,
                quantity=Decimal(1),
                origin=plant.store,
                origin_container=pallet,
                destination=plant.place("customer"),
            ),
            party=plant.customer,
            document="SH-9",
        )


def test_a_change_of_status_takes_the_quantity_from_the_promise(plant, lot):
    promise(plant, lot, 80)
    move = Move(
        lot=lot,
        quantity=Decimal(50),
        origin=plant.store,
        destination=plant.store,
        origin_status="released",
        destination_status="rejected",
    )
    entry = plant.post(K.DISPOSITION, move, actor=plant.quinn)
    assert Reservation.objects.get().broken_in == entry
