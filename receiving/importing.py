"""Files of purchase orders and of receipts: what is to come, and what came before or beside Lotline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from receiving import services
from receiving.models import PurchaseOrder, Receipt
from receiving.rights import RECEIVE
from receiving.services.receiving import ReceivedLot, Truck
from traceability import importing
from traceability.importing import Field, Importer, Outcome, Row
from traceability.importing.fields import Context
from traceability.importing.importers.looking_up import Known, today_in
from traceability.importing.importers.opening_shipments import noon
from traceability.importing.posting import Posting
from traceability.ledger import Refusal
from traceability.models import Evidence, Tracking

_LINE = re.compile(r"lines\.([0-9]+)")


def register() -> None:
    importing.register(PurchaseOrders(), Receipts())


class PurchaseOrders(Importer):
    name, title, order = "purchase_orders", "Purchase orders", 40
    note = "What suppliers are to bring. One row is one line; rows with the same number are one order."
    right = RECEIVE
    fields = (
        Field("number", "Order", "code", is_required=True, limit=40, also=("PO", "PO number", "Purchase order"), examples=("PO-5201", "PO-5201", "PO-5202")),
        Field("supplier", "Supplier code", "code", is_required=True, limit=32, also=("Vendor ID", "Supplier"), examples=("S-MILL", "S-MILL", "S-SALT")),
        Field("ordered_on", "Ordered", "day", also=("Order date",), examples=("2026-11-02", "2026-11-02", "")),
        Field("expected_on", "Expected", "day", also=("Due", "Required date"), examples=("2026-11-20", "2026-11-20", "2026-11-24")),
        Field("item", "Item code", "code", is_required=True, limit=40, also=("Item", "Item number"), examples=("ING-FLOUR", "ING-SALT", "ING-SALT")),
        Field("quantity", "Quantity", "quantity", is_required=True, also=("Qty", "Ordered quantity"), examples=("2000", "500", "250")),
        Field("unit", "Unit", limit=12, also=("U of M",), help="Without it, the base unit.", examples=("lb", "lb", "lb")),
    )  # fmt: skip

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return (row.values.get("number"), row.values.get("item"))

    def check(self, rows: Sequence[Row], context: Context) -> None:
        known = Known.of(rows, context, party="supplier")
        numbers = {row.values["number"] for row in rows if row.has("number")}
        there = {
            paper.number: paper
            for paper in PurchaseOrder.objects.filter(number__in=numbers).prefetch_related("lines__item")
        }
        first: dict[str, Row] = {}
        for row in rows:
            item, supplier = known.item(row), known.party(row, "supplier", is_supplier=True)
            if item is not None:
                known.quantity(row, item)
            row.found = {"item": item, "supplier": supplier}
            if not row.has("number"):
                continue
            _agrees(
                row, first.setdefault(row.values["number"], row), ("supplier", "ordered_on", "expected_on")
            )
            if paper := there.get(row.values["number"]):
                self._compare(row, paper)

    def _compare(self, row: Row, paper: PurchaseOrder) -> None:
        line = next((one for one in paper.lines.all() if one.item == row.found["item"]), None)
        if line and line.quantity == row.values["quantity"] and line.unit == row.get("unit", line.item.unit):
            row.outcome = Outcome.SAME if row.is_right else row.outcome
        else:
            row.wrong("number", f"{paper.number} is there already, without this line. Change it on its page.", "on_record")  # fmt: skip

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        papers: dict[str, list[Row]] = {}
        for row in rows:
            papers.setdefault(row.values["number"], []).append(row)
        done = 0
        for number, mine in papers.items():
            posting.blamed = mine[0]
            paper = services.order(
                number=number, supplier=mine[0].found["supplier"], ordered_on=mine[0].values.get("ordered_on"), expected_on=mine[0].values.get("expected_on"),
                lines=[services.OrderedItem(item=row.found["item"], quantity=row.values["quantity"], unit=row.get("unit", "")) for row in mine],
                actor=posting.actor, client=posting.client, key=f"{posting.key}/{number}",
            )  # fmt: skip
            posting.made(mine[0], paper)
            for row, line in zip(mine, paper.lines.order_by("position"), strict=True):
                posting.made(row, line)
            done += len(mine)
            posting.progress(done)
        posting.blamed = None


class Receipts(Importer):
    name, title, order = "receipts", "Receipts", 50
    note = "Deliveries that were received outside of Lotline. One row is one lot; rows with the same paper are one delivery."
    right = RECEIVE
    most = 20_000
    fields = (
        Field("delivery", "Their paper", "code", is_required=True, limit=40, also=("Receipt", "Packing slip", "Delivery"), examples=("PS-9913", "PS-9913")),
        Field("supplier", "Supplier code", "code", is_required=True, limit=32, also=("Vendor ID", "Supplier"), examples=("S-MILL", "S-MILL")),
        Field("received_on", "Received", "day", is_required=True, also=("Receipt date", "Date"), examples=("2026-11-12", "2026-11-12")),
        Field("order", "Order", "code", limit=40, also=("PO", "PO number"), examples=("", "")),
        Field("item", "Item code", "code", is_required=True, limit=40, also=("Item", "Item number"), examples=("ING-FLOUR", "ING-SALT")),
        Field("supplier_lot", "Supplier lot", "code", limit=80, also=("Vendor lot", "Lot"), examples=("F-2291", "S-118")),
        Field("lot", "Our lot", "code", limit=20, also=("Our number", "Serial"), help="Without it, by the item's rule."),
        Field("quantity", "Quantity", "quantity", is_required=True, also=("Qty",), examples=("2000", "500")),
        Field("unit", "Unit", limit=12, also=("U of M",), help="Without it, the base unit.", examples=("lb", "lb")),
        Field("place", "Place", "code", is_required=True, limit=32, also=("Location", "Bin"), examples=("DRY", "DRY")),
        Field("made_on", "Made on", "day", also=("Manufacture date",)),
        Field("expires_on", "Expires", "day", also=("Best by", "Expiration date"), examples=("2027-11-01", "")),
    )  # fmt: skip

    def key(self, row: Row) -> tuple[Any, ...] | None:
        names = ("delivery", "supplier", "item", "supplier_lot", "lot", "place")
        return tuple(row.values.get(name) for name in names)

    def check(self, rows: Sequence[Row], context: Context) -> None:
        known = Known.of(rows, context, party="supplier")
        numbers = {row.values["order"] for row in rows if row.has("order")}
        orders = PurchaseOrder.objects.in_bulk(numbers, field_name="number")
        notes = {row.values["delivery"] for row in rows if row.has("delivery")}
        there = set(Receipt.objects.filter(delivery_note__in=notes).values_list("supplier", "delivery_note"))
        first: dict[tuple[str, str], Row] = {}
        today = today_in(context)
        for row in rows:
            item, place = known.item(row), known.place(row)
            supplier = known.party(row, "supplier", is_supplier=True)
            paper = orders.get(row.get("order", ""))
            row.found = {"item": item, "place": place, "supplier": supplier, "order": paper}
            self._check(row, today)
            if row.has("delivery") and row.has("supplier"):
                own = (row.values["supplier"], row.values["delivery"])
                _agrees(row, first.setdefault(own, row), ("received_on", "order"))
            if item is not None:
                known.quantity(row, item)
                if item.tracking != Tracking.NONE and not (row.has("supplier_lot") or row.has("lot") or item.lot_pattern):  # fmt: skip
                    row.wrong("supplier_lot", f"{item.code} is tracked: which lot came?", "missing")
            if row.is_right and supplier and (supplier.pk, row.values["delivery"]) in there:
                row.outcome = Outcome.SAME

    def _check(self, row: Row, today: date) -> None:
        if row.has("received_on") and row.values["received_on"] > today:
            row.wrong("received_on", "That day is still to come.", "in_future")
        if row.has("order") and row.found["order"] is None:
            row.wrong("order", f"There is no order {row.values['order']}. Import the orders first.", "unknown_order")  # fmt: skip
        elif row.found["order"] and row.found["supplier"] and row.found["order"].supplier_id != row.found["supplier"].pk:  # fmt: skip
            row.wrong("order", f"{row.values['order']} is an order to another supplier.", "other_supplier")
        made, expires = row.values.get("made_on"), row.values.get("expires_on")
        if made and expires and expires < made:
            row.wrong("expires_on", f"It would expire on {expires}, before it was made on {made}.", "dates")

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        papers: dict[tuple[int, str], list[Row]] = {}
        for row in rows:
            papers.setdefault((row.found["supplier"].pk, row.values["delivery"]), []).append(row)
        done = 0
        for mine in sorted(papers.values(), key=lambda part: (part[0].values["received_on"], part[0].number)):
            posting.blamed = mine[0]
            try:
                receipt = self._receive(mine, posting)
            except Refusal as refusal:
                found = next((match for name in refusal.fields if (match := _LINE.match(name))), None)
                if found and 1 <= int(found[1]) <= len(mine):
                    posting.blamed = mine[int(found[1]) - 1]
                raise
            for entry in {
                line.entry_id: line.entry for line in receipt.lines.select_related("entry")
            }.values():
                posting.entry(entry)
            done += len(mine)
            posting.progress(done)
        posting.blamed = None

    def _receive(self, mine: list[Row], posting: Posting) -> Receipt:
        head = mine[0]
        lines = [
            ReceivedLot(
                item=row.found["item"], quantity=row.values["quantity"], unit=row.get("unit", ""), supplier_lot=row.get("supplier_lot", ""),
                lot_number=row.values.get("lot"), made_on=row.values.get("made_on"), expires_on=row.values.get("expires_on"), location=row.found["place"],
                evidence=Evidence.IMPORTED,
            )
            for row in mine
        ]  # fmt: skip
        return services.receive_delivery(
            lines=lines, supplier=head.found["supplier"], order=head.found["order"], truck=Truck(delivery_note=head.values["delivery"]),
            occurred_at=noon(head.values["received_on"], head.found["place"].site), note=f"Imported ({posting.source.number})",
            reason=f"Received outside of Lotline ({posting.source.number})", actor=posting.actor,
            client=posting.client, key=f"{posting.key}/{head.found['supplier'].pk}/{head.values['delivery']}",
        )  # fmt: skip


def _agrees(row: Row, first: Row, names: Sequence[str]) -> None:
    """What belongs to the whole paper is the same on all of its rows."""
    for name in names:
        if row.values.get(name) != first.values.get(name):
            row.wrong(name, f"Row {first.number} of the same paper says otherwise.", "contradicts")
