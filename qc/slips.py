"""Readings that cannot be right: outside the gross bounds of a characteristic, which are not its limits. Often the wrong unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from traceability import ledger

if TYPE_CHECKING:
    from qc.models import Characteristic

CELSIUS, FAHRENHEIT = {"°c", "degc", "c"}, {"°f", "degf", "f"}


class LooksLikeASlip(ledger.Refusal):
    """Asked again, never judged and never saved."""

    code: ClassVar[str] = "gross_error"
    status: ClassVar[int] = 422

    def __init__(self, c: Characteristic, value: Decimal, field: str):
        better = converted(c, value)
        shown = ledger.plain(value)
        fields = {field: shown, "characteristic": str(c.pk)}
        if better is None:
            super().__init__(
                f"{shown} {c.unit} cannot be right for {c.name}.".replace("  ", " "),
                f"It is outside {_bounds(c)}.",
                "Measure again, or type it again.",
                fields=fields,
            )
        else:
            other, own = ("°F", "°C") if c.unit.casefold() in CELSIUS else ("°C", "°F")
            super().__init__(
                f"{shown} looks like {other}; {c.name} is in {own}.",
                now=f"Measure again, or touch Convert ({ledger.plain(better)} {own}).",
                fields=fields | {"convert": ledger.plain(better)},
            )


def is_slip(c: Characteristic, value: Decimal) -> bool:
    below = c.gross_lower is not None and value < c.gross_lower
    return below or (c.gross_upper is not None and value > c.gross_upper)


def converted(c: Characteristic, value: Decimal) -> Decimal | None:
    """The reading in the unit that is asked for, where that makes it possible; to a tenth."""
    unit = c.unit.casefold()
    if unit in CELSIUS:
        other = (value - 32) * 5 / 9
    elif unit in FAHRENHEIT:
        other = value * 9 / 5 + 32
    else:
        return None
    other = round(other, 1)
    return None if is_slip(c, other) else other


def _bounds(c: Characteristic) -> str:
    if c.gross_lower is not None and c.gross_upper is not None:
        return f"{ledger.plain(c.gross_lower)} to {ledger.plain(c.gross_upper)}"
    if c.gross_upper is not None:
        return f"everything up to {ledger.plain(c.gross_upper)}"
    return f"everything from {ledger.plain(c.gross_lower or Decimal(0))}"
