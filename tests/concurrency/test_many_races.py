"""The counts of the documents: 10,000 races of two for each posting path, against all paths in turn, and eights of one kind."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.concurrency.conftest import is_sound
from tests.concurrency.duels import duel
from tests.concurrency.outcomes import NAMES, allowed, in_order
from tests.concurrency.paths import PATHS, scenes_for

# Each path meets all of them, itself as well, this often: 10,000 races for each path.
TIMES = -(-10_000 // len(NAMES))
# Of eight at the same moment: how many go through, and what the others are told. The rest all go through.
ONE_OF_EIGHT = [name for name in NAMES if in_order(name, name)[1] != "through"]


@pytest.mark.slow
@pytest.mark.parametrize("one", NAMES)
def test_two_at_once_ten_thousand_times_a_path(stage, one):
    ends: Counter[tuple[str, str]] = Counter()
    with duel() as ring:
        for other in NAMES[NAMES.index(one) :]:
            for scene in scenes_for(stage, TIMES, one, other):
                acts = [
                    lambda scene=scene: PATHS[one](stage, scene, 0),
                    lambda scene=scene, act=PATHS[other]: act(stage, scene, 1),
                ]
                found = tuple(ring.free(acts))
                assert found in allowed(one, other), (one, other, found)
                ends[found] += 1
    print(f"{one}: {sum(ends.values())} races; {dict(ends)}")
    is_sound()


@pytest.mark.parametrize("name", ONE_OF_EIGHT)
def test_of_eight_at_once_one_goes_through_and_seven_are_told_why(shared_stage, count, name):
    winner, loser = in_order(name, name)
    with duel(people=8) as ring:
        for scene in scenes_for(shared_stage, count(1, 250), name):
            acts = [
                lambda side=side, scene=scene: PATHS[name](shared_stage, scene, side) for side in range(8)
            ]
            assert Counter(ring.free(acts)) == Counter({winner: 1, loser: 7})


def test_control_the_people_do_meet(stage, count):
    """That races without a script are races: without the locks, many end in an error that nobody should see."""
    with duel(locks=False) as ring:
        found = Counter(
            end.partition(":")[0]
            for scene in scenes_for(stage, count(40, 1_000), "shipment")
            for end in ring.free([lambda s=scene, side=side: PATHS["shipment"](stage, s, side) for side in (0, 1)])
        )  # fmt: skip
    print(dict(found))
    assert found["IntegrityError"] >= count(1, 100)
