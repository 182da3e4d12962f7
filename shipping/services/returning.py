"""What a customer sends back comes into quarantine, counted against the shipment it left with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from shipping.models import CustomerReturn, Shipment
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move, Need
from traceability.models import EntryKind, Evidence, Location, LocationKind, Lot, Stage, Status

if TYPE_CHECKING:
    from traceability.models import Person

AWAITING = "Inspection of a customer return"


@dataclass(slots=True, kw_only=True)
class ReturnedLot:
    """A quantity that came back. Without a location, the first quarantine area of the site."""

    lot: Lot
    quantity: Decimal
    location: Location | None = None
    unit: str = ""
    evidence: str = Evidence.TYPED


@transaction.atomic
def receive_return(
    *,
    shipment: Shipment,
    lines: Sequence[ReturnedLot],
    reason: str,
    actor: Person,
    client: str,
    key: str,
    number: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> CustomerReturn:
    """Take back what left with a shipment, into quarantine, awaiting quality control. Never more than left and is not back yet."""
    permits.require(actor, "shipping.receive_return", to="receive a return")
    claim = ledger.claim(
        client=client, key=key,
        sent={
            "verb": "receive_return", "shipment": shipment.pk, "reason": reason, "number": number, "occurred_at": occurred_at,
            "lines": [[x.lot.pk, x.quantity, x.unit, x.location and x.location.pk, x.evidence] for x in lines],
        },
    )  # fmt: skip
    if claim.earlier:
        return CustomerReturn.objects.get(number=claim.earlier.document)
    if not lines:
        raise ledger.BadInput(
            "A return without a line brings nothing.", now="Scan what came back.", fields={"lines": "empty"}
        )
    number = (
        ledger.check_code(number, field="number", limit=40)
        if number
        else numbering.next_number("RMA-", digits=3)
    )
    if CustomerReturn.objects.filter(number=number).exists():
        raise _number_taken(number)
    origin = Location.objects.select_related("site").get(site=shipment.site_id, kind=LocationKind.CUSTOMER)
    area = (
        Location.objects.select_related("site")
        .filter(site=shipment.site_id, kind=LocationKind.QUARANTINE, is_active=True)
        .order_by("code")
        .first()
    )
    moves = []
    for position, line in enumerate(lines, start=1):
        place = line.location or area
        if place is None:
            raise ledger.BadInput(
                "There is no quarantine area at this site.",
                now="Scan where the return goes.",
                fields={f"lines.{position}.location": "missing"},
            )
        moves.append(
            Move(
                lot=line.lot, quantity=units.to_base(line.lot.item, line.quantity, line.unit, lot=line.lot), origin=origin, destination=place,
                destination_status=Status.QUARANTINE, against=shipment.number, evidence=line.evidence,
                entered_quantity=line.quantity, entered_unit=line.unit or line.lot.item.unit,
            )
        )  # fmt: skip
    lots = {move.lot.pk: move.lot for move in moves}
    entry = ledger.post(
        EntryKind.CUSTOMER_RETURN, actor=actor, client=client, key=key, claim=claim, document=number, party=shipment.customer, site=shipment.site,
        moves=moves, reason=reason, occurred_at=occurred_at, recorded_at=recorded_at,
        needs=[Need(stage=Stage.RETURN, what=AWAITING, lot=lot) for lot in lots.values()],
    )  # fmt: skip
    try:
        with transaction.atomic():
            return CustomerReturn.objects.create(
                number=number,
                shipment=shipment,
                reason=reason,
                received_by=actor,
                received_at=entry.occurred_at,
                entry=entry,
            )
    except IntegrityError:  # Somebody took the number just now.
        raise _number_taken(number) from None


def _number_taken(number: str) -> ledger.BadInput:
    return ledger.BadInput(
        f"There is a return {number} already.", now="Use another number.", fields={"number": number}
    )
