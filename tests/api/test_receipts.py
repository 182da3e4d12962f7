"""Receiving over HTTP: announced, received, corrected, sent back and invoiced, by the same services as the dock."""

import pytest

from receiving.models import PurchaseOrder, Receipt, SupplierInvoice
from traceability.models import Balance, Entry, Hold, Lot


@pytest.fixture
def rita(plant, a_session):
    plant.item("FLOUR", default_location=plant.store)
    plant.item("PUMP", tracking="serial", unit="ea", default_location=plant.store)
    return a_session("rita")


@pytest.fixture
def do(rita):
    sent = []

    def act(what, body, *, status=201, who=rita, **query):
        sent.append(what)
        answer = who.post(what, body, key=f"k{len(sent)}", **query)
        assert answer.status_code == status, answer.json()
        return answer.json()

    return act


ORDER = {
    "number": "PO-9",
    "supplier": "S-1",
    "expected_on": "2026-11-30",
    "lines": [{"item": "FLOUR", "quantity": "1000"}],
}


def came(lot="F-1", quantity="500", **rest):
    return {"item": "FLOUR", "supplier_lot": lot, "quantity": quantity, **rest}


def test_from_the_announcement_to_the_invoice_by_numbers_and_codes_alone(plant, rita, do, a_token):
    erp = a_token("ledger:read", "receiving:write")
    order = do("purchase-orders", ORDER, who=erp)
    assert (order["number"], order["is_closed"], order["supplier"]["code"]) == ("PO-9", False, "S-1")
    receipt = do(
        "receipts",
        {"order": "PO-9", "lines": [came(), came("F-2", "400")], "truck": {"passed": True, "seal": "77"}},
    )
    assert [(line["supplier_lot"], line["quantity"]["value"]) for line in receipt["lines"]] == [
        ("F-1", "500"),
        ("F-2", "400"),
    ]
    shown = rita.get("purchase-orders/PO-9").json()["lines"][0]
    assert (shown["received"]["value"], shown["remaining"]["value"]) == ("900", "100")
    fixed = do(f"receipts/{receipt['number']}/correct", {"line": 1, "quantity": "490", "reason": "scale"})
    assert fixed["entry"]["kind"] == "receipt_correction"
    assert rita.get(f"receipts/{receipt['number']}").json()["lines"][0]["corrected"]["value"] == "490"
    back = do(
        "supplier-returns",
        {"lot": "F-2", "quantity": "100", "location": "STORE-1", "status": Balance.objects.get(lot__number="F-2").status, "reason": "wet"},
    )  # fmt: skip
    assert back["entry"]["kind"] == "supplier_return"
    waits = erp.get("received-not-invoiced", receipt=receipt["number"]).json()["results"]
    assert [(row["received"]["value"], row["open"]["value"]) for row in waits] == [("790", "790")]
    paper = do(
        "supplier-invoices",
        {"supplier": "S-1", "number": "INV/9", "dated": "2026-11-25", "lines": [{"item": "FLOUR", "quantity": "800", "receipt": receipt["number"]}]},
        who=erp,
    )  # fmt: skip
    line = paper["lines"][0]
    assert (line["matched"]["value"], line["difference"]["value"]) == ("790", "10")
    undone = do(
        f"supplier-invoices/{paper['id']}/undo-match",
        {"match": line["matches"][0]["id"], "reason": "other"},
        who=erp,
    )
    assert undone["lines"][0]["matched"]["value"] == "0"
    again = do(
        f"supplier-invoices/{paper['id']}/match",
        {"line": 1, "receipt": receipt["number"], "quantity": "300"},
        who=erp,
    )
    assert again["lines"][0]["difference"]["value"] == "500"
    closed = do("purchase-orders/PO-9/close", {"reason": "no more"})
    assert closed["is_closed"]


def test_an_advance_notice_brings_its_lots(plant, do):
    notice = {**ORDER, "kind": "notice", "lines": [{"item": "FLOUR", "quantity": "500", "lots": [{"supplier_lot": "F-1", "quantity": "500", "sscc": "106141412345678908", "expires_on": "2028-01-31"}]}]}  # fmt: skip
    do("purchase-orders", notice)
    order = PurchaseOrder.objects.get(number="PO-9")
    assert [(lot.sscc, lot.supplier_lot, lot.unit) for lot in order.lines.get().announced.all()] == [
        ("106141412345678908", "F-1", "lb")
    ]
    notice["lines"][0]["lots"][0]["sscc"] = "106141412345678900"
    wrong = do("purchase-orders", {**notice, "number": "PO-10"}, status=422)
    assert "checks the others" in wrong["detail"]


def test_serials_come_as_a_range_and_are_a_lot_each(plant, do):
    receipt = do(
        "receipts",
        {"supplier": "S-1", "lines": [{"item": "PUMP", "serials": ["PV-26-000431..433", "PV-26-9"]}]},
    )
    assert [line["lot"]["number"] for line in receipt["lines"]] == [
        "PV-26-000431",
        "PV-26-000432",
        "PV-26-000433",
        "PV-26-9",
    ]
    for line, words in (
        ({"item": "PUMP", "quantity": "2"}, "needs its serials"),
        ({"item": "PUMP", "quantity": "2", "serials": ["A-1"]}, "1 serials are not 2"),
        ({"item": "FLOUR", "quantity": "2", "serials": ["A-1"]}, "has no serials"),
        ({"item": "FLOUR", "supplier_lot": "F-1"}, "How much came?"),
        ({"item": "PUMP", "serials": ["A-1..20000"]}, "20,000 serials"),
    ):
        assert words in do("receipts", {"supplier": "S-1", "lines": [line]}, status=422)["detail"]


def test_many_at_once_are_all_or_none_and_every_faulty_row_is_named(plant, rita, do):
    rows = [{"supplier": "S-1", "lines": [came(f"M-{n}", "10")]} for n in range(40)]
    before = Entry.objects.count()
    rows[17]["lines"][0]["item"] = "NOBODY"
    rows[30]["lines"][0]["quantity"] = "9" * 10
    refused = do("receipts", rows, status=404)
    assert [error["pointer"] for error in refused["errors"]] == ["#/17", "#/30"]
    assert (Entry.objects.count(), Lot.objects.filter(number__startswith="M-").count()) == (before, 0)
    do("receipts", rows * 13, status=400)


def test_a_dry_run_checks_all_and_leaves_nothing_and_a_repeat_gets_the_first_answer(plant, rita):
    body = [{"supplier": "S-1", "lines": [came(f"M-{n}", "10")]} for n in range(3)]
    dry = rita.post("receipts", body, key="dry", dry_run="true")
    assert (dry.status_code, len(dry.json()["results"]), Receipt.objects.count()) == (200, 3, 0)
    first = rita.post("receipts", body, key="real")
    again = rita.post("receipts", body, key="real")
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert Receipt.objects.count() == 3
    other = rita.post("receipts", body[:2], key="real")
    assert other.json()["code"] == "key_reused"


def test_what_the_dock_would_ask_is_answered_by_the_rules(plant, rita, do):
    do("purchase-orders", ORDER)
    over = do("receipts", {"order": "PO-9", "lines": [came(quantity="1060")]}, status=409)
    assert over["code"] == "over_receipt"
    do("receipts", {"supplier": "S-1", "truck": {"passed": False, "wrong": "warm"}, "lines": [came()]})
    assert Hold.objects.standing().get(lot__number="F-1").reason == "Truck check failed: warm"


def test_rights_are_those_of_the_pages(plant, a_session, a_token, rita):
    erp = a_token("ledger:read", "receiving:write")
    assert erp.post("receipts", {"supplier": "S-1", "lines": [came()]}, key="a").status_code == 403
    assert rita.post("supplier-invoices", {}, key="b").status_code == 403
    assert a_session("nora").get("receipts").status_code == 403
    assert a_session("quinn").post("purchase-orders", ORDER, key="c").status_code == 403
    assert (Receipt.objects.count(), SupplierInvoice.objects.count()) == (0, 0)


def test_lists_are_filtered_and_the_csv_of_the_page_says_the_same(plant, rita, do):
    do("purchase-orders", [ORDER, {**ORDER, "number": "PO-10", "kind": "notice"}])
    do("receipts", {"order": "PO-9", "lines": [came()]})
    do("receipts", {"supplier": "S-1", "lines": [came("F-7")]})
    for what, count in (
        ("purchase-orders?kind=notice", 1),
        ("purchase-orders?item=FLOUR&is_closed=false", 2),
        ("receipts?order=PO-9", 1),
        ("receipts?item=FLOUR", 2),
        ("receipts?lot=F-7", 1),
        ("received-not-invoiced?supplier=S-1", 2),
        ("supplier-invoices", 0),
    ):
        address, _, query = what.partition("?")
        answer = rita.get(address, **dict(pair.split("=") for pair in query.split("&") if pair))
        assert (what, answer.json()["count"]) == (what, count)
    assert rita.get("receipts", order="PO-404").status_code == 400
