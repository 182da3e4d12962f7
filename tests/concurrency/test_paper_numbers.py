"""Two people give two papers one number at the same moment: one has it, the other is told, and nothing else happens."""

from decimal import Decimal
from typing import Any

import pytest

from production import services as production
from production.models import WorkOrder
from receiving.models import PurchaseOrder
from receiving.services import announcing
from shipping import services as shipping
from shipping.models import CustomerReturn, Order, Shipment
from shipping.services import OrderedItem, ReturnedLot, Shipped
from tests.concurrency.conftest import is_sound
from tests.concurrency.together import race
from traceability import ledger
from traceability.models import Entry


def plan(plant, key):
    return production.plan_work_order(
        number="N-1", product="BREAD", line=plant.place("line"), actor=plant.paul, client="test", key=key
    )


def order(plant, key):
    lines = [OrderedItem(item=plant.item(), quantity=Decimal(1))]
    return shipping.order(
        number="N-1", customer=plant.customer, lines=lines, actor=plant.sam, client="test", key=key
    )


def start(plant, key, number="N-1"):
    return shipping.start_shipment(
        number=number, customer=plant.customer, site=plant.site, actor=plant.sam, client="test", key=key
    )


def announce(plant, key):
    lines = [announcing.OrderedItem(item=plant.item(), quantity=Decimal(1))]
    return announcing.order(
        number="N-1", supplier=plant.supplier, lines=lines, actor=plant.rita, client="test", key=key
    )


def write_down(plant, key):
    line = Shipped(lot=plant.lot, quantity=Decimal(1), location=plant.store)
    return shipping.ship_after_the_fact(
        number="N-1", customer=plant.customer, site=plant.site, lines=[line], reason="it left", second_person=plant.quentin, actor=plant.sam,
        client="test", key=key,
    )  # fmt: skip


def take_back(plant, key):
    line = ReturnedLot(lot=plant.lot, quantity=Decimal(1), location=plant.store)
    return shipping.receive_return(
        number="N-1",
        shipment=plant.left,
        lines=[line],
        reason="late",
        actor=plant.sam,
        client="test",
        key=key,
    )


PAPERS: list[tuple[Any, Any]] = [
    (plan, WorkOrder), (order, Order), (start, Shipment), (announce, PurchaseOrder), (write_down, Shipment), (take_back, CustomerReturn),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "noun"), PAPERS, ids=[verb.__name__ for verb, _ in PAPERS])
def test_a_number_is_given_once(committed_plant, monkeypatch, verb, noun):
    plant = committed_plant
    plant.item()
    plant.__dict__["lot"] = lot = plant.receive("L", 100)
    plant.__dict__["left"] = left = start(plant, "left", number="SH-0")
    shipping.pick(
        shipment=left,
        lot=lot,
        quantity=Decimal(50),
        location=plant.store,
        actor=plant.sam,
        client="test",
        key="p",
    )
    shipping.ship(shipment=left, actor=plant.sam, client="test", key="s")
    before = Entry.objects.count()
    # Both have looked whether the number is free when the first one takes it.
    first, second = race(
        lambda: verb(plant, "a"), lambda: verb(plant, "b"), monkeypatch, before=(noun.objects, "create")
    )
    (won,) = [end for end in (first, second) if isinstance(end, noun)]
    (told,) = [end for end in (first, second) if end is not won]
    assert isinstance(told, ledger.BadInput), told
    assert "N-1 already" in told.sentence
    assert noun.objects.filter(number="N-1").count() == 1
    assert Entry.objects.count() <= before + 1
    is_sound()
