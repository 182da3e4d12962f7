"""Every pair of posting paths, in both orders: what the table says becomes of them one after the other becomes of them at the
same moment too. Never a deadlock, never an error of the database in front of a person.

The controls take the locks away, and then the constraints: the constraint refuses in words nobody should read, and after that
the stock is wrong and the verifier says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests import databases
from tests.concurrency.duels import duel, word
from tests.concurrency.outcomes import GATED, NAMES, allowed, competing, in_order, pairs
from tests.concurrency.paths import NEEDS_COUNT, NEEDS_HOLD, PATHS, Stage, scenes_for
from tests.concurrency.together import outcome
from traceability.ledger import verify
from traceability.models import Balance, EntryKind, RunLot

Acts = tuple[Callable[[], Any], Callable[[], Any]]


def prepared(stage: Stage, duels: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, Acts]]:
    """The two acts of each duel, on a scene of their own; the scenes are made in as few entries as possible."""
    kinds: dict[tuple[bool, bool], list[tuple[str, str]]] = {}
    for names in duels:
        kinds.setdefault((bool(NEEDS_COUNT & {*names}), bool(NEEDS_HOLD & {*names})), []).append(names)
    for alike in kinds.values():
        wanted = {name for names in alike for name in names}
        for (one, other), scene in zip(alike, scenes_for(stage, len(alike), *wanted), strict=True):
            yield one, other, (
                lambda act=PATHS[one], scene=scene: act(stage, scene, 0),
                lambda act=PATHS[other], scene=scene: act(stage, scene, 1),
            )  # fmt: skip


def test_every_kind_of_the_rules_table_is_among_the_paths():
    assert set(NAMES) == set(PATHS)
    assert {str(kind) for kind in EntryKind} - set(PATHS) == set()


def test_by_the_table_one_always_goes_through():
    assert all("through" in ends for one, other in pairs() for ends in allowed(one, other))


def test_one_after_the_other_they_get_what_the_table_says(shared_stage, count):
    """What the table is made of; the races below are held against it. Quickly: only where one is refused."""
    everybody = [(a, b) for a in NAMES for b in NAMES]
    refused = [names for names in everybody if in_order(*names) != ("through", "through")]
    for first, second, acts in prepared(shared_stage, count(refused, everybody)):
        assert tuple(word(outcome(act)) for act in acts) == in_order(first, second), (first, second)


@pytest.mark.parametrize("first", NAMES)
def test_two_people_at_once_get_what_they_would_get_one_after_the_other(shared_stage, first):
    with duel() as ring:
        for _, second, acts in prepared(shared_stage, [(first, name) for name in NAMES]):
            assert ring.scripted(*acts) == in_order(first, second), second


def test_all_pairs_let_loose_at_the_same_moment(shared_stage):
    with duel() as ring:
        for one, other, acts in prepared(shared_stage, pairs()):
            assert tuple(ring.free(acts)) in allowed(one, other), (one, other)


# Controls

CONSTRAINTS = {
    "balance": ["balance_is_never_negative"],
    "runlot": ["run_lot_is_never_negative", "run_lot_removes_at_most_what_went_in"],
    "delivered": ["delivered_is_never_negative", "delivered_returns_at_most_what_went"],
}
# A promise is no stock: no constraint of one row can see it.
COMPETING = [names for names in competing() if "reserve" not in names]


def test_control_without_the_locks_the_constraint_refuses(stage):
    known = {name for names in CONSTRAINTS.values() for name in names}
    with duel(locks=False) as ring:
        for first, second, acts in prepared(stage, COMPETING):
            ends = ring.scripted(*acts)
            assert ends[1] == "through", (first, second, ends)
            assert ends[0].startswith("IntegrityError"), (first, second, ends)
            assert any(name in ends[0] for name in known), (first, second, ends)


def test_control_without_locks_and_constraints_it_goes_wrong(stage):
    with databases.owner() as cursor:
        for table, names in CONSTRAINTS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE traceability_{table} DROP CONSTRAINT {name}")
    with duel(locks=False) as ring:
        for first, second, acts in prepared(stage, COMPETING):
            assert ring.scripted(*acts) == ("through", "through"), (first, second)
    from_stock = [
        names for names in COMPETING if not {"issue_return", "removal", "customer_return"} & {*names}
    ]
    assert Balance.objects.filter(quantity__lt=0).count() == len(from_stock)
    assert verify.verify().counts["nothing_was_ever_negative"] == len(from_stock)
    assert RunLot.objects.filter(quantity__lt=0).count() + RunLot.objects.filter(removed__gt=7).count() > 0


def test_control_without_the_locks_more_is_promised_than_there_is(stage):
    promised = [(first, second) for first, second in competing() if second == "reserve"]
    with duel(locks=False) as ring:
        for first, _, acts in prepared(stage, promised):
            assert ring.scripted(*acts) == ("through", "through"), first
    assert verify.verify().counts["promises_are_covered"] == len(promised)


def test_control_without_the_locks_a_held_or_expired_lot_is_used(stage):
    """Each has passed its gate when the hold is placed, and does not know."""
    users = sorted(GATED & {"issue", "split", "shipment"})
    with duel(locks=False) as ring:
        for first, second, acts in prepared(
            stage, [(a, b) for a in users for b in ("hold", "hold_scope", "amend")]
        ):
            assert ring.scripted(*acts) == ("through", "through"), (first, second)
    counts = verify.verify().counts
    assert counts["no_held_lot_was_used"] == 2 * len(users)
    assert counts["no_expired_lot_was_used"] == len(users)
