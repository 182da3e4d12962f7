"""Received without a price, matched later: fully, in part, with a difference in sight; never a change of the ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from receiving import services
from receiving.models import InvoiceMatch, ReceiptItem, SupplierInvoice
from receiving.services import InvoicedItem
from tests.receiving.dock import label
from traceability import ledger
from traceability.models import Balance, Entry


@pytest.fixture
def receipt(dock):
    for n in range(4):
        dock.scan(label("BATTER", f"DM-B-{n}"))
    dock.scan(label("PREDUST", "DM-D-1131"))
    return dock.post()


def invoice(plant, number, *lines, who="pia", **rest):
    rest.setdefault("key", plant.key())
    return services.enter_invoice(
        supplier=plant.supplier, number=number, dated=date(2026, 11, 20), lines=[InvoicedItem(item=item, quantity=Decimal(q), **more) for item, q, more in lines],
        actor=plant.people[who], client="t", **rest,
    )  # fmt: skip


def open_of(receipt):
    return {row.item.code: row.open for row in ReceiptItem.objects.with_open().filter(receipt=receipt)}


def test_what_is_received_waits_for_its_invoice_item_by_item(dock, receipt):
    assert open_of(receipt) == {"BATTER": 1000, "PREDUST": 250}


def test_an_invoice_is_matched_to_what_it_names_and_changes_nothing_else(dock, receipt):
    before = (Entry.objects.count(), list(Balance.objects.values_list("pk", "quantity")))
    paper = invoice(dock.plant, "INV-1", (dock.items["BATTER"], 1000, {"receipt": receipt}))
    assert open_of(receipt) == {"BATTER": 0, "PREDUST": 250}
    assert paper.lines.with_difference().get().difference == 0
    assert (Entry.objects.count(), list(Balance.objects.values_list("pk", "quantity"))) == before


def test_in_part_and_the_rest_later_and_too_much_is_a_difference(dock, receipt):
    invoice(dock.plant, "INV-1", (dock.items["BATTER"], 600, {"receipt": receipt}))
    assert open_of(receipt)["BATTER"] == 400
    paper = invoice(dock.plant, "INV-2", (dock.items["BATTER"], 500, {"receipt": receipt}))
    line = paper.lines.with_difference().get()
    assert (line.matched, line.difference, open_of(receipt)["BATTER"]) == (400, 100, 0)


def test_without_a_receipt_the_oldest_are_matched_first(dock, receipt):
    invoice(dock.plant, "INV-1", (dock.items["PREDUST"], 1600, {}))
    assert open_of(receipt)["PREDUST"] == 150
    assert {
        match.receipt_item.receipt.order.number: match.quantity for match in InvoiceMatch.objects.all()
    } == {"PO-5101": 1500, "PO-5130": 100}


def test_what_went_back_is_not_owed_and_after_the_invoice_it_is_a_credit(dock, receipt):
    lot = receipt.lines.first().lot
    invoice(dock.plant, "INV-1", (dock.items["BATTER"], 1000, {"receipt": receipt}))
    services.return_to_supplier(
        lot=lot,
        quantity=Decimal(250),
        location=dock.plant.store,
        status="quarantine",
        reason="Wet",
        actor=dock.plant.rita,
        client="t",
        key="back",
    )
    assert open_of(receipt)["BATTER"] == -250
    assert [row.item.code for row in ReceiptItem.objects.credit_due()] == ["BATTER"]
    services.return_to_supplier(
        lot=receipt.lines.last().lot,
        quantity=Decimal(50),
        location=dock.plant.store,
        status="quarantine",
        reason="Wet",
        actor=dock.plant.rita,
        client="t",
        key="back 2",
    )
    assert open_of(receipt)["PREDUST"] == 200


def test_a_correction_of_the_receipt_counts(dock, receipt):
    services.correct_receipt(
        line=receipt.lines.first(),
        quantity=Decimal(240),
        reason="Scale",
        actor=dock.plant.rita,
        client="t",
        key="c",
    )
    assert open_of(receipt)["BATTER"] == 990


def test_a_match_is_undone_with_a_reason_and_made_by_hand(dock, receipt):
    paper = invoice(dock.plant, "INV-1", (dock.items["BATTER"], 1000, {"receipt": receipt}))
    found = InvoiceMatch.objects.get()
    with pytest.raises(ledger.ReasonRequired):
        services.undo_match(match=found, reason=" ", actor=dock.plant.pia)
    services.undo_match(match=found, reason="Other invoice", actor=dock.plant.pia)
    assert open_of(receipt)["BATTER"] == 1000
    line, target = paper.lines.get(), ReceiptItem.objects.get(receipt=receipt, item=dock.items["BATTER"])
    with pytest.raises(ledger.BadInput, match="Only 1,000 lb"):
        services.match(line=line, receipt_item=target, quantity=Decimal(1001), actor=dock.plant.pia)
    services.match(line=line, receipt_item=target, quantity=Decimal(700), actor=dock.plant.pia)
    assert paper.lines.with_difference().get().difference == 300
    other = ReceiptItem.objects.get(receipt=receipt, item=dock.items["PREDUST"])
    with pytest.raises(ledger.BadInput, match="another item or supplier"):
        services.match(line=line, receipt_item=other, quantity=Decimal(1), actor=dock.plant.pia)


def test_the_same_invoice_is_entered_once(dock, receipt):
    first = invoice(dock.plant, "INV-1", (dock.items["BATTER"], 10, {}), key="k1")
    assert invoice(dock.plant, "INV-1", (dock.items["BATTER"], 10, {}), key="k1") == first
    with pytest.raises(ledger.BadInput, match="entered already"):
        invoice(dock.plant, "INV-1", (dock.items["BATTER"], 10, {}), key="k2")
    assert SupplierInvoice.objects.count() == 1


@pytest.mark.parametrize("who", ["rita", "quinn", "ada", "nora"])
def test_only_accounts_payable_matches(dock, receipt, who):
    with pytest.raises(ledger.NotPermitted):
        invoice(dock.plant, "INV-1", (dock.items["BATTER"], 10, {}), who=who)


def test_what_cannot_be_is_refused(dock, receipt):
    for lines, words in (
        ([], "without a line"),
        ([(dock.items["BATTER"], 0, {})], "more than zero"),
        ([(dock.items["BATTER"], 10, {"unit": "barrel"})], "not counted in barrel"),
    ):
        with pytest.raises(ledger.BadInput, match=words):
            invoice(dock.plant, "INV-9", *lines)
    assert not SupplierInvoice.objects.exists()


def test_the_list_ages_by_supplier_and_its_pages_work(dock, receipt, browse):
    page = browse("ada").get("/receiving/not-invoiced/").content.decode()
    assert "How long it waits, by supplier" in page
    assert "PO-5101" in page
    assert "Enter an invoice" not in page
    older = browse("pia").get("/receiving/not-invoiced/?age=31").content.decode()
    assert receipt.number not in older
    assert "5,000" in older
    assert browse("pia").get("/receiving/not-invoiced/?format=csv").status_code == 200


def test_an_invoice_is_entered_on_the_page(dock, receipt, browse):
    pia = browse("pia")
    assert "Delta Mill" in pia.get("/receiving/invoices/new/").content.decode()
    assert "4 lines of receipts not invoiced" in pia.get("/").content.decode()
    filled = pia.get(f"/receiving/invoices/new/?supplier={dock.plant.supplier.pk}&fill=yes").content.decode()
    assert 'value="1000"' in filled
    target = ReceiptItem.objects.get(receipt=receipt, item=dock.items["BATTER"])
    sent = {
        "supplier": dock.plant.supplier.pk,
        "key": "f" * 32,
        "number": "INV-7",
        "dated": "2026-11-20",
        f"quantity_{target.pk}": "1e3",
    }
    wrong = pia.post("/receiving/invoices/new/", sent)
    assert (wrong.status_code, 'value="1e3"' in wrong.content.decode()) == (422, True)
    done = pia.post(
        "/receiving/invoices/new/", sent | {f"quantity_{target.pk}": "1010"}, follow=True
    ).content.decode()
    assert "Invoice INV-7 is entered and matched." in done
    assert '10&nbsp;<span class="unit">lb</span> of Batter invoiced and not matched' in done
    found = InvoiceMatch.objects.get()
    paper = SupplierInvoice.objects.get()
    refused = pia.post(f"/receiving/invoices/{paper.pk}/undo", {"match": found.pk, "reason": ""})
    assert "needs a reason" in refused.content.decode()
    pia.post(f"/receiving/invoices/{paper.pk}/undo", {"match": found.pk, "reason": "Typo"})
    line = paper.lines.get()
    pia.post(
        f"/receiving/invoices/{paper.pk}/match",
        {"line": line.pk, "receipt_item": target.pk, "quantity": "500"},
    )
    page = pia.get(f"/receiving/invoices/{paper.pk}/").content.decode()
    assert f"500 of {receipt.number}" in page
    assert "Typo" in page
    assert "INV-7" in browse("ada").get("/receiving/invoices/").content.decode()
    assert browse("rita").post(f"/receiving/invoices/{paper.pk}/match", {}).status_code == 403


def test_ages_fall_into_the_right_spans(dock, browse):
    from receiving.views.invoices import ageing_of

    first = ReceiptItem.objects.first()
    for days, span in ((0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3)):
        first.receipt.received_at = timezone.now() - timedelta(days=days, minutes=1)
        first.receipt.save()
        counts = ageing_of(ReceiptItem.objects.not_invoiced())[0].counts
        assert counts[span] == 2, (days, counts)
        for age in ("0", "31", "61", "91"):
            shown = browse("ada").get(f"/receiving/not-invoiced/?age={age}").context["total"]
            assert shown == (2 if ("0", "31", "61", "91")[span] == age else 0), (days, age)
