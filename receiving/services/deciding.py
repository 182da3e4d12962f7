"""What one scan means for the delivery: a command, an answer, a place, an item, a paper, or a lot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.urls import reverse

from receiving.models import AnnouncedLot, DeliveryLine, PurchaseOrder
from receiving.services import finishing, questions
from receiving.services.hand import Hand
from receiving.services.serials import serials_of
from traceability.models import Evidence, Item, Lot, Scan, Tracking
from traceability.scanning import (
    Answer,
    Asked,
    Candidate,
    Choice,
    Command,
    Kind,
    Reading,
    Sort,
    Tone,
    resolve,
)

if TYPE_CHECKING:
    from receiving.services.desk import Desk

# What makes sense at the dock. A lot that nobody knows yet is what is received.
WANTED = frozenset({Kind.COMMAND, Kind.DOCUMENT, Kind.LOCATION, Kind.ITEM})
ANSWERS = {Command.NO_DATE: "not_on_label", Command.HOLD: "hold", Command.PLUS_ONE: "plus_one"}

Decided = tuple[str, Answer, DeliveryLine | None]


def decide(desk: Desk, reading: Reading, *, key: str, is_typed: bool, is_late: bool = False) -> Decided:
    """(what the log says, what is answered, the line that was added). A scan that waited without connection answers no question."""
    hand = desk.hand
    asked = None if is_late else hand.asked
    if asked and asked.confirm_with and _same(reading, asked.confirm_with):
        return (Scan.Decision.ONE, *_confirmed(desk, asked, key))
    if reading.command in ANSWERS and asked:
        return (
            Scan.Decision.ONE,
            *finishing.answered(
                desk, ANSWERS[reading.command], _value(asked, ANSWERS[reading.command]), key=key
            ),
        )
    if asked and is_typed and (choice := _by_number(asked, reading.code)):
        return (Scan.Decision.ONE, *finishing.answered(desk, choice.name, choice.value, key=key))
    if is_typed and not asked and (row := _row_by_number(desk, reading.code)):
        return (Scan.Decision.ONE, *finishing.answered(desk, "item", str(row), key=key))
    # Another code answers no question: what was asked about is left, and the code is taken for itself.
    hand = hand.next_of_the_same() if asked else hand
    if announced := _announced(desk, reading):
        return (
            Scan.Decision.ONE,
            *finishing.settle(desk, _from_notice(announced, reading, key, is_typed), key=key),
        )
    resolution = resolve(
        reading, Asked(person=desk.person, wants=WANTED, supplier=desk.supplier, sites=[desk.delivery.site])
    )
    if resolution.decision == Scan.Decision.REFUSED:
        return (Scan.Decision.REFUSED, *_refused(desk, hand, reading))
    found = resolution.one
    if (
        found is None
        and resolution.decision == Scan.Decision.SEVERAL
        and any(row.is_exact for row in resolution.candidates)
    ):
        return (Scan.Decision.SEVERAL, *_several(desk, hand, reading, resolution.candidates, is_typed))
    if found and not (found.kind == Kind.ITEM and reading.sort == Sort.GS1 and reading.identity):
        return (Scan.Decision.ONE, *_one(desk, hand, found, reading, is_typed))
    return _lot(desk, hand, reading, found, key=key, is_typed=is_typed)


def confirm(command: Command, desk: Desk) -> Answer:
    """A code never does anything by itself: it is scanned again, or the button is touched."""
    count = len(desk.lines)
    lots = f"{count} lot{'s' if count != 1 else ''}"
    what = f"Post {lots}?" if command == Command.POST else "Take the last one off?"
    return Answer(
        code="C01", tone=Tone.ASK, what=what, now="**Scan it again** to do it, or scan something else.", confirm_with=command.code,
        choices=(Choice(name="cancel", label="Leave it", icon="x"),),
    )  # fmt: skip


def _confirmed(desk: Desk, asked: Answer, key: str) -> tuple[Answer, DeliveryLine | None]:
    """The same code again: the first way out of the question, which its words name."""
    if asked.code == "C01":
        desk.hold(desk.hand.next_of_the_same())
        do = "post" if asked.confirm_with == Command.POST.code else "undo"
        return Answer(code="C02", tone=Tone.OK, what="", facts={"do": do}), None
    first = asked.choices[0]
    return finishing.answered(desk, first.name, first.value, key=key)


def _refused(desk: Desk, hand: Hand, reading: Reading) -> tuple[Answer, DeliveryLine | None]:
    """Shown as it was read. The item it names is taken; the lot is for a person to type, or for a better scanner."""
    assert reading.refusal is not None
    if reading.meant and reading.meant.gtin:
        items = [
            item
            for item in desk.ordered_items.values()
            if item.gtin == reading.meant.gtin or _theirs(desk, item) == reading.meant.gtin
        ]
        if len(items) == 1:
            hand = Hand(item=items[0].pk, location=hand.location)
    desk.hold(hand)
    if not reading.meant:
        return reading.refusal, None
    return replace(reading.refusal, facts={**reading.refusal.facts, "field": "supplier_lot"}), None


def _theirs(desk: Desk, item: Item) -> str:
    own = desk.terms.get(item.pk)
    return own.gtin if own else ""


def _several(
    desk: Desk, hand: Hand, reading: Reading, candidates: list[Candidate], is_typed: bool
) -> tuple[Answer, DeliveryLine | None]:
    """One of the items of this order is meant where only one of them is on it; else it is asked."""
    on_order = [row for row in candidates if row.kind == Kind.ITEM and row.record.pk in desk.ordered_items]
    if len(on_order) == 1 and all(row.kind == Kind.ITEM for row in candidates):
        return _one(desk, hand, on_order[0], reading, is_typed)
    items = [row.record for row in candidates if row.kind == Kind.ITEM]
    said = (
        questions.which_item(items, f"`{reading.code or reading.gtin}` can mean {len(items)} items.")
        if items
        else Answer(
            code="S03",
            tone=Tone.ASK,
            what=f"`{reading.code}` can mean several things.",
            now="Scan another code on the label.",
        )
    )
    return _ask(desk, hand, said), None


def _one(
    desk: Desk, hand: Hand, found: Candidate, reading: Reading, is_typed: bool
) -> tuple[Answer, DeliveryLine | None]:
    """Something that is known and is no lot."""
    if found.kind == Kind.COMMAND:
        return _command(desk, hand, found.record), None
    if found.kind == Kind.LOCATION:
        hand.location = found.record.pk
        desk.hold(hand)
        return Answer(code="", tone=Tone.OK, what=f"Place `{found.code}`."), None
    if found.kind == Kind.ITEM:
        return _item(desk, hand, found.record, reading)
    return _paper(desk, hand, found), None


def _command(desk: Desk, hand: Hand, command: Command) -> Answer:
    if command in (Command.POST, Command.UNDO):
        return _ask(desk, hand, confirm(command, desk))
    desk.hold(Hand(location=hand.location) if command == Command.NEXT else hand)
    words = {
        Command.NEXT: "Scan an item or a lot.",
        Command.CANCEL: "Left as it is.",
        Command.PRINT: "Labels are printed from the receipt.",
    }
    return Answer(
        code="", tone=Tone.INFO, what=words.get(command, "Nothing was asked that this could answer.")
    )


def _item(desk: Desk, hand: Hand, item: Item, reading: Reading) -> tuple[Answer, DeliveryLine | None]:
    """Choose the item; what is scanned next is a lot of it. A code without lot keeps what is already known of the lot in hand."""
    keeps_lot = hand.item is None and bool(hand.supplier_lot)
    chosen = hand if keeps_lot else Hand(location=hand.location)
    chosen.item, chosen.order_line = item.pk, None
    chosen.label = chosen.label or reading.text
    desk.learn(item)
    asked = questions.not_on_the_order(desk, chosen, item)
    if asked:
        return _ask(desk, chosen, asked), None
    if keeps_lot:
        return finishing.settle(desk, chosen, key=chosen.key)
    chosen.label = ""
    desk.hold(chosen)
    return Answer(code="", tone=Tone.OK, what=f"{item.name}.", now="Scan a lot of it."), None


def _paper(desk: Desk, hand: Hand, found: Candidate) -> Answer:
    """Another order of the same supplier can be received together; any other paper is not for here."""
    order = found.record
    if not isinstance(order, PurchaseOrder):
        desk.hold(hand)
        return Answer(
            code="R12",
            tone=Tone.INFO,
            what=f"`{found.code}` is a paper that is no order.",
            now="Scan a lot, an item or a place.",
        )
    if order in desk.orders:
        desk.hold(hand)
        return Answer(code="", tone=Tone.INFO, what=f"`{order.number}` is open here already.")
    if order.supplier_id != desk.supplier.pk or order.is_closed:
        why = "It is closed." if order.is_closed else f"It is an order to {order.supplier}."
        desk.hold(hand)
        return Answer(code="R12", tone=Tone.ASK, what=f"`{order.number}` does not belong to this delivery.", why=why, now="Post this delivery first, or open the other order.",
                      choices=(Choice(name="open", label=f"Open {order.number}", icon="package-import", value=reverse("receiving:order", args=[order.pk])),))  # fmt: skip
    return _ask(
        desk, hand,
        Answer(code="R06", tone=Tone.ASK, what=f"`{order.number}` is another order to {desk.supplier}.", now="**Scan again** to receive both together.", confirm_with=order.number,
               choices=(Choice(name="together", label=f"Receive {order.number} too", icon="plus", value=str(order.pk)), Choice(name="cancel", label="Leave it", icon="x"))),
    )  # fmt: skip


def _lot(
    desk: Desk, hand: Hand, reading: Reading, found: Candidate | None, *, key: str, is_typed: bool
) -> Decided:
    """A supplier's lot, with all that its label says, or a plain code that may be one."""
    evidence = Evidence.TYPED if is_typed else Evidence.SCANNED
    if reading.sort == Sort.GS1:
        if not reading.identity:
            return (
                Scan.Decision.UNKNOWN,
                _ask(
                    desk, hand, questions.unknown_code(reading.gtin or reading.content_gtin or reading.shown)
                ),
                None,
            )
        item_id = found.record.pk if found else None
        if found:
            desk.learn(found.record)
        elif reading.gtin or reading.content_gtin:
            # Its item number is nobody's here: the lot waits in hand for its item.
            desk.hold(_from_label(reading, None, hand, key, evidence))
            return (
                Scan.Decision.UNKNOWN,
                _ask(desk, desk.hand, questions.unknown_code(reading.gtin or reading.content_gtin)),
                None,
            )
        return (
            Scan.Decision.TAKEN,
            *finishing.settle(desk, _from_label(reading, item_id or hand.item, hand, key, evidence), key=key),
        )
    code = reading.code
    if reading.sort == Sort.OWN or _is_ours(code):
        return (Scan.Decision.ONE, *_ours(desk, hand, reading.identity))
    item = desk.item_of(hand) or _only_open(desk)
    taken = hand.next_of_the_same()
    taken.label, taken.evidence, taken.key = reading.text, evidence, key
    if item is None or questions.is_odd(desk, item, code):
        return Scan.Decision.UNKNOWN, _ask(desk, taken, questions.unknown_code(code)), None
    taken.item = item.pk
    _name(taken, item, code)
    return (Scan.Decision.TAKEN, *finishing.settle(desk, taken, key=key))


def _name(hand: Hand, item: Item, code: str) -> None:
    """A lot, or a serial; a range of serials is as many."""
    if item.tracking == Tracking.SERIAL:
        hand.serials = serials_of(code)
    else:
        hand.supplier_lot = code


def _from_label(reading: Reading, item_id: int | None, hand: Hand, key: str, evidence: str) -> Hand:
    taken = hand.next_of_the_same() if hand.item == item_id else Hand(item=item_id, location=hand.location)
    return replace(
        taken, supplier_lot=reading.lot or ("" if reading.serial else reading.code), serials=[reading.serial] if reading.serial and not reading.lot else [],
        quantity=reading.quantity, unit=reading.unit, pieces=reading.count, made_on=reading.made_on, expires_on=reading.expires_on, label=reading.text,
        evidence=evidence, key=key,
    )  # fmt: skip


def _announced(desk: Desk, reading: Reading) -> AnnouncedLot | None:
    """The pallet's own number, if the supplier announced it: item, lot, quantity and dates are on the notice."""
    if not reading.sscc:
        return None
    found = AnnouncedLot.objects.filter(sscc=reading.sscc, line__order__in=desk.orders).select_related(
        "line"
    )[:2]
    return found[0] if len(found) == 1 else None


def _from_notice(lot: AnnouncedLot, reading: Reading, key: str, is_typed: bool) -> Hand:
    return Hand(
        item=lot.line.item_id, order_line=lot.line_id, supplier_lot=lot.supplier_lot, quantity=lot.quantity, unit=lot.unit, pieces=lot.pieces,
        made_on=lot.made_on, expires_on=lot.expires_on, label=reading.text, evidence=Evidence.TYPED if is_typed else Evidence.SCANNED, key=key,
    )  # fmt: skip


def _is_ours(code: str) -> bool:
    """A number of our own that no supplier printed: our label is on the pallet already."""
    return Lot.objects.filter(number=code, item__lot_pattern__gt="").exclude(supplier_lot=code).exists()


def _ours(desk: Desk, hand: Hand, number: str) -> tuple[Answer, DeliveryLine | None]:
    desk.hold(hand)
    lot = Lot.objects.filter(number=number).select_related("item").first()
    if lot is None:
        return Answer(
            code="S00",
            tone=Tone.STOP,
            what=f"`{number}` is a label of ours that is not on record.",
            now="Scan the supplier's label.",
        ), None
    under = f"It came under {lot.received_under}." if lot.received_under else ""
    return Answer(
        code="R13",
        tone=Tone.INFO,
        what=f"`{lot.number}` is our own lot of {lot.item.name}.",
        why=under,
        now="Scan the supplier's label.",
    ), None


def _only_open(desk: Desk) -> Item | None:
    items = desk.open_items()
    return items[0] if len(items) == 1 else None


def _ask(desk: Desk, hand: Hand, asked: Answer) -> Answer:
    hand.asked = asked
    desk.hold(hand)
    return asked


def _same(reading: Reading, code: str) -> bool:
    """Is it the code that confirms? The whole label again, or the lot on it."""
    return code in (reading.text, reading.code, reading.identity) or (
        reading.command is not None and reading.command.code == code
    )


def _value(asked: Answer, name: str) -> str:
    return next((choice.value for choice in asked.choices if choice.name == name), "")


def _row_by_number(desk: Desk, code: str) -> int:
    """1, 2, 3 typed with nothing asked: the item of that line on the screen. No lot is called so."""
    rows = desk.progress
    return (
        rows[int(code) - 1].line.item_id
        if code.isascii() and code.isdigit() and len(code) < 3 and 1 <= int(code) <= len(rows)
        else 0
    )


def _by_number(asked: Answer, code: str) -> Choice | None:
    """1 to 6 typed: the button with that number."""
    return asked.choices[int(code) - 1] if code.isdigit() and 1 <= int(code) <= len(asked.choices) else None
