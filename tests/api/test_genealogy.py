"""Over HTTP as in the house: the answer is genealogy's own, whole, and of one seq."""

import pytest

from tests.graphs import graph, run_of
from traceability import genealogy
from traceability.genealogy import Reading
from traceability.models import EntryKind

TEXT = "S1, S2 -> B1; B1 -> P1, P2; S3 -> B2; B2, B1 -> P3"


def walk(reader, address, **query):
    """All pages of an answer: (first page, ids in order)."""
    page = reader.get(address, **query).json()
    first, ids = page, [lot["id"] for lot in page["results"]]
    while page["next"]:
        page = reader.get(page["next"]).json()
        assert page["seq"] == first["seq"]
        assert page["count"] == first["count"]
        ids += [lot["id"] for lot in page["results"]]
    return first, ids


def test_where_used_and_where_from_are_those_of_genealogy(plant, erp):
    """
    S1, S2 ──▶ B1 ──▶ P1, P2
               B1, B2 ──▶ P3 (S3 ──▶ B2)
    """
    for lot in graph(plant, TEXT).values():
        first, ids = walk(erp, f"lots/{lot.pk}/where-used", limit=2)
        assert ids == genealogy.where_used([lot]).lots
        assert first["count"] == len(ids)
        assert [start["number"] for start in first["starts"]] == [lot.number]
        assert walk(erp, f"lots/{lot.pk}/where-from", limit=2)[1] == genealogy.where_from([lot]).lots


def test_all_spellings_of_a_supplier_lot_are_one_start(plant, erp):
    """CS-26-2874, cs 26 2874 and CS26/2874 are three receipts of one supplier lot."""
    lots = [
        plant.receive(f"RM-{n}", supplier_lot=typed)
        for n, typed in enumerate(["CS-26-2874", "cs 26 2874", "CS26/2874"])
    ]
    other = plant.receive("RM-9", supplier_lot="CS-26-2875")
    for n, lot in enumerate([*lots, other]):
        plant.issue(lot, plant.run(f"WO-{n}"))
        plant.output(f"P-{n}", plant.run(f"WO-{n}"))
    first, ids = walk(erp, "where-used", supplier_lot="CS-26-2874")
    assert [start["number"] for start in first["starts"]] == ["RM-0", "RM-1", "RM-2"]
    assert ids == genealogy.where_used(lots).lots
    assert [lot["number"] for lot in first["results"] if lot["is_start"]] == ["RM-0", "RM-1", "RM-2"]
    assert walk(erp, "where-used", supplier_lot=["CS-26-2874", "CS-26-2875"])[0]["count"] == 8


def test_a_number_that_two_items_share_starts_at_both_unless_an_item_is_named(plant, erp):
    plant.receive("L-1", item=plant.item("FLOUR"))
    plant.receive("L-1", item=plant.item("SUGAR"))
    assert erp.get("where-used", lot="L-1").json()["count"] == 2
    assert erp.get("where-from", lot="L-1", item="SUGAR").json()["count"] == 1


def test_a_number_that_nothing_has_is_an_error_and_never_went_nowhere(plant, erp):
    plant.receive("A-1", supplier_lot="CS-1")
    for query in [{"lot": "A-2"}, {"supplier_lot": "CS-2"}, {"lot": ["A-1", "A-2"]}]:
        answer = erp.get("where-used", **query)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_lot")
    for query in [{}, {"lot": "A-1", "supplier_lot": "CS-1"}, {"item": "FLOUR"}]:
        assert erp.get("where-used", **query).json()["code"] == "start_missing"
    assert erp.get("lots/999/where-used").status_code == 404


def test_pages_belong_to_one_seq_whatever_is_posted_between_them(plant, erp):
    lots = graph(plant, TEXT)
    page = erp.get("where-used", lot="S1", limit=2).json()
    seq, ids = page["seq"], [lot["id"] for lot in page["results"]]
    before = genealogy.where_used([lots["S1"]]).lots
    graph(plant, "P1 -> P9; S1 -> P8", first=20, lots=lots)
    while page["next"]:
        page = erp.get(page["next"]).json()
        assert (page["seq"], page["count"]) == (seq, len(before))
        ids += [lot["id"] for lot in page["results"]]
    assert ids == before
    assert erp.get("where-used", lot="S1").json()["count"] == len(before) + 2


def test_as_of_an_earlier_seq_is_the_ledger_of_that_time(plant, erp):
    lots = graph(plant, "S1 -> B1")
    seq = erp.get("where-used", lot="S1").json()["seq"]
    graph(plant, "B1 -> P1", first=2, lots=lots)
    assert erp.get("where-used", lot="S1", as_of=seq).json()["count"] == 2
    assert erp.get("where-used", lot="S1", as_of=0).json()["count"] == 1
    assert erp.get("where-used", lot="S1", as_of=10_000).json()["code"] == "as_of_too_late"


def test_a_narrow_reading_lists_what_it_leaves_out(plant, erp):
    lot = plant.receive("S1")
    plant.issue(lot, plant.run("WO-1"), evidence="inferred")
    made = plant.output("P1", plant.run("WO-1"))
    narrow = erp.get("where-used", lot="S1", narrow="true").json()
    assert narrow["reading"] == {"narrow": True, "contains_now": False, "time_aware": False}
    assert (narrow["count"], [lot["id"] for lot in narrow["left_out"]]) == (1, [made.pk])
    assert genealogy.where_used([lot], Reading(narrow=True)).lots == [lot["id"] for lot in narrow["results"]]
    assert erp.get("where-used", lot="S1").json()["left_out"] == []


@pytest.mark.parametrize("reading", ["narrow", "contains_now", "time_aware"])
def test_every_reading_is_that_of_genealogy(plant, erp, reading):
    for lot in graph(plant, TEXT).values():
        expected = genealogy.where_used([lot], Reading(**{reading: True}))
        assert walk(erp, f"lots/{lot.pk}/where-used", **{reading: "true"})[1] == expected.lots


def test_there_is_no_time_aware_reading_upstream(plant, erp):
    plant.receive("S1")
    assert erp.get("where-from", lot="S1", time_aware="true").json()["code"] == "unknown_parameter"


def test_an_untracked_lot_makes_the_answer_open_and_is_named(plant, erp):
    """S1 ──▶ SCRAPS (untracked)"""
    from decimal import Decimal

    from traceability.ledger import Move
    from traceability.models import Lot

    lot = plant.receive("S1")
    plant.issue(lot, run := plant.run("WO-1"))
    loose = Lot(item=plant.item("TRIM", tracking="none"), number="TRIM", is_untracked=True)
    move = Move(
        lot=loose,
        quantity=Decimal(3),
        origin=plant.place("production"),
        destination=plant.store,
        destination_status="released",
        run=run,
    )
    plant.post(EntryKind.OUTPUT, move, document="WO-1", actor=plant.paul)
    answer = erp.get("where-used", lot="S1").json()
    assert answer["is_open"]
    assert [lot["number"] for lot in answer["open_lots"]] == ["TRIM"]


def test_a_circle_ends(plant, erp):
    """S1 ──▶ B1 ──▶ P1 ──▶ B1"""
    lots = graph(plant, "S1 -> B1; B1 -> P1; P1 -> B1")
    assert run_of(plant, 3)
    assert walk(erp, "where-used", lot="S1", limit=1)[1] == sorted(lot.pk for lot in lots.values())


def test_a_long_answer_is_complete(plant, erp, count):
    """S1 ──▶ many serials, in pages."""
    from decimal import Decimal

    from traceability.ledger import Move
    from traceability.models import Lot

    many = count(300, 10_000)
    lot = plant.receive("S1")
    plant.issue(lot, run := plant.run("WO-1"))
    item = plant.item("VALVE", tracking="serial", unit="ea")
    place, store = plant.place("production"), plant.store
    moves = [
        Move(
            lot=Lot(item=item, number=f"V-{n:06d}"),
            quantity=Decimal(1),
            origin=place,
            destination=store,
            destination_status="released",
            run=run,
        )
        for n in range(many)
    ]
    plant.post(EntryKind.OUTPUT, *moves, document="WO-1", actor=plant.paul)
    first, ids = walk(erp, "where-used", lot="S1", limit=many // 3)
    assert first["count"] == len(ids) == len(set(ids)) == many + 1
