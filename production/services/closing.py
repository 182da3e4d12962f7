"""Close an order with figures that add up, alone within its band and with a second person outside of it; open it again by two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from production.models import WorkOrder, WorkOrderStatus, WorkOrderStep
from production.services.ordering import locked
from production.services.using import WorkOrderNotOpen
from traceability import ledger, permits
from traceability.keyed import once
from traceability.ledger import plain
from traceability.models import Item, RunLot, RunRole
from traceability.models.items import ItemKind

if TYPE_CHECKING:
    from traceability.models import Person

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight balance of an order, in lb of product. Packaging is not counted."""

    put_in: Decimal
    water: Decimal
    came_out: Decimal

    @property
    def difference(self) -> Decimal:
        return self.put_in + self.water - self.came_out

    def percent(self, loss: Decimal) -> Decimal:
        """A loss as a share of all that went in."""
        total = self.put_in + self.water
        return round(loss * 100 / total, 2) if total > 0 else ZERO


class UnexplainedWeight(ledger.Refusal):
    """What went in and what came out do not add up, and nobody has said why."""

    code: ClassVar[str] = "unexplained_weight"

    def __init__(self, *, order: WorkOrder, weights: Weights, loss: Decimal, unexplained: Decimal):
        super().__init__(
            f"{order.number} does not add up: {plain(weights.put_in)} lb in + {plain(weights.water)} lb water is not"
            f" {plain(weights.came_out)} lb out + {plain(loss)} lb loss.",
            f"{plain(unexplained)} lb are unexplained.",
            "Correct an issue, an output or the loss, or close it with a reason and a second person.",
            fields={"order": order.number, "unexplained_lb": plain(unexplained)},
        )


class LossOutOfBand(ledger.Refusal):
    code: ClassVar[str] = "loss_out_of_band"

    def __init__(self, *, order: WorkOrder, loss: Decimal, percent: Decimal):
        assert order.bom
        band = (
            f"{plain(order.bom.loss_low_percent or ZERO)} to {plain(order.bom.loss_high_percent or ZERO)} %"
        )
        super().__init__(
            f"{plain(loss)} lb of loss is {plain(percent)} % of what went in.",
            f"{order.bom} expects {band}.",
            "Look again, or close it with a reason and a second person.",
            fields={"order": order.number, "loss_percent": plain(percent), "band": band},
        )


class ComponentMissing(ledger.Refusal):
    code: ClassVar[str] = "component_missing"

    def __init__(self, *, order: WorkOrder, missing: list[Item]):
        names = ", ".join(item.name for item in missing[:4])
        super().__init__(
            f"No lot of {names} went into {order.number}.",
            f"{order.bom} asks for it.",
            "Issue it, record its use after the fact, or close the order with a reason.",
            fields={"order": order.number, "items": [item.code for item in missing]},
        )


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
    second_person: Person | None = None,
    occurred_at: datetime | None = None,
) -> WorkOrder:
    """Close an order with its weights: lb in + water = outputs + loss. Without a loss given, the difference is the loss.

    A component without a lot needs a reason. Weight that is unexplained, and a loss outside the band of the BOM, need a
    reason and a second person. Promises of the order are given up.
    """
    permits.require(actor, "production.close", to="close a work order")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status != WorkOrderStatus.RELEASED:
            raise WorkOrderNotOpen(order)
        for name, value in (("water_lb", water_lb), ("loss_lb", loss_lb)):
            if value is not None and value < 0:
                raise ledger.BadInput("This cannot be less than nothing.", fields={name: str(value)})
        if water_lb is not None:
            order.water_lb = water_lb
        weights = weigh(order)
        loss = loss_lb if loss_lb is not None else max(weights.difference, ZERO)
        unexplained = weights.difference - loss
        _check_figures(order, weights, loss, unexplained, reason.strip(), actor, second_person)
        order.status, order.closed_by, order.closed_at = (
            WorkOrderStatus.CLOSED,
            actor,
            occurred_at or timezone.now(),
        )
        order.input_lb, order.output_lb, order.loss_lb = weights.put_in, weights.came_out, loss
        order.unexplained_lb, order.stopped_at = unexplained, None
        order.save()
        ledger.unreserve(document=order.number)
        return WorkOrderStep.objects.create(
            order=order,
            verb="close",
            note=reason,
            second_person=second_person,
            by=actor,
            at=order.closed_at,
            **keys,
        )

    sent = {
        "verb": "close", "order": work_order.pk, "loss": loss_lb, "water": water_lb, "reason": reason, "second": second_person and second_person.pk,
        "occurred_at": occurred_at,
    }  # fmt: skip
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return locked(work_order)


@transaction.atomic
def reopen(
    *, work_order: WorkOrder, reason: str, second_person: Person | None, actor: Person, client: str, key: str
) -> WorkOrder:
    """Let a closed order take entries again, by two persons. What it closed with stays in its history."""
    permits.require(actor, "production.close", to="open a work order again")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status != WorkOrderStatus.CLOSED:
            raise ledger.Refusal(
                f"{order.number} is not closed.", fields={"order": order.number, "status": order.status}
            )
        if not reason.strip():
            raise ledger.ReasonRequired(
                "Why is it opened again?", now="Say why in a few words.", fields={"reason": "missing"}
            )
        check_second(actor, second_person, to="open an order again")
        told = f"{reason}\nIt was closed with {plain(order.loss_lb or ZERO)} lb of loss and {plain(order.unexplained_lb or ZERO)} lb unexplained."
        order.status, order.closed_by, order.closed_at = WorkOrderStatus.RELEASED, None, None
        order.input_lb = order.output_lb = order.loss_lb = order.unexplained_lb = None
        order.save()
        return WorkOrderStep.objects.create(
            order=order, verb="reopen", note=told, second_person=second_person, by=actor, **keys
        )

    sent = {
        "verb": "reopen",
        "order": work_order.pk,
        "reason": reason,
        "second": second_person and second_person.pk,
    }
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return locked(work_order)


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


def is_in_band(order: WorkOrder, percent: Decimal) -> bool:
    """Whether a loss is one that the BOM expects. Without a band, every loss is."""
    bom = order.bom
    if bom is None or bom.loss_low_percent is None or bom.loss_high_percent is None:
        return True
    return bom.loss_low_percent <= percent <= bom.loss_high_percent


def check_second(actor: Person, other: Person | None, *, to: str) -> None:
    """Somebody else, with the right to confirm."""
    if other is None:
        raise ledger.SecondPersonRequired(
            f"A second person is needed to {to}.",
            now="Let quality control confirm it.",
            fields={"second_person": "missing"},
        )
    if other == actor:
        raise ledger.SamePerson("The second person is somebody else.", "Two persons look better than one.")
    permits.require(other, "traceability.confirm", to=f"confirm to {to}")


def _check_figures(
    order: WorkOrder,
    weights: Weights,
    loss: Decimal,
    unexplained: Decimal,
    reason: str,
    actor: Person,
    other: Person | None,
) -> None:
    percent = weights.percent(loss)
    is_usual = is_in_band(order, percent)
    if not reason:
        if unexplained:
            raise UnexplainedWeight(order=order, weights=weights, loss=loss, unexplained=unexplained)
        if not is_usual:
            raise LossOutOfBand(order=order, loss=loss, percent=percent)
        missing = _without_a_lot(order)
        if missing:
            raise ComponentMissing(order=order, missing=missing)
    if unexplained or not is_usual:
        check_second(actor, other, to="close an order that is out of its figures")


def _without_a_lot(order: WorkOrder) -> list[Item]:
    """Components of the BOM of which nothing went in, neither of the item nor of one that may stand for it."""
    if order.bom is None:
        return []
    went_in = set(
        RunLot.objects.filter(run__document=order.number, role=RunRole.INPUT, quantity__gt=0).values_list(
            "lot__item", flat=True
        )
    )
    components = (
        order.bom.components.select_related("item").prefetch_related("alternatives").order_by("position")
    )
    return [
        component.item
        for component in components
        if not component.item.is_utility
        and not went_in & {component.item_id, *(item.pk for item in component.alternatives.all())}
    ]
