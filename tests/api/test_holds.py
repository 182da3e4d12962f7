"""Holds over HTTP: placed once however often they are sent, tried without effect, and never lifted by a program."""

import pytest

from traceability.models import Entry, Hold, RefusalRecord


@pytest.fixture
def mes(a_token):
    return a_token("ledger:read", "holds:place")


def test_a_program_places_a_hold_on_several_lots_in_one_entry(plant, mes):
    lots = [plant.receive("A-1"), plant.receive("A-2")]
    answer = mes.post(
        "holds", {"lots": [lot.pk for lot in lots], "reason": "glass found", "reference": "NCR-1"}, key="k1"
    )
    assert answer.status_code == 201
    body = answer.json()
    assert sorted(hold["lot"] for hold in body["holds"]) == [lot.pk for lot in lots]
    assert set(Hold.objects.standing().values_list("lot_id", flat=True)) == {lot.pk for lot in lots}
    entry = Entry.objects.get(seq=body["entry"]["seq"])
    assert entry.client.startswith("token:")
    assert (entry.kind, entry.reason) == ("hold", "glass found")


@pytest.mark.parametrize("reference", ["", "NCR-1"])
def test_sent_again_with_the_same_key_it_is_one_hold_and_the_same_answer(plant, mes, reference):
    lot = plant.receive("A-1")
    body = {"lots": [lot.pk], "reason": "glass", "reference": reference}
    first, again = (mes.post("holds", body, key="k1") for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert Hold.objects.count() == 1


def test_the_same_key_with_another_body_is_422_and_holds_nothing(plant, mes):
    lots = [plant.receive("A-1"), plant.receive("A-2")]
    mes.post("holds", {"lots": [lots[0].pk], "reason": "glass"}, key="k1")
    answer = mes.post("holds", {"lots": [lots[1].pk], "reason": "glass"}, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Hold.objects.count() == 1
    record = RefusalRecord.objects.get()
    assert (record.code, record.actor.username) == ("key_reused", "erp")


def test_two_callers_may_use_the_same_key(plant, mes, a_session):
    lot = plant.receive("A-1")
    assert mes.post("holds", {"lots": [lot.pk], "reason": "glass"}, key="k1").status_code == 201
    assert a_session("rita").post("holds", {"lots": [lot.pk], "reason": "metal"}, key="k1").status_code == 201
    assert Entry.objects.get(seq=3).client == "session:rita"


def test_without_a_key_or_with_a_malformed_one_it_is_400(plant, mes):
    body = {"lots": [plant.receive("A-1").pk], "reason": "glass"}
    assert mes.post("holds", body).json()["code"] == "key_missing"
    for key in ["k 1", "k" * 201, "ü", "k\t1"]:
        answer = mes.post("holds", body, key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "key_malformed"), key
    assert Hold.objects.count() == 0


def test_a_dry_run_checks_everything_and_leaves_nothing(plant, mes):
    lot = plant.receive("A-1")
    answer = mes.post("holds", {"lots": [lot.pk], "reason": "glass"}, key="k1", dry_run="true")
    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    entry = answer.json()["entry"]
    assert (entry["kind"], entry["id"], entry["seq"], entry["url"]) == ("hold", None, None, None)
    assert answer.json()["holds"][0]["lot"] == lot.pk
    assert mes.post("holds", {"lots": [999], "reason": "glass"}, key="k1", dry_run="true").status_code == 404
    assert (Entry.objects.count(), Hold.objects.count(), RefusalRecord.objects.count()) == (1, 0, 0)
    assert mes.post("holds", {"lots": [lot.pk], "reason": "metal"}, key="k1").status_code == 201


def test_a_reader_may_not_place_a_hold(plant, erp, a_session):
    body = {"lots": [plant.receive("A-1").pk], "reason": "glass"}
    assert erp.post("holds", body, key="k1").status_code == 403
    assert a_session("ada").post("holds", body, key="k1").status_code == 403
    assert a_session("rita").post("holds", body, key="k1").status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "lots"),
        ({"lots": [], "reason": "x"}, "invalid", "lots"),
        ({"lots": [""], "reason": "x"}, "invalid", "lots.0"),
        ({"lots": ["A\u202e1"], "reason": "x"}, "invalid", "lots.0"),
        ({"lots": [True], "reason": "x"}, "invalid", "lots.0"),
        ({"lots": [-1], "reason": "x"}, "invalid", "lots.0"),
        ({"lots": {"1": 1}, "reason": "x"}, "invalid", "lots"),
        ({"lots": [1]}, "invalid", "reason"),
        ({"lots": [1], "reason": ""}, "invalid", "reason"),
        ({"lots": [1], "reason": 5}, "invalid", "reason"),
        ({"lots": [1], "reason": "a\u202eb"}, "invalid", "reason"),
        ({"lots": [1], "reason": "a\x00b"}, "invalid", "reason"),
        ({"lots": [1], "reason": "x", "cascades": "false"}, "invalid", "cascades"),
        ({"lots": [1], "reason": "x", "cascades": None}, "invalid", "cascades"),
        ({"lots": [1], "reason": "x", "cause": "recall"}, "invalid", "cause"),
        ({"lots": [1], "reason": "x", "reference": "r" * 41}, "invalid", "reference"),
        ({"lots": [1], "reason": "x", "cascade": False}, "unknown_field", "cascade"),
        ({"lots": [1], "reason": "x", "actor": 1}, "read_only_field", "actor"),
        ({"lots": [1], "reason": "x", "recorded_at": "2020-01-01T00:00:00Z"}, "read_only_field", "recorded_at"),
        ({"lots": [1], "reason": "x", "second_person": 2}, "read_only_field", "second_person"),
        ([], "invalid", "body"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_right_is_400_and_names_the_field(plant, mes, body, code, field):
    answer = mes.post("holds", body, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.json()
    assert field in answer.json()["fields"]
    assert Hold.objects.count() == 0


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"lots": [1], "lots": [2], "reason": "x"}', 400, "duplicate_key"),
        (b'{"lots": [1.0], "reason": "x"}', 400, "float_refused"),
        (b'{"lots": [1e400], "reason": "x"}', 400, "float_refused"),
        (b'{"lots": [NaN], "reason": "x"}', 400, "malformed_json"),
        (b'{"lots": [-Infinity], "reason": "x"}', 400, "malformed_json"),
        (b'{"lots": [' + b"9" * 5000 + b'], "reason": "x"}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
        (b'{"lots": [1], "reason": "\xff"}', 400, "malformed_json"),
        (b'{"lots": [1], "reason": "\\ud800"}', 400, "malformed_json"),
        (b'{"\\ud800": 1}', 400, "malformed_json"),
        (b"lots=1", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b"", 400, "invalid"),
        (b'"lots"', 400, "invalid"),
        (b"null", 400, "invalid"),
        (b'{"reason": "' + b"x" * (6 * 1024 * 1024) + b'"}', 413, "too_large"),
    ],
    ids=range(17),
)
def test_json_that_cannot_be_meant_is_refused_and_never_a_500(plant, mes, raw, status, code):
    headers = {**mes.headers, "Idempotency-Key": "k1"}
    answer = mes.client.generic(
        "POST", "/api/v1/holds", raw, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/plain", ""),
        ("application/x-www-form-urlencoded", ""),
        ("application/json; charset=latin-1", ""),
        ("application/json", "gzip"),
        ("", ""),
    ],
)
def test_only_json_in_utf_8_is_read(plant, mes, content_type, encoding):
    headers = {**mes.headers, "Idempotency-Key": "k1", **({"Content-Encoding": encoding} if encoding else {})}
    answer = mes.client.generic(
        "POST", "/api/v1/holds", b'{"lots": [1], "reason": "x"}', content_type=content_type, headers=headers
    )
    assert answer.status_code == 415


def test_an_unknown_lot_is_404_and_nothing_is_held(plant, mes):
    lot = plant.receive("A-1")
    answer = mes.post("holds", {"lots": [lot.pk, 999_999], "reason": "glass"}, key="k1")
    assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (
        404,
        "unknown_lot",
        {"lot": [999_999]},
    )
    assert Hold.objects.count() == 0


def test_lots_already_held_for_the_paper_are_a_refusal_in_the_ledgers_words(plant, mes):
    lot = plant.receive("A-1")
    body = {"lots": [lot.pk], "reason": "glass", "reference": "NCR-1"}
    mes.post("holds", body, key="k1")
    answer = mes.post("holds", body, key="k2")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "NCR-1" in answer.json()["detail"]
    assert RefusalRecord.objects.get().sentence == answer.json()["detail"]


def test_a_session_posts_only_with_its_csrf_token(plant):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(plant.rita, backend="traceability.roles.RoleBackend")
    answer = client.post(
        "/api/v1/holds",
        {"lots": [1], "reason": "x"},
        content_type="application/json",
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_who_placed_a_hold_by_mistake_lifts_it_alone_for_a_while(plant, a_session):
    lot = plant.receive("A-1")
    quinn = a_session("quinn")
    hold = quinn.post("holds", {"lots": [lot.pk], "reason": "wrong lot"}, key="k1").json()["holds"][0]
    body = {"holds": [hold["id"]], "reason": "wrong lot"}
    assert quinn.post("holds/lift", body, key="k2", dry_run="true").json()["dry_run"]
    assert Hold.objects.standing().count() == 1
    first, again = (quinn.post("holds/lift", body, key="k2") for _ in range(2))
    assert first.status_code == 201
    assert first.json() == again.json()
    assert first.json()["lifted"] == [hold["id"]]
    assert Hold.objects.standing().count() == 0


def test_somebody_elses_hold_needs_a_second_person_whom_the_api_cannot_name(plant, a_session):
    hold = plant.hold(plant.receive("A-1")).payload["holds"][0][0]
    answer = a_session("quentin").post("holds/lift", {"holds": [hold], "reason": "fine"}, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "second_person_required")
    assert Hold.objects.standing().count() == 1


@pytest.mark.parametrize("scope", ["ledger:read", "holds:place", "qc:write"])
def test_no_scope_lets_a_program_lift_a_hold(plant, a_token, scope):
    hold = plant.hold(plant.receive("A-1")).payload["holds"][0][0]
    assert a_token(scope).post("holds/lift", {"holds": [hold], "reason": "fine"}, key="k1").status_code == 403
    assert Hold.objects.standing().count() == 1


def test_not_even_the_token_of_a_person_who_may_lifts_one(plant):
    from tests.api.conftest import caller
    from traceability import roles
    from traceability.api.tokens import issue_token

    hold = plant.hold(plant.receive("A-1")).payload["holds"][0][0]
    _, shown = issue_token(person=plant.quinn, name="t", scopes=sorted(roles.SCOPES))
    assert (
        caller(token=shown).post("holds/lift", {"holds": [hold], "reason": "fine"}, key="k1").status_code
        == 403
    )
