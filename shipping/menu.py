"""What shipping adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability import navigation
from traceability.navigation import Link

if TYPE_CHECKING:
    from traceability.models import Person


def register() -> None:
    pages = tuple(
        f"shipping:{name}"
        for name in (
            "shipment",
            "start",
            "packing_list",
            "returned",
            "left_before",
            "orders",
            "order",
            "new_order",
        )
    )
    navigation.add(
        Link(
            "Shipping",
            "shipping:shipments",
            "truck-delivery",
            "shipping.view",
            1,
            40,
            count=being_picked,
            also=pages,
        )
    )


def being_picked(person: Person) -> int:
    from shipping.models import Shipment

    return Shipment.objects.picking().count()
