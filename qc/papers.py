"""The papers that quality control writes: where they are found, what is printed of them, and what happened to them besides entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qc import judging
from qc.views import words
from traceability import subjects
from traceability.history import Event
from traceability.lists import Column
from traceability.papers import Fact, Paper, Table
from traceability.subjects import MASTERS, Kind

if TYPE_CHECKING:
    from qc.models import Inspection
    from traceability.models import Person


def _verdict(result: Any) -> str:
    return "" if result.is_within is None else "Pass" if result.is_within else "Fail"


READINGS = [
    Column("Characteristic", lambda r: r.characteristic.name),
    Column("No.", lambda r: r.reading_no, "number"),
    Column("Result", words.reading_words),
    Column("Verdict", _verdict),
    Column("Instrument", lambda r: r.instrument.code if r.instrument else "", "code"),
    Column("By", lambda r: str(r.entered_by)),
    Column("Entered", lambda r: r.entered_at, "when"),
    Column("Retest because", lambda r: r.reason),
]
LIMITS = [
    Column("Characteristic", lambda r: r[0].name),
    Column("Limit", lambda r: words.limit_words(r[1].lower, r[1].upper)),
    Column("Unit", lambda r: r[0].unit),
    Column("Readings", lambda r: r[0].readings, "number"),
]


def register() -> None:
    subjects.add(
        Kind(
            name="inspection", title="Inspection", model="qc.Inspection", key="number", url_name="qc:inspection", right="qc.view",
            prefix="INS-", paper=inspection_on_paper, events=inspection_events,
        ),
        Kind(name="plan", title="Inspection plan", model="qc.Plan", url_name="qc:plan", right="qc.view", attach_rights=MASTERS),
        Kind(name="instrument", title="Instrument", model="qc.Instrument", url_name="qc:instrument", right="qc.view", attach_rights=MASTERS),
    )  # fmt: skip


def inspection_on_paper(inspection: Inspection, person: Person) -> Paper:
    lot = inspection.lot
    facts = [
        Fact("Lot", lot.number if lot else "", "code"), Fact("Item", lot.item.name if lot else ""), Fact("Supplier lot", lot.supplier_lot if lot else "", "code"),
        Fact("Run", str(inspection.run or ""), "code"), Fact("Document", inspection.document, "code"), Fact("Stage", inspection.get_stage_display()),
        Fact("Plan", str(inspection.plan or "none was in force")), Fact("Opened", inspection.opened_at, "when"), Fact("Opened by", str(inspection.opened_by)),
        Fact("Decision", inspection.get_decision_display() if inspection.decision else ""), Fact("Decided", inspection.decided_at, "when"),
        Fact("Decided by", str(inspection.decided_by or "")), Fact("Deviation", inspection.deviation, "code"), Fact("The label must say", inspection.label),
    ]  # fmt: skip
    results = inspection.results.select_related("characteristic", "instrument", "entered_by")
    tables = [
        Table(
            "Readings",
            READINGS,
            list(results.order_by("characteristic__position", "reading_no")),
            "No reading yet.",
        )
    ]
    if inspection.plan:
        looks = list(inspection.plan.characteristics.all())
        limits = judging.limits_in(inspection, looks)
        rows = [(look, limits[look.pk]) for look in looks if limits[look.pk].applies]
        tables.append(Table("Limits of the plan", LIMITS, rows))
    return Paper(
        title="Inspection", number=inspection.number, facts=facts, tables=tables, note=inspection.note,
        state="" if inspection.decided_at else "Not decided yet.", signatures=["Inspected by", "Approved by"],
    )  # fmt: skip


def inspection_events(inspection: Inspection, person: Person) -> Iterator[Event]:
    yield Event(at=inspection.opened_at, what="Opened", by=inspection.opened_by)
    for result in inspection.results.select_related("characteristic", "entered_by"):
        note = f"tested again: {result.reason}" if result.is_retest else ""
        yield Event(
            at=result.entered_at,
            what=f"{result.characteristic.name}: {words.reading_words(result)}",
            by=result.entered_by,
            note=note,
            is_stop=result.is_within is False,
        )
