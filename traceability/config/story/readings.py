"""Plausible readings for the story's inspections. The same lot always gets the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from qc import judging
from qc.models import Characteristic, Inspection
from qc.services import Reading

# name → from, to, digits after the point
RANGES: dict[str, tuple[float, float, int]] = {
    "flesh temperature": (1.4, 3.8, 1),
    "sulfite residual": (0, 6, 0),
    "uniformity ratio": (1.12, 1.41, 2),
    "shell and vein defects": (0.4, 2.2, 1),
    "temperature": (2.4, 5.6, 1),
    "STPP pick-up": (0.17, 0.42, 2),
    "moisture": (3.1, 5.4, 1),
    "shrimp content": (52.4, 57.8, 1),
    "IQF exit core temperature": (-22.5, -18.7, 1),
    "aerobic plate count": (900, 42_000, 0),
    "coagulase-positive staphylococci": (1, 30, 0),
    "core temperature at cook exit": (76.2, 79.4, 1),
    "time to chill to 21 degC": (1.0, 1.7, 1),
    "time to chill to 4 degC": (3.6, 5.2, 1),
}
LABORATORY = (
    "aerobic plate count",
    "coagulase-positive staphylococci",
    "Salmonella negative per 25 g",
    "Listeria monocytogenes negative per 25 g",
)


def readings_for(inspection: Inspection, found: dict[str, Any]) -> list[Reading]:
    """All readings the plan asks for. `found` names what was really found, where it was trouble."""
    return [
        reading
        for verdict in judging.verdicts(inspection)
        if verdict.limits.applies
        for reading in _readings(inspection, verdict, found.get(verdict.characteristic.name))
    ]


def _readings(inspection: Inspection, verdict: judging.Verdict, found: Any) -> Iterator[Reading]:
    c, lot = verdict.characteristic, inspection.lot
    dice = random.Random(f"{lot}/{c.name}")  # noqa: S311 (not a secret)
    for number in range(c.readings):
        if c.kind == "pass_fail":
            yield Reading(characteristic=c, passed=found if found is not None else True)
        elif c.kind == "text":
            yield Reading(characteristic=c, text=str(found or "as expected"))
        else:
            value = (
                Decimal(found)
                if found is not None and number == 0
                else _value(c, verdict.limits, inspection, dice)
            )
            yield Reading(
                characteristic=c,
                value=value,
                passed=None if verdict.limits.are_set or c.kind == "information" else True,
            )


def _value(c: Characteristic, limits: judging.Limits, inspection: Inspection, dice: random.Random) -> Decimal:
    lot = inspection.lot
    assert lot is not None
    if c.name == "remaining life":
        return Decimal((lot.expires_on - inspection.opened_at.date()).days if lot.expires_on else 0)
    if c.name == "count per lb":
        low, high = (
            (float(limits.lower) + 0.6, float(limits.upper) - 0.6)
            if limits.lower and limits.upper
            else (38.0, 44.0)
        )
        return Decimal(str(round(dice.uniform(low, high), 1)))
    if c.name == "net weight per bag":
        low = float(limits.lower) if limits.lower else 1.0
        return Decimal(str(round(dice.uniform(low + 0.01, low + 0.06), 2)))
    low, high, digits = RANGES[c.name]
    if c.name == "moisture" and lot.item.code == "ING-SPC-CAJ":
        low, high = 6.4, 8.9
    value = round(dice.uniform(low, high), digits)
    return Decimal(int(value)) if digits == 0 else Decimal(str(value))
