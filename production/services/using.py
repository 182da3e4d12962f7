"""Lots go into a run: as told by the order, or written down afterwards as they were used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.utils import timezone

from production.models import Bom, WorkOrder, WorkOrderStatus, WorkOrderStep
from production.services.told import check_first_expired
from traceability import ledger, permits, units
from traceability.keyed import once
from traceability.ledger import Move
from traceability.models import (
    Container,
    Entry,
    EntryKind,
    Evidence,
    Location,
    LocationKind,
    Lot,
    Reservation,
    Run,
    RunLot,
    RunRole,
    Status,
)
from traceability.models.items import ItemKind

if TYPE_CHECKING:
    from traceability.models import Person


class WorkOrderNotOpen(ledger.Refusal):
    code: ClassVar[str] = "work_order_not_open"

    def __init__(self, order: WorkOrder):
        words, now = {
            WorkOrderStatus.PLANNED: ("not released yet", "Release it first."),
            WorkOrderStatus.CLOSED: (
                "closed",
                "Record it after the fact with a second person, or use another order.",
            ),
            WorkOrderStatus.CANCELLED: ("cancelled", "Plan another order."),
        }.get(WorkOrderStatus(order.status), ("released already", ""))
        super().__init__(
            f"{order.number} is {words}.", now=now, fields={"order": order.number, "status": order.status}
        )


class LineStands(ledger.Refusal):
    code: ClassVar[str] = "line_stands"

    def __init__(self, order: WorkOrder):
        step = order.steps.filter(verb="stop").order_by("-id").first()
        why = f"{step.get_cause_display()}{f': {step.note}' if step.note else ''}." if step else ""
        super().__init__(
            f"{order.number} stands still.",
            why,
            "Let it go on first, on the page of the order.",
            fields={"order": order.number},
        )


class ReworkNotAllowed(ledger.Refusal):
    code: ClassVar[str] = "rework_not_allowed"


@dataclass(slots=True, kw_only=True)
class Issued:
    """One lot taken for a run. `status` is what the quantity stands in; only a record after the fact may name another."""

    lot: Lot
    quantity: Decimal
    location: Location
    unit: str = ""
    evidence: str = Evidence.TYPED
    status: str = Status.RELEASED
    container: Container | None = None
    pieces: int | None = None


@transaction.atomic
def issue(
    *,
    work_order: WorkOrder,
    lots: Sequence[Issued],
    actor: Person,
    client: str,
    key: str,
    run: Run | None = None,
    after_the_fact: bool = False,
    second_person: Person | None = None,
    reason: str = "",
    water_lb: Decimal | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Take lots out of stock into a run of the order, in one entry. `water_lb` is added to the order's water.

    An act: every lot must be usable and the order released. After the fact, with a reason and a second person, what was
    used is written down even if a lot is held, undecided, rejected or expired by now; what was made of it inherits the hold.
    Rework needs a BOM that allows it, within its limit. What is not on the BOM may be issued, and the entry says so.
    """
    permits.require(actor, "production.issue", to="issue material")
    claim = ledger.claim(
        client=client,
        key=key,
        sent=_sent(work_order, run, lots, after_the_fact, second_person, reason, water_lb, occurred_at),
    )
    if claim.earlier:
        return claim.earlier
    order = (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("run__site", "line__site", "bom")
        .get(pk=work_order.pk)
    )
    if order.status != WorkOrderStatus.RELEASED and not (
        after_the_fact and order.status == WorkOrderStatus.CLOSED
    ):
        raise WorkOrderNotOpen(order)
    if order.stopped_at and not after_the_fact:
        raise LineStands(order)
    if not lots:
        raise ledger.BadInput("No lot was chosen.", now="Scan at least one lot.", fields={"lots": "empty"})
    if water_lb is not None and water_lb < 0:
        raise ledger.BadInput("Water cannot be less than nothing.", fields={"water_lb": str(water_lb)})
    if after_the_fact and second_person is not None:
        permits.require(
            second_person, "traceability.confirm", "production.close", to="confirm a record after the fact"
        )
    _check_rework(order, lots)
    passed_over = [] if after_the_fact else check_first_expired(order, [line.lot for line in lots], reason)
    origin_site = order.site_id
    into = Location.objects.select_related("site").get(site=origin_site, kind=LocationKind.PRODUCTION)
    moves = [_move(line, into, run_of(order, run)) for line in lots]
    not_on_bom = _not_on_bom(order.bom, lots)
    entry = ledger.post(
        EntryKind.ISSUE, actor=actor, client=client, key=key, claim=claim, moves=moves, document=order.number, site=order.site,
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, after_the_fact=after_the_fact, second_person=second_person,
        payload={
            name: value
            for name, value in {"not_on_bom": not_on_bom, "water_lb": str(water_lb) if water_lb else "", "passed_over": passed_over}.items()
            if value
        },
    )  # fmt: skip
    if water_lb:
        order.water_lb += water_lb
        order.save(update_fields=["water_lb"])
    return entry


def rework(
    *, work_order: WorkOrder, lots: Sequence[Issued], actor: Person, client: str, key: str, **rest: Any
) -> Entry:
    """Work lots in again: an issue of lots that the order's BOM allows as rework. Refuses anything else."""
    foreign = [line.lot.number for line in lots if not _is_rework(line.lot)]
    if foreign:
        raise ReworkNotAllowed(
            f"{', '.join(foreign)} is no rework.",
            "No BOM names its item as rework.",
            "Issue it as material, or choose a rework lot.",
            fields={"lots": foreign},
        )
    return issue(work_order=work_order, lots=lots, actor=actor, client=client, key=key, **rest)


@transaction.atomic
def reserve(
    *,
    work_order: WorkOrder,
    lots: Sequence[Issued],
    actor: Person,
    client: str,
    key: str,
    occurred_at: datetime | None = None,
) -> list[Reservation]:
    """Promise lots to an order, so that nobody else takes them. Refuses what is not usable or not free; a hold breaks the promise."""
    permits.require(actor, "production.issue", "production.plan", to="reserve material")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = (
            WorkOrder.objects.select_for_update(of=("self",))
            .select_related("run__site")
            .get(pk=work_order.pk)
        )
        if order.status == WorkOrderStatus.CLOSED:
            raise WorkOrderNotOpen(order)
        into = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
        moves = [_move(line, into, order.run) for line in lots]
        ledger.reserve(moves=moves, document=order.number, actor=actor, now=occurred_at or timezone.now())
        return WorkOrderStep.objects.create(order=order, verb="reserve", by=actor, **keys)

    sent = {
        "verb": "reserve",
        "order": work_order.pk,
        "lots": [[line.lot.pk, line.quantity, line.unit, line.location.pk] for line in lots],
    }
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return list(Reservation.objects.standing().filter(document=work_order.number))


@transaction.atomic
def unreserve(
    *, work_order: WorkOrder, actor: Person, client: str, key: str, lot: Lot | None = None
) -> WorkOrder:
    """Give up what is promised to an order, or its part of one lot."""
    permits.require(actor, "production.issue", "production.plan", to="give up a reservation")
    ledger.unreserve(document=work_order.number, lot=lot)
    return work_order


def open_order(work_order: WorkOrder) -> WorkOrder:
    """The order, locked and released: what may take and make."""
    order = (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("run__site", "site")
        .get(pk=work_order.pk)
    )
    if order.status != WorkOrderStatus.RELEASED:
        raise WorkOrderNotOpen(order)
    if order.stopped_at:
        raise LineStands(order)
    return order


def _sent(
    order: WorkOrder,
    run: Run | None,
    lots: Sequence[Issued],
    after_the_fact: bool,
    second: Any,
    reason: str,
    water: Any,
    occurred_at: Any,
) -> Any:
    return {
        "verb": "issue", "order": order.pk, "run": run and run.pk, "after_the_fact": after_the_fact, "second": second and second.pk, "reason": reason,
        "water": water, "occurred_at": occurred_at,
        "lots": [[x.lot.pk, x.quantity, x.unit, x.location.pk, x.status, x.evidence, x.container and x.container.pk, x.pieces] for x in lots],
    }  # fmt: skip


def run_of(order: WorkOrder, run: Run | None) -> Run:
    if run is not None and run.document != order.number:
        raise ledger.BadInput(
            f"Run {run} is not of {order.number}.",
            now="Choose a run of this order.",
            fields={"run": str(run)},
        )
    return run or order.run


def _move(line: Issued, into: Location, run: Run) -> Move:
    return Move(
        lot=line.lot, quantity=units.to_base(line.lot.item, line.quantity, line.unit, lot=line.lot), pieces=line.pieces, origin=line.location,
        origin_status=line.status, origin_container=line.container, destination=into, run=run, evidence=line.evidence,
        entered_quantity=line.quantity, entered_unit=line.unit or line.lot.item.unit,
    )  # fmt: skip


def _is_rework(lot: Lot) -> bool:
    return Bom.objects.filter(rework_item=lot.item_id).exists()


def _check_rework(order: WorkOrder, lots: Sequence[Issued]) -> None:
    """Rework only where the BOM allows that item, and within its share of all that goes into the order."""
    bom = order.bom
    rework_items = set(
        Bom.objects.filter(rework_item__in={line.lot.item_id for line in lots}).values_list(
            "rework_item_id", flat=True
        )
    )
    reworked = [line for line in lots if line.lot.item_id in rework_items]
    if not reworked:
        return
    foreign = [line.lot for line in reworked if bom is None or line.lot.item_id != bom.rework_item_id]
    if foreign:
        raise ReworkNotAllowed(
            f"{foreign[0].number} is rework, and {order.product} takes none of it.", "Its BOM does not allow it.", "Scrap it, or use it in a product that allows it.",
            fields={"lots": [lot.number for lot in foreign], "product": order.product}, lots=[lot.pk for lot in foreign],
        )  # fmt: skip
    if bom is None or bom.rework_limit_percent is None:
        return
    before = RunLot.objects.filter(run__document=order.number, role=RunRole.INPUT).exclude(
        lot__item__kind=ItemKind.PACKAGING
    )
    amounts = [(row.lot.item_id, row.quantity) for row in before.select_related("lot")]
    amounts += [
        (line.lot.item_id, line.quantity) for line in lots if line.lot.item.kind != ItemKind.PACKAGING
    ]
    share = sum((quantity for item, quantity in amounts if item == bom.rework_item_id), Decimal(0))
    rest = sum((quantity for item, quantity in amounts if item != bom.rework_item_id), Decimal(0))
    if share * 100 > bom.rework_limit_percent * (share + rest):
        raise ReworkNotAllowed(
            f"{ledger.plain(share)} lb of rework is more than {ledger.plain(bom.rework_limit_percent)} % of {ledger.plain(share + rest)} lb.",
            f"{bom} allows no more.",
            "Issue the other material first, or take less rework.",
            fields={
                "rework_lb": ledger.plain(share),
                "limit_percent": ledger.plain(bom.rework_limit_percent),
            },
        )


def _not_on_bom(bom: Bom | None, lots: Sequence[Issued]) -> list[str]:
    if bom is None:
        return []
    listed = {bom.rework_item_id}
    for component in bom.components.prefetch_related("alternatives"):
        listed |= {component.item_id, *(item.pk for item in component.alternatives.all())}
    return sorted({line.lot.item.code for line in lots if line.lot.item_id not in listed})
