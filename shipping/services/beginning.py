"""A shipment begins, gets its truck, or is given up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shipping.models import Order, OrderStatus, Shipment, ShipmentLine, ShipmentStatus, ShippingStep
from shipping.services.checks import being_picked
from shipping.services.ordering import check_customer, require_reason
from traceability import ledger, numbering, permits
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site

TRUCK = ("carrier", "truck", "door", "seal", "truck_celsius")


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
        # As it is now: it may have been cancelled while somebody looked at it.
        paper = (
            Order.objects.select_for_update(of=("self",)).select_related("customer").get(pk=order.pk)
            if order
            else None
        )
        to = customer or (paper.customer if paper else None)
        if to is None:
            raise ledger.BadInput(
                "A shipment needs to know for whom.",
                now="Choose the order or the customer.",
                fields={"customer": "missing"},
            )
        check_customer(to)
        if paper and (to != paper.customer or paper.status != OrderStatus.OPEN):
            why = (
                f"It is for {paper.customer}."
                if to != paper.customer
                else f"It is {paper.get_status_display().lower()}."
            )
            raise ledger.BadInput(
                f"{paper.number} cannot be shipped like this.",
                why,
                "Choose an open order of this customer.",
                fields={"order": paper.number},
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


@transaction.atomic
def set_truck(*, shipment: Shipment, facts: dict[str, Any], actor: Person) -> Shipment:
    """Carrier, truck, door, seal and how cold it was, while it is being loaded."""
    permits.require(actor, "shipping.pick", "shipping.ship", to="describe the truck")
    paper = being_picked(shipment)
    check_truck(facts)
    for name in TRUCK:
        if name in facts:
            setattr(paper, name, facts[name])
    paper.save(update_fields=list(TRUCK))
    return paper


def check_truck(facts: dict[str, Any]) -> None:
    celsius: Decimal | None = facts.get("truck_celsius")
    if celsius is not None and not (celsius.is_finite() and -90 <= celsius <= 90):
        raise ledger.BadInput(
            f"{celsius} °C is no temperature of a truck.",
            now="Type it as measured, in °C.",
            fields={"truck_celsius": str(celsius)},
        )


@transaction.atomic
def cancel_shipment(*, shipment: Shipment, reason: str, actor: Person, client: str, key: str) -> Shipment:
    """Give up a shipment that has not left: all its picks are put back, and what was promised to it is free."""
    permits.require(actor, "shipping.pick", to="cancel a shipment")

    def make(keys: dict[str, Any]) -> ShippingStep:
        paper = being_picked(shipment)
        require_reason(reason)
        ShipmentLine.objects.filter(shipment=paper, is_taken_out=False).update(
            is_taken_out=True, loaded_at=None, loaded_by=None
        )
        paper.status = ShipmentStatus.CANCELLED
        paper.save(update_fields=["status"])
        ledger.unreserve(document=paper.number)
        return ShippingStep.objects.create(shipment=paper, verb="cancel", note=reason, by=actor, **keys)

    sent = {"verb": "cancel_shipment", "shipment": shipment.pk, "reason": reason}
    once(ShippingStep, client=client, key=key, sent=sent, make=make)
    return Shipment.objects.get(pk=shipment.pk)
