"""An order beside its lots: the line stops and goes on, the plan changes, another lot is taken with a reason, an act is taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from production import services
from production.models import Pulling
from production.services import Issued
from tests.cast import PASSWORD
from traceability.models import Entry


@pytest.fixture
def order(plant):
    made = services.plan_work_order(
        number="WO-7", product="Bread", item=plant.item("BREAD"), planned_quantity=Decimal(10), line=plant.place("line"), actor=plant.paul, client="t", key="plan"
    )  # fmt: skip
    return services.release(work_order=made, actor=plant.paul, client="t", key="release")


@pytest.fixture
def paul(browse):
    return browse("paul")


def shown(response):
    return response.content.decode()


def url(order, verb):
    return f"/production/orders/{order.pk}/{verb}"


def key(n):
    return {"key": f"{n:012d}"}


def test_the_line_stops_with_a_cause_and_goes_on(plant, order, paul):
    lot = plant.receive("L-1", 50)
    assert "Stop the line" in shown(paul.get(url(order, "issue")))
    for sent, words in (({}, "Why does it stand still?"), ({"cause": "moon"}, "Choose a cause"), ({"cause": "other"}, "What is it?"), ({"cause": "machine", "at": "yesterday"}, "no date and time")):  # fmt: skip
        answer = paul.post(url(order, "stop"), {**sent, **key(1), "note": ""})
        assert (answer.status_code, words in shown(answer)) == (422, True), sent
    assert (
        paul.post(
            url(order, "stop"), {"cause": "foreign_body", "note": "Metal <found>", **key(2)}
        ).status_code
        == 302
    )
    assert (
        paul.post(
            url(order, "stop"), {"cause": "foreign_body", "note": "Metal <found>", **key(2)}
        ).status_code
        == 302
    )
    page = shown(paul.get(url(order, "")))
    assert "Metal or foreign body, Metal &lt;found&gt;" in page
    assert "The line stands still" in page
    refused = paul.post(url(order, "issue"), {"lot": lot.number, "quantity": "5", **key(3)})
    assert (refused.status_code, "stands still" in shown(refused)) == (409, True)
    assert paul.post(url(order, "resume"), {"note": "Sieve changed", **key(4)}).status_code == 302
    page = shown(paul.get(url(order, "")))
    assert "The line goes on" in page
    assert "Sieve changed" in page
    assert paul.post(url(order, "issue"), {"lot": lot.number, "quantity": "5", **key(5)}).status_code == 302


def test_what_was_suggested_stands_beside_what_was_taken(plant, order, paul):
    today = timezone.localdate()
    plant.receive("OLD", 50, expires_on=today + timedelta(days=30))
    plant.receive("NEW", 50, expires_on=today + timedelta(days=90))
    paul.post(url(order, "issue"), {"lot": "NEW", "quantity": "5", **key(1)})
    entry = Entry.objects.get(document="WO-7")
    assert entry.payload["passed_over"] == ["OLD"]
    page = shown(paul.get(url(order, "")))
    assert "although OLD expires first" in page
    paul.post(url(order, "replan"), {"planned_quantity": "10", "pulling": "told", **key(2)})
    order.refresh_from_db()
    assert order.pulling == Pulling.TOLD
    refused = paul.post(url(order, "issue"), {"lot": "NEW", "quantity": "5", **key(3)})
    assert (refused.status_code, "Take OLD first" in shown(refused)) == (409, True)
    assert 'name="reason"' in shown(refused)
    why = {"lot": "NEW", "quantity": "5", "reason": "OLD is behind the rack", **key(3)}
    assert paul.post(url(order, "issue"), why).status_code == 302
    assert "OLD is behind the rack" in shown(paul.get(url(order, "")))


def test_the_plan_is_changed_while_nothing_went_in(plant, order, paul):
    sent = {"planned_quantity": "12.5", "planned_on": "2026-12-01", "due_on": "2026-12-03", "pulling": "free", "note": "Rush"}  # fmt: skip
    assert paul.post(url(order, "replan"), {**sent, **key(1)}).status_code == 302
    order.refresh_from_db()
    assert (order.planned_quantity, str(order.due_on), order.note) == (Decimal("12.5"), "2026-12-03", "Rush")
    assert 'value="12.5"' in shown(paul.get(url(order, "replan")))
    for name, value in (("planned_quantity", "1e3"), ("planned_quantity", "0"), ("planned_on", "2026-02-30"), ("due_on", "2026-11-01")):  # fmt: skip
        answer = paul.post(url(order, "replan"), {**sent, name: value, **key(2)})
        assert answer.status_code == 422, name
        assert 'value="Rush"' in shown(answer)
    lot = plant.receive("L-1", 50)
    plant_issue(plant, order, lot)
    assert paul.post(url(order, "replan"), {**sent, "planned_quantity": "20", **key(3)}).status_code == 409
    assert paul.post(url(order, "replan"), {**sent, "note": "Later", **key(4)}).status_code == 302


def plant_issue(plant, order, lot, quantity=5, *, actor=None, number=1):
    line = Issued(lot=lot, quantity=Decimal(quantity), location=plant.store)
    return services.issue(
        work_order=order, lots=[line], actor=actor or plant.paul, client="t", key=f"i{number}"
    )


def test_an_order_is_given_up_only_while_nothing_went_in(plant, order, paul):
    assert paul.post(url(order, "cancel"), {"reason": "", **key(1)}).status_code == 422
    entry = plant_issue(plant, order, plant.receive("L-1", 50))
    refused = paul.post(url(order, "cancel"), {"reason": "Not needed", **key(2)})
    assert (refused.status_code, "Close it instead" in shown(refused)) == (409, True)
    assert paul.post(url(order, f"undo/{entry.seq}"), {**key(3)}).status_code == 302
    assert paul.post(url(order, "cancel"), {"reason": "Not needed", **key(4)}).status_code == 302
    assert "Cancelled" in shown(paul.get(url(order, "")))


def test_an_act_of_another_person_is_taken_back_by_two(plant, order, paul, browse):
    entry = plant_issue(plant, order, plant.receive("L-1", 50))
    page = shown(paul.get(url(order, "")))
    assert f"undo/{entry.seq}" in page
    quinn = browse("quinn")
    form = shown(quinn.get(url(order, f"undo/{entry.seq}")))
    assert "a second person confirms" in form
    alone = quinn.post(url(order, f"undo/{entry.seq}"), {"reason": "Wrong lot", **key(1)})
    assert (alone.status_code, "second person is needed" in shown(alone)) == (422, True)
    assert 'value="Wrong lot"' in shown(alone)
    two = {"reason": "Wrong lot", "second_username": "quentin", "second_password": PASSWORD, **key(1)}
    assert quinn.post(url(order, f"undo/{entry.seq}"), two).status_code == 302
    assert Entry.objects.get(reverses=entry).second_person == plant.quentin
    assert quinn.get(url(order, "undo/999999")).status_code == 404
    assert browse("sam").post(url(order, "stop"), key(9)).status_code == 403


def test_a_closed_order_is_opened_again_by_two(plant, order, paul):
    services.close(work_order=order, reason="Nothing made", second_person=None, actor=plant.paul, client="t", key="close")  # fmt: skip
    assert "Open again" in shown(paul.get(url(order, "")))
    alone = paul.post(url(order, "reopen"), {"reason": "More flour came", **key(1)})
    assert alone.status_code == 422
    two = {"reason": "More flour came", "second_username": "quinn", "second_password": PASSWORD, **key(1)}
    assert paul.post(url(order, "reopen"), two).status_code == 302
    order.refresh_from_db()
    assert order.status == "released"
    assert "Opened again" in shown(paul.get(url(order, "")))
