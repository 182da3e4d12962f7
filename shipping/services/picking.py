"""Choose lots for a shipment: the right item, usable, free, and with enough life left for this customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from shipping.models import Shipment, ShipmentLine, ShipmentStatus
from traceability import ledger, permits, units
from traceability.keyed import once
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Evidence, Location, LocationKind, Lot, Reservation, Status

if TYPE_CHECKING:
    from traceability.models import Person


class TooLittleLife(ledger.Refusal):
    code: ClassVar[str] = "too_little_life"

    def __init__(self, *, lot: Lot, left: int, asked: int, customer: Any):
        super().__init__(
            f"Lot {lot.number} expires on {lot.expires_on:%Y-%m-%d}, in {left} days.", f"{customer} asks for {asked} days.", "Take a younger lot.",
            fields={"lot": lot.number, "days_left": left, "days_asked": asked}, lots=[lot.pk],
        )  # fmt: skip


class NotOnOrder(ledger.Refusal):
    code: ClassVar[str] = "not_on_order"


class ShipmentLeft(ledger.Refusal):
    code: ClassVar[str] = "shipment_left"

    def __init__(self, shipment: Shipment):
        super().__init__(
            f"{shipment.number} has left.",
            now="Start another shipment, or record a return.",
            fields={"shipment": shipment.number},
        )


class PromiseBroken(ledger.Refusal):
    """What was picked is not promised any more: a hold, a count or a recorded fact came in between."""

    code: ClassVar[str] = "promise_broken"

    def __init__(self, *, lot: Lot, entry: Entry | None):
        why = (
            f"Entry {entry.seq} ({entry.get_kind_display().lower()}{f', {entry.document}' if entry.document else ''}) took the promise away."
            if entry
            else ""
        )
        super().__init__(
            f"Lot {lot.number} was picked, but is not promised to this shipment any more.", why, "Take it off the shipment and pick another lot.",
            fields={"lot": lot.number, "entry": entry.seq if entry else None}, lots=[lot.pk],
        )  # fmt: skip


@transaction.atomic
def pick(
    *,
    shipment: Shipment,
    lot: Lot,
    quantity: Decimal,
    location: Location,
    actor: Person,
    client: str,
    key: str,
    unit: str = "",
    evidence: str = Evidence.TYPED,
    occurred_at: datetime | None = None,
) -> ShipmentLine:
    """Choose a quantity of a lot for a shipment and promise it to it. Nothing moves; a hold placed later breaks the promise.

    Raises the ledger's refusals for a lot that is held, expired, undecided, not there or promised to others; NotOnOrder for
    another item or more than was ordered; TooLittleLife when the customer asks for more days than the lot has.
    """
    permits.require(actor, "shipping.pick", to="pick")
    sent = {
        "shipment": shipment.pk,
        "lot": lot.pk,
        "quantity": quantity,
        "unit": unit,
        "location": location.pk,
    }

    def make(keys: dict[str, Any]) -> ShipmentLine:
        paper = _picking(shipment)
        amount = units.to_base(lot.item, quantity, unit, lot=lot)
        _check_order(paper, lot, amount)
        now = occurred_at or timezone.now()
        check_life(lot, paper, now.astimezone(paper.site.zone).date())
        customers = Location.objects.select_related("site").get(
            site=paper.site_id, kind=LocationKind.CUSTOMER
        )
        ledger.reserve(
            moves=[Move(lot=lot, quantity=amount, origin=location, destination=customers)],
            document=paper.number,
            actor=actor,
            now=now,
        )
        last = paper.lines.aggregate(last=Max("position"))["last"] or 0
        return ShipmentLine.objects.create(
            shipment=paper,
            position=last + 1,
            lot=lot,
            quantity=amount,
            location=location,
            evidence=evidence,
            picked_by=actor,
            picked_at=now,
            **keys,
        )

    return once(ShipmentLine, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def unpick(*, line: ShipmentLine, actor: Person, client: str, key: str) -> ShipmentLine:
    """Put a picked lot back: its promise is given up. A line that was put back stays, marked."""
    permits.require(actor, "shipping.pick", to="put a pick back")
    paper = _picking(line.shipment)
    line = ShipmentLine.objects.select_related("lot__item", "location__site", "shipment__site").get(
        pk=line.pk
    )
    if line.is_taken_out:
        return line
    ShipmentLine.objects.filter(pk=line.pk).update(is_taken_out=True)
    line.is_taken_out = True
    # A promise is for the document, lot and place; what other lines still want of it stays promised.
    wanted = [
        other.quantity
        for other in lines_of(paper)
        if (other.lot_id, other.location_id) == (line.lot_id, line.location_id)
    ]
    ledger.unreserve(
        document=paper.number, lot=line.lot, location=line.location, keep=sum(wanted, Decimal(0))
    )
    return line


@transaction.atomic
def stage(
    *,
    shipment: Shipment,
    location: Location,
    actor: Person,
    client: str,
    key: str,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Shipment:
    """Bring all that is picked to a place such as the shipping dock, in one transfer; the promises go along."""
    permits.require(actor, "shipping.pick", to="stage a shipment")
    claim = ledger.claim(
        client=client, key=key, sent={"verb": "stage", "shipment": shipment.pk, "location": location.pk}
    )
    if claim.earlier:
        return Shipment.objects.get(number=claim.earlier.document)
    paper = _picking(shipment)
    lines = [line for line in lines_of(paper) if line.location_id != location.pk]
    if not lines:
        raise ledger.BadInput(
            f"Everything picked for {paper.number} is at {location} already.",
            now="Pick something, or ship it.",
            fields={"shipment": paper.number},
        )
    customers = Location.objects.select_related("site").get(site=paper.site_id, kind=LocationKind.CUSTOMER)
    check_promises(paper, lines)
    # Asked before the lots are locked: what is held meanwhile may stand on the dock, and the door stops the shipment.
    ledger.check_usable(
        EntryKind.SHIPMENT,
        [
            Move(
                lot=line.lot, quantity=line.quantity, origin=line.location, destination=customers, origin_status=Status.RELEASED
            )
            for line in lines
        ],
        document=paper.number,
        now=recorded_at or timezone.now(),
    )  # fmt: skip
    moves = [
        Move(
            lot=line.lot,
            quantity=line.quantity,
            origin=line.location,
            destination=location,
            evidence=line.evidence,
        )
        for line in lines
    ]
    ledger.post(
        EntryKind.TRANSFER,
        actor=actor,
        client=client,
        key=key,
        claim=claim,
        moves=moves,
        document=paper.number,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
    )
    ShipmentLine.objects.filter(pk__in=[line.pk for line in lines]).update(location=location)
    return paper


def check_life(lot: Lot, shipment: Shipment, today: date) -> None:
    """The remaining life that this customer asks for."""
    asked = shipment.customer.minimum_life_days
    if asked is None or lot.expires_on is None:
        return
    left = (lot.expires_on - today).days
    if left < asked:
        raise TooLittleLife(lot=lot, left=left, asked=asked, customer=shipment.customer)


def check_promises(paper: Shipment, lines: Sequence[ShipmentLine]) -> None:
    """A line whose promise was broken does not leave, even if the hold was lifted since: somebody has to look again.

    Read before the lots are locked; a hold that comes later still is found by the door, which reads it under the lock.
    """
    rows = list(
        Reservation.objects.filter(
            document=paper.number, lot__in=[line.lot_id for line in lines]
        ).select_related("broken_in")
    )
    promised: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.broken_in_id is None:
            promised[row.lot_id, row.location_id] += row.quantity
    wanted: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[line.lot_id, line.location_id] += line.quantity
    on_hold = set(
        Lot.objects.on_hold().filter(pk__in=[line.lot_id for line in lines]).values_list("pk", flat=True)
    )
    for line in lines:
        place = (line.lot_id, line.location_id)
        if (
            promised[place] < wanted[place] and line.lot_id not in on_hold
        ):  # The door says more about a lot on hold.
            broken = [row for row in rows if row.lot_id == line.lot_id and row.broken_in]
            raise PromiseBroken(lot=line.lot, entry=broken[-1].broken_in if broken else None)


def _picking(shipment: Shipment) -> Shipment:
    """The shipment, locked, so that it does not leave while somebody picks for it."""
    paper = (
        Shipment.objects.select_for_update(of=("self",))
        .select_related("site", "customer", "order")
        .get(pk=shipment.pk)
    )
    if paper.status != ShipmentStatus.PICKING:
        raise ShipmentLeft(paper)
    return paper


def lines_of(paper: Shipment) -> list[ShipmentLine]:
    rows = ShipmentLine.objects.filter(shipment=paper, is_taken_out=False).select_related(
        "lot__item", "location__site"
    )
    return list(rows.order_by("position"))


def _check_order(paper: Shipment, lot: Lot, amount: Decimal) -> None:
    """The right item is checked at the pick: it must be on the order, and not more than was ordered."""
    if paper.order is None:
        return
    wanted = [line for line in paper.order.lines.select_related("item") if line.item_id == lot.item_id]
    if not wanted:
        codes = ", ".join(sorted({line.item.code for line in paper.order.lines.select_related("item")}))
        raise NotOnOrder(
            f"{lot.item.code} is not on {paper.order.number}.", f"It asks for {codes}.", "Take a lot of an item that was ordered.",
            fields={"item": lot.item.code, "order": paper.order.number}, lots=[lot.pk],
        )  # fmt: skip
    ordered = sum((units.to_base(line.item, line.quantity, line.unit) for line in wanted), Decimal(0))
    rows = ShipmentLine.objects.filter(shipment__order=paper.order, lot__item=lot.item_id, is_taken_out=False)
    picked = sum(rows.values_list("quantity", flat=True), Decimal(0))
    if picked + amount > ordered:
        unit = lot.item.unit
        raise NotOnOrder(
            f"{paper.order.number} asks for {ledger.plain(ordered)} {unit} of {lot.item.code}; {ledger.plain(picked)} {unit} are picked already.",
            "", f"Pick {ledger.plain(max(ordered - picked, Decimal(0)))} {unit}, or change the order.",
            fields={"item": lot.item.code, "ordered": ledger.plain(ordered), "picked": ledger.plain(picked)}, lots=[lot.pk],
        )  # fmt: skip
