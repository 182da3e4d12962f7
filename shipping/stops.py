"""What stops a shipment, line by line and in words. Nothing is locked here: the gate decides when it is posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.utils import timezone

from shipping.models import Shipment, ShipmentLine
from traceability.models import Hold, Requirement, Reservation


def stops_of(shipment: Shipment, lines: Sequence[ShipmentLine]) -> dict[int, str]:
    """Per line id, why it cannot leave. Three queries, whatever the number of lines."""
    lots = {line.lot_id for line in lines}
    if not lots:
        return {}
    holds: dict[int, Hold] = {}
    for hold in Hold.objects.standing().filter(lot__in=lots).order_by("pk"):
        holds.setdefault(hold.lot_id, hold)
    needed = dict(Requirement.objects.blocking().filter(lot__in=lots).values_list("lot", "what"))
    promised: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    broken: dict[int, Reservation] = {}
    for row in Reservation.objects.filter(document=shipment.number, lot__in=lots).select_related("broken_in"):
        if row.broken_in_id is None:
            promised[row.lot_id, row.location_id] += row.quantity
        else:
            broken[row.lot_id] = row
    wanted: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[line.lot_id, line.location_id] += line.quantity
    found = {}
    for line in lines:
        place = (line.lot_id, line.location_id)
        why = _life(shipment, line)
        if line.lot_id in holds:
            why = _hold(holds[line.lot_id])
        elif promised[place] < wanted[place]:
            why = _broken(broken.get(line.lot_id))
        elif line.lot_id in needed:
            why = f"Waits for: {needed[line.lot_id]}."
        if why:
            found[line.pk] = why
    return found


def _hold(hold: Hold) -> str:
    return f"On hold{f' under {hold.reference}' if hold.reference else ''}: {hold.reason.rstrip('.')}."


def _broken(row: Reservation | None) -> str:
    entry = row.broken_in if row else None
    if entry is None:
        return "Its promise was broken: it is not kept for this shipment any more."
    paper = f", {entry.document}" if entry.document else ""
    return f"Its promise was broken by entry {entry.seq} ({entry.get_kind_display().lower()}{paper})."


def _life(shipment: Shipment, line: ShipmentLine) -> str:
    expires_on = line.lot.expires_on
    if expires_on is None:
        return ""
    left = (expires_on - timezone.now().astimezone(shipment.site.zone).date()).days
    asked = shipment.customer.minimum_life_days
    if left < 0:
        return f"Expired on {expires_on}."
    if asked is not None and left < asked:
        return f"It expires in {left} days; the customer asks for {asked}."
    return ""
