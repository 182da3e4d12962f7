"""What will come, written down at the screen where no ERP sends it; and an order that came short, closed."""

import pytest

from receiving.models import AnnouncedLot, PurchaseOrder
from tests.receiving.dock import make_dock, make_order


@pytest.fixture
def sent(plant):
    plant.item("FLOUR", default_location=plant.store)
    plant.item("SALT", default_location=plant.store)
    return {
        "key": "k" * 32, "supplier": plant.supplier.pk, "number": "PO-77", "kind": "notice", "expected_on": "2026-11-30",
        "item": ["flour", "FLOUR", "", "SALT"], "quantity": ["500", "250.5", "", "40"], "unit": ["", "", "", ""],
        "supplier_lot": ["F-1", "F-2", "", ""], "sscc": ["106141412345678908", "", "", ""], "expires_on": ["2028-01-31", "", "", ""],
    }  # fmt: skip


def test_an_advance_notice_is_written_down_with_its_lots_and_received_by_one_scan(plant, browse, sent):
    rita = browse("rita")
    page = rita.get("/receiving/orders/new/").content.decode()
    assert "Expect it" in page
    assert page.count('aria-current="page"') == 1
    for _ in range(2):
        done = rita.post("/receiving/orders/new/", sent, follow=True).content.decode()
    assert "PO-77 is expected." in done
    order = PurchaseOrder.objects.get(number="PO-77")
    assert list(order.lines.values_list("item__code", "quantity")) == [("FLOUR", 750.5), ("SALT", 40)]
    assert list(AnnouncedLot.objects.values_list("supplier_lot", "sscc")) == [
        ("F-1", "106141412345678908"),
        ("F-2", ""),
    ]
    for words in ("Announced lots", "F-2", "Close it short"):
        assert words in done
    opened = rita.post("/receiving/open", {"code": "]C100106141412345678908"})
    assert opened["Location"] == f"/receiving/orders/{order.pk}/receive/"
    page = rita.post(
        f"/receiving/orders/{order.pk}/receive/scan",
        {"code": "]C100106141412345678908", "scan_key": "a" * 32},
    ).content.decode()
    assert "Post 1 lot<" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"item": ["NOBODY", "", "", ""]}, "no item is called NOBODY"),
        ({"quantity": ["1,5", "1", "", "1"]}, "PO-77"),
        ({"supplier_lot": ["", "F-2", "", ""]}, "which lot is it?"),
        ({"sscc": ["106141412345678900", "", "", ""]}, "checks the others"),
        ({"expires_on": ["31 jan", "", "", ""]}, "is not a day"),
        ({"unit": ["barrel", "", "", ""]}, "barrel"),
        ({"number": ""}, "Number on the paper"),
        (
            {
                "item": [""] * 4,
                "quantity": [""] * 4,
                "supplier_lot": [""] * 4,
                "sscc": [""] * 4,
                "expires_on": [""] * 4,
            },
            "Nothing is ordered",
        ),
        ({"harvested_from": "2026-11-10", "harvested_to": "2026-11-09"}, "ends before it begins"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(plant, browse, sent, changed, words):
    answer = browse("rita").post("/receiving/orders/new/", sent | changed)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (422, True), page[-3000:]
    if "item" not in changed:
        assert 'value="250.5"' in page or "quantity" in changed
    assert not PurchaseOrder.objects.filter(number="PO-77").exists()


def test_an_order_that_came_short_is_closed_with_a_reason_and_not_while_it_is_received(plant, browse):
    dock = make_dock(plant)
    rita, address = browse("rita"), f"/receiving/orders/{dock.order.pk}/close"
    busy = rita.post(address, {"key": "a" * 32, "reason": "No more"})
    assert (busy.status_code, "is being received" in busy.content.decode()) == (422, True)
    other = make_order(plant, "PO-6", (dock.items["PANKO"], 10))
    address = f"/receiving/orders/{other.pk}/close"
    assert "needs a reason" in rita.post(address, {"key": "b" * 32, "reason": " "}).content.decode()
    assert (
        "PO-6 is closed."
        in rita.post(address, {"key": "c" * 32, "reason": "Out of stock"}, follow=True).content.decode()
    )
    other.refresh_from_db()
    assert (other.is_closed, other.note) == (True, "Out of stock")
    assert browse("quinn").post(address, {"key": "d" * 32, "reason": "x"}).status_code == 403
    assert browse("ada").get("/receiving/orders/new/").status_code == 403
