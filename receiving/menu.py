"""What receiving adds to the menu and to home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from traceability import navigation, searching
from traceability.navigation import Link, Task
from traceability.searching import Papers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.models import Person

TASKS = 4


def register() -> None:
    pages = ("order", "receive", "delivery", "receipts", "receipt", "return_line", "correct_line")
    navigation.add(
        Link(
            "Receiving",
            "receiving:expected",
            "package-import",
            "receiving.view",
            1,
            10,
            count=expected,
            also=tuple(f"receiving:{name}" for name in pages),
            shortcut="r",
        )
    )
    navigation.add_task(due)
    searching.add(*papers())


def expected(person: Person) -> QuerySet[Any]:
    from receiving.models import PurchaseOrder

    return PurchaseOrder.objects.expected()


def due(person: Person) -> list[Task]:
    """Deliveries that are due today or late, for those who receive."""
    from receiving.models import PurchaseOrder

    if not person.has_perm("receiving.receive"):
        return []
    today = timezone.localdate()
    orders = (
        PurchaseOrder.objects.expected()
        .filter(expected_on__lte=today)
        .select_related("supplier")
        .order_by("expected_on", "number")[:TASKS]
    )
    return [
        Task(
            title="Receive", code=order.number, note=f"{order.supplier}, expected {'today' if order.expected_on == today else f'since {order.expected_on}'}",
            url=reverse("receiving:receive", args=[order.pk]), icon="package-import", age="Today" if order.expected_on == today else "Late",
        )
        for order in orders
    ]  # fmt: skip


def papers() -> list[Papers]:
    from receiving.models import PurchaseOrder, Receipt

    return [
        Papers(
            "Expected deliveries", "receiving:order", "package-import", "receiving.view",
            rows=lambda: PurchaseOrder.objects.select_related("supplier"), text=lambda row, _: str(row.supplier or ""),
        ),
        Papers(
            "Receipts", "receiving:receipt", "clipboard-check", "receiving.view",
            rows=lambda: Receipt.objects.select_related("supplier"), text=lambda row, _: str(row.supplier),
        ),
    ]  # fmt: skip
