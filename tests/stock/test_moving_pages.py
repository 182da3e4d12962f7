"""Move by scan, pack, split, pool, repack and raise tracking, through the pages."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from traceability import genealogy, ledger, stock
from traceability.ledger import Move
from traceability.models import (
    Balance,
    Container,
    Entry,
    EntryKind,
    Lot,
    Movement,
    RefusalRecord,
    Scan,
    Tracking,
)
from traceability.stock import Amount

SCAN = "/stock/move/scan"


def keys_of(page):
    return re.search(r'name="key" value="([0-9a-f]+)"', page.content.decode())[1]


def hand_of(page):
    return re.findall(r'name="hand" value="([^"]+)"', page.content.decode())


class Floor:
    """A person at the move page: `scan` types a code and Enter, and keeps what is in hand as the form does."""

    def __init__(self, client):
        self.client = client
        self.page = client.get("/stock/move/")

    def scan(self, code, **typed):
        data = {"key": keys_of(self.page), "hand": hand_of(self.page), "code": code, **typed}
        if pending := re.search(r'name="lot" value="(\d+)"', self.text):
            data["lot"] = pending[1]
        self.page = self.client.post(SCAN, data, follow=True)
        return self.page

    @property
    def text(self):
        return self.page.content.decode()


def here(lot):
    rows = Balance.objects.filter(lot=lot, quantity__gt=0)
    return {row.location.code: int(row.quantity) for row in rows.select_related("location")}


def test_two_scans_move_all_of_a_lot_and_undo_brings_it_back(plant, browse):
    lot = plant.receive("A-1", 100)
    floor = Floor(browse("rita"))
    floor.scan("A-1")
    assert "Scan the place where it goes" in floor.text
    floor.scan("STORE-2")
    assert here(lot) == {"STORE-2": 100}
    assert "100 lb of A-1 moved to STORE-2." in floor.text
    entry = Entry.objects.get(kind=EntryKind.TRANSFER)
    assert entry.movements.get().evidence == "scanned"
    undo = browse("rita").post("/stock/move/undo", {"seq": entry.seq, "key": "f00dfeed" * 4}, follow=True)
    assert "was taken back" in undo.content.decode()
    assert here(lot) == {"STORE-1": 100}


def test_a_part_is_typed_before_the_place_is_scanned_and_in_any_unit(plant, browse):
    item = plant.item("SALT")
    item.units.create(unit="bag", numerator=50)
    lot = plant.receive("A-1", 200, item=item)
    floor = Floor(browse("rita"))
    floor.scan("A-1")
    row = Balance.objects.get(lot=lot)
    floor.scan("STORE-2", **{f"quantity-b{row.pk}": "3", f"unit-b{row.pk}": "bag"})
    assert here(lot) == {"STORE-1": 50, "STORE-2": 150}


def test_a_form_sent_twice_moves_once(plant, browse):
    lot = plant.receive("A-1", 100)
    client = browse("rita")
    floor = Floor(client)
    page = floor.scan("A-1")
    row = Balance.objects.get(lot=lot)
    data = {"key": keys_of(page), "hand": hand_of(page), "code": "STORE-2", f"quantity-b{row.pk}": "40"}
    for _ in range(2):
        assert client.post(SCAN, data).status_code == 302
    assert here(lot) == {"STORE-1": 60, "STORE-2": 40}


def test_several_things_in_hand_go_in_one_entry(plant, browse):
    a, b = plant.receive("A-1", 10), plant.receive("B-1", 20)
    floor = Floor(browse("rita"))
    for code in ("A-1", "B-1", "STORE-2"):
        floor.scan(code)
    assert (here(a), here(b)) == ({"STORE-2": 10}, {"STORE-2": 20})
    assert Entry.objects.filter(kind=EntryKind.TRANSFER).count() == 1


def test_a_lot_in_two_places_is_asked_for_and_the_scan_of_its_place_answers(plant, browse):
    lot = plant.receive("A-1", 100)
    stock.move_stock(
        amounts=[Amount(lot=lot, quantity=Decimal(30), location=plant.store)], to=plant.store_2, actor=plant.rita, client="t", key="m"
    )  # fmt: skip
    floor = Floor(browse("rita"))
    floor.scan("A-1")
    assert "70 lb at STORE-1, loose" in floor.text
    assert "30 lb at STORE-2, loose" in floor.text
    floor.scan("STORE-2")
    floor.scan("QUARANTINE-1")
    assert here(lot) == {"STORE-1": 70, "QUARANTINE-1": 30}


def test_what_is_promised_stays_and_the_page_says_for_whom(plant, browse):
    lot = plant.receive("A-1", 100)
    ledger.reserve(
        moves=[Move(lot=lot, quantity=Decimal(60), origin=plant.store, destination=plant.place("customer"))],
        document="SH-7", actor=plant.sam, now=timezone.now(),
    )  # fmt: skip
    floor = Floor(browse("rita"))
    floor.scan("A-1")
    assert "promised to SH-7 stay here" in floor.text
    floor.scan("STORE-2")
    assert here(lot) == {"STORE-1": 60, "STORE-2": 40}


def test_a_held_lot_goes_to_the_cage_and_not_to_the_line_and_stays_in_hand(plant, browse):
    lot = plant.receive("A-1", 100)
    plant.hold(lot)
    floor = Floor(browse("paul"))
    floor.scan("A-1")
    refused = floor.scan("LINE-1")
    assert refused.status_code == 409
    assert "is on hold" in floor.text
    assert len(hand_of(refused)) == 1
    assert RefusalRecord.objects.get().code == "lot_on_hold"
    floor.scan("QUARANTINE-1")
    assert here(lot) == {"QUARANTINE-1": 100}


def test_a_label_that_lost_its_separators_is_refused_and_written_down(plant, browse):
    plant.receive("F-261022-1", item=plant.item("SHRIMP", gtin="09521234543213"))
    floor = Floor(browse("rita"))
    refused = floor.scan("]C1010952123454321310F-261022-115280422")
    assert refused.status_code == 422
    assert "S02" in floor.text
    assert Scan.objects.get().decision == "refused"


@pytest.mark.parametrize("code", ["ABX-99", "<script>alert(1)</script>", "C-1", "SUPPLIER-1"])
def test_an_unknown_code_is_answered_as_s01_and_nothing_moves(plant, browse, code):
    floor = Floor(browse("rita"))
    assert floor.scan(code).status_code == 404
    assert "S01" in floor.text
    assert "<script>alert" not in floor.text
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("quantity", ["0", "-1", "1e3", "1,5", "NaN", "１２", "101"])
def test_an_odd_quantity_is_refused_and_kept_in_the_field(plant, browse, quantity):
    lot = plant.receive("A-1", 100)
    floor = Floor(browse("rita"))
    floor.scan("A-1")
    row = Balance.objects.get(lot=lot)
    refused = floor.scan("STORE-2", **{f"quantity-b{row.pk}": quantity})
    assert refused.status_code in (409, 422)
    assert f'value="{quantity}"' in floor.text
    assert here(lot) == {"STORE-1": 100}


def test_a_pallet_is_built_packed_moved_and_broken_up_by_scan(plant, browse):
    lot = plant.receive("A-1", 100)
    client = browse("rita")
    page = client.get("/containers/new/")
    client.post("/containers/new/", {"key": keys_of(page), "kind": "pallet", "place": "STORE-1"})
    box = Container.objects.get()
    floor = Floor(client)
    floor.scan("A-1")
    asked = floor.scan(box.number)
    assert f"Put what is in hand on Pallet {box}" in floor.text
    client.post("/stock/move/put-down", {"key": keys_of(asked), "hand": hand_of(asked), "into": box.pk})
    assert Balance.objects.get(lot=lot, quantity__gt=0).container == box
    floor = Floor(client)
    floor.scan(box.number)
    assert "All that is in it goes along" in floor.text
    floor.scan("STORE-2")
    assert here(lot) == {"STORE-2": 100}
    shown = client.get(f"/containers/{box.pk}/").content.decode()
    assert "STORE-2" in shown
    assert "A-1" in shown
    client.post(f"/containers/{box.pk}/break-up/", {"key": keys_of(client.get(f"/containers/{box.pk}/"))})
    assert Balance.objects.get(lot=lot, quantity__gt=0).container is None
    assert [client.get(f"/containers/{state}").context["total"] for state in ("", "?state=broken_up")] == [
        0,
        1,
    ]


def test_all_that_is_in_a_pallet_is_held_from_its_page(plant, browse):
    lot = plant.receive("A-1", 100)
    box = stock.build(
        kind="pallet", location=plant.store, amounts=[Amount(lot=lot, quantity=Decimal(10), location=plant.store)], actor=plant.rita, client="t", key="b"
    )  # fmt: skip
    client = browse("sam")
    page = client.get(f"/containers/{box.pk}/hold/")
    assert "Hold 1 lot" in page.content.decode()
    empty = client.post(f"/containers/{box.pk}/hold/", {"key": keys_of(page), "reason": ""})
    assert empty.status_code == 422
    client.post(f"/containers/{box.pk}/hold/", {"key": keys_of(page), "reason": "torn wrap"})
    assert Lot.objects.on_hold().get() == lot


def make(client, address, step, **data):
    page = client.get(address)
    return client.post(address, {"key": keys_of(page), "step": step, **data}, follow=True)


def test_a_split_is_looked_at_before_it_is_done(plant, browse):
    """A-1 ──▶ A-1/1, A-1/2"""
    lot = plant.receive("A-1", 100, supplier_lot="DM-1", expires_on=timezone.localdate() + timedelta(days=90))
    row = Balance.objects.get(lot=lot)
    data = {f"take-{row.pk}": "100", "number-1": "A-1/1", "quantity-1": "60", "number-2": "A-1/2", "quantity-2": "40"}  # fmt: skip
    client = browse("rita")
    looked = make(client, f"/lots/{lot.pk}/split/", "preview", **data)
    assert "nothing is posted yet" in looked.content.decode()
    assert [(e.lot.number, e.before, e.after) for e in looked.context["effects"]] == [
        ("A-1", 100, 0),
        ("A-1/1", None, 60),
        ("A-1/2", None, 40),
    ]
    assert Lot.objects.count() == 1
    done = make(client, f"/lots/{lot.pk}/split/", "do", **data)
    assert done.context["lot"].number == "A-1/1"
    part = Lot.objects.get(number="A-1/2")
    assert (part.supplier_lot, part.expires_on) == ("DM-1", lot.expires_on)
    assert genealogy.where_used([lot]).reached == sorted(
        Lot.objects.exclude(pk=lot.pk).values_list("pk", flat=True)
    )


def test_parts_larger_than_the_lot_are_refused_and_the_form_is_kept(plant, browse):
    lot = plant.receive("A-1", 100)
    row = Balance.objects.get(lot=lot)
    refused = make(browse("rita"), f"/lots/{lot.pk}/split/", "do", **{f"take-{row.pk}": "100", "number-1": "P", "quantity-1": "101"})  # fmt: skip
    assert refused.status_code == 422
    assert 'value="101"' in refused.content.decode()
    assert Lot.objects.count() == 1


def test_a_pool_takes_the_shortest_life(plant, browse):
    """A, B ──▶ P"""
    soon = timezone.localdate() + timedelta(days=30)
    a, b = (
        plant.receive("A", 100, expires_on=soon),
        plant.receive("B", 50, expires_on=soon + timedelta(days=9)),
    )
    rows = {balance.lot_id: balance.pk for balance in Balance.objects.all()}
    data = {f"take-{rows[a.pk]}": "10", f"take-{rows[b.pk]}": "20", "number-1": "P", "to": "STORE-2"}
    make(browse("rita"), f"/items/{a.item_id}/pool/", "do", **data)
    pool = Lot.objects.get(number="P")
    assert (here(pool), pool.expires_on) == ({"STORE-2": 30}, soon)
    assert genealogy.where_from([pool]).reached == sorted([a.pk, b.pk])


def test_repacking_into_another_item_loses_something_only_with_a_reason_and_two_persons(plant, browse):
    from tests.cast import PASSWORD

    plant.item("BAG-2LB", unit="ea", decimals=0, weight_per_unit=Decimal(2), inspected_at=["final"])
    bulk = plant.receive("BULK", 100)
    row = Balance.objects.get()
    data = {
        f"take-{row.pk}": "100",
        "number-1": "BAGS",
        "item-1": "BAG-2LB",
        "quantity-1": "45",
        "to": "STORE-2",
    }
    client, address = browse("rita"), f"/items/{bulk.item_id}/repack/"
    assert make(client, address, "do", **data | {"quantity-1": "51"}).status_code == 422
    assert make(client, address, "do", **data).status_code == 422
    alone = make(client, address, "do", **data, reason="Spilled")
    assert "10.0%" in alone.content.decode().replace("10.0&#37;", "10.0%")
    assert alone.status_code == 422
    make(client, address, "do", **data, reason="Spilled", second_username="quinn", second_password=PASSWORD)
    bags = Lot.objects.get(number="BAGS")
    balance = Balance.objects.get(lot=bags, quantity__gt=0)
    assert (balance.quantity, balance.status) == (45, "quarantine")  # it is looked at when it is finished
    assert bags.requirements.get().stage == "final"
    entry = Movement.objects.filter(lot=bags).get().entry
    assert (entry.reason, entry.second_person) == ("Spilled", plant.quinn)


def test_tracking_is_raised_on_its_page_and_serials_may_be_a_range(plant, browse):
    item = plant.item("PUMP", tracking=Tracking.NONE, unit="ea")
    plant.post(
        EntryKind.RECEIPT,
        Move(lot=stock.untracked_lot(item), quantity=Decimal(3), origin=plant.place("supplier"), destination=plant.store, destination_status="released"),
        party=plant.supplier,
    )  # fmt: skip
    client, address = browse("quinn"), f"/items/{item.pk}/raise-tracking/"
    row = Balance.objects.get()
    page = client.get(address)
    short = client.post(address, {"key": keys_of(page), "to": "serial", f"numbers-{row.pk}": "P-008..009"})
    assert short.status_code == 422
    assert "P-008..009" in short.content.decode()
    for _ in range(2):
        answer = client.post(
            address, {"key": keys_of(page), "to": "serial", f"numbers-{row.pk}": "P-008..010"}
        )
        assert answer.status_code == 302
    item.refresh_from_db()
    assert item.tracking == Tracking.SERIAL
    assert sorted(Lot.objects.filter(is_serial=True).values_list("number", flat=True)) == [
        "P-008",
        "P-009",
        "P-010",
    ]
    assert browse("rita").get(address).status_code == 403


def test_the_pages_of_moving_are_closed_to_those_who_may_not(plant, browse):
    lot = plant.receive("A-1", 100)
    for address in ("/stock/move/", f"/lots/{lot.pk}/split/", f"/items/{lot.item_id}/pool/", f"/items/{lot.item_id}/repack/", "/containers/new/"):  # fmt: skip
        assert browse("ada").get(address).status_code == 403
        assert browse("rita").get(address).status_code == 200
    assert browse("ada").get("/containers/").status_code == 200
