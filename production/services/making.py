"""What a run makes: lots with a number, an expiry, and the inspection that their item asks for."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from production.models import WorkOrder
from production.services.using import open_order, run_of
from traceability import labels, ledger, numbering, permits, units
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
    claim = ledger.claim(
        client=client, key=key, sent=_sent_outputs(work_order, run, outputs, occurred_at, reason)
    )
    if claim.earlier:
        return claim.earlier
    order = open_order(work_order)
    if not outputs:
        raise ledger.BadInput(
            "Nothing was made.", now="Say what came out, or close the order.", fields={"outputs": "empty"}
        )
    its_run = run_of(order, run)
    origin = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
    today = (occurred_at or recorded_at or timezone.now()).astimezone(order.site.zone).date()
    moves: list[Move] = []
    needs: list[Need] = []
    policies: list[dict[str, Any]] = []
    for position, made in enumerate(outputs, start=1):
        is_inspected = Stage.FINAL in made.item.inspected_at
        lot = next(
            (move.lot for move in moves if (move.lot.item, move.lot.number) == (made.item, made.lot_number)),
            None,
        ) or _lot_for(made, order, today, moves)
        if (
            is_inspected
            and not any(need.lot is lot for need in needs)
            and not (lot.pk and Requirement.objects.open().filter(lot=lot, stage=Stage.FINAL).exists())
        ):
            needs.append(Need(stage=Stage.FINAL, what=AWAITING, lot=lot))
        moves.append(
            Move(
                lot=lot, quantity=units.to_base(made.item, made.quantity, made.unit), pieces=made.pieces, origin=origin,
                destination=_place_of(made, position), destination_status=made.status or (Status.QUARANTINE if is_inspected else Status.RELEASED),
                destination_container=made.container, run=its_run, evidence=made.evidence,
                entered_quantity=made.quantity, entered_unit=made.unit or made.item.unit,
            )
        )  # fmt: skip
        policies.append(
            {"line": position, "policy": "final inspection" if is_inspected else "no inspection needed"}
        )
    new = (
        list({id(move.lot): move.lot for move in moves if move.lot.pk is None}.values())
        if recorded_at is None
        else []
    )
    entry = ledger.post(
        EntryKind.OUTPUT, actor=actor, client=client, key=key, claim=claim, moves=moves, document=order.number, site=order.site,
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, needs=needs, payload={"policies": policies},
    )  # fmt: skip
    labels.print_after("output", lots=new, site=order.site, document=order.number, actor=actor, key=key)
    return entry


def expiry_of(item: Item, made_on: date) -> date | None:
    """Made on + shelf life. Months end with the month: six months from 31 August is 28 (or 29) February."""
    if item.shelf_life_months:
        months = made_on.month - 1 + item.shelf_life_months
        year, month = made_on.year + months // 12, months % 12 + 1
        return date(year, month, min(made_on.day, calendar.monthrange(year, month)[1]))
    return made_on + timedelta(days=item.shelf_life_days) if item.shelf_life_days else None


def _lot_for(made: Made, order: WorkOrder, today: date, moves: Sequence[Move]) -> Lot:
    if made.item.is_utility:
        raise ledger.BadInput(f"{made.item.code} has no lot.", fields={"item": made.item.code})
    if made.lot_number:
        known = Lot.objects.filter(item=made.item, number=made.lot_number).select_related("item").first()
        if (
            known
            and RunLot.objects.filter(
                run__document=order.number, lot=known, role=RunRole.OUTPUT, quantity__gt=0
            ).exists()
        ):
            return (
                known  # More of a lot that this order made; a lot of any other origin is refused by the door.
            )
    made_on = made.made_on or today
    return Lot(
        item=made.item, number=made.lot_number or _number_for(made.item, order, today, {move.lot.number for move in moves}), made_on=made_on,
        expires_on=made.expires_on or expiry_of(made.item, made_on),
    )  # fmt: skip


def _number_for(item: Item, order: WorkOrder, today: date, taken: set[str]) -> str:
    while True:
        number = (
            numbering.number_by_pattern(item.lot_pattern, today)
            if item.lot_pattern
            else numbering.next_number(f"{order.number}-", digits=1)
        )
        if number not in taken and not Lot.objects.filter(item=item, number=number).exists():
            return number


def _place_of(made: Made, position: int) -> Location:
    place = made.location or made.item.default_location
    if place is None or place.is_boundary:
        raise ledger.BadInput(
            f"Where does {made.item.code} go?",
            now="Scan a location.",
            fields={f"outputs.{position}.location": "missing"},
        )
    return place


def _sent_outputs(
    order: WorkOrder, run: Run | None, outputs: Sequence[Made], occurred_at: Any, reason: str
) -> Any:
    return {
        "verb": "report_output", "order": order.pk, "run": run and run.pk, "occurred_at": occurred_at, "reason": reason,
        "outputs": [
            [x.item.code, x.quantity, x.lot_number, x.unit, x.location and x.location.pk, x.status, x.made_on, x.expires_on, x.evidence, x.container and x.container.pk, x.pieces]
            for x in outputs
        ],
    }  # fmt: skip
