"""Pallets, drums and totes: built, packed, moved, nested, broken up and held, each in one entry and never in two places."""

from decimal import Decimal

import pytest

from tests.concurrency.together import race
from traceability import ledger, stock
from traceability.ledger import verify
from traceability.models import Balance, Container, Entry, EntryKind, Hold
from traceability.numbering import next_sscc
from traceability.scanning.gs1 import check_digit
from traceability.stock import Amount, containers


@pytest.fixture
def packed(plant):
    """P (pallet) at STORE-1 holds 40 of A and the drum D, which holds 20 of B; 60 of A stand loose."""
    plant.a, plant.b = plant.receive("A", 100), plant.receive("B", 20)
    plant.drum = build(plant, "drum", Amount(lot=plant.b, quantity=Decimal(20), location=plant.store))
    plant.pallet = build(plant, "pallet", Amount(lot=plant.a, quantity=Decimal(40), location=plant.store))
    move(plant, plant.drum, plant.store, into=plant.pallet)
    return plant


def build(plant, kind, *amounts, key=None, **rest):
    return stock.build(
        kind=kind, location=plant.store, amounts=amounts, actor=plant.rita, client="t", key=key or plant.key(), **rest
    )  # fmt: skip


def move(plant, box, to, **rest):
    return stock.move_container(
        container=box, to=to, actor=plant.rita, client="t", key=rest.pop("key", None) or plant.key(), **rest
    )  # fmt: skip


def contents():
    rows = Balance.objects.filter(quantity__gt=0).values_list(
        "lot__number", "location__code", "container__number", "quantity"
    )
    return {(lot, place, box or "", int(quantity)) for lot, place, box, quantity in rows}


def test_an_sscc_has_the_check_digit_of_gs1_and_counts_on(plant):
    assert check_digit("10614141234567890") == 8
    assert check_digit("400638133393") == 1
    first, second = next_sscc("0614141"), next_sscc("0614141")
    assert (len(first), first[:8], second[:17]) == (18, "00614141", "00614141000000002")
    assert int(first[-1]) == check_digit(first[:17])


def test_a_site_with_a_prefix_numbers_pallets_by_sscc_and_one_without_by_itself(plant):
    assert build(plant, "pallet").number == "PLT-000001"
    plant.site.gs1_company_prefix = "0614141"
    plant.site.save()
    assert build(plant, "pallet").number == "006141410000000012"[:17] + str(check_digit("00614141000000001"))


def test_a_pallet_moves_with_all_that_is_in_it_in_one_entry(packed):
    before = Entry.objects.count()
    move(packed, packed.pallet, packed.store_2)
    assert Entry.objects.count() == before + 1
    assert contents() == {
        ("A", "STORE-1", "", 60),
        ("A", "STORE-2", packed.pallet.number, 40),
        ("B", "STORE-2", packed.drum.number, 20),
    }
    assert {place.code for place in stock.whereabouts([packed.pallet, packed.drum]).values()} == {"STORE-2"}


def test_building_twice_with_one_key_is_one_pallet(packed):
    amount = Amount(lot=packed.a, quantity=Decimal(5), location=packed.store)
    assert build(packed, "tote", amount, key="same") == build(packed, "tote", amount, key="same")
    with pytest.raises(ledger.KeyReused):
        build(packed, "drum", amount, key="same")


def test_a_number_that_stands_on_a_drum_is_taken_once(packed):
    build(packed, "drum", number="D-77")
    with pytest.raises(ledger.BadInput, match="There is a container D-77 already"):
        build(packed, "drum", number="D-77")


def test_no_container_goes_into_itself_or_what_stands_in_it(packed):
    for into in (packed.pallet, packed.drum):
        with pytest.raises(stock.ContainerStuck):
            move(packed, packed.pallet, packed.store, into=into)


def test_into_a_container_only_where_it_stands(packed):
    other = build(packed, "pallet")
    move(packed, other, packed.store_2)
    with pytest.raises(stock.ContainerStuck, match="stands at STORE-2"):
        move(packed, packed.drum, packed.store, into=other)
    move(packed, packed.drum, packed.store_2, into=other)
    assert ("B", "STORE-2", packed.drum.number, 20) in contents()


def test_what_is_packed_goes_to_where_the_container_stands(packed):
    move(packed, packed.pallet, packed.store_2)
    amount = Amount(lot=packed.a, quantity=Decimal(10), location=packed.store)
    stock.pack(container=packed.pallet, amounts=[amount], actor=packed.rita, client="t", key="p")
    assert ("A", "STORE-2", packed.pallet.number, 50) in contents()
    out = Amount(lot=packed.a, quantity=Decimal(50), location=packed.store_2, container=packed.pallet)
    stock.take_out(container=packed.pallet, amounts=[out], actor=packed.rita, client="t", key="o")
    assert ("A", "STORE-2", "", 50) in contents()


def test_broken_up_its_content_stands_loose_and_its_number_is_gone(packed):
    stock.break_up(container=packed.pallet, actor=packed.rita, client="t", key="b")
    assert contents() == {("A", "STORE-1", "", 100), ("B", "STORE-1", packed.drum.number, 20)}
    packed.drum.refresh_from_db()
    assert packed.drum.parent is None
    with pytest.raises(stock.ContainerStuck, match="was broken up"):
        move(packed, packed.pallet, packed.store_2)


def test_holding_a_pallet_holds_every_lot_in_it_at_any_depth_in_one_entry(packed):
    entry = stock.hold_container(
        container=packed.pallet, reason="torn wrap", actor=packed.rita, client="t", key="h"
    )
    assert set(Hold.objects.standing().values_list("lot__number", flat=True)) == {"A", "B"}
    again = stock.hold_container(
        container=packed.pallet, reason="torn wrap", actor=packed.rita, client="t", key="h"
    )
    assert again == entry


def test_a_move_taken_back_puts_the_container_where_it_stood(packed):
    before = contents()
    move(packed, packed.pallet, packed.store_2, key="m")
    entry = Entry.objects.filter(kind=EntryKind.TRANSFER).first()
    for _ in range(2):
        stock.undo_move(entry=entry, actor=packed.rita, client="t", key="u")
    assert contents() == before
    assert stock.whereabouts([packed.pallet])[packed.pallet.pk].code == "STORE-1"
    with pytest.raises(ledger.NotPermitted):
        stock.undo_move(entry=entry, actor=packed.sam, client="t", key="u2")
    report = verify.verify()
    assert report.is_sound, report.findings


def test_taking_back_a_break_up_makes_the_pallet_whole(packed):
    before = contents()
    stock.break_up(container=packed.pallet, actor=packed.rita, client="t", key="b")
    entry = Entry.objects.filter(kind=EntryKind.TRANSFER).first()
    stock.undo_move(entry=entry, actor=packed.rita, client="t", key="u")
    assert contents() == before
    packed.drum.refresh_from_db()
    assert packed.drum.parent == packed.pallet


@pytest.mark.parametrize("locks", [True, False])
def test_two_containers_put_into_each_other_at_once_are_a_ring_only_without_locks(
    committed_plant, monkeypatch, locks
):
    plant = committed_plant
    a, b = build(plant, "pallet"), build(plant, "pallet")
    outcomes = race(
        lambda: move(plant, a, plant.store, into=b, key="ab"),
        lambda: move(plant, b, plant.store, into=a, key="ba"),
        monkeypatch,
        locks=locks,
        before=(containers, "_noted"),
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, stock.ContainerStuck)]
    free = Container.objects.filter(pk__in=[a.pk, b.pk], parent__isnull=True).count()
    assert (len(refused), free) == ((1, 1) if locks else (0, 0))


@pytest.mark.parametrize("locks", [True, False])
def test_what_is_packed_while_the_pallet_moves_never_stays_behind(committed_plant, monkeypatch, locks):
    plant = committed_plant
    lot, other = plant.receive("A", 100), plant.receive("B", 5)
    pallet = build(plant, "pallet", Amount(lot=lot, quantity=Decimal(40), location=plant.store))
    race(
        lambda: move(plant, pallet, plant.store_2, key="m"),
        lambda: stock.pack(
            container=pallet, amounts=[Amount(lot=other, quantity=Decimal(5), location=plant.store)], actor=plant.sam, client="t", key="p"
        ),
        monkeypatch, locks=locks, before=(containers, "_noted"),
    )  # fmt: skip
    places = set(
        Balance.objects.filter(container=pallet, quantity__gt=0).values_list("location__code", flat=True)
    )
    assert places == ({"STORE-2"} if locks else {"STORE-1", "STORE-2"})
