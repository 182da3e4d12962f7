"""Orders are planned, changed while nothing went in, released once, and cancelled while nothing happened."""

from datetime import date
from decimal import Decimal

import pytest

from production import services as production
from production.models import WorkOrder, WorkOrderStep
from traceability import ledger


def said(plant, **rest):
    return {"actor": plant.paul, "client": "test", "key": plant.key(), **rest}


def test_a_plan_has_its_days_its_quantity_and_its_way_of_pulling(plant, planned):
    order = planned(
        planned_on=date(2026, 12, 1), due_on=date(2026, 12, 3), planned_quantity=Decimal(170), pulling="told"
    )
    assert (order.due_on, order.planned_quantity, order.pulling, order.status) == (
        date(2026, 12, 3),
        170,
        "told",
        "planned",
    )


def test_it_is_not_due_before_it_begins(planned):
    with pytest.raises(ledger.BadInput):
        planned(planned_on=date(2026, 12, 3), due_on=date(2026, 12, 1))


def test_a_plan_may_be_changed_until_something_went_in(plant, released, take):
    order = released(planned_quantity=Decimal(100))
    order = production.change_plan(
        work_order=order, changes={"planned_quantity": Decimal(120), "note": "more"}, actor=plant.paul
    )
    assert (order.planned_quantity, order.note) == (120, "more")
    take(order, plant.receive("F-1"))
    with pytest.raises(ledger.Refusal):
        production.change_plan(work_order=order, changes={"planned_quantity": Decimal(90)}, actor=plant.paul)
    assert (
        production.change_plan(work_order=order, changes={"note": "hot day"}, actor=plant.paul).note
        == "hot day"
    )


def test_it_is_released_once_and_says_by_whom(plant, planned):
    order = planned()
    for _ in range(2):
        order = production.release(work_order=order, **said(plant))
    assert (order.status, order.released_by) == ("released", plant.paul)
    assert WorkOrderStep.objects.filter(order=order, verb="release").count() == 1


def test_an_order_to_which_nothing_went_may_be_cancelled_with_a_reason(plant, released, take):
    order = released()
    with pytest.raises(ledger.ReasonRequired):
        production.cancel(work_order=order, reason=" ", **said(plant))
    order = production.cancel(work_order=order, reason="customer called", **said(plant))
    assert order.status == "cancelled"
    assert order not in WorkOrder.objects.open()
    flour = plant.receive("F-1")
    with pytest.raises(production.WorkOrderNotOpen):
        take(order, flour)
    with pytest.raises(production.WorkOrderNotOpen):
        production.release(work_order=order, **said(plant))


def test_an_order_with_lots_in_it_is_closed_and_not_cancelled(plant, released, take):
    order = released()
    take(order, plant.receive("F-1"))
    with pytest.raises(ledger.Refusal, match="went into"):
        production.cancel(work_order=order, reason="x", **said(plant))
