"""A list of bodies is taken whole or not at all, and every wrong row is named. Tried on a verb that lives in this test alone."""

import json

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.test import force_authenticate

from traceability import ledger
from traceability.api.bodies import Body, Code, Words
from traceability.api.masters import PartySerializer
from traceability.api.shapes import made
from traceability.api.verbs import Verb
from traceability.models import ApiAnswer, Party


class PartyBody(Body):
    code = Code(most=20)
    name = Words(max_length=80)


class NewParty(Verb):
    required_right = {"POST": "shipping.plan"}
    body = PartyBody
    answer = made(PartySerializer)
    most_rows = 5

    def act(self, call):
        if Party.objects.filter(code=call.body["code"]).exists():
            raise ledger.BadInput(
                f"There is a party {call.body['code']} already.", fields={"code": call.body["code"]}
            )
        return Party.objects.create(is_customer=True, **call.body)


@pytest.fixture
def send(plant):
    def post(body, query="", key="k1"):
        request = RequestFactory().post(
            f"/api/v1/parties{query}",
            json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )
        force_authenticate(request, plant.sam)
        answer = NewParty.as_view()(request)
        return (answer.render() if hasattr(answer, "render") else answer).status_code, json.loads(
            answer.content
        )

    return post


def row(code, name="A name"):
    return {"code": code, "name": name}


def test_one_is_one_and_a_list_is_a_list(send):
    status, one = send(row("C-10"))
    assert (status, one["dry_run"], one["code"]) == (201, False, "C-10")
    status, many = send([row("C-11"), row("C-12")], key="k2")
    assert (status, [party["code"] for party in many["results"]]) == (201, ["C-11", "C-12"])
    assert send([row("C-11"), row("C-12")], key="k2") == (status, many)
    assert Party.objects.filter(code__startswith="C-1").count() == 4  # with the cast's C-1


def test_one_wrong_row_and_nothing_is_recorded(send):
    status, problem = send([row("C-10"), row("C-1"), row("C-2"), row("C-11")])
    assert (status, problem["code"]) == (422, "bad_input")
    assert [error["pointer"] for error in problem["errors"]] == ["#/1", "#/2"]
    assert "2 of 4 rows" in problem["detail"]
    assert not Party.objects.filter(code__in=["C-10", "C-11"]).exists()
    assert ApiAnswer.objects.count() == 0


def test_every_fault_of_form_is_named_with_its_row(send):
    status, problem = send(
        [row("C-10"), {"code": "C\u202e1", "name": "x"}, {"name": "x"}, row("C-11") | {"id": 5}, 7]
    )
    assert (status, problem["code"]) == (400, "invalid")
    pointers = [error["pointer"] for error in problem["errors"]]
    assert pointers == ["#/1/code", "#/2/code", "#/3/id", "#/4"]


@pytest.mark.parametrize("rows", [[], [{"code": f"D-{n}", "name": "x"} for n in range(6)]])
def test_none_and_too_many_are_400(send, rows):
    assert send(rows)[0] == 400
    assert not Party.objects.filter(code__startswith="D-").exists()


def test_two_equal_rows_of_one_list_are_refused(send):
    status, problem = send([row("C-10"), row("C-10")])
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["#/1"])


def test_a_dry_run_of_a_list_shows_it_and_leaves_nothing(send):
    status, shown = send([row("C-10"), row("C-11")], "?dry_run=true")
    assert (status, shown["dry_run"]) == (200, True)
    assert [(party["id"], party["url"]) for party in shown["results"]] == [(None, None), (None, None)]
    assert not Party.objects.filter(code="C-10").exists()


def test_the_answer_to_a_list_is_described(plant):
    from traceability.api.shapes import rows_of

    assert issubclass(rows_of(NewParty.answer), serializers.Serializer)
    assert rows_of(NewParty.answer) is rows_of(NewParty.answer)
