"""Is a reading within limits, and is an inspection complete? Nothing is a pass until somebody has found it so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from qc.models import Characteristic, CharacteristicKind, CharacteristicLimit, Inspection, Result, Rule

NUMBERS = (CharacteristicKind.MEASUREMENT, CharacteristicKind.COUNT)
# Where a person says pass or fail. A photo and a report are named besides.
NAMED = (CharacteristicKind.PHOTO, CharacteristicKind.LABORATORY)
SAID = (CharacteristicKind.PASS_FAIL, *NAMED)


class State(StrEnum):
    MISSING = "missing"
    WITHIN = "within"
    OUT = "out"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that hold for one item. None is no limit, never zero."""

    lower: Decimal | None
    upper: Decimal | None
    applies: bool = True

    @property
    def are_set(self) -> bool:
        return self.lower is not None or self.upper is not None

    def hold(self, value: Decimal) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one characteristic stands in an inspection. `results` are the readings that count: after a retest, those of the retest."""

    characteristic: Characteristic
    limits: Limits
    state: State
    results: Sequence[Result]
    earlier_fails: int = 0
    label: str = ""
    is_skipped: bool = False

    @property
    def stands_in_the_way(self) -> bool:
        """What a plan skips may be missing; what was looked at all the same and is out is out."""
        if self.state == State.MISSING and self.is_skipped:
            return False
        return self.characteristic.is_mandatory and self.state in (State.MISSING, State.OUT)

    @property
    def sentence(self) -> str:
        if self.state == State.MISSING:
            asked = self.characteristic.readings
            return (
                f"{self.characteristic.name} has {len(self.results)} of {asked} readings"
                if asked > 1
                else f"{self.characteristic.name} has no result"
            )
        return (
            f"{self.characteristic.name} is out of limits"
            if self.state == State.OUT
            else f"{self.characteristic.name} is within limits"
        )


def limits_of(characteristics: Iterable[Characteristic], item_id: int | None) -> dict[int, Limits]:
    """Per characteristic id, the limits for the item: its own where they are set, else the plan's."""
    characteristics = list(characteristics)
    own = {
        row.characteristic_id: row
        for row in (
            CharacteristicLimit.objects.filter(characteristic__in=characteristics, item=item_id)
            if item_id
            else ()
        )
    }
    return {
        c.pk: Limits(own[c.pk].lower, own[c.pk].upper, own[c.pk].applies)
        if c.pk in own
        else Limits(c.lower, c.upper)
        for c in characteristics
    }


def limits_in(inspection: Inspection, characteristics: Iterable[Characteristic]) -> dict[int, Limits]:
    """The limits that hold in one inspection: a count of defects without its own is judged by the sampling plan's numbers."""
    characteristics = list(characteristics)
    found = limits_of(characteristics, inspection.lot.item_id if inspection.lot else None)
    if inspection.reject_number is not None:
        for c in characteristics:
            own = found[c.pk]
            if c.kind == CharacteristicKind.COUNT and own.applies and not own.are_set:
                found[c.pk] = Limits(None, Decimal(inspection.reject_number - 1))
    return found


def judge(
    characteristic: Characteristic, limits: Limits, *, value: Decimal | None, passed: bool | None, text: str
) -> bool | None:
    """Whether one reading is within limits; None where there is nothing to judge it against and nobody said."""
    if characteristic.kind == CharacteristicKind.INFORMATION:
        return None
    if characteristic.kind == CharacteristicKind.TEXT:
        return bool(text.strip())
    if characteristic.kind == CharacteristicKind.CHOICE:
        return text.strip() in characteristic.accepted
    if characteristic.kind in SAID or value is None or not limits.are_set:
        return passed
    return limits.hold(value) and passed is not False


def verdicts(inspection: Inspection) -> list[Verdict]:
    """One verdict for each characteristic of the plan, in the plan's order. Three queries."""
    if inspection.plan_id is None:
        return []
    characteristics = list(Characteristic.objects.filter(plan=inspection.plan_id).order_by("position"))
    limits = limits_in(inspection, characteristics)
    found: dict[int, list[Result]] = defaultdict(list)
    for result in Result.objects.filter(inspection=inspection).order_by("reading_no"):
        found[result.characteristic_id].append(result)
    made = [_verdict(c, limits[c.pk], found[c.pk]) for c in characteristics]
    return [replace(verdict, is_skipped=True) for verdict in made] if inspection.skipped_why else made


def _verdict(characteristic: Characteristic, limits: Limits, results: list[Result]) -> Verdict:
    if not limits.applies:
        return Verdict(characteristic, limits, State.NOT_APPLICABLE, results)
    retests = [result for result in results if result.is_retest]
    counting = retests[-characteristic.readings :] if retests else results
    earlier_fails = sum(result.is_within is False for result in results if result not in counting)
    return Verdict(
        characteristic,
        limits,
        _state(characteristic, limits, counting),
        counting,
        earlier_fails,
        _label(characteristic, counting),
    )


def _state(characteristic: Characteristic, limits: Limits, results: list[Result]) -> State:
    is_complete = len(results) >= characteristic.readings
    if characteristic.rule == Rule.MEAN and characteristic.kind in NUMBERS and limits.are_set:
        if not is_complete:
            return State.MISSING
        values = [result.value for result in results if result.value is not None]
        return State.WITHIN if values and limits.hold(sum(values, Decimal(0)) / len(values)) else State.OUT
    if any(result.is_within is False for result in results):
        return State.OUT
    if not is_complete or (
        characteristic.kind != CharacteristicKind.INFORMATION
        and any(result.is_within is None for result in results)
    ):
        return State.MISSING
    return State.WITHIN


def _label(characteristic: Characteristic, results: Sequence[Result]) -> str:
    """What the label must say because a reading is above the label threshold (sulfites, 21 CFR 101.100)."""
    if characteristic.label_above is None:
        return ""
    is_above = any(
        result.value is not None and result.value > characteristic.label_above for result in results
    )
    return (characteristic.label_text or characteristic.name) if is_above else ""
