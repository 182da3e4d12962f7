"""Receiving at the screen: who may, what is posted, and what is said."""

import csv
import io

import pytest

from receiving.models import Delivery, Receipt
from tests.cast import PASSWORD
from tests.receiving.dock import label, make_dock, make_order
from traceability.models import Balance, Entry, EntryKind, Hold, Lot, RefusalRecord, Tracking


@pytest.fixture
def dock(plant):
    """PO-5130 is expected; nobody receives it yet."""
    dock = make_dock(plant)
    Delivery.objects.all().delete()
    return dock


@pytest.fixture
def order(dock):
    return dock.order


class Truck:
    """Somebody at the page of a delivery."""

    def __init__(self, client, order):
        self.client, self.base = client, f"/receiving/orders/{order.pk}/receive/"
        self.page = client.get(self.base)

    def post(self, verb, **sent):
        self.page = self.client.post(f"{self.base}{verb}", sent)
        address = self.page.headers.get("X-Page-Address")
        if address:
            self.base = address
        return self.page.content.decode()

    def scan(self, text, **rest):
        return self.post("scan", code=text, **rest)

    def lot(self, item, supplier_lot, quantity, **rest):
        return self.post("lot", item=item.pk, supplier_lot=supplier_lot, quantity=quantity, **rest)

    def finish(self, **sent):
        self.page = self.client.post(f"{self.base}post", sent, follow=True)
        return self.page.content.decode()


@pytest.fixture
def truck(order, browse):
    return Truck(browse("rita"), order)


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
    assert ada.get(f"/receiving/orders/{order.pk}/receive/").status_code == 403
    assert ada.post(f"/receiving/orders/{order.pk}/receive/scan", {"code": "X"}).status_code == 403
    assert not Delivery.objects.exists()


def test_looking_begins_nothing_and_the_first_scan_does(truck):
    assert "disabled>Post: no lot yet" in truck.page.content.decode()
    assert not Delivery.objects.exists()
    page = truck.scan(label("BATTER", "DM-B-1"))
    assert "Post 1 lot<" in page
    assert truck.base == f"/receiving/deliveries/{Delivery.objects.get().pk}/"
    assert "750 lb to come" in truck.client.get(truck.base).content.decode()


def test_a_delivery_of_two_lots_posts_one_entry(truck):
    truck.scan(label("PANKO", "DM-P-7718", 500))
    page = truck.scan(label("PANKO", "DM-P-7717", 400))
    assert "900 of 1,000 lb, 100 lb to come" in page
    done = truck.finish(note="Door 2")
    receipt = Receipt.objects.latest("pk")
    assert truck.page.redirect_chain == [(f"/receiving/receipts/{receipt.pk}/", 302)]
    assert f"{receipt.number} is posted: 2 lots." in done
    assert "Door 2" in done
    assert Entry.objects.filter(kind=EntryKind.RECEIPT, document=receipt.number).count() == 1
    assert set(Balance.objects.filter(lot__received_under=receipt.number).values_list("lot__supplier_lot", "quantity", "status")) == {
        ("DM-P-7718", 500, "quarantine"), ("DM-P-7717", 400, "quarantine"),
    }  # fmt: skip


def test_a_double_submit_and_the_back_button_give_one_receipt(truck):
    truck.scan(label("BATTER", "DM-B-1"))
    before = Receipt.objects.count()
    truck.finish()
    assert "was posted already" in truck.finish()
    back = truck.client.post(f"{truck.base}scan", {"code": label("BATTER", "DM-B-2")}, follow=True)
    assert "was posted already" in back.content.decode()
    assert truck.client.get(truck.base, follow=True).redirect_chain[0][0].startswith("/receiving/receipts/")
    assert Receipt.objects.count() == before + 1


def test_a_form_sent_twice_adds_one_lot(truck, dock):
    truck.scan("PANKO")
    for _ in range(2):
        truck.lot(dock.items["PANKO"], "DM-P-1", 250, expires_on="19 may 28", scan_key="a" * 32)
    assert dock.items["PANKO"]
    assert Delivery.objects.get().lines.get().quantity == 250


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_is_kept(truck, dock):
    truck.scan("PANKO")
    page = truck.lot(dock.items["PANKO"], "DM-P-1", "1e3", expires_on="oct 27")
    assert "The lot was not added." in page
    assert 'value="1e3"' in page
    assert 'value="DM-P-1"' in page
    assert "is not a day that can be read one way only" in page
    assert "disabled>Post: no lot yet" in page


def test_the_answers_are_buttons_that_work_without_script(truck):
    page = truck.scan(label("PANKO", "DM-P-7719"))
    assert '<span class="lot-code">DM-P-7719</span> of Panko was already received' in page
    assert 'Scan a lot, or <span class="lot-code">DM-P-7719</span> again' in page
    assert 'value="second_receipt="' in page
    assert "Post 1 lot<" in truck.post("answer", choice="second_receipt=")


def test_a_lead_approves_at_the_same_screen(truck):
    page = truck.scan(label("PANKO", "DM-P-1", 1080))
    assert "Ask a lead to approve 1,080" in page
    sent = {"choice": "approve", "reason": "Truck was full", "second_username": "quinn"}
    wrong = truck.post("answer", **sent, second_password="guess")
    assert "was not recognised" in wrong
    assert "guess" not in wrong
    assert "Truck was full" in wrong
    assert "somebody else" in truck.post(
        "answer", **{**sent, "second_username": "rita"}, second_password=PASSWORD
    )
    assert "approved by Quinn" in truck.post("answer", **sent, second_password=PASSWORD)
    truck.finish()
    assert Entry.objects.filter(kind=EntryKind.RECEIPT).latest("seq").second_person.username == "quinn"
    assert RefusalRecord.objects.filter(code="second_person_unknown").exists()


def test_the_truck_check_and_its_failure_are_said_on_the_page(truck, dock):
    dock.items["BATTER"].needs_truck_check = True
    dock.items["BATTER"].save()
    page = truck.scan(label("BATTER", "DM-B-1"))
    assert "disabled>Post: truck check open" in page
    assert "Nothing was saved." in truck.post("truck", temperature="warm")
    page = truck.post(
        "truck",
        is_cold="False",
        is_sealed="True",
        is_clean="True",
        temperature="12.5",
        temperature_unit="°C",
        delivery_note="BOL-77",
    )
    assert "All of this delivery is received on hold." in page
    assert "BOL-77" in truck.finish()
    assert Hold.objects.get().reason == "Truck check failed: not cold enough"


def test_what_is_refused_at_the_dock_stands_on_the_receipt(truck, dock):
    truck.scan(label("BATTER", "DM-B-1"))
    assert "Why it is refused" in truck.post("refuse", item=dock.items["BATTER"].pk, quantity="50", reason="")
    truck.post(
        "refuse", item=dock.items["BATTER"].pk, quantity="50", reason="Bags torn", supplier_lot="DM-B-2"
    )
    page = truck.finish()
    assert "Bags torn" in page
    assert "Refused at the dock" in page


def test_a_scan_that_waited_lands_in_the_exceptions_with_its_words(truck):
    truck.scan(label("BATTER", "DM-B-1"))
    page = truck.scan(label("PANKO", "DM-P-7719"), scanned_at="1764000000000", scan_key="b" * 32)
    assert "Exceptions" in page
    assert "disabled>Post: 1 exception to settle" in page
    step = Delivery.objects.get().steps.get(is_exception=True)
    page = truck.post("exception", step=step.pk, do="again")
    assert "was already received" in page
    assert "second_receipt" in page


def test_without_an_order_a_supplier_is_enough(plant, dock, browse):
    rita = browse("rita")
    assert "Something else came" in rita.get("/receiving/").content.decode()
    page = rita.post("/receiving/unannounced", {"supplier": plant.supplier.pk}, follow=True)
    assert "Without an order: Delta Mill" in page.content.decode()
    assert rita.post("/receiving/unannounced", {"supplier": plant.customer.pk}).status_code == 404


def test_a_delivery_of_another_site_is_not_found(truck, plant, browse):
    from tests.cast import make_site

    truck.scan(label("BATTER", "DM-B-1"))
    plant.rita.sites.set([make_site("OTHER")])
    assert browse("rita").get(truck.base).status_code == 404
    assert browse("rita").post(f"{truck.base}post").status_code == 404


def test_a_page_that_asks_for_the_part_gets_the_part(truck):
    truck.scan(label("BATTER", "DM-B-1"))
    part = truck.client.get(truck.base, headers={"X-Floor": "1"}).content.decode()
    assert "<html" not in part
    assert "floor-bar" in part
    assert len(part) < 24_000


def test_serials_as_a_range_become_units(plant, browse):
    stem = plant.item("STEM", tracking=Tracking.SERIAL, unit="ea", default_location=plant.store)
    truck = Truck(browse("rita"), make_order(plant, "PO-7", (stem, 3)))
    truck.scan("1", typed="yes")
    truck.post("lot", item=stem.pk, serials="SN-1..3")
    truck.finish()
    assert sorted(Lot.objects.filter(item=stem).values_list("number", flat=True)) == ["SN-1", "SN-2", "SN-3"]


def test_a_scanned_order_opens_its_delivery(order, browse):
    rita = browse("rita")
    assert (
        rita.post("/receiving/open", {"code": "PO-5130"})["Location"]
        == f"/receiving/orders/{order.pk}/receive/"
    )
    unknown = rita.post("/receiving/open", {"code": "PO-9999"}, follow=True).content.decode()
    assert "Nothing here is called" in unknown


def test_hostile_text_is_text_on_the_page(truck):
    page = truck.scan("<script>alert(1)</script>`**x**")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.fixture
def receipt(truck):
    truck.scan(label("PANKO", "DM-P-7718", 1000))
    truck.scan(label("PREDUST", "DM-D-7719", 500))
    truck.finish()
    return Receipt.objects.latest("pk")


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
        "DM-D-7719",
        "Awaiting QC",
        "PO-5130",
        "Rita",
        "/entries/",
        "Return",
        "/print/receipt/",
        "History",
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
    assert f"300 lb of {line.lot.number} went back to Delta Mill" in done.content.decode()
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


def test_a_line_that_is_touched_first_begins_the_delivery(truck, dock):
    page = truck.post("answer", choice=f"item={dock.items['PANKO'].pk}", scan_key="a" * 32)
    assert "Scan a lot of Panko" in page
    assert Delivery.objects.count() == 1


def test_what_is_asked_for_stands_first_and_a_lot_can_be_left(truck):
    page = truck.scan(label("PREDUST", "DM-D-1", best_by=""), scan_key="a" * 32)
    assert page.index("asked-for") < page.index('name="expires_on"') < page.index('id="by-hand"')
    assert page.count('name="expires_on"') == page.count('name="made_on"') == 1
    left = truck.post("answer", choice="cancel", scan_key="c" * 32)
    assert "Left." in left
    assert "Leave this lot" not in left


def test_files_attached_at_the_dock_stand_on_the_receipt(truck, browse, settings, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path
    truck.scan(label("BATTER", "DM-B-1"))
    delivery = Delivery.objects.get()
    rita = truck.client
    sent = {
        "about": "delivery",
        "subject": delivery.pk,
        "next": truck.base,
        "kind": "certificate",
        "key": "k" * 32,
    }
    rita.post(
        "/files/add",
        sent | {"file": SimpleUploadedFile("COA.csv", b"lot,moisture\nDM-B-1,4.1\n", "text/csv")},
    )
    assert "Certificates and photos: 1" in rita.get(truck.base).content.decode()
    truck.finish()
    receipt = Receipt.objects.latest("pk")
    page = browse("ada").get(f"/receiving/receipts/{receipt.pk}/").content.decode()
    assert "COA.csv" in page
    assert "Certificate of analysis" in page
    assert "COA.csv" in browse("ada").get(f"/receiving/suppliers/{receipt.supplier_id}/").content.decode()
    assert "COA.csv" not in browse("pia").get(f"/receiving/suppliers/{receipt.supplier_id}/").content.decode()
