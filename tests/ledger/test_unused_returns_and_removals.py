"""What came back unused was never in; what was taken out again was."""

from decimal import Decimal

import pytest

from tests.genealogy.graphs import build
from traceability import genealogy, ledger
from traceability.genealogy import Reading
from traceability.ledger import Move, verify
from traceability.models import Balance, EntryKind, RunLot

K = EntryKind
NOW = Reading(contains_now=True)


def back(plant, lot, run, quantity, **rest):
    return plant.post(
        K.ISSUE_RETURN,
        Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=plant.place("production"),
            destination=plant.store,
            run=run,
            **rest,
        ),
        document=run.document,
    )


def remove(plant, lot, run, quantity, to="store"):
    destination = plant.store if to == "store" else plant.place(to)
    return plant.post(
        K.REMOVAL,
        Move(
            lot=lot,
            quantity=Decimal(quantity),
            origin=plant.place("production"),
            destination=destination,
            run=run,
        ),
        document=run.document,
        reason="taken out",
    )


@pytest.fixture
def made(plant):
    """S, T ──▶ R ──▶ P, 10 of S drawn."""
    graph = build(plant, "S, T -> P")
    plant.issue(graph["S"], graph.runs[0], 9)
    plant.graph, plant.r = graph, graph.runs[0]
    return plant


def test_part_of_it_back_leaves_the_link(made):
    back(made, made.graph["S"], made.r, 4)
    assert RunLot.objects.get(lot=made.graph["S"]).quantity == 6
    assert made.graph.names(genealogy.where_used(made.graph.ids("S")).reached) == "P"


def test_all_of_it_back_and_it_was_never_in(made):
    back(made, made.graph["S"], made.r, 10)
    assert genealogy.where_used(made.graph.ids("S")).reached == []
    assert made.graph.names(genealogy.where_from(made.graph.ids("P")).reached) == "T"
    assert genealogy.links(made.graph.ids("S"), "input") == []


def test_no_more_comes_back_than_went_in(made):
    for act in (back, remove):
        with pytest.raises(ledger.MoreThanWentIn) as refusal:
            act(made, made.graph["S"], made.r, 11)
        assert refusal.value.fields["available"] == "10"
    remove(made, made.graph["S"], made.r, 7)
    for act in (back, remove):
        with pytest.raises(ledger.MoreThanWentIn):
            act(made, made.graph["S"], made.r, 4)
    back(made, made.graph["S"], made.r, 3)


def test_no_more_comes_back_from_a_run_than_went_into_that_run(made):
    other = made.run("WO", 2)
    made.issue(made.graph["S"], other, 5)
    with pytest.raises(ledger.MoreThanWentIn):
        back(made, made.graph["S"], other, 6)
    with pytest.raises(ledger.MoreThanWentIn):
        back(made, made.graph["P"], made.r, 1)  # an output is no input


def test_what_was_taken_out_was_in_and_is_not_now(made):
    remove(made, made.graph["S"], made.r, 10)
    ids = made.graph.ids
    assert made.graph.names(genealogy.where_used(ids("S")).reached) == "P"
    assert genealogy.where_used(ids("S"), NOW).reached == []
    assert made.graph.names(genealogy.where_from(ids("P"), NOW).reached) == "T"
    assert genealogy.left_out(genealogy.where_used(ids("S"), NOW)) == ids("P")


def test_part_of_it_taken_out_and_it_is_still_in(made):
    remove(made, made.graph["S"], made.r, 9)
    assert made.graph.names(genealogy.where_used(made.graph.ids("S"), NOW).reached) == "P"


def test_a_removed_quantity_comes_back_in_quarantine_or_goes_to_scrap(made):
    remove(made, made.graph["S"], made.r, 2)
    remove(made, made.graph["S"], made.r, 3, to="scrap")
    assert Balance.objects.get(lot=made.graph["S"], status="quarantine").quantity == 2
    assert RunLot.objects.get(lot=made.graph["S"]).removed == 5


def test_a_removed_part_is_no_output(made):
    """S is taken out of P: what else is in P does not lead to where S goes next."""
    remove(made, made.graph["S"], made.r, 10)
    build(made, "S -> Q", document="WO-2", graph=made.graph)
    assert made.graph.names(genealogy.where_used(made.graph.ids("T")).reached) == "P"
    assert made.graph.names(genealogy.where_from(made.graph.ids("Q")).reached) == "S"


def test_all_reversed_and_it_is_as_if_nothing_happened(made):
    before = sorted(RunLot.objects.values_list("run", "lot", "role", "quantity", "removed", "inferred"))
    entries = [remove(made, made.graph["S"], made.r, 2), back(made, made.graph["S"], made.r, 8)]
    for entry in reversed(entries):
        ledger.reverse(entry, reason="wrong", actor=made.paul, client="test", key=made.key())
    assert (
        sorted(RunLot.objects.values_list("run", "lot", "role", "quantity", "removed", "inferred")) == before
    )
    assert verify.verify().is_sound


def test_an_inferred_part_that_comes_back_leaves_what_was_scanned(made):
    """S: 10 scanned and 5 inferred; the 5 come back. Nothing of what is in was only inferred."""
    made.issue(made.graph["S"], made.r, 5, evidence="inferred")
    back(made, made.graph["S"], made.r, 5, evidence="inferred")
    assert made.graph.names(genealogy.where_used(made.graph.ids("S"), Reading(narrow=True)).reached) == "P"
    back(made, made.graph["S"], made.r, 10, evidence="inferred")
    made.issue(made.graph["S"], made.r, 5, evidence="scanned")
    assert made.graph.names(genealogy.where_used(made.graph.ids("S"), Reading(narrow=True)).reached) == "P"


def test_what_the_narrow_reading_cannot_tell_apart_it_leaves_out_and_lists(plant):
    """U: 10 inferred, 10 returned (typed), then 5 scanned in. Which of them came back nobody can say."""
    graph = build(plant, "S -> P")
    lot = plant.receive("U")
    plant.issue(lot, graph.runs[0], 10, evidence="inferred")
    back(plant, lot, graph.runs[0], 10)
    plant.issue(lot, graph.runs[0], 5, evidence="scanned")
    walk = genealogy.where_used([lot], Reading(narrow=True))
    assert walk.reached == []
    assert genealogy.left_out(walk) == graph.ids("P")
