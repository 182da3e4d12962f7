"""What came against what was ordered: which line each lot belongs to, how far over, and whether all of it is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from receiving.models import PurchaseOrder, PurchaseOrderLine, ReceiptLine
from receiving.services.terms import Terms, limit_of, most_of, over_percent
from traceability import ledger, units

if TYPE_CHECKING:
    from receiving.services.receiving import ReceivedLot
    from traceability.models import Item


class OverReceipt(ledger.Refusal):
    """More than was ordered and more than the tolerance: a second person may approve it."""

    code: ClassVar[str] = "over_receipt"

    def __init__(self, *, item: Item, ordered: Decimal, received: Decimal, percent: Decimal, may_be_approved: bool = True):  # fmt: skip
        over = (received - ordered) * 100 / ordered
        most = most_of(ordered, percent)
        super().__init__(
            f"{ledger.plain(received)} {item.unit} of {item.code} is {ledger.plain(round(over, 1))} % over the {ledger.plain(ordered)} {item.unit} ordered.",
            f"The limit is {ledger.plain(percent)} %.",
            f"Receive {ledger.plain(most)} {item.unit}, or let a lead approve it with a reason."
            if may_be_approved
            else f"Receive {ledger.plain(most)} {item.unit} and refuse the rest, or have the order changed.",
            fields={
                "item": item.code,
                "ordered": ledger.plain(ordered),
                "received": ledger.plain(received),
                "most": ledger.plain(most),
            },
        )


@dataclass(slots=True)
class Progress:
    """Per lot received now, its order line or None; and per order line, ordered and received with what comes now, in base units."""

    lines: list[PurchaseOrderLine | None]
    ordered: dict[PurchaseOrderLine, Decimal] = field(default_factory=dict)
    received: dict[PurchaseOrderLine, Decimal] = field(default_factory=dict)


def lock_and_match(
    orders: Sequence[PurchaseOrder], lots: Sequence[ReceivedLot], amounts: Sequence[Decimal]
) -> Progress:
    """Put each lot to the order line it names, else to the first of its item that still wants something, else to its last.

    The orders are locked, sorted, so that two receivers together cannot pass the tolerance.
    """
    if not orders:
        return Progress([None for _ in lots])
    ids = sorted(order.pk for order in orders)
    list(PurchaseOrder.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    lines = PurchaseOrderLine.objects.filter(order__in=ids).select_related("item")
    known = sorted(
        lines, key=lambda line: ([order.pk for order in orders].index(line.order_id), line.position)
    )
    progress = Progress([])
    progress.ordered = {line: units.to_base(line.item, line.quantity, line.unit) for line in known}
    progress.received = dict.fromkeys(known, Decimal(0))
    by_id = {line.pk: line for line in known}
    for earlier in ReceiptLine.objects.filter(order_line__in=known).select_related("lot__item"):
        quantity = earlier.quantity if earlier.corrected_quantity is None else earlier.corrected_quantity
        progress.received[by_id[earlier.order_line_id or 0]] += units.to_base(
            earlier.lot.item, quantity, earlier.unit
        )
    for lot, amount in zip(lots, amounts, strict=True):
        line = _line_for(lot, progress)
        progress.lines.append(line)
        if line is not None:
            progress.received[line] += amount
    return progress


def check_tolerance(progress: Progress, terms: Terms) -> None:
    """Refuse what is over by more than the tolerance. A line that brings nothing now is not asked again."""
    for line in {line for line in progress.lines if line is not None}:
        ordered, received, percent = (
            progress.ordered[line],
            progress.received[line],
            over_percent(terms, line.item),
        )
        if received > most_of(ordered, percent):
            raise OverReceipt(item=line.item, ordered=ordered, received=received, percent=percent)


def check_limit(progress: Progress) -> None:
    """Refuse what is over the item's own limit: no lead can approve it."""
    for line in {line for line in progress.lines if line is not None}:
        most = limit_of(progress.ordered[line], line.item)
        if most is not None and progress.received[line] > most:
            raise OverReceipt(
                item=line.item,
                ordered=progress.ordered[line],
                received=progress.received[line],
                percent=line.item.over_limit_percent or Decimal(0),
                may_be_approved=False,
            )


def close_if_complete(orders: Sequence[PurchaseOrder], progress: Progress) -> None:
    for order in orders:
        own = {line: ordered for line, ordered in progress.ordered.items() if line.order_id == order.pk}
        if not order.is_closed and all(progress.received[line] >= ordered for line, ordered in own.items()):
            order.is_closed = True
            order.save(update_fields=["is_closed"])


def _line_for(lot: ReceivedLot, progress: Progress) -> PurchaseOrderLine | None:
    if lot.order_line is not None:
        if lot.order_line not in progress.ordered:
            raise ledger.BadInput(
                "This line is of another order.",
                now="Load the page again.",
                fields={"order_line": lot.order_line.pk},
            )
        return next(line for line in progress.ordered if line == lot.order_line)
    of_item = [line for line in progress.ordered if line.item_id == lot.item.pk]
    wanting = [line for line in of_item if progress.received[line] < progress.ordered[line]]
    return next(iter(wanting or of_item[-1:]), None)
