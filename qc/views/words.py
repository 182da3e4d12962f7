"""Limits, readings and verdicts in words, one way for bench, panel, plan and export."""

from __future__ import annotations

from decimal import Decimal

from qc.judging import NUMBERS, Limits, State, Verdict
from qc.models import Characteristic, CharacteristicKind, Inspection, Plan, Result, Rule, Sampling
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


def scope_words(plan: Plan) -> str:
    """Whom a plan is for, besides its items."""
    words = []
    if plan.category:
        words.append(f"every item of {plan.category}")
    if places := ", ".join(plan.locations.order_by("code").values_list("code", flat=True)[:50]):
        words.append(f"at {places}")
    if suppliers := ", ".join(plan.suppliers.order_by("code").values_list("name", flat=True)[:50]):
        words.append(f"only from {suppliers}")
    if plan.step:
        words.append(f"at the step {plan.step}")
    return "; ".join(words)


def ways_of(plan: Plan) -> list[tuple[str, str]]:
    """How many, how often, how strictly; only what was said."""
    ways = []
    if plan.sampling == Sampling.AQL and plan.aql is not None:
        ways.append(("Sample", f"AQL {number(plan.aql)}, level {plan.get_level_display()}"))
    elif plan.sampling == Sampling.PERCENT and plan.sample_percent:
        ways.append(("Sample", f"{number(plan.sample_percent)} %"))
    elif plan.sampling != Sampling.FIXED:
        ways.append(("Sample", plan.get_sampling_display()))
    elif plan.sample_number:
        ways.append(("Sample", f"{plan.sample_number} units"))
    if plan.skip_every:
        ways.append(
            ("Skip-lot", f"one lot in {plan.skip_every}, after {plan.skip_after or 1} accepted in a row")
        )
    often = [
        f"{plan.every_units} units" if plan.every_units else "",
        f"{plan.every_minutes} minutes" if plan.every_minutes else "",
    ]
    if any(often):
        ways.append(("Every", " or ".join(filter(None, often))))
    if plan.is_blocking:
        ways.append(("Blocks", "the next step"))
    if plan.stops_on_calibration:
        ways.append(("Calibration", "an instrument past it stops the reading"))
    return ways


def sample_words(inspection: Inspection) -> str:
    """“Sample 50 of 500, letter H, normal: accept up to 1, reject from 2.”"""
    if inspection.sample_size is None:
        return ""
    words = f"Sample {inspection.sample_size}" + (
        f" of {number(inspection.lot_size)}" if inspection.lot_size else ""
    )
    if inspection.code_letter:
        words += f", letter {inspection.code_letter}, {inspection.get_strictness_display().lower()}"
    if inspection.accept_number is not None:
        words += f": accept up to {inspection.accept_number}, reject from {inspection.reject_number}"
    return f"{words}."


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
        said = {True: ", pass", False: ", fail", None: ""}[result.passed]
        return f"{result.text}{said}"
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
