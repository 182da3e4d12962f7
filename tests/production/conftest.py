"""An order for bread that is released, and the acts of its people in short words."""

from decimal import Decimal

import pytest

from production import services as production
from production.models import Bom, BomComponent
from production.services import Issued, Made


@pytest.fixture
def planned(plant):
    """`planned("WO-2", pulling="told")`"""

    def plan(number="WO-1", **rest):
        rest.setdefault("product", "BREAD")
        return production.plan_work_order(
            number=number,
            line=plant.place("line"),
            actor=plant.paul,
            client="test",
            key=f"plan-{number}",
            **rest,
        )

    return plan


@pytest.fixture
def released(plant, planned):
    def release(number="WO-1", **rest):
        paper = planned(number, **rest)
        return production.release(work_order=paper, actor=plant.paul, client="test", key=f"release-{number}")

    return release


@pytest.fixture
def take(plant):
    """`take(order, lot, 10)`: Paul issues it from the store."""

    def issue(order, lot, quantity=10, **rest):
        rest = {"actor": plant.paul, "client": "test", "key": plant.key(), **rest}
        taken = Issued(lot=lot, quantity=Decimal(quantity), location=rest.pop("at", plant.store))
        return production.issue(work_order=order, lots=[taken], **rest)

    return issue


@pytest.fixture
def give(plant):
    """`give(order, "P-1", 8)`: Paul reports bread."""

    def report(order, number, quantity=8, **rest):
        rest = {"actor": plant.paul, "client": "test", "key": plant.key(), **rest}
        item = rest.pop("item", None) or plant.item("BREAD")
        made = Made(item=item, quantity=Decimal(quantity), location=plant.store, lot_number=number)
        return production.report_output(work_order=order, outputs=[made], **rest)

    return report


@pytest.fixture
def recipe(plant):
    """100 lb of flour and 2 lb of salt make 100 lb of bread; a loss of 1 to 5 % is usual."""
    bom = Bom.objects.create(
        name="BREAD",
        status="approved",
        item=plant.item("BREAD"),
        per_quantity=100,
        per_unit="lb",
        loss_low_percent=1,
        loss_high_percent=5,
    )
    BomComponent.objects.create(bom=bom, position=1, item=plant.item("FLOUR"), quantity=100, unit="lb")
    BomComponent.objects.create(bom=bom, position=2, item=plant.item("SALT"), quantity=2, unit="lb")
    return bom
