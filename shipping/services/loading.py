"""To the dock and onto the truck: what is picked is brought together, and each line goes on by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from shipping.models import Shipment, ShipmentLine
from shipping.services.checks import being_picked, check_promises, lines_of, write_step
from traceability import ledger, permits
from traceability.ledger import Move
from traceability.models import (
    Balance,
    EntryKind,
    Hold,
    Location,
    LocationKind,
    Status,
)

if TYPE_CHECKING:
    from traceability.models import Person


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
    paper = being_picked(shipment)
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
                lot=line.lot, quantity=line.quantity, origin=line.location, origin_container=line.container, destination=customers,
                origin_status=Status.RELEASED,
            )
            for line in lines
        ],
        document=paper.number,
        now=recorded_at or timezone.now(),
    )  # fmt: skip
    whole = _picked_whole(lines)
    moves = [
        Move(
            lot=line.lot,
            quantity=line.quantity,
            origin=line.location,
            origin_container=line.container,
            destination=location,
            destination_container=line.container if line.container_id in whole else None,
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
    # What is taken from a pallet that stays behind stands loose on the dock.
    ShipmentLine.objects.filter(pk__in=[line.pk for line in lines]).exclude(container__in=whole).update(
        container=None
    )
    return paper


def _picked_whole(lines: Sequence[ShipmentLine]) -> set[int]:
    """Containers of which everything is picked: they go along as they are."""
    taken: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.container_id:
            taken[line.container_id] += line.quantity
    there = (
        Balance.objects.filter(container__in=taken, quantity__gt=0)
        .values_list("container")
        .annotate(Sum("quantity"))
        .order_by()
    )
    return {container for container, quantity in there if taken[container] == quantity}


@transaction.atomic
def load(
    *, line: ShipmentLine, actor: Person, client: str, key: str, occurred_at: datetime | None = None
) -> ShipmentLine:
    """It is on the truck now. What is held or not promised any more does not go on."""
    permits.require(actor, "shipping.pick", to="load a truck")
    paper = being_picked(line.shipment)
    line = ShipmentLine.objects.select_related("lot__item", "location__site", "shipment", "container").get(
        pk=line.pk
    )
    if line.is_taken_out:
        raise ledger.Refusal(
            f"{line.lot.number} was taken off {paper.number}.",
            now="Pick it again.",
            fields={"line": line.position},
        )
    if line.loaded_at:
        return line
    holds = list(Hold.objects.standing().filter(lot=line.lot_id).order_by("pk"))
    if holds:
        raise ledger.LotOnHold(lot=line.lot, holds=holds)
    check_promises(paper, [line])
    line.loaded_by, line.loaded_at = actor, occurred_at or timezone.now()
    line.save(update_fields=["loaded_by", "loaded_at"])
    write_step(line, "load", actor, client, key)
    return line


@transaction.atomic
def unload(*, line: ShipmentLine, actor: Person, client: str, key: str) -> ShipmentLine:
    """It came off the truck again, and stays picked."""
    permits.require(actor, "shipping.pick", to="unload a truck")
    being_picked(line.shipment)
    line = ShipmentLine.objects.select_related("lot__item", "shipment").get(pk=line.pk)
    if line.loaded_at:
        line.loaded_by = line.loaded_at = None
        line.save(update_fields=["loaded_by", "loaded_at"])
        write_step(line, "unload", actor, client, key)
    return line
