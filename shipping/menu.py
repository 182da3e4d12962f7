"""What shipping adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from traceability import navigation, searching
from traceability.navigation import Link, Task, age
from traceability.searching import Papers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.models import Person

TASKS = 4


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
    navigation.add_action(
        Link("Pick and ship", "shipping:shipments", "truck-delivery", "shipping.pick", order=30)
    )
    navigation.add_task(due)
    searching.add(*papers())


def being_picked(person: Person) -> QuerySet[Any]:
    from shipping.models import Shipment

    return Shipment.objects.picking().for_actor(person)


def due(person: Person) -> list[Task]:
    """Shipments that are being picked, and open orders whose day has come, for those who pick."""
    from shipping.models import Order, OrderStatus, Shipment

    if not person.has_perm("shipping.pick"):
        return []
    sees = person.has_perm("traceability.view_customers")
    picking = (
        Shipment.objects.picking().for_actor(person).select_related("customer").order_by("started_at")[:TASKS]
    )
    today = timezone.localdate()
    orders = (
        Order.objects.filter(status=OrderStatus.OPEN, due_on__lte=today, shipments__isnull=True)
        .select_related("customer")
        .order_by("due_on", "number")[:TASKS]
    )
    tasks = [
        Task(
            title="Finish picking", code=row.number, note=f"for {row.customer}" if sees else "a shipment",
            url=reverse("shipping:shipment", args=[row.pk]), icon="truck-delivery", **age(row.started_at),
        )
        for row in picking
    ]  # fmt: skip
    return tasks + [
        Task(
            title="Ship", code=row.number, note=f"to {row.customer}" if sees else "an order", url=reverse("shipping:order", args=[row.pk]),
            icon="truck-delivery", age="Today" if row.due_on == today else "Late", is_late=row.due_on != today,
            hours=24.0 * (today - row.due_on).days if row.due_on else 0.0,
        )
        for row in orders
    ]  # fmt: skip


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
