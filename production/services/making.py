"""What comes out of a run: products, what was not used, what was taken out again, and what was thrown away."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from production.models import WorkOrder, WorkOrderStatus
from production.services.using import WorkOrderNotOpen, _run_of
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move, Need
from traceability.models import (
    Container,
    Entry,
    EntryKind,
    Evidence,
    Item,
    Location,
    LocationKind,
    Lot,
    Requirement,
    Run,
    RunLot,
    RunRole,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from traceability.models import Person

AWAITING = "Final inspection"


@dataclass(slots=True, kw_only=True)
class Made:
    """A quantity of a lot that came out. Without a number, the item's pattern; with one that this order made before, more of that lot."""

    item: Item
    quantity: Decimal
    lot_number: str | None = None
    unit: str = ""
    location: Location | None = None
    status: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    evidence: str = Evidence.TYPED
    container: Container | None = None
    pieces: int | None = None


@dataclass(slots=True, kw_only=True)
class Returned:
    """A quantity of a lot that comes out of a run unused, or is taken out of it again."""

    lot: Lot
    quantity: Decimal
    location: Location
    unit: str = ""
    status: str = ""
    evidence: str = Evidence.TYPED


@transaction.atomic
def report_output(
    *,
    work_order: WorkOrder,
    outputs: Sequence[Made],
    actor: Person,
    client: str,
    key: str,
    run: Run | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
    reason: str = "",
) -> Entry:
    """Report what a run made, in one entry. Lots get their expiry from the item's shelf life, counted from the day they were made.

    An item with a final inspection arrives in quarantine with that requirement open; any other arrives released, and the
    entry says so. If something that went into the run is on a cascading hold, the outputs are on that hold too.
    """
    permits.require(actor, "production.report", to="report what was made")
    claim = ledger.claim(client=client, key=key, sent=_sent_outputs(work_order, run, outputs, occurred_at, reason))
    if claim.earlier:
        return claim.earlier
    order = _open_order(work_order)
    if not outputs:
        raise ledger.BadInput("Nothing was made.", now="Say what came out, or close the order.", fields={"outputs": "empty"})
    its_run = _run_of(order, run)
    origin = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
    today = (occurred_at or recorded_at or timezone.now()).astimezone(order.site.zone).date()
    moves, needs, policies = [], [], []
    for position, made in enumerate(outputs, start=1):
        is_inspected = Stage.FINAL in made.item.inspected_at
        lot = next((move.lot for move in moves if (move.lot.item, move.lot.number) == (made.item, made.lot_number)), None) or _lot_for(made, order, today, moves)
        if is_inspected and not any(need.lot is lot for need in needs) and not (lot.pk and Requirement.objects.open().filter(lot=lot, stage=Stage.FINAL).exists()):
            needs.append(Need(stage=Stage.FINAL, what=AWAITING, lot=lot))
        moves.append(
            Move(
                lot=lot, quantity=units.to_base(made.item, made.quantity, made.unit), pieces=made.pieces, origin=origin,
                destination=_place_of(made, position), destination_status=made.status or (Status.QUARANTINE if is_inspected else Status.RELEASED),
                destination_container=made.container, run=its_run, evidence=made.evidence,
                entered_quantity=made.quantity, entered_unit=made.unit or made.item.unit,
            )  # fmt: skip
        )
        policies.append({"line": position, "policy": "final inspection" if is_inspected else "no inspection needed"})
    return ledger.post(
        EntryKind.OUTPUT, actor=actor, client=client, key=key, claim=claim, moves=moves, document=order.number, site=order.site,
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, needs=needs, payload={"policies": policies},
    )  # fmt: skip


@transaction.atomic
def return_unused(
    *,
    work_order: WorkOrder,
    lots: Sequence[Returned],
    actor: Person,
    client: str,
    key: str,
    run: Run | None = None,
    reason: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Put back what was issued and never used: the run does not contain it, and never did."""
    permits.require(actor, "production.issue", to="return unused material")
    claim = ledger.claim(client=client, key=key, sent=_sent_back("return_unused", work_order, run, lots, occurred_at, reason))
    if claim.earlier:
        return claim.earlier
    order = _open_order(work_order)
    its_run = _run_of(order, run)
    origin = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
    return ledger.post(
        EntryKind.ISSUE_RETURN, actor=actor, client=client, key=key, claim=claim, document=order.number, site=order.site, reason=reason,
        moves=[_back(line, origin, its_run, line.status or Status.RELEASED) for line in lots], occurred_at=occurred_at, recorded_at=recorded_at,
    )  # fmt: skip


@transaction.atomic
def remove_from_run(
    *,
    work_order: WorkOrder,
    lots: Sequence[Returned],
    reason: str,
    actor: Person,
    client: str,
    key: str,
    run: Run | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Take out again what was in a product (a ring that is replaced): it was in there, and is not any more.

    To scrap, or into quarantine at a place inside: it never becomes an output, so its new history does not lead to other lots'.
    """
    permits.require(actor, "production.issue", to="take a part out again")
    claim = ledger.claim(client=client, key=key, sent=_sent_back("remove_from_run", work_order, run, lots, occurred_at, reason))
    if claim.earlier:
        return claim.earlier
    order = WorkOrder.objects.select_related("run__site", "site").get(pk=work_order.pk)
    its_run = _run_of(order, run)
    origin = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
    moves = [_back(line, origin, its_run, "" if line.location.is_boundary else Status.QUARANTINE) for line in lots]
    return ledger.post(
        EntryKind.REMOVAL, actor=actor, client=client, key=key, claim=claim, document=order.number, site=order.site, reason=reason, moves=moves,
        occurred_at=occurred_at, recorded_at=recorded_at,
    )  # fmt: skip


@transaction.atomic
def scrap(
    *,
    lot: Lot,
    quantity: Decimal,
    location: Location,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    status: str = Status.RELEASED,
    unit: str = "",
    document: str = "",
    evidence: str = Evidence.TYPED,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Throw a quantity away, with a reason. Held, rejected and expired stock may be scrapped."""
    permits.require(actor, "production.report", to="scrap material")
    sent = {"verb": "scrap", "lot": lot.pk, "quantity": quantity, "unit": unit, "location": location.pk, "status": status, "reason": reason, "document": document}
    claim = ledger.claim(client=client, key=key, sent=sent)
    if claim.earlier:
        return claim.earlier
    destination = Location.objects.select_related("site").get(site=location.site_id, kind=LocationKind.SCRAP)
    move = Move(
        lot=lot, quantity=units.to_base(lot.item, quantity, unit, lot=lot), origin=location, origin_status=status, destination=destination,
        evidence=evidence, entered_quantity=quantity, entered_unit=unit or lot.item.unit,
    )  # fmt: skip
    return ledger.post(
        EntryKind.SCRAP, actor=actor, client=client, key=key, claim=claim, moves=[move], reason=reason,
        document=document or numbering.next_number("SCR-"), occurred_at=occurred_at, recorded_at=recorded_at,
    )  # fmt: skip


def expiry_of(item: Item, made_on: date) -> date | None:
    """Made on + shelf life. Months end with the month: six months from 31 August is 28 (or 29) February."""
    if item.shelf_life_months:
        months = made_on.month - 1 + item.shelf_life_months
        year, month = made_on.year + months // 12, months % 12 + 1
        return date(year, month, min(made_on.day, calendar.monthrange(year, month)[1]))
    return made_on + timedelta(days=item.shelf_life_days) if item.shelf_life_days else None


def _open_order(work_order: WorkOrder) -> WorkOrder:
    order = WorkOrder.objects.select_for_update(of=("self",)).select_related("run__site", "site").get(pk=work_order.pk)
    if order.status != WorkOrderStatus.RELEASED:
        raise WorkOrderNotOpen(order)
    return order


def _lot_for(made: Made, order: WorkOrder, today: date, moves: Sequence[Move]) -> Lot:
    if made.item.is_utility:
        raise ledger.BadInput(f"{made.item.code} has no lot.", fields={"item": made.item.code})
    if made.lot_number:
        known = Lot.objects.filter(item=made.item, number=made.lot_number).select_related("item").first()
        if known and RunLot.objects.filter(run__document=order.number, lot=known, role=RunRole.OUTPUT, quantity__gt=0).exists():
            return known  # More of a lot that this order made; a lot of any other origin is refused by the door.
    made_on = made.made_on or today
    return Lot(
        item=made.item, number=made.lot_number or _number_for(made.item, order, today, {move.lot.number for move in moves}), made_on=made_on,
        expires_on=made.expires_on or expiry_of(made.item, made_on),
    )  # fmt: skip


def _number_for(item: Item, order: WorkOrder, today: date, taken: set[str]) -> str:
    while True:
        number = numbering.number_by_pattern(item.lot_pattern, today) if item.lot_pattern else numbering.next_number(f"{order.number}-", digits=1)
        if number not in taken and not Lot.objects.filter(item=item, number=number).exists():
            return number


def _place_of(made: Made, position: int) -> Location:
    place = made.location or made.item.default_location
    if place is None or place.is_boundary:
        raise ledger.BadInput(f"Where does {made.item.code} go?", now="Scan a location.", fields={f"outputs.{position}.location": "missing"})
    return place


def _back(line: Returned, origin: Location, run: Run, status: str) -> Move:
    return Move(
        lot=line.lot, quantity=units.to_base(line.lot.item, line.quantity, line.unit, lot=line.lot), origin=origin, destination=line.location,
        destination_status=status, run=run, evidence=line.evidence, entered_quantity=line.quantity, entered_unit=line.unit or line.lot.item.unit,
    )  # fmt: skip


def _sent_outputs(order: WorkOrder, run: Run | None, outputs: Sequence[Made], occurred_at: Any, reason: str) -> Any:
    return {
        "verb": "report_output", "order": order.pk, "run": run and run.pk, "occurred_at": occurred_at, "reason": reason,
        "outputs": [
            [x.item.code, x.quantity, x.lot_number, x.unit, x.location and x.location.pk, x.status, x.made_on, x.expires_on, x.evidence, x.container and x.container.pk, x.pieces]
            for x in outputs
        ],
    }  # fmt: skip


def _sent_back(verb: str, order: WorkOrder, run: Run | None, lots: Sequence[Returned], occurred_at: Any, reason: str) -> Any:
    return {
        "verb": verb, "order": order.pk, "run": run and run.pk, "occurred_at": occurred_at, "reason": reason,
        "lots": [[x.lot.pk, x.quantity, x.unit, x.location.pk, x.status, x.evidence] for x in lots],
    }  # fmt: skip
