"""What a customer asks for: a lot of its own, more life, more or less than was ordered; changed, cancelled, closed short."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shipping import services as shipping
from shipping.models import Order, ShippingStep
from shipping.services import OrderedItem
from traceability import ledger
from traceability.models import Entry, Reservation


def said(plant, **rest):
    return {"actor": plant.sam, "client": "test", "key": plant.key(), **rest}


@pytest.fixture
def lot(plant):
    return plant.receive("F-1", 100, item=plant.item("BREAD"))


def test_a_requested_lot_is_the_one_that_goes_or_somebody_says_why(plant, lot, ordered, begun, choose, go):
    other = plant.receive("F-2", 100, item=lot.item)
    shipment = begun(ordered(OrderedItem(item=lot.item, quantity=Decimal(50), lot=lot)))
    with pytest.raises(shipping.OtherLotRequested) as refusal:
        choose(shipment, other)
    assert refusal.value.fields == {"lot": "F-2", "requested": ["F-1"]}
    choose(shipment, lot, 40)
    choose(shipment, other, 10, because="F-1 is short; the customer agreed by phone")
    go(shipment)
    assert Entry.objects.get(kind="shipment").payload["because"] == {
        "F-2": "F-1 is short; the customer agreed by phone"
    }


def test_a_lot_of_another_item_cannot_be_requested(plant, lot, ordered):
    with pytest.raises(ledger.BadInput):
        ordered(OrderedItem(item=plant.item("FLOUR"), quantity=Decimal(5), lot=lot))


def test_the_order_may_ask_for_more_life_than_the_customers_rule(plant, ordered, begun, choose, go):
    soon = timezone.localdate() + timedelta(days=40)
    lot = plant.receive("F-1", 100, item=plant.item("BREAD"), expires_on=soon)
    plant.customer.minimum_life_days = 30
    plant.customer.save()
    assert choose(begun(number="SH-0"), lot, 1)
    order = ordered(OrderedItem(item=lot.item, quantity=Decimal(50), minimum_life_days=60))
    with pytest.raises(shipping.TooLittleLife) as refusal:
        choose(begun(order), lot)
    assert refusal.value.fields["days_asked"] == 60


def test_more_than_was_ordered_goes_with_a_reason(plant, lot, ordered, begun, choose, go):
    shipment = begun(ordered(("BREAD", 50)))
    with pytest.raises(shipping.MoreThanOrdered):
        choose(shipment, lot, 52)
    line = choose(shipment, lot, 52, because="full pallet, agreed by phone")
    go(shipment)
    assert (line.because, Order.objects.get().status) == ("full pallet, agreed by phone", "shipped")


def test_less_than_was_ordered_leaves_the_order_open_until_somebody_closes_it_short(
    plant, lot, ordered, begun, choose, go
):
    order = ordered(("BREAD", 50))
    shipment = begun(order)
    choose(shipment, lot, 30)
    with pytest.raises(ledger.Refusal, match="being picked"):
        shipping.close_short(order=order, reason="no more", **said(plant))
    go(shipment)
    order.refresh_from_db()
    assert order.status == "open"
    with pytest.raises(ledger.ReasonRequired):
        shipping.close_short(order=order, reason="", **said(plant))
    assert (
        shipping.close_short(order=order, reason="customer takes no rest", **said(plant)).status == "shipped"
    )
    with pytest.raises(shipping.OrderNotOpen):
        shipping.close_short(order=order, reason="again", **said(plant))


def test_an_order_is_changed_but_what_is_picked_stays_ordered(plant, lot, ordered, begun, choose):
    order = ordered(("BREAD", 50))
    choose(begun(order), lot, 30)
    less = [OrderedItem(item=lot.item, quantity=Decimal(20))]
    with pytest.raises(ledger.Refusal, match="30 lb of BREAD are picked"):
        shipping.change_order(order=order, changes={}, lines=less, **said(plant))
    more = [
        OrderedItem(item=lot.item, quantity=Decimal(60)),
        OrderedItem(item=plant.item("FLOUR"), quantity=Decimal(5)),
    ]
    shipping.change_order(order=order, changes={"note": "by phone"}, lines=more, **said(plant))
    assert [(line.item.code, line.quantity) for line in order.lines.all()] == [("BREAD", 60), ("FLOUR", 5)]
    step = ShippingStep.objects.get(order=order, verb="change")
    assert "Before: 50 lb BREAD" in step.note


def test_an_order_is_cancelled_while_nothing_is_picked_for_it(plant, lot, ordered, begun, choose):
    order = ordered(("BREAD", 50))
    shipment = begun(order)
    line = choose(shipment, lot, 30)
    with pytest.raises(ledger.Refusal, match="SH-1 has picks"):
        shipping.cancel_order(order=order, reason="x", **said(plant))
    shipping.unpick(line=line, **said(plant))
    assert shipping.cancel_order(order=order, reason="customer called", **said(plant)).status == "cancelled"
    with pytest.raises(ledger.BadInput):
        begun(order, number="SH-2")


def test_a_shipment_is_given_up_and_its_stock_is_free(plant, lot, begun, choose, go):
    shipment = begun()
    choose(shipment, lot, 30)
    with pytest.raises(ledger.ReasonRequired):
        shipping.cancel_shipment(shipment=shipment, reason=" ", **said(plant))
    for _ in range(2):
        shipping.cancel_shipment(
            shipment=shipment, reason="truck broke down", actor=plant.sam, client="test", key="c"
        )
    assert not Reservation.objects.standing().exists()
    with pytest.raises(shipping.ShipmentLeft, match="was cancelled"):
        go(shipment)
    with pytest.raises(shipping.ShipmentLeft):
        choose(shipment, lot)


def test_what_left_before_counts_for_its_order(plant, lot, ordered):
    order = ordered(("BREAD", 50))
    left = {
        "customer": plant.customer, "site": plant.site, "order": order, "reason": "server was down", "second_person": plant.quinn,
        "lines": [shipping.Shipped(lot=lot, quantity=Decimal(50), location=plant.store)],
    }  # fmt: skip
    paper = shipping.ship_after_the_fact(**left, **said(plant))
    order.refresh_from_db()
    assert (paper.order, order.status) == (order, "shipped")
    with pytest.raises(ledger.BadInput):
        shipping.ship_after_the_fact(**left | {"customer": plant.other_customer}, **said(plant))
