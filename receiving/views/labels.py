"""What a scanned label says: a GS1 label gives item, lot, dates and quantity at once; any other text is one code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import biip

WEIGHTS = {"310": "kg", "320": "lb"}
LOT, SERIAL, BEST_BY, EXPIRES, MADE_ON, COUNT = "10", "21", "15", "17", "11", ("30", "37")


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    gtin: str = ""
    lot: str = ""
    expires_on: date | None = None
    made_on: date | None = None
    quantity: Decimal | None = None
    unit: str = ""
    pieces: int | None = None


def read(text: str) -> Label:
    """Scanners send the group separator as it is, or as “|” or “~” where they were told so."""
    text = text.strip()
    message = biip.parse(text.replace("|", "\x1d").replace("~", "\x1d")).gs1_message
    if message is None or len(message.element_strings) < 2:
        return Label(text)
    found = {element.ai.ai: element for element in message.element_strings}
    weight = next(
        (element for ai, element in found.items() if ai[:3] in WEIGHTS and element.decimal is not None), None
    )
    count = next((found[ai] for ai in COUNT if ai in found), None)
    dates = {ai: found[ai].date for ai in (EXPIRES, BEST_BY, MADE_ON) if ai in found}
    return Label(
        text=text,
        gtin=found["01"].value if "01" in found else (found["02"].value if "02" in found else ""),
        lot=next((found[ai].value for ai in (LOT, SERIAL) if ai in found), ""),
        expires_on=dates.get(EXPIRES) or dates.get(BEST_BY),
        made_on=dates.get(MADE_ON),
        quantity=weight.decimal if weight else None,
        unit=WEIGHTS[weight.ai.ai[:3]] if weight else "",
        pieces=int(count.value) if count and count.value.isdigit() else None,
    )
