"""Taking a delivery in, scan by scan: what is certain is added, what is not is asked in the words of the trade."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from receiving import services
from receiving.models import DeliveryLine, DeliveryStep, DockRefusal, Receipt
from tests.receiving.dock import GS, GTINS, label, make_order
from traceability import ledger
from traceability.models import (
    Balance,
    CodeAlias,
    Entry,
    EntryKind,
    Hold,
    ItemUnit,
    Location,
    LocationKind,
    Lot,
    Scan,
    SupplierItem,
    Tracking,
)


def test_a_label_that_says_everything_is_one_scan(dock):
    said = dock.scan(label("BATTER", "DM-B-6341"))
    assert (said.tone, said.plain) == ("ok", "Batter DM-B-6341, 250 lb.")
    line = dock.lines[0]
    assert (line.supplier_lot, line.quantity, line.expires_on, line.location, line.evidence) == (
        "DM-B-6341",
        250,
        date(2028, 5, 19),
        dock.plant.store,
        "scanned",
    )
    assert line.lot_number.startswith("RM-")
    assert line.order_line.order == dock.order


def test_twelve_labels_and_one_post_are_twelve_lots(dock):
    for item in ("BATTER", "PANKO", "PREDUST"):
        for n in range(4):
            assert dock.scan(label(item, f"DM-{item[0]}-90{n}0")).tone in ("ok", "info")
    receipt = dock.post()
    assert receipt.lines.count() == 12
    assert Entry.objects.filter(kind=EntryKind.RECEIPT, document=receipt.number).count() == 1
    assert set(receipt.lines.values_list("lot__number", flat=True)) == {
        line.lot_number for line in dock.delivery.lines.all()
    }
    dock.order.refresh_from_db()
    assert dock.order.is_closed
    assert {b.status for b in Balance.objects.filter(lot__received_under=receipt.number)} == {"quarantine"}


def test_the_same_step_sent_twice_adds_one_lot_and_gets_one_answer(dock):
    first = dock.scan(label("BATTER", "DM-B-1"), key="k" * 32)
    again = dock.scan(label("BATTER", "DM-B-1"), key="k" * 32)
    assert first == again
    assert len(dock.lines) == 1
    assert dock.lines[0].quantity == 250


def test_R01_a_lot_that_came_before_is_told_and_the_second_scan_adds_it(dock):
    came = timezone.localtime(timezone.now() - timedelta(days=33), dock.plant.site.zone).date()
    said = dock.scan(label("PANKO", "DM-P-7719"))
    assert said.code == "R01"
    assert said.plain == (
        f"Lot DM-P-7719 of Panko was already received on {came.day} {came:%b} (PO-5101, 5,000 lb)."
        " Scan again to add this delivery as a second receipt of the same supplier lot, or scan a different lot."
    )
    assert dock.lines == []
    assert dock.scan(label("PANKO", "DM-P-7719")).tone == "ok"
    dock.post()
    assert Lot.objects.filter(supplier_lot_key="DMP7719").count() == 2


def test_R01_another_lot_cancels_the_question_and_is_taken_for_itself(dock):
    dock.scan(label("PANKO", "DM-P-7719"))
    assert dock.scan(label("PANKO", "DM-P-7720")).tone == "ok"
    assert [line.supplier_lot for line in dock.lines] == ["DM-P-7720"]


def test_R01_finds_another_spelling(dock):
    assert dock.scan(label("PANKO", "DMP7719")).code == "R01"


def test_R02_the_same_label_again_is_ignored_and_plus_one_is_a_second_pallet(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    said = dock.scan(label("BATTER", "DM-B-1"))
    assert (said.code, said.tone) == ("R02", "info")
    assert (
        said.plain
        == "DM-B-1 was scanned a moment ago (line 1). Ignored. Touch +1 if there is a second pallet."
    )
    assert dock.lines[0].quantity == 250
    assert "500 lb in all" in dock.say("plus_one", said.choices[0].value).plain
    assert (dock.lines[0].quantity, len(dock.lines[0].packs)) == (500, 2)
    assert (
        "250 lb of it stay"
        in services.undo(delivery=dock.delivery, actor=dock.plant.rita, key="undo1234").plain
    )
    assert dock.lines[0].quantity == 250


def test_another_label_of_the_same_lot_is_one_more_pallet(dock):
    dock.scan(label("BATTER", "DM-B-1", 250))
    said = dock.scan(label("BATTER", "DM-B-1", 243))
    assert "Pallet 2 of this lot: 493 lb in all." in said.plain
    dock.post()
    assert Balance.objects.get(lot__supplier_lot="DM-B-1", quantity__gt=0).quantity == 493


def test_R11_one_lot_has_one_date(dock):
    dock.scan(label("BATTER", "DM-B-1", 250))
    said = dock.scan(label("BATTER", "DM-B-1", 240, best_by="280601"))
    assert (said.code, said.tone) == ("R11", "stop")
    assert dock.lines[0].quantity == 250


def test_R03_more_than_the_limit_is_stopped_and_the_rest_goes_back(dock):
    for n in (1, 2, 3):
        dock.scan(label("PANKO", f"DM-P-800{n}"))
    said = dock.scan(label("PANKO", "DM-P-8004", 330))
    assert (said.code, said.tone) == ("R03", "stop")
    assert (
        said.plain
        == "1,080 lb is 8 % over the 1,000 lb ordered; your limit is 5 %. Receive 1,050 lb, or ask a lead to approve 1,080."
    )
    taken = dock.say("take_most")
    assert "within the limit of 5 %" in taken.plain
    assert dock.lines[-1].quantity == 300
    refused = DockRefusal.objects.get()
    assert (refused.quantity, refused.supplier_lot, refused.reason) == (
        30,
        "DM-P-8004",
        "More than was ordered",
    )
    receipt = dock.post()
    assert receipt.refusals.get() == refused
    assert (
        Balance.objects.filter(lot__item=dock.items["PANKO"], lot__received_under=receipt.number).count() == 4
    )


def test_R03_a_lead_approves_with_a_reason_and_nobody_else(dock):
    for n in (1, 2, 3):
        dock.scan(label("PANKO", f"DM-P-800{n}"))
    dock.scan(label("PANKO", "DM-P-8004", 330))
    with pytest.raises(ledger.SecondPersonRequired):
        dock.say("approve", reason="Truck was full")
    with pytest.raises(ledger.SamePerson):
        dock.say("approve", reason="Truck was full", lead=dock.plant.rita)
    with pytest.raises(ledger.NotPermitted):
        dock.say("approve", reason="Truck was full", lead=dock.plant.sam)
    with pytest.raises(ledger.ReasonRequired):
        dock.say("approve", reason=" ", lead=dock.plant.quinn)
    assert "approved" in dock.say("approve", reason="Truck was full", lead=dock.plant.quinn).plain
    dock.post()
    entry = Entry.objects.filter(kind=EntryKind.RECEIPT).latest("seq")
    assert (entry.second_person, entry.reason) == (dock.plant.quinn, "Truck was full")


def test_R03_has_the_suppliers_own_limit(dock):
    SupplierItem.objects.filter(item=dock.items["PANKO"]).update(over_percent=10)
    for n in (1, 2, 3):
        dock.scan(label("PANKO", f"DM-P-800{n}"))
    assert dock.scan(label("PANKO", "DM-P-8004", 330)).code == ""


def test_R04_a_missing_date_is_asked_and_never_filled_by_itself(dock):
    dock.scan(label("PREDUST", "DM-D-1131"))
    said = dock.scan(label("PREDUST", "DM-D-1132", best_by=""))
    assert (said.code, said.tone) == ("R04", "ask")
    assert (
        said.plain
        == "Predust needs a best-by date. Type it as on the bag (for example 1019 or 19 oct 27), or touch Not on label."
    )
    assert [choice.name for choice in said.choices] == ["not_on_label", "same_date"]
    assert len(dock.lines) == 1
    assert "Received on Hold: missing date." in dock.say("not_on_label").plain
    receipt = dock.post()
    hold = Hold.objects.get(lot__supplier_lot="DM-D-1132")
    assert (hold.reason, hold.cascades) == ("Best-by date is missing", False)
    assert receipt.lines.count() == 2


def test_R04_the_date_is_typed_or_taken_from_the_lot_before(dock):
    dock.scan(label("PREDUST", "DM-D-1131"))
    dock.scan(label("PREDUST", "DM-D-1132", best_by=""))
    dock.say("same_date", "2028-05-19")
    dock.scan(label("PREDUST", "DM-D-1133", best_by=""))
    dock.fill(
        item=dock.items["PREDUST"].pk,
        supplier_lot="DM-D-1133",
        quantity=250,
        unit="lb",
        expires_on=date(2028, 6, 1),
    )
    assert [line.expires_on for line in dock.lines] == [
        date(2028, 5, 19),
        date(2028, 5, 19),
        date(2028, 6, 1),
    ]


def test_a_date_follows_from_the_day_it_was_made_where_the_shelf_life_is_known(dock):
    dock.items["BATTER"].shelf_life_months = 6
    dock.items["BATTER"].save()
    made = timezone.localdate() - timedelta(days=10)
    said = dock.scan(f"]C101{GTINS['BATTER']}10DM-B-1{GS}11{made:%y%m%d}3200000250")
    assert "from the day it was made" in said.plain
    assert dock.lines[0].expires_on > made + timedelta(days=170)


def test_R05_too_little_life_is_received_on_hold_or_refused(dock):
    soon = timezone.now().astimezone(dock.plant.site.zone).date() + timedelta(days=10)
    said = dock.scan(label("BATTER", "DM-B-1", best_by=f"{soon:%y%m%d}"))
    assert (said.code, said.tone) == ("R05", "stop")
    assert (
        said.plain
        == f"Best-by {soon} leaves 10 days; Batter needs 60 on arrival. Receive on hold, or refuse the line."
    )
    dock.say("hold")
    dock.scan(label("BATTER", "DM-B-2", best_by=f"{soon:%y%m%d}"))
    dock.say("refuse")
    assert [line.supplier_lot for line in dock.lines] == ["DM-B-1"]
    assert "leaves 10 days" in DockRefusal.objects.get().reason
    dock.post()
    assert Hold.objects.get().lot.supplier_lot == "DM-B-1"


def test_R06_an_item_of_another_open_order_comes_together_with_it(dock):
    salt = dock.plant.item("SALT", gtin="19521234009051", default_location=dock.plant.store)
    other = make_order(dock.plant, "PO-5128", (salt, 500))
    text = "]C101195212340090511725051910DM-S-1"
    said = dock.scan(text)
    assert said.code == "R06"
    assert (
        said.plain
        == "Salt is not on PO-5130. It is open on PO-5128 from the same supplier. Scan again to receive both together."
    )
    said = dock.scan(text)
    assert said.facts["field"] == "quantity"
    dock.fill(item=salt.pk, supplier_lot="DM-S-1", quantity=500)
    dock.scan(label("BATTER", "DM-B-1"))
    receipt = dock.post()
    other.refresh_from_db()
    assert other.is_closed
    assert {row.order_line.order.number for row in receipt.lines.all()} == {"PO-5128", "PO-5130"}


def test_R06_an_item_on_no_order_is_confirmed_or_refused(dock):
    salt = dock.plant.item("SALT", default_location=dock.plant.store)
    said = dock.scan("SALT")
    assert "It is on no open order of Delta Mill. Scan again to receive it without an order" in said.plain
    assert dock.scan("SALT").tone == "ok"
    dock.scan("L-77")
    dock.fill(item=salt.pk, supplier_lot="L-77", quantity=5)
    assert dock.post().lines.get().order_line is None


def test_R07_a_suspended_supplier_item_goes_to_hold_or_back(dock):
    SupplierItem.objects.filter(item=dock.items["PANKO"]).update(
        approval="suspended", approval_since=date(2025, 11, 18), approval_reason="Salmonella"
    )
    said = dock.scan(label("PANKO", "DM-P-8001"))
    assert (said.code, said.tone) == ("R07", "stop")
    assert said.plain.startswith("Delta Mill is suspended for PANKO since 18 Nov")
    assert said.plain.endswith("Receive to the hold cage or refuse.")
    dock.say("hold")
    dock.post()
    assert Hold.objects.get().reason == "Delta Mill is suspended for PANKO"


def test_S01_a_code_of_another_shape_is_asked_about_and_the_lot_is_received_all_the_same(dock):
    dock.scan(label("PREDUST", "DM-D-1131"))
    said = dock.scan("ABX-99")
    assert (
        said.plain
        == "Nothing here is called ABX-99. It may be a new supplier item. Scan the item label or touch Link it."
    )
    assert [choice.name for choice in said.choices] == ["link", "is_lot", "is_place", "cancel"]
    which = dock.say("link", "ABX-99")
    assert which.code == "S03"
    assert "Somebody else must approve it." in dock.say("link_item", str(dock.items["PREDUST"].pk)).plain
    alias = CodeAlias.objects.get()
    assert (alias.code, alias.item, alias.approved_by, alias.asked_on) == (
        "ABX-99",
        dock.items["PREDUST"],
        None,
        "PO-5130",
    )
    assert dock.scan("ABX-99").code == "S01"
    assert dock.say("is_lot", "ABX-99").facts["field"] == "quantity"


def test_S02_a_label_without_separators_is_never_accepted_by_scanning_it_again(dock):
    text = label("PREDUST", "DM-D-1133", gs=False)
    for _ in range(3):
        said = dock.scan(text)
        assert said.code == "S02"
        assert "lot reads DM-D-1133172805193200000250" in said.plain
        assert "Did you mean DM-D-1133, best by 2028-05-19?" in said.plain
    assert dock.lines == []
    dock.fill(
        item=dock.items["PREDUST"].pk, supplier_lot="DM-D-1133", quantity=250, expires_on=date(2028, 5, 19)
    )
    assert dock.lines[0].evidence == "typed"


def test_an_item_then_a_plain_lot_and_the_suppliers_pack_is_offered(dock):
    assert dock.scan("DM-PANKO").plain == "Panko. Scan a lot of it."
    said = dock.scan("DM-P-8001")
    assert (said.facts["field"], dock.lines) == ("quantity", [])
    desk = services.Desk(dock.delivery, dock.plant.rita)
    from receiving.services.finishing import defaults

    assert defaults(desk, desk.hand, dock.items["PANKO"]) == (250, "lb")
    dock.fill(supplier_lot="DM-P-8001", quantity=250, unit="lb", expires_on=date(2028, 1, 1))
    assert (dock.lines[0].supplier_lot, dock.lines[0].evidence) == ("DM-P-8001", "scanned")


def test_a_plain_lot_without_an_item_is_asked_for_its_item_when_several_are_open(dock):
    said = dock.scan("QX-1", is_typed=True)
    assert said.code == "S01"
    which = dock.say("is_lot", "QX-1")
    assert which.plain.startswith("Which item is QX-1?")
    assert dock.scan("2", is_typed=True).facts["field"] == "quantity"
    assert services.Desk(dock.delivery, dock.plant.rita).hand.item == dock.items["PANKO"].pk


def test_typing_the_number_of_a_line_chooses_its_item(dock):
    assert dock.scan("3", is_typed=True).plain == "Predust. Scan a lot of it."


def test_units_are_converted_exactly_and_shown(dock):
    ItemUnit.objects.create(item=dock.items["BATTER"], unit="bag", numerator=50)
    said = dock.fill(
        item=dock.items["BATTER"].pk,
        supplier_lot="DM-B-1",
        quantity=5,
        unit="bag",
        expires_on=date(2028, 1, 1),
    )
    assert said.plain == "Batter DM-B-1, 5 bag = 250 lb."
    dock.post()
    assert Balance.objects.get(lot__supplier_lot="DM-B-1", quantity__gt=0).quantity == 250


def test_weight_and_pieces_are_both_kept(dock):
    dock.scan(f"]C101{GTINS['BATTER']}10DM-B-1{GS}172805193202024812{'30'}18")
    line = dock.lines[0]
    assert (line.quantity, line.pieces) == (Decimal("248.12"), 18)
    row = dock.post().lines.get()
    assert (row.quantity, row.pieces) == (Decimal("248.12"), 18)


def test_a_place_is_scanned_and_stays_for_the_next_lots(dock):
    assert dock.scan("STORE-2").plain == "Place STORE-2."
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("BATTER", "DM-B-2"))
    assert {line.location.code for line in dock.lines} == {"STORE-2"}


def test_a_place_of_another_site_is_not_found(dock):
    from tests.cast import make_site

    Location.objects.create(site=make_site("OTHER"), code="FAR-1", kind=LocationKind.STORAGE)
    assert dock.scan("FAR-1").code == "S01"


def test_our_own_label_is_not_received_as_a_suppliers_lot(dock):
    ours = Lot.objects.get(supplier_lot="DM-P-7719").number
    for text in (ours, f"https://host.example/l/{ours}"):
        assert dock.scan(text).code == "R13"
    assert dock.lines == []


def test_the_number_of_the_order_is_no_lot(dock):
    dock.scan("PANKO")
    dock.fill(supplier_lot="PO-5130", quantity=5)
    assert dock.lines == []


def test_another_suppliers_order_does_not_belong_here(dock, plant):
    from traceability.models import Party

    other = Party.objects.create(code="S-2", name="Crescent Spice", is_supplier=True)
    make_order(plant, "PO-9", (plant.item("SPICE"), 5), supplier=other)
    said = dock.scan("PO-9")
    assert (said.code, said.choices[0].name) == ("R12", "open")


def test_R08_a_typed_lot_that_looks_like_another_is_asked_about(dock):
    dock.scan(label("BATTER", "DM-B-1O0"))
    said = dock.fill(
        item=dock.items["BATTER"].pk, supplier_lot="DM-B-100", quantity=250, expires_on=date(2028, 1, 1)
    )
    assert said.code == "R08"
    dock.say("another")
    assert [line.supplier_lot for line in dock.lines] == ["DM-B-1O0", "DM-B-100"]


def test_commands_ask_before_they_do(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    assert dock.scan("LL/POST").plain == "Post 1 lot? Scan it again to do it, or scan something else."
    assert dock.scan("LL/POST").facts == {"do": "post"}
    assert not Receipt.objects.filter(order=dock.order).exists()
    dock.scan("LL/UNDO")
    assert dock.scan(label("BATTER", "DM-B-2")).tone == "ok"
    assert len(dock.lines) == 2


def test_a_command_answers_the_question_that_stands(dock):
    dock.scan(label("PREDUST", "DM-D-1", best_by=""))
    assert "missing date" in dock.scan("LL/NO-DATE").plain


def test_undo_takes_the_last_line_off_and_change_puts_it_back_in_hand(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("BATTER", "DM-B-2"))
    assert services.undo(delivery=dock.delivery, actor=dock.plant.rita, key="undo12345").plain.startswith(
        "DM-B-2 of Batter was taken off."
    )
    services.take_off(
        delivery=dock.delivery, line_id=dock.lines[0].pk, actor=dock.plant.rita, key="off123456"
    )
    hand = services.Desk(dock.delivery, dock.plant.rita).hand
    assert (hand.supplier_lot, hand.quantity, dock.lines) == ("DM-B-1", 250, [])
    dock.fill(item=hand.item, supplier_lot="DM-B-1", quantity=249)
    assert dock.lines[0].quantity == 249
    assert DeliveryLine.objects.count() == 3


def test_two_receivers_at_one_truck_have_a_lot_in_hand_each(dock):

    other = dock.plant.people["sam"]
    other.roles = ["receiver"]
    other.save()
    dock.scan("PANKO")
    dock.scan("PREDUST", who="sam")
    dock.scan("DM-P-8001")
    dock.fill(supplier_lot="DM-P-8001", quantity=250, expires_on=date(2028, 1, 1))
    assert services.Desk(dock.delivery, other).hand.item == dock.items["PREDUST"].pk
    assert dock.lines[0].item == dock.items["PANKO"]


def test_scanning_the_order_at_another_workstation_goes_on_with_the_same_delivery(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    again = services.open_order(order=dock.order, site=dock.plant.site, actor=dock.plant.rita)
    assert again == dock.delivery
    assert again.lines.count() == 1


def test_without_an_order_whatever_the_supplier_brings(dock, plant):
    delivery = services.open_without_order(supplier=plant.supplier, site=plant.site, actor=plant.rita)
    dock.delivery = delivery
    assert dock.scan(label("BATTER", "DM-B-1")).tone == "ok"
    receipt = dock.post()
    assert (receipt.order, receipt.lines.get().order_line) == (None, None)


def test_a_notice_fills_the_pallet_from_its_sscc(dock, plant):
    from receiving.models import AnnouncedLot

    line = dock.order.lines.get(item=dock.items["BATTER"])
    AnnouncedLot.objects.create(
        line=line,
        sscc="106141412345678908",
        supplier_lot="DM-B-1",
        quantity=250,
        unit="lb",
        expires_on=date(2028, 1, 1),
        pieces=5,
    )
    for text in ("]C100106141412345678908",):
        assert dock.scan(text).plain == "Batter DM-B-1, 250 lb."
    assert (dock.lines[0].pieces, dock.lines[0].evidence) == (5, "scanned")


def test_a_truck_that_failed_puts_all_of_it_on_hold(dock):
    dock.items["BATTER"].needs_truck_check = True
    dock.items["BATTER"].save()
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("PANKO", "DM-P-8001"))
    with pytest.raises(services.NotReady, match="Truck check open"):
        dock.post()
    services.describe(
        delivery=dock.delivery,
        facts={
            "is_cold": False,
            "is_sealed": True,
            "is_clean": True,
            "temperature": Decimal("12.5"),
            "seal": "4711",
        },
        actor=dock.plant.rita,
    )
    receipt = dock.post()
    assert {hold.reason for hold in Hold.objects.filter(lot__received_under=receipt.number)} == {
        "Truck check failed: not cold enough"
    }
    assert (receipt.truck_passed, receipt.temperature, receipt.seal) == (False, Decimal("12.50"), "4711")


def test_without_its_certificate_a_lot_is_received_on_hold(dock):
    SupplierItem.objects.filter(item=dock.items["BATTER"]).update(needs_certificate=True)
    dock.scan(label("BATTER", "DM-B-1"))
    dock.fill(
        item=dock.items["BATTER"].pk,
        supplier_lot="DM-B-2",
        quantity=250,
        expires_on=date(2028, 1, 1),
        has_certificate=True,
    )
    dock.post()
    assert [hold.lot.supplier_lot for hold in Hold.objects.all()] == ["DM-B-1"]


def test_posting_twice_gives_one_receipt_and_a_closed_delivery_takes_nothing(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    assert dock.post() == dock.post()
    with pytest.raises(services.DeliveryClosed, match="It is receipt"):
        dock.scan(label("BATTER", "DM-B-2"))


def test_nothing_is_posted_before_something_is_there(dock):
    with pytest.raises(services.NotReady, match="No lot yet"):
        dock.post()


def test_a_delivery_given_up_leaves_the_order_expected(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    with pytest.raises(ledger.ReasonRequired):
        services.give_up(delivery=dock.delivery, reason=" ", actor=dock.plant.rita)
    services.give_up(delivery=dock.delivery, reason="Wrong dock", actor=dock.plant.rita)
    assert dock.order in type(dock.order).objects.expected()
    assert services.open_order(order=dock.order, site=dock.plant.site, actor=dock.plant.rita) != dock.delivery


def test_the_number_that_was_posted_meanwhile_is_given_anew(dock, plant):
    item = plant.item("OIL", default_location=plant.store)
    dock.delivery.orders.clear()
    dock.delivery.orders.add(make_order(plant, "PO-1", (item, 10)))
    dock.fill(item=item.pk, supplier_lot="X-1", quantity=5)
    plant.receive("X-1", item=item)
    assert dock.post().lines.get().lot.number == "X-1/2"


def test_what_waited_without_connection_may_add_but_not_ask(dock):
    late = timezone.now() - timedelta(minutes=5)
    assert dock.scan(label("BATTER", "DM-B-1"), scanned_at=late).tone == "ok"
    assert dock.scan(label("PANKO", "DM-P-7719"), scanned_at=late).code == "R01"
    assert dock.scan(label("PANKO", "DM-P-7719"), scanned_at=late).code == "R01"
    dock.scan(label("PREDUST", "DM-D-1", best_by=""), scanned_at=late)
    assert [line.supplier_lot for line in dock.lines] == ["DM-B-1"]
    assert [step.code for step in dock.exceptions] == ["R01", "R01", "R04"]
    with pytest.raises(services.NotReady, match="3 exceptions to settle"):
        dock.post()
    for step in dock.exceptions:
        services.settle_exception(step=step, actor=dock.plant.rita)
    dock.post()


@pytest.mark.parametrize(
    "text", ["A\x00B", "x" * 700, "]C10199999999999999", "https://evil.example/", "\ud800"]
)
def test_hostile_scans_are_answered_and_change_nothing(dock, text):
    assert dock.scan(text).code == "S00"
    assert dock.lines == []
    assert Scan.objects.get().decision == "refused"


def test_every_step_is_kept_with_its_answer(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("PANKO", "DM-P-7719"))
    assert [(step.code, step.tone, step.line is not None) for step in DeliveryStep.objects.all()] == [
        ("", "ok", True),
        ("R01", "ask", False),
    ]
    assert [(scan.decision, scan.code, scan.document) for scan in Scan.objects.order_by("pk")] == [
        ("taken", "", "PO-5130"),
        ("taken", "R01", "PO-5130"),
    ]


def test_nobody_without_the_right_takes_anything(dock):
    for who in ("nora", "ada", "quinn"):
        with pytest.raises(ledger.NotPermitted):
            dock.scan(label("BATTER", "DM-B-1"), who=who)


def test_serials_by_scan_by_range_and_twice(dock, plant):
    valve = plant.item("STEM", tracking=Tracking.SERIAL, unit="ea", default_location=plant.store)
    dock.delivery.orders.clear()
    dock.delivery.orders.add(make_order(plant, "PO-V", (valve, 40)))
    assert dock.scan("PV-26-000431..450").plain == "Stem PV-26-000431 … PV-26-000450 (20), 20 ea."
    assert dock.scan("PV-26-000451").tone == "ok"
    assert dock.scan("PV-26-000440").code == "R02"
    assert dock.scan("PV-26-000460..450").code == "R00"
    assert (dock.lines[0].quantity, len(dock.lines)) == (21, 1)
    receipt = dock.post()
    assert Lot.objects.filter(received_under=receipt.number, is_serial=True).count() == 21
    dock.delivery = services.open_order(order=dock.delivery.orders.get(), site=plant.site, actor=plant.rita)
    assert dock.scan("PV-26-000431").code == "R10"


def test_a_lot_in_hand_is_not_forgotten_by_posting_or_by_the_next_scan(dock):
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("PREDUST", "DM-D-1", best_by=""))
    with pytest.raises(ledger.Refusal, match="DM-D-1 is not added yet"):
        dock.post()
    after = dock.scan(label("BATTER", "DM-B-2"))
    assert after.plain == "Batter DM-B-2, 250 lb. DM-D-1 was left and is not added."
    # The same label again is a lot that stands here: nothing is forgotten.
    assert "not added" not in dock.scan(label("BATTER", "DM-B-2")).plain
    assert "not added" not in dock.scan(label("BATTER", "DM-B-3")).plain
    dock.scan(label("PREDUST", "DM-D-2", best_by=""))
    assert dock.say("cancel").plain.startswith("Left.")
    assert dock.post().lines.count() == 3
