"""When the database cannot: held locks, collisions, read-only, away. Calm answers that say when to come back, and input kept."""

import threading
from contextlib import contextmanager

import psycopg2
import pytest
from django.db import DatabaseError, OperationalError, connection, connections
from django.test import Client
from django.urls import get_resolver

from tests import databases
from traceability import unavailable
from traceability.models import Entry, Hold, RefusalRecord
from traceability.views import collisions

KEY = "a" * 32


def hold_form(**changes):
    return {"key": KEY, "reason": "smells odd", "cause": "quality", "reference": "QH-7"} | changes


@contextmanager
def gone():
    """The database is not there; whoever is connected already is connected no more."""
    with databases.default_at("not_there"):
        yield


@contextmanager
def held(sql):
    """Another session holds a lock meanwhile."""
    with databases.owner() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(sql)
        yield
        cursor.execute("ROLLBACK")


@contextmanager
def lock_timeout(span):
    settings = connections.settings["default"]["OPTIONS"]
    before = settings["options"]
    connection.close()
    settings["options"] = f"{before} -c lock_timeout={span}"
    try:
        yield
    finally:
        connection.close()
        settings["options"] = before


class Colliding:
    """Breaks off the placing of a hold, as the database does, so many times."""

    def __init__(self, times, code="40P01"):
        self.left, self.seen, self.code = times, 0, code

    def __call__(self, execute, sql, params, many, context):
        if "INSERT INTO traceability_hold " in sql:
            self.seen += 1
            if self.left:
                self.left -= 1
                cause = type("Broken", (psycopg2.OperationalError,), {"pgcode": self.code})("broken off")
                raise OperationalError("broken off") from cause
        return execute(sql, params, many, context)


# A lock held by somebody else


def test_a_held_lock_is_a_503_within_its_time_with_the_form_as_it_was(committed_plant, person):
    lot = committed_plant.receive("S")
    quinn = person(committed_plant, "quinn")
    with lock_timeout("200ms"), held(f"SELECT FROM traceability_lot WHERE id = {lot.pk} FOR UPDATE"):
        answer = quinn.post(f"/lots/{lot.pk}/hold/", hold_form())
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        page = answer.content.decode()
        assert "try_again" in page
        assert "smells odd" in page
        assert quinn.get(f"/lots/{lot.pk}/").status_code == 200, "nobody who only reads waits"
    assert quinn.post(f"/lots/{lot.pk}/hold/", hold_form()).status_code == 302
    assert Hold.objects.get().reason == "smells odd"


def test_the_api_says_the_same(committed_plant, program):
    lot = committed_plant.receive("S")
    quinn = program(committed_plant, "quinn")
    with lock_timeout("200ms"), held(f"SELECT FROM traceability_lot WHERE id = {lot.pk} FOR UPDATE"):
        answer = quinn.post("holds", {"lots": [lot.pk], "reason": "odd"}, key="h1")
        assert (answer.status_code, answer.json()["code"]) == (503, "try_again")
        assert answer["Retry-After"] == "2"
        assert answer["Content-Type"] == "application/problem+json"
    assert quinn.post("holds", {"lots": [lot.pk], "reason": "odd"}, key="h1").status_code == 201


# Collisions


@pytest.fixture
def patient(monkeypatch):
    monkeypatch.setattr(collisions.time, "sleep", lambda seconds: None)


@pytest.mark.parametrize("code", sorted(unavailable.COLLISIONS))
def test_a_page_that_collides_twice_succeeds_unnoticed(committed_plant, person, patient, code):
    lot = committed_plant.receive("S")
    quinn = person(committed_plant, "quinn")
    collides = Colliding(2, code)
    with connection.execute_wrapper(collides):
        assert quinn.post(f"/lots/{lot.pk}/hold/", hold_form()).status_code == 302
    assert collides.seen == 3
    assert Hold.objects.count() == 1
    assert not RefusalRecord.objects.exists()


def test_a_third_time_is_told_and_nothing_is_left(committed_plant, person, patient):
    lot = committed_plant.receive("S")
    quinn, entries = person(committed_plant, "quinn"), Entry.objects.count()
    collides = Colliding(3)
    with connection.execute_wrapper(collides):
        answer = quinn.post(f"/lots/{lot.pk}/hold/", hold_form())
    assert collides.seen == collisions.TRIES == 3
    assert answer.status_code == 503
    assert "smells odd" in answer.content.decode()
    assert Entry.objects.count() == entries


def test_the_api_reads_its_body_again(committed_plant, program, patient):
    lot = committed_plant.receive("S")
    collides = Colliding(2)
    with connection.execute_wrapper(collides):
        answer = program(committed_plant, "quinn").post(
            "holds", {"lots": [lot.pk], "reason": "odd"}, key="h1"
        )
    assert answer.status_code == 201, answer.json()
    assert collides.seen == 3
    assert Hold.objects.count() == 1


def test_a_real_deadlock_is_settled_without_anybody_hearing_of_it(committed_plant, person, monkeypatch):
    """Two requests, each with a lock of its own, wait for each other's; the one that is broken off is run again."""
    lots = [committed_plant.receive(number) for number in ("A", "B")]
    first = threading.Barrier(2)
    sleeps = []
    monkeypatch.setattr(collisions.time, "sleep", sleeps.append)

    def crossing(request, mine, other):
        from django.db import transaction
        from django.http import HttpResponse

        with transaction.atomic(), connection.cursor() as cursor:
            lock = "SELECT FROM traceability_lot WHERE id = %s FOR NO KEY UPDATE"
            cursor.execute(lock, [mine])
            if not hasattr(request, "met"):
                request.met = True
                first.wait(20)
            cursor.execute(lock, [other])
        return HttpResponse("done")

    from django.urls import path

    resolver = get_resolver()
    added = path("crossing/<int:mine>/<int:other>/", crossing)
    resolver.url_patterns.insert(0, added)
    answers = {}

    def ask(mine, other):
        try:
            answers[mine] = (
                Client(raise_request_exception=False).get(f"/crossing/{mine}/{other}/").status_code
            )
        finally:
            connection.close()

    try:
        a, b = (lot.pk for lot in lots)
        threads = [threading.Thread(target=ask, args=pair) for pair in ((a, b), (b, a))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        resolver.url_patterns.remove(added)
    assert set(answers.values()) == {200}
    assert sleeps, "the database did break one of them off"


# Read-only


@pytest.fixture
def read_only(committed_plant, ledger_clone):
    committed_plant.lot = committed_plant.receive("S")
    with databases.owner("postgres") as cursor:
        cursor.execute(f'ALTER DATABASE "{ledger_clone}" SET default_transaction_read_only = on')
    connection.close()
    return committed_plant


def test_what_can_only_be_read_can_be_read_and_says_so(read_only, ledger_clone, person):
    with databases.owner("postgres") as cursor:
        cursor.execute(f'ALTER DATABASE "{ledger_clone}" RESET default_transaction_read_only')
    connection.close()
    quinn = person(read_only, "quinn")
    with databases.owner("postgres") as cursor:
        cursor.execute(f'ALTER DATABASE "{ledger_clone}" SET default_transaction_read_only = on')
    connection.close()
    for address in ("/", "/lots/", f"/lots/{read_only.lot.pk}/", "/receiving/", "/entries/"):
        answer = quinn.get(address)
        assert answer.status_code == 200, address
        assert "takes no entries at this moment" in answer.content.decode(), address
    answer = quinn.post(f"/lots/{read_only.lot.pk}/hold/", hold_form())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "read_only" in answer.content.decode()
    assert "smells odd" in answer.content.decode()


def test_logging_in_where_nothing_can_be_written_is_a_calm_503(read_only):
    answer = Client(raise_request_exception=False).post(
        "/login/", {"username": "quinn", "password": "x" * 14}
    )
    assert answer.status_code == 503
    assert "read_only" in answer.content.decode()
    assert "x" * 14 not in answer.content.decode()


# Away


def test_every_page_is_a_calm_503_while_the_database_is_away(committed_plant, person):
    lot = committed_plant.receive("S")
    quinn, stranger = person(committed_plant, "quinn"), Client(raise_request_exception=False)
    with gone():
        for client, address in ((quinn, "/"), (quinn, f"/lots/{lot.pk}/"), (quinn, "/entries/?format=csv"), (stranger, "/login/x"), (quinn, "/admin/")):  # fmt: skip
            answer = client.get(address)
            if answer.status_code == 404:
                continue  # Known without asking anybody.
            assert (answer.status_code, answer["Retry-After"]) == (503, "5"), address
            assert "One moment, please." in answer.content.decode()
            assert "Content-Security-Policy" in answer
    assert quinn.get("/").status_code == 200, "and the moment it is back, all is as before"


def test_what_was_sent_is_kept_to_be_sent_again_with_its_key(committed_plant, person):
    lot = committed_plant.receive("S")
    quinn = person(committed_plant, "quinn")
    quinn.handler.enforce_csrf_checks = True
    token = quinn.get(f"/lots/{lot.pk}/hold/").context["csrf_token"]
    with gone():
        page = quinn.post(f"/lots/{lot.pk}/hold/", hold_form(csrfmiddlewaretoken=str(token))).content.decode()
    assert "Send again" in page
    for part in (
        f'name="key" value="{KEY}"',
        'name="reason" value="smells odd"',
        f'action="/lots/{lot.pk}/hold/"',
    ):
        assert part in page
    again = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    assert quinn.post(f"/lots/{lot.pk}/hold/", hold_form(csrfmiddlewaretoken=again)).status_code == 302


def test_what_a_stranger_had_sent_in_the_persons_name_is_not_offered_again(committed_plant, person):
    """A form from another site carries no token of ours: nothing of it is drawn, let alone with a good token."""
    lot = committed_plant.receive("S")
    quinn = person(committed_plant, "quinn")
    quinn.handler.enforce_csrf_checks = True
    with gone():
        page = quinn.post(f"/lots/{lot.pk}/hold/", hold_form()).content.decode()
    assert "One moment, please." in page
    assert "smells odd" not in page
    assert "csrfmiddlewaretoken" not in page


def test_htmx_gets_a_banner_and_the_api_a_problem(committed_plant, person, program):
    lot = committed_plant.receive("S")
    quinn, sam = person(committed_plant, "quinn"), program(committed_plant, "sam")
    with gone():
        answer = quinn.get(f"/lots/{lot.pk}/", headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Retarget"]) == (503, "#messages")
        assert "<html" not in answer.content.decode()
        for answer in (sam.get("lots"), sam.post("holds", {"lots": [lot.pk], "reason": "x"}, key="h1")):
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "database_away"


def test_alive_is_alive_and_ready_is_not(committed_plant):
    client = Client(raise_request_exception=False)
    with gone():
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503


def test_what_is_our_mistake_stays_a_500(committed_plant, person, monkeypatch):
    from traceability.views import home_tasks

    def broken(*args):
        raise DatabaseError("syntax error")

    monkeypatch.setattr(home_tasks, "of_lots", broken)
    answer = person(committed_plant, "quinn").get("/")
    assert answer.status_code == 500
    assert "Something broke on our side." in answer.content.decode()


def test_every_code_of_the_database_that_means_cannot_is_read_as_such():
    def said(pgcode):
        cause = type("Said", (psycopg2.Error,), {"pgcode": pgcode})()
        error = OperationalError("x")
        error.__cause__ = cause
        found = unavailable.from_database(error)
        return found.code if found else None

    assert [said(code) for code in ("40P01", "40001", "55P03", "57014")] == ["try_again"] * 4
    assert said("25006") == "read_only"
    assert [said(code) for code in ("08006", "53300", "53100", "57P01", "57P02", "57P03", "58030", None)] == [
        "database_away"
    ] * 8
    assert [said(code) for code in ("23505", "22003", "42601", "LL001")] == [None] * 4
