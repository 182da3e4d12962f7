"""What quality control adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from traceability import navigation, searching
from traceability.navigation import Link, Task, age
from traceability.searching import Papers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.models import Person

TASKS = 5


def register() -> None:
    plans = (
        "plan",
        "plan_new",
        "plan_import",
        "plan_change",
        "compare",
        "characteristic",
        "characteristic_new",
    )
    bench = (
        "requirement",
        "inspection",
        "inspections",
        "lot_panel",
        "laboratory",
        "retests",
        "certificates",
        "certificate",
        "certificate_terms",
        "charts",
        "vendor_quality",
        "first_pass_yield",
        "quarantine_ageing",
    )
    navigation.add(
        Link(
            "Quality control",
            "qc:queue",
            "microscope",
            "qc.view",
            1,
            20,
            count=waiting,
            also=tuple(f"qc:{name}" for name in bench),
            shortcut="q",
        ),
        Link(
            "Nonconformances",
            "qc:nonconformances",
            "message-report",
            "qc.view",
            2,
            25,
            also=("qc:nonconformance", "qc:nonconformance_new", "qc:actions"),
        ),
        Link(
            "Inspection plans",
            "qc:plans",
            "clipboard-check",
            "qc.view",
            3,
            20,
            also=tuple(f"qc:{name}" for name in plans),
        ),
    )
    navigation.add_action(Link("Inspect", "qc:queue", "microscope", "qc.inspect", order=30))
    navigation.add_task(due)
    searching.add(*papers())


def waiting(person: Person) -> QuerySet[Any]:
    from traceability.models import Requirement

    return Requirement.objects.open().for_actor(person)


def due(person: Person) -> list[Task]:
    """The open checks that wait longest, for those who inspect."""
    from traceability.models import Requirement

    if not person.has_perm("qc.inspect"):
        return []
    rows = (
        Requirement.objects.open()
        .for_actor(person)
        .select_related("lot__item", "run", "opened_in")
        .order_by("-is_blocking", "opened_in__occurred_at", "pk")[:TASKS]
    )
    return [
        Task(
            title=row.what, code=str(row.lot or row.run or row.document),
            note=f"{row.lot.item.name if row.lot else row.get_stage_display()}{', blocks the next step' if row.is_blocking else ''}",
            url=reverse("qc:requirement", args=[row.pk]), icon="hourglass", **age(row.opened_in.occurred_at),
        )
        for row in rows
    ]  # fmt: skip


def papers() -> list[Papers]:
    from qc.models import Inspection, Nonconformance, Plan

    return [
        Papers(
            "Inspections", "qc:inspection", "microscope", "qc.view",
            rows=lambda: Inspection.objects.select_related("lot", "run"),
            text=lambda row, _: f"{row.get_stage_display()}, {row.lot or row.run or row.document}",
        ),
        Papers(
            "Nonconformances", "qc:nonconformance", "message-report", "qc.view",
            rows=Nonconformance.objects.all, text=lambda row, _: f"{row.title}, {row.state.lower()}",
        ),
        Papers(
            "Inspection plans", "qc:plan", "clipboard-check", "qc.view",
            rows=Plan.objects.all, text=lambda row, _: f"{row.name}, revision {row.revision}", number="code",
        ),
    ]  # fmt: skip
