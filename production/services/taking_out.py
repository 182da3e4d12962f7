"""What goes another way than into a product: not used, taken out again, or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from production.models import WorkOrder
from production.services.using import open_order, run_of
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Evidence, Location, LocationKind, Lot, Run, Status

if TYPE_CHECKING:
    from traceability.models import Person


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
    claim = ledger.claim(
        client=client, key=key, sent=_sent_back("return_unused", work_order, run, lots, occurred_at, reason)
    )
    if claim.earlier:
        return claim.earlier
    order = open_order(work_order)
    its_run = run_of(order, run)
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
    claim = ledger.claim(
        client=client, key=key, sent=_sent_back("remove_from_run", work_order, run, lots, occurred_at, reason)
    )
    if claim.earlier:
        return claim.earlier
    order = WorkOrder.objects.select_related("run__site", "site").get(pk=work_order.pk)
    its_run = run_of(order, run)
    origin = Location.objects.select_related("site").get(site=order.site_id, kind=LocationKind.PRODUCTION)
    moves = [
        _back(line, origin, its_run, "" if line.location.is_boundary else Status.QUARANTINE) for line in lots
    ]
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
    sent = {
        "verb": "scrap",
        "lot": lot.pk,
        "quantity": quantity,
        "unit": unit,
        "location": location.pk,
        "status": status,
        "reason": reason,
        "document": document,
    }
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


def _back(line: Returned, origin: Location, run: Run, status: str) -> Move:
    return Move(
        lot=line.lot, quantity=units.to_base(line.lot.item, line.quantity, line.unit, lot=line.lot), origin=origin, destination=line.location,
        destination_status=status, run=run, evidence=line.evidence, entered_quantity=line.quantity, entered_unit=line.unit or line.lot.item.unit,
    )  # fmt: skip


def _sent_back(
    verb: str, order: WorkOrder, run: Run | None, lots: Sequence[Returned], occurred_at: Any, reason: str
) -> Any:
    return {
        "verb": verb, "order": order.pk, "run": run and run.pk, "occurred_at": occurred_at, "reason": reason,
        "lots": [[x.lot.pk, x.quantity, x.unit, x.location.pk, x.status, x.evidence] for x in lots],
    }  # fmt: skip
