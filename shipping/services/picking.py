"""Choose lots for a shipment, one by one or by the pallet, and put them back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from shipping.models import Shipment, ShipmentLine
from shipping.services.checks import being_picked, check_life, check_order, lines_of, place_of, write_step
from traceability import ledger, permits, units
from traceability.keyed import once
from traceability.ledger import Move
from traceability.models import (
    Balance,
    Container,
    Evidence,
    Location,
    LocationKind,
    Lot,
    Status,
)

if TYPE_CHECKING:
    from traceability.models import Person


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
    container: Container | None = None,
    evidence: str = Evidence.TYPED,
    because: str = "",
    occurred_at: datetime | None = None,
) -> ShipmentLine:
    """Choose a quantity of a lot for a shipment and promise it to it. Nothing moves; a hold placed later breaks the promise.

    Raises the ledger's refusals for a lot that is held, expired, undecided, not there or promised to others; NotOnOrder for
    another item; TooLittleLife when the customer asks for more days than the lot has. More than was ordered, and another lot
    than the customer asks for, is taken only with a reason (`because`).
    """
    permits.require(actor, "shipping.pick", to="pick")
    sent = {
        "shipment": shipment.pk,
        "lot": lot.pk,
        "quantity": quantity,
        "unit": unit,
        "location": location.pk,
    }
    sent |= {
        name: value
        for name, value in {"container": container and container.pk, "because": because}.items()
        if value
    }

    def make(keys: dict[str, Any]) -> ShipmentLine:
        paper = being_picked(shipment)
        amount = units.to_base(lot.item, quantity, unit, lot=lot)
        asked = check_order(paper, lot, amount, because)
        now = occurred_at or timezone.now()
        check_life(lot, paper, now.astimezone(paper.site.zone).date(), asked)
        customers = Location.objects.select_related("site").get(
            site=paper.site_id, kind=LocationKind.CUSTOMER
        )
        ledger.reserve(
            moves=[
                Move(
                    lot=lot,
                    quantity=amount,
                    origin=location,
                    origin_container=container,
                    destination=customers,
                )
            ],
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
            container=container,
            evidence=evidence,
            because=because,
            picked_by=actor,
            picked_at=now,
            **keys,
        )

    return once(ShipmentLine, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def pick_container(
    *,
    shipment: Shipment,
    container: Container,
    actor: Person,
    client: str,
    key: str,
    evidence: str = Evidence.SCANNED,
    because: str = "",
) -> list[ShipmentLine]:
    """A whole pallet or drum with all that is on it: a line for each lot, all or none."""
    permits.require(actor, "shipping.pick", to="pick")
    earlier = list(
        ShipmentLine.objects.filter(client=client, key__startswith=f"{key}/").select_related("lot__item")
    )
    if earlier:
        return earlier
    paper = being_picked(shipment)
    inside = (
        Balance.objects.filter(container=container, quantity__gt=0, location__site=paper.site_id)
        .select_related("lot__item", "location__site")
        .order_by("lot", "location", "status")
    )
    rows = list(inside)
    if not rows:
        raise ledger.BadInput(
            f"{container} is empty.",
            now="Scan another one, or pick by lot.",
            fields={"container": container.number},
        )
    unusable = next((row for row in rows if row.status != Status.RELEASED), None)
    if unusable:
        raise ledger.LotNotReleased(lot=unusable.lot, status=unusable.status)
    return [
        pick(
            shipment=paper, lot=row.lot, quantity=row.quantity, location=row.location, container=container, evidence=evidence,
            because=because, actor=actor, client=client, key=f"{key[:180]}/{row.pk}",
        )
        for row in rows
    ]  # fmt: skip


@transaction.atomic
def unpick(*, line: ShipmentLine, actor: Person, client: str, key: str) -> ShipmentLine:
    """Put a picked lot back: its promise is given up. A line that was put back stays, marked."""
    permits.require(actor, "shipping.pick", to="put a pick back")
    paper = being_picked(line.shipment)
    line = ShipmentLine.objects.select_related(
        "lot__item", "location__site", "shipment__site", "container"
    ).get(pk=line.pk)
    if line.is_taken_out:
        return line
    ShipmentLine.objects.filter(pk=line.pk).update(is_taken_out=True, loaded_at=None, loaded_by=None)
    line.is_taken_out, line.loaded_at = True, None
    write_step(line, "take_off", actor, client, key)
    # A promise is for the document, lot and place; what other lines still want of it stays promised.
    wanted = [other.quantity for other in lines_of(paper) if place_of(other) == place_of(line)]
    ledger.unreserve(
        document=paper.number,
        lot=line.lot,
        location=line.location,
        container=line.container,
        keep=sum(wanted, Decimal(0)),
    )
    return line
