"""What labels add to the menu."""

from __future__ import annotations

from traceability import navigation
from traceability.navigation import Link

T = "traceability:"


def register() -> None:
    pages = ("printer", "new_printer", "label_prints")
    navigation.add(
        Link("Printers", f"{T}printers", "printer", "traceability.print_label", 3, 80, also=tuple(T + name for name in pages))
    )  # fmt: skip
