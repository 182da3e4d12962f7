"""Fixtures for every test.

* ``db``: as in pytest-django: a transaction, rolled back. Each worker has its own copy of the template database.
* ``ledger_clone``: a database of its own for a test that commits: races, threads, a web server, a worker.
* ``served``: a live web server on a ``ledger_clone``; has ``.url``.
* ``told``: the told story in a database of its own, the default one until the file ends.
* ``count(quick, slow)``: how many; the slow number only with ``--slow``.
* ``transactional_db`` and ``live_server`` are refused: they flush, and the ledger cannot be flushed.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from tests import databases

if "DATABASE_OWNER_URL" not in os.environ:
    raise pytest.UsageError("Run the tests with: python3 manage.py test [what pytest takes]")

SLOW = bool(os.environ.get("LOTLINE_SLOW"))
NO_SKIP = bool(os.environ.get("LOTLINE_NO_SKIP") or os.environ.get("CI"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-rights", action="store_true", help="make docs/rights.md anew from tests/rights/actions.yaml"
    )


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_when_asked() -> None:
    """Each test client makes its own middleware, and WhiteNoise would look at every static file for each of them: 40 ms."""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _nobody_asks_when_a_test_begins() -> None:
    """In the product each request and job says anew who asks; tests share one thread, where the last asker would stay."""
    from traceability import reach

    reach.nobody_asks()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not SLOW:
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
    for item in items:
        if {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(
                f"{item.nodeid}: use ledger_clone or served; the ledger cannot be flushed"
            )
        mark = item.get_closest_marker("django_db")
        if mark and mark.kwargs.get("transaction"):
            raise pytest.UsageError(f"{item.nodeid}: use ledger_clone; the ledger cannot be flushed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where everything is installed, a skipped test is a test that nobody runs."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped here. {why}"
    return report  # type: ignore[return-value]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: object) -> Iterator[None]:
    """Instead of pytest-django's: our template is migrated, by the owner, before pytest starts."""
    with databases.a_clone("worker") as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(name):
            yield


@pytest.fixture(scope="session")
def the_story(django_db_setup: None, django_db_blocker: object) -> Iterator[tuple[str, dict]]:
    """The story, told once: the database's name, and what `load` returned. Nobody connects to it; each file takes a copy."""
    from traceability.config import story

    with databases.a_clone("story") as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(name):
            loaded = story.load()
        yield name, loaded


@pytest.fixture(scope="module")
def told(the_story: tuple[str, dict], django_db_blocker: object) -> Iterator[dict]:
    name, loaded = the_story
    with databases.a_clone("told", of=name) as copy, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(copy):
            yield loaded


@pytest.fixture
def ledger_clone(request: pytest.FixtureRequest, django_db_blocker: object) -> Iterator[str]:
    """The name of a fresh database that this test may commit to, from any thread, and that is dropped afterwards.

    A thread should close its connection (``django.db.connection.close()``); one that forgets is cut off.
    """
    if "db" in request.fixturenames:
        raise pytest.UsageError("a test uses db (rolled back) or ledger_clone (committed), not both")
    with databases.a_clone() as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(name):
            yield name


@pytest.fixture
def served(ledger_clone: str) -> Iterator[object]:
    """A live web server over the ledger clone: ``served.url``."""
    from pytest_django.live_server_helper import LiveServer

    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def count() -> Callable[[int, int], int]:
    """``count(quick, slow)``: enough to find a mistake, or as many as the documents promise."""

    def choose(quick: int, slow: int) -> int:
        return slow if SLOW else quick

    return choose


@pytest.fixture(scope="session")
def broker_url() -> str:
    """A real broker (Valkey) of this test run."""
    return os.environ["CELERY_BROKER_URL"]


@pytest.fixture
def plant(db: None):  # type: ignore[no-untyped-def]
    """A small plant with its people, in a transaction that is rolled back."""
    from tests.cast import make_plant

    return make_plant()


@pytest.fixture
def committed_plant(ledger_clone: str):  # type: ignore[no-untyped-def]
    """The same plant, committed, in a database of its own."""
    from tests.cast import make_plant

    return make_plant()
