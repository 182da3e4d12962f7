"""Master data over HTTP: the same forms, the same words; what a body does not name stays as it is."""

import json

import pytest

from tests.api.conftest import ROOT
from traceability.models import Category, Change, Item, Location, Party, ReasonCode, Site

SALT = {
    "code": "ING-SALT", "name": "Salt", "unit": "lb", "shelf_life_days": 365, "allergens": ["sulphite"], "inspected_at": ["receiving"], "over_percent": "2.5",
    "units": [{"unit": "bag", "factor": "50", "gtin": "19521234009020"}, {"unit": "kg", "factor": "1/3"}],
}  # fmt: skip


@pytest.fixture
def quinn(a_session):
    return a_session("quinn")


def change(who, address, body, *, tag="*"):
    return who.client.generic(
        "PATCH",
        f"{ROOT}{address}",
        json.dumps(body),
        content_type="application/json",
        headers={"If-Match": tag} if tag else {},
    )


def test_an_item_is_made_read_and_changed(quinn):
    made = quinn.post("items", SALT, key="i1")
    assert made.status_code == 201, made.content
    shown = made.json()
    assert [(u["unit"], u["factor"]) for u in shown["units"]] == [("bag", "50"), ("kg", "1/3")]
    assert (shown["tracking"], shown["over_percent"], shown["inspected_at"]) == ("lot", "2.5", ["receiving"])
    item = Item.objects.get()
    tag = quinn.get(f"items/{item.pk}")["ETag"]
    body = {"name": "Sea salt", "units": [{"unit": "bag", "factor": "40"}], "reason": "New supplier"}
    answer = change(quinn, f"items/{item.pk}", body, tag=tag)
    assert answer.status_code == 200, answer.content
    item.refresh_from_db()
    assert (item.name, item.shelf_life_days, item.allergens) == ("Sea salt", 365, ["sulphite"])
    unit = item.units.get()
    assert (unit.unit, unit.numerator, unit.gtin) == ("bag", 40, "19521234009020")
    assert Change.objects.about("item", item.pk).first().reason == "New supplier"
    late = change(quinn, f"items/{item.pk}", {"name": "Rock salt", "reason": "x"}, tag=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert change(quinn, f"items/{item.pk}", {"name": "x", "reason": "x"}, tag="").status_code == 428
    assert change(quinn, f"items/{item.pk}", {"shelf_life_days": None, "reason": "x"}).status_code == 200
    item.refresh_from_db()
    assert item.shelf_life_days is None


def test_what_is_wrong_is_told_by_member_and_nothing_is_kept(quinn, plant):
    before = Item.objects.count()
    bad = {**SALT, "gtin": "123", "shelf_life_months": 3, "units": [{"unit": "bag", "factor": "0"}]}
    answer = quinn.post("items", bad, key="b1")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert {"gtin", "shelf_life_months", "units.0.factor"} <= set(answer.json()["fields"])
    assert "#/units/0/factor" in {error["pointer"] for error in answer.json()["errors"]}
    for body, member in (
        ({"decimals": "3"}, "decimals"), ({"weight_per_unit": 1}, "weight_per_unit"), ({"kind": "secret"}, "kind"), ({"units": [{"unit": "x", "factor": "1", "id": 4}]}, "units.0.id"),
        ({"is_active": False}, "is_active"), ({"name": "a\u202eb"}, "name"), ({"needs_expiry": "yes"}, "needs_expiry"),
    ):  # fmt: skip
        answer = quinn.post("items", {**SALT, **body}, key="b2")
        assert answer.status_code == 400, (body, answer.content)
        assert member in answer.json()["fields"], answer.json()
    unknown = quinn.post("items", {**SALT, "default_location": "NOWHERE"}, key="b3")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_reference")
    rows = quinn.post("items", [SALT, {**SALT, "code": "X", "gtin": "1"}], key="b4")
    assert rows.status_code == 422
    assert set(rows.json()["fields"]) == {"1"}
    assert Item.objects.count() == before


def test_what_is_fixed_is_refused_and_not_passed_over(quinn, plant):
    lot = plant.receive("L-1", 5)
    for body in ({"unit": "kg"}, {"tracking": "none"}):
        answer = change(quinn, f"items/{lot.item_id}", {**body, "reason": "x"})
        assert answer.status_code == 422
        assert set(body) == set(answer.json()["fields"])
    same = change(quinn, f"items/{lot.item_id}", {"unit": "lb", "name": "Flour 550", "reason": "x"})
    assert same.status_code == 200


def test_who_may_and_who_may_not(plant, a_session, a_token):
    for name in ("rita", "sam", "ada"):
        assert a_session(name).post("items", SALT, key="w").status_code == 403, name
    assert a_token("ledger:read").post("items", SALT, key="w").status_code == 403
    assert a_token("masters:write").post("items", SALT, key="w").status_code == 201
    assert change(a_session("rita"), f"items/{Item.objects.get().pk}", {"name": "x"}).status_code == 403


def test_retired_with_a_reason_and_never_in_passing(quinn, plant):
    lot = plant.receive("L-1", 5)
    address = f"items/{lot.item_id}/retire"
    refused = quinn.post(address, {"reason": "Old"}, key="r1")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_in_use")
    assert quinn.post(address, {"reason": "Old", "anyway": True}, key="r2").json()["is_active"] is False
    assert quinn.post(f"items/{lot.item_id}/restore", {"reason": "Again"}, key="r3").json()["is_active"]
    assert quinn.post(address, {}, key="r4").status_code == 400


def test_parties_places_sites_categories_and_reasons(quinn, plant):
    plant.item("SPICE")
    party = {
        "code": "S-9", "name": "Crescent", "is_supplier": True, "contacts": [{"name": "Renee", "phone": "850-555-0141", "is_for_recalls": True}],
        "items": [{"item": "SPICE", "code": "CS-77", "over_percent": "0"}],
    }  # fmt: skip
    shown = quinn.post("parties", party, key="p").json()
    assert (shown["contacts"][0]["name"], shown["items"][0]["item"]) == ("Renee", "SPICE"), shown
    pk = Party.objects.get(code="S-9").pk
    suspended = change(
        quinn, f"parties/{pk}", {"is_suspended": True, "suspended_because": "Audit", "reason": "Audit"}
    )
    assert suspended.json()["suspended_because"] == "Audit", suspended.content
    assert suspended.json()["contacts"], "what is not named stays"
    store = plant.store
    place = {"site": plant.site.code, "code": "RACK-1", "kind": "storage", "parent": store.code}
    assert quinn.post("locations", place, key="l").json()["parent"] == store.code
    assert Location.objects.get(code="RACK-1").parent == store
    site = {"code": "NORTH", "name": "North", "time_zone": "Europe/Berlin", "gs1_company_prefix": "0952123"}
    assert quinn.post("sites", site, key="s").status_code == 201
    assert Location.objects.filter(site=Site.objects.get(code="NORTH")).count() == 10
    category = {
        "name": "Spices",
        "attributes": [{"name": "Moisture", "kind": "number", "upper": "12", "is_required": True, "asked_at": ["receiving"]}],
    }  # fmt: skip
    made = quinn.post("categories", category, key="c").json()
    assert (made["attributes"][0]["upper"], made["attributes"][0]["is_active"]) == ("12", True), made
    assert quinn.post("reasons", {"code": "TORN", "text": "Bag torn", "uses": ["scrap"]}, key="t").status_code == 201  # fmt: skip
    assert quinn.get("reasons?use=scrap").json()["results"][0]["code"] == "TORN"
    assert (Category.objects.count(), ReasonCode.objects.count()) == (1, 1)


def test_contacts_of_a_customer_are_for_those_who_may_see_customers(plant, a_session):
    both = plant.supplier
    both.is_customer = True
    both.save()
    both.contacts.create(name="Renee", phone="1")
    assert a_session("sam").get(f"parties/{both.pk}").json()["contacts"]
    assert a_session("rita").get(f"parties/{both.pk}").json()["contacts"] == []
