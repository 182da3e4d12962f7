"""The papers that recalls writes, so that files, history and links find them. What is printed is the frozen report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from traceability import subjects
from traceability.history import Event
from traceability.lists import Column
from traceability.papers import Fact, Paper, Table
from traceability.subjects import Kind

if TYPE_CHECKING:
    from recalls.models import Complaint, Recall
    from traceability.models import Person

LOG = [
    Column("When", lambda r: r.at, "when"),
    Column("What", lambda r: r.what),
    Column("By", lambda r: f"{r.actor} and {r.second_person}" if r.second_person else str(r.actor)),
    Column("Revision", lambda r: r.revision.number if r.revision else None, "number"),
]
STARTS = [
    Column("Lot", lambda r: r.lot.number, "code"),
    Column("Item", lambda r: r.lot.item.name),
    Column("Supplier lot", lambda r: r.lot.supplier_lot, "code"),
    Column("Why", lambda r: r.why),
    Column("Left out because", lambda r: r.excluded_because),
]


def register() -> None:
    subjects.add(
        Kind(
            name="recall", title="Recall", model="recalls.Recall", key="number", url_name="recalls:case", right="recalls.view", prefix="RC-",
            paper=case_on_paper, events=case_events,
        )
    )  # fmt: skip
    subjects.add(
        Kind(
            name="complaint", title="Complaint", model="recalls.Complaint", key="number", url_name="recalls:complaint", right="recalls.view",
            prefix="CMP-", paper=complaint_on_paper,
        )
    )  # fmt: skip


def complaint_on_paper(complaint: Complaint, person: Person) -> Paper:
    sees = person.has_perm("traceability.view_customers")
    facts = [
        Fact("Received", complaint.received_on, "day"), Fact("Severity", complaint.get_severity_display()),
        Fact("Customer", str(complaint.customer or "") if sees else "hidden: ask quality"), Fact("Lot", str(complaint.lot or "not known")),
        Fact("As they read it", complaint.code_read), Fact("Item", str(complaint.item or "")), Fact("Recorded by", str(complaint.recorded_by)),
        Fact("Answer", complaint.answer or "none yet"), Fact("Answered", complaint.answered_at, "when"), Fact("Answered by", str(complaint.answered_by or "")),
    ]  # fmt: skip
    return Paper(title="Complaint", number=complaint.number, facts=facts, note=complaint.what, tables=[])


def case_on_paper(recall: Recall, person: Person) -> Paper:
    """The cover sheet of the case: what it starts from, and who did what when."""
    facts = [
        Fact("Title", recall.title), Fact("Hazard", recall.hazard), Fact("Kind", "Mock recall" if recall.is_mock else "Real recall"),
        Fact("Supplier", str(recall.supplier or "")), Fact("Told on", recall.notified_on, "day"), Fact("Opened", recall.opened_at, "when"),
        Fact("Owner", str(recall.owner)), Fact("Closed", recall.closed_at, "when"), Fact("Closed by", str(recall.closed_by or "")),
    ]  # fmt: skip
    return Paper(
        title="Recall", number=recall.number, facts=facts, note=recall.reason,
        tables=[
            Table("Starts from", STARTS, list(recall.starts.select_related("lot__item"))),
            Table("Log", LOG, list(recall.log.select_related("actor", "second_person", "revision").order_by("at"))),
        ],
        signatures=["Owner", "Second signature"],
    )  # fmt: skip


def case_events(recall: Recall, person: Person) -> Iterator[Event]:
    for row in recall.log.select_related("actor", "second_person"):
        yield Event(
            at=row.at,
            what=row.what,
            by=f"{row.actor} and {row.second_person}" if row.second_person else str(row.actor),
        )
