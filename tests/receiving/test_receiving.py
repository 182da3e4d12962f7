"""A delivery becomes lots: what arrives how, what goes on hold at once, and what is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from receiving import services as receiving
from receiving.models import Receipt, ReceiptLine
from receiving.services import OrderedItem, ReceivedLot
from traceability import ledger
from traceability.models import Balance, Delivered, Entry, Hold, Item, ItemUnit, Lot, Movement, Requirement


def receive(plant, *lines, **rest):
    rest.setdefault("supplier", plant.supplier)
    rest.setdefault("actor", plant.rita)
    rest.setdefault("key", plant.key())
    return receiving.receive_delivery(lines=list(lines), client="test", **rest)


def line(plant, supplier_lot="DM-1", quantity=100, **rest):
    rest.setdefault("item", plant.item())
    rest.setdefault("location", plant.store)
    return ReceivedLot(supplier_lot=supplier_lot, quantity=Decimal(quantity), **rest)


def order(plant, quantity=1000, **rest):
    rest.setdefault("key", plant.key())
    lines = [OrderedItem(item=plant.item(), quantity=Decimal(quantity))]
    return receiving.order(
        number=rest.pop("number", "PO-1"),
        supplier=plant.supplier,
        lines=lines,
        actor=plant.rita,
        client="test",
        **rest,
    )


def test_a_delivery_is_one_entry_with_a_lot_for_each_line(plant):
    receipt = receive(plant, line(plant, "DM-1"), line(plant, "DM-2", 50))
    entry = Entry.objects.get()
    assert (receipt.number, entry.document, entry.kind) == ("RCV-000001", "RCV-000001", "receipt")
    assert [row.lot.number for row in receipt.lines.all()] == ["DM-1", "DM-2"]
    assert Delivered.objects.filter(direction="received", party=plant.supplier).count() == 2


def test_an_item_that_is_inspected_arrives_in_quarantine_with_its_requirement_open(plant):
    receive(plant, line(plant, item=plant.item("SHRIMP", inspected_at=["receiving"])))
    assert Balance.objects.get(quantity__gt=0).status == "quarantine"
    assert Requirement.objects.open().get().stage == "receiving"


def test_any_other_arrives_released_and_the_entry_says_so(plant):
    receive(plant, line(plant))
    assert Balance.objects.get(quantity__gt=0).status == "released"
    assert Entry.objects.get().payload["policies"] == [{"line": 1, "policy": "no inspection needed"}]


def test_the_same_key_gives_the_same_receipt_and_other_content_is_refused(plant):
    first = receive(plant, line(plant), key="scan-1")
    assert receive(plant, line(plant), key="scan-1") == first
    assert Receipt.objects.count() == Lot.objects.count() == 1
    with pytest.raises(ledger.KeyReused):
        receive(plant, line(plant, quantity=101), key="scan-1")


def test_a_second_delivery_of_one_supplier_lot_is_a_lot_of_its_own(plant):
    receive(plant, line(plant, "CS-26-2874"))
    receipt = receive(plant, line(plant, "CS-26-2874"), line(plant, "CS-26-2874"))
    assert [row.lot.number for row in receipt.lines.all()] == ["CS-26-2874/2", "CS-26-2874/3"]
    assert Lot.objects.filter(supplier_lot_key="CS262874").count() == 3


def test_an_item_with_a_pattern_gets_our_number_and_keeps_the_suppliers(plant):
    item = plant.item("SPICE", lot_pattern="RM-{yymmdd}-{nn}")
    lot = receive(plant, line(plant, "CS-26-2874", item=item)).lines.get().lot
    assert lot.number == f"RM-{timezone.now().astimezone(plant.site.zone):%y%m%d}-01"
    assert lot.supplier_lot == "CS-26-2874"


def test_a_given_number_wins_and_is_never_given_twice(plant):
    receive(plant, line(plant, lot_number="RM-1"))
    with pytest.raises(ledger.LotNumberTaken):
        receive(plant, line(plant, lot_number="RM-1"))


def test_a_missing_best_by_date_is_received_and_held_without_spreading(plant):
    receive(plant, line(plant, item=plant.item("PREDUST", needs_expiry=True)))
    hold = Hold.objects.standing().get()
    assert (hold.cause, hold.cascades, hold.reason) == ("papers", False, "Best-by date is missing")


def test_too_little_remaining_life_is_received_on_hold(plant):
    item = plant.item("BATTER", needs_expiry=True, minimum_life_days=60)
    receive(plant, line(plant, item=item, expires_on=timezone.now().date() + timedelta(days=10)))
    assert "are needed on arrival" in Hold.objects.standing().get().reason


def test_what_a_suspended_supplier_brings_is_held(plant):
    plant.supplier.is_suspended = True
    receive(plant, line(plant))
    assert Hold.objects.standing().get().reason == "Delta Mill is suspended"


def test_fresh_goods_without_a_date_get_their_shelf_life_from_the_day_they_came(plant):
    lot = receive(plant, line(plant, item=plant.item("SHRIMP", shelf_life_days=3))).lines.get().lot
    assert lot.expires_on == timezone.now().astimezone(plant.site.zone).date() + timedelta(days=3)


def test_bags_become_pounds_and_what_was_entered_is_kept(plant):
    ItemUnit.objects.create(item=plant.item(), unit="bag", numerator=50)
    receipt = receive(plant, line(plant, quantity=10, unit="bag"))
    movement = Movement.objects.get()
    assert (movement.quantity, movement.entered_quantity, movement.entered_unit) == (500, 10, "bag")
    assert (receipt.lines.get().quantity, receipt.lines.get().unit) == (10, "bag")


def test_an_item_that_is_not_tracked_keeps_its_one_lot(plant):
    item = plant.item("GLOVES", tracking="none")
    for _ in range(2):
        receive(plant, line(plant, "", item=item))
    assert Lot.objects.get(item=item).is_untracked
    assert Balance.objects.get(lot__item=item).quantity == 200


@pytest.mark.parametrize("quantity", ["0", "-5", "NaN", "1000000000"])
def test_it_refuses_quantities_that_cannot_be(plant, quantity):
    with pytest.raises(ledger.BadInput):
        receive(plant, line(plant, quantity=quantity))
    assert Entry.objects.count() == 0


def test_it_refuses_an_empty_delivery_and_one_from_nobody(plant):
    with pytest.raises(ledger.BadInput, match="brings nothing"):
        receive(plant)
    with pytest.raises(ledger.BadInput, match="needs its supplier"):
        receive(plant, line(plant), supplier=None)


def test_it_refuses_dates_that_cannot_be(plant):
    with pytest.raises(ledger.BadInput, match="cannot be right"):
        receive(plant, line(plant, expires_on=date(1926, 1, 1)))
    with pytest.raises(ledger.BadInput, match="before it was made"):
        receive(plant, line(plant, made_on=date(2026, 5, 1), expires_on=date(2026, 4, 1)))


def test_it_refuses_a_lot_without_any_number(plant):
    with pytest.raises(ledger.BadInput, match="needs its supplier's lot number"):
        receive(plant, line(plant, ""))


def test_it_refuses_who_may_not_receive(plant):
    with pytest.raises(ledger.NotPermitted, match="Nora may not receive a delivery"):
        receive(plant, line(plant), actor=plant.nora)


def test_more_than_the_tolerance_over_the_order_needs_a_second_person_and_a_reason(plant):
    """Four pallets of 270 lb on 1,000 lb ordered: 8 % over, 5 % allowed."""
    paper = order(plant)
    pallets = [line(plant, f"P-{n}", 270) for n in range(4)]
    with pytest.raises(receiving.OverReceipt, match="8 % over the 1,000 lb ordered") as refusal:
        receive(plant, *pallets, order=paper)
    assert "Receive 1,050 lb" in refusal.value.sentence
    receipt = receive(
        plant, *pallets, order=paper, second_person=plant.quinn, reason="agreed with purchasing"
    )
    assert Entry.objects.get(document=receipt.number).second_person == plant.quinn


def test_above_the_items_own_limit_nobody_can_approve_it(plant):
    paper = order(plant)
    Item.objects.filter(pk=paper.lines.get().item_id).update(over_percent=2, over_limit_percent=7)
    approved = {"order": paper, "second_person": plant.quinn, "reason": "agreed"}
    with pytest.raises(receiving.OverReceipt, match="or let a lead approve it"):
        receive(plant, line(plant, "P-1", 1_060), order=paper)
    with pytest.raises(receiving.OverReceipt, match="refuse the rest"):
        receive(plant, line(plant, "P-1", 1_080), **approved)
    assert receive(plant, line(plant, "P-1", 1_070), **approved)


def test_an_order_is_closed_when_everything_came_or_by_a_person_with_a_reason(plant):
    paper = order(plant)
    receive(plant, line(plant, quantity=999), order=paper)
    assert not paper.is_closed
    with pytest.raises(ledger.ReasonRequired):
        receiving.close_order(order=paper, reason="", actor=plant.rita, client="test", key="c")
    receive(plant, line(plant, quantity=1), order=paper)
    assert paper.is_closed
    short = order(plant, number="PO-2")
    assert receiving.close_order(
        order=short, reason="mill is down", actor=plant.rita, client="test", key="c"
    ).is_closed


def test_lots_fill_the_lines_of_their_item_one_after_the_other(plant):
    lines = [OrderedItem(item=plant.item(), quantity=Decimal(100)) for _ in range(2)]
    paper = receiving.order(
        number="PO-3", supplier=plant.supplier, lines=lines, actor=plant.rita, client="test", key="o"
    )
    receipt = receive(plant, line(plant, "A"), line(plant, "B"), order=paper)
    assert [row.order_line.position for row in receipt.lines.all()] == [1, 2]


def test_a_delivery_comes_to_one_site(plant):
    from tests.cast import make_site

    elsewhere = make_site("OTHER")
    there = elsewhere.locations.get(code="STORE-1")
    with pytest.raises(ledger.BadInput, match="comes to one site"):
        receive(plant, line(plant, "A"), line(plant, "B", location=there))


def test_an_order_is_written_once_under_a_key(plant):
    assert order(plant, key="o1") == order(plant, key="o1")
    with pytest.raises(ledger.KeyReused):
        order(plant, quantity=5, key="o1")
    with pytest.raises(ledger.BadInput, match="There is an order PO-1 already"):
        order(plant)


def test_a_correction_is_posted_where_the_lot_is_and_counts_as_received(plant):
    paper = receive(plant, line(plant)).lines.get()
    receiving.correct_receipt(
        line=paper, quantity=Decimal(90), reason="misread scale", actor=plant.rita, client="test", key="c"
    )
    again = receiving.correct_receipt(
        line=paper, quantity=Decimal(90), reason="misread scale", actor=plant.rita, client="test", key="c"
    )
    assert again.kind == "receipt_correction"
    assert Balance.objects.get(lot=paper.lot).quantity == Delivered.objects.get(lot=paper.lot).quantity == 90
    assert ReceiptLine.objects.get().corrected_quantity == 90


def test_a_correction_says_it_when_nothing_would_change_or_the_lot_is_spread(plant):
    paper = receive(plant, line(plant)).lines.get()
    with pytest.raises(ledger.BadInput, match="says already"):
        receiving.correct_receipt(
            line=paper, quantity=Decimal(100), reason="x", actor=plant.rita, client="test", key="c"
        )
    with pytest.raises(ledger.ReasonRequired):
        receiving.correct_receipt(
            line=paper, quantity=Decimal(99), reason="", actor=plant.rita, client="test", key="d"
        )


def test_a_return_goes_back_against_its_receipt_and_never_more_than_came(plant):
    lot = receive(plant, line(plant)).lines.select_related("lot__item", "lot__supplier").get().lot
    back = {
        "lot": lot,
        "location": plant.store,
        "status": "released",
        "reason": "too warm",
        "actor": plant.rita,
        "client": "test",
    }
    entry = receiving.return_to_supplier(quantity=Decimal(40), key="r", **back)
    assert receiving.return_to_supplier(quantity=Decimal(40), key="r", **back) == entry
    assert Delivered.objects.get(lot=lot).returned == 40
    with pytest.raises(ledger.InsufficientQuantity):
        receiving.return_to_supplier(quantity=Decimal(61), key="r2", **back)
