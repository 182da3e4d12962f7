"""What came is put right by adding: a correction where the lot is now, a return to where it came from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from receiving.models import ReceiptLine
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move
from traceability.models import (
    Balance,
    Entry,
    EntryKind,
    Evidence,
    Location,
    LocationKind,
    Lot,
    Movement,
    Status,
)

if TYPE_CHECKING:
    from traceability.models import Person


@transaction.atomic
def return_to_supplier(
    *,
    lot: Lot,
    quantity: Decimal,
    location: Location,
    status: str,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    unit: str = "",
    evidence: str = Evidence.TYPED,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Send a quantity back to the supplier it came from, against the receipt it came with. Held and rejected stock may go."""
    permits.require(actor, "receiving.return_to_supplier", to="return a lot to its supplier")
    sent = {
        "lot": lot,
        "quantity": quantity,
        "unit": unit,
        "location": location,
        "status": status,
        "reason": reason,
    }
    claim = ledger.claim(client=client, key=key, sent={"verb": "return_to_supplier", **sent})
    if claim.earlier:
        return claim.earlier
    if lot.supplier is None:
        raise ledger.BadInput(
            f"{lot.number} was not bought from anybody.", now="Scrap it instead.", fields={"lot": lot.number}
        )
    destination = Location.objects.select_related("site").get(
        site=location.site_id, kind=LocationKind.SUPPLIER
    )
    move = Move(
        lot=lot, quantity=units.to_base(lot.item, quantity, unit, lot=lot), origin=location, origin_status=status, destination=destination,
        against=lot.received_under, evidence=evidence, entered_quantity=quantity, entered_unit=unit or lot.item.unit,
    )  # fmt: skip
    return ledger.post(
        EntryKind.SUPPLIER_RETURN, actor=actor, client=client, key=key, claim=claim, moves=[move], document=numbering.next_number("RTS-"),
        party=lot.supplier, reason=reason, occurred_at=occurred_at, recorded_at=recorded_at,
    )  # fmt: skip


@transaction.atomic
def correct_receipt(
    *,
    line: ReceiptLine,
    quantity: Decimal,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    location: Location | None = None,
    status: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Say what a line should have said (in the line's unit). The difference is posted where the lot is now, and counts as received.

    Without a location: where the lot was received if any of it is still there, else the one place it is at.
    """
    permits.require(actor, "receiving.receive", to="correct a receipt")
    claim = ledger.claim(
        client=client,
        key=key,
        sent={
            "verb": "correct_receipt",
            "line": line.pk,
            "quantity": quantity,
            "reason": reason,
            "location": location,
            "status": status,
        },
    )
    if claim.earlier:
        return claim.earlier
    line = (
        ReceiptLine.objects.select_for_update(of=("self",))
        .select_related("lot__item", "receipt__supplier", "location__site")
        .get(pk=line.pk)
    )
    if quantity < 0:
        raise ledger.BadInput(
            "A receipt cannot be corrected to less than nothing.",
            now="Type what really came.",
            fields={"quantity": str(quantity)},
        )
    before = line.corrected_quantity if line.corrected_quantity is not None else line.quantity
    change = units.to_base(line.lot.item, quantity, line.unit, lot=line.lot) - units.to_base(
        line.lot.item, before, line.unit, lot=line.lot
    )
    if change == 0:
        raise ledger.BadInput(
            "That is what the receipt says already.",
            now="Type what really came.",
            fields={"quantity": str(quantity)},
        )
    place, its_status = _where_it_is(line, location, status, change)
    outside = Location.objects.select_related("site").get(site=place.site_id, kind=LocationKind.SUPPLIER)
    if change > 0:
        move = Move(
            lot=line.lot, quantity=change, origin=outside, destination=place, destination_status=its_status
        )
    else:
        move = Move(
            lot=line.lot, quantity=-change, origin=place, origin_status=its_status, destination=outside
        )
    move.against = line.receipt.number
    entry = ledger.post(
        EntryKind.RECEIPT_CORRECTION, actor=actor, client=client, key=key, claim=claim, moves=[move], document=line.receipt.number,
        party=line.receipt.supplier, reason=reason, occurred_at=occurred_at, recorded_at=recorded_at,
        payload={"line": line.position, "unit": line.unit, "before": str(before), "after": str(quantity)},
    )  # fmt: skip
    ReceiptLine.objects.filter(pk=line.pk).update(corrected_quantity=quantity)
    return entry


def _where_it_is(
    line: ReceiptLine, location: Location | None, status: str, change: Decimal
) -> tuple[Location, str]:
    here = Balance.objects.filter(lot=line.lot, quantity__gt=0, container__isnull=True).select_related(
        "location__site"
    )
    found = [
        balance for balance in here
        if (location is None or balance.location_id == location.pk) and (not status or balance.status == status) and (change > 0 or balance.quantity >= -change)
    ]  # fmt: skip
    chosen = next(
        (balance for balance in found if balance.location_id == line.location_id),
        found[0] if len(found) == 1 else None,
    )
    if chosen:
        return chosen.location, chosen.status
    if change > 0 and not here:
        first = Movement.objects.filter(lot=line.lot, entry=line.entry).first()
        return line.location, first.destination_status if first else Status.QUARANTINE
    if location and status:
        return location, status
    raise ledger.BadInput(
        f"{line.lot.number} is at several places now, or at none with so much.",
        now="Say at which place and in which status the difference is.",
        fields={"location": "missing"},
    )
