"""Items that are not tracked: counted, but a walk stops there and says that it is open."""

from decimal import Decimal

import pytest

from tests.genealogy.graphs import build
from traceability import genealogy, ledger
from traceability.ledger import Move, verify
from traceability.models import Balance, EntryKind, Hold, Lot

K = EntryKind


@pytest.fixture
def salted(plant):
    """
    S, SALT~ ──▶ P        SALT~ is one lot for all salt: it went into Q as well, and into nothing that P is in.
    SALT~    ──▶ Q
    """
    return build(plant, "S, SALT~ -> P; SALT~ -> Q")


def test_it_is_counted(salted):
    assert Balance.objects.get(lot=salted["SALT~"]).quantity == 998


def test_upstream_it_is_named_and_the_answer_is_open(salted):
    walk = genealogy.where_from(salted.ids("P"))
    assert salted.names(walk.reached) == "S, SALT~"
    assert walk.open_lots == salted.ids("SALT~")
    assert walk.is_open


def test_it_leads_nowhere(salted):
    walk = genealogy.where_used(salted.ids("SALT~"))
    assert (walk.reached, walk.open_lots) == ([], salted.ids("SALT~"))
    assert salted.names(genealogy.where_used(salted.ids("S")).reached) == "P"
    assert not genealogy.where_used(salted.ids("S")).is_open


def test_the_runs_that_drew_it_are_listed_for_a_person_to_offer(salted):
    assert [link.run for link in genealogy.links(salted.ids("SALT~"), "input")] == salted.runs


def test_downstream_a_walk_that_reaches_one_is_open_and_stops(plant):
    """S ──▶ RW~ ──▶ P: rework that is kept without lot numbers may be in anything made since."""
    graph = build(plant, "S -> RW~; RW~ -> P; P -> Q")
    walk = genealogy.where_used(graph.ids("S"))
    assert graph.names(walk.lots) == "RW~, S"
    assert walk.open_lots == graph.ids("RW~")
    back = genealogy.where_from(graph.ids("Q"))
    assert graph.names(back.lots) == "P, Q, RW~"
    assert back.is_open


def test_a_scope_hold_holds_it_but_nothing_beyond(plant):
    graph = build(plant, "S -> RW~; RW~ -> P")
    ledger.hold_scope(
        [graph["S"]],
        reason="glass",
        reference="RC-1",
        actor=plant.rhea,
        client="test",
        key="h",
        site=plant.site,
    )
    assert set(Hold.objects.values_list("lot", flat=True)) == set(graph.ids("S, RW~"))
    plant.output("N", graph.runs[1])
    assert not Hold.objects.filter(lot__number="N").exists()


def test_there_is_one_for_an_item(plant, salted):
    again = Lot(item=plant.item("SALT~", tracking="none"), number="SALT-2", is_untracked=True)
    with pytest.raises(ledger.LotNumberTaken):
        plant.post(
            K.RECEIPT,
            Move(lot=again, quantity=Decimal(1), origin=plant.place("supplier"), destination=plant.store),
            party=plant.supplier,
        )


def test_tracking_raised_later_loses_nothing(plant, salted):
    """SALT~ ──▶ RAISE ──▶ SALT-1: the stock on hand becomes a lot, and where it came from is open, not unknown."""
    build(plant, "SALT~ -> SALT1", document="RAISE", graph=salted)
    walk = genealogy.where_from(salted.ids("SALT1"))
    assert salted.names(walk.reached) == "SALT~"
    assert walk.is_open
    assert verify.verify().is_sound
