"""Recalls over HTTP: the case, what was frozen, byte for byte, and what it would be now."""

import hashlib
import json

import pytest

from recalls import services
from tests.graphs import graph


@pytest.fixture
def case(plant):
    """S1 ──▶ B1 ──▶ P1 ──▶ a customer"""
    lots = graph(plant, "S1 -> B1; B1 -> P1; S2 -> P2")
    plant.ship(lots["P1"], 5)
    recall = services.open_recall(
        title="Pepper",
        hazard="Salmonella",
        reason="Supplier's letter",
        starts=[lots["S1"]],
        actor=plant.rhea,
        client="test",
        key="open",
    )
    return recall, lots


def freeze(plant, recall, key="freeze"):
    return services.freeze_scope(recall=recall, actor=plant.rhea, client="test", key=key)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_case_has_its_starts_and_no_revision_before_anything_is_frozen(plant, erp, case):
    recall, _ = case
    found = erp.get(f"recalls/{recall.pk}").json()
    assert (found["number"], found["status"], found["is_mock"]) == (recall.number, "open", False)
    assert [start["lot"]["number"] for start in found["starts"]] == ["S1"]
    assert found["latest_revision"] is None
    assert erp.get("recalls", status="open").json()["count"] == 1
    assert erp.get("recalls", status="closed").json()["count"] == 0


def test_the_detail_has_the_content_of_the_latest_revision_and_anybody_can_check_its_seal(plant, erp, case):
    recall, lots = case
    freeze(plant, recall)
    graph(plant, "P1 -> P9", first=9, lots=lots)
    revision = freeze(plant, recall, key="again")
    found = erp.get(f"recalls/{recall.pk}").json()["latest_revision"]
    assert (found["number"], found["seq"], found["sha256"]) == (2, revision.seq, revision.sha256)
    assert hashlib.sha256(canonical(found["content"])).hexdigest() == revision.sha256
    assert hashlib.sha256(canonical(found["content"]["facts"])).hexdigest() == revision.facts_sha256
    listed = erp.get("recalls").json()["results"][0]["latest_revision"]
    assert listed["number"] == 2
    assert "content" not in listed


def test_the_live_scope_follows_the_ledger_and_a_revision_stays(plant, erp, case):
    recall, lots = case
    freeze(plant, recall)
    graph(plant, "P1 -> P9", first=9, lots=lots)
    live, frozen = (
        erp.get(f"recalls/{recall.pk}/scope").json(),
        erp.get(f"recalls/{recall.pk}/scope", revision=1).json(),
    )
    assert {lot["lot"] for lot in live["content"]["facts"]["lots"]} == {"S1", "B1", "P1", "P9"}
    assert {lot["lot"] for lot in frozen["content"]["facts"]["lots"]} == {"S1", "B1", "P1"}
    assert (live["is_live"], live["revision"], frozen["is_live"], frozen["revision"]) == (
        True,
        None,
        False,
        1,
    )
    then = erp.get(f"recalls/{recall.pk}/scope", as_of=frozen["seq"]).json()
    assert then["facts_sha256"] == frozen["facts_sha256"]


def test_many_recalls_are_listed_in_as_many_queries_as_few(plant, erp, case, django_assert_max_num_queries):
    _, lots = case
    erp.get("recalls")
    for number in range(5):
        other = services.open_recall(
            title="T",
            hazard="H",
            reason="R",
            starts=[lots["S2"]],
            actor=plant.rhea,
            client="test",
            key=f"o{number}",
        )
        freeze(plant, other, key=f"f{number}")
    with django_assert_max_num_queries(6):
        assert erp.get("recalls").json()["count"] == 6


def test_a_narrow_live_scope_says_so(plant, erp, case):
    recall, _ = case
    facts = erp.get(f"recalls/{recall.pk}/scope", narrow="true").json()["content"]["facts"]
    assert facts["narrow"] is True


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"revision": "7"}, 404),
        ({"revision": "0"}, 400),
        ({"revision": "9" * 18}, 404),
        ({"revision": "1", "as_of": "2"}, 400),
        ({"as_of": "9999"}, 400),
        ({"rev": "1"}, 400),
        ({"narrow": "1"}, 400),
    ],
)
def test_a_scope_that_cannot_be_is_a_problem(plant, erp, case, query, status):
    recall, _ = case
    freeze(plant, recall)
    assert erp.get(f"recalls/{recall.pk}/scope", **query).status_code == status


def test_only_who_sees_recalls_sees_a_scope(plant, a_session, case):
    recall, _ = case
    for name, status in [
        ("rhea", 200),
        ("quinn", 200),
        ("ada", 200),
        ("rita", 403),
        ("sam", 200),
        ("paul", 403),
        ("alma", 403),
    ]:
        assert a_session(name).get(f"recalls/{recall.pk}/scope").status_code == status, name
    assert a_session("rhea").get("recalls/999999/scope").status_code == 404
