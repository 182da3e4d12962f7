"""Taking a delivery in, scan by scan: what is certain is added at once, what is not is asked. Every step is kept before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.utils import timezone

from receiving.models import Delivery, DeliveryLine, DeliveryState, DeliveryStep, DockRefusal
from receiving.rights import RECEIVE
from receiving.services import deciding, finishing
from receiving.services.desk import Desk
from receiving.services.hand import Hand, answer_from
from traceability import ledger, permits, scanning
from traceability.models import Scan, search_key
from traceability.scanning import Answer, Tone
from traceability.scanning.keeping import escaped

if TYPE_CHECKING:
    from traceability.models import Person


class DeliveryClosed(ledger.Refusal):
    """It was posted, or given up, meanwhile."""

    code: ClassVar[str] = "delivery_closed"


def desk_of(delivery: Delivery, actor: Person) -> Desk:
    """The delivery, locked until the step is done: two receivers at one truck take turns. Raises DeliveryClosed."""
    permits.require(actor, RECEIVE, to="receive a delivery")
    found = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("supplier", "site", "receipt")
        .get(pk=delivery.pk)
    )
    if found.state != DeliveryState.OPEN or found.posting_job_id:
        paper = (
            f"It is receipt {found.receipt}."
            if found.receipt
            else "It is being posted."
            if found.posting_job_id
            else "It was given up."
        )
        raise DeliveryClosed(
            f"The delivery of {found.supplier} is closed.", paper, "Open the order again to receive more."
        )
    found.version += 1
    found.save(update_fields=["version", "changed_at"])
    desk = Desk(found, actor)
    # Whoever shows the page next needs not read all of it again.
    delivery.desk = desk  # type: ignore[attr-defined]
    return desk


@transaction.atomic
def take(
    *,
    delivery: Delivery,
    text: str,
    actor: Person,
    client: str,
    key: str,
    is_typed: bool = False,
    device: str = "",
    scanned_at: datetime | None = None,
) -> Answer:
    """One scan. `scanned_at` says that it waited on a device without connection: it may add, but not ask; what would ask becomes an exception.

    The same key gets the same answer and changes nothing.
    """
    if earlier := _earlier(delivery, key):
        return earlier
    desk = desk_of(delivery, actor)
    if earlier := _earlier(delivery, key):
        return earlier  # It came twice at the same moment.
    sender = scanning.Sender(
        person=actor,
        client=client,
        key=key,
        device=device,
        context="receiving",
        document=desk.title[:40],
        is_typed=is_typed,
    )
    before = desk.hand
    reading = scanning.read(text)
    try:
        with transaction.atomic():
            decision, answer, line = deciding.decide(
                desk, reading, key=key, is_typed=is_typed, is_late=scanned_at is not None
            )
    except ledger.Refusal as refusal:
        desk.is_stale = True
        decision, answer, line = Scan.Decision.REFUSED, as_answer(refusal), None
    answer = _told_of_left(desk, before, answer, line)
    is_open = answer.tone in (Tone.ASK, Tone.STOP) or decision == Scan.Decision.TAKEN
    is_exception = scanned_at is not None and line is None and is_open
    if is_exception:
        desk.hold(before)
    scanning.keep(reading, sender=sender, decision=decision, code=answer.code)
    _write(
        desk,
        key=key,
        text=escaped(reading.text)[:600],
        answer=answer,
        line=line,
        is_exception=is_exception,
        scanned_at=scanned_at,
    )
    return answer


@transaction.atomic
def fill(*, delivery: Delivery, given: Mapping[str, Any], actor: Person, key: str) -> Answer:
    """The form of the lot in hand. `given` holds values that are valid one by one; what they mean together is judged here."""
    if earlier := _earlier(delivery, key):
        return earlier
    desk = desk_of(delivery, actor)
    hand = desk.hand
    for name, value in given.items():
        if name == "attributes" and value != hand.attributes:
            hand.answers.pop("R20", None)
        if name == "supplier_lot" and value != hand.supplier_lot:
            hand.evidence, hand.label = "typed", ""
        setattr(hand, name, value)
    hand.asked, hand.typed = None, {}
    answer, line = finishing.settle(desk, hand, key=key)
    _write(desk, key=key, answer=answer, line=line)
    return answer


@transaction.atomic
def answer(
    *,
    delivery: Delivery,
    choice: str,
    value: str,
    actor: Person,
    key: str,
    reason: str = "",
    lead: Person | None = None,
) -> Answer:
    """A button below a question, or the lead's approval (R03). What does not belong to the question that stands is told so."""
    if earlier := _earlier(delivery, key):
        return earlier
    desk = desk_of(delivery, actor)
    said, line = finishing.answered(desk, choice, value, key=key, reason=reason, lead=lead)
    _write(desk, key=key, answer=said, line=line)
    return said


@transaction.atomic
def undo(*, delivery: Delivery, actor: Person, key: str) -> Answer:
    """Take off what was added last: a pallet of a line, or the line."""
    if earlier := _earlier(delivery, key):
        return earlier
    desk = desk_of(delivery, actor)
    line = desk.delivery.lines.standing().select_related("item").order_by("-changed_at", "-position").first()
    if line is None:
        said = Answer(code="", tone=Tone.INFO, what="There is nothing to undo.")
    else:
        said = finishing.take_off_last(desk, line)
    _write(desk, key=key, answer=said, line=line)
    return said


@transaction.atomic
def take_off(*, delivery: Delivery, line_id: int, actor: Person, key: str) -> Answer:
    """Take one line off. It goes back into the hand, to be corrected."""
    if earlier := _earlier(delivery, key):
        return earlier
    desk = desk_of(delivery, actor)
    line = next((row for row in desk.lines if row.pk == line_id), None)
    if line is None:
        return Answer(code="", tone=Tone.INFO, what="That lot was taken off already.")
    _remove(line)
    desk.forget()
    desk.hold(
        Hand(
            item=line.item_id, order_line=line.order_line_id, location=line.location_id, supplier_lot=line.supplier_lot, quantity=line.quantity, unit=line.unit,
            pieces=line.pieces, made_on=line.made_on, expires_on=line.expires_on, is_undated=line.is_undated, has_certificate=line.has_certificate,
            evidence=line.evidence, serials=line.serials, attributes=line.attributes, answers={"R01": "kept", "R08": "kept"},
        )
    )  # fmt: skip
    said = Answer(
        code="",
        tone=Tone.INFO,
        what=f"`{line}` was taken off.",
        now="It is in hand: change it and add it again, or go on with another.",
    )
    _write(desk, key=key, answer=said, line=line)
    return said


@transaction.atomic
def refuse_at_the_dock(
    *,
    delivery: Delivery,
    item_id: int,
    quantity: Decimal,
    unit: str,
    reason: str,
    actor: Person,
    supplier_lot: str = "",
) -> DockRefusal:
    """What goes back on the same truck. It never was ours: the receipt tells of it, the ledger does not."""
    desk = desk_of(delivery, actor)
    hand = Hand(item=item_id)
    item = desk.item_of(hand)
    if item is None:
        raise ledger.BadInput("Which item is refused?", now="Choose it.", fields={"item": "missing"})
    return finishing.refuse(
        desk, item, quantity=quantity, unit=unit, supplier_lot=supplier_lot, reason=reason
    )


@transaction.atomic
def settle_exception(*, step: DeliveryStep, actor: Person) -> None:
    """Somebody looked at what waited in the tray: it was scanned again, or it is not needed."""
    desk_of(step.delivery, actor)
    DeliveryStep.objects.filter(pk=step.pk, settled_at__isnull=True).update(
        settled_at=timezone.now(), settled_by=actor
    )


def as_answer(refusal: ledger.Refusal) -> Answer:
    return Answer(
        code="R00",
        tone=Tone.STOP,
        what=refusal.what,
        why=refusal.why,
        now=refusal.now,
        facts={"refusal": refusal.code},
    )


def _told_of_left(desk: Desk, before: Hand, answer: Answer, line: DeliveryLine | None) -> Answer:
    """A lot that was in hand, and is neither added nor in hand any more, is not forgotten in silence."""
    name = before.supplier_lot
    item = desk.item_of(before)
    if not name or item is None or desk.hand.supplier_lot == name or (line and line.supplier_lot == name):
        return answer
    if desk.lot_lines(item, search_key(name)) or (before.asked and before.asked.code == "R02"):
        return answer
    told = replace(answer, why=f"{answer.why} `{name}` was left and is **not added**.".strip())
    if desk.hand.asked == answer:
        desk.hand.asked = told
        desk.hold(desk.hand)
    return told


def _remove(line: DeliveryLine) -> None:
    line.removed_at = timezone.now()
    line.save(update_fields=["removed_at", "changed_at"])


def _earlier(delivery: Delivery, key: str) -> Answer | None:
    step = DeliveryStep.objects.filter(delivery=delivery, key=key).first()
    return answer_from(step.said) if step else None


def _write(
    desk: Desk,
    *,
    key: str,
    answer: Answer,
    line: DeliveryLine | None,
    text: str = "",
    is_exception: bool = False,
    scanned_at: datetime | None = None,
) -> None:
    DeliveryStep.objects.create(
        delivery=desk.delivery, key=key, person=desk.person, text=text, code=answer.code, tone=answer.tone, said=asdict(answer), line=line,
        is_exception=is_exception, scanned_at=scanned_at,
    )  # fmt: skip
