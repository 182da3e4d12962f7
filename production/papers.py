"""The papers that production writes: where they are found, what is printed of them, and what happened to them besides entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from traceability import subjects
from traceability.history import Event
from traceability.ledger import plain
from traceability.lists import Column
from traceability.models import RunLot, RunRole
from traceability.papers import Fact, Paper, Table
from traceability.subjects import MASTERS, Kind

if TYPE_CHECKING:
    from production.models import Bom, WorkOrder
    from traceability.models import Person

NEEDED = [
    Column("Component", lambda n: n.item.name),
    Column("Item code", lambda n: n.item.code, "code"),
    Column("Needed", lambda n: n.wanted, "number", unit=lambda n: n.item.unit),
    Column("Issued", lambda n: n.issued, "number", unit=lambda n: n.item.unit),
    Column("Lots", lambda n: n.lots, "number"),
]
LOTS = [
    Column("Lot", lambda r: r.lot.number, "code"),
    Column("Item", lambda r: r.lot.item.name),
    Column("Item code", lambda r: r.lot.item.code, "code"),
    Column("Run", lambda r: r.run.number, "number"),
    Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.lot.item.unit),
    Column("Best by", lambda r: r.lot.expires_on, "day"),
]


RECIPE = [
    Column("No.", lambda r: r.component.position, "number"),
    Column("Component", lambda r: r.component.item.name),
    Column("Item code", lambda r: r.component.item.code, "code"),
    Column("or instead", lambda r: ", ".join(item.code for item in r.alternatives)),
    Column("Lost, %", lambda r: r.component.scrap_percent, "number"),
    Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.component.unit),
]
YIELDS = [
    Column("Item", lambda r: r.item.name),
    Column("Item code", lambda r: r.item.code, "code"),
    Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.unit),
]


def register() -> None:
    subjects.add(
        Kind(
            name="work_order", title="Work order", model="production.WorkOrder", key="number", url_name="production:order",
            right="production.view", site="site_id", prefix="WO-", paper=order_on_paper, events=order_events,
        ),
        Kind(name="bom", title="BOM", model="production.Bom", url_name="production:bom", right="production.view", attach_rights=MASTERS, paper=bom_on_paper),
    )  # fmt: skip


def order_on_paper(order: WorkOrder, person: Person) -> Paper:
    """The traveller: what should go in, and what did."""
    from production.needs import needs_of

    facts = [
        Fact("Makes", order.item.name if order.item else order.product), Fact("Item code", order.item.code if order.item else "", "code"),
        Fact("Planned", order.planned_quantity and f"{order.planned_quantity.normalize():f} {order.item.unit if order.item else ''}"),
        Fact("Planned on", order.planned_on, "day"), Fact("Line", order.line.code), Fact("BOM", str(order.bom or "")),
        Fact("Released", order.released_at, "when"), Fact("Released by", str(order.released_by or "")), Fact("Closed", order.closed_at, "when"),
    ]  # fmt: skip
    links = (
        RunLot.objects.filter(run__document=order.number, quantity__gt=0)
        .select_related("lot__item", "run")
        .order_by("lot__item__code", "lot__number")
    )
    return Paper(
        title="Work order", number=order.number, site=order.site, facts=facts,
        tables=[
            Table("What should go in", NEEDED, needs_of(order), "No BOM: any lot may go in."),
            Table("Lots that went in", LOTS, list(links.filter(role=RunRole.INPUT)), "Nothing was issued yet."),
            Table("Lots that came out", LOTS, list(links.filter(role=RunRole.OUTPUT)), "Nothing came out yet."),
        ],
        state="" if order.released_at else "Planned: not released to the floor yet.", note=order.note, signatures=["Line lead", "Quality"],
    )  # fmt: skip


def bom_on_paper(bom: Bom, person: Person) -> Paper:
    from production.boms import scaled, standing

    facts = [
        Fact("Makes", bom.item.name if bom.item else "A family"), Fact("For", f"{plain(bom.per_quantity)} {bom.per_unit} {bom.per_text}".strip()),
        Fact("State", standing(bom)), Fact("From", bom.effective_from, "day"), Fact("Drafted by", str(bom.drafted_by or "")),
        Fact("Approved by", str(bom.approved_by or "")), Fact("Water, lb", plain(bom.water_lb) if bom.water_lb else ""),
        Fact("Rework", str(bom.rework_item or "")),
    ]  # fmt: skip
    return Paper(
        title="BOM", number=str(bom), facts=facts,
        tables=[
            Table("What goes in, losses counted in", RECIPE, scaled(bom, None), "Nothing yet."),
            Table("What it yields, roughly", YIELDS, list(bom.outputs.select_related("item")), "One item."),
        ],
        state="Draft: not approved." if bom.status == bom.Status.DRAFT else "", note=bom.change, signatures=[],
    )  # fmt: skip


STEPS = {
    "stop": "The line stands still", "resume": "The line goes on", "reopen": "Opened again", "cancel": "Cancelled", "start_run": "Another run", "reserve": "Lots promised to it",
}  # fmt: skip


def order_events(order: WorkOrder, person: Person) -> Iterator[Event]:
    if order.released_at:
        yield Event(at=order.released_at, what="Released to the floor", by=order.released_by or "")
    if order.closed_at:
        yield Event(at=order.closed_at, what="Closed", by=order.closed_by or "")
    for step in order.steps.filter(verb__in=STEPS).select_related("by", "second_person"):
        note = ". ".join(part for part in (step.get_cause_display() if step.cause else "", step.note) if part)
        yield Event(at=step.at, what=STEPS[step.verb], by=step.by, note=note, is_stop=step.verb == "stop")
