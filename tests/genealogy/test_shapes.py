"""Graphs with names: chain, diamond, fan, cycle, tank heel, one run per unit; each drawn, built from text, walked both ways."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from django.utils import timezone

from tests.genealogy.graphs import build
from traceability import genealogy, ledger
from traceability.genealogy import Reading
from traceability.models import Entry, Lot


def used(graph, names, **reading):
    return graph.names(genealogy.where_used(graph.ids(names), Reading(**reading)).lots)


def came_from(graph, names, **reading):
    return graph.names(genealogy.where_from(graph.ids(names), Reading(**reading)).lots)


def test_a_chain(plant):
    """S ──▶ A ──▶ B ──▶ C"""
    graph = build(plant, "S -> A; A -> B; B -> C")
    assert used(graph, "S") == "A, B, C, S"
    assert used(graph, "B") == "B, C"
    assert came_from(graph, "C") == "A, B, C, S"
    assert genealogy.where_used(graph.ids("S")).reached == graph.ids("A, B, C")


def test_a_diamond_has_each_lot_once(plant):
    """S ──▶ A ──▶ P
    └────▶ B ──▶┘"""
    graph = build(plant, "S -> A; S -> B; A, B -> P")
    walk = genealogy.where_used(graph.ids("S"))
    assert graph.names(walk.lots) == "A, B, P, S"
    assert len(walk.lots) == len(set(walk.lots))
    assert came_from(graph, "P") == "A, B, P, S"


def test_starts_are_a_set(plant):
    graph = build(plant, "S -> A; T -> B; U -> C")
    assert used(graph, "S, T") == "A, B, S, T"
    assert used(graph, "") == ""
    assert genealogy.where_used([graph["S"], graph["S"].pk]).starts == (graph["S"].pk,)


def test_many_in_and_many_out_of_one_run_are_all_linked(plant):
    """Attribution within a run is never narrowed: any input may be in any output."""
    graph = build(plant, "S, T -> A, B")
    assert used(graph, "S") == "A, B, S"
    assert came_from(graph, "B") == "B, S, T"


def test_what_goes_in_after_something_came_out_is_in_it_all_the_same_in_the_wide_reading(plant):
    graph = build(plant, "S -> A")
    late = plant.receive("LATE")
    plant.issue(late, graph.runs[0], 1)
    assert genealogy.where_used([late]).reached == graph.ids("A")


@pytest.mark.parametrize("width", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_fan(plant, width):
    """S ──▶ R ──▶ A0 … A999, each of them ──▶ Z"""
    names = ", ".join(f"A{n}" for n in range(width))
    graph = build(plant, f"S -> {names}; {names} -> Z")
    started = perf_counter()
    assert len(genealogy.where_used(graph.ids("S")).lots) == width + 2
    assert len(genealogy.where_from(graph.ids("Z")).lots) == width + 2
    assert perf_counter() - started < 10


def test_a_cycle_ends_and_is_complete(plant):
    """A ──▶ B ──▶ C ──▶ A, C ──▶ D: recovered solvent"""
    graph = build(plant, "S -> A; A -> B; B -> C; C -> A; C -> D")
    for name in "ABC":
        assert used(graph, name) == "A, B, C, D"
        assert came_from(graph, name) == "A, B, C, S"
    assert came_from(graph, "D") == "A, B, C, D, S"


def test_rework_into_its_own_number(plant):
    """S, P ──▶ R ──▶ P"""
    graph = build(plant, "S -> P; P, T -> P; P -> Q")
    assert used(graph, "T") == "P, Q, T"
    assert used(graph, "P") == "P, Q"
    assert came_from(graph, "P") == "P, S, T"


def test_a_tank_heel_joins_every_filling_after_it(plant):
    """
    M1 ──▶ fill 1 ──▶ D1         each filling begins with what was left in the tank, so M1 is in D3, and M3 is not in D1
             └▶ H1 ──▶ fill 2 ──▶ D2
    M2 ─────────────▶┘  └▶ H2 ──▶ fill 3 ──▶ D3 ◀── M3
    """
    graph = build(plant, "M1 -> D1, H1; M2, H1 -> D2, H2; M3, H2 -> D3")
    assert used(graph, "M1") == "D1, D2, D3, H1, H2, M1"
    assert used(graph, "M3") == "D3, M3"
    assert came_from(graph, "D3") == "D3, H1, H2, M1, M2, M3"
    assert came_from(graph, "D1") == "D1, M1"


def test_serial_assembly_with_one_run_a_unit_links_each_part_to_its_unit_alone(plant):
    """R17 ──▶ unit 17 ──▶ V17, for 50 units; the gasket G is in every one."""
    graph = build(plant, "; ".join(f"R{n}, G -> V{n}" for n in range(50)))
    assert used(graph, "R17") == "R17, V17"
    assert came_from(graph, "V17") == "G, R17, V17"
    assert len(genealogy.where_used(graph.ids("G")).reached) == 50


def test_what_goes_in_by_a_link_that_was_reversed_is_not_in(plant):
    graph = build(plant, "S -> P")
    issue = Entry.objects.get(kind="issue")
    ledger.reverse(issue, reason="wrong lot", actor=plant.paul, client="test", key="r")
    assert used(graph, "S") == "S"
    assert used(graph, "S", as_of=issue.seq + 1) == "P, S"


def test_narrow_leaves_inferred_links_out_and_lists_them(plant):
    """S ··▶ A ──▶ B, T ──▶ A"""
    graph = build(plant, "S?, T -> A; A -> B")
    assert used(graph, "S") == "A, B, S"
    assert used(graph, "S", narrow=True) == "S"
    assert used(graph, "T", narrow=True) == "A, B, T"
    assert came_from(graph, "B", narrow=True) == "A, B, T"
    assert genealogy.left_out(genealogy.where_used(graph.ids("S"), Reading(narrow=True))) == graph.ids("A, B")


def test_as_of_every_seq_the_answer_is_what_it_was_then(plant):
    """Recorded at each seq while the ledger grew, asked again at its end: the same, for every reading."""
    readings = [{}, {"narrow": True}, {"contains_now": True}, {"time_aware": True}]
    graph, seen = build(plant, "S -> A"), {}
    for clause in ("A, T? -> B", "B -> A", "A, B -> C", "U -> S", "C, T -> D"):
        build(plant, clause, graph=graph)
        seq = ledger.head().seq
        seen[seq] = [
            (
                set(genealogy.where_used(graph.ids("S"), Reading(**r)).lots),
                set(genealogy.where_from(graph.ids("S"), Reading(**r)).lots),
            )
            for r in readings
        ]
    for seq, then in seen.items():
        now = [
            (
                set(genealogy.where_used(graph.ids("S"), Reading(as_of=seq, **r)).lots),
                set(genealogy.where_from(graph.ids("S"), Reading(as_of=seq, **r)).lots),
            )
            for r in readings
        ]
        assert now == then, seq
    assert genealogy.where_used(graph.ids("S"), Reading(as_of=0)).reached == []


def test_what_is_drawn_before_the_suspect_went_in_is_made_before(plant):
    """
    08:00 S1 ──▶ day's run      09:00 ──▶ MORNING
    12:00 S2 ──▶                13:00 ──▶ AFTERNOON ──▶ Q
    """
    day = timezone.now() - timedelta(hours=8)
    run = plant.run("LINE")
    s1, s2 = plant.receive("S1"), plant.receive("S2")
    at = lambda hours: day + timedelta(hours=hours)
    plant.issue(s1, run, 1, occurred_at=at(0))
    morning = plant.output("MORNING", run, 5, occurred_at=at(1))
    plant.issue(s2, run, 1, occurred_at=at(4))
    afternoon = plant.output("AFTERNOON", run, 5, occurred_at=at(5))
    timed = Reading(time_aware=True)
    assert set(genealogy.where_used([s2], timed).reached) == {afternoon.pk}
    assert set(genealogy.where_used([s1], timed).reached) == {morning.pk, afternoon.pk}
    assert set(genealogy.where_used([s2]).reached) == {morning.pk, afternoon.pk}
    assert genealogy.left_out(genealogy.where_used([s2], timed)) == [morning.pk]
    # A record made late says nothing about when: it counts as any time in the run.
    s3 = plant.receive("S3")
    plant.issue(s3, run, 1, occurred_at=timezone.now() - timedelta(days=3), reason="found on paper")
    plant.output("OLD", plant.run("OTHER"), 1)
    assert set(genealogy.where_used([s3], timed).reached) == {morning.pk, afternoon.pk}


def test_why_a_lot_is_here_is_one_shortest_path(plant):
    """S ──▶ A ──▶ B ──▶ C, S ──▶ C"""
    graph = build(plant, "S -> A; A -> B; B -> C; S -> C; T -> U")
    paths = genealogy.why(graph.ids("S"), graph.ids("B, C, U, S"))
    kinds = lambda name: [
        (kind, pk if kind == "run" else graph.names([pk])) for kind, pk in paths[graph[name].pk]
    ]
    assert kinds("C") == [("lot", "S"), ("run", graph.runs[3].pk), ("lot", "C")]
    assert [name for kind, name in kinds("B") if kind == "lot"] == ["S", "A", "B"]
    assert kinds("S") == [("lot", "S")]
    assert kinds("U") == [("lot", "U")]


def test_an_imported_lot_says_that_it_is_a_boundary(plant):
    october = datetime(2025, 10, 1, tzinfo=UTC)
    old = Lot(item=plant.item(), number="OLD", is_imported=True)
    move = ledger.Move(
        lot=old, quantity=Decimal(5), origin=plant.place("adjustment"), destination=plant.store
    )
    plant.post("opening", move, reason="go-live", recorded_at=october, occurred_at=october)
    assert Lot.objects.get(number="OLD").is_imported
    assert genealogy.where_from([old]).lots == [old.pk]
