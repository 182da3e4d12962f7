"""What is picked leaves: one entry for the whole shipment; a hold placed meanwhile wins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from shipping.models import Order, OrderStatus, Shipment, ShipmentLine, ShipmentStatus
from shipping.services.beginning import TRUCK, check_truck
from shipping.services.checks import ShipmentLeft, check_life, check_promises, lines_of
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Evidence, Location, LocationKind, Lot, Status

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site


class NothingPicked(ledger.Refusal):
    code: ClassVar[str] = "nothing_picked"


class NotLoaded(ledger.Refusal):
    """Some of it is on the truck and some is not: somebody is still loading."""

    code: ClassVar[str] = "not_loaded"

    def __init__(self, *, shipment: Shipment, lines: Sequence[ShipmentLine]):
        numbers = ", ".join(dict.fromkeys(line.lot.number for line in lines[:4]))
        super().__init__(
            f"{numbers} is not on the truck yet.", "The rest of the shipment is.", "Load it, or take it off the shipment.",
            fields={"shipment": shipment.number, "lots": [line.lot.number for line in lines]},
        )  # fmt: skip


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
    truck: dict[str, Any] | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Shipment:
    """Let a shipment go: one entry with all that is picked, under its number, to its customer.

    Every lot is checked again under its lock: LotOnHold, LotExpired, PromiseBroken and TooLittleLife refuse the whole shipment;
    so does NotLoaded, where some of it is on the truck and some is not. `truck` has further facts of it (see beginning.TRUCK).
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
    behind = [line for line in lines if not line.loaded_at]
    if behind and len(behind) < len(lines):
        raise NotLoaded(shipment=paper, lines=behind)
    today = (occurred_at or recorded_at or timezone.now()).astimezone(paper.site.zone).date()
    by_order = _life_by_order(paper)
    for line in lines:
        check_life(line.lot, paper, today, by_order.get(line.lot.item_id))
    because = {line.lot.number: line.because for line in lines if line.because}
    entry = ledger.post(
        EntryKind.SHIPMENT, actor=actor, client=client, key=key, claim=claim, document=paper.number, party=paper.customer, site=paper.site,
        moves=[
            Move(lot=line.lot, quantity=line.quantity, origin=line.location, origin_container=line.container, destination=customers, evidence=line.evidence)
            for line in lines
        ],
        occurred_at=occurred_at, recorded_at=recorded_at,
        payload={**({"order": paper.order.number} if paper.order else {}), **({"because": because} if because else {})},
    )  # fmt: skip
    _has_left(paper, entry, actor, [line.pk for line in lines])
    facts = {
        name: value
        for name, value in {"seal": seal, "carrier": carrier, **(truck or {})}.items()
        if value not in ("", None)
    }
    check_truck(facts)
    for name, value in facts.items():
        setattr(paper, name, value)
    paper.save(update_fields=["status", "shipped_by", "shipped_at", *TRUCK])
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
    order: Order | None = None,
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
            "occurred_at": occurred_at, **({"order": order.number} if order else {}), "lines": [[x.lot.pk, x.quantity, x.unit, x.location.pk, x.status, x.evidence] for x in lines],
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
    if order is not None and order.customer_id != customer.pk:
        raise ledger.BadInput(
            f"{order.number} is for {order.customer}.",
            now="Choose an order of this customer.",
            fields={"order": order.number},
        )
    number = (
        ledger.check_code(number, field="number", limit=40)
        if number
        else numbering.next_number("SH-", digits=4)
    )
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
                number=number, order=order, customer=customer, site=site, carrier=carrier, started_by=actor, started_at=entry.occurred_at, shipped_by=actor,
                shipped_at=entry.occurred_at, status=ShipmentStatus.SHIPPED, is_after_the_fact=True, client=client, key=key, fingerprint=b"\x00" * 32,
            )  # fmt: skip
    except IntegrityError:  # Somebody took the number just now.
        raise _number_taken(number) from None
    ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=paper, position=position, lot=line.lot, quantity=amount, location=line.location, evidence=line.evidence, picked_by=actor,
            picked_at=entry.occurred_at, entry=entry, because=reason[:200], client=client, key=f"{key[:190]}/{position}", fingerprint=b"\x00" * 32,
        )
        for position, (line, amount) in enumerate(zip(lines, amounts, strict=True), start=1)
    )  # fmt: skip
    if order is not None:
        settle_order(order)
    return paper


def _number_taken(number: str) -> ledger.BadInput:
    return ledger.BadInput(
        f"There is a shipment {number} already.", now="Use another number.", fields={"number": number}
    )


def _has_left(paper: Shipment, entry: Entry, actor: Person, lines: Sequence[int]) -> None:
    paper.status, paper.shipped_by, paper.shipped_at = ShipmentStatus.SHIPPED, actor, entry.occurred_at
    ShipmentLine.objects.filter(pk__in=lines).update(entry=entry)
    if paper.order:
        settle_order(paper.order)


def settle_order(order: Order) -> None:
    """An open order of which everything has left is shipped."""
    if order.status != OrderStatus.OPEN:
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


def _life_by_order(paper: Shipment) -> dict[int, int]:
    """The days of life that the order's lines ask for, per item."""
    if paper.order is None:
        return {}
    rows = paper.order.lines.filter(minimum_life_days__isnull=False).values_list("item", "minimum_life_days")
    found: dict[int, int] = {}
    for item, days in rows:
        found[item] = max(days or 0, found.get(item, 0))
    return found
