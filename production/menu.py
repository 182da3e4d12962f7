"""What production adds to the menu and to home."""

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
PAGES = (
    "order",
    "lots",
    "plan",
    "issue",
    "issue_after_the_fact",
    "unused",
    "removed",
    "output",
    "scrap",
    "close",
    "stop",
    "resume",
    "replan",
    "cancel",
    "reopen",
    "undo",
)


def register() -> None:
    also = tuple(f"production:{name}" for name in PAGES)
    navigation.add(
        Link(
            "Production",
            "production:orders",
            "building-factory-2",
            "production.view",
            1,
            30,
            count=released,
            also=also,
            shortcut="p",
        )
    )
    navigation.add(
        Link(
            "BOMs",
            "production:boms",
            "list-details",
            "production.view",
            3,
            20,
            also=tuple(f"production:{name}" for name in ("bom", "new_bom", "change_bom", "copy_bom")),
        )
    )
    navigation.add_action(
        Link("Open an order", "production:orders", "building-factory-2", "production.issue", order=30)
    )
    navigation.add_task(due)
    searching.add(*papers())


def released(person: Person) -> QuerySet[Any]:
    from production.models import WorkOrder, WorkOrderStatus

    return WorkOrder.objects.for_actor(person).filter(status=WorkOrderStatus.RELEASED)


def due(person: Person) -> list[Task]:
    """Released orders whose day has come, for those who issue."""
    from production.models import WorkOrder, WorkOrderStatus

    if not person.has_perm("production.issue"):
        return []
    today = timezone.localdate()
    rows = (
        WorkOrder.objects.for_actor(person)
        .filter(status=WorkOrderStatus.RELEASED, planned_on__lte=today)
        .select_related("line")
        .order_by("planned_on", "number")
    )
    return [
        Task(
            title="Make", code=order.number, note=f"{order.product} on {order.line}", url=reverse("production:issue", args=[order.pk]),
            icon="building-factory-2", age="Today" if order.planned_on == today else "Late", is_late=order.planned_on != today,
            hours=24.0 * (today - order.planned_on).days if order.planned_on else 0.0,
        )
        for order in rows[:TASKS]
    ]  # fmt: skip


def papers() -> list[Papers]:
    from production.models import WorkOrder

    return [
        Papers(
            "Work orders", "production:order", "building-factory-2", "production.view",
            rows=WorkOrder.objects.all, text=lambda row, _: f"{row.product}, {row.get_status_display().lower()}",
        )
    ]  # fmt: skip
