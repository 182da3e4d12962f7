"""What quality control adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traceability import navigation, searching
from traceability.navigation import Link
from traceability.searching import Papers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from traceability.models import Person


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
    bench = ("requirement", "inspection", "inspections", "lot_panel", "laboratory", "retests")
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
    searching.add(*papers())


def waiting(person: Person) -> QuerySet[Any]:
    from traceability.models import Requirement

    return Requirement.objects.open()


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
