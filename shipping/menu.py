"""What shipping adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traceability import navigation, searching
from traceability.navigation import Link
from traceability.searching import Papers

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
            "end_order",
            "cancel_shipment",
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
            shortcut="s",
        )
    )
    searching.add(*papers())


def being_picked(person: Person) -> QuerySet[Any]:
    from shipping.models import Shipment

    return Shipment.objects.picking()


def papers() -> list[Papers]:
    from shipping.models import CustomerReturn, Order, Shipment

    def customer(row: Any, sees_customers: bool) -> str:
        return str(row.customer) if sees_customers else ""

    return [
        Papers(
            "Orders", "shipping:order", "truck-delivery", "shipping.view",
            rows=lambda: Order.objects.select_related("customer"), text=customer,
        ),
        Papers(
            "Shipments", "shipping:shipment", "truck-delivery", "shipping.view",
            rows=lambda: Shipment.objects.select_related("customer"), text=customer,
        ),
        Papers(
            "Customer returns", "shipping:shipment", "arrow-back-up", "shipping.view",
            rows=lambda: CustomerReturn.objects.select_related("shipment"), text=lambda row, _: f"of {row.shipment.number}",
            key="shipment_id",
        ),
    ]  # fmt: skip
