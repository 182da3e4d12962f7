"""Every paper has its number, page, history, print form and files: the kit, and each kind through it."""

import io
from decimal import Decimal

import pytest

from tests import files
from tests.cast import make_site
from traceability import attachments, history, ledger, papers, subjects
from traceability.ledger import Move
from traceability.models import EntryKind

EVERY = {
    "purchase_order",
    "receipt",
    "inspection",
    "work_order",
    "order",
    "shipment",
    "customer_return",
    "recall",
    "document",
}


@pytest.fixture
def moved(plant):
    lot = plant.receive("A-1", supplier_lot="CS-26-2874")
    return lot, transfer(plant, lot, "MV-000042")


def transfer(plant, lot, document, **rest):
    move = Move(
        lot=lot,
        quantity=Decimal(4),
        origin=plant.store,
        origin_status="released",
        destination=plant.store_2,
        destination_status="released",
    )
    return plant.post(EntryKind.TRANSFER, move, document=document, **rest)


def test_every_kind_of_paper_is_registered_with_its_form():
    kinds = {kind.name: kind for kind in subjects.kinds() if kind.key == "number"}
    assert set(kinds) >= EVERY
    for name, kind in kinds.items():
        assert kind.paper, f"{name} has no print form"
        assert kind.right, name


def test_a_number_leads_to_its_paper_in_any_place(plant, moved, browse):
    _, entry = moved
    rita = browse("rita")
    assert rita.get(f"/search?q={entry.document.lower()}")["Location"] == f"/documents/{entry.document}"
    page = rita.get(f"/documents/{entry.document}").content.decode()
    for words in ("Transfer", "STORE-1", "STORE-2", "A-1", "History", "Files"):
        assert words in page
    assert f'href="/documents/{entry.document}"' in rita.get(f"/entries/{entry.seq}/").content.decode()
    assert rita.get("/documents/NOTHING-1").status_code == 404
    assert browse("alma").get(f"/documents/{entry.document}").status_code == 404


def test_two_papers_of_one_number_are_both_shown(plant, browse):
    from receiving.models import PurchaseOrder
    from shipping.models import Order

    keys = {"client": "t", "fingerprint": b"x" * 32}
    PurchaseOrder.objects.create(
        number="5130", supplier=plant.supplier, ordered_by=plant.rita, key="a", **keys
    )
    Order.objects.create(number="5130", customer=plant.customer, ordered_by=plant.sam, key="b", **keys)
    page = browse("rita").get("/documents/5130").content.decode()
    assert "Purchase order 5130" in page
    assert "Sales order 5130" in page
    assert [subject.kind.name for subject in papers.find_number("5130", person=plant.rita)] == [
        "purchase_order",
        "order",
    ]


def test_the_sheet_has_number_signs_site_time_and_size(plant, moved, browse):
    _, entry = moved
    address = f"/print/document/{entry.document}"
    sheet = browse("rita").get(address).content.decode()
    for words in (
        "Plant site, Bayou La Batre AL",
        entry.document,
        "<svg",
        "A-1",
        "4&nbsp;",
        "Printed",
        "paper.css",
        "Done by, date",
    ):
        assert words in sheet
    assert "paper-a4.css" not in sheet
    assert "paper-a4.css" in browse("rita").get(f"{address}?paper=a4").content.decode()
    assert "<script>" not in sheet
    told = (
        b"".join(browse("rita").get(f"{address}?format=csv").streaming_content)
        .decode("utf-8-sig")
        .splitlines()
    )
    assert told[0] == "Entry,Lot,Item,Item code,Quantity,Quantity unit,From,To"
    assert told[1].split(",")[4:6] == ["4", "lb"]
    assert browse("rita").get(f"{address}?format=csv&table=9").status_code == 404
    assert browse("alma").get(address).status_code == 404
    assert browse("nora").get(address).status_code == 403


def test_the_bar_code_on_the_sheet_reads_as_its_number(plant, moved, browse):
    zxingcpp = pytest.importorskip("zxingcpp")
    from traceability import barcodes

    _, entry = moved
    drawn = barcodes.code_128(entry.document)
    assert drawn in browse("rita").get(f"/print/document/{entry.document}").content.decode()
    picture = zxingcpp.create_barcode(entry.document, zxingcpp.BarcodeFormat.Code128).to_image(scale=2)
    assert zxingcpp.read_barcode(picture).text == entry.document
    assert barcodes.code_128("Ünsafe") == ""


def test_what_a_person_wrote_is_text_on_the_sheet(plant, browse):
    lot = plant.receive("X-1")
    entry = transfer(plant, lot, "X'\"><b>1", reason="<script>alert(1)</script>")
    sheet = browse("rita").get(f"/print/entry/{entry.seq}").content.decode()
    assert "<script>alert" not in sheet
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in sheet
    named = browse("rita").get("/print/document/X'\"><b>1")
    assert named.status_code == 200
    assert "<b>1" not in named.content.decode()


def test_history_tells_entries_files_and_corrections_newest_first(plant, moved, browse):
    _, entry = moved
    subject = subjects.find("document", entry.document, person=plant.rita)
    row = attachments.attach(
        subject=subject,
        file=io.BytesIO(files.pdf()),
        name="photo list.pdf",
        actor=plant.sam,
        client="t",
        key="f",
        note="as moved",
    )
    attachments.remove(attachment=row, reason="wrong list", actor=plant.sam)
    ledger.reverse(entry, reason="wrong bin", actor=plant.rita, client="t", key="r")
    page = browse("rita").get(f"/documents/{entry.document}").content.decode()
    told = page[page.index('id="history"') :]
    order = [
        told.index(words)
        for words in (
            "Reversal of transfer",
            "File removed: photo list.pdf",
            "File attached: photo list.pdf",
            ">Transfer<",
        )
    ]
    assert order == sorted(order) or history.index("Reversal of transfer") < order[-1]
    for words in ("wrong bin", "wrong list", "Sam", "Rita"):
        assert words in told


def test_the_history_of_a_paper_reads_no_more_rows_than_it_shows(
    plant, moved, browse, django_assert_max_num_queries
):
    _, entry = moved
    subject = subjects.find("document", entry.document, person=plant.rita)
    with django_assert_max_num_queries(5):
        assert len(history.of(subject, plant.rita)) == 1


def test_a_hold_has_its_sheet(plant, moved, browse):
    lot, _ = moved
    entry = plant.hold(lot, reason="Foreign matter", reference="QH-7")
    sheet = browse("rita").get(f"/print/entry/{entry.seq}").content.decode()
    for words in ("Hold placed", "A-1", "Foreign matter", "QH-7", "Quality"):
        assert words in sheet
    assert browse("rita").get("/documents/QH-7").status_code == 200


def test_an_entry_at_another_site_has_no_sheet_here(plant, moved, browse):
    _, entry = moved
    plant.rita.sites.set([make_site("ELSEWHERE")])
    assert browse("rita").get(f"/print/entry/{entry.seq}").status_code == 404
    assert browse("rita").get(f"/documents/{entry.document}").status_code == 404
