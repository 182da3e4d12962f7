"""Where did it go, and what is in it: all of it and nothing else, in every reading, now and as of then."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from production import services as production
from production.services import Issued, Made
from tests.genealogy.graphs import build
from tests.model.scenarios.asking import move
from traceability import genealogy, ledger
from traceability.genealogy import Reading
from traceability.models import EntryKind, Lot

K = EntryKind


def used(graph: Any, names: str, **reading: Any) -> str:
    return graph.names(genealogy.where_used(graph.ids(names), Reading(**reading)).lots)


def a_fan_is_not_cut(plant: Any) -> None:
    names = ", ".join(f"A{n}" for n in range(150))
    assert len(genealogy.where_used(build(plant, f"S -> {names}").ids("S")).reached) == 150


def no_depth_is_too_deep(plant: Any) -> None:
    graph = build(plant, "; ".join(f"P{n} -> P{n + 1}" for n in range(60)))
    assert len(genealogy.where_used(graph.ids("P0")).reached) == 60


def a_cycle_ends_and_is_complete(plant: Any) -> None:
    graph = build(plant, "S -> A; A -> B; B -> A; B -> C")
    assert used(graph, "S") == "A, B, C, S"


def what_was_returned_unused_was_never_in_it(plant: Any) -> None:
    graph = build(plant, "S -> P")
    back = move(plant, graph["S"], 1, "production", "storage", run=graph.runs[0])
    plant.post(K.ISSUE_RETURN, back, document="WO")
    assert used(graph, "S") == "S"


def what_was_reversed_does_not_lead_on(plant: Any) -> None:
    graph = build(plant, "S, T -> P")
    entry = plant.issue(plant.receive("X"), graph.runs[0], 1)
    ledger.reverse(entry, reason="wrong lot", actor=plant.paul, client="test", key="r")
    assert genealogy.where_used([Lot.objects.get(number="X")]).reached == []


def narrow_leaves_inferred_links_out(plant: Any) -> None:
    graph = build(plant, "S? -> A; A -> B")
    assert used(graph, "S", narrow=True) == "S"
    assert used(graph, "S") == "A, B, S"


def what_was_taken_out_is_not_in_it_now(plant: Any) -> None:
    graph = build(plant, "S -> P")
    plant.post(
        K.REMOVAL,
        move(plant, graph["S"], 1, "production", "scrap", run=graph.runs[0]),
        document="WO",
        reason="worn",
    )
    assert used(graph, "S", contains_now=True) == "S"
    assert used(graph, "S") == "P, S"


def what_is_written_down_late_may_have_happened_any_time(plant: Any) -> None:
    """S goes in at noon. P is reported for two days before; but that was written down only now."""
    run, now = plant.run("WO-1"), timezone.now()
    lot = plant.receive("S")
    plant.issue(lot, run, 1, occurred_at=now - timedelta(hours=3))
    product = plant.output("P", run, 1, occurred_at=now - timedelta(days=2), reason="found on paper")
    assert genealogy.where_used([lot], Reading(time_aware=True)).reached == [product.pk]


def what_is_inferred_may_have_happened_any_time(plant: Any) -> None:
    run, now = plant.run("WO-1"), timezone.now()
    lot = plant.receive("S")
    product = plant.output("P", run, 1, occurred_at=now - timedelta(hours=5))
    plant.issue(lot, run, 1, occurred_at=now - timedelta(hours=1), evidence="inferred")
    assert genealogy.where_used([lot], Reading(time_aware=True)).reached == [product.pk]


def what_came_out_before_the_suspect_went_in_is_clear(plant: Any) -> None:
    run, now = plant.run("WO-1"), timezone.now()
    lot = plant.receive("S")
    plant.output("P", run, 1, occurred_at=now - timedelta(hours=5))
    plant.issue(lot, run, 1, occurred_at=now - timedelta(hours=3))
    later = plant.output("Q", run, 1, occurred_at=now - timedelta(hours=1))
    assert genealogy.where_used([lot], Reading(time_aware=True)).reached == [later.pk]


def as_of_a_seq_is_what_was_on_record_then(plant: Any) -> None:
    """What is recorded later is later, even if it happened earlier."""
    now = timezone.now()
    graph = build(plant, "S -> A")
    seq = ledger.head().seq
    plant.output("B", graph.runs[0], 1, occurred_at=now - timedelta(hours=5))
    assert genealogy.where_used(graph.ids("S"), Reading(as_of=seq)).lots == graph.ids("A, S")


def a_part_is_in_its_unit_and_in_no_other_of_the_order(plant: Any) -> None:
    order = production.plan_work_order(
        number="WO-1", product="PUMP", line=plant.place("line"), actor=plant.paul, client="test", key="p"
    )
    order = production.release(work_order=order, actor=plant.paul, client="test", key="r")
    ring, pump = (
        plant.item("RING", tracking="serial", unit="ea"),
        plant.item("PUMP", tracking="serial", unit="ea"),
    )
    who = {"actor": plant.paul, "client": "test"}
    runs = [order.run, production.start_run(work_order=order, key="run", **who)]
    for number, run in enumerate(runs, start=1):
        part = plant.receive(f"R{number}", 1, item=ring)
        taken = Issued(lot=part, quantity=Decimal(1), location=plant.store)
        production.issue(work_order=order, run=run, lots=[taken], key=f"i{number}", **who)
        made = Made(item=pump, quantity=Decimal(1), lot_number=f"U{number}", location=plant.store)
        production.report_output(work_order=order, run=run, outputs=[made], key=f"o{number}", **who)
    second = Lot.objects.get(number="R2")
    assert genealogy.where_used([second]).reached == [Lot.objects.get(number="U2").pk]


def a_walk_stops_at_what_is_not_tracked_and_says_so(plant: Any) -> None:
    graph = build(plant, "S -> SALT~; SALT~ -> P")
    walk = genealogy.where_used(graph.ids("S"))
    assert graph.names(walk.lots) == "S, SALT~"
    assert walk.open_lots == graph.ids("SALT~")


def both_directions_agree(plant: Any) -> None:
    graph = build(plant, "S -> A; A, T -> B; B -> C, D")
    for top in "SATB":
        for bottom in "ABCD":
            is_down = graph[bottom].pk in genealogy.where_used(graph.ids(top)).lots
            assert is_down == (graph[top].pk in genealogy.where_from(graph.ids(bottom)).lots), (top, bottom)
