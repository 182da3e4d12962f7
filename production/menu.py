"""What production adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability import navigation
from traceability.navigation import Link

if TYPE_CHECKING:
    from traceability.models import Person


def register() -> None:
    pages = tuple(f"production:{name}" for name in ("order", "plan"))
    navigation.add(
        Link(
            "Production",
            "production:orders",
            "building-factory-2",
            "production.view",
            1,
            30,
            count=released,
            also=pages,
        )
    )


def released(person: Person) -> int:
    from production.models import WorkOrder, WorkOrderStatus

    return WorkOrder.objects.filter(status=WorkOrderStatus.RELEASED).count()
