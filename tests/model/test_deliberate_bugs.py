"""The tests have teeth: each deliberate bug is caught by the scenario named with it, and each scenario holds without a bug."""

from __future__ import annotations

import pytest

from tests.model.bugs.bugs import BUGS, Deliberate

SCENARIOS = {f"{bug.caught_by.__module__.rpartition('.')[2]}: {bug.caught_by.__name__}": bug for bug in BUGS}


def plant_for(bug: Deliberate, request: pytest.FixtureRequest):
    return request.getfixturevalue("committed_plant" if bug.commits else "plant")


@pytest.mark.parametrize("bug", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_without_a_bug_it_holds(bug, request):
    bug.caught_by(plant_for(bug, request))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.name} [{bug.caught_by.__name__}]")
def test_with_the_bug_it_falls(bug, request):
    plant = plant_for(bug, request)
    with pytest.raises(AssertionError), bug.bug():
        bug.caught_by(plant)


def test_there_are_enough_of_them():
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 45
