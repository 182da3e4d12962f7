"""Customer orders, and the shipments that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shipping.models import Order, OrderLine, OrderStatus, Shipment
from traceability import ledger, numbering, permits
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person, Site


@dataclass(slots=True, kw_only=True)
class OrderedItem:
    item: Item
    quantity: Decimal
    unit: str = ""


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
) -> Order:
    """Write down what a customer wants."""
    permits.require(actor, "shipping.plan", to="enter an order")
    number = ledger.check_code(number, field="number", limit=40) if number else ""
    sent = {
        "number": number,
        "customer": customer.code,
        "due_on": due_on,
        "lines": [[line.item.code, line.quantity, line.unit] for line in lines],
    }

    def make(keys: dict[str, Any]) -> Order:
        _check_customer(customer)
        if not lines:
            raise ledger.BadInput(
                "An order without a line asks for nothing.",
                now="Add at least one item.",
                fields={"lines": "empty"},
            )
        if any(not line.quantity.is_finite() or line.quantity <= 0 for line in lines):
            raise ledger.BadInput(
                "A quantity must be more than zero.",
                now="Type what was ordered.",
                fields={"lines": "quantity"},
            )
        if number and Order.objects.filter(number=number).exists():
            raise ledger.BadInput(
                f"There is an order {number} already.", now="Use another number.", fields={"number": number}
            )
        paper = Order.objects.create(
            number=number or numbering.next_number("SO-"),
            customer=customer,
            due_on=due_on,
            ordered_by=actor,
            note=note,
            **keys,
        )
        OrderLine.objects.bulk_create(
            OrderLine(
                order=paper,
                position=position,
                item=line.item,
                quantity=line.quantity,
                unit=line.unit or line.item.unit,
            )
            for position, line in enumerate(lines, start=1)
        )
        return paper

    return once(Order, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def start_shipment(
    *,
    site: Site,
    actor: Person,
    client: str,
    key: str,
    order: Order | None = None,
    customer: Party | None = None,
    number: str = "",
    carrier: str = "",
    occurred_at: datetime | None = None,
) -> Shipment:
    """Begin a shipment for an order or straight for a customer. Nothing moves yet."""
    permits.require(actor, "shipping.pick", to="start a shipment")
    number = ledger.check_code(number, field="number", limit=40) if number else ""
    sent = {
        "number": number,
        "order": order and order.number,
        "customer": customer and customer.code,
        "site": site.pk,
        "carrier": carrier,
    }

    def make(keys: dict[str, Any]) -> Shipment:
        to = customer or (order.customer if order else None)
        if to is None:
            raise ledger.BadInput(
                "A shipment needs to know for whom.",
                now="Choose the order or the customer.",
                fields={"customer": "missing"},
            )
        _check_customer(to)
        if order and (to != order.customer or order.status != OrderStatus.OPEN):
            why = (
                f"It is for {order.customer}."
                if to != order.customer
                else f"It is {order.get_status_display().lower()}."
            )
            raise ledger.BadInput(
                f"{order.number} cannot be shipped like this.",
                why,
                "Choose an open order of this customer.",
                fields={"order": order.number},
            )
        if number and Shipment.objects.filter(number=number).exists():
            raise ledger.BadInput(
                f"There is a shipment {number} already.", now="Use another number.", fields={"number": number}
            )
        return Shipment.objects.create(
            number=number or numbering.next_number("SH-", digits=4), order=order, customer=to, site=site, carrier=carrier, started_by=actor,
            started_at=occurred_at or timezone.now(), **keys,
        )  # fmt: skip

    return once(Shipment, client=client, key=key, sent=sent, make=make)


def _check_customer(party: Party) -> None:
    if not party.is_customer:
        raise ledger.BadInput(
            f"{party} is not a customer.", now="Choose a customer.", fields={"customer": party.code}
        )
