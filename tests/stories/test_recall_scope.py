"""The scope of RC-26-004 says what was written down before anybody asked: pages, API, CSV and PDF read this object.

spice ──▶ blend ──▶ breaded, popcorn ──▶ rework ──▶ Original, breaded
  └──────────────▶ cooked
"""

import pytest

from recalls import services
from recalls.models import Recall
from traceability.config.story.data import shrimp as data

EXPECTED = data()["expected"]


@pytest.fixture
def case(shrimp):
    return Recall.objects.get(number="RC-26-004")


@pytest.fixture
def scope(case):
    return services.live_scope(case)


def test_it_counts_what_was_counted_by_hand(scope):
    for name, count in {
        "work_orders": "work_orders", "work_orders_total": "work_orders_total", "intermediate": "intermediate_lots", "finished": "finished_lots",
        "finished_total": "finished_lots_total", "shipments": "shipments", "shipments_total": "shipments_total", "customers": "customers",
    }.items():  # fmt: skip
        assert getattr(scope.counts, name) == EXPECTED["affected_counts"][count], name


def test_cases_and_spice_add_up(scope):
    (cases,) = scope.finished_totals
    assert (cases.made, cases.shipped, cases.returned, cases.sampled, cases.on_hand, cases.unaccounted) == (
        1223,
        881,
        6,
        2,
        346,
        0,
    )
    (spice,) = scope.start_totals
    assert (spice.received, spice.used, spice.lost, spice.on_hand, spice.unaccounted) == (700, 430, 5, 265, 0)


def test_every_finished_lot_has_its_numbers(scope):
    found = {
        lot.lot: [str(int(n)) for n in (lot.made, lot.shipped, lot.returned, lot.retained, lot.here)]
        for lot in scope.finished
    }
    assert found == {
        row["lot"]: [row[n] for n in ("made", "shipped", "returned", "sampled", "on_hand")]
        for row in EXPECTED["affected_finished_lots"]
    }


def test_every_customer_has_what_went_there_and_what_came_back(scope):
    found = {row.party: (row.amounts[0].quantity, row.amounts[0].returned) for row in scope.customers}
    assert found == {
        row["customer"]: (int(row["shipped_affected"]), int(row["returned"])) for row in EXPECTED["customers"]
    }
    assert {row.document for row in scope.shipments} == set(EXPECTED["affected_shipments"])


def test_the_paths_name_the_rework_and_the_other_spelling(scope):
    lots = {lot.lot: lot for lot in scope.lots}
    assert lots["F-261026-1"].why == ["RM-261019-07", "BB-261021-1", "RWK-261022-1", "WO-26-1050"]
    assert [lot.lot for lot in scope.finished if lot.via_rework] == ["F-261026-1"]
    assert lots["F-261106-1"].why == ["RM-261102-03", "WO-26-1080"]
    assert lots["F-261106-1"].typed == "CS262874"


def test_the_hold_would_reach_sixteen_lots_in_house_and_stop_a_pick_and_an_order(case):
    preview = services.hold_preview(case)
    assert (preview.in_house, preview.in_house_not_on_hold) == (16, 16)
    assert {(kind.kind, kind.lots, kind.amounts[0].quantity) for kind in preview.kinds} == {
        ("finished", 9, 346),
        ("start", 2, 265),
        ("intermediate", 5, 2808),
    }
    assert [stop.document for stop in preview.stops] == ["SH-7013", "WO-26-1095"]


def test_the_frozen_revision_can_be_made_again_byte_by_byte(case):
    revision = case.latest_revision
    assert services.remake(revision).text == revision.content


def test_any_spelling_of_the_supplier_lot_finds_both_deliveries(shrimp):
    for text in ("CS-26-2874", "cs262874", "CS 26 2874"):
        (found,) = services.starts_for(text)
        assert {lot.number for lot in found.lots} == set(EXPECTED["source_lots"])
