"""Each kind of file: what is new, changed and the same; what is wrong by cell; posted whole; undone while nothing hangs on it."""

from decimal import Decimal

import pytest

from receiving.models import PurchaseOrder, PurchaseOrderLine, Receipt
from tests.importing.conftest import as_xlsx, bring, cells, checked, posted, undone
from traceability import importing, ledger
from traceability.importing import templates
from traceability.importing.undoing import InUse
from traceability.models import (
    Balance,
    Category,
    Change,
    Contact,
    Delivered,
    Entry,
    EntryKind,
    Import,
    Item,
    Location,
    Lot,
    Party,
)

ITEMS = [
    ["Item", "Name", "Category", "Base unit", "Other unit", "Base units in it", "GTIN", "Inspected at", "Allergens"],
    ["ING-SALT", "Salt", "Spices", "lb", "bag", "50", "", "Receiving", ""],
    ["FG-BREAD", "Bread", "", "cs", "", "", "19521234009020", "Final", "wheat, milk"],
]  # fmt: skip


def test_items_are_made_changed_left_alone_and_undone(plant):
    first = posted(plant, "items", ITEMS)
    salt = Item.objects.get(code="ING-SALT")
    assert (salt.units.get().numerator, salt.inspected_at, salt.category) == (50, ["receiving"], "Spices")
    assert Category.objects.get().name == "Spices"
    assert Item.objects.get(code="FG-BREAD").allergens == ["wheat", "milk"]
    noted = Change.objects.about("item", salt.pk).first()
    assert (noted.actor, noted.reason) == (plant.quinn, f"Import {first.number}")
    again = [["Code", "Description", "Note"], ["ING-SALT", "Sea salt", ""], ["FG-BREAD", "Bread", ""]]
    source = checked(plant, "items", again)
    assert (source.tally["changed"], source.tally["same"]) == (1, 1)
    told = source.preview[0]
    assert (told["cell"], told["old"], told["new"]) == ("B2", "Salt", "Sea salt")
    assert Item.objects.get(code="ING-SALT").name == "Salt", "a check writes nothing"
    second = posted(plant, "items", again, again=True)
    with pytest.raises(InUse, match="changed since"):
        Item.objects.filter(code="ING-SALT").update(name="Rock salt")
        undone(plant, second)
    Item.objects.filter(code="ING-SALT").update(name="Sea salt")
    undone(plant, second)
    assert Item.objects.get(code="ING-SALT").name == "Salt"
    plant.receive("L-1", 5, item=Item.objects.get(code="ING-SALT"))
    with pytest.raises(InUse, match="is in use"):
        undone(plant, first)
    assert Item.objects.filter(code="FG-BREAD").exists(), "all of it or nothing"


def test_items_that_cannot_be_are_named_by_cell(plant):
    plant.item("OLD", gtin="19521234009037", unit="lb")
    plant.receive("L-1", 1, item=plant.item("OLD"))
    rows = [
        ["Item", "Name", "Tracking", "Base unit", "Decimals", "GTIN", "Lot pattern", "Shelf life, days", "Shelf life, months", "Usual place", "Over-receipt taken, %", "Over-receipt limit, %"],
        ["A-1", "", "By lot", "lb", "", "", "", "", "", "", "", ""],
        ["A-2", "x", "By moon", "lb", "7", "123", "RM-{yy}", "", "", "NOWHERE", "", ""],
        ["A-3", "x", "By serial", "ea", "2", "19521234009037", "", "3", "3", "", "5", "4"],
        ["OLD", "x", "Not tracked", "kg", "", "", "", "", "", "", "", ""],
        ["A-3", "y", "", "ea", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    wrong = cells(checked(plant, "items", rows))
    assert {"B2", "C3", "F3", "G3", "J3", "E4", "F4", "I4", "L4", "C5", "D5"} <= set(wrong), wrong
    assert "OLD has this GTIN" in wrong["F4"]
    assert Item.objects.count() == 1


def test_the_same_row_twice_is_named(plant):
    rows = [ITEMS[0][:4], ["A-1", "x", "", "lb"], ["A-1", "x", "", "lb"], ["A-1", "y", "", "lb"]]
    wrong = cells(checked(plant, "items", rows))
    assert "the same" in wrong["A3"]
    assert "other data" in wrong["A4"]


def test_parties_with_whom_to_call(plant):
    rows = [
        ["Code", "Name", "Role", "Contact", "Phone", "E-mail"],
        ["S-9", "Crescent Spice", "Supplier", "Renee", "850-555-0141", "renee@example.com"],
        ["C-9", "Bay Schools", "Both", "", "", ""],
    ]
    source = posted(plant, "parties", rows)
    contact = Contact.objects.get(party__code="S-9")
    assert (contact.name, contact.is_for_recalls) == ("Renee", True)
    assert Party.objects.get(code="C-9").is_customer
    undone(plant, source)
    assert not Party.objects.filter(code="S-9").exists()
    bad = checked(plant, "parties", [*rows[:1], ["S-8", "X", "Friend", "", "1", ""], ["S-7", "Y", "Supplier", "Z", "", "no"]])  # fmt: skip
    assert {"C2", "E2", "F3"} <= set(cells(bad)), cells(bad)


def test_places_as_a_tree_in_any_order(plant):
    rows = [["Location", "Kind", "Inside of"], ["DRY-A-01", "Storage", "DRY"], ["DRY", "Storage", ""]]
    source = posted(plant, "places", rows)
    assert Location.objects.get(code="DRY-A-01").parent.code == "DRY"
    undone(plant, source)
    assert not Location.objects.filter(code="DRY").exists()
    ring = [rows[0], ["A", "Storage", "B"], ["B", "Storage", "A"]]
    assert "inside itself" in cells(checked(plant, "places", ring))["C2"]


def test_opening_stock_and_what_left_before(plant):
    plant.item("FLOUR")
    plant.item("PUMP", tracking="serial", unit="ea")
    stock = [
        ["Item code", "Lot", "On hand", "Place", "Status", "Expires"],
        ["FLOUR", "L-1", "500", plant.store.code, "Released", "2027-10-19"],
        ["FLOUR", "L-1", "20", plant.store_2.code, "Quarantine", "2027-10-19"],
        ["PUMP", "P-1", "1", plant.store.code, "", ""],
    ]
    source = posted(plant, "opening_stock", stock)
    assert Entry.objects.get().kind == EntryKind.OPENING
    assert Balance.objects.filter(lot__number="L-1", quantity__gt=0).count() == 2
    assert Lot.objects.get(number="L-1").is_imported
    same = checked(plant, "opening_stock", stock, again=True)
    assert (same.tally["same"], same.tally["wrong"]) == (3, 0)
    gone = [["Customer", "Shipment", "Date", "Item", "Lot", "Quantity"], [plant.customer.code, "SH-1", "2026-05-01", "FLOUR", "L-0", "40"]]  # fmt: skip
    posted(plant, "opening_shipments", gone)
    assert Delivered.objects.get(lot__number="L-0").party == plant.customer
    undone(plant, source)
    assert not Balance.objects.filter(lot__number="L-1", quantity__gt=0).exists()


def test_opening_stock_that_was_used_stays(plant):
    plant.item("FLOUR")
    rows = [["Item code", "Lot", "On hand", "Place"], ["FLOUR", "L-1", "500", plant.store.code]]
    source = posted(plant, "opening_stock", rows)
    plant.issue(Lot.objects.get(number="L-1"), plant.run("WO-1"), 400)
    with pytest.raises(ledger.Refusal):
        undone(plant, source)
    source.refresh_from_db()
    assert source.state == "posted"


def test_orders_and_receipts(plant):
    plant.item("FLOUR")
    plant.item("SALT", inspected_at=["receiving"])
    code = plant.supplier.code
    orders = [
        ["PO", "Supplier code", "Expected", "Item", "Qty"],
        ["PO-1", code, "2026-11-20", "FLOUR", "2000"],
        ["PO-1", code, "2026-11-20", "SALT", "100"],
        ["PO-2", code, "", "SALT", "50"],
    ]
    source = posted(plant, "purchase_orders", orders, by="rita")
    assert [line.quantity for line in PurchaseOrder.objects.get(number="PO-1").lines.all()] == [2000, 100]
    assert checked(plant, "purchase_orders", orders, by="rita", again=True).tally["same"] == 3
    came = [
        ["Their paper", "Supplier code", "Received", "Order", "Item", "Supplier lot", "Quantity", "Place"],
        ["PS-1", code, "2026-11-01", "PO-1", "FLOUR", "F-1", "1500", plant.store.code],
        ["PS-1", code, "2026-11-01", "PO-1", "SALT", "S-1", "100", plant.store.code],
    ]
    receipts = posted(plant, "receipts", came, by="rita")
    receipt = Receipt.objects.get()
    assert (receipt.delivery_note, receipt.lines.count(), receipt.received_at.date().isoformat()) == ("PS-1", 2, "2026-11-01")  # fmt: skip
    assert Balance.objects.get(lot__supplier_lot="S-1", quantity__gt=0).status == "quarantine"
    assert checked(plant, "receipts", came, by="rita", again=True).tally["same"] == 2
    with pytest.raises(InUse):
        undone(plant, source, by="rita")
    undone(plant, receipts, by="rita")
    assert not Balance.objects.filter(quantity__gt=0).exists()
    bad = [
        came[0],
        ["PS-2", code, "2099-01-01", "PO-9", "FLOUR", "", "5", plant.store.code],
        ["PS-2", plant.customer.code, "2026-11-02", "", "FLOUR", "F-2", "5", "NOWHERE"],
        ["PS-3", code, "2026-11-01", "PO-1", "FLOUR", "F-3", "90000", plant.store.code],
    ]
    wrong = cells(checked(plant, "receipts", bad, by="rita"))
    assert {"C2", "D2", "F2", "B3", "H3"} <= set(wrong), wrong
    over = cells(checked(plant, "receipts", [bad[0], bad[3]], by="rita"))
    assert "over the 2,000 lb ordered" in over["A2"], "what the service refuses is told in the rehearsal"


def test_an_order_nothing_came_on_is_undone(plant):
    plant.item("FLOUR")
    rows = [["PO", "Supplier code", "Item", "Qty"], ["PO-1", plant.supplier.code, "FLOUR", "2000"]]
    undone(plant, posted(plant, "purchase_orders", rows, by="rita"), by="rita")
    assert not PurchaseOrderLine.objects.exists()


def test_facts_of_lots(plant):
    lot = plant.receive("L-1", 5)
    rows = [["Item code", "Lot", "Supplier lot", "Expires"], [lot.item.code, "L-1", "CS-1", "2027-01-01"]]
    posted(plant, "lot_facts", rows)
    lot.refresh_from_db()
    assert (lot.supplier_lot, str(lot.expires_on)) == ("CS-1", "2027-01-01")
    longer = [rows[0], [lot.item.code, "L-1", "", "2028-01-01"]]
    assert "More life" in cells(checked(plant, "lot_facts", longer))["D2"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_every_template_is_a_file_that_reads(plant, ending):
    """Its examples lack only what they refer to: no cell of them is unreadable."""
    quinn = plant.quinn
    quinn.roles = ["qc", "receiver", "administrator"]
    quinn.save()
    kinds = importing.importers_for(quinn)
    assert len(kinds) == 8
    for kind in kinds:
        content = getattr(templates, f"as_{ending}")(kind)
        source = checked(plant, kind.name, content, name=f"t.{ending}")
        codes = {one["code"] for one in source.findings}
        known = {
            "unknown_item",
            "unknown_supplier",
            "unknown_customer",
            "unknown_place",
            "unknown_lot",
            "in_future",
        }
        assert codes <= known, (kind.name, source.findings)
        assert len(source.mapping) == len(kind.fields), kind.name


def test_a_decimal_comma_and_days_as_they_are_said(plant):
    plant.item("FLOUR")
    rows = [["Item code", "Lot", "On hand", "Place", "Expires"], ["FLOUR", "L-1", "1.234,5", plant.store.code, "31/12/2027"]]  # fmt: skip
    posted(plant, "opening_stock", rows, decimal="comma", dates="dmy")
    assert Balance.objects.get(lot__number="L-1", quantity__gt=0).quantity == Decimal("1234.5")
    assert str(Lot.objects.get().expires_on) == "2027-12-31"
    mixed = [rows[0], ["FLOUR", "L-2", "1,234.5", plant.store.code, "12/31/2027"]]
    wrong = cells(checked(plant, "opening_stock", mixed, decimal="comma", dates="dmy"))
    assert set(wrong) == {"C2", "E2"}


def test_columns_are_said_and_remembered(plant):
    rows = [["What", "Called", "In"], ["A-1", "Salt", "lb"]]
    source = bring(plant, "items", rows)
    assert source.mapping == {}
    with pytest.raises(ledger.BadInput, match="No column is Item"):
        importing.start_check(source=source, told={1: "name"}, actor=plant.quinn, client="t", key="c1")
    with pytest.raises(ledger.BadInput, match="Two columns"):
        importing.start_check(
            source=source, told={0: "code", 1: "code"}, actor=plant.quinn, client="t", key="c2"
        )
    said = {0: "code", 1: "name", 2: "unit"}
    assert not checked(plant, "items", rows, told=said).findings
    assert bring(plant, "items", [rows[0], ["B-1", "x", "lb"]]).mapping == {
        "0": "code",
        "1": "name",
        "2": "unit",
    }


def test_an_import_belongs_to_whoever_brought_it_and_needs_its_right(plant):
    source = checked(plant, "items", ITEMS)
    with pytest.raises(ledger.NotPermitted):
        importing.start_posting(source=source, actor=plant.quentin, client="t", key="p")
    for name in ("rita", "paul", "nora"):
        with pytest.raises(ledger.NotPermitted):
            bring(plant, "items", ITEMS, by=name)
    assert Import.objects.count() == 1


def test_an_xlsx_with_numbers_and_days(plant):
    plant.item("FLOUR")
    content = as_xlsx([["Item code", "Lot", "On hand", "Place"], ["FLOUR", "L-1", 12.5, plant.store.code]])
    posted(plant, "opening_stock", content, name="s.xlsx")
    assert Balance.objects.get(lot__number="L-1", quantity__gt=0).quantity == Decimal("12.5")
