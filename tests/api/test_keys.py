"""The Idempotency-Key of every verb: once, whatever is lost on the way, and the first answer again."""

import threading

import pytest
from django.db import connection, transaction

from tests.api.conftest import caller
from traceability.api import answers
from traceability.models import ApiAnswer, Entry, Hold


@pytest.fixture
def rita(a_session):
    return a_session("rita")


def body(*lots, **rest):
    return {"lots": [lot.pk for lot in lots], "reason": "glass", **rest}


def test_a_repeat_hears_the_first_answer_word_by_word_whatever_happened_since(plant, rita):
    lot = plant.receive("A-1")
    first = rita.post("holds", body(lot), key="k1")
    plant.hold(lot)
    again = rita.post("holds", body(lot), key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Hold.objects.count() == 2


def test_a_repeat_with_its_members_and_lines_in_another_order_is_the_same(plant, rita):
    one, two = plant.receive("A-1"), plant.receive("A-2")
    first = rita.post("holds", {"lots": [one.pk, two.pk], "reason": "glass"}, key="k1")
    again = rita.post("holds", {"reason": "glass", "lots": [two.pk, one.pk]}, key="k1")
    assert again.content == first.content


def test_after_the_words_are_forgotten_the_deed_is_not(plant, rita):
    lot = plant.receive("A-1")
    first = rita.post("holds", body(lot), key="k1").json()
    ApiAnswer.objects.all().delete()
    again = rita.post("holds", body(lot), key="k1")
    assert (again.status_code, again.json()["entry"]["seq"]) == (201, first["entry"]["seq"])
    ApiAnswer.objects.all().delete()
    assert rita.post("holds", body(lot, cascades=False), key="k1").json()["code"] == "key_reused"
    assert Hold.objects.count() == 1


def test_the_same_key_at_another_address_is_422(plant, rita, a_session):
    lot = plant.receive("A-1")
    assert rita.post("holds", body(lot), key="k1").status_code == 201
    quinn = a_session("quinn")
    assert quinn.post("holds", body(lot), key="k1").status_code == 201
    hold = Hold.objects.latest("pk")
    answer = quinn.post("holds/lift", {"holds": [hold.pk], "reason": "mistake"}, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


def test_a_refused_key_may_try_again_when_the_reason_is_gone(plant, rita):
    lot = plant.receive("A-1")
    assert rita.post("holds", {"lots": [lot.pk + 1], "reason": "glass"}, key="k1").status_code == 404
    assert ApiAnswer.objects.count() == 0
    assert rita.post("holds", body(lot), key="k1").status_code == 201


def test_a_dry_run_takes_no_key(plant, rita):
    lot = plant.receive("A-1")
    answer = rita.post("holds", body(lot), key="k1", dry_run="true")
    assert (answer.status_code, answer.headers["Dry-Run"], answer.json()["dry_run"]) == (200, "true", True)
    assert ApiAnswer.objects.count() == 0


def test_while_the_first_is_under_way_the_second_hears_409_and_then_its_answer(committed_plant, monkeypatch):
    """The first request is held open by a transaction of this test, on a connection of its own."""
    monkeypatch.setattr(answers, "PATIENCE", "100ms")
    plant = committed_plant
    lot = plant.receive("A-1")
    rita = caller(person=plant.rita)
    taken, go_on = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            number = answers.take(
                client="session:rita",
                key="k1",
                sent={"method": "POST", "address": "/api/v1/holds", "body": body(lot)},
            )
            taken.set()
            go_on.wait(10)
            answers.keep(number, status=201, headers={}, body=b'{"the": "first"}')
        connection.close()

    other = threading.Thread(target=first)
    other.start()
    taken.wait(10)
    busy = rita.post("holds", body(lot), key="k1")
    assert (busy.status_code, busy.json()["code"]) == (409, "key_in_flight")
    assert busy.headers["Retry-After"] == "1"
    go_on.set()
    other.join(10)
    answer = rita.post("holds", body(lot), key="k1")
    assert (answer.status_code, answer.json()) == (201, {"the": "first"})
    assert Hold.objects.count() == 0


def test_ten_at_once_with_one_key_are_one_hold_and_one_answer(committed_plant):
    plant = committed_plant
    lot = plant.receive("A-1")
    heard, together = [], threading.Barrier(10)

    def send():
        rita = caller(person=plant.rita)
        together.wait(10)
        heard.append(rita.post("holds", body(lot), key="k1"))
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(10)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert {answer.status_code for answer in heard} <= {201, 409}
    assert len({answer.content for answer in heard if answer.status_code == 201}) == 1
    assert Entry.objects.filter(kind="hold").count() == 1


def test_old_words_are_forgotten_at_night(plant, rita):
    from datetime import timedelta

    from django.utils import timezone

    from traceability.tasks import forget_api_answers

    lot = plant.receive("A-1")
    for key, age in (("old", 31), ("new", 29)):
        rita.post("holds", body(lot), key=key)
        ApiAnswer.objects.filter(key=key).update(at=timezone.now() - timedelta(days=age))
    forget_api_answers()
    assert [row.key for row in ApiAnswer.objects.all()] == ["new"]
