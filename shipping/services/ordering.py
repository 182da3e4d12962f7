"""What customers want: written down, changed while it is open, cancelled, or closed short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from shipping.models import Order, OrderLine, OrderStatus, Shipment, ShipmentLine, ShippingStep
from traceability import ledger, numbering, permits, units
from traceability.keyed import once
from traceability.ledger import plain

if TYPE_CHECKING:
    from traceability.models import Item, Lot, Party, Person

CHANGEABLE = ("due_on", "note", "customer_reference")


class OrderNotOpen(ledger.Refusal):
    code = "order_not_open"

    def __init__(self, order: Order):
        super().__init__(
            f"{order.number} is {order.get_status_display().lower()}.", now="Enter another order.",
            fields={"order": order.number, "status": order.status},
        )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class OrderedItem:
    """`lot`: the customer asks for this one. `minimum_life_days`: more than the customer's own rule."""

    item: Item
    quantity: Decimal
    unit: str = ""
    lot: Lot | None = None
    minimum_life_days: int | None = None


@transaction.atomic
def order(
    *,
    customer: Party,
    lines: Sequence[OrderedItem],
    actor: Person,
    client: str,
    key: str,
    number: str = "",
    due_on: date | None = None,
    note: str = "",
    customer_reference: str = "",
) -> Order:
    """Write down what a customer wants."""
    permits.require(actor, "shipping.plan", to="enter an order")
    number = ledger.check_code(number, field="number", limit=40) if number else ""
    sent = {
        "number": number,
        "customer": customer.code,
        "due_on": due_on,
        "lines": [[line.item.code, line.quantity, line.unit, *_special(line)] for line in lines],
    }
    if customer_reference:
        sent["customer_reference"] = customer_reference = ledger.check_code(
            customer_reference, field="customer_reference", limit=40
        )

    def make(keys: dict[str, Any]) -> Order:
        check_customer(customer)
        _check_lines(lines)
        if number and Order.objects.filter(number=number).exists():
            raise ledger.BadInput(
                f"There is an order {number} already.", now="Use another number.", fields={"number": number}
            )
        paper = Order.objects.create(
            number=number or numbering.next_number("SO-"), customer=customer, due_on=due_on, ordered_by=actor, note=note,
            customer_reference=customer_reference, **keys,
        )  # fmt: skip
        _write_lines(paper, lines)
        return paper

    return once(Order, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def change_order(
    *,
    order: Order,
    changes: dict[str, Any],
    actor: Person,
    client: str,
    key: str,
    lines: Sequence[OrderedItem] | None = None,
) -> Order:
    """Change days, words or lines of an open order. What is picked or has left stays ordered."""
    permits.require(actor, "shipping.plan", to="change an order")

    def make(keys: dict[str, Any]) -> ShippingStep:
        paper = _open(order)
        told = [
            f"{name}: {getattr(paper, name) or '-'} to {changes[name] or '-'}"
            for name in CHANGEABLE
            if name in changes
        ]
        for name in CHANGEABLE:
            if name in changes:
                setattr(paper, name, changes[name])
        paper.save(update_fields=list(CHANGEABLE))
        if lines is not None:
            _check_lines(lines)
            _check_taken(paper, lines)
            before = "; ".join(
                f"{plain(line.quantity)} {line.unit} {line.item.code}"
                for line in paper.lines.select_related("item")
            )
            told.append(f"Before: {before}")
            paper.lines.all().delete()
            _write_lines(paper, lines)
        return ShippingStep.objects.create(order=paper, verb="change", note="\n".join(told), by=actor, **keys)

    sent = {"verb": "change_order", "order": order.pk, "changes": changes}
    if lines is not None:
        sent["lines"] = [[line.item.code, line.quantity, line.unit, *_special(line)] for line in lines]
    once(ShippingStep, client=client, key=key, sent=sent, make=make)
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def cancel_order(*, order: Order, reason: str, actor: Person, client: str, key: str) -> Order:
    """Nothing of it will leave any more. Refused while something is picked for it or has left."""
    permits.require(actor, "shipping.plan", to="cancel an order")

    def make(keys: dict[str, Any]) -> ShippingStep:
        paper = _open(order)
        require_reason(reason)
        taken = (
            ShipmentLine.objects.filter(shipment__order=paper, is_taken_out=False)
            .select_related("shipment")
            .first()
        )
        if taken:
            raise ledger.Refusal(
                f"{taken.shipment.number} has picks for {paper.number}.", "" if taken.entry_id is None else "It has left.",
                "Take them off first." if taken.entry_id is None else "Close the order short instead.", fields={"order": paper.number},
            )  # fmt: skip
        paper.status = OrderStatus.CANCELLED
        paper.save(update_fields=["status"])
        return ShippingStep.objects.create(order=paper, verb="cancel", note=reason, by=actor, **keys)

    sent = {"verb": "cancel_order", "order": order.pk, "reason": reason}
    once(ShippingStep, client=client, key=key, sent=sent, make=make)
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def close_short(*, order: Order, reason: str, actor: Person, client: str, key: str) -> Order:
    """What has not left will not: the order is done as it stands."""
    permits.require(actor, "shipping.plan", "shipping.ship", to="close an order short")

    def make(keys: dict[str, Any]) -> ShippingStep:
        paper = _open(order)
        require_reason(reason)
        picking = Shipment.objects.picking().filter(order=paper).first()
        if picking:
            raise ledger.Refusal(
                f"{picking.number} is being picked for {paper.number}.",
                "",
                "Ship it or cancel it first.",
                fields={"shipment": picking.number},
            )
        paper.status = OrderStatus.SHIPPED
        paper.save(update_fields=["status"])
        return ShippingStep.objects.create(order=paper, verb="close_short", note=reason, by=actor, **keys)

    sent = {"verb": "close_short", "order": order.pk, "reason": reason}
    once(ShippingStep, client=client, key=key, sent=sent, make=make)
    return Order.objects.get(pk=order.pk)


def check_customer(party: Party) -> None:
    if not party.is_customer:
        raise ledger.BadInput(
            f"{party} is not a customer.", now="Choose a customer.", fields={"customer": party.code}
        )


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise ledger.ReasonRequired(
            "This needs a reason.", now="Say why in a few words.", fields={"reason": "missing"}
        )


def _open(order: Order) -> Order:
    paper = Order.objects.select_for_update(of=("self",)).select_related("customer").get(pk=order.pk)
    if paper.status != OrderStatus.OPEN:
        raise OrderNotOpen(paper)
    return paper


def _special(line: OrderedItem) -> list[Any]:
    return [line.lot and line.lot.pk, line.minimum_life_days] if line.lot or line.minimum_life_days else []


def _check_lines(lines: Sequence[OrderedItem]) -> None:
    if not lines:
        raise ledger.BadInput(
            "An order without a line asks for nothing.",
            now="Add at least one item.",
            fields={"lines": "empty"},
        )
    for position, line in enumerate(lines, start=1):
        if not line.quantity.is_finite() or line.quantity <= 0:
            raise ledger.BadInput(
                "A quantity must be more than zero.",
                now="Type what was ordered.",
                fields={f"lines.{position}.quantity": str(line.quantity)},
            )
        if line.lot and line.lot.item_id != line.item.pk:
            raise ledger.BadInput(
                f"{line.lot.number} is no lot of {line.item.code}.", now="Name a lot of the item that is ordered.",
                fields={f"lines.{position}.lot": line.lot.number},
            )  # fmt: skip
        # An order that nobody could pick for is told now.
        units.to_base(line.item, line.quantity, line.unit)


def _check_taken(paper: Order, lines: Sequence[OrderedItem]) -> None:
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[line.item.pk] += units.to_base(line.item, line.quantity, line.unit)
    taken: dict[int, Decimal] = defaultdict(Decimal)
    rows = ShipmentLine.objects.filter(shipment__order=paper, is_taken_out=False).select_related("lot__item")
    for row in rows:
        taken[row.lot.item_id] += row.quantity
        if taken[row.lot.item_id] > wanted[row.lot.item_id]:
            raise ledger.Refusal(
                f"{plain(taken[row.lot.item_id])} {row.lot.item.unit} of {row.lot.item.code} are picked or have left.", "",
                "Order at least that much, or take picks off first.", fields={"item": row.lot.item.code},
            )  # fmt: skip


def _write_lines(paper: Order, lines: Sequence[OrderedItem]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(
            order=paper, position=position, item=line.item, quantity=line.quantity, unit=line.unit or line.item.unit, lot=line.lot,
            minimum_life_days=line.minimum_life_days,
        )
        for position, line in enumerate(lines, start=1)
    )  # fmt: skip
