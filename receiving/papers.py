"""The papers that receiving writes: where they are found, what is printed of them, and what happened to them besides entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from traceability import ledger, subjects
from traceability.history import Event
from traceability.lists import Column
from traceability.papers import Fact, Paper, Table
from traceability.subjects import Kind

if TYPE_CHECKING:
    from receiving.models import PurchaseOrder, Receipt
    from traceability.models import Person

RECEIVED = [
    Column("Line", lambda r: r.position, "number"),
    Column("Lot", lambda r: r.lot.number, "code"),
    Column("Item", lambda r: r.lot.item.name),
    Column("Item code", lambda r: r.lot.item.code, "code"),
    Column("Supplier lot", lambda r: r.lot.supplier_lot, "code"),
    Column(
        "Received",
        lambda r: r.quantity if r.corrected_quantity is None else r.corrected_quantity,
        "number",
        unit=lambda r: r.unit,
        sub=lambda r: f"was {ledger.plain(r.quantity)}" if r.corrected_quantity is not None else None,
    ),
    Column("Best by", lambda r: r.lot.expires_on, "day"),
    Column("Place", lambda r: r.location.code),
]
ORDERED = [
    Column("Line", lambda r: r.position, "number"),
    Column("Item", lambda r: r.item.name),
    Column("Item code", lambda r: r.item.code, "code"),
    Column("Ordered", lambda r: r.quantity, "number", unit=lambda r: r.unit),
]


def register() -> None:
    subjects.add(
        Kind(
            name="purchase_order", title="Purchase order", model="receiving.PurchaseOrder", key="number", url_name="receiving:order",
            right="receiving.view", prefix="PO-", paper=order_on_paper, events=order_events,
        ),
        Kind(
            name="receipt", title="Receipt", model="receiving.Receipt", key="number", url_name="receiving:receipt", right="receiving.view",
            site="site_id", prefix="RCV-", paper=receipt_on_paper, files_of=files_of_receipt,
        ),
        Kind(name="delivery", title="Delivery", model="receiving.Delivery", url_name="receiving:delivery", right="receiving.view", site="site_id"),
    )  # fmt: skip


def files_of_receipt(number: str) -> list[tuple[str, str]]:
    """What was attached at the dock, before there was a receipt."""
    from receiving.models import Delivery

    return [
        ("delivery", str(pk))
        for pk in Delivery.objects.filter(receipt__number=number).values_list("pk", flat=True)
    ]


def receipt_on_paper(receipt: Receipt, person: Person) -> Paper:
    facts = [
        Fact("Received", receipt.received_at, "when"), Fact("Supplier", receipt.supplier.name), Fact("Town", receipt.supplier.town),
        Fact("Order", receipt.order.number if receipt.order else "", "code"), Fact("Received by", str(receipt.received_by)),
        Fact("Their paper", receipt.delivery_note, "code"), Fact("Carrier", f"{receipt.carrier} {receipt.trailer}".strip()), Fact("Seal", receipt.seal, "code"),
        Fact("Truck check", {True: "passed", False: f"failed: {receipt.truck_note}", None: ""}[receipt.truck_passed]),
        Fact("Temperature", "" if receipt.temperature is None else f"{ledger.plain(receipt.temperature)} {receipt.temperature_unit}"),
    ]  # fmt: skip
    rows = receipt.lines.select_related("lot__item", "location").order_by("position")
    return Paper(
        title="Receipt", number=receipt.number, site=receipt.site, facts=facts, tables=[Table("Lots", RECEIVED, list(rows))], note=receipt.note,
        signatures=["Received by", "Driver"],
    )  # fmt: skip


def order_on_paper(order: PurchaseOrder, person: Person) -> Paper:
    facts = [
        Fact("Supplier", order.supplier.name), Fact("Ordered", order.ordered_on, "day"), Fact("Expected", order.expected_on, "day"),
        Fact("Announced by", str(order.ordered_by)), Fact("Harvest area", order.harvest_area), Fact("Harvested from", order.harvested_from, "day"),
        Fact("to", order.harvested_to, "day"),
    ]  # fmt: skip
    came = [
        Column("Receipt", lambda r: r.number, "code"), Column("Received", lambda r: r.received_at, "when"), Column("By", lambda r: str(r.received_by)),
    ]  # fmt: skip
    tables = [Table("Items", ORDERED, list(order.lines.select_related("item")))]
    if receipts := list(order.receipts.select_related("received_by").order_by("received_at")):
        tables.append(Table("What came", came, receipts))
    return Paper(
        title=order.get_kind_display(),
        number=order.number,
        facts=facts,
        tables=tables,
        note=order.note,
        state="Closed" if order.is_closed else "",
    )


def order_events(order: PurchaseOrder, person: Person) -> Iterator[Event]:
    """The receipts on it: their entries carry the receipt's number."""
    for receipt in order.receipts.select_related("received_by"):
        yield Event(at=receipt.received_at, what="Received", by=receipt.received_by, code=receipt.number)
