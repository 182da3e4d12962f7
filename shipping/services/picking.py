"""Choose lots for a shipment: the right item, usable, free, and with enough life left for this customer."""

from __future__ import annotations

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
from traceability.models import EntryKind, Evidence, Location, LocationKind, Lot

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
    ledger.unreserve(document=paper.number, lot=line.lot)
    # A promise is for the document and lot; what other lines still want of the same lot is promised again.
    others = [other for other in lines_of(paper) if other.lot_id == line.lot_id]
    if others:
        customers = Location.objects.select_related("site").get(
            site=paper.site_id, kind=LocationKind.CUSTOMER
        )
        moves = [
            Move(lot=other.lot, quantity=other.quantity, origin=other.location, destination=customers)
            for other in others
        ]
        ledger.reserve(moves=moves, document=paper.number, actor=actor, now=timezone.now())
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
    staged = {line.lot_id for line in lines}
    for lot in {line.lot for line in lines}:
        ledger.unreserve(document=paper.number, lot=lot)
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
    # The lots and both places are locked by the transfer, so promising them here waits for nobody.
    promises = [
        Move(lot=line.lot, quantity=line.quantity, origin=line.location, destination=customers)
        for line in lines_of(paper)
        if line.lot_id in staged
    ]
    ledger.reserve(moves=promises, document=paper.number, actor=actor, now=recorded_at or timezone.now())
    return paper


def check_life(lot: Lot, shipment: Shipment, today: date) -> None:
    """The remaining life that this customer asks for."""
    asked = shipment.customer.minimum_life_days
    if asked is None or lot.expires_on is None:
        return
    left = (lot.expires_on - today).days
    if left < asked:
        raise TooLittleLife(lot=lot, left=left, asked=asked, customer=shipment.customer)


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
