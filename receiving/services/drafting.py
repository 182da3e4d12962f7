"""A delivery is opened by its order, by its supplier alone, and picked up again by whoever scans the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction

from receiving.models import Delivery, DeliveryState, PurchaseOrder
from receiving.rights import RECEIVE
from receiving.services.taking import desk_of
from traceability import ledger, permits

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site

TRUCK = (
    "delivery_note", "carrier", "trailer", "seal", "temperature", "temperature_unit", "is_cold", "is_sealed", "is_clean", "truck_note", "note",
)  # fmt: skip


@transaction.atomic
def open_order(*, order: PurchaseOrder, site: Site, actor: Person) -> Delivery:
    """The delivery of this order: the one that is open, whoever began it, else a new one. Refuses a closed order."""
    permits.require(actor, RECEIVE, to="receive a delivery")
    paper = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    found = paper.deliveries.open().filter(site=site).order_by("pk").first()
    if found:
        return found
    if paper.is_closed:
        raise ledger.BadInput(
            f"{paper.number} is closed.", "Everything came, or nothing more was expected.", "Receive what came now without an order.", fields={"order": paper.number}
        )  # fmt: skip
    made = Delivery.objects.create(key=uuid4().hex, supplier=paper.supplier, site=site, started_by=actor)
    made.orders.add(paper)
    return made


@transaction.atomic
def open_without_order(*, supplier: Party, site: Site, actor: Person) -> Delivery:
    """What comes unannounced. The delivery that this person began without an order goes on, if it is still open."""
    permits.require(actor, RECEIVE, to="receive a delivery")
    if not supplier.is_supplier:
        raise ledger.BadInput(
            f"{supplier} is not a supplier.", now="Choose a supplier.", fields={"supplier": supplier.code}
        )
    mine = (
        Delivery.objects.open()
        .filter(supplier=supplier, site=site, started_by=actor, orders__isnull=True)
        .first()
    )
    return mine or Delivery.objects.create(key=uuid4().hex, supplier=supplier, site=site, started_by=actor)


@transaction.atomic
def describe(*, delivery: Delivery, facts: Mapping[str, Any], actor: Person) -> Delivery:
    """The truck check and the papers that came along: only what is given is changed."""
    found = desk_of(delivery, actor).delivery
    for name in TRUCK:
        if name in facts:
            setattr(found, name, facts[name])
    found.save(update_fields=[*TRUCK, "changed_at"])
    return found


@transaction.atomic
def give_up(*, delivery: Delivery, reason: str, actor: Person) -> Delivery:
    """Nothing of it is received. What was scanned stays readable; the order is expected as before."""
    found = desk_of(delivery, actor).delivery
    if not reason.strip():
        raise ledger.ReasonRequired(
            "Giving a delivery up needs a reason.",
            now="Say why nothing of it is received.",
            fields={"reason": "missing"},
        )
    found.state, found.note = DeliveryState.LEFT, f"{found.note} {reason.strip()}".strip()[:200]
    found.save(update_fields=["state", "note", "changed_at"])
    return found
