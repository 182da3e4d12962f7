"""A posting, step by step, through the door."""

from decimal import Decimal

import pytest

from traceability import genealogy, ledger
from traceability.ledger import Move
from traceability.models import Balance, Entry, EntryKind, Hold, Lot, RunLot


def test_what_is_received_is_on_hand_and_numbered_from_one(plant):
    lot = plant.receive("A-1", 500)
    entry = Entry.objects.get()
    assert entry.seq == 1
    assert Balance.objects.get(lot=lot).quantity == Decimal(500)
    assert entry.payload["born"][0]["lots"] == [[lot.pk, "A-1"]]


def test_the_chain_links_each_entry_to_the_one_before(plant):
    from traceability.ledger import digest

    plant.receive("A-1")
    plant.receive("A-2")
    first, second = Entry.objects.order_by("seq")
    assert digest.link(digest.GENESIS, bytes(first.digest)) == bytes(first.chain)
    assert digest.link(bytes(first.chain), bytes(second.digest)) == bytes(second.chain)


def test_more_than_is_there_is_refused_with_what_is_there(plant):
    lot = plant.receive("A-1", 115)
    with pytest.raises(ledger.InsufficientQuantity) as refusal:
        plant.ship(lot, 140)
    assert "Only 115 lb of A-1" in refusal.value.sentence
    assert Entry.objects.count() == 1


def test_the_same_key_gives_the_earlier_entry_and_other_content_is_refused(plant):
    lot = plant.receive("A-1", 100)
    first = plant.ship(lot, 10, key="scan-1")
    again = plant.ship(lot, 10, key="scan-1")
    assert again.pk == first.pk
    with pytest.raises(ledger.KeyReused):
        plant.ship(lot, 11, key="scan-1")
    assert Balance.objects.get(lot=lot).quantity == Decimal(90)


def test_a_held_lot_cannot_be_used_and_what_is_made_of_it_inherits(plant):
    """S ──▶ W1 ──▶ P"""
    spice = plant.receive("S")
    run = plant.run("WO-1")
    plant.issue(spice, run, 10)
    plant.hold(spice, reference="RC-1")
    with pytest.raises(ledger.LotOnHold):
        plant.issue(spice, run, 10)
    product = plant.output("P", run, 8)
    assert Hold.objects.standing().get(lot=product).reference == "RC-1"
    with pytest.raises(ledger.LotOnHold):
        plant.ship(product, 1)


def test_where_used_and_where_from_are_one_walk_in_two_directions(plant):
    s = plant.receive("S")
    run = plant.run("WO-1")
    plant.issue(s, run, 10)
    p = plant.output("P", run, 8)
    assert genealogy.where_used([s]).lots == sorted([s.pk, p.pk])
    assert genealogy.where_from([p]).lots == sorted([s.pk, p.pk])
    assert RunLot.objects.count() == 2


def test_ten_thousand_serials_in_one_entry(plant):
    item = plant.item("VALVE", tracking="serial", unit="ea")
    run, production, store = plant.run("WO-V"), plant.place("production"), plant.store
    moves = [
        Move(
            lot=Lot(item=item, number=f"PV-{n:06d}"),
            quantity=Decimal(1),
            origin=production,
            destination=store,
            destination_status="released",
            run=run,
        )
        for n in range(10_000)
    ]
    entry = plant.post(EntryKind.OUTPUT, *moves, document="WO-V", actor=plant.paul)
    assert entry.movements.count() == 10_000


def test_a_reversal_is_the_exact_negation_once(plant):
    lot = plant.receive("A-1", 100)
    shipment = plant.ship(lot, 40)
    ledger.reverse(shipment, reason="wrong truck", actor=plant.sam, client="test", key="r1")
    assert Balance.objects.get(lot=lot).quantity == Decimal(100)
    with pytest.raises(ledger.AlreadyReversed):
        ledger.reverse(shipment, reason="again", actor=plant.sam, client="test", key="r2")


def test_a_scope_hold_reaches_everything_made_from_the_start(plant):
    s = plant.receive("S")
    a, b = plant.run("WO-1"), plant.run("WO-2")
    plant.issue(s, a, 10)
    p = plant.output("P", a, 8)
    plant.issue(p, b, 8)
    q = plant.output("Q", b, 8)
    ledger.hold_scope(
        [s], reason="Salmonella", reference="RC-1", actor=plant.rhea, client="test", key="h", site=plant.site
    )
    assert set(Hold.objects.standing().values_list("lot_id", flat=True)) == {s.pk, p.pk, q.pk}
