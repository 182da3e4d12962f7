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
    from qc.models import Inspection, Nonconformance
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
        Kind(
            name="nonconformance", title="Nonconformance", model="qc.Nonconformance", key="number", url_name="qc:nonconformance", right="qc.view",
            prefix="NCR-", paper=nonconformance_on_paper, events=nonconformance_events,
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


LOTS = [
    Column("Lot", lambda lot: lot.number, "code"),
    Column("Item", lambda lot: lot.item.name),
    Column("Supplier lot", lambda lot: lot.supplier_lot, "code"),
]
ACTIONS = [
    Column("Action", lambda a: a.number, "code"),
    Column("Kind", lambda a: a.get_kind_display()),
    Column("What", lambda a: a.what),
    Column("By whom", lambda a: str(a.owner)),
    Column("Due", lambda a: a.due_on, "day"),
    Column("Done", lambda a: a.done),
    Column("Works", lambda a: {True: "Yes", False: "No", None: ""}[a.is_effective]),
]


def nonconformance_on_paper(found: Nonconformance, person: Person) -> Paper:
    facts = [
        Fact("What", found.title), Fact("Source", found.get_source_display()), Fact("Severity", found.get_severity_display()),
        Fact("Vendor", found.supplier.name if found.supplier else ""), Fact("How much", found.quantity), Fact("Defects", ", ".join(found.defects)),
        Fact("Complaint", found.complaint, "code"), Fact("Inspection", str(found.inspection or ""), "code"), Fact("Reported", found.reported_at, "when"),
        Fact("Reported by", str(found.reported_by)), Fact("Containment", found.containment), Fact("Contained", found.contained_at, "when"),
        Fact("Material review", found.get_review_display() if found.review else ""), Fact("Why", found.review_reason), Fact("Root cause", found.root_cause),
        Fact("Reviewed by", " and ".join(str(one) for one in (found.reviewed_by, found.second_reviewer) if one)), Fact("Closed", found.closed_at, "when"),
    ]  # fmt: skip
    tables = [
        Table(
            "Lots concerned",
            LOTS,
            list(found.lots.select_related("item").order_by("number")),
            "No lot is named.",
        ),
        Table("Actions", ACTIONS, list(found.actions.select_related("owner")), "None was asked for."),
    ]
    return Paper(
        title="Nonconformance", number=found.number, facts=facts, tables=tables, note=found.description, state="" if found.closed_at else f"{found.state}, not closed yet.",
        signatures=["Reviewed by", "Closed by"],
    )  # fmt: skip


def nonconformance_events(found: Nonconformance, person: Person) -> Iterator[Event]:
    yield Event(at=found.reported_at, what="Reported", by=found.reported_by)
    if found.contained_at:
        yield Event(
            at=found.contained_at, what="Contained", by=found.contained_by, note=found.containment[:120]
        )
    if found.reviewed_at:
        yield Event(
            at=found.reviewed_at,
            what=f"Reviewed: {found.get_review_display().lower()}",
            by=found.reviewed_by,
            note=found.review_reason[:120],
        )
    for action in found.actions.select_related("owner", "opened_by", "done_by", "checked_by"):
        yield Event(
            at=action.opened_at,
            what=f"{action.number} asked of {action.owner}",
            by=action.opened_by,
            note=action.what[:120],
        )
        if action.done_at:
            yield Event(
                at=action.done_at, what=f"{action.number} done", by=action.done_by, note=action.done[:120]
            )
        if action.checked_at:
            works = "works" if action.is_effective else "did not work"
            yield Event(
                at=action.checked_at,
                what=f"{action.number} {works}",
                by=action.checked_by,
                note=action.checked[:120],
                is_stop=not action.is_effective,
            )
    if found.closed_at:
        yield Event(at=found.closed_at, what="Closed", by=found.closed_by)
