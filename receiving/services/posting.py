"""The delivery becomes a receipt: once, whatever the network does, and however many press the button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.db import transaction

from receiving.models import Delivery, DeliveryLine, DeliveryState, DockRefusal, Receipt
from receiving.rights import RECEIVE
from receiving.services import numbers
from receiving.services.desk import Desk
from receiving.services.receiving import ReceivedLot, Truck, receive_delivery
from traceability import jobs, ledger, permits
from traceability.models import Job, Lot, search_key

if TYPE_CHECKING:
    from traceability.models import Person

AT_ONCE = 500  # lots; more are posted in the background, with progress
WRONG = {
    "is_cold": "not cold enough",
    "is_sealed": "seal broken or of another number",
    "is_clean": "not clean",
}

Told = Callable[[int, int, str], None]


class NotReady(ledger.Refusal):
    """Something must be answered first."""

    code: ClassVar[str] = "delivery_not_ready"


def blocked(desk: Desk) -> str:
    """What is missing before it can be posted, in words for the button; nothing if it can."""
    if not desk.lines:
        return "no lot yet"
    waiting = desk.delivery.steps.exceptions().count()
    if waiting:
        return f"{waiting} exception{'s' if waiting > 1 else ''} to settle"
    if desk.delivery.truck_passed is None and needs_truck_check(desk):
        return "truck check open"
    if name := in_hand(desk):
        return f"{name} is not added yet"
    return ""


def in_hand(desk: Desk) -> str:
    """The lot that this person began and neither added nor left: posting now would forget it."""
    hand = desk.hand
    name = hand.supplier_lot or (hand.serials[0] if hand.serials else "")
    item = desk.item_of(hand)
    if not name or item is None:
        return name
    if any(name in line.serials for line in desk.lines) or desk.lot_lines(item, search_key(name)):
        return ""
    return name


def needs_truck_check(desk: Desk) -> bool:
    return any(line.item.needs_truck_check for line in desk.lines)


def count_of(lines: list[DeliveryLine]) -> int:
    return sum(len(line.serials) or 1 for line in lines)


def post_delivery(
    *, delivery: Delivery, actor: Person, client: str, note: str = "", tell: Told | None = None
) -> Receipt:
    """Post what was taken in. Posted already: its receipt. `tell` hears how far it is. Refuses what is not ready."""
    permits.require(actor, RECEIVE, to="receive a delivery")
    for attempt in (1, 2):
        try:
            return _post(delivery, actor, client, note, tell)
        except ledger.LotNumberTaken:
            # The same supplier lot came on another truck and was posted first: ours gets the next number.
            if attempt == 2:
                raise
            _number_anew(delivery)
    raise AssertionError


@transaction.atomic
def post_later(*, delivery: Delivery, actor: Person, client: str, note: str = "") -> Job:
    """Ask for the posting of many lots. Until it is done the delivery takes nothing more."""
    permits.require(actor, RECEIVE, to="receive a delivery")
    found = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if found.posting_job and found.posting_job.state not in ("failed", "cancelled"):
        return found.posting_job
    desk = Desk(found, actor)
    _require_ready(desk)
    count = count_of(desk.lines)
    attempt = 1 if found.posting_job is None else found.posting_job.pk
    job = jobs.ask(
        kind="receiving.post_delivery", title=f"Post {desk.title}: {count:,} lots", params={"delivery": found.pk, "client": client, "note": note},
        right=RECEIVE, actor=actor, client=client, key=f"{found.key}/job/{attempt}",
    )  # fmt: skip
    found.posting_job = job
    found.save(update_fields=["posting_job", "changed_at"])
    return job


@transaction.atomic
def _post(delivery: Delivery, actor: Person, client: str, note: str, tell: Told | None) -> Receipt:
    found = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("supplier", "site", "receipt")
        .get(pk=delivery.pk)
    )
    if found.receipt:
        return found.receipt
    if found.state != DeliveryState.OPEN:
        raise NotReady("This delivery was given up.", now="Open the order again.")
    desk = Desk(found, actor)
    _require_ready(desk)
    count = count_of(desk.lines)
    if tell:
        tell(0, count, "lots")
    approved = [line for line in desk.lines if line.approved_by]
    receipt = receive_delivery(
        lines=list(_received(desk.lines)), order=desk.orders[0] if desk.orders else None, also=desk.orders[1:], supplier=found.supplier, site=found.site,
        truck=truck_of(found), second_person=approved[0].approved_by if approved else None, reason="; ".join(dict.fromkeys(line.approval_reason for line in approved)),
        note=note or found.note, actor=actor, client=client, key=found.key, tell=tell,
    )  # fmt: skip
    DockRefusal.objects.filter(delivery=found).update(receipt=receipt)
    found.state, found.receipt, found.note = DeliveryState.POSTED, receipt, note or found.note
    found.save(update_fields=["state", "receipt", "note", "changed_at"])
    return receipt


def truck_of(delivery: Delivery) -> Truck:
    wrong = [words for name, words in WRONG.items() if getattr(delivery, name) is False]
    return Truck(
        passed=delivery.truck_passed, temperature=delivery.temperature, temperature_unit=delivery.temperature_unit, seal=delivery.seal, carrier=delivery.carrier,
        trailer=delivery.trailer, delivery_note=delivery.delivery_note, wrong="; ".join([*wrong, *filter(None, [delivery.truck_note])])[:200],
    )  # fmt: skip


def _require_ready(desk: Desk) -> None:
    why = blocked(desk)
    if why:
        raise NotReady(
            "Nothing was posted.",
            f"{why[0].upper()}{why[1:]}.",
            "Finish it first, then post.",
            fields={"missing": why},
        )


def _received(lines: list[DeliveryLine]) -> Iterator[ReceivedLot]:
    """One lot a line; a lot for each serial."""
    for line in lines:
        one = ReceivedLot(
            item=line.item, quantity=line.quantity, unit=line.unit, supplier_lot=line.supplier_lot, lot_number=line.lot_number or None, pieces=line.pieces,
            made_on=line.made_on, expires_on=line.expires_on, location=line.location, evidence=line.evidence, order_line=line.order_line,
            code_source=line.code_source, has_certificate=line.has_certificate, attributes=line.attributes,
        )  # fmt: skip
        if not line.serials:
            yield one
        for serial in line.serials:
            yield replace(one, quantity=Decimal(1), supplier_lot=serial, lot_number=serial, pieces=None)


@transaction.atomic
def _number_anew(delivery: Delivery) -> None:
    for line in (
        DeliveryLine.objects.standing()
        .filter(delivery=delivery)
        .exclude(lot_number="")
        .select_related("item", "delivery__site")
    ):
        if Lot.objects.filter(item=line.item, number=line.lot_number).exists():
            line.lot_number = numbers.allot(
                line.item, line.supplier_lot, Desk(line.delivery, line.added_by).today
            )
            line.save(update_fields=["lot_number", "changed_at"])
