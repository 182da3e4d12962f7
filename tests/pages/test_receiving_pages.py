"""Receiving at the screen: who may, what is posted, and what is said."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from receiving import services
from receiving.models import Receipt
from traceability.models import Balance, Entry, EntryKind, Hold, Lot, RefusalRecord, Tracking


@pytest.fixture
def order(plant):
    panko = plant.item("PANKO", default_location=plant.store, inspected_at=["receiving"])
    predust = plant.item("PREDUST", default_location=plant.store, needs_expiry=True)
    lines = [
        services.OrderedItem(item=panko, quantity=Decimal(4000)),
        services.OrderedItem(item=predust, quantity=Decimal(1000)),
    ]
    return services.order(
        number="PO-5130",
        supplier=plant.supplier,
        lines=lines,
        actor=plant.rita,
        client="t",
        key="o",
        expected_on=date(2026, 11, 22),
    )


def at(order, verb=""):
    return f"/receiving/orders/{order.pk}/receive/{verb}"


def key_in(client, order):
    page = client.get(at(order)).content.decode()
    return page.split('id="post"')[1].split('name="key" value="')[1].split('"')[0]


def add(client, order, supplier_lot, quantity=1000, line=1, **rest):
    sent = {
        "key": key_in(client, order),
        "line": order.lines.get(position=line).pk,
        "supplier_lot": supplier_lot,
        "quantity": quantity,
        **rest,
    }
    return client.post(at(order, "add"), sent, follow=True)


def rows_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


PAGES = [
    "/receiving/",
    "/receiving/receipts/",
    "/receiving/orders/{order}/",
    "/receiving/orders/{order}/receive/",
]


@pytest.mark.parametrize("page", PAGES)
def test_nora_may_not_and_a_stranger_is_asked_to_log_in(page, order, browse, client):
    address = page.format(order=order.pk)
    assert browse("nora").get(address).status_code == 403
    assert client.get(address).headers["Location"].startswith("/login/?next=")


def test_whoever_only_looks_sees_orders_but_may_not_receive(order, browse):
    ada = browse("ada")
    assert ada.get("/receiving/").status_code == 200
    assert ada.get(at(order)).status_code == 403
    assert ada.post(at(order, "post"), {"key": "0" * 32}).status_code == 403


def test_a_delivery_of_two_lots_posts_one_entry(order, browse):
    rita = browse("rita")
    add(rita, order, "DM-P-7718", 1000)
    page = add(rita, order, "DM-P-7719", 500).content.decode()
    assert "1,500 of 4,000 lb, 2,500 lb to come" in page
    assert "Post 2 lots" in page
    done = rita.post(at(order, "post"), {"key": key_in(rita, order)}, follow=True)
    receipt = Receipt.objects.get()
    assert done.redirect_chain == [(f"/receiving/receipts/{receipt.pk}/", 302)]
    assert f"{receipt.number} is posted: 2 lots." in done.content.decode()
    assert Entry.objects.filter(kind=EntryKind.RECEIPT).count() == 1
    assert set(Balance.objects.filter(lot__received_under=receipt.number).values_list("lot__supplier_lot", "quantity", "status")) == {
        ("DM-P-7718", 1000, "quarantine"), ("DM-P-7719", 500, "quarantine"),
    }  # fmt: skip


def test_a_double_submit_and_the_back_button_give_one_receipt(order, browse):
    rita = browse("rita")
    add(rita, order, "DM-P-7718")
    key = key_in(rita, order)
    rita.post(at(order, "post"), {"key": key})
    again = rita.post(at(order, "post"), {"key": key}, follow=True)
    assert "was posted already" in again.content.decode()
    back = rita.post(
        at(order, "add"),
        {"key": key, "line": order.lines.first().pk, "supplier_lot": "DM-P-9", "quantity": 5},
        follow=True,
    )
    assert "was posted already" in back.content.decode()
    assert Receipt.objects.count() == 1
    assert Lot.objects.count() == 1


def test_a_lot_form_sent_twice_adds_one_lot(order, browse):
    rita = browse("rita")
    add(rita, order, "DM-P-7718", lot_id="a" * 32)
    add(rita, order, "DM-P-7718", lot_id="a" * 32, confirm="yes")
    assert "Post 1 lot<" in rita.get(at(order)).content.decode()


def test_what_is_missing_is_said_on_the_button_and_at_the_field(order, browse):
    rita = browse("rita")
    assert "disabled>Post, no lot yet" in rita.get(at(order)).content.decode()
    response = add(rita, order, "", "1e3")
    page = response.content.decode()
    assert response.status_code == 422
    assert "The lot was not added." in page
    assert "needs its supplier&#x27;s lot number" in page
    assert 'value="1e3"' in page
    assert "disabled>Post, no lot yet" in page


def test_a_refusal_keeps_the_delivery_and_what_was_typed(order, browse):
    rita = browse("rita")
    assert "800 lb of Panko is more than was ordered." in add(rita, order, "DM-P-1", 4800).content.decode()
    response = rita.post(
        at(order, "post"), {"key": key_in(rita, order), "note": "Door 2", "reason": "Truck was full"}
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert '<span class="banner-code">over_receipt</span>' in page
    assert "Receive 4,200 lb, or let a second person approve it" in page
    assert 'value="Door 2"' in page
    assert "Truck was full" in page
    assert "Post 1 lot, with approval" in page
    assert RefusalRecord.objects.get().code == "over_receipt"
    assert not Receipt.objects.exists()


def test_more_than_ordered_is_posted_with_a_second_person(order, browse):
    from tests.cast import PASSWORD

    rita = browse("rita")
    add(rita, order, "DM-P-1", 4800)
    sent = {"key": key_in(rita, order), "reason": "Truck was full", "second_username": "quinn"}
    wrong = rita.post(at(order, "post"), sent | {"second_password": "guess"})
    assert (wrong.status_code, "second_person_unknown" in wrong.content.decode()) == (403, True)
    assert "guess" not in wrong.content.decode()
    alone = rita.post(at(order, "post"), sent | {"second_username": "rita", "second_password": PASSWORD})
    assert "same_person" in alone.content.decode()
    rita.post(at(order, "post"), sent | {"second_password": PASSWORD})
    assert Entry.objects.get(kind=EntryKind.RECEIPT).second_person.username == "quinn"


def test_a_supplier_lot_that_came_before_is_told_and_must_be_confirmed(order, browse):
    rita = browse("rita")
    add(rita, order, "DM-P-7719", 100)
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    asked = add(rita, order, "dm p 7719", 200)
    page = asked.content.decode()
    assert asked.status_code == 409
    assert "was already received." in page
    assert "PO-5130" in page
    assert 'Scan a lot, or <span class="lot-code">dm p 7719</span> again' in page
    assert "no lot yet" in page
    rita.post(at(order, "scan"), {"code": "DM-P-7719"})
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    assert Lot.objects.filter(supplier_lot_key="DMP7719").count() == 2


def test_scanning_an_item_and_then_a_lot_fills_the_lot_in_hand(order, browse):
    rita = browse("rita")
    rita.post(at(order, "scan"), {"code": "PANKO"})
    assert "Scan a lot of Panko" in rita.get(at(order)).content.decode()
    rita.post(at(order, "scan"), {"code": "DM-P-7719"})
    page = rita.get(at(order)).content.decode()
    assert 'value="DM-P-7719"' in page
    assert "Scan a place, or the next lot" in page


def test_a_label_that_says_everything_is_added_at_once(order, browse, plant):
    item = order.lines.get(position=2).item
    item.gtin = "00614141123452"
    item.save()
    rita = browse("rita")
    rita.post(at(order, "scan"), {"code": "010061414112345217280415320200100010DM-X-1\x1d"})
    page = rita.get(at(order)).content.decode()
    assert "Post 1 lot<" in page
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    lot = Lot.objects.get()
    assert (lot.supplier_lot, lot.expires_on) == ("DM-X-1", date(2028, 4, 15))
    assert lot.movements.get().evidence == "scanned"
    assert lot.movements.get().quantity == 10


def test_a_missing_best_by_date_is_told_before_it_becomes_a_hold(order, browse):
    rita = browse("rita")
    page = add(rita, order, "DM-X-1", 100, line=2).content.decode()
    assert "Predust needs a best-by date." in page
    assert "1 lot without a best-by date will be received on hold." in page
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    assert Hold.objects.get().reason == "Best-by date is missing"


def test_a_lot_taken_off_goes_back_into_the_hand(order, browse):
    rita = browse("rita")
    page = add(rita, order, "DM-P-7718", 77).content.decode()
    lot_id = page.split('name="lot" value="')[1].split('"')[0]
    page = rita.post(at(order, "take-off"), {"lot": lot_id}, follow=True).content.decode()
    assert "DM-P-7718 was taken off." in page
    assert 'value="77"' in page
    assert "no lot yet" in page


def test_serials_are_counted_and_become_units(plant, browse):
    router = plant.item("ROUTER", tracking=Tracking.SERIAL, unit="ea", default_location=plant.store)
    order = services.order(
        number="PO-7",
        supplier=plant.supplier,
        lines=[services.OrderedItem(item=router, quantity=Decimal(3))],
        actor=plant.rita,
        client="t",
        key="o",
    )
    rita = browse("rita")
    add(rita, order, "", "", serials="SN-1\nSN-2\nSN-3\n")
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    assert sorted(Lot.objects.values_list("number", flat=True)) == ["SN-1", "SN-2", "SN-3"]


@pytest.fixture
def receipt(order, browse):
    rita = browse("rita")
    add(rita, order, "DM-P-7718", 1000)
    add(rita, order, "DM-P-7719", 500)
    rita.post(at(order, "post"), {"key": key_in(rita, order)})
    return Receipt.objects.get()


def test_the_csv_equals_the_table(receipt, browse):
    ada = browse("ada")
    for address, heads in (
        (f"/receiving/receipts/{receipt.pk}/", 9),
        ("/receiving/receipts/", 7),
        ("/receiving/?state=all", 7),
    ):
        page = ada.get(address)
        assert page.status_code == 200
        mark = "&" if "?" in address else "?"
        found = rows_of(ada.get(f"{address}{mark}format=csv"))
        table = page.context["rows"]
        assert len(found) - 1 == len(table) == page.context["total"]
        assert len(table[0]) == heads
        for line, cells in zip(found[1:], table, strict=True):
            for cell in cells:
                if isinstance(cell.value, str):
                    assert cell.value in line


def test_a_mistyped_filter_is_no_answer(order, browse):
    assert browse("ada").get("/receiving/?suplier=Delta").status_code == 400


def test_the_receipt_shows_lots_statuses_and_its_entry(receipt, browse):
    page = browse("rita").get(f"/receiving/receipts/{receipt.pk}/").content.decode()
    for words in (
        "DM-P-7718",
        "DM-P-7719",
        "Awaiting QC",
        "PO-5130",
        "Rita",
        "/entries/1/",
        "Return",
        "data-print",
    ):
        assert words in page


def test_a_quantity_goes_back_to_its_supplier(receipt, browse):
    line = receipt.lines.first()
    rita, address = browse("rita"), f"/receiving/lines/{line.pk}/return/"
    key = rita.get(address).content.decode().split('name="key" value="')[1].split('"')[0]
    sent = {
        "key": key,
        "stock": Balance.objects.get(lot=line.lot).pk,
        "quantity": "300",
        "unit": "lb",
        "reason": "Bags torn",
    }
    refused = rita.post(address, sent | {"quantity": "3000"})
    assert refused.status_code == 409
    assert "insufficient_quantity" in refused.content.decode()
    assert "Bags torn" in refused.content.decode()
    for _ in range(2):
        done = rita.post(address, sent, follow=True)
    assert "300 lb of DM-P-7718 went back to Delta Mill" in done.content.decode()
    assert Balance.objects.get(lot=line.lot).quantity == 700
    assert browse("quinn").get(address).status_code == 403


def test_a_wrong_line_is_corrected_by_adding(receipt, browse):
    line = receipt.lines.first()
    address = f"/receiving/lines/{line.pk}/correct/"
    done = browse("rita").post(
        address, {"key": "c" * 32, "quantity": "990", "reason": "Scale was off", "stock": ""}, follow=True
    )
    page = done.content.decode()
    assert "now says 990 lb" in page
    assert "was 1,000" in page
    assert Balance.objects.get(lot=line.lot).quantity == 990


def test_the_menu_counts_what_is_expected(order, browse):
    page = browse("rita").get("/receiving/").content.decode()
    assert '/receiving/" aria-current="page"' in page
    assert "PO-5130" in page
