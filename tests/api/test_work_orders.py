"""A work order over HTTP from plan to close: the verbs of the pages, with the same refusals."""

import pytest

from production.models import WorkOrder
from tests.production.conftest import recipe  # noqa: F401
from traceability.models import Balance, Entry, Lot, Run, Tracking


@pytest.fixture
def paul(a_session):
    return a_session("paul")


@pytest.fixture
def do(paul):
    """`do("WO-1/release")`: Paul posts it under a key of its own; the answer's body, once it is what is expected."""
    sent = []

    def act(what, body=None, *, status=201, **query):
        sent.append(what)
        answer = paul.post(f"work-orders/{what}", body or {}, key=f"k{len(sent)}", **query)
        assert answer.status_code == status, answer.json()
        return answer.json()

    return act


@pytest.fixture
def wo(plant, paul, do):
    """WO-1 on LINE-1, released."""
    answer = paul.post("work-orders", {"number": "WO-1", "line": "LINE-1", "product": "Bread"}, key="plan")
    assert answer.status_code == 201, answer.json()
    do("WO-1/release")
    return WorkOrder.objects.get(number="WO-1")


def line(lot, quantity="10", location="STORE-1", **rest):
    return {"lot": lot.number, "quantity": quantity, "location": location, **rest}


def test_from_plan_to_close_by_numbers_and_codes_alone(plant, paul, do, recipe):  # noqa: F811
    plan = {
        "number": "WO-9", "line": "LINE-1", "bom": "BREAD", "planned_quantity": "100", "planned_on": "2026-12-01",
        "due_on": "2026-12-02", "pulling": "told",
    }  # fmt: skip
    made = paul.post("work-orders", plan, key="p").json()
    assert (made["status"], made["item"]["code"], made["bom"]["revision"]) == ("planned", "BREAD", 1)
    assert made["planned_quantity"] == {"value": "100", "unit": "lb"}
    assert do("WO-9/release")["status"] == "released"
    flour, salt = plant.receive("F-1", 200), plant.receive("S-1", 10, item=plant.item("SALT"))
    needs = {row["lot"]["number"] for row in paul.get("work-orders/WO-9/suggested").json()["results"]}
    assert needs == {"F-1", "S-1"}
    do("WO-9/issue", {"lots": [line(flour, "100"), line(salt, "2")]})
    done = do(
        "WO-9/output",
        {"outputs": [{"item": "BREAD", "quantity": "98", "lot_number": "B-1", "location": "STORE-1"}]},
    )
    assert done["entry"]["movements"][0]["lot"]["number"] == "B-1"
    shown = paul.get("work-orders/WO-9").json()
    assert [(need["item"]["code"], need["is_complete"]) for need in shown["needs"]] == [
        ("FLOUR", True),
        ("SALT", True),
    ]
    assert shown["weights"]["came_out"] == "98"
    assert do("WO-9/close")["status"] == "closed"
    assert [step["verb"] for step in paul.get("work-orders/WO-9").json()["steps"]] == ["close", "release"]


def test_many_orders_are_planned_at_once_or_none(plant, paul):
    rows = [{"number": f"WO-{n}", "line": "LINE-1", "product": "Bread"} for n in range(3)]
    answer = paul.post("work-orders", rows, key="k")
    assert [row["number"] for row in answer.json()["results"]] == ["WO-0", "WO-1", "WO-2"]
    more = [
        {"number": "WO-7", "line": "LINE-1", "product": "X"},
        rows[0],
        {**rows[1], "number": "WO-8", "line": "LINE-9"},
    ]
    refused = paul.post("work-orders", more, key="k2")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["#/1", "#/2"]
    assert not WorkOrder.objects.filter(number="WO-7").exists()


def test_an_integration_plans_but_does_not_issue(plant, a_token, wo):
    erp = a_token("ledger:read", "production:write")
    body = {"line": "LINE-1", "product": "Rye", "number": "PO/2026/12"}
    assert erp.post("work-orders", body, key="k").status_code == 201
    made = erp.get("work-orders", number="PO/2026/12").json()["results"][0]
    assert erp.get(made["url"]).json()["number"] == "PO/2026/12"
    assert (
        erp.post("work-orders/WO-1/issue", {"lots": [line(plant.receive("F-1"))]}, key="i").status_code == 403
    )


def test_a_plan_is_changed_by_who_saw_it(plant, paul, wo):
    seen = paul.get("work-orders/WO-1")

    def change(body, **headers):
        return paul.client.patch(
            "/api/v1/work-orders/WO-1", body, content_type="application/json", headers=headers
        )

    assert change({"note": "x"}).status_code == 428
    answer = change({"note": "two shifts", "due_on": "2026-12-24"}, **{"If-Match": seen.headers["ETag"]})
    assert (answer.status_code, answer.json()["note"], answer.json()["due_on"]) == (
        200,
        "two shifts",
        "2026-12-24",
    )
    assert change({"note": "y"}, **{"If-Match": seen.headers["ETag"]}).json()["code"] == "changed_meanwhile"
    assert change({"status": "closed"}, **{"If-Match": "*"}).json()["code"] == "read_only_field"


def test_unused_goes_back_and_what_was_in_it_is_taken_out(plant, do, wo):
    flour = plant.receive("F-1")
    do("WO-1/issue", {"lots": [line(flour, "20")]})
    do("WO-1/unused", {"lots": [line(flour, "5")]})
    do("WO-1/remove", {"lots": [line(flour, "3", location="SCRAP-1")], "reason": "torn bag"})
    shown = do("WO-1/remove", {"lots": [line(flour, "99", location="SCRAP-1")], "reason": "x"}, status=409)
    assert shown["code"] == "more_than_went_in"
    assert Balance.objects.get(lot=flour, location=plant.store).quantity == 85


def test_the_lots_of_an_order_with_their_runs(plant, paul, do, wo):
    flour = plant.receive("F-1")
    do("WO-1/issue", {"lots": [line(flour)]})
    second = do("WO-1/runs", {"note": "night shift"})
    assert (second["work_order"], second["run"]) == ("WO-1", 2)
    do("WO-1/issue", {"lots": [line(flour)], "run": 2})
    do("WO-1/issue", {"lots": [line(flour)], "run": 3}, status=404)
    rows = paul.get("work-orders/WO-1/lots", role="input").json()
    assert [(row["run"], row["quantity"]["value"]) for row in rows["results"]] == [(1, "10"), (2, "10")]
    assert paul.get("work-orders/WO-2/lots").status_code == 404


def test_a_told_order_names_the_first_lot_over_http_too(plant, paul, do):
    paul.post(
        "work-orders", {"number": "WO-1", "line": "LINE-1", "product": "Bread", "pulling": "told"}, key="plan"
    )
    do("WO-1/release")
    plant.receive("F-1", expires_on="2099-01-01")
    late = plant.receive("F-2", expires_on="2099-02-01")
    refused = do("WO-1/issue", {"lots": [line(late)]}, status=409)
    assert (refused["code"], refused["fields"]["first"]) == ("not_first_expired", "F-1")
    assert (
        do("WO-1/issue", {"lots": [line(late)], "reason": "F-1 is behind the rack"})["entry"]["kind"]
        == "issue"
    )


def test_the_line_stands_and_goes_on(plant, do, wo):
    assert do("WO-1/stop", {"cause": "machine"})["stopped_at"]
    assert do("WO-1/issue", {"lots": [line(plant.receive("F-1"))]}, status=409)["code"] == "line_stands"
    assert do("WO-1/resume")["stopped_at"] is None
    do("WO-1/stop", {"cause": "weather"}, status=400)


def test_a_unit_with_its_parts_and_one_of_them_replaced(plant, do, wo):
    pump = plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")
    item = plant.item("SEAL", tracking=Tracking.SERIAL, unit="ea")
    seals = [plant.receive(f"SEAL-{n}", 1, item=item) for n in (1, 2)]
    do(
        "WO-1/assemble",
        {"item": pump.code, "serial": "PUMP-1", "parts": [line(seals[0], "1")], "location": "STORE-1"},
    )
    body = {
        "run": 1,
        "taken_out": line(seals[0], "1", location="SCRAP-1"),
        "put_in": line(seals[1], "1"),
        "reason": "leaks",
    }
    done = do("WO-1/replace", body)
    assert (done["entry"]["kind"], done["issue"]["kind"]) == ("removal", "issue")
    assert Run.objects.filter(document="WO-1").count() == 1


def test_scrap_and_taking_it_back(plant, do, wo):
    flour = plant.receive("F-1")
    done = do("WO-1/scrap", {**line(flour, "4"), "reason": "fell"})
    assert Balance.objects.get(lot=flour, location=plant.store).quantity == 96
    do("WO-1/undo", {"seq": done["entry"]["seq"]})
    assert Balance.objects.get(lot=flour, location=plant.store).quantity == 100
    assert do("WO-1/undo", {"seq": done["entry"]["seq"]}, status=409)["code"] == "already_reversed"
    do("WO-1/undo", {"seq": 1}, status=404)


def test_promises_are_kept_and_given_up(plant, do, wo, a_session):
    flour = plant.receive("F-1")
    do("WO-1/reserve", {"lots": [line(flour, "60")]})
    answer = a_session("paul").get("balances", lot="F-1", location="STORE-1").json()["results"][0]
    assert answer["promised"]["value"] == "60"
    do("WO-1/unreserve", {"lot": "F-1"})
    assert (
        a_session("paul")
        .get("balances", lot="F-1", location="STORE-1")
        .json()["results"][0]["promised"]["value"]
        == "0"
    )


def test_a_dry_run_of_an_output_shows_the_lot_number_it_would_give(plant, do, wo):
    plant.item("BREAD", lot_pattern="B-{yymmdd}-{nn}")
    body = {"outputs": [{"item": "BREAD", "quantity": "8", "location": "STORE-1"}]}
    shown = do("WO-1/output", body, status=200, dry_run="true")
    told = shown["entry"]["movements"][0]
    assert (shown["dry_run"], told["lot"]["id"], told["quantity"]["value"]) == (True, None, "8")
    assert told["lot"]["number"].startswith("B-")
    assert (Entry.objects.count(), Lot.objects.count()) == (0, 0)


def test_what_needs_two_persons_is_for_the_page(plant, do, wo):
    flour = plant.receive("F-1")
    do("WO-1/issue", {"lots": [line(flour)]})
    assert do("WO-1/close", {"loss_lb": "1"}, status=409)["code"] == "unexplained_weight"
    assert do("WO-1/close", {"loss_lb": "1", "reason": "x"}, status=422)["code"] == "second_person_required"


def test_an_order_that_is_not_there_is_404_for_every_verb(plant, paul):
    from production.api.urls import of_an_order

    for name in of_an_order:
        answer = paul.post(f"work-orders/WO-404/{name}", {}, key=f"k-{name}")
        assert answer.status_code in (400, 404), (name, answer.json())


@pytest.mark.parametrize(
    "query",
    [{"item": "NONE"}, {"line": "X"}, {"status": "open"}, {"planned_from": "1.1.2026"}, {"ordering": "note"}],
)
def test_a_filter_that_means_nothing_is_400(plant, paul, query):
    assert paul.get("work-orders", **query).status_code == 400
