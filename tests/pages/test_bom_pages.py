"""BOMs in the browser and over HTTP: drafted, approved by a colleague, revised, scaled."""

import json

import pytest

from production.models import Bom
from tests.api.conftest import ROOT, caller

BODY = {
    "item": "BREAD", "per_quantity": "100", "per_unit": "lb",
    "components": [{"item": "FLOUR", "quantity": "60", "unit": "lb", "scrap_percent": "2"}, {"item": "SALT", "quantity": "1.5", "unit": "lb", "alternatives": ["SEA-SALT"]}],
}  # fmt: skip


@pytest.fixture
def items(plant):
    return [plant.item(code) for code in ("BREAD", "FLOUR", "SALT", "SEA-SALT")]


def shown(response):
    return response.content.decode()


def form(**more):
    data = {
        "item": "BREAD", "per_quantity": "100", "per_unit": "lb", "components-TOTAL_FORMS": "2", "components-INITIAL_FORMS": "0", "outputs-TOTAL_FORMS": "0",
        "outputs-INITIAL_FORMS": "0", "components-0-item": "FLOUR", "components-0-quantity": "60", "components-0-unit": "lb", "components-1-item": "SALT",
        "components-1-quantity": "1.5", "components-1-unit": "lb", "components-1-alternatives": "SEA-SALT",
    }  # fmt: skip
    return data | more


def test_from_draft_to_the_second_revision(plant, items, browse):
    paul, quinn = browse("paul"), browse("quinn")
    assert "New BOM" in shown(paul.get("/production/boms/"))
    wrong = paul.post("/production/boms/new/", form(**{"components-1-alternatives": "NOWHERE"}))
    assert wrong.status_code == 422
    assert "No item has the code NOWHERE" in shown(wrong)
    assert 'value="NOWHERE"' in shown(wrong), "what was typed is kept"
    assert paul.post("/production/boms/new/", form()).status_code == 302
    bom = Bom.objects.get()
    page = f"/production/boms/{bom.pk}/"
    assert "This is a draft" in shown(paul.get(page))
    assert "approve_bom" not in shown(paul.get(page))
    assert paul.post(page + "approve").status_code == 403
    soon = quinn.post(page + "approve", {"effective_from": "2020-01-01"})
    assert (soon.status_code, "in force since" in shown(soon)) == (422, True)
    assert quinn.post(page + "approve", {"effective_from": "12/31/2030"}).status_code == 422
    assert quinn.post(page + "approve", {"effective_from": ""}).status_code == 302
    scaled = shown(paul.get(page, {"for": "250"}))
    assert "150" in scaled
    assert "3.75" in scaled
    assert "not a quantity" in shown(paul.get(page, {"for": "１e3"}))
    refused = paul.post(page + "revise", {"change": ""})
    assert (refused.status_code, "What changes, and why?" in shown(refused)) == (422, True)
    answer = paul.post(page + "revise", {"change": "ECO-7 <b>less</b>"})
    draft = Bom.objects.get(revision=2)
    assert answer["Location"] == f"/production/boms/{draft.pk}/change/"
    edit = shown(paul.get(answer["Location"]))
    assert 'value="SEA-SALT"' in edit
    assert "ECO-7 &lt;b&gt;less&lt;/b&gt;" in shown(paul.get(f"/production/boms/{draft.pk}/"))
    assert quinn.post(f"/production/boms/{draft.pk}/drop", {"reason": "Not now"}).status_code == 302
    assert quinn.post(page + "withdraw", {"reason": "Product given up"}).status_code == 302
    assert "Superseded" in shown(paul.get(page))
    for address in (
        f"/print/bom/{bom.pk}",
        "/production/boms/?format=csv",
        "/production/boms/?component=SALT",
    ):
        assert paul.get(address).status_code == 200, address


def test_two_at_one_draft_and_the_second_is_told(plant, items, browse):
    paul, quinn = browse("paul"), browse("quinn")
    paul.post("/production/boms/new/", form())
    bom = Bom.objects.get()
    address = f"/production/boms/{bom.pk}/change/"
    seen = paul.get(address).context["seen"]
    pks = {c.item.code: c.pk for c in bom.components.all()}
    ids = {"components-INITIAL_FORMS": "2", "components-0-id": pks["FLOUR"], "components-1-id": pks["SALT"], "name": "BREAD"}  # fmt: skip
    assert quinn.post(address, form(**ids, seen=seen, per_quantity="120")).status_code == 302
    late = paul.post(address, form(**ids, seen=seen, note="Mine"))
    assert late.status_code == 409
    assert "Quinn changed this record" in shown(late)
    assert 'value="Mine"' in shown(late)
    assert 'value="120"' in shown(late)


def test_over_http(plant, items):
    paul, quinn = (caller(person=plant.people[name]) for name in ("paul", "quinn"))
    made = paul.post("boms", BODY, key="b1")
    assert made.status_code == 201, made.content
    assert made.json()["components"][1]["alternatives"] == ["SEA-SALT"]
    pk = made.json()["id"]
    patch = paul.client.generic("PATCH", f"{ROOT}boms/{pk}", json.dumps({"components": BODY["components"][:1]}), content_type="application/json", headers={"If-Match": "*"})  # fmt: skip
    assert (patch.status_code, len(patch.json()["components"])) == (200, 1), patch.content
    assert paul.post(f"boms/{pk}/approve", {}, key="a0").status_code == 403
    assert quinn.post(f"boms/{pk}/approve", {}, key="a1").json()["standing"] == "In force"
    late = paul.client.generic("PATCH", f"{ROOT}boms/{pk}", json.dumps({"note": "x"}), content_type="application/json", headers={"If-Match": "*"})  # fmt: skip
    assert (late.status_code, late.json()["code"]) == (409, "bom_not_draft")
    draft = paul.post(f"boms/{pk}/revise", {"change": "ECO-8"}, key="r1").json()
    assert (draft["revision"], draft["status"]) == (2, "draft")
    gone = paul.client.generic("DELETE", f"{ROOT}boms/{draft['id']}", headers={"If-Match": "*"})
    assert gone.status_code == 204, gone.content
    assert paul.get("boms?component=FLOUR").json()["count"] == 1
    assert quinn.post(f"boms/{pk}/withdraw", {"reason": "Old"}, key="w").json()["status"] == "superseded"
