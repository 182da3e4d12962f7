"""Changes of masters and drafts: nobody overwrites what they have not seen. Tried on a view that lives in this test alone."""

import json
import threading

import pytest
from django.db import connection
from django.test import RequestFactory
from rest_framework.test import force_authenticate

from traceability.api.bodies import Body, Words
from traceability.api.editing import Drafts
from traceability.api.masters import PartySerializer
from traceability.models import ApiAnswer, Party


class PartyChange(Body):
    name = Words(max_length=80)
    note = Words(max_length=200, allow_blank=True)


class Parties(Drafts):
    required_right = "traceability.view_masters"
    queryset = Party.objects.order_by("code")
    serializer_class = PartySerializer
    body = PartyChange

    def change(self, call, party):
        for name, value in call.body.items():
            setattr(party, name, value)
        party.save()
        return party

    def remove(self, call, party):
        party.delete()


def ask(person, method, pk, body=None, **headers):
    request = RequestFactory().generic(
        method, f"/api/v1/parties/{pk}{headers.pop('query', '')}", json.dumps(body or {}),
        content_type="application/json", headers={name.replace("_", "-"): value for name, value in headers.items()},
    )  # fmt: skip
    force_authenticate(request, person)
    view = Parties.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, detail=True)
    answer = view(request, pk=str(pk))
    return answer.render() if hasattr(answer, "render") else answer


@pytest.fixture
def mill(plant):
    return plant.supplier


def test_a_change_says_what_it_saw_and_hears_the_new_tag(plant, mill):
    tag = ask(plant.sam, "GET", mill.pk)["ETag"]
    answer = ask(plant.sam, "PATCH", mill.pk, {"name": "Delta Mills"}, If_Match=tag)
    assert (answer.status_code, json.loads(answer.content)["name"]) == (200, "Delta Mills")
    assert answer["ETag"] == ask(plant.sam, "GET", mill.pk)["ETag"] != tag
    assert ask(plant.sam, "PATCH", mill.pk, {"note": "x"}, If_Match=answer["ETag"]).status_code == 200


def test_without_if_match_it_is_428(plant, mill):
    answer = ask(plant.sam, "PATCH", mill.pk, {"name": "X"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (428, "if_match_missing")


def test_a_stale_tag_is_412_and_nothing_is_changed(plant, mill):
    tag = ask(plant.sam, "GET", mill.pk)["ETag"]
    ask(plant.sam, "PATCH", mill.pk, {"name": "First"}, If_Match=tag)
    answer = ask(plant.sam, "PATCH", mill.pk, {"name": "Second"}, If_Match=tag)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (412, "changed_meanwhile")
    mill.refresh_from_db()
    assert mill.name == "First"
    assert ask(plant.sam, "PATCH", mill.pk, {"name": "Third"}, If_Match="*").status_code == 200


def test_a_dry_run_of_a_change_leaves_all_as_it_was(plant, mill):
    tag = ask(plant.sam, "GET", mill.pk)["ETag"]
    answer = ask(plant.sam, "PATCH", mill.pk, {"name": "X"}, If_Match=tag, query="?dry_run=true")
    shown = json.loads(answer.content)
    assert (answer.status_code, shown["dry_run"], shown["name"]) == (200, True, "X")
    assert ask(plant.sam, "GET", mill.pk)["ETag"] == tag
    assert (
        ask(plant.sam, "DELETE", plant.other_customer.pk, If_Match="*", query="?dry_run=true").status_code
        == 204
    )
    assert Party.objects.filter(pk=plant.other_customer.pk).exists()


def test_a_change_with_a_key_may_be_sent_again(plant, mill):
    tag = ask(plant.sam, "GET", mill.pk)["ETag"]
    first, again = (
        ask(plant.sam, "PATCH", mill.pk, {"name": "X"}, If_Match=tag, Idempotency_Key="k1") for _ in "12"
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.content, first["ETag"]) == (again.content, again["ETag"])
    assert ApiAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"nme": "x"}, "unknown_field"),
        ({"id": 5}, "read_only_field"),
        ({"name": ""}, "invalid"),
        ({"name": 5}, "invalid"),
    ],
)
def test_a_change_that_is_no_change_is_400(plant, mill, body, code):
    answer = ask(plant.sam, "PATCH", mill.pk, body, If_Match="*")
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, code)


def test_what_is_unknown_is_404_and_put_is_405(plant, mill):
    assert ask(plant.sam, "PATCH", 999_999, {"name": "x"}, If_Match="*").status_code == 404
    assert ask(plant.sam, "PUT", mill.pk, {"name": "x"}, If_Match="*").status_code == 405


def test_a_draft_may_go_when_it_is_as_it_was_seen(plant):
    party = plant.other_customer
    assert ask(plant.sam, "DELETE", party.pk, If_Match='"old"').status_code == 412
    assert (
        ask(plant.sam, "DELETE", party.pk, If_Match=ask(plant.sam, "GET", party.pk)["ETag"]).status_code
        == 204
    )
    assert not Party.objects.filter(pk=party.pk).exists()


def test_of_two_changes_at_once_one_is_refused(committed_plant):
    plant = committed_plant
    mill = plant.supplier
    tag = ask(plant.sam, "GET", mill.pk)["ETag"]
    together, heard = threading.Barrier(2), []

    def send(name):
        together.wait(10)
        heard.append(ask(plant.sam, "PATCH", mill.pk, {"name": name}, If_Match=tag).status_code)
        connection.close()

    senders = [threading.Thread(target=send, args=[name]) for name in ("One", "Two")]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert sorted(heard) == [200, 412]
