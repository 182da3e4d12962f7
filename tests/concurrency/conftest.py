"""A stage for many races: one committed database for the tests of a file, sound at its end and without a deadlock."""

from collections.abc import Iterator

import pytest

from tests import databases
from tests.concurrency.duels import deadlocks
from tests.concurrency.paths import Stage


@pytest.fixture
def stage(committed_plant) -> Stage:
    """On a database of this test alone."""
    return Stage(committed_plant)


@pytest.fixture(scope="module")
def shared_stage(django_db_setup: None, django_db_blocker: object) -> Iterator[Stage]:
    """Used by all tests of a file; each plays on scenes of its own."""
    from tests.cast import make_plant

    with databases.a_clone("races") as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(name):
            yield Stage(make_plant())
            is_sound()


def is_sound() -> None:
    from traceability.ledger import verify

    report = verify.verify()
    assert report.is_sound, report.findings
    assert deadlocks() == 0
