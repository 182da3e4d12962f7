"""Work orders: planned, released, closed with figures that add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from production.models import Bom, WorkOrder, WorkOrderStatus, WorkOrderStep
from traceability import ledger, numbering, permits
from traceability.keyed import once
from traceability.models import Item, Run, RunKind, RunLot, RunRole
from traceability.models.items import ItemKind

if TYPE_CHECKING:
    from traceability.models import Location, Person

ZERO = Decimal(0)


class UnexplainedWeight(ledger.Refusal):
    """What went in and what came out do not add up, and nobody has said why."""

    code: ClassVar[str] = "unexplained_weight"

    def __init__(self, *, order: WorkOrder, weights: Weights, loss: Decimal, unexplained: Decimal):
        super().__init__(
            f"{order.number} does not add up: {ledger.plain(weights.put_in)} lb in + {ledger.plain(weights.water)} lb water is not"
            f" {ledger.plain(weights.came_out)} lb out + {ledger.plain(loss)} lb loss.",
            f"{ledger.plain(unexplained)} lb are unexplained.",
            "Correct an issue, an output or the loss, or close it with a reason.",
            fields={"order": order.number, "unexplained_lb": ledger.plain(unexplained)},
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight balance of an order, in lb of product. Packaging is not counted."""

    put_in: Decimal
    water: Decimal
    came_out: Decimal

    @property
    def difference(self) -> Decimal:
        return self.put_in + self.water - self.came_out


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
    planned_quantity: Decimal | None = None,
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
    }

    def make(keys: dict[str, Any]) -> WorkOrder:
        name = product or (item.code if item else "")
        if not name:
            raise ledger.BadInput(
                "What does it make?", now="Choose an item or name the product.", fields={"product": "missing"}
            )
        if planned_quantity is not None and planned_quantity <= 0:
            raise ledger.BadInput(
                "A planned quantity must be more than zero.",
                fields={"planned_quantity": str(planned_quantity)},
            )
        own = number or numbering.next_number("WO-")
        if WorkOrder.objects.filter(number=own).exists() or Run.objects.filter(document=own).exists():
            raise ledger.BadInput(
                f"There is a work order {own} already.", now="Use another number.", fields={"number": own}
            )
        run = Run.objects.create(document=own, kind=kind, site=line.site, line=line, planned_on=planned_on)
        return WorkOrder.objects.create(
            number=own, product=name, item=item, bom=bom or Bom.objects.in_force().filter(name=name).first(), site=line.site, line=line, run=run,
            planned_on=planned_on, planned_quantity=planned_quantity, note=note, **keys,
        )  # fmt: skip

    return once(WorkOrder, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def release(
    *, work_order: WorkOrder, actor: Person, client: str, key: str, occurred_at: datetime | None = None
) -> WorkOrder:
    """Let the floor begin. Releasing a released order changes nothing."""
    permits.require(actor, "production.plan", to="release a work order")
    order = (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("run__site", "line__site", "bom")
        .get(pk=work_order.pk)
    )
    if order.status == WorkOrderStatus.CLOSED:
        raise ledger.Refusal(
            f"{order.number} is closed.", now="Plan a new order.", fields={"order": order.number}
        )
    if order.status == WorkOrderStatus.PLANNED:
        order.status, order.released_by, order.released_at = (
            WorkOrderStatus.RELEASED,
            actor,
            occurred_at or timezone.now(),
        )
        order.save(update_fields=["status", "released_by", "released_at"])
    return order


@transaction.atomic
def start_run(*, work_order: WorkOrder, actor: Person, client: str, key: str, kind: str = "") -> Run:
    """Another run of the order: a new shift, tank draw or serial unit. What is in one run is not in the others."""
    permits.require(actor, "production.issue", to="start a run")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = (
            WorkOrder.objects.select_for_update(of=("self",))
            .select_related("run", "site")
            .get(pk=work_order.pk)
        )
        if order.status != WorkOrderStatus.RELEASED:
            raise ledger.Refusal(
                f"{order.number} is not released.", now="Release it first.", fields={"order": order.number}
            )
        last = Run.objects.filter(document=order.number).aggregate(last=Max("number"))["last"] or 0
        run = Run.objects.create(
            document=order.number, number=last + 1, kind=kind or order.run.kind, site=order.site, line=order.line,
            planned_on=order.planned_on,
        )  # fmt: skip
        return WorkOrderStep.objects.create(order=order, verb="start_run", run=run, by=actor, **keys)

    sent = {"verb": "start_run", "order": work_order.pk, "kind": kind}
    run = once(WorkOrderStep, client=client, key=key, sent=sent, make=make).run
    assert run is not None
    return run


@transaction.atomic
def close(
    *,
    work_order: WorkOrder,
    actor: Person,
    client: str,
    key: str,
    loss_lb: Decimal | None = None,
    water_lb: Decimal | None = None,
    reason: str = "",
    occurred_at: datetime | None = None,
) -> WorkOrder:
    """Close an order with its weights: lb in + water = outputs + loss. Without a loss given, the difference is the loss.

    Raises UnexplainedWeight when the figures do not add up and no reason is given; promises of the order are given up.
    """
    permits.require(actor, "production.close", to="close a work order")
    order = (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("run__site", "line__site", "bom")
        .get(pk=work_order.pk)
    )
    if order.status == WorkOrderStatus.CLOSED:
        return order
    if order.status == WorkOrderStatus.PLANNED:
        raise ledger.Refusal(
            f"{order.number} was never released.", now="Release it first.", fields={"order": order.number}
        )
    if water_lb is not None:
        if water_lb < 0:
            raise ledger.BadInput("Water cannot be less than nothing.", fields={"water_lb": str(water_lb)})
        order.water_lb = water_lb
    weights = weigh(order)
    loss = loss_lb if loss_lb is not None else max(weights.difference, ZERO)
    if loss < 0:
        raise ledger.BadInput(
            "A loss cannot be less than nothing.",
            now="Check issues and outputs.",
            fields={"loss_lb": str(loss)},
        )
    unexplained = weights.difference - loss
    if unexplained and not reason.strip():
        raise UnexplainedWeight(order=order, weights=weights, loss=loss, unexplained=unexplained)
    order.status, order.closed_by, order.closed_at = (
        WorkOrderStatus.CLOSED,
        actor,
        occurred_at or timezone.now(),
    )
    order.input_lb, order.output_lb, order.loss_lb, order.unexplained_lb = (
        weights.put_in,
        weights.came_out,
        loss,
        unexplained,
    )
    if reason:
        order.note = f"{order.note}\n{reason}".strip()
    order.save()
    ledger.unreserve(document=order.number)
    return order


def weigh(order: WorkOrder) -> Weights:
    """What went into the order's runs and came out of them, net of reversals, unused returns and removals. One query."""
    totals = {RunRole.INPUT: ZERO, RunRole.OUTPUT: ZERO}
    rows = (
        RunLot.objects.filter(run__document=order.number)
        .exclude(lot__item__kind=ItemKind.PACKAGING)
        .exclude(lot__item__is_utility=True)
    )
    for role, unit, weight, quantity in rows.values_list(
        "role", "lot__item__unit", "lot__item__weight_per_unit", F("quantity") - F("removed")
    ):
        factor = Decimal(1) if unit == "lb" else weight
        if factor is not None:
            totals[RunRole(role)] += quantity * factor
    return Weights(round(totals[RunRole.INPUT], 3), order.water_lb, round(totals[RunRole.OUTPUT], 3))
