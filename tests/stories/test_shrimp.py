"""Pelican Point Seafood, told once: every answer that was written down before, asked of the ledger.

spice ──▶ blend ──▶ breaded, popcorn ──▶ rework ──▶ Original, breaded
  └──────────────▶ cooked
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from production.models import WorkOrder
from qc.models import Inspection, Result
from recalls.models import Recall
from receiving.models import PurchaseOrder, ReceiptLine
from shipping.models import Shipment
from traceability import genealogy, ledger
from traceability.config import story
from traceability.config.story import expected, reckoning
from traceability.config.story.data import shrimp as data
from traceability.models import (
    Balance,
    Entry,
    EntryKind,
    Hold,
    Lot,
    Movement,
    Person,
    Requirement,
    Reservation,
    RunLot,
    Status,
)


def lot(number: str) -> Lot:
    return Lot.objects.select_related("item").get(number=number)


def test_every_expected_answer_is_what_the_ledger_says(shrimp):
    wrong = [sentence for ok, sentence in expected.compare() if not ok]
    assert wrong == []
    assert len(expected.compare()) > 40


def test_the_ledger_it_leaves_is_sound(shrimp):
    from traceability.ledger import verify

    report = verify.verify()
    assert report.is_sound, report.findings


def test_the_times_of_the_story_are_the_times_of_the_ledger_and_never_go_back(shrimp):
    told = Entry.objects.filter(imported=True).order_by("seq")
    assert told.exclude(occurred_at=F("recorded_at")).count() == 0
    times = list(told.values_list("recorded_at", flat=True))
    assert times == sorted(times)
    assert times[-1] < Entry.objects.get(imported=False).recorded_at


def test_the_suppliers_notice_came_four_days_ago(shrimp):
    case = Recall.objects.get(number="RC-26-004")
    today = case.opened_at.astimezone(lot("F-261022-1").movements.first().origin.site.zone).date()
    assert case.notified_on == today - timedelta(days=4)


def test_after_the_telling_nobody_can_bring_another_time(shrimp):
    assert ledger.head().is_seeding is False


def test_telling_it_again_changes_nothing_and_knows_no_passwords(shrimp):
    seq = ledger.head().seq
    assert story.load() == {"accounts": []}
    assert ledger.head().seq == seq


def test_it_is_not_told_into_a_ledger_with_entries_of_its_own(plant):
    plant.receive("A-1")
    with pytest.raises(ledger.Refusal, match="has a ledger of its own"):
        story.load()


def test_everybody_who_has_a_password_can_log_in_with_it(shrimp):
    accounts = {account["username"]: account["password"] for account in shrimp["accounts"]}
    assert set(accounts) == {
        "rosa", "dwayne", "linh", "marcus", "anita", "grace", "tom", "ada", "auditor", "carl", "paula",
    }  # fmt: skip
    assert Person.objects.get(username="rosa").check_password(accounts["rosa"])
    assert not Person.objects.get(username="erp-bot").has_usable_password()


@pytest.mark.parametrize(
    ("name", "starts"), [("spice", data()["expected"]["source_lots"]), ("cartons", [expected.CARTONS])]
)
@pytest.mark.parametrize(
    "reading", [{}, {"narrow": True}, {"time_aware": True}], ids=["wide", "narrow", "time-aware"]
)
def test_each_reading_is_what_a_plain_script_reckons_from_the_timetable(shrimp, name, starts, reading):
    walk = genealogy.where_used(Lot.objects.filter(number__in=starts), genealogy.Reading(**reading))
    assert set(Lot.objects.filter(pk__in=walk.lots).values_list("number", flat=True)) == reckoning.reached(
        data(), starts, **reading
    )


def test_the_exact_text_alone_misses_the_second_spelling(shrimp):
    exact = Lot.objects.filter(supplier_lot="CS-26-2874")
    found = Lot.objects.filter(pk__in=genealogy.where_used(exact).lots, item__kind="finished")
    assert found.count() == 8
    assert not found.filter(number="F-261106-1").exists()


def test_one_link_was_inferred_some_typed_and_the_rest_scanned(shrimp):
    inputs = Movement.objects.filter(run_role="input")
    assert inputs.get(evidence="inferred").lot.number == expected.CARTONS
    assert inputs.filter(evidence="typed").count() == 4
    assert RunLot.objects.filter(inferred__gt=0).count() == 1


def test_every_work_order_balances_by_weight(shrimp):
    closed = WorkOrder.objects.filter(status="closed")
    assert closed.count() == 25
    assert not closed.exclude(unexplained_lb=0).exists()
    assert {row["work_order"]: Decimal(row["loss_lb"]) for row in data()["work_orders"]} == dict(
        closed.values_list("number", "loss_lb")
    )


def test_nobody_decided_on_what_he_received_or_made(shrimp):
    for inspection in Inspection.objects.filter(decided_by__isnull=False):
        makers = set(
            inspection.lot.movements.filter(entry__kind__in=["receipt", "output"]).values_list(
                "entry__actor", flat=True
            )
        )
        assert inspection.decided_by_id not in makers


def test_nothing_was_issued_or_shipped_that_was_not_released_before(shrimp):
    assert (
        not Movement.objects.filter(entry__kind__in=["issue", "shipment"])
        .exclude(origin_status="released")
        .exists()
    )
    assert not Entry.objects.filter(after_the_fact=True).exists()


def test_what_came_back_waits_for_quality_control_in_the_cage(shrimp):
    back = Balance.objects.get(lot=lot("F-261022-1"), status=Status.QUARANTINE, quantity__gt=0)
    assert (back.quantity, back.location.code) == (6, "QA-HOLD")
    assert Requirement.objects.open().get(lot=back.lot).stage == "return"


def test_the_trouble_of_every_day_is_told_too(shrimp):
    warm = lot("DK-261114-7")
    assert Inspection.objects.get(lot=warm).decision == "rejected"
    assert not Balance.objects.filter(lot=warm, quantity__gt=0).exists()
    assert Inspection.objects.get(lot__number="DK-261121-8").label == "contains sulfites"
    concession = Inspection.objects.get(deviation="DEV-0042")
    assert (concession.lot.number, concession.entry.second_person.username) == ("RM-261109-02", "grace")
    assert Result.objects.get(inspection=concession, is_within=False).characteristic.name == "bag integrity"
    crabs = Hold.objects.get(lot__number="XC-261111-01")
    assert crabs.lifted_in.second_person.username == "grace"
    old = lot("RM-260520-02")
    assert old.is_imported
    assert Balance.objects.get(lot=old, quantity__gt=0).quantity == 250
    assert Entry.objects.filter(kind=EntryKind.SUPPLIER_RETURN).count() == 1


def test_what_stands_on_the_screens_today(shrimp):
    assert PurchaseOrder.objects.expected().get().number == "PO-5130"
    assert Shipment.objects.picking().get().number == "SH-7013"
    assert {r.lot.number for r in Reservation.objects.standing().filter(document="SH-7013")} == {
        "F-261105-1",
        "F-261029-1",
        "F-261106-2",
    }
    assert Reservation.objects.standing().get(document="WO-26-1095").lot.number == "BB-261104-1"
    case = Recall.objects.get(number="RC-26-004")
    assert case.revisions.count() == 1
    assert not Hold.objects.standing().exists()


def test_holding_the_scope_stops_the_shipment_and_the_work_order_of_today(shrimp):
    from recalls import services as recalls

    anita = Person.objects.get(username="anita")
    recalls.hold_all(recall=Recall.objects.get(number="RC-26-004"), actor=anita, client="test", key="hold")
    assert set(Reservation.objects.filter(broken_in__isnull=False).values_list("document", flat=True)) == {
        "SH-7013",
        "WO-26-1095",
    }
    from shipping import services as shipping

    with pytest.raises(ledger.LotOnHold):
        shipping.ship(
            shipment=Shipment.objects.get(number="SH-7013"),
            actor=Person.objects.get(username="marcus"),
            client="test",
            key="ship",
        )


def test_supplier_lots_are_kept_as_printed(shrimp):
    rows = ReceiptLine.objects.filter(lot__number__in=data()["expected"]["source_lots"]).order_by(
        "lot__number"
    )
    assert [row.lot.supplier_lot for row in rows] == ["CS-26-2874", "CS262874"]
    assert rows[0].lot.received_under == rows[0].receipt.number
