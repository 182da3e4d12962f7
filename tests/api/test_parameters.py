"""Strict parameters: what is not understood is refused, never ignored, and never a 500."""

import pytest

LISTS = ["lots", "movements", "balances", "items", "locations", "parties", "recalls"]


def code_of(answer):
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("address", [*LISTS, "entries", "where-used", "", "problems", "schema"])
def test_an_unknown_parameter_is_400_and_named(erp, address):
    answer = erp.get(address, suplier_lot="CS-26-2874")
    assert code_of(answer) == (400, "unknown_parameter")
    assert answer.json()["fields"] == {"suplier_lot": "unknown"}
    assert "suplier_lot" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name",
    ["item__code", "format", "order_by", "expand", "lot__supplier__flag", "search", "token", "number__regex"],
)
def test_lookups_orderings_and_expansions_are_not_for_callers(erp, name):
    assert code_of(erp.get("lots", **{name: "x"})) == (400, "unknown_parameter")


def test_a_detail_takes_no_parameters(plant, erp):
    lot = plant.receive("A-1")
    assert code_of(erp.get(f"lots/{lot.pk}", number="A-2")) == (400, "unknown_parameter")


def test_an_empty_and_a_repeated_parameter_are_refused(erp):
    assert code_of(erp.get("lots", number="")) == (400, "empty_parameter")
    assert code_of(erp.get("lots", number=["A", "B"])) == (400, "repeated_parameter")
    assert code_of(erp.get("where-used", lot=[f"L{n}" for n in range(101)])) == (400, "repeated_parameter")


@pytest.mark.parametrize("address", LISTS)
def test_a_page_has_a_thousand_rows_at_most(erp, address):
    assert erp.get(address, limit="1000000").status_code == 200
    for wrong in ["0", "-1", "1e3", "ten", "１２", "9" * 30, "5 ", "0x10"]:
        assert code_of(erp.get(address, limit=wrong)) == (400, "invalid"), wrong
    for wrong in ["-1", "1000001", "NaN"]:
        assert code_of(erp.get(address, offset=wrong)) == (400, "invalid"), wrong


def test_the_limit_is_clamped(plant, erp, monkeypatch):
    from traceability.api import paging

    monkeypatch.setattr(paging, "MOST", 2)
    for number in range(3):
        plant.receive(f"L-{number}")
    page = erp.get("lots", limit="500").json()
    assert (page["count"], len(page["results"])) == (3, 2)
    rest = erp.get(page["next"]).json()
    assert [lot["number"] for lot in page["results"] + rest["results"]] == ["L-0", "L-1", "L-2"]


@pytest.mark.parametrize("wrong", ["yes", "1", "True", "banana", "tru"])
def test_yes_is_true_and_no_is_false_and_nothing_else_is_either(erp, wrong):
    assert code_of(erp.get("lots", on_hold=wrong)) == (400, "invalid")
    assert code_of(erp.get("balances", has_stock=wrong)) == (400, "invalid")
    assert code_of(erp.get("where-used", lot="X", narrow=wrong))[0] in (400, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-03",
        "2026-11-03T08:00:00",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "now",
    ],
)
def test_a_time_without_its_offset_is_refused(erp, wrong):
    assert code_of(erp.get("movements", occurred_from=wrong)) == (400, "invalid")


def test_a_time_with_its_offset_finds_what_happened_then(plant, erp):
    plant.receive("A-1")
    at = erp.get("entries/1").json()["occurred_at"]
    assert erp.get("movements", occurred_from=at).json()["count"] == 1
    assert erp.get("movements", occurred_until=at).json()["count"] == 0
    assert erp.get("movements", recorded_from="2026-01-01T00:00:00+05:30").json()["count"] == 1


@pytest.mark.parametrize(
    "address", ["lots", "movements", "balances", "items", "locations", "parties", "entries", "recalls"]
)
@pytest.mark.parametrize(
    "wrong", ["abc", "0", "-1", "9" * 18, "9" * 40, "1.5", "１", "%00", "a%2Fb", "1;drop", "None"]
)
def test_a_malformed_number_is_404_and_never_a_500(erp, address, wrong):
    assert code_of(erp.get(f"{address}/{wrong}")) == (404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    ["\x00", "a\x00b", "x" * 10_000, "'; DROP TABLE traceability_lot; --", "\u202e", "%", "\ud83d\ude00"],
)
def test_odd_text_in_a_filter_is_an_answer_and_never_a_500(erp, wrong):
    for address, name in [
        ("lots", "number"),
        ("lots", "supplier_lot"),
        ("movements", "document"),
        ("where-used", "lot"),
        ("where-used", "supplier_lot"),
        ("balances", "item"),
    ]:
        assert erp.get(address, **{name: wrong.encode("utf-8", "surrogatepass")}).status_code in (
            200,
            400,
            404,
        ), (address, name)


def test_a_code_that_nothing_has_is_an_error_and_not_an_empty_list(plant, erp):
    plant.receive("A-1")
    assert erp.get("balances", item="FLOUR").json()["count"] == 1
    answer = erp.get("balances", item="FLUOR")
    assert code_of(answer) == (400, "unknown_value")
    assert answer.json()["fields"] == {"item": "FLUOR"}
    assert code_of(erp.get("movements", lot="A-2")) == (400, "unknown_value")
    assert code_of(erp.get("movements", kind="recipt")) == (400, "invalid")


def test_json_is_the_only_language(plant, erp):
    erp.headers["Accept"] = "text/csv"
    assert code_of(erp.get("lots")) == (406, "not_acceptable")


def test_an_address_that_is_not_there_is_a_problem_too(erp):
    answer = erp.get("lots/1/genealogy")
    assert code_of(answer) == (404, "not_found")
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "fields", "errors", "trace_id"}
    assert answer.json()["type"] == "/api/v1/problems#not_found"


def test_our_own_mistake_is_a_problem_without_our_insides(erp, monkeypatch):
    from traceability.api.lots import LotViewSet

    monkeypatch.setattr(LotViewSet, "prepare", lambda self, rows: 1 / 0)
    answer = erp.get("lots")
    assert code_of(answer) == (500, "internal_error")
    assert "division" not in answer.content.decode()
    assert len(answer.json()["trace_id"]) == 16


def test_a_database_that_is_busy_says_when_to_come_back(erp, monkeypatch):
    from django.db import OperationalError

    from traceability.api.lots import LotViewSet

    def away(self, rows):
        raise OperationalError("secret host name")

    monkeypatch.setattr(LotViewSet, "prepare", away)
    answer = erp.get("lots")
    assert code_of(answer) == (503, "database_away")
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in answer.content.decode()
