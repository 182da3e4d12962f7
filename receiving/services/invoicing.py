"""Matching a supplier's invoice to what was received without a price. It never blocks a receipt, and never changes the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from receiving.models import InvoiceLine, InvoiceMatch, Receipt, ReceiptItem, SupplierInvoice
from receiving.rights import MATCH
from receiving.services.announcing import checked_quantity
from traceability import ledger, permits, reach, units
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person

AHEAD = 366  # days a date may lie ahead before it is taken for a slip


@dataclass(slots=True, kw_only=True)
class InvoicedItem:
    """What an invoice asks for. Without a receipt, it is matched to the oldest that are open."""

    item: Item
    quantity: Decimal
    unit: str = ""
    receipt: Receipt | None = None


@transaction.atomic
def enter_invoice(
    *,
    supplier: Party,
    number: str,
    dated: date,
    lines: Sequence[InvoicedItem],
    actor: Person,
    client: str,
    key: str,
    note: str = "",
) -> SupplierInvoice:
    """Write an invoice down and match each line, as far as something was received for it. What is left is its difference, in sight."""
    permits.require(actor, MATCH, to="match an invoice")
    number = ledger.check_code(number, field="number", limit=40)
    sent = {
        "number": number, "supplier": supplier, "dated": dated,
        "lines": [[line.item, line.quantity, line.unit, line.receipt and line.receipt.number] for line in lines],
    }  # fmt: skip

    def make(keys: dict[str, Any]) -> SupplierInvoice:
        _check(supplier, number, dated, lines)
        paper = SupplierInvoice.objects.create(
            number=number, supplier=supplier, dated=dated, note=note, entered_by=actor, **keys
        )
        rows = InvoiceLine.objects.bulk_create(
            InvoiceLine(
                invoice=paper, position=position, item=line.item, quantity=checked_quantity(line.quantity, position), unit=line.unit or line.item.unit,
                base=units.to_base(line.item, line.quantity, line.unit),
            )
            for position, line in enumerate(lines, start=1)
        )  # fmt: skip
        for row, line in zip(rows, lines, strict=True):
            _match_oldest(row, supplier, line.receipt, actor)
        return paper

    return once(SupplierInvoice, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def match(*, line: InvoiceLine, receipt_item: ReceiptItem, quantity: Decimal, actor: Person) -> InvoiceMatch:
    """Match a part of an invoice line by hand, in the item's base unit: at most what is open on both sides."""
    permits.require(actor, MATCH, to="match an invoice")
    InvoiceLine.objects.select_for_update().get(pk=line.pk)
    row = InvoiceLine.objects.with_difference().select_related("invoice", "item").get(pk=line.pk)
    target = _locked([receipt_item.pk])[0]
    if target.item_id != row.item_id or target.receipt.supplier_id != row.invoice.supplier_id:
        raise ledger.BadInput(
            "That receipt is of another item or supplier.",
            now="Choose one of the receipts below.",
            fields={"receipt": str(target.receipt)},
        )
    checked_quantity(quantity, 1)
    for open_there, where in (
        (row.difference, f"line {row.position} of {row.invoice}"),
        (target.open, str(target.receipt)),
    ):
        if quantity > open_there:
            raise ledger.BadInput(
                f"Only {ledger.plain(max(open_there, Decimal(0)))} {row.item.unit} of {where} is open.", now="Match that much, or less.", fields={"quantity": str(quantity)}
            )  # fmt: skip
    return InvoiceMatch.objects.create(line=row, receipt_item=target, quantity=quantity, matched_by=actor)


@transaction.atomic
def undo_match(*, match: InvoiceMatch, reason: str, actor: Person) -> None:
    """Take a match back. It stays readable, with the reason."""
    permits.require(actor, MATCH, to="undo a match")
    if not reason.strip():
        raise ledger.ReasonRequired(
            "Undoing a match needs a reason.", now="Say what was wrong.", fields={"reason": "missing"}
        )
    InvoiceMatch.objects.standing().filter(pk=match.pk).update(
        undone_at=timezone.now(), undone_by=actor, undone_reason=reason.strip()[:200]
    )


def open_for(line: InvoiceLine) -> list[Any]:
    """The receipts of this supplier and item of which something is open, the oldest first."""
    rows = ReceiptItem.objects.not_invoiced().filter(
        receipt__supplier=line.invoice.supplier_id, item=line.item_id
    )
    return list(rows.select_related("receipt__order", "item").order_by("receipt__received_at", "pk"))


def _check(supplier: Party, number: str, dated: date, lines: Sequence[InvoicedItem]) -> None:
    if not supplier.is_supplier:
        raise ledger.BadInput(
            f"{supplier} is not a supplier.", now="Choose a supplier.", fields={"supplier": supplier.code}
        )
    if not lines:
        raise ledger.BadInput(
            "An invoice without a line asks for nothing.",
            now="Add at least one item.",
            fields={"lines": "empty"},
        )
    if not date(2000, 1, 1) <= dated or (dated - timezone.localdate()).days > AHEAD:
        raise ledger.BadInput(
            f"{dated} cannot be right.",
            now="Type the date on the invoice.",
            fields={"dated": dated.isoformat()},
        )
    if SupplierInvoice.objects.filter(supplier=supplier, number=number).exists():
        raise ledger.BadInput(
            f"Invoice {number} of {supplier} is entered already.",
            now="Open it, or check its number.",
            fields={"number": number},
        )
    for line in lines:
        if line.receipt and line.receipt.supplier_id != supplier.pk:
            raise ledger.BadInput(
                f"{line.receipt} came from {line.receipt.supplier}, not {supplier}.",
                now="Choose the right receipt.",
                fields={"receipt": line.receipt.number},
            )


def _match_oldest(row: InvoiceLine, supplier: Party, receipt: Receipt | None, actor: Person) -> None:
    rows = ReceiptItem.objects.filter(receipt__supplier=supplier, item=row.item_id)
    if receipt:
        rows = rows.filter(receipt=receipt)
    waiting = (
        reach.seen(ReceiptItem.objects.not_invoiced())
        .filter(pk__in=rows)
        .order_by("receipt__received_at", "pk")
        .values_list("pk", flat=True)
    )
    left = row.base
    for target in _locked(list(waiting)):
        take = min(left, target.open)
        if take > 0:
            InvoiceMatch.objects.create(line=row, receipt_item=target, quantity=take, matched_by=actor)
            left -= take


def _locked(ids: list[int]) -> list[Any]:
    """Locked, so that two invoices at once cannot have the same goods; read again under the lock, in the order given."""
    list(ReceiptItem.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    found = {
        row.pk: row
        for row in ReceiptItem.objects.with_open()
        .filter(pk__in=ids)
        .select_related("receipt__supplier", "item")
    }
    return [found[pk] for pk in ids if pk in found]
