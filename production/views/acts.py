"""What was recorded of an order and can be taken back."""

from __future__ import annotations

from production import services
from production.models import WorkOrder, WorkOrderStatus
from traceability.models import Entry


def acts_of(order: WorkOrder) -> list[Entry]:
    """The latest acts of the order that can be taken back."""
    if order.status != WorkOrderStatus.RELEASED:
        return []
    rows = Entry.objects.filter(
        document=order.number, kind__in=services.UNDONE_KINDS, reversed_by__isnull=True
    )
    return list(rows.select_related("actor").order_by("-seq")[:10])
