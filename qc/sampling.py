"""How many units are looked at, how many bad ones are accepted, how strictly, and whether a lot is skipped. Nothing here reads the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache
from math import isqrt
from typing import NamedTuple

from qc import sampling_tables as tables
from qc.models import Plan, Sampling, Strictness

AQLS = tuple(Decimal(text) for text in tables.AQLS_TEXT.split())
DISCONTINUE_AFTER = 5


class SinglePlan(NamedTuple):
    """From the tables: the letter, how many are looked at, and how many bad ones are accepted or reject the lot."""

    letter: str
    n: int
    accept: int
    reject: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What is looked at in one lot. `accept` and `reject` are None where each characteristic judges by itself."""

    size: int | None
    lot_size: int
    letter: str = ""
    accept: int | None = None
    reject: int | None = None
    strictness: str = ""


def letter_of(lot_size: int, level: str) -> str:
    """Table I. A lot of one is looked at like a lot of two."""
    column = tables.LEVELS.index(level) + 1
    rows = [line.split() for line in tables.LETTERS_BY_LOT.strip().splitlines()]
    return next((row[column] for row in reversed(rows) if int(row[0]) <= lot_size), rows[0][column])


def single_plan(letter: str, aql: Decimal, strictness: str = Strictness.NORMAL) -> SinglePlan:
    """Tables II-A, II-B, II-C, with the arrows followed: another row brings its own sample size."""
    rows, sizes = _table(strictness)
    letters, column = list(rows), AQLS.index(aql)
    at = letters.index(letter)
    while (cell := rows[letters[at]][column]) in ("v", "^"):
        if cell == "v" and at + 1 == len(letters):
            # The tightened table has one more row, for one AQL alone.
            return SinglePlan("S", tables.SAMPLE["S"], 1, 2)
        at += 1 if cell == "v" else -1
    accept, reject = map(int, cell.split("/"))
    return SinglePlan(letters[at], sizes[letters[at]], accept, reject)


@cache
def _table(strictness: str) -> tuple[dict[str, list[str]], dict[str, int]]:
    text = {
        Strictness.NORMAL: tables.NORMAL,
        Strictness.TIGHTENED: tables.TIGHTENED,
        Strictness.REDUCED: tables.REDUCED,
    }[Strictness(strictness)]
    rows = {line.split()[0]: line.split()[1:] for line in text.strip().splitlines()}
    return rows, tables.SAMPLE_REDUCED if strictness == Strictness.REDUCED else tables.SAMPLE


def sample(plan: Plan, quantity: Decimal, strictness: str = Strictness.NORMAL) -> Sample:
    """What a plan asks of a lot of this many units. Never more than there are: then all of them."""
    size = max(int(quantity.to_integral_value(rounding=ROUND_CEILING)), 1)
    how = Sampling(plan.sampling)
    if how == Sampling.AQL and plan.aql is not None:
        found = single_plan(letter_of(size, plan.level), plan.aql.normalize(), strictness)
        return Sample(min(found.n, size), size, found.letter, found.accept, found.reject, strictness)
    if how == Sampling.ALL:
        return Sample(size, size)
    if how == Sampling.PERCENT and plan.sample_percent:
        share = (size * plan.sample_percent / 100).to_integral_value(rounding=ROUND_CEILING)
        return Sample(min(max(int(share), 1), size), size)
    if how == Sampling.ROOT:
        return Sample(min(_root(size) + 1, size), size)
    return Sample(min(plan.sample_number, size) if plan.sample_number else None, size)


def _root(size: int) -> int:
    root = isqrt(size)
    return root if root * root == size else root + 1


@dataclass(frozen=True, slots=True)
class Past:
    """One lot before this one, on its first inspection."""

    accepted: bool
    strictness: str = Strictness.NORMAL
    in_the_gap: bool = False
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How strictly the next lot is looked at. `discontinued`: the supplier has to act before another lot is taken."""

    strictness: str
    discontinued: bool = False


def standing(history: Sequence[Past], *, allows_reduced: bool = False) -> Standing:
    """The switching rules over all earlier lots, oldest first. Skipped lots do not count.

    Normal → tightened: two of five or fewer in a row rejected. Tightened → normal: five accepted in a row; five rejected on
    tightened without recovery discontinue. Normal → reduced: ten accepted in a row, where the plan allows it. Reduced →
    normal: one rejected, or accepted between accept and reject number.
    """
    now, since, discontinued = Strictness.NORMAL, list[Past](), False
    for past in history:
        if past.skipped:
            continue
        since.append(past)
        if now == Strictness.NORMAL:
            if sum(not lot.accepted for lot in since[-5:]) >= 2:
                now, since = Strictness.TIGHTENED, []
            elif allows_reduced and len(since) >= 10 and all(lot.accepted for lot in since[-10:]):
                now, since = Strictness.REDUCED, []
        elif now == Strictness.TIGHTENED:
            if len(since) >= 5 and all(lot.accepted for lot in since[-5:]):
                now, since, discontinued = Strictness.NORMAL, [], False
            else:
                discontinued = sum(not lot.accepted for lot in since) >= DISCONTINUE_AFTER
        elif not past.accepted or past.in_the_gap:
            now, since = Strictness.NORMAL, []
    return Standing(now, discontinued)


def is_skipped(plan: Plan, history: Sequence[Past]) -> bool:
    """Skip-lot: earned by lots accepted in a row, lost with one rejected; one lot in `skip_every` is looked at all the same."""
    if not plan.skip_every:
        return False
    earned, skipped = 0, 0
    for past in history:
        if past.skipped:
            skipped += 1
        else:
            earned, skipped = (earned + 1 if past.accepted else 0), 0
    return earned >= (plan.skip_after or 1) and skipped < plan.skip_every - 1
