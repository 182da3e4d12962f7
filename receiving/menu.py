"""What receiving adds to the menu and to home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from receiving.rights import APPROVE, MATCH, RETURN
from traceability import navigation, searching
from traceability.navigation import Link, LotNote, Task
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
    navigation.add(
        Link(
            "Suppliers",
            "receiving:suppliers",
            "truck-delivery",
            "receiving.view",
            2,
            30,
            also=("receiving:supplier", "receiving:supplier_terms", "receiving:new_supplier_terms"),
        ),
        Link(
            "Not invoiced",
            "receiving:not_invoiced",
            "hourglass",
            "receiving.view",
            2,
            40,
            also=("receiving:invoices", "receiving:invoice", "receiving:new_invoice"),
        ),
    )
    navigation.add_action(
        Link("Receive a delivery", "receiving:expected", "package-import", "receiving.receive", order=30)
    )
    navigation.add_task(due)
    navigation.add_task(codes_to_approve)
    navigation.add_task(not_invoiced)
    navigation.add_lot_note(can_go_back)
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
            is_late=order.expected_on != today, hours=24.0 * (today - order.expected_on).days if order.expected_on else 0.0,
        )
        for order in orders
    ]  # fmt: skip


def codes_to_approve(person: Person) -> list[Task]:
    """Codes met at the dock, for a lead who did not ask for them."""
    from traceability.models import CodeAlias

    if not person.has_perm(APPROVE):
        return []
    waiting = (
        CodeAlias.objects.waiting()
        .exclude(asked_by=person)
        .select_related("item", "asked_by")
        .order_by("asked_at")[:TASKS]
    )
    return [
        Task(
            title="Approve code",
            code=row.code,
            note=f"{row.asked_by} says it means {row.item}",
            url=reverse("receiving:codes"),
            icon="link",
        )
        for row in waiting
    ]


def not_invoiced(person: Person) -> list[Task]:
    """One line for accounts payable: what waits for its invoice, and how long the oldest does."""
    from django.db.models import Count, Min

    from receiving.models import ReceiptItem

    if not person.has_perm(MATCH):
        return []
    found = (
        ReceiptItem.objects.not_invoiced()
        .for_actor(person)
        .aggregate(count=Count("pk"), oldest=Min("receipt__received_at"))
    )
    if not found["count"]:
        return []
    days = (timezone.now() - found["oldest"]).days
    return [
        Task(
            title=f"{found['count']:,} line{'s' if found['count'] > 1 else ''} of receipts not invoiced",
            note="Match the suppliers’ invoices as they come", url=reverse("receiving:not_invoiced"), icon="hourglass",
            age=f"{days} days", is_late=days > 60,
        )
    ]  # fmt: skip


def can_go_back(person: Person, lots: list[int]) -> dict[int, list[LotNote]]:
    """A way from the lot to its supplier, where some of it is in quarantine or rejected."""
    from traceability.models import Balance, Status

    if not person.has_perm(RETURN):
        return {}
    wanted = Balance.objects.filter(
        lot__in=lots,
        lot__supplier__isnull=False,
        quantity__gt=0,
        status__in=[Status.REJECTED, Status.QUARANTINE],
    )
    found = set(wanted.values_list("lot", flat=True))
    return {
        lot: [LotNote(label="Send back to the supplier", url=reverse("receiving:return_lot", args=[lot]))]
        for lot in found
    }


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
