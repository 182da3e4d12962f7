"""What a supplier will bring: purchase orders and trip tickets, written down before anything comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from receiving.models import OrderKind, PurchaseOrder, PurchaseOrderLine
from traceability import ledger, permits
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person

ABSURD_QUANTITY = Decimal(10) ** 9


@dataclass(slots=True, kw_only=True)
class OrderedItem:
    item: Item
    quantity: Decimal
    unit: str = ""


@transaction.atomic
def order(
    *,
    number: str,
    supplier: Party,
    lines: Sequence[OrderedItem],
    actor: Person,
    client: str,
    key: str,
    kind: str = OrderKind.PURCHASE_ORDER,
    ordered_on: date | None = None,
    expected_on: date | None = None,
    harvest_area: str = "",
    harvested_from: date | None = None,
    harvested_to: date | None = None,
    note: str = "",
) -> PurchaseOrder:
    """Write down what a supplier will bring. No price: accounts payable matches the invoice to what was received."""
    permits.require(actor, "receiving.receive", "receiving.announce", to="announce a delivery")
    number = ledger.check_code(number, field="number", limit=40)
    sent = {
        "number": number,
        "supplier": supplier,
        "kind": kind,
        "lines": [[line.item, line.quantity, line.unit] for line in lines],
    }

    def make(keys: dict[str, Any]) -> PurchaseOrder:
        if not supplier.is_supplier:
            raise ledger.BadInput(
                f"{supplier} is not a supplier.", now="Choose a supplier.", fields={"supplier": supplier.code}
            )
        if PurchaseOrder.objects.filter(number=number).exists():
            raise ledger.BadInput(
                f"There is an order {number} already.", now="Use another number.", fields={"number": number}
            )
        paper = PurchaseOrder.objects.create(
            number=number, supplier=supplier, kind=kind, ordered_on=ordered_on, expected_on=expected_on, ordered_by=actor,
            harvest_area=harvest_area, harvested_from=harvested_from, harvested_to=harvested_to, note=note, **keys,
        )  # fmt: skip
        PurchaseOrderLine.objects.bulk_create(
            PurchaseOrderLine(
                order=paper,
                position=position,
                item=line.item,
                quantity=checked_quantity(line.quantity, position),
                unit=line.unit or line.item.unit,
            )
            for position, line in enumerate(lines, start=1)
        )
        return paper

    return once(PurchaseOrder, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def close_order(*, order: PurchaseOrder, reason: str, actor: Person, client: str, key: str) -> PurchaseOrder:
    """Expect nothing more on an order that came short. Closing a closed order changes nothing."""
    permits.require(actor, "receiving.receive", to="close an order")
    paper = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    if paper.is_closed:
        return paper
    if not reason.strip():
        raise ledger.ReasonRequired(
            "Closing an order that is not complete needs a reason.",
            now="Say why nothing more will come.",
            fields={"reason": "missing"},
        )
    paper.is_closed, paper.note = True, f"{paper.note} {reason}".strip()[:200]
    paper.save(update_fields=["is_closed", "note"])
    return paper


def checked_quantity(quantity: Decimal, position: int) -> Decimal:
    if not quantity.is_finite() or quantity <= 0:
        raise ledger.BadInput(
            "A quantity must be more than zero.",
            now="Type what came.",
            fields={f"lines.{position}.quantity": str(quantity)},
        )
    if quantity >= ABSURD_QUANTITY:
        raise ledger.BadInput(
            f"{ledger.plain(quantity)} is more than any truck brings.",
            now="Check the quantity and the unit.",
            fields={f"lines.{position}.quantity": str(quantity)},
        )
    return quantity
