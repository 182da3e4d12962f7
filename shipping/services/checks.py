"""What may go into a shipment: the right item, the lot that was asked for, enough life, and a promise that still stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from shipping.models import OrderStatus, Shipment, ShipmentLine, ShipmentStatus, ShippingStep
from shipping.services.ordering import OrderNotOpen
from traceability import ledger, units
from traceability.models import (
    Entry,
    Lot,
    Reservation,
)

if TYPE_CHECKING:
    from traceability.models import Person


class TooLittleLife(ledger.Refusal):
    code: ClassVar[str] = "too_little_life"

    def __init__(self, *, lot: Lot, left: int, asked: int, customer: Any):
        super().__init__(
            f"Lot {lot.number} expires on {lot.expires_on:%Y-%m-%d}, in {left} days.", f"{customer} asks for {asked} days.", "Take a younger lot.",
            fields={"lot": lot.number, "days_left": left, "days_asked": asked}, lots=[lot.pk],
        )  # fmt: skip


class NotOnOrder(ledger.Refusal):
    code: ClassVar[str] = "not_on_order"


class OtherLotRequested(ledger.Refusal):
    code: ClassVar[str] = "other_lot_requested"


class MoreThanOrdered(ledger.Refusal):
    code: ClassVar[str] = "more_than_ordered"


class ShipmentLeft(ledger.Refusal):
    code: ClassVar[str] = "shipment_left"

    def __init__(self, shipment: Shipment):
        is_cancelled = shipment.status == ShipmentStatus.CANCELLED
        super().__init__(
            f"{shipment.number} was cancelled." if is_cancelled else f"{shipment.number} has left.",
            now="Start another shipment." if is_cancelled else "Start another shipment, or record a return.",
            fields={"shipment": shipment.number},
        )


class PromiseBroken(ledger.Refusal):
    """What was picked is not promised any more: a hold, a count or a recorded fact came in between."""

    code: ClassVar[str] = "promise_broken"

    def __init__(self, *, lot: Lot, entry: Entry | None):
        why = (
            f"Entry {entry.seq} ({entry.get_kind_display().lower()}{f', {entry.document}' if entry.document else ''}) took the promise away."
            if entry
            else ""
        )
        super().__init__(
            f"Lot {lot.number} was picked, but is not promised to this shipment any more.", why, "Take it off the shipment and pick another lot.",
            fields={"lot": lot.number, "entry": entry.seq if entry else None}, lots=[lot.pk],
        )  # fmt: skip


def being_picked(shipment: Shipment) -> Shipment:
    """The shipment, locked, so that it does not leave while somebody picks for it."""
    paper = (
        Shipment.objects.select_for_update(of=("self",))
        .select_related("site", "customer", "order")
        .get(pk=shipment.pk)
    )
    if paper.status != ShipmentStatus.PICKING:
        raise ShipmentLeft(paper)
    return paper


def lines_of(paper: Shipment) -> list[ShipmentLine]:
    rows = ShipmentLine.objects.filter(shipment=paper, is_taken_out=False).select_related(
        "lot__item", "location__site", "container"
    )
    return list(rows.order_by("position"))


def place_of(line: ShipmentLine) -> tuple[int, int, int | None]:
    return line.lot_id, line.location_id, line.container_id


def check_order(paper: Shipment, lot: Lot, amount: Decimal, because: str) -> int | None:
    """The right item is checked at the pick. Returns the days of life that the order asks for, if it asks.

    Another item is refused. Another lot than the one asked for, and more than was ordered, are taken with a reason.
    """
    if paper.order is None:
        return None
    if paper.order.status != OrderStatus.OPEN:
        raise OrderNotOpen(paper.order)
    lines = list(paper.order.lines.select_related("item", "lot"))
    wanted = [line for line in lines if line.item_id == lot.item_id]
    if not wanted:
        codes = ", ".join(sorted({line.item.code for line in lines}))
        raise NotOnOrder(
            f"{lot.item.code} is not on {paper.order.number}.", f"It asks for {codes}.", "Take a lot of an item that was ordered.",
            fields={"item": lot.item.code, "order": paper.order.number}, lots=[lot.pk],
        )  # fmt: skip
    asked_for = [line.lot for line in wanted if line.lot]
    if len(asked_for) == len(wanted) and lot not in asked_for and not because.strip():
        numbers = ", ".join(one.number for one in asked_for)
        raise OtherLotRequested(
            f"{paper.order.number} asks for lot {numbers}.", "", f"Take {numbers}, or say why {lot.number} goes instead.",
            fields={"lot": lot.number, "requested": [one.number for one in asked_for]}, lots=[lot.pk],
        )  # fmt: skip
    ordered = sum((units.to_base(line.item, line.quantity, line.unit) for line in wanted), Decimal(0))
    rows = ShipmentLine.objects.filter(shipment__order=paper.order, lot__item=lot.item_id, is_taken_out=False)
    picked = sum(rows.values_list("quantity", flat=True), Decimal(0))
    if picked + amount > ordered and not because.strip():
        unit = lot.item.unit
        raise MoreThanOrdered(
            f"{paper.order.number} asks for {ledger.plain(ordered)} {unit} of {lot.item.code}; {ledger.plain(picked)} {unit} are picked already.",
            "", f"Pick {ledger.plain(max(ordered - picked, Decimal(0)))} {unit}, or say why more goes.",
            fields={"item": lot.item.code, "ordered": ledger.plain(ordered), "picked": ledger.plain(picked)}, lots=[lot.pk],
        )  # fmt: skip
    return max(
        (line.minimum_life_days for line in wanted if line.minimum_life_days is not None), default=None
    )


def check_life(lot: Lot, shipment: Shipment, today: date, by_order: int | None = None) -> None:
    """The remaining life that this customer asks for, by rule or on the order; the longer one counts."""
    wanted = [days for days in (shipment.customer.minimum_life_days, by_order) if days is not None]
    asked = max(wanted, default=None)
    if asked is None or lot.expires_on is None:
        return
    left = (lot.expires_on - today).days
    if left < asked:
        raise TooLittleLife(lot=lot, left=left, asked=asked, customer=shipment.customer)


def check_promises(paper: Shipment, lines: Sequence[ShipmentLine]) -> None:
    """A line whose promise was broken does not leave, even if the hold was lifted since: somebody has to look again.

    Read before the lots are locked; a hold that comes later still is found by the door, which reads it under the lock.
    """
    rows = list(
        Reservation.objects.filter(
            document=paper.number, lot__in=[line.lot_id for line in lines]
        ).select_related("broken_in")
    )
    promised: dict[tuple[int, int, int | None], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.broken_in_id is None:
            promised[row.lot_id, row.location_id, row.container_id] += row.quantity
    wanted: dict[tuple[int, int, int | None], Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[place_of(line)] += line.quantity
    on_hold = set(
        Lot.objects.on_hold().filter(pk__in=[line.lot_id for line in lines]).values_list("pk", flat=True)
    )
    for line in lines:
        if (
            promised[place_of(line)] < wanted[place_of(line)] and line.lot_id not in on_hold
        ):  # The door says more about a lot on hold.
            broken = [row for row in rows if row.lot_id == line.lot_id and row.broken_in]
            raise PromiseBroken(lot=line.lot, entry=broken[-1].broken_in if broken else None)


def write_step(line: ShipmentLine, verb: str, actor: Person, client: str, key: str) -> None:
    ShippingStep.objects.get_or_create(
        client=client, key=key,
        defaults={
            "shipment_id": line.shipment_id, "line": line, "verb": verb, "by": actor, "fingerprint": b"\x00" * 32,
            "note": f"{ledger.plain(line.quantity)} {line.lot.item.unit} of {line.lot.number}",
        },
    )  # fmt: skip
