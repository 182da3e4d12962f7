"""The questions in the menu."""

from traceability import navigation
from traceability.inquiries import QUESTIONS
from traceability.navigation import Link


def register() -> None:
    """Called once, when the application starts."""
    also = tuple(f"traceability:inquiry_{question.code.replace('-', '_')}" for question in QUESTIONS)
    navigation.add(
        Link(
            "Inquiries",
            "traceability:inquiries",
            "route",
            "traceability.trace",
            2,
            15,
            also=also,
            shortcut="y",
        )
    )
