"""The walk against an oracle: a breadth-first search in plain Python over the exported movements, on random graphs.

Every reading, both directions, at the head and as of earlier entries: nothing missing, nothing extra, the same open ends, the
same left out; and the scope of a recall lists the same lots, the same customers with their quantities, the same stock.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.db import transaction

from recalls.scope import scope_of
from tests.genealogy.gambler import Gambler
from tests.genealogy.oracle import Oracle, delivered_and_here, export
from traceability import genealogy, ledger
from traceability.genealogy import Reading

READINGS = [
    {"narrow": narrow, "contains_now": now, "time_aware": timed} for narrow in (False, True) for now in (False, True) for timed in (False, True)
]  # fmt: skip
SHAPES = [
    "chain", "diamond", "fan", "cycle", "heel", "assembly", "untracked", "returned to zero", "removal", "reversed issue", "reversed output",
    "reversed issue_return", "backdated", "after the fact", "shipment",
]  # fmt: skip


@pytest.mark.parametrize("batch", range(4))
def test_every_walk_on_random_ledgers_is_what_a_plain_search_finds(plant, count, batch):
    graphs, census, compared = count(6, 500), Counter(), Counter()
    for number in range(graphs):
        seed = batch * 10_000 + number
        with transaction.atomic():
            gambler = Gambler(plant, seed)
            gambler.play(gambler.random.randint(12, 26))
            census += gambler.census
            compared += compare(gambler.lots, gambler.random, f"seed {seed}")
            transaction.set_rollback(True)
    assert compared["walks"] == graphs * (len(READINGS) + 4 + 4) * 2
    # That there was something to be wrong about.
    assert compared["reached"] > 3 * compared["walks"]
    assert compared["open"] > 0
    assert compared["left out"] > 0
    if graphs > 100:
        assert not [shape for shape in SHAPES if census[shape] < graphs / 20], census


def compare(lots, chance: random.Random, what: str) -> Counter[str]:
    """All readings from some starts, now and as of two earlier entries."""
    done: Counter[str] = Counter()
    rows, untracked = export()
    last = ledger.head().seq
    turn = chance.randrange(3)
    for number, as_of in enumerate((None, chance.randint(1, last), chance.randint(1, last))):
        seq = last if as_of is None else as_of
        oracle = Oracle.of(rows, untracked, seq)
        starts = [lot.pk for lot in chance.sample(lots, min(len(lots), chance.randint(1, 3)))]
        for options in READINGS if as_of is None else chance.sample(READINGS, 4):
            reading = Reading(as_of=as_of, **options)
            for direction, walk in (("used", genealogy.where_used), ("from", genealogy.where_from)):
                expected, answer = oracle.walk(starts, reading, direction), walk(starts, reading)
                found = set(answer.lots)
                assert found == expected, (
                    f"{what}, {direction}, {reading}: missing {expected - found}, extra {found - expected}"
                )
                assert answer.open_lots == sorted(expected & untracked), f"{what}, {direction}, {reading}"
                done += Counter(walks=1, reached=len(expected), open=len(answer.open_lots))
            if as_of is None and not reading.is_widest:
                out = sorted(oracle.walk(starts, Reading(), "used") - oracle.walk(starts, reading, "used"))
                assert genealogy.left_out(genealogy.where_used(starts, reading)) == out, f"{what}, {reading}"
                done["left out"] += len(out)
        if number == turn:
            the_scope_is_right(starts, oracle, as_of, what)
    the_paths_are_shortest(
        starts=[chance.choice(lots).pk], oracle=Oracle.of(rows, untracked, last), what=what
    )
    return done


def the_scope_is_right(starts: list[int], oracle: Oracle, as_of: int | None, what: str) -> None:
    scope = scope_of(starts, seq=as_of)
    affected = oracle.walk(starts, Reading(), "used")
    assert {lot.lot_id for lot in scope.lots} == affected, what
    assert {row.lot_id for row in scope.open_lots} == affected & oracle.untracked, what
    delivered, here = delivered_and_here(scope.seq)
    assert {
        (row.lot_id, row.party, row.document): row.quantity - row.returned for row in scope.shipments
    } == {key: n for key, n in delivered.items() if key[0] in affected and n}, what
    stock: Counter[int] = Counter()
    for row in scope.stock:
        stock[row.lot_id] += row.quantity
    assert stock == {lot: n for lot, n in here.items() if lot in affected and n}, what
    assert all(lot.balance.unaccounted == 0 for lot in scope.lots), what


def the_paths_are_shortest(*, starts: list[int], oracle: Oracle, what: str) -> None:
    """Why is this lot here: one path of real links, no longer than it must be."""
    distances = oracle.distances(starts)
    for target, path in genealogy.why(starts, sorted(distances)).items():
        steps = [pk for _, pk in path]
        assert (steps[0] in starts, steps[-1], len(steps) // 2) == (True, target, distances[target]), what
        for lot, run, made in zip(steps[::2], steps[1::2], steps[2::2], strict=False):
            assert oracle.links[run, lot, "input"].quantity > 0, what
            assert oracle.links[run, made, "output"].quantity > 0, what


def test_the_oracle_itself_finds_a_mistake(plant):
    """S ──▶ R0 ──▶ P. A walk that forgot reversals would still find P."""
    lot = plant.receive("S")
    run = plant.run("R0")
    issue = plant.issue(lot, run, 10)
    product = plant.output("P", run, 5)
    ledger.reverse(issue, reason="wrong lot", actor=plant.paul, client="test", key="r")
    rows, untracked = export()
    forgetful = [row for row in rows if row.sign > 0]
    assert product.pk not in Oracle.of(rows, untracked, 99).walk([lot.pk], Reading(), "used")
    assert product.pk in Oracle.of(forgetful, untracked, 99).walk([lot.pk], Reading(), "used")
    assert genealogy.where_used([lot]).reached == []
