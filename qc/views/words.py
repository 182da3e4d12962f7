"""Limits, readings and verdicts in words, one way for bench, panel, plan and export."""

from __future__ import annotations

from decimal import Decimal

from qc.judging import NUMBERS, Limits, State, Verdict
from qc.models import Characteristic, CharacteristicKind, Result, Rule
from traceability.ledger import plain

STATES = {
    State.WITHIN: "Pass",
    State.OUT: "Fail",
    State.MISSING: "Open",
    State.NOT_APPLICABLE: "Does not apply",
}


def number(value: Decimal) -> str:
    return plain(value).replace("-", "−")


def limit_words(lower: Decimal | None, upper: Decimal | None) -> str:
    if lower is not None and upper is not None:
        return f"= {number(lower)}" if lower == upper else f"{number(lower)} to {number(upper)}"
    if upper is not None:
        return f"≤ {number(upper)}"
    return f"≥ {number(lower)}" if lower is not None else ""


def rule_words(c: Characteristic, limits: Limits) -> str:
    """What stands behind the limit: how several readings are judged, and when the label must say something."""
    words = []
    if c.kind == CharacteristicKind.INFORMATION:
        words.append("for information")
    elif c.kind in NUMBERS and not limits.are_set and limits.applies:
        words.append("no limit is set: say pass or fail")
    elif c.readings > 1:
        words.append("the mean must be inside" if c.rule == Rule.MEAN else "any reading out fails")
    if c.label_above is not None:
        words.append(f"above {number(c.label_above)} the label says “{c.label_text or c.name}”")
    if not c.is_mandatory:
        words.append("may be left out")
    return ", ".join(words)


def broken_limit(limits: Limits) -> str:
    """“4.4 or less”, as one says it of a reading that is out."""
    if limits.lower is not None and limits.upper is not None:
        return f"{number(limits.lower)} to {number(limits.upper)}"
    if limits.upper is not None:
        return f"{number(limits.upper)} or less"
    return f"{number(limits.lower)} or more" if limits.lower is not None else ""


def reading_words(result: Result) -> str:
    if result.value is not None:
        return number(result.value)
    if result.text:
        return result.text
    return {True: "Pass", False: "Fail", None: ""}[result.passed]


def result_words(verdict: Verdict) -> str:
    """The readings that count, short: one value, or mean and range, or how many passed."""
    results = list(verdict.results)
    values = [result.value for result in results if result.value is not None]
    if len(values) > 1:
        return f"{spread(values)} ({len(values)})"
    if len(results) > 1 and verdict.characteristic.kind == CharacteristicKind.PASS_FAIL:
        return f"{sum(bool(result.is_within) for result in results)} of {len(results)}"
    return reading_words(results[0]) if results else ""


def spread(values: list[Decimal]) -> str:
    mean = round(sum(values, Decimal(0)) / len(values), 2)
    return f"mean {number(mean)}, {number(min(values))} to {number(max(values))}"


def verdict_words(verdict: Verdict) -> str:
    if verdict.state == State.WITHIN and verdict.characteristic.kind == CharacteristicKind.INFORMATION:
        return "Noted"
    return STATES[verdict.state]
