"""What is picked leaves: one entry for the whole shipment; a hold placed meanwhile wins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from shipping.models import OrderStatus, Shipment, ShipmentLine, ShipmentStatus
from shipping.services.picking import ShipmentLeft, check_life, check_promises, lines_of
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Evidence, Location, LocationKind, Lot, Status

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site


class NothingPicked(ledger.Refusal):
    code: ClassVar[str] = "nothing_picked"


@dataclass(slots=True, kw_only=True)
class Shipped:
    """A quantity that has left already."""

    lot: Lot
    quantity: Decimal
    location: Location
    unit: str = ""
    status: str = Status.RELEASED
    evidence: str = Evidence.TYPED


@transaction.atomic
def ship(
    *,
    shipment: Shipment,
    actor: Person,
    client: str,
    key: str,
    seal: str = "",
    carrier: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Shipment:
    """Let a shipment go: one entry with all that is picked, under its number, to its customer.

    Every lot is checked again under its lock: LotOnHold, LotExpired, PromiseBroken and TooLittleLife refuse the whole shipment.
    """
    permits.require(actor, "shipping.ship", to="ship")
    claim = ledger.claim(
        client=client, key=key, sent={"verb": "ship", "shipment": shipment.pk, "occurred_at": occurred_at}
    )
    if claim.earlier:
        return Shipment.objects.get(number=claim.earlier.document)
    paper = (
        Shipment.objects.select_for_update(of=("self",))
        .select_related("site", "customer", "order")
        .get(pk=shipment.pk)
    )
    if paper.status != ShipmentStatus.PICKING:
        raise ShipmentLeft(paper)
    lines = lines_of(paper)
    if not lines:
        raise NothingPicked(
            f"Nothing is picked for {paper.number}.",
            now="Pick at least one lot.",
            fields={"shipment": paper.number},
        )
    customers = Location.objects.select_related("site").get(site=paper.site_id, kind=LocationKind.CUSTOMER)
    check_promises(paper, lines)
    today = (occurred_at or recorded_at or timezone.now()).astimezone(paper.site.zone).date()
    for line in lines:
        check_life(line.lot, paper, today)
    entry = ledger.post(
        EntryKind.SHIPMENT, actor=actor, client=client, key=key, claim=claim, document=paper.number, party=paper.customer, site=paper.site,
        moves=[Move(lot=line.lot, quantity=line.quantity, origin=line.location, destination=customers, evidence=line.evidence) for line in lines],
        occurred_at=occurred_at, recorded_at=recorded_at, payload={"order": paper.order.number} if paper.order else {},
    )  # fmt: skip
    _has_left(paper, entry, actor, [line.pk for line in lines])
    paper.seal, paper.carrier = seal or paper.seal, carrier or paper.carrier
    paper.save(update_fields=["status", "shipped_by", "shipped_at", "seal", "carrier"])
    return paper


@transaction.atomic
def ship_after_the_fact(
    *,
    customer: Party,
    site: Site,
    lines: Sequence[Shipped],
    reason: str,
    second_person: Person,
    actor: Person,
    client: str,
    key: str,
    number: str = "",
    carrier: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Shipment:
    """Write down what has left already, even if it is held, undecided, rejected or expired by now: a gate stops an act, never the record.

    Needs a reason and a second person with the right to confirm; the entry is marked for everybody to see.
    """
    permits.require(actor, "shipping.ship", to="record a shipment")
    claim = ledger.claim(
        client=client, key=key,
        sent={
            "verb": "ship_after_the_fact", "customer": customer.code, "site": site.pk, "number": number, "reason": reason, "second": second_person.pk,
            "occurred_at": occurred_at, "lines": [[x.lot.pk, x.quantity, x.unit, x.location.pk, x.status, x.evidence] for x in lines],
        },
    )  # fmt: skip
    if claim.earlier:
        return Shipment.objects.get(number=claim.earlier.document)
    permits.require(second_person, "traceability.confirm", to="confirm a record after the fact")
    if not lines:
        raise NothingPicked(
            "A shipment without a line took nothing along.",
            now="Say which lots left.",
            fields={"lines": "empty"},
        )
    if not customer.is_customer:
        raise ledger.BadInput(
            f"{customer} is not a customer.", now="Choose a customer.", fields={"customer": customer.code}
        )
    number = number or numbering.next_number("SH-", digits=4)
    if Shipment.objects.filter(number=number).exists():
        raise _number_taken(number)
    customers = Location.objects.select_related("site").get(site=site, kind=LocationKind.CUSTOMER)
    amounts = [units.to_base(line.lot.item, line.quantity, line.unit, lot=line.lot) for line in lines]
    entry = ledger.post(
        EntryKind.SHIPMENT, actor=actor, client=client, key=key, claim=claim, document=number, party=customer, site=site, after_the_fact=True,
        second_person=second_person, reason=reason, occurred_at=occurred_at, recorded_at=recorded_at,
        moves=[
            Move(
                lot=line.lot, quantity=amount, origin=line.location, origin_status=line.status, destination=customers, evidence=line.evidence,
                entered_quantity=line.quantity, entered_unit=line.unit or line.lot.item.unit,
            )
            for line, amount in zip(lines, amounts, strict=True)
        ],
    )  # fmt: skip
    try:
        with transaction.atomic():
            paper = Shipment.objects.create(
                number=number, customer=customer, site=site, carrier=carrier, started_by=actor, started_at=entry.occurred_at, shipped_by=actor,
                shipped_at=entry.occurred_at, status=ShipmentStatus.SHIPPED, is_after_the_fact=True, client=client, key=key, fingerprint=b"\x00" * 32,
            )  # fmt: skip
    except IntegrityError:  # Somebody took the number just now.
        raise _number_taken(number) from None
    ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=paper, position=position, lot=line.lot, quantity=amount, location=line.location, evidence=line.evidence, picked_by=actor,
            picked_at=entry.occurred_at, entry=entry, client=client, key=f"{key[:190]}/{position}", fingerprint=b"\x00" * 32,
        )
        for position, (line, amount) in enumerate(zip(lines, amounts, strict=True), start=1)
    )  # fmt: skip
    return paper


def _number_taken(number: str) -> ledger.BadInput:
    return ledger.BadInput(
        f"There is a shipment {number} already.", now="Use another number.", fields={"number": number}
    )


def _has_left(paper: Shipment, entry: Entry, actor: Person, lines: Sequence[int]) -> None:
    paper.status, paper.shipped_by, paper.shipped_at = ShipmentStatus.SHIPPED, actor, entry.occurred_at
    ShipmentLine.objects.filter(pk__in=lines).update(entry=entry)
    order = paper.order
    if order is None:
        return
    sent: dict[int, Decimal] = defaultdict(Decimal)
    for item_id, quantity in ShipmentLine.objects.filter(
        shipment__order=order, entry__isnull=False
    ).values_list("lot__item_id", "quantity"):
        sent[item_id] += quantity
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for line in order.lines.select_related("item"):
        wanted[line.item_id] += units.to_base(line.item, line.quantity, line.unit)
    if all(sent[item_id] >= quantity for item_id, quantity in wanted.items()):
        order.status = OrderStatus.SHIPPED
        order.save(update_fields=["status"])
