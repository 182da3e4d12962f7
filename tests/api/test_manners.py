"""What every answer of the API has: a name, what the caller has left, and a warning in time."""

import logging
import threading
from datetime import date

import pytest
from django.db import connection
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from tests.api.conftest import caller
from traceability.api.deprecation import Deprecation
from traceability.api.rights import SIGNED_IN
from traceability.api.throttles import PerClient, rate_of
from traceability.api.views import StrictView


def test_every_answer_has_a_name_and_a_problem_repeats_it(erp):
    found = erp.get("lots")
    assert len(found.headers["X-Request-Id"]) == 16
    problem = erp.get("nowhere")
    assert problem.json()["trace_id"] == problem.headers["X-Request-Id"] != found.headers["X-Request-Id"]


def test_the_name_that_a_proxy_gave_is_kept_if_it_is_plain(erp):
    erp.headers["X-Request-Id"] = "0af7651916cd43dd8448eb211c80319c"
    assert erp.get("lots").headers["X-Request-Id"] == "0af7651916cd43dd8448eb211c80319c"
    erp.headers["X-Request-Id"] = "a b; <script>"
    assert "script" not in erp.get("lots").headers["X-Request-Id"]


def test_our_own_mistake_stands_in_the_log_under_its_name(erp, monkeypatch, caplog):
    from traceability.api.lots import LotViewSet

    monkeypatch.setattr(LotViewSet, "prepare", lambda self, rows: 1 / 0)
    with caplog.at_level(logging.ERROR, logger="lotline.api"):
        problem = erp.get("lots").json()
    assert problem["trace_id"] in caplog.text


def test_answers_are_for_nobody_else(erp):
    assert erp.get("lots").headers["Cache-Control"] == "private, no-cache"


def test_a_caller_hears_what_is_left_and_who_asks_too_often_when_to_come_back(
    plant, erp, a_session, monkeypatch
):
    monkeypatch.setattr(PerClient, "rate", "2/min")
    answers = [erp.get("items") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].json()["code"] == "throttled"
    assert a_session("rita").get("items").status_code == 200  # Others are counted by themselves.


def test_who_hammers_at_a_closed_door_is_stopped_too(a_session, monkeypatch):
    monkeypatch.setattr(PerClient, "rate", "2/min")
    nora = a_session("nora")
    assert [nora.get("lots").status_code for _ in range(3)] == [403, 403, 429]


def test_it_is_exact_however_many_ask_at_once(committed_plant, monkeypatch):
    """Thirty at once in as many connections, as from several processes; a counter in each process would let them all in."""
    monkeypatch.setattr(PerClient, "rate", "20/hour")
    heard, together = [], threading.Barrier(30)

    def ask():
        rita = caller(person=committed_plant.rita)
        together.wait(20)
        heard.append(rita.get("").status_code)
        connection.close()

    callers = [threading.Thread(target=ask) for _ in range(30)]
    for one in callers:
        one.start()
    for one in callers:
        one.join(30)
    assert (heard.count(200), heard.count(429)) == (20, 10)


@pytest.mark.parametrize(
    ("text", "rate"), [("1200/min", (1200, 60)), ("5/s", (5, 1)), ("9/day", (9, 86_400))]
)
def test_a_rate_is_a_number_in_a_time(text, rate):
    assert rate_of(text) == rate


def test_an_address_that_will_go_says_so_in_time(plant):
    class Old(StrictView):
        required_right = SIGNED_IN
        deprecated = Deprecation(since=date(2027, 1, 15), until=date(2027, 7, 15), instead="lots")

        def get(self, request):
            return Response({})

    request = APIRequestFactory().get("/api/v1/old")
    force_authenticate(request, plant.rita)
    answer = Old.as_view()(request)
    assert answer.headers["Deprecation"] == "@1799971200"
    assert answer.headers["Sunset"] == "Thu, 15 Jul 2027 00:00:00 GMT"
    assert answer.headers["Link"] == '<http://testserver/api/v1/lots>; rel="successor-version"'
