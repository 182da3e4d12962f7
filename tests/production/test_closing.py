"""An order closes alone within its band, with a second person outside of it, and is opened again by two."""

from decimal import Decimal

import pytest

from production import services as production
from production.models import WorkOrderStep
from traceability import ledger


@pytest.fixture
def order(plant, released, recipe, take, give):
    """102 lb in, 98 lb out: 4 lb of loss, 3.92 %."""
    order = released(bom=recipe, item=plant.item("BREAD"), planned_quantity=Decimal(100))
    take(order, plant.receive("F-1", 200), 100)
    take(order, plant.receive("S-1", 10, item=plant.item("SALT")), 2)
    give(order, "P-1", 98)
    return order


def close(plant, order, **rest):
    return production.close(
        work_order=order, **{"actor": plant.paul, "client": "test", "key": plant.key(), **rest}
    )


def test_within_the_band_one_person_closes_it(plant, order):
    closed = close(plant, order)
    assert (closed.status, closed.loss_lb, closed.unexplained_lb) == ("closed", 4, 0)
    assert WorkOrderStep.objects.get(order=order, verb="close").second_person is None


def test_a_loss_out_of_the_band_needs_a_reason_and_a_second_person(plant, order, give):
    give(order, "P-2", 3)  # 1 lb of loss is 0.98 %.
    with pytest.raises(production.LossOutOfBand) as refusal:
        close(plant, order)
    assert refusal.value.fields["loss_percent"] == "0.98"
    with pytest.raises(ledger.SecondPersonRequired):
        close(plant, order, reason="dry flour")
    closed = close(plant, order, reason="dry flour", second_person=plant.quinn)
    assert WorkOrderStep.objects.get(order=closed, verb="close").second_person == plant.quinn


def test_a_component_without_a_lot_needs_a_reason(plant, released, recipe, take, give):
    order = released(bom=recipe, item=plant.item("BREAD"))
    take(order, plant.receive("F-1", 200), 100)
    give(order, "P-1", 97)
    with pytest.raises(production.ComponentMissing, match="Salt"):
        close(plant, order)
    assert close(plant, order, reason="salt is in the flour").status == "closed"


def test_an_order_closes_once_and_not_again_under_another_key(plant, order):
    first = close(plant, order, key="c")
    assert close(plant, order, key="c").closed_at == first.closed_at
    with pytest.raises(ledger.KeyReused):
        close(plant, order, key="c", reason="other words")
    with pytest.raises(production.WorkOrderNotOpen):
        close(plant, order)


def test_a_closed_order_is_opened_again_by_two_and_keeps_what_it_closed_with(plant, order, take):
    close(plant, order)
    again = {"work_order": order, "actor": plant.paul, "client": "test", "key": "r"}
    with pytest.raises(ledger.ReasonRequired):
        production.reopen(**again, reason="", second_person=plant.quinn)
    with pytest.raises(ledger.SecondPersonRequired):
        production.reopen(**again, reason="a pallet was forgotten", second_person=None)
    with pytest.raises(ledger.SamePerson):
        production.reopen(**again, reason="a pallet was forgotten", second_person=plant.paul)
    opened = production.reopen(**again, reason="a pallet was forgotten", second_person=plant.quinn)
    assert (opened.status, opened.loss_lb) == ("released", None)
    step = WorkOrderStep.objects.get(order=order, verb="reopen")
    assert "4 lb of loss" in step.note
    take(opened, plant.receive("F-2"))
    with pytest.raises(ledger.Refusal, match="not closed"):
        production.reopen(**{**again, "key": "r2"}, reason="again", second_person=plant.quinn)


def test_who_may_not_close_may_not_open_either(plant, order):
    with pytest.raises(ledger.NotPermitted):
        close(plant, order, actor=plant.sam)
    close(plant, order)
    with pytest.raises(ledger.NotPermitted):
        production.reopen(
            work_order=order, reason="x", second_person=plant.quinn, actor=plant.sam, client="test", key="r"
        )
