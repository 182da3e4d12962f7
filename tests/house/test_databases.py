"""The ground that every other test stands on."""

import os
import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from tests import databases


def scalar(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def person(name: str) -> object:
    return get_user_model().objects.create(username=name, display_name=name)


def names() -> set[str]:
    return set(get_user_model().objects.values_list("username", flat=True))


def test_tests_run_as_the_application(db):
    assert scalar("SELECT current_user") == "lotline_app"


def test_tests_never_touch_the_template(db):
    assert scalar("SELECT current_database()") != databases.template()


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_an_ordinary_test_is_rolled_back(db, name):
    assert names() & {"ann", "bob"} == set()
    person(name)


@pytest.mark.parametrize("name", ["ann", "bob"])
def test_a_clone_is_fresh_and_commits(ledger_clone, name):
    assert scalar("SELECT current_database()") == ledger_clone
    person(name)
    seen: list[set[str]] = []

    def look() -> None:
        seen.append(names())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen[0] & {"ann", "bob"} == {name}


def test_a_forgotten_connection_does_not_keep_a_clone(db):
    import psycopg2

    with databases.a_clone("forgotten") as name:
        forgotten = psycopg2.connect(databases.url_for(name))
    with databases.owner("postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        assert cursor.fetchone() is None
    forgotten.close()


def test_the_live_server_sees_what_the_test_committed(served):
    from urllib.request import urlopen

    assert urlopen(f"{served.url}/readyz", timeout=10).read() == b"ready\n"


def test_count_is_quick_by_default(count):
    assert count(3, 1000) == (1000 if os.environ.get("LOTLINE_SLOW") else 3)


def test_the_owner_migrates_and_the_application_does_not(db):
    with databases.owner() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("lotline_owner",)
