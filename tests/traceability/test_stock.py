"""Moving, counting, splitting, pooling, and raising tracking with stock in place."""

from decimal import Decimal

import pytest

from traceability import genealogy, ledger, stock
from traceability.ledger import Move, verify
from traceability.models import Balance, Entry, EntryKind, Lot, Tracking
from traceability.stock import Amount


def on_hand(lot):
    return sum(Balance.objects.filter(lot=lot).values_list("quantity", flat=True))


def test_parts_of_a_split_lot_are_found_from_it(plant):
    """A ──▶ A/1, A/2"""
    lot = plant.receive("A", 100, supplier_lot="DM-1")
    parts = stock.split_lot(
        source=Amount(lot=lot, quantity=Decimal(100), location=plant.store),
        into=[("A/1", Decimal(60)), ("A/2", Decimal(40))],
        actor=plant.rita,
        client="t",
        key="s",
    )
    assert on_hand(lot) == 0
    assert [on_hand(part) for part in parts] == [60, 40]
    assert genealogy.where_used([lot]).reached == sorted(part.pk for part in parts)


def test_a_split_sent_twice_is_one_split(plant):
    lot = plant.receive("A", 100)
    source = Amount(lot=lot, quantity=Decimal(100), location=plant.store)
    for _ in range(2):
        stock.split_lot(source=source, into=[("A/1", Decimal(60))], actor=plant.rita, client="t", key="s")
    assert on_hand(lot) == 40


@pytest.mark.parametrize("half", ["issue", "output"])
def test_a_split_is_taken_back_as_a_whole_whichever_entry_is_reversed(plant, half):
    """A part whose whole was given back would have come from nowhere."""
    lot = plant.receive("A", 100)
    source = Amount(lot=lot, quantity=Decimal(60), location=plant.store)
    parts = stock.split_lot(source=source, into=[("A/1", Decimal(60))], actor=plant.rita, client="t", key="s")
    wrong = Entry.objects.get(kind=half)
    again = [
        ledger.reverse(wrong, reason="wrong lot", actor=plant.rita, client="t", key="r") for _ in range(2)
    ]
    assert again[0] == again[1]
    assert again[0].reverses == wrong
    assert on_hand(lot) == 100
    assert on_hand(parts[0]) == 0
    assert not Entry.objects.filter(kind__in=["issue", "output"], reversed_by__isnull=True).exists()
    assert verify.verify().is_sound


@pytest.mark.parametrize("half", ["issue", "output"])
def test_a_split_whose_part_has_gone_on_is_not_taken_back(plant, half):
    lot = plant.receive("A", 100)
    source = Amount(lot=lot, quantity=Decimal(60), location=plant.store)
    [part] = stock.split_lot(
        source=source, into=[("A/1", Decimal(60))], actor=plant.rita, client="t", key="s"
    )
    gone = plant.ship(part, 10)
    with pytest.raises(ledger.NotReversible) as refused:
        ledger.reverse(
            Entry.objects.get(kind=half), reason="wrong lot", actor=plant.rita, client="t", key="r"
        )
    assert gone.seq in refused.value.fields["in_the_way"]
    assert on_hand(lot) == 40


def test_a_pool_contains_all_it_was_poured_from(plant):
    a, b = plant.receive("A", 100), plant.receive("B", 100)
    pool = stock.pool_lots(
        sources=[Amount(lot=a, quantity=Decimal(10), location=plant.store), Amount(lot=b, quantity=Decimal(20), location=plant.store)],
        number="P", to=plant.store, actor=plant.rita, client="t", key="p",
    )  # fmt: skip
    assert genealogy.where_from([pool]).reached == sorted([a.pk, b.pk])
    assert on_hand(pool) == 30


def test_tracking_is_raised_with_stock_in_place_and_nothing_is_lost(plant):
    item = plant.item("SALT", tracking=Tracking.NONE)
    loose = stock.untracked_lot(item)
    move = Move(
        lot=loose,
        quantity=Decimal(500),
        origin=plant.place("supplier"),
        destination=plant.store,
        destination_status="released",
    )
    plant.post(EntryKind.RECEIPT, move, party=plant.supplier)
    lots = stock.raise_tracking(
        item=item,
        to=Tracking.LOT,
        lots=[(Amount(lot=loose, quantity=Decimal(500), location=plant.store), ["SALT-1"])],
        actor=plant.quinn,
        client="t",
        key="r",
    )
    item.refresh_from_db()
    assert item.tracking == Tracking.LOT
    assert on_hand(loose) == 0
    assert on_hand(lots[0]) == 500
    assert genealogy.where_from(lots).open_lots == [loose.pk]


def test_stock_left_behind_stops_the_raise(plant):
    item = plant.item("SALT", tracking=Tracking.NONE)
    loose = stock.untracked_lot(item)
    plant.post(
        EntryKind.RECEIPT,
        Move(
            lot=loose,
            quantity=Decimal(500),
            origin=plant.place("supplier"),
            destination=plant.store,
            destination_status="released",
        ),
        party=plant.supplier,
    )
    with pytest.raises(ledger.BadInput):
        stock.raise_tracking(
            item=item,
            to=Tracking.LOT,
            lots=[(Amount(lot=loose, quantity=Decimal(400), location=plant.store), ["SALT-1"])],
            actor=plant.quinn,
            client="t",
            key="r",
        )
    assert not Lot.objects.filter(number="SALT-1").exists()


def test_a_held_lot_may_be_moved_to_the_cage_but_not_to_the_line(plant):
    lot = plant.receive("A", 100)
    plant.hold(lot)
    amounts = [Amount(lot=lot, quantity=Decimal(100), location=plant.store)]
    with pytest.raises(ledger.LotOnHold):
        stock.move_stock(amounts=amounts, to=plant.place("line"), actor=plant.paul, client="t", key="m1")
    stock.move_stock(amounts=amounts, to=plant.place("quarantine"), actor=plant.paul, client="t", key="m2")
    assert Balance.objects.get(lot=lot, quantity__gt=0).location.kind == "quarantine"
