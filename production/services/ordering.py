"""Work orders are planned, changed while nothing has happened, released, or cancelled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from production.models import Bom, Pulling, WorkOrder, WorkOrderStatus, WorkOrderStep
from production.services.using import WorkOrderNotOpen
from traceability import ledger, numbering, permits
from traceability.keyed import once
from traceability.models import Item, Run, RunKind, RunLot

if TYPE_CHECKING:
    from traceability.models import Location, Person

# What may be changed before anything has gone in.
PLAN = ("planned_on", "due_on", "planned_quantity", "pulling", "note")


@transaction.atomic
def plan_work_order(
    *,
    line: Location,
    actor: Person,
    client: str,
    key: str,
    number: str = "",
    product: str = "",
    item: Item | None = None,
    bom: Bom | None = None,
    planned_on: date | None = None,
    due_on: date | None = None,
    planned_quantity: Decimal | None = None,
    pulling: str = Pulling.FREE,
    kind: str = RunKind.WORK_ORDER,
    note: str = "",
) -> WorkOrder:
    """Plan an order, with its first run. Without a BOM, the one in force for the item or the product's name is taken."""
    permits.require(actor, "production.plan", to="plan a work order")
    number = ledger.check_code(number, field="number", limit=40) if number else ""
    sent = {
        "number": number,
        "product": product,
        "item": item and item.code,
        "line": line.pk,
        "planned_on": planned_on,
        "quantity": planned_quantity,
        "kind": kind,
        **({"due_on": due_on} if due_on else {}),
        **({"pulling": pulling} if pulling != Pulling.FREE else {}),
        **({"bom": bom.pk} if bom else {}),
    }

    def make(keys: dict[str, Any]) -> WorkOrder:
        name = product or (item.code if item else "")
        if not name:
            raise ledger.BadInput(
                "What does it make?", now="Choose an item or name the product.", fields={"product": "missing"}
            )
        check_plan(planned_quantity, planned_on, due_on)
        own = number or numbering.next_number("WO-")
        if WorkOrder.objects.filter(number=own).exists() or Run.objects.filter(document=own).exists():
            raise ledger.BadInput(
                f"There is a work order {own} already.", now="Use another number.", fields={"number": own}
            )
        run = Run.objects.create(document=own, kind=kind, site=line.site, line=line, planned_on=planned_on)
        return WorkOrder.objects.create(
            number=own, product=name, item=item, bom=bom or Bom.objects.in_force(planned_on).filter(name=name).first(), site=line.site, line=line, run=run,
            planned_on=planned_on, due_on=due_on, planned_quantity=planned_quantity, pulling=pulling, note=note, **keys,
        )  # fmt: skip

    return once(WorkOrder, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def change_plan(*, work_order: WorkOrder, changes: dict[str, Any], actor: Person) -> WorkOrder:
    """Change days, quantity, the way of pulling or the note of an order to which nothing was issued yet."""
    permits.require(actor, "production.plan", to="change a work order")
    order = locked(work_order)
    if order.status in (WorkOrderStatus.CLOSED, WorkOrderStatus.CANCELLED):
        raise WorkOrderNotOpen(order)
    for name in PLAN:
        if name in changes:
            setattr(order, name, changes[name])
    check_plan(order.planned_quantity, order.planned_on, order.due_on)
    if "planned_quantity" in changes and RunLot.objects.filter(run__document=order.number).exists():
        raise ledger.Refusal(
            f"Lots went into {order.number} already.", "Its quantity is what it was told to make.",
            "Close it short, or plan another order for the rest.", fields={"planned_quantity": "has begun"},
        )  # fmt: skip
    order.save(update_fields=list(PLAN))
    Run.objects.filter(pk=order.run_id).update(planned_on=order.planned_on)
    return order


@transaction.atomic
def release(
    *, work_order: WorkOrder, actor: Person, client: str, key: str, occurred_at: datetime | None = None
) -> WorkOrder:
    """Let the floor begin. Releasing a released order changes nothing."""
    permits.require(actor, "production.plan", to="release a work order")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status != WorkOrderStatus.PLANNED:
            raise WorkOrderNotOpen(order)
        order.status, order.released_by = WorkOrderStatus.RELEASED, actor
        order.released_at = occurred_at or timezone.now()
        order.save(update_fields=["status", "released_by", "released_at"])
        return WorkOrderStep.objects.create(
            order=order, verb="release", by=actor, at=order.released_at, **keys
        )

    if locked(work_order).status != WorkOrderStatus.RELEASED:
        once(
            WorkOrderStep, client=client, key=key, sent={"verb": "release", "order": work_order.pk}, make=make
        )
    return locked(work_order)


@transaction.atomic
def cancel(*, work_order: WorkOrder, reason: str, actor: Person, client: str, key: str) -> WorkOrder:
    """Give up an order to which nothing was issued. Its promises are given up too."""
    permits.require(actor, "production.plan", to="cancel a work order")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status in (WorkOrderStatus.CLOSED, WorkOrderStatus.CANCELLED):
            raise WorkOrderNotOpen(order)
        if not reason.strip():
            raise ledger.ReasonRequired(
                "Why is it cancelled?", now="Say why in a few words.", fields={"reason": "missing"}
            )
        if RunLot.objects.filter(run__document=order.number, quantity__gt=0).exists():
            raise ledger.Refusal(
                f"Lots went into {order.number} already.",
                "",
                "Close it instead.",
                fields={"order": order.number},
            )
        order.status = WorkOrderStatus.CANCELLED
        order.save(update_fields=["status"])
        ledger.unreserve(document=order.number)
        return WorkOrderStep.objects.create(order=order, verb="cancel", note=reason, by=actor, **keys)

    sent = {"verb": "cancel", "order": work_order.pk, "reason": reason}
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return locked(work_order)


def locked(work_order: WorkOrder) -> WorkOrder:
    """The order as it is now, locked until the end of the transaction."""
    rows = WorkOrder.objects.select_for_update(of=("self",)).select_related(
        "run__site", "line__site", "site", "bom", "item"
    )
    return rows.get(pk=work_order.pk)


def check_plan(quantity: Decimal | None, planned_on: date | None, due_on: date | None) -> None:
    if quantity is not None and quantity <= 0:
        raise ledger.BadInput(
            "A planned quantity must be more than zero.", fields={"planned_quantity": str(quantity)}
        )
    if planned_on and due_on and due_on < planned_on:
        raise ledger.BadInput(
            f"It would be due on {due_on}, before it is begun on {planned_on}.",
            now="Check both days.",
            fields={"due_on": str(due_on)},
        )
