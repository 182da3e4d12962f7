"""What a supplier will bring: purchase orders and trip tickets, written down before anything comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from receiving.models import AnnouncedLot, OrderKind, PurchaseOrder, PurchaseOrderLine
from traceability import ledger, permits, units
from traceability.keyed import once
from traceability.scanning.gs1 import has_check_digit

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person

ABSURD_QUANTITY = Decimal(10) ** 9


@dataclass(slots=True, kw_only=True)
class Announced:
    """A lot that the supplier says it sends. Without a unit, that of its line."""

    supplier_lot: str
    quantity: Decimal
    unit: str = ""
    sscc: str = ""
    pieces: int | None = None
    made_on: date | None = None
    expires_on: date | None = None


@dataclass(slots=True, kw_only=True)
class OrderedItem:
    item: Item
    quantity: Decimal
    unit: str = ""
    lots: Sequence[Announced] = field(default_factory=tuple)


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
        "lines": [[line.item, line.quantity, line.unit, *_told(line.lots)] for line in lines],
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
        if harvested_from and harvested_to and harvested_to < harvested_from:
            raise ledger.BadInput(
                "The harvest ends before it begins.",
                now="Check both days.",
                fields={"harvested_to": harvested_to.isoformat()},
            )
        paper = PurchaseOrder.objects.create(
            number=number, supplier=supplier, kind=kind, ordered_on=ordered_on, expected_on=expected_on, ordered_by=actor,
            harvest_area=harvest_area, harvested_from=harvested_from, harvested_to=harvested_to, note=note, **keys,
        )  # fmt: skip
        rows = PurchaseOrderLine.objects.bulk_create(
            PurchaseOrderLine(
                order=paper,
                position=position,
                item=line.item,
                quantity=_known_amount(line, position),
                unit=line.unit or line.item.unit,
            )
            for position, line in enumerate(lines, start=1)
        )
        AnnouncedLot.objects.bulk_create(
            _announced(row, lot) for row, line in zip(rows, lines, strict=True) for lot in line.lots
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


def _told(lots: Sequence[Announced]) -> Iterator[Any]:
    """Nothing where no lot is announced: such an order is what it always was."""
    if lots:
        yield [[x.supplier_lot, x.quantity, x.unit, x.sscc, x.pieces, x.made_on, x.expires_on] for x in lots]


def _known_amount(line: OrderedItem, position: int) -> Decimal:
    quantity = checked_quantity(line.quantity, position)
    units.to_base(line.item, quantity, line.unit)
    return quantity


def _announced(row: PurchaseOrderLine, lot: Announced) -> AnnouncedLot:
    where = f"lines.{row.position}.lots"
    number = ledger.check_code(lot.supplier_lot, field=f"{where}.supplier_lot", limit=80)
    if not number:
        raise ledger.BadInput(
            "A lot needs its number.", now="Send it as printed.", fields={f"{where}.supplier_lot": "missing"}
        )
    if lot.sscc and (len(lot.sscc) != 18 or not has_check_digit(lot.sscc)):
        raise ledger.BadInput(
            f"{lot.sscc} is not the number of a pallet (SSCC).", "It has 18 digits, the last of which checks the others.", "Send it as on the label, or leave it out.",
            fields={f"{where}.sscc": lot.sscc},
        )  # fmt: skip
    if lot.made_on and lot.expires_on and lot.expires_on < lot.made_on:
        raise ledger.BadInput(
            f"{number} expires before it was made.", now="Check both days.", fields={f"{where}.expires_on": lot.expires_on.isoformat()}
        )  # fmt: skip
    unit = lot.unit or row.unit
    units.to_base(row.item, checked_quantity(lot.quantity, row.position), unit)
    return AnnouncedLot(
        line=row, sscc=lot.sscc, supplier_lot=number, quantity=lot.quantity, unit=unit, pieces=lot.pieces, made_on=lot.made_on, expires_on=lot.expires_on
    )  # fmt: skip


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
