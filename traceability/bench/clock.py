"""Taking times: the median of several, and percentiles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Taken:
    """`seconds` is the median of `times` measurements."""

    seconds: float
    times: int
    answer: Any = None

    @property
    def ms(self) -> float:
        return self.seconds * 1000


def take(work: Callable[[], Any], *, times: int = 5, at_most: float = 10.0) -> Taken:
    """Run it `times` times after one run to warm up; fewer when that one alone took long (`at_most` seconds in all)."""
    begun = time.perf_counter()
    answer = work()
    first = time.perf_counter() - begun
    if first * times > at_most:
        times = int(at_most / first)
    if times < 1:
        return Taken(first, 1, answer)
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - begun)
    return Taken(statistics.median(seconds), times, answer)


def percentiles(works: list[Callable[[], Any]]) -> tuple[float, float]:
    """p50 and p95 in seconds over different askings, each timed once after the first to warm up."""
    works[0]()
    seconds = []
    for work in works:
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    seconds.sort()
    return seconds[len(seconds) // 2], seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))]
