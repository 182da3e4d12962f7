"""What quality control adds to the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability import navigation
from traceability.navigation import Link

if TYPE_CHECKING:
    from traceability.models import Person


def register() -> None:
    bench = ("requirement", "inspection", "inspections", "lot_panel")
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
        ),
        Link("Inspection plans", "qc:plans", "clipboard-check", "qc.view", 3, 20, also=("qc:plan",)),
    )


def waiting(person: Person) -> int:
    from traceability.models import Requirement

    return Requirement.objects.open().count()
