"""The scope of a recall: what contains the start, who got it, where it is, and whether it adds up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from recalls.scope import Scope, scope_of
from tests.graphs import graph
from traceability import ledger
from traceability.genealogy import Reading
from traceability.ledger import Move
from traceability.models import Contact, Entry, EntryKind, Lot

K = EntryKind


def move(plant, lot, quantity, origin, destination, **rest):
    return Move(
        lot=lot,
        quantity=Decimal(quantity),
        origin=plant.place(origin),
        destination=plant.place(destination),
        **rest,
    )


def by_number(scope: Scope):
    return {lot.lot: lot for lot in scope.lots}


def test_it_lists_what_contains_the_start_at_any_distance_and_says_why(plant):
    """
    S1 ──▶ B1 ──▶ P1
    S2 ──▶ B2 ──▶ P2
    """
    lots = graph(plant, "S1 -> B1; B1 -> P1; S2 -> B2; B2 -> P2")
    scope = scope_of([lots["S1"]])
    assert [lot.lot for lot in scope.finished] == ["P1"]
    assert [lot.lot for lot in scope.intermediates] == ["B1"]
    assert by_number(scope)["P1"].why == ["S1", "B1", "WO-2"]
    assert by_number(scope)["S1"].why == []
    assert (scope.counts.work_orders, scope.counts.work_orders_total) == (2, 4)
    assert (scope.counts.finished, scope.counts.finished_total, scope.counts.clear) == (1, 2, 1)
    assert [other.lot for other in scope.clear] == ["P2"]


def test_rework_carries_it_into_another_product_and_is_named(plant):
    """S1 ──▶ P1, RW1   RW1, S2 ──▶ P2"""
    lots = graph(plant, "S1 -> P1, RW1; RW1, S2 -> P2")
    found = by_number(scope_of([lots["S1"]]))
    assert found["P2"].via_rework
    assert found["P2"].why == ["S1", "RW1", "WO-2"]
    assert not found["P1"].via_rework
    assert not found["RW1"].via_rework


def test_a_cycle_ends_and_each_lot_is_listed_once(plant):
    """S1 ──▶ B1 ──▶ B2 ──▶ B1, P1"""
    lots = graph(plant, "S1 -> B1; B1 -> B2; B2 -> B1, P1")
    scope = scope_of([lots["S1"]])
    assert sorted(lot.lot for lot in scope.lots) == ["B1", "B2", "P1", "S1"]
    assert by_number(scope)["B1"].why == ["S1", "WO-1"]


def test_a_clean_later_lot_stays_out(plant):
    """S1 ──▶ P1   S2 ──▶ P2 (a later delivery, another supplier lot)"""
    lots = graph(plant, "S1 -> P1; S2 -> P2")
    scope = scope_of([lots["S1"]])
    assert "P2" not in by_number(scope)
    assert [other.lot for other in scope.clear] == ["P2"]


def test_the_source_adds_up_with_used_lost_and_here(plant):
    spice = plant.item("SPICE")
    first = plant.receive("RM-1", 500, item=spice, supplier_lot="CS-26-2874")
    second = plant.receive("RM-2", 200, item=spice, supplier_lot="CS262874")
    run = plant.run("WO-1")
    plant.issue(first, run, 345)
    plant.issue(second, run, 85)
    plant.output("P1", run, 40, item=plant.item("PIE", unit="cs", kind="finished"))
    plant.post(K.SAMPLE, move(plant, first, 2, "storage", "sample"))
    plant.post(K.COUNT_ADJUSTMENT, move(plant, first, 3, "storage", "adjustment"), reason="spill")
    (total,) = scope_of([first, second]).start_totals
    assert (total.received, total.used, total.lost, total.on_hand, total.unaccounted) == (700, 430, 5, 265, 0)
    assert str(total.accounted_percent) == "100.0"


def test_the_other_spelling_is_marked_on_the_start_and_on_what_it_led_to(plant):
    spice = plant.item("SPICE")
    first = plant.receive("RM-1", 500, item=spice, supplier_lot="CS-26-2874")
    second = plant.receive("RM-2", 200, item=spice, supplier_lot="CS262874")
    lots = graph(plant, "RM-1 -> P1; RM-2 -> P2", lots={"RM-1": first, "RM-2": second})
    scope = scope_of([first, second])
    assert [(start.lot, start.spelled_otherwise) for start in scope.starts] == [
        ("RM-1", False),
        ("RM-2", True),
    ]
    assert by_number(scope)["P2"].typed == "CS262874"
    assert by_number(scope)["P1"].typed == ""
    assert lots


def test_goods_that_came_back_are_counted_apart_and_are_here_again(plant):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 30, document="SH-1")
    back = Move(
        lot=lots["P1"],
        quantity=Decimal(6),
        origin=plant.place("customer"),
        destination=plant.place("quarantine"),
        against="SH-1",
    )
    plant.post(
        K.CUSTOMER_RETURN,
        back,
        party=plant.customer,
        document="RMA-1",
        reason="refused at the dock",
        actor=plant.sam,
    )
    scope = scope_of([lots["S1"]])
    p1 = by_number(scope)["P1"]
    assert (p1.made, p1.shipped, p1.returned, p1.here, p1.unaccounted) == (50, 30, 6, 26, 0)
    (customer,) = scope.customers
    assert (
        customer.party,
        customer.amounts[0].quantity,
        customer.amounts[0].returned,
        customer.amounts[0].net,
    ) == ("C-1", 30, 6, 24)
    assert p1.statuses == ("quarantine", "released")
    assert scope.counts.shipments == scope.counts.shipments_total == 1


def test_a_reversed_shipment_is_not_in_the_list_any_more(plant):
    lots = graph(plant, "S1 -> P1")
    entry = plant.ship(lots["P1"], 30, document="SH-1")
    plant.ship(lots["P1"], 5, document="SH-2", party=plant.other_customer)
    ledger.reverse(entry, reason="wrong customer", actor=plant.sam, client="test", key="r")
    scope = scope_of([lots["S1"]])
    assert [row.document for row in scope.shipments] == ["SH-2"]
    assert by_number(scope)["P1"].shipped == 5
    assert (scope.counts.shipments, scope.counts.shipments_total) == (1, 1)


def test_a_start_that_is_itself_finished_counts_as_finished(plant):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 10)
    scope = scope_of([lots["P1"]])
    assert (scope.counts.finished, scope.counts.work_orders, scope.counts.customers) == (1, 0, 1)


def test_stock_is_listed_by_place_in_any_status(plant):
    lots = graph(plant, "S1 -> P1")
    plant.post(K.TRANSFER, move(plant, lots["P1"], 20, "storage", "quarantine"))
    scope = scope_of([lots["S1"]])
    assert [(row.location, row.lot, row.quantity) for row in scope.stock if row.lot == "P1"] == [
        ("QUARANTINE-1", "P1", 20),
        ("STORE-1", "P1", 30),
    ]


def test_a_run_that_drew_it_and_made_nothing_yet_is_in_process(plant):
    lots = graph(plant, "S1 -> B1")
    plant.issue(lots["B1"], plant.run("WO-9"), 7)
    scope = scope_of([lots["S1"]])
    assert [(row.document, row.lot, row.quantity) for row in scope.in_process] == [("WO-9", "B1", 7)]
    assert scope.counts.work_orders == 2


def test_an_untracked_lot_makes_it_open_and_names_what_drew_it(plant):
    """S1 ──▶ GLUE (not tracked) ──▶ P1"""
    lots = graph(plant, "S1 -> B1")
    glue = plant.item("GLUE", tracking="none")
    run = plant.run("WO-7")
    plant.issue(lots["B1"], run, 5)
    made = plant.output(Lot(item=glue, number="GLUE", is_untracked=True), run, 5)
    made = Lot.objects.get(item=glue)
    later = plant.run("WO-8")
    plant.issue(made, later, 2)
    plant.output("P1", later, 5, item=plant.item("PIE", unit="cs", kind="finished"))
    scope = scope_of([lots["S1"]])
    assert scope.is_open
    assert [(row.item, row.documents) for row in scope.open_lots] == [("GLUE", ("WO-8",))]
    assert "P1" not in by_number(scope)


def test_a_narrow_reading_lists_what_it_leaves_out(plant):
    lots = graph(plant, "S1 -> B1")
    run = plant.run("WO-5")
    plant.issue(lots["B1"], run, 5, evidence="inferred")
    plant.output("P1", run, 5, item=plant.item("PIE", unit="cs", kind="finished"))
    scope = scope_of([lots["S1"]], Reading(narrow=True))
    assert [other.lot for other in scope.left_out] == ["P1"]
    assert "P1" not in by_number(scope)
    assert scope_of([lots["S1"]]).left_out == ()


def test_made_again_at_its_seq_it_has_the_same_bytes_after_later_postings(plant):
    """S1 ──▶ B1 ──▶ P1, later also S1 ──▶ P2, shipments, a reversal, an amended supplier lot and a hold."""
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    entry = plant.ship(lots["P1"], 30, document="SH-1")
    before = scope_of([lots["S1"]])
    again = scope_of([lots["S1"]], seq=before.seq)
    assert again.text == before.text

    graph(plant, "S1 -> P2; P1 -> RW1", first=5, lots=lots)
    plant.ship(lots["P2"], 3, document="SH-2", party=plant.other_customer)
    plant.post(K.TRANSFER, move(plant, lots["P1"], 1, "storage", "quarantine"))
    ledger.reverse(entry, reason="wrong", actor=plant.sam, client="test", key="r")
    ledger.amend(
        lots["S1"], supplier_lot="OTHER", reason="typed wrong", actor=plant.quinn, client="test", key="a"
    )
    plant.hold(lots["P1"])

    later = scope_of([lots["S1"]])
    assert later.text != before.text
    assert {lot.lot for lot in later.lots} == {"S1", "B1", "P1", "P2", "RW1"}
    remade = scope_of([lots["S1"]], seq=before.seq)
    assert remade.text == before.text
    assert remade.sha256 == before.sha256
    assert by_number(remade)["P1"].shipped == 30
    assert by_number(remade)["S1"].supplier_lot == "SL-S1"


def test_a_changed_name_changes_the_snapshot_and_not_the_facts(plant):
    lots = graph(plant, "S1 -> P1")
    plant.ship(lots["P1"], 3)
    before = scope_of([lots["S1"]])
    Contact.objects.create(party=plant.customer, name="Joe", phone="+1 555 0100")
    after = scope_of([lots["S1"]], seq=before.seq)
    assert after.parties["C-1"].contact == "Joe"
    assert after.sha256 != before.sha256
    assert after.facts_sha256 == before.facts_sha256


def test_what_was_frozen_reads_back_as_the_same_scope(plant):
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], "12.5" if lots["P1"].item.decimals else 12)
    scope = scope_of([lots["S1"]])
    back = Scope.from_content(scope.content)
    assert back.text == scope.text
    assert by_number(back)["P1"].why == by_number(scope)["P1"].why
    assert back.start_totals[0].used == 10


def test_it_takes_as_many_queries_for_many_lots_as_for_few(plant, django_assert_max_num_queries):
    few = graph(plant, "S1 -> P1")
    many = graph(plant, "S2 -> " + ", ".join(f"P2{n}" for n in range(30)), first=50)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        scope_of([few["S1"]])
    with CaptureQueriesContext(connection) as other:
        assert scope_of([many["S2"]]).counts.finished == 30
    assert len(one) == len(other) < 30


def test_no_start_and_a_seq_to_come_are_refused_in_words(plant):
    lots = graph(plant, "S1 -> P1")
    with pytest.raises(ledger.BadInput) as refusal:
        scope_of([])
    assert "no lot to start from" in refusal.value.sentence
    with pytest.raises(ledger.BadInput):
        scope_of([lots["S1"]], seq=Entry.objects.count() + 1)


def test_committed_projections_and_movements_give_the_same_bytes(committed_plant):
    """At the head outside a transaction the projections answer; as of the same seq the movements do."""
    plant = committed_plant
    lots = graph(plant, "S1 -> B1; B1 -> P1, RW1; RW1 -> P2")
    plant.ship(lots["P1"], 30, document="SH-1")
    from django.db import transaction

    from_projections = scope_of([lots["S1"]])
    with transaction.atomic():
        from_movements = scope_of([lots["S1"]])
    assert from_projections.text == from_movements.text
    # A posting still works afterwards: the snapshot has ended.
    plant.ship(lots["P1"], 1, document="SH-2")


def test_a_time_aware_reading_leaves_out_what_was_made_before_and_keeps_its_bytes(plant):
    """One run: P1 is made, then the suspect S1 goes in, then P2 is made. Later S1 turns out to have gone in earlier too."""
    now = timezone.now()
    s0, s1 = plant.receive("S0", item=plant.item("SPICE")), plant.receive("S1", item=plant.item("SPICE"))
    pie, run = plant.item("PIE", unit="cs", kind="finished"), plant.run("WO-1")
    plant.issue(s0, run, 5, occurred_at=now - timedelta(hours=4))
    plant.output("P1", run, 5, item=pie, occurred_at=now - timedelta(hours=3))
    plant.issue(s1, run, 5, occurred_at=now - timedelta(hours=2))
    plant.output("P2", run, 5, item=pie, occurred_at=now - timedelta(hours=1))
    reading = Reading(time_aware=True)
    before = scope_of([s1], reading)
    assert [lot.lot for lot in before.finished] == ["P2"]
    assert [other.lot for other in before.left_out] == ["P1"]
    assert by_number(before)["P2"].why == ["S1", "WO-1"]
    plant.issue(s1, run, 1, occurred_at=now - timedelta(hours=4))
    assert [lot.lot for lot in scope_of([s1], reading).finished] == ["P1", "P2"]
    assert scope_of([s1], reading, before.seq).text == before.text
