"""A supplier's delivery becomes lots: one entry for the whole delivery, with a lot of its own for each line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from receiving.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptItem, ReceiptLine
from receiving.rights import APPROVE, RECEIVE
from receiving.services import matching, terms
from receiving.services.announcing import checked_quantity
from receiving.services.lives import EARLIEST, LONGEST_LIFE, best_by
from traceability import attributes, labels, ledger, numbering, permits, units
from traceability.ledger import Move, Need, NewHold
from traceability.models import (
    EntryKind,
    Evidence,
    Item,
    Location,
    LocationKind,
    Lot,
    Stage,
    Status,
    Tracking,
)

if TYPE_CHECKING:
    from traceability.models import LotAttribute, Party, Person, Site

AWAITING = "Inspection on receipt"
TOLD_EVERY = 500


@dataclass(slots=True, kw_only=True)
class ReceivedLot:
    """One line of a delivery as it was entered. Without a location, the item's own; without a unit, its base unit."""

    item: Item
    quantity: Decimal
    unit: str = ""
    supplier_lot: str = ""
    expires_on: date | None = None
    made_on: date | None = None
    location: Location | None = None
    lot_number: str | None = None
    pieces: int | None = None
    evidence: str = Evidence.TYPED
    order_line: PurchaseOrderLine | None = None
    code_source: str = ""
    has_certificate: bool = False
    # What the item's category asks of its lots, by the name of what is asked.
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """The check of the truck and its papers, once a delivery. A truck that failed puts all of it on hold."""

    passed: bool | None = None
    temperature: Decimal | None = None
    temperature_unit: str = ""
    seal: str = ""
    carrier: str = ""
    trailer: str = ""
    delivery_note: str = ""
    wrong: str = ""

    @property
    def hold_reason(self) -> str:
        return f"Truck check failed: {self.wrong}" if self.wrong else "Truck check failed"


NO_TRUCK = Truck()


@transaction.atomic
def receive_delivery(
    *,
    lines: Sequence[ReceivedLot],
    actor: Person,
    client: str,
    key: str,
    order: PurchaseOrder | None = None,
    also: Sequence[PurchaseOrder] = (),
    supplier: Party | None = None,
    site: Site | None = None,
    truck: Truck = NO_TRUCK,
    second_person: Person | None = None,
    reason: str = "",
    note: str = "",
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
    tell: Callable[[int, int, str], None] | None = None,
) -> Receipt:
    """Receive a delivery: one entry, one lot a line, each under the supplier's own number or the item's pattern.

    An item that is inspected on receipt arrives in quarantine with that requirement open; any other arrives released,
    and the entry says that no inspection was needed. A missing best-by date, certificate or attribute, an attribute outside its
    limits, too little remaining life, a suspended supplier or a truck that failed its check puts the lot on hold in the same entry. Refuses an empty delivery, a
    quantity of zero or less, dates and quantities that cannot be, and more than the tolerance over what was ordered without
    a lead and a reason. `also` are further orders of the supplier that this truck brings. An order of which everything came
    is closed.
    """
    permits.require(actor, RECEIVE, to="receive a delivery")
    claim = ledger.claim(
        client=client, key=key, sent=_sent(order, supplier, lines, occurred_at, reason, second_person)
    )
    if claim.earlier:
        return Receipt.objects.get(number=claim.earlier.document)
    supplier = supplier or (order.supplier if order else None)
    orders = [paper for paper in (order, *also) if paper is not None]
    _check_delivery(orders, supplier, lines)
    assert supplier is not None
    own_terms = terms.terms_of(supplier, {line.item.pk for line in lines})
    places = [_place_of(line, position) for position, line in enumerate(lines, start=1)]
    site = site or places[0].site
    if any(place.site_id != site.pk for place in places):
        raise ledger.BadInput(
            "A delivery comes to one site.",
            f"Not all these places are at {site}.",
            "Receive what came elsewhere there.",
            fields={"site": site.code},
        )
    moment = occurred_at or recorded_at or timezone.now()
    today = moment.astimezone(site.zone).date()
    amounts = [units.to_base(line.item, line.quantity, line.unit) for line in lines]
    progress = matching.lock_and_match(orders, lines, amounts)
    if second_person is None or not reason.strip():
        matching.check_tolerance(progress, own_terms)
    else:
        permits.require(second_person, APPROVE, to="approve more than was ordered")
        matching.check_limit(progress)

    number = numbering.next_number("RCV-")
    origin = Location.objects.select_related("site").get(site=site, kind=LocationKind.SUPPLIER)
    moves: list[Move] = []
    needs: list[Need] = []
    holds: list[NewHold] = []
    policies: list[dict[str, Any]] = []
    asked = attributes.asked_of({line.item.pk: line.item for line in lines}.values())
    answers: list[tuple[Lot, list[attributes.Said]]] = []
    for position, (line, amount, place) in enumerate(zip(lines, amounts, places, strict=True), start=1):
        if tell and position % TOLD_EVERY == 0:
            tell(position, len(lines), "lots")
        lot, notes = _lot_for(line, position, supplier=supplier, number=number, today=today, moves=moves)
        said, missing = attributes.read_all(
            asked.get(line.item.pk, []), line.attributes, where=f"lines.{position}.attributes."
        )
        if lot.is_untracked:
            said, missing = [], []
        elif said:
            answers.append((lot, said))
            notes["attributes"] = {one.attribute.name: one.value for one in said}
        is_inspected = Stage.RECEIVING in line.item.inspected_at
        moves.append(
            Move(
                lot=lot, quantity=amount, pieces=line.pieces, origin=origin, destination=place, evidence=line.evidence,
                destination_status=Status.QUARANTINE if is_inspected else Status.RELEASED,
                entered_quantity=line.quantity, entered_unit=line.unit or line.item.unit,
            )
        )  # fmt: skip
        if is_inspected:
            needs.append(Need(stage=Stage.RECEIVING, what=AWAITING, lot=lot))
        holds += _holds_for(lot, line, supplier, today, own_terms, truck)
        holds += _holds_of_attributes(lot, said, missing)
        policies.append(
            {
                "line": position,
                "policy": "inspection on receipt" if is_inspected else "no inspection needed",
                **notes,
            }
        )

    entry = ledger.post(
        EntryKind.RECEIPT, actor=actor, client=client, key=key, claim=claim, moves=moves, document=number, party=supplier, site=site,
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, second_person=second_person, needs=needs, holds=holds,
        payload={"order": order.number if order else "", "policies": policies} | ({"orders": [o.number for o in orders]} if also else {}),
    )  # fmt: skip
    receipt = Receipt.objects.create(
        number=number,
        order=order,
        supplier=supplier,
        site=site,
        received_by=actor,
        received_at=entry.occurred_at,
        note=note,
        delivery_note=truck.delivery_note,
        carrier=truck.carrier,
        trailer=truck.trailer,
        seal=truck.seal,
        temperature=truck.temperature,
        temperature_unit=truck.temperature_unit if truck.temperature is not None else "",
        truck_passed=truck.passed,
        truck_note=truck.wrong,
    )
    ReceiptLine.objects.bulk_create(
        ReceiptLine(
            receipt=receipt, position=position, order_line=order_line, lot=move.lot, quantity=line.quantity, unit=line.unit or line.item.unit,
            pieces=line.pieces, location=move.destination, entry=entry,
        )
        for position, (line, move, order_line) in enumerate(
            zip(lines, moves, progress.lines, strict=True), start=1
        )
    )  # fmt: skip
    ReceiptItem.objects.bulk_create(
        ReceiptItem(receipt=receipt, item=item) for item in dict.fromkeys(line.item for line in lines)
    )
    attributes.keep(answers, actor=actor, document=number)
    matching.close_if_complete(orders, progress)
    if recorded_at is None:
        lots = [move.lot for move in moves]
        labels.print_after("receipt", lots=lots, site=site, document=number, actor=actor, key=key)
    return receipt


def _sent(
    order: PurchaseOrder | None,
    supplier: Party | None,
    lines: Sequence[ReceivedLot],
    occurred_at: Any,
    reason: str,
    second: Any,
) -> Any:
    return {
        "verb": "receive_delivery", "order": order and order.number, "supplier": supplier and supplier.code, "occurred_at": occurred_at, "reason": reason,
        "second": second and second.pk,
        "lines": [
            [x.item.code, x.quantity, x.unit, x.supplier_lot, x.expires_on, x.made_on, x.location and x.location.pk, x.lot_number, x.pieces, x.evidence, *([x.attributes] if x.attributes else [])]
            for x in lines
        ],
    }  # fmt: skip


def _check_delivery(
    orders: Sequence[PurchaseOrder], supplier: Party | None, lines: Sequence[ReceivedLot]
) -> None:
    if supplier is None:
        raise ledger.BadInput(
            "A delivery needs its supplier.",
            now="Choose the order or the supplier.",
            fields={"supplier": "missing"},
        )
    for order in orders:
        if supplier != order.supplier:
            raise ledger.BadInput(
                f"{order.number} is an order to {order.supplier}, not {supplier}.",
                now="Choose the right order.",
                fields={"order": order.number},
            )
    if not lines:
        raise ledger.BadInput(
            "A delivery without a line brings nothing.",
            now="Add at least one lot.",
            fields={"lines": "empty"},
        )
    for position, line in enumerate(lines, start=1):
        checked_quantity(line.quantity, position)
        for name in ("made_on", "expires_on"):
            _check_date(getattr(line, name), name, position)
        if line.pieces is not None and line.pieces <= 0:
            raise ledger.BadInput(
                "A number of pieces must be more than zero.",
                now="Count them, or leave it empty.",
                fields={f"lines.{position}.pieces": line.pieces},
            )


def _check_date(day: date | None, name: str, position: int) -> None:
    if day is None:
        return
    latest = timezone.now().date() + (LONGEST_LIFE if name == "expires_on" else timedelta(days=1))
    if not EARLIEST <= day <= latest:
        raise ledger.BadInput(
            f"{day} cannot be right.",
            now="Type the date as on the label.",
            fields={f"lines.{position}.{name}": day.isoformat()},
        )


def _place_of(line: ReceivedLot, position: int) -> Location:
    place = line.location or line.item.default_location
    if place is None:
        raise ledger.BadInput(
            f"Where does {line.item.code} go?",
            now="Scan a location.",
            fields={f"lines.{position}.location": "missing"},
        )
    if place.is_boundary:
        raise ledger.BadInput(
            f"{place} is not a place to put things.",
            now="Scan a location inside.",
            fields={f"lines.{position}.location": place.code},
        )
    return place


def _lot_for(
    line: ReceivedLot, position: int, *, supplier: Party, number: str, today: date, moves: Sequence[Move]
) -> tuple[Lot, dict[str, Any]]:
    """The lot a line makes, and what was decided for it. An item that is not tracked keeps its one lot."""
    notes: dict[str, Any] = {}
    if line.item.tracking == Tracking.NONE:
        known = [move.lot for move in moves if move.lot.item == line.item] or list(
            Lot.objects.filter(item=line.item, is_untracked=True).select_related("item")
        )
        lot = known[0] if known else Lot(item=line.item, number=line.item.code[:20], is_untracked=True)
        return lot, notes
    expires_on = line.expires_on
    if expires_on is None and line.made_on and (found := best_by(line.item, line.made_on)):
        expires_on = found
        notes["expiry"] = f"{_life(line.item)} from made on"
    elif expires_on is None and line.item.shelf_life_days and not line.item.needs_expiry:
        expires_on = best_by(line.item, today)
        notes["expiry"] = f"{_life(line.item)} from receipt"
    return (
        Lot(
            item=line.item, number=line.lot_number or _number_for(line, position, today, moves), supplier=supplier, supplier_lot=line.supplier_lot,
            received_under=number, made_on=line.made_on, expires_on=expires_on, code_source=line.code_source,
        ),
        notes,
    )  # fmt: skip


def _number_for(line: ReceivedLot, position: int, today: date, moves: Sequence[Move]) -> str:
    """By the item's pattern, else the supplier's own number, with a suffix when it came before (also earlier in this delivery)."""
    if line.item.lot_pattern:
        while True:
            number = numbering.number_by_pattern(line.item.lot_pattern, today)
            if not Lot.objects.filter(item=line.item, number=number).exists():
                return number
    if not line.supplier_lot:
        raise ledger.BadInput(
            f"{line.item.code} needs its supplier's lot number.",
            now="Scan or type it.",
            fields={f"lines.{position}.supplier_lot": "missing"},
        )
    base = ledger.check_code(line.supplier_lot, field=f"lines.{position}.supplier_lot", limit=80)
    if len(base) > 20:
        raise ledger.BadInput(
            f"{base} is too long for a lot number (20 characters).", now="Give the lot a number of our own beside the supplier's.",
            fields={f"lines.{position}.lot_number": "missing"},
        )  # fmt: skip
    number = numbering.number_for_supplier_lot(item_id=line.item.pk, supplier_lot=base)
    taken = {move.lot.number for move in moves if move.lot.item == line.item}
    counter = 2
    while number in taken:
        number, counter = f"{base}/{counter}", counter + 1
    return number


def _life(item: Item) -> str:
    return f"{item.shelf_life_days} days" if item.shelf_life_days else f"{item.shelf_life_months} months"


def _holds_for(
    lot: Lot, line: ReceivedLot, supplier: Party, today: date, own: terms.Terms, truck: Truck
) -> list[NewHold]:
    """A paper that is missing does not pass on to what is made; a doubt about the goods does."""
    item, holds = line.item, []
    if item.needs_expiry and lot.expires_on is None:
        holds.append(NewHold(lot=lot, reason="Best-by date is missing", cause="papers", cascades=False))
    least = terms.minimum_life(own, item)
    if least and lot.expires_on and (left := (lot.expires_on - today).days) < least:
        reason = f"Best-by {lot.expires_on} leaves {left} days; {least} are needed on arrival"
        holds.append(NewHold(lot=lot, reason=reason, cause="quality", cascades=False))
    if terms.needs_certificate(own, item) and not line.has_certificate:
        holds.append(NewHold(lot=lot, reason="Certificate is missing", cause="papers", cascades=False))
    if terms.is_suspended(own, supplier, item, today):
        what = "" if supplier.is_suspended else f" for {item.code}"
        holds.append(NewHold(lot=lot, reason=f"{supplier} is suspended{what}", cause="quality"))
    if truck.passed is False:
        holds.append(NewHold(lot=lot, reason=truck.hold_reason, cause="quality"))
    return holds


def _holds_of_attributes(lot: Lot, said: list[attributes.Said], missing: list[LotAttribute]) -> list[NewHold]:
    """What nobody said is a paper that is missing; what lies outside its limits is a doubt about the goods."""
    holds = []
    if missing:
        names = ", ".join(attribute.name for attribute in missing)
        holds.append(
            NewHold(
                lot=lot,
                reason=f"{names[:160]} {'is' if len(missing) == 1 else 'are'} missing",
                cause="papers",
                cascades=False,
            )
        )
    holds += [
        NewHold(lot=lot, reason=f"{one.words}; {attributes.limits(one.attribute)} is asked for"[:200], cause="quality", cascades=False)
        for one in said if one.is_within is False
    ]  # fmt: skip
    return holds
