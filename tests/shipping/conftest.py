"""An order for bread, its shipment, and Sam's acts in short words."""

from decimal import Decimal

import pytest

from shipping import services as shipping
from shipping.services import OrderedItem
from traceability.ledger import Move
from traceability.models import Container, EntryKind


@pytest.fixture
def ordered(plant):
    """`ordered(("BREAD", 50), number="SO-1")`"""

    def enter(*lines, **rest):
        rest = {
            "customer": plant.customer,
            "number": "SO-1",
            "actor": plant.sam,
            "client": "test",
            "key": plant.key(),
            **rest,
        }
        wanted = [
            line
            if isinstance(line, OrderedItem)
            else OrderedItem(item=plant.item(line[0]), quantity=Decimal(line[1]))
            for line in lines
        ]
        return shipping.order(lines=wanted, **rest)

    return enter


@pytest.fixture
def begun(plant):
    """`begun(order)` or `begun()` straight for the customer."""

    def begin(order=None, number="SH-1"):
        to = {"order": order} if order else {"customer": plant.customer}
        return shipping.start_shipment(
            number=number, site=plant.site, actor=plant.sam, client="test", key=f"start-{number}", **to
        )

    return begin


@pytest.fixture
def choose(plant):
    """`choose(shipment, lot, 40)`: Sam picks it from the store."""

    def pick(shipment, lot, quantity=40, **rest):
        rest = {"location": plant.store, "actor": plant.sam, "client": "test", "key": plant.key(), **rest}
        return shipping.pick(shipment=shipment, lot=lot, quantity=Decimal(quantity), **rest)

    return pick


@pytest.fixture
def go(plant):
    def ship(shipment, **rest):
        return shipping.ship(
            shipment=shipment, **{"actor": plant.sam, "client": "test", "key": plant.key(), **rest}
        )

    return ship


@pytest.fixture
def pallet(plant):
    """`pallet("P-1", (lot, 40), …)`: what is on it."""

    def pack(number, *lines):
        box = Container.objects.create(number=number)
        moves = [
            Move(
                lot=lot,
                quantity=Decimal(n),
                origin=plant.store,
                destination=plant.store,
                destination_container=box,
            )
            for lot, n in lines
        ]
        plant.post(EntryKind.TRANSFER, *moves)
        return box

    return pack
