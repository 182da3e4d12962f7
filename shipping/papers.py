"""The papers that shipping writes: where they are found, what is printed of them, and what happened to them besides entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from traceability import subjects
from traceability.history import Event
from traceability.lists import Column
from traceability.papers import HIDDEN, Fact, Paper, Table, lines_of
from traceability.subjects import Kind

if TYPE_CHECKING:
    from shipping.models import CustomerReturn, Order, Shipment
    from traceability.models import Party, Person

CUSTOMERS = "traceability.view_customers"
ORDERED = [
    Column("Line", lambda r: r.position, "number"),
    Column("Item", lambda r: r.item.name),
    Column("Item code", lambda r: r.item.code, "code"),
    Column("Ordered", lambda r: r.quantity, "number", unit=lambda r: r.unit),
]
PACKED = [
    Column("Line", lambda r: r.position, "number"),
    Column("Item", lambda r: r.lot.item.name),
    Column("Item code", lambda r: r.lot.item.code, "code"),
    Column("GTIN", lambda r: r.lot.item.gtin, "code"),
    Column("Lot", lambda r: r.lot.number, "code"),
    Column("Best by", lambda r: r.lot.expires_on, "day"),
    Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.lot.item.unit),
]
CAME_BACK = [
    Column("Lot", lambda m: m.lot.number, "code"),
    Column("Item", lambda m: m.lot.item.name),
    Column("Quantity", lambda m: m.quantity, "number", unit=lambda m: m.lot.item.unit),
    Column("Put at", lambda m: m.destination.code),
]


def register() -> None:
    subjects.add(
        Kind(
            name="order", title="Sales order", model="shipping.Order", key="number", url_name="shipping:order", right="shipping.view",
            files_right=CUSTOMERS, prefix="SO-", paper=order_on_paper, events=order_events,
        ),
        Kind(
            name="shipment", title="Shipment", model="shipping.Shipment", key="number", url_name="shipping:shipment", right="shipping.view",
            site="site_id", files_right=CUSTOMERS, prefix="SH-", paper=shipment_on_paper, events=shipment_events,
        ),
        Kind(
            name="customer_return", title="Customer return", model="shipping.CustomerReturn", key="number", url_name="shipping:return",
            right="shipping.view", site="shipment.site_id", files_right=CUSTOMERS, prefix="RMA-", paper=return_on_paper,
        ),
    )  # fmt: skip


def _customer(party: Party, person: Person) -> list[Fact]:
    if not person.has_perm(CUSTOMERS):
        return [Fact("To", HIDDEN)]
    address = ", ".join(part for part in (party.street, party.town, party.postal_code) if part)
    return [Fact("To", party.name), Fact("Address", address)]


def order_on_paper(order: Order, person: Person) -> Paper:
    facts = [
        *_customer(order.customer, person),
        Fact("Due", order.due_on, "day"),
        Fact("Entered by", str(order.ordered_by)),
    ]
    rows = list(order.lines.select_related("item"))
    return Paper(
        title="Sales order",
        number=order.number,
        facts=facts,
        tables=[Table("Items", ORDERED, rows)],
        note=order.note,
    )


def shipment_on_paper(shipment: Shipment, person: Person) -> Paper:
    """The packing list that goes along."""
    facts = [
        *_customer(shipment.customer, person), Fact("Order", shipment.order.number if shipment.order else "", "code"), Fact("Carrier", shipment.carrier),
        Fact("Seal", shipment.seal), Fact("Left", shipment.shipped_at, "when"), Fact("Shipped by", str(shipment.shipped_by or "")),
    ]  # fmt: skip
    rows = shipment.lines.filter(is_taken_out=False).select_related("lot__item").order_by("position")
    return Paper(
        title="Packing list", number=shipment.number, site=shipment.site, facts=facts, tables=[Table("Lots", PACKED, list(rows), "Nothing is picked yet.")],
        state="" if shipment.shipped_at else "Not final: it is still being picked.", signatures=["Shipped by", "Driver", "Received by"],
    )  # fmt: skip


def return_on_paper(paper: CustomerReturn, person: Person) -> Paper:
    shipment = paper.shipment
    facts = [
        Fact("Received", paper.received_at, "when"), Fact("From", shipment.customer.name if person.has_perm(CUSTOMERS) else HIDDEN),
        Fact("Shipment", shipment.number, "code"), Fact("Received by", str(paper.received_by)),
    ]  # fmt: skip
    return Paper(
        title="Customer return", number=paper.number, site=shipment.site, facts=facts, tables=[Table("What came back", CAME_BACK, lines_of([paper.entry]))],
        note=paper.reason, signatures=["Received by", "Driver"],
    )  # fmt: skip


STEPS = {"cancel": "Cancelled", "close_short": "Closed short", "change": "Changed"}


def _steps(rows: Any) -> Iterator[Event]:
    for step in rows.filter(verb__in=STEPS).select_related("by"):
        yield Event(at=step.at, what=STEPS[step.verb], by=step.by, note=step.note)


def order_events(order: Order, person: Person) -> Iterator[Event]:
    yield from _steps(order.steps)
    for shipment in order.shipments.select_related("started_by", "shipped_by"):
        yield from _shipment_events(shipment, code=shipment.number)


def shipment_events(shipment: Shipment, person: Person) -> Iterator[Event]:
    yield Event(at=shipment.started_at, what="Picking began", by=shipment.started_by)
    yield from _steps(shipment.steps)


def _shipment_events(shipment: Any, *, code: str) -> Iterator[Event]:
    yield Event(at=shipment.started_at, what="Picking began", by=shipment.started_by, code=code)
    if shipment.shipped_at:
        yield Event(at=shipment.shipped_at, what="Shipped", by=shipment.shipped_by, code=code)
