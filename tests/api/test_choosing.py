"""Which members, in which order, and only if it changed."""

import pytest


@pytest.fixture
def three(plant):
    return [
        plant.receive(number, expires_on=day)
        for number, day in (("A-1", None), ("A-2", "2027-01-02"), ("A-3", "2027-01-01"))
    ]


def test_only_the_members_that_were_asked_for(three, erp):
    rows = erp.get("lots", fields="number,expires_on").json()["results"]
    assert rows[0] == {"number": "A-1", "expires_on": None}
    assert list(erp.get(f"lots/{three[0].pk}", fields="number").json()) == ["number"]
    assert list(erp.get("entries", fields="seq,kind").json()["results"][0]) == ["seq", "kind"]


def test_all_members_but_those_left_out(three, erp):
    whole = erp.get("lots").json()["results"][0]
    part = erp.get("lots", omit="holds,requirements").json()["results"][0]
    assert set(whole) - set(part) == {"holds", "requirements"}


@pytest.mark.parametrize(
    "query",
    [{"fields": "nmber"}, {"omit": "lot__item"}, {"fields": "number,"}, {"fields": "number", "omit": "id"}],
)
def test_a_member_that_is_not_there_is_400_and_named(three, erp, query):
    for address in ("lots", f"lots/{three[0].pk}", "entries", "entries/1"):
        answer = erp.get(address, **query)
        assert answer.status_code == 400, (address, answer.content)
        assert answer.json()["fields"]


def test_what_a_reader_may_not_see_stays_hidden_whatever_members_are_asked_for(plant, a_session):
    plant.ship(plant.receive("A-1"), 10)
    shown = a_session("rita").get("entries/2", fields="party,payload").json()
    assert shown == {"party": None, "payload": {}}
    assert a_session("rita").get("parties", fields="code,note").json()["results"] == [
        {"code": "S-1", "note": ""}
    ]


def test_the_next_page_has_the_same_members(three, erp):
    page = erp.get("entries", limit="1", fields="seq").json()
    assert erp.get(page["next"]).json()["results"] == [{"seq": 2}]
    page = erp.get("lots", limit="1", fields="number", ordering="-number").json()
    assert erp.get(page["next"]).json()["results"] == [{"number": "A-2"}]


def test_rows_come_in_the_order_that_was_asked_for(three, erp):
    def numbers(**query):
        return [row["number"] for row in erp.get("lots", **query).json()["results"]]

    assert numbers(ordering="expires_on") == ["A-3", "A-2", "A-1"]
    assert numbers(ordering="-expires_on") == ["A-1", "A-2", "A-3"]
    assert numbers(ordering="-number") == ["A-3", "A-2", "A-1"]


@pytest.mark.parametrize("wrong", ["item__code", "--number", "number,id", "pk", "supplier__flag", "?", "-"])
def test_an_order_that_is_not_on_the_list_is_400(three, erp, wrong):
    answer = erp.get("lots", ordering=wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_value")
    assert "number" in answer.json()["detail"]


def test_a_detail_that_did_not_change_is_304(three, erp):
    lot = f"lots/{three[0].pk}"
    tag = erp.get(lot).headers["ETag"]
    erp.headers["If-None-Match"] = tag
    assert erp.get(lot).status_code == 304


def test_a_detail_that_changed_has_another_tag(plant, three, erp):
    lot = f"lots/{three[0].pk}"
    tag = erp.get(lot).headers["ETag"]
    plant.hold(three[0])
    erp.headers["If-None-Match"] = tag
    assert erp.get(lot).status_code == 200
