"""What is asked about the lot in hand before it is taken in, in this order. Each question has its code, its words and its ways out.

A rule returns an Answer, or nothing when there is nothing to ask. What a person answered before is in `hand.answers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from receiving.models import PurchaseOrder, ReceiptLine
from receiving.services import terms
from traceability import attributes
from traceability.ledger import plain
from traceability.models import Evidence, Lot, Tracking, search_key
from traceability.scanning import Answer, Choice, Tone

if TYPE_CHECKING:
    from receiving.services.desk import Desk
    from receiving.services.hand import Hand
    from traceability.models import Item

SHOWN = 6
LOOKED_AT = 40
_ALIKE = str.maketrans("OQIL", "0011")

HOLD = Choice(name="hold", label="Receive on hold", icon="held")
REFUSE = Choice(name="refuse", label="Refuse the line", icon="x")

Rule = Callable[["Desk", "Hand", "Item"], Answer | None]


def not_on_the_order(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R06. A delivery on no order takes whatever its supplier brings."""
    if not desk.orders or item.pk in desk.ordered_items or "R06" in hand.answers:
        return None
    on = ", ".join(order.number for order in desk.orders)
    others = (
        PurchaseOrder.objects.open().filter(supplier=desk.supplier, lines__item=item)
        .exclude(pk__in=[order.pk for order in desk.orders]).order_by("expected_on", "number").distinct()[:SHOWN]
    )  # fmt: skip
    found = list(others)
    if found:
        first = found[0]
        return Answer(
            code="R06", tone=Tone.ASK, what=f"{item.name} is not on {on}.", why=f"It is open on {first.number} from the same supplier.",
            now="**Scan again** to receive both together.", confirm_with=hand.label or item.code,
            choices=(Choice(name="together", label=f"Receive {first.number} too", icon="plus", value=str(first.pk)), Choice(name="cancel", label="Different item", icon="x")),
        )  # fmt: skip
    return Answer(
        code="R06", tone=Tone.ASK, what=f"{item.name} is not on {on}.", why=f"It is on no open order of {desk.supplier}.",
        now="**Scan again** to receive it without an order, or refuse it.", confirm_with=hand.label or item.code,
        choices=(Choice(name="without", label="Without an order", icon="plus"), REFUSE, Choice(name="cancel", label="Different item", icon="x")),
    )  # fmt: skip


def suspended(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R07."""
    if not terms.is_suspended(desk.terms, desk.supplier, item, desk.today) or "R07" in hand.answers:
        return None
    own = desk.terms.get(item.pk)
    own = own if own and own.is_suspended else None
    day = own.approval_since if own else desk.supplier.suspended_on
    since = f" since {_on(day, desk.today)}" if day else ""
    for_item = f" for {item.code}" if own else ""
    return Answer(
        code="R07", tone=Tone.STOP, what=f"{desk.supplier} is **suspended**{for_item}{since}.", why=own.approval_reason if own else desk.supplier.suspended_because,
        now="Receive to the hold cage or refuse.", choices=(HOLD, REFUSE),
    )  # fmt: skip


def not_a_lot(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """The number of the order or of the item, scanned where a lot was wanted."""
    code = hand.supplier_lot
    if code and (code == item.code or any(code == order.number for order in desk.orders)):
        what = "the item's own code" if code == item.code else "the number of the order"
        return Answer(
            code="R09",
            tone=Tone.ASK,
            what=f"`{code}` is {what}, not a lot.",
            now="Scan the lot on the label.",
            choices=(Choice(name="cancel", label="Different lot", icon="x"),),
        )
    return None


def again_in_this_delivery(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R02: the very same label. Another label of the same lot is one more pallet of it, and is not asked about."""
    if "R02" in hand.answers or item.tracking == Tracking.NONE:
        return None
    if hand.serials:
        taken = {serial for line in desk.lines if line.item_id == item.pk for serial in line.serials}
        double = next((serial for serial in hand.serials if serial in taken), "")
        if not double:
            return None
        return Answer(
            code="R02",
            tone=Tone.INFO,
            what=f"`{double}` was scanned a moment ago.",
            why="Ignored.",
            now="A serial is one unit.",
        )
    for line in desk.lot_lines(item, search_key(hand.supplier_lot)):
        if hand.label and hand.quantity is not None and hand.label not in line.labels:
            continue  # Another label of the same lot: one more pallet of it.
        return Answer(
            code="R02", tone=Tone.INFO, what=f"`{hand.supplier_lot}` was scanned a moment ago (line {desk.number_of(line)}).", why="Ignored.",
            now="Touch +1 if there is a second pallet.", facts={"line": line.pk},
            choices=(Choice(name="plus_one", label="+1 pallet", icon="plus", value=str(line.pk)),),
        )  # fmt: skip
    return None


def dates_differ(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R11: one lot has one date. Two labels that say otherwise are for a person to settle."""
    for line in desk.lot_lines(item, search_key(hand.supplier_lot)):
        if hand.expires_on and line.expires_on and hand.expires_on != line.expires_on:
            return Answer(
                code="R11", tone=Tone.STOP, what=f"`{hand.supplier_lot}` is best by {line.expires_on} on line {desk.number_of(line)}, and {hand.expires_on} on this label.",
                why="One lot has one date.", now="Set the pallet aside and ask quality control, or scan another lot.", choices=(Choice(name="cancel", label="Different lot", icon="x"), REFUSE),
            )  # fmt: skip
    return None


def received_before(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R01: the same supplier lot on another truck is true, and gets a lot of its own beside the first."""
    key = search_key(hand.supplier_lot)
    if not key or "R01" in hand.answers or item.tracking != Tracking.LOT:
        return None
    if desk.lot_lines(item, key):
        return None  # It was asked about when its first pallet came.
    earlier = Lot.objects.same_supplier_lot(supplier_id=desk.supplier.pk, item_id=item.pk, key=key).order_by(
        "-pk"
    )
    found = list(earlier[:LOOKED_AT])
    if not found:
        return None
    last = (
        ReceiptLine.objects.filter(lot__in=found)
        .select_related("receipt__order", "receipt__site")
        .order_by("-receipt__received_at")
        .first()
    )
    when = ""
    if last:
        day = last.receipt.received_at.astimezone(last.receipt.site.zone).date()
        quantity = last.quantity if last.corrected_quantity is None else last.corrected_quantity
        when = f" on {_on(day, desk.today)} ({last.receipt.order or last.receipt}, {plain(quantity)} {last.unit})"
    return Answer(
        code="R01", tone=Tone.ASK, what=f"Lot `{found[0].supplier_lot}` of {item.name} was already received{when}.",
        why=f"It came {len(found)} times before." if len(found) > 1 else "",
        now="**Scan again** to add this delivery as a **second receipt of the same supplier lot**, or scan a different lot.", confirm_with=hand.supplier_lot,
        choices=(Choice(name="second_receipt", label="Second receipt", icon="plus"), Choice(name="cancel", label="Different lot", icon="x")),
    )  # fmt: skip


def serial_on_record(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    if not hand.serials:
        return None
    known = list(
        Lot.objects.filter(item=item, number__in=hand.serials).values_list("number", flat=True)[:SHOWN]
    )
    if not known:
        return None
    return Answer(
        code="R10", tone=Tone.STOP, what=f"`{known[0]}` of {item.name} is on record already{f', with {len(known) - 1} others' if len(known) > 1 else ''}.",
        why="A serial is received once.", now="Check the number; a unit that came back is a return.", choices=(Choice(name="cancel", label="Different serial", icon="x"),),
    )  # fmt: skip


def looks_like_another(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R08: a typed lot that a tired eye takes for another one (O and 0, I and 1)."""
    key = search_key(hand.supplier_lot)
    if not key or hand.evidence != Evidence.TYPED or "R08" in hand.answers:
        return None
    known = {line.supplier_lot: line.supplier_lot_key for line in desk.lines if line.item_id == item.pk}
    for lot in _earlier_lots(desk, item):
        known[lot.supplier_lot] = lot.supplier_lot_key
    if key in known.values():
        return None
    twin = next(
        (printed for printed, other in known.items() if other.translate(_ALIKE) == key.translate(_ALIKE)), ""
    )
    if not twin:
        return None
    return Answer(
        code="R08", tone=Tone.ASK, what=f"`{hand.supplier_lot}` looks like `{twin}`.", why="Letters and digits of the same shape stand in other places.",
        now="**Type it again** if it is really another lot, or correct it.", confirm_with=hand.supplier_lot,
        choices=(Choice(name="another", label="Another lot", icon="check"), Choice(name="use", label=f"It is {twin}", value=twin, is_code=True)),
    )  # fmt: skip


def date_missing(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R04."""
    if not item.needs_expiry or hand.expires_on or hand.is_undated or item.tracking == Tracking.NONE:
        return None
    return Answer(
        code="R04", tone=Tone.ASK, what=f"{item.name} needs a best-by date.", why="",
        now="Type it as on the bag (for example 1019 or 19 oct 27), or touch **Not on label**.",
        choices=(Choice(name="not_on_label", label="Not on label", icon="calendar-x"), *_same_date(desk, item)), facts={"field": "expires_on"},
    )  # fmt: skip


def too_short(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R05."""
    least = terms.minimum_life(desk.terms, item)
    if not least or hand.expires_on is None or "R05" in hand.answers:
        return None
    left = (hand.expires_on - desk.today).days
    if left >= least:
        return None
    leaves = f"leaves {left} days" if left >= 0 else f"passed {-left} days ago"
    return Answer(
        code="R05", tone=Tone.STOP, what=f"Best-by {hand.expires_on} {leaves}; {item.name} needs {least} on arrival.",
        now="Receive on hold, or refuse the line.", choices=(HOLD, REFUSE),
    )  # fmt: skip


def more_than_ordered(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R03."""
    row = desk.row_for(item.pk, chosen=hand.order_line)
    if row is None or hand.quantity is None:
        return None
    limit = terms.limit_of(row.ordered, item)
    coming = desk.base(item, hand.quantity, hand.unit)
    total = row.so_far + coming
    is_beyond = limit is not None and total > limit
    if total <= row.most or (hand.approved_by and not is_beyond):
        return None
    over = (total - row.ordered) * 100 / row.ordered
    unit, most = item.unit, plain(row.most)
    can_take = row.most > row.so_far
    part = plain(row.most - row.so_far)
    choices = (
        [
            Choice(
                name="take_most",
                label=f"Receive {most} {unit}",
                icon="check",
                value=str(row.most - row.so_far),
                # With pallets here already: how much of this one that is.
                facts=(f"{part} {unit} of this lot",) if row.so_far else (),
            )
        ]
        if can_take
        else []
    )
    if is_beyond:
        return Answer(
            code="R03", tone=Tone.STOP, what=f"{plain(total)} {unit} is {plain(round(over, 1))} % over the {plain(row.ordered)} {unit} ordered; nobody may take more than {item.over_limit_percent:g} %.",
            now=f"Receive {most} {unit} and refuse the rest." if can_take else "Refuse it, or have the order changed.", choices=(*choices, REFUSE), facts={"rest": str(total - row.most)},
        )  # fmt: skip
    return Answer(
        code="R03", tone=Tone.STOP, what=f"{plain(total)} {unit} is {plain(round(over, 1))} % over the {plain(row.ordered)} {unit} ordered; your limit is {plain(row.percent)} %.",
        now=f"Receive {most} {unit}, or ask a lead to approve {plain(total)}." if can_take else f"Refuse it, or ask a lead to approve {plain(total)}.",
        choices=(*choices, REFUSE), facts={"approval": plain(total), "rest": str(total - row.most)},
    )  # fmt: skip


def attribute_missing(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R19: what the category asks of each lot. A further pallet of a lot that stands here has what the first one had."""
    for line in desk.lot_lines(item, search_key(hand.supplier_lot)):
        hand.attributes = {**line.attributes, **hand.attributes}
        hand.answers.setdefault("R19", "known")
        hand.answers.setdefault("R20", "known")
    wanting = desk.wants(item, hand.attributes)
    if not wanting or "R19" in hand.answers:
        return None
    first = wanting[0]
    unit = f", in {first.unit}" if first.unit else ""
    return Answer(
        code="R19", tone=Tone.ASK, what=f"{item.name} needs {', '.join(one.name for one in wanting)}.", why="",
        now=f"Type {first.name}{unit}, or touch **Not known**.",
        choices=(Choice(name="unknown", label="Not known", icon="help-circle"),), facts={"field": f"attribute_{first.pk}"},
    )  # fmt: skip


def attribute_outside(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """R20: a number outside the limits of its category."""
    if "R20" in hand.answers:
        return None
    for one in desk.attributes.get(item.pk, []):
        text = hand.attributes.get(str(one.pk), "")
        said = attributes.read(one, text, field=f"attribute_{one.pk}") if text else None
        if said and said.is_within is False:
            return Answer(
                code="R20", tone=Tone.STOP, what=f"{said.words}. {attributes.limits(one).capitalize()} is asked for.", why="",
                now="Type it again, receive on hold, or refuse the line.", choices=(HOLD, REFUSE), facts={"field": f"attribute_{one.pk}"},
            )  # fmt: skip
    return None


RULES: tuple[Rule, ...] = (
    not_on_the_order, suspended, not_a_lot, again_in_this_delivery, dates_differ, serial_on_record, looks_like_another, received_before,
)  # fmt: skip
# Once quantity and dates are there.
LAST_RULES: tuple[Rule, ...] = (
    date_missing,
    attribute_missing,
    attribute_outside,
    too_short,
    more_than_ordered,
)


def unknown_code(code: str) -> Answer:
    """S01: never a dead end. The lot on the pallet can be received all the same."""
    return Answer(
        code="S01", tone=Tone.ASK, what=f"Nothing here is called `{code}`.", why="It may be a new supplier item.", now="Scan the item label or touch **Link it**.",
        facts={"code": code},
        choices=(
            Choice(name="link", label="Link it", icon="link", value=code), Choice(name="is_lot", label="It is a lot", icon="tag", value=code),
            Choice(name="is_place", label="It is a place", icon="map-pin", value=code), Choice(name="cancel", label="Ignore", icon="x"),
        ),
    )  # fmt: skip


def which_item(items: list[Item], what: str, *, name: str = "item") -> Answer:
    """One large button for each item of the delivery; the number before it can be typed."""
    return Answer(
        code="S03", tone=Tone.ASK, what=what, why=f"{len(items) - SHOWN} more are not shown." if len(items) > SHOWN else "", now="Choose the item, or scan its label.",
        choices=tuple(Choice(name=name, label=item.name, value=str(item.pk), facts=(item.code,)) for item in items[:SHOWN]),
    )  # fmt: skip


def is_odd(desk: Desk, item: Item, code: str) -> bool:
    """Is this of another shape than all lots that the supplier ever sent of the item? Then it may be something else on the label."""
    earlier = _earlier_lots(desk, item)
    own = [line for line in desk.lines if line.item_id == item.pk]
    if search_key(code) in {lot.supplier_lot_key for lot in earlier} | {
        line.supplier_lot_key for line in own
    }:
        return False
    printed = [lot.supplier_lot for lot in earlier] + [
        line.serials[-1] if line.serials else line.supplier_lot for line in own
    ]
    shapes = {_shape(text) for text in printed if text}
    return bool(shapes) and _shape(code.partition("..")[0]) not in shapes


def _earlier_lots(desk: Desk, item: Item) -> list[Lot]:
    return list(
        Lot.objects.filter(supplier=desk.supplier, item=item)
        .exclude(supplier_lot="")
        .order_by("-pk")[:LOOKED_AT]
    )


def _shape(code: str) -> str:
    """DM-P-7719 → A-A-9."""
    return re.sub(r"A+", "A", re.sub(r"9+", "9", re.sub(r"[0-9]", "9", re.sub(r"[^\W\d_]", "A", code))))


def _same_date(desk: Desk, item: Item) -> tuple[Choice, ...]:
    previous = next(
        (line.expires_on for line in reversed(desk.lines) if line.item_id == item.pk and line.expires_on),
        None,
    )
    return (
        (
            Choice(
                name="same_date",
                label=f"Same as above: {_on(previous, desk.today)}",
                icon="refresh",
                value=str(previous),
            ),
        )
        if previous
        else ()
    )


def _on(day: date, today: date) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")
