"""From the lot in hand to a line of the delivery: ask what must be asked, then add it, with its number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils import timezone

from receiving.models import DeliveryLine, DockRefusal, PurchaseOrder
from receiving.rights import APPROVE
from receiving.services import numbers, questions
from receiving.services.announcing import checked_quantity
from receiving.services.days import read_day
from receiving.services.hand import Hand
from receiving.services.lives import EARLIEST, LONGEST_LIFE, best_by
from receiving.services.serials import told
from traceability import ledger, permits, units
from traceability.ledger import BadInput, plain
from traceability.models import CodeAlias, Tracking, search_key
from traceability.scanning import Answer, Tone

if TYPE_CHECKING:
    from receiving.services.desk import Desk
    from traceability.models import Item, Location, Person

Settled = tuple[Answer, DeliveryLine | None]


def settle(desk: Desk, hand: Hand, *, key: str) -> Settled:
    """Ask the next question about the lot in hand, wait for its next field, or add it."""
    hand.key = hand.key or key
    item = desk.item_of(hand)
    if item is None:
        items = desk.open_items() or list(desk.ordered_items.values())
        what = f"Which item is `{hand.supplier_lot}`?" if hand.supplier_lot else "Which item is it?"
        return _ask(desk, hand, questions.which_item(items, what)), None
    row = desk.row_for(item.pk, chosen=hand.order_line)
    hand.unit = hand.unit or (row.line.unit if row else item.unit)
    for rule in questions.RULES:
        if asked := rule(desk, hand, item):
            return _ask(desk, hand, asked), None
    if waits_for := _missing(desk, hand, item):
        hand.asked = None
        desk.hold(hand)
        return waits_for, None
    problem = _check(desk, hand, item)
    if problem:
        desk.hold(hand)
        return problem, None
    _derive_date(hand, item)
    for rule in questions.LAST_RULES:
        if asked := rule(desk, hand, item):
            return _ask(desk, hand, asked), None
    place = desk.place_of(hand, item)
    if place is None:
        return _ask(
            desk,
            hand,
            Answer(
                code="R14",
                tone=Tone.ASK,
                what=f"Where does {item.name} go?",
                now="Scan a place.",
                facts={"field": "location"},
            ),
        ), None
    return _add(desk, hand, item, place)


def answered(
    desk: Desk, choice: str, value: str, *, key: str, reason: str = "", lead: Person | None = None
) -> Settled:
    """What was chosen below the question that stands."""
    hand = desk.hand
    asked = hand.asked
    if asked is None and choice not in ("plus_one", "item", "cancel"):
        return Answer(code="", tone=Tone.INFO, what="That was answered already."), None
    item = desk.item_of(hand)
    if choice == "cancel":
        desk.hold(
            hand.next_of_the_same() if hand.item in desk.ordered_items else Hand(location=hand.location)
        )
        return Answer(code="", tone=Tone.INFO, what="Left.", now="Scan the next one."), None
    if choice == "plus_one":
        return _plus_one(desk, value, key)
    if choice == "item":
        return _choose(desk, hand, value, key)
    assert asked is not None
    if choice == "refuse":
        return _refuse_in_hand(desk, hand, item, asked)
    if choice in ("link", "is_place", "is_lot", "link_item", "lot_item"):
        return _unknown_answered(desk, hand, choice, value, key)
    hand.asked = None
    if choice == "together":
        _join(desk, int(value))
        hand.answers["R06"] = "together"
    elif choice in ("second_receipt", "another", "without", "hold", "unknown"):
        hand.answers[asked.code] = choice
    elif choice == "use":
        hand.supplier_lot = value
    elif choice == "not_on_label":
        hand.is_undated = True
    elif choice == "same_date":
        hand.expires_on = date.fromisoformat(value)
    elif choice == "take_most" and item:
        _take_most(desk, hand, item, Decimal(asked.facts["rest"]))
    elif choice == "approve":
        _approve(desk, hand, reason, lead)
    else:
        raise BadInput(
            "That is no answer to this question.",
            now="Choose one of the buttons.",
            fields={"choice": choice[:40]},
        )
    if hand.item is None or not hand.has_lot:
        desk.hold(hand)
        return Answer(code="", tone=Tone.OK, what="Noted.", now="Scan the lot."), None
    return settle(desk, hand, key=key)


def _choose(desk: Desk, hand: Hand, value: str, key: str) -> Settled:
    """The item of the lot in hand, or of those that come next. A lot that waits for its item keeps what its label said."""
    if not value.isdigit() or int(value) not in desk.ordered_items:
        raise BadInput(
            "That item is not in this delivery.",
            now="Choose one of the buttons.",
            fields={"item": value[:40]},
        )
    keeps_lot = hand.item is None and hand.has_lot
    chosen = hand if keeps_lot else Hand(location=hand.location)
    chosen.item, chosen.order_line, chosen.asked = int(value), None, None
    if keeps_lot:
        return settle(desk, chosen, key=key)
    desk.hold(chosen)
    return Answer(
        code="", tone=Tone.OK, what=f"{desk.ordered_items[int(value)].name}.", now="Scan a lot of it."
    ), None


def refuse(
    desk: Desk, item: Item, *, quantity: Decimal, unit: str, supplier_lot: str, reason: str
) -> DockRefusal:
    if not reason.strip():
        raise ledger.ReasonRequired(
            "What is refused needs a reason.", now="Say what is wrong with it.", fields={"reason": "missing"}
        )
    checked_quantity(quantity, 1)
    units.to_base(item, quantity, unit)
    row = desk.row_for(item.pk)
    return DockRefusal.objects.create(
        delivery=desk.delivery, supplier=desk.supplier, order_line=row.line if row else None, item=item, supplier_lot=supplier_lot[:80], quantity=quantity,
        unit=unit or item.unit, reason=reason.strip()[:200], refused_by=desk.person,
    )  # fmt: skip


def take_off_last(desk: Desk, line: DeliveryLine) -> Answer:
    """The last pallet of a line, or the line with its only one."""
    if len(line.packs) > 1:
        last = line.packs.pop()
        line.quantity -= Decimal(last["quantity"])
        line.pieces = (line.pieces or 0) - (last.get("pieces") or 0) or None
        line.save(update_fields=["packs", "quantity", "pieces", "changed_at"])
        what = f"One pallet of `{line}` was taken off."
        why = f"{plain(line.quantity)} {line.unit} of it stay."
    else:
        line.removed_at = timezone.now()
        line.save(update_fields=["removed_at", "changed_at"])
        what, why = f"`{line.supplier_lot or line}` of {line.item.name} was taken off.", ""
    desk.forget()
    desk.hold(Hand(location=desk.hand.location))
    return Answer(code="", tone=Tone.INFO, what=what, why=why, now="Scan the next one.")


def defaults(desk: Desk, hand: Hand, item: Item) -> tuple[Decimal | None, str]:
    """What the pallet usually brings: the supplier's pack, as much as the one before, or what is still to come."""
    own = desk.terms.get(item.pk)
    row = desk.row_for(item.pk, chosen=hand.order_line)
    unit = hand.unit or (row.line.unit if row else item.unit)
    if own and own.pack_quantity:
        return own.pack_quantity, own.pack_unit or item.unit
    previous = next((line for line in reversed(desk.lines) if line.item_id == item.pk), None)
    if previous:
        return Decimal(previous.packs[-1]["quantity"]) if previous.packs else previous.quantity, previous.unit
    if row and row.remaining and unit == item.unit:
        return row.remaining, unit
    return None, unit


def _missing(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """The next field that only a person can give: no question, the field is simply next."""
    if item.tracking == Tracking.LOT and not hand.supplier_lot:
        return Answer(
            code="R15",
            tone=Tone.ASK,
            what=f"{item.name} needs its supplier's lot number.",
            now="Scan or type it.",
            facts={"field": "supplier_lot"},
        )
    if item.tracking == Tracking.SERIAL:
        if not hand.serials:
            return Answer(
                code="R15",
                tone=Tone.ASK,
                what=f"{item.name} needs its serial numbers.",
                now="Scan or type them; a range is PV-26-000431..450.",
                facts={"field": "serials"},
            )
        hand.quantity, hand.unit = Decimal(len(hand.serials)), item.unit
    if hand.quantity is None:
        return Answer(
            code="",
            tone=Tone.OK,
            what=f"{item.name} `{hand.supplier_lot}`." if hand.supplier_lot else f"{item.name}.",
            now="How much?",
            facts={"field": "quantity"},
        )
    return None


def _check(desk: Desk, hand: Hand, item: Item) -> Answer | None:
    """What cannot be: told at its field, and nothing is lost."""
    assert hand.quantity is not None
    checked_quantity(hand.quantity, 1)
    units.to_base(item, hand.quantity, hand.unit)
    for name in ("made_on", "expires_on"):
        day = getattr(hand, name)
        latest = desk.today + (LONGEST_LIFE if name == "expires_on" else timedelta(days=1))
        if day and not EARLIEST <= day <= latest:
            return _bad(name, f"{day} cannot be right.", "Type the date as on the label.")
    if hand.made_on and hand.expires_on and hand.expires_on < hand.made_on:
        return _bad(
            "expires_on",
            f"Best by {hand.expires_on} is before it was made, on {hand.made_on}.",
            "Type both as on the label.",
        )
    return None


def _bad(field: str, what: str, now: str) -> Answer:
    return Answer(code="R16", tone=Tone.STOP, what=what, now=now, facts={"field": field})


def _derive_date(hand: Hand, item: Item) -> None:
    """From the day it was made, where the shelf life is known. Never from nothing."""
    if (
        hand.expires_on is None
        and not hand.is_undated
        and hand.made_on
        and (found := best_by(item, hand.made_on))
    ):
        hand.expires_on = found
        hand.answers["derived"] = "shelf life"


def _add(desk: Desk, hand: Hand, item: Item, place: Location) -> Settled:
    assert hand.quantity is not None
    pack = _pack(hand)
    same = desk.lot_lines(item, search_key(hand.supplier_lot)) if item.tracking == Tracking.LOT else []
    row = desk.row_for(item.pk, chosen=hand.order_line)
    if item.tracking == Tracking.SERIAL:
        same = [
            line
            for line in desk.lines
            if line.item_id == item.pk
            and line.serials
            and line.location_id == place.pk
            and line.expires_on == hand.expires_on
            and line.attributes == hand.attributes
        ]
    if same and same[-1].unit == hand.unit:
        line = _join_line(same[-1], hand, pack)
    else:
        last = desk.delivery.lines.aggregate(last=Max("position"))["last"] or 0
        line = DeliveryLine.objects.create(
            delivery=desk.delivery, position=last + 1, key=hand.key, item=item, order_line=row.line if row else None, supplier_lot=hand.supplier_lot,
            supplier_lot_key=search_key(hand.supplier_lot), lot_number=numbers.allot(item, hand.supplier_lot, desk.today) if item.tracking == Tracking.LOT else "",
            quantity=hand.quantity, unit=hand.unit, pieces=hand.pieces, packs=[pack], made_on=hand.made_on, expires_on=hand.expires_on, is_undated=hand.is_undated,
            has_certificate=hand.has_certificate, code_source=hand.code_source, location=place, evidence=hand.evidence, serials=hand.serials,
            attributes=hand.attributes, approved_by_id=hand.approved_by, approval_reason=hand.approval_reason, added_by=desk.person,
        )  # fmt: skip
    desk.forget()
    said = _told(desk, hand, item, line, is_more=bool(same))
    after = desk.row_for(item.pk, chosen=hand.order_line)
    is_done = after is not None and after.is_complete and len(desk.open_items()) > 0
    desk.hold(Hand(location=hand.location) if is_done else hand.next_of_the_same())
    return said, line


def _pack(hand: Hand) -> dict[str, Any]:
    return {"quantity": str(hand.quantity), "pieces": hand.pieces, "label": hand.label, "key": hand.key}


def _join_line(line: DeliveryLine, hand: Hand, pack: dict[str, Any]) -> DeliveryLine:
    """One more pallet of a lot that stands here."""
    assert hand.quantity is not None
    line.quantity += hand.quantity
    line.packs = [*line.packs, pack]
    line.serials = [*line.serials, *hand.serials]
    line.pieces = (line.pieces or 0) + (hand.pieces or 0) or None
    line.expires_on = line.expires_on or hand.expires_on
    line.attributes = {**line.attributes, **hand.attributes}
    line.approved_by_id, line.approval_reason = (
        hand.approved_by or line.approved_by_id,
        hand.approval_reason or line.approval_reason,
    )
    line.save()
    return line


def _plus_one(desk: Desk, value: str, key: str) -> Settled:
    line = next((row for row in desk.lines if str(row.pk) == value), None)
    if line is None or line.serials:
        return Answer(code="", tone=Tone.INFO, what="That lot was taken off already."), None
    if any(pack.get("key") == key for pack in line.packs):
        return Answer(code="", tone=Tone.OK, what=f"{line.item.name} `{line.supplier_lot}`."), line
    last: dict[str, Any] = (
        line.packs[-1] if line.packs else {"quantity": str(line.quantity), "pieces": line.pieces}
    )
    hand = Hand(
        item=line.item_id, order_line=line.order_line_id, location=line.location_id, supplier_lot=line.supplier_lot, quantity=Decimal(last["quantity"]), unit=line.unit,
        pieces=last.get("pieces"), made_on=line.made_on, expires_on=line.expires_on, is_undated=line.is_undated, evidence=line.evidence, key=key,
        answers={"R01": "known", "R02": "plus_one", "R05": "known", "R06": "known", "R07": "known", "R08": "known"},
    )  # fmt: skip
    return settle(desk, hand, key=key)


def _told(desk: Desk, hand: Hand, item: Item, line: DeliveryLine, *, is_more: bool) -> Answer:
    """What was added, what it is in our own unit, and what the receiver should know of it."""
    row = desk.row_for(item.pk, chosen=hand.order_line)
    assert hand.quantity is not None
    name = told(hand.serials) if hand.serials else hand.supplier_lot
    amount = f"{plain(hand.quantity)} {hand.unit}"
    if hand.unit != item.unit:
        amount += f" = {plain(desk.base(item, hand.quantity, hand.unit))} {item.unit}"
    what = f"{item.name} `{name}`, {amount}." if name else f"{item.name}, {amount}."
    notes = []
    if is_more and not hand.serials:
        notes.append(f"Pallet {len(line.packs)} of this lot: {plain(line.quantity)} {line.unit} in all.")
    if hand.answers.get("derived") and hand.expires_on:
        notes.append(f"Best by {hand.expires_on}, from the day it was made.")
    if hand.is_undated:
        notes.append("Received on **Hold: missing date**.")
    if wanting := desk.wants(item, hand.attributes):
        notes.append(f"Received on **Hold: {', '.join(one.name for one in wanting)} missing**.")
    if any(hand.answers.get(code) == "hold" for code in ("R05", "R07", "R20")):
        notes.append("It is received on hold.")
    if row and row.over:
        notes.append(
            f"{plain(row.over)} {item.unit} more than ordered, "
            + ("approved." if row.so_far > row.most else f"within the limit of {plain(row.percent)} %.")
        )
    tone = Tone.INFO if row and row.over else Tone.OK
    return Answer(code="", tone=tone, what=what, why=" ".join(notes), now="", facts={"line": line.pk})


def _join(desk: Desk, order_id: int) -> None:
    """Receive another order of the same supplier in the same delivery."""
    order = (
        PurchaseOrder.objects.select_for_update()
        .filter(pk=order_id, supplier=desk.supplier, is_closed=False)
        .first()
    )
    if order is None:
        raise BadInput(
            "That order is closed, or of another supplier.",
            now="Open it by itself.",
            fields={"order": order_id},
        )
    if order.deliveries.open().exclude(pk=desk.delivery.pk).exists():
        raise BadInput(
            f"{order.number} is being received in another delivery.",
            now="Post that one first, or go on with it.",
            fields={"order": order.number},
        )
    desk.delivery.orders.add(order)
    for name in ("orders", "_came", "ordered_items", "terms", "factors", "attributes", "lines", "progress"):
        desk.__dict__.pop(name, None)


def _take_most(desk: Desk, hand: Hand, item: Item, rest: Decimal) -> None:
    """The rest goes back on the truck. Both in the item's own unit: a limit is rarely a whole number of bags."""
    assert hand.quantity is not None
    keeps = desk.base(item, hand.quantity, hand.unit) - rest
    refuse(
        desk,
        item,
        quantity=rest,
        unit=item.unit,
        supplier_lot=hand.supplier_lot,
        reason="More than was ordered",
    )
    hand.quantity, hand.unit = keeps, item.unit


def _approve(desk: Desk, hand: Hand, reason: str, lead: Person | None) -> None:
    if lead is None:
        raise ledger.SecondPersonRequired(
            "A lead is needed to take in more than was ordered.",
            now="Let a lead sign here.",
            fields={"second_username": "missing"},
        )
    if lead.pk == desk.person.pk:
        raise ledger.SamePerson(
            "The lead is somebody else.", "Two persons look better than one.", "Let a colleague sign."
        )
    permits.require(lead, APPROVE, to="approve more than was ordered")
    if not reason.strip():
        raise ledger.ReasonRequired(
            "Why is more taken in than was ordered?",
            now="Say it in a few words.",
            fields={"reason": "missing"},
        )
    hand.approved_by, hand.approval_reason = lead.pk, reason.strip()[:200]


def _refuse_in_hand(desk: Desk, hand: Hand, item: Item | None, asked: Answer) -> Settled:
    quantity, unit = hand.quantity, hand.unit
    if item is None or quantity is None:
        quantity, unit = defaults(desk, hand, item) if item else (None, "")
        if item is None or quantity is None:
            hand.asked = None
            desk.hold(hand)
            return Answer(
                code="R17",
                tone=Tone.ASK,
                what="How much is refused?",
                now="Type the quantity, then touch **Refuse** below the lots.",
                facts={"field": "quantity"},
            ), None
    reason = asked.what.replace("`", "").replace("**", "")
    refuse(desk, item, quantity=quantity, unit=unit, supplier_lot=hand.supplier_lot, reason=reason)
    desk.hold(hand.next_of_the_same())
    return Answer(
        code="",
        tone=Tone.INFO,
        what=f"{plain(quantity)} {unit} of {item.name} refused.",
        why="It stands on the receipt with its reason.",
        now="Leave it on the truck.",
    ), None


def _unknown_answered(desk: Desk, hand: Hand, choice: str, value: str, key: str) -> Settled:
    """S01: link the code to an item or a place (worth nothing before somebody else approved it), or take it as a lot."""
    asked = hand.asked
    assert asked is not None
    code = str(asked.facts.get("code", value))
    items = list(desk.ordered_items.values())
    if choice == "is_lot":
        hand.asked = None
        if not hand.supplier_lot:
            hand.supplier_lot = code
        return settle(desk, hand, key=key)
    if choice == "link" and len(items) != 1:
        said = questions.which_item(items, f"Which item is `{code}`?", name="link_item")
        return _ask(desk, hand, replace(said, facts={"code": code})), None
    if choice == "is_place":
        raise BadInput(
            f"A place called {code} is added under Locations.",
            now="Ask whoever keeps the places, or choose the place of this lot below.",
            fields={"code": code},
        )
    item = next((item for item in items if choice == "link" or str(item.pk) == value), None)
    if item is None:
        raise BadInput(
            "That item is not in this delivery.",
            now="Choose one of the buttons.",
            fields={"item": value[:40]},
        )
    CodeAlias.objects.get_or_create(
        code=code,
        item=item,
        supplier=desk.supplier,
        approved_by=None,
        ended_at=None,
        defaults={"asked_by": desk.person, "asked_on": desk.title[:40]},
    )
    hand.asked, hand.item = None, item.pk
    desk.hold(hand)
    return Answer(
        code="S04",
        tone=Tone.INFO,
        what=f"`{code}` waits to be linked to {item.name}.",
        why="Somebody else must approve it.",
        now="Receive the lot meanwhile: scan or type its number.",
    ), None


def _ask(desk: Desk, hand: Hand, asked: Answer) -> Answer:
    hand.asked = asked
    desk.hold(hand)
    return asked


def day_of(text: str, desk: Desk, *, is_past: bool, field: str) -> date:
    return read_day(text, today=desk.today, is_past=is_past, field=field)
