"""Control charts reckoned: centre, limits, Western Electric rules, capability. Nothing here reads the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isclose, sqrt
from statistics import fmean, stdev

# By the size of the group: d2, A2, D3, D4 (reckoned from the normal distribution; the usual tables to three digits).
CONSTANTS = {
    2: (1.1284, 1.88, 0, 3.2667),
    3: (1.6926, 1.0233, 0, 2.5747),
    4: (2.0588, 0.7286, 0, 2.2821),
    5: (2.3259, 0.5768, 0, 2.1146),
    6: (2.5344, 0.4832, 0, 2.0039),
    7: (2.7044, 0.4193, 0.0756, 1.9244),
    8: (2.8472, 0.3725, 0.1361, 1.8639),
    9: (2.97, 0.3367, 0.184, 1.816),
    10: (3.0775, 0.3083, 0.223, 1.777),
    11: (3.1729, 0.2851, 0.2555, 1.7445),
    12: (3.2585, 0.2658, 0.2832, 1.7168),
    13: (3.336, 0.2494, 0.3071, 1.6929),
    14: (3.4068, 0.2354, 0.328, 1.672),
    15: (3.4718, 0.2231, 0.3465, 1.6535),
    20: (3.735, 0.1796, 0.4147, 1.5853),
    25: (3.9306, 0.1526, 0.4592, 1.5408),
}
# Fewer points say little about a process; its capability is then not told.
ENOUGH = 25

RULES = (
    "One point beyond three sigma",
    "Two of three beyond two sigma, on one side",
    "Four of five beyond one sigma, on one side",
    "Eight in a row on one side",
)


@dataclass(slots=True)
class Chart:
    """One line of points with its centre and limits; a limit may differ from point to point (p chart)."""

    title: str
    points: list[float]
    centre: float
    lower: list[float]
    upper: list[float]
    broken: dict[int, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capability:
    """Cp and Cpk within, Pp and Ppk overall. A side without a limit is left out; None is not known."""

    cp: float | None
    cpk: float | None
    pp: float | None
    ppk: float | None
    count: int

    @property
    def is_enough(self) -> bool:
        return self.count >= ENOUGH


def individuals(values: Sequence[float]) -> tuple[Chart, Chart, float]:
    """I-MR: each value, and the range between neighbours. Returns both charts and sigma within. Needs two values."""
    ranges = [abs(b - a) for a, b in pairwise(values)]
    mean, spread = fmean(values), fmean(ranges)
    d2, _, d3, d4 = CONSTANTS[2]
    sigma = spread / d2
    chart = _chart("Values", list(values), mean, sigma)
    return chart, _ranges("Moving range", ranges, spread, d3, d4), sigma


def groups(samples: Sequence[Sequence[float]]) -> tuple[Chart, Chart, float]:
    """X-bar and R of groups of one size (2 to 25). Returns both charts and sigma within."""
    size = len(samples[0])
    d2, a2, d3, d4 = CONSTANTS[size]
    means, ranges = [fmean(sample) for sample in samples], [max(sample) - min(sample) for sample in samples]
    centre, spread = fmean(means), fmean(ranges)
    chart = _chart("Means of groups", means, centre, a2 * spread / 3)
    return chart, _ranges("Ranges of groups", ranges, spread, d3, d4), spread / d2


def proportions(bad: Sequence[int], looked_at: Sequence[int]) -> Chart:
    """p: the share of bad ones, with limits by how many were looked at each time."""
    centre = sum(bad) / sum(looked_at)
    points = [d / n for d, n in zip(bad, looked_at, strict=True)]
    sigmas = [sqrt(centre * (1 - centre) / n) for n in looked_at]
    chart = Chart(
        "Share that failed",
        points,
        centre,
        [max(centre - 3 * s, 0.0) for s in sigmas],
        [min(centre + 3 * s, 1.0) for s in sigmas],
    )
    standard = [(p - centre) / s if s else 0.0 for p, s in zip(points, sigmas, strict=True)]
    chart.broken = western_electric(standard, 0.0, 1.0)
    return chart


def western_electric(points: Sequence[float], centre: float, sigma: float) -> dict[int, list[int]]:
    """Which of the four rules each point ends a pattern of: {point: [1, 4]}."""
    broken: dict[int, list[int]] = {}
    if not sigma or isclose(sigma, 0.0, abs_tol=1e-12):
        return broken
    scores = [(point - centre) / sigma for point in points]
    for at, score in enumerate(scores):
        rules = [1] if abs(score) > 3 else []
        for side in (1, -1):
            own = [s * side for s in scores[: at + 1]]
            # The pattern is told of the point that completes it, so the point itself takes part.
            if own[-1] > 2 and sum(s > 2 for s in own[-3:]) >= 2:
                rules.append(2)
            if own[-1] > 1 and len(own) >= 4 and sum(s > 1 for s in own[-5:]) >= 4:
                rules.append(3)
            if len(own) >= 8 and all(s > 0 for s in own[-8:]):
                rules.append(4)
        if rules:
            broken[at] = rules
    return broken


def capability(values: Sequence[float], sigma: float, lower: float | None, upper: float | None) -> Capability:
    """How well the limits hold the process. One-sided limits use the side there is."""
    overall = stdev(values) if len(values) > 1 else 0.0
    mean = fmean(values)
    return Capability(
        _width(sigma, lower, upper),
        _nearest(mean, sigma, lower, upper),
        _width(overall, lower, upper),
        _nearest(mean, overall, lower, upper),
        len(values),
    )


def _width(sigma: float, lower: float | None, upper: float | None) -> float | None:
    return (upper - lower) / (6 * sigma) if sigma and lower is not None and upper is not None else None


def _nearest(mean: float, sigma: float, lower: float | None, upper: float | None) -> float | None:
    sides = [upper - mean] if upper is not None else []
    sides += [mean - lower] if lower is not None else []
    return min(sides) / (3 * sigma) if sigma and sides else None


def _chart(title: str, points: list[float], centre: float, sigma: float) -> Chart:
    low, high = [centre - 3 * sigma] * len(points), [centre + 3 * sigma] * len(points)
    return Chart(title, points, centre, low, high, western_electric(points, centre, sigma))


def _ranges(title: str, points: list[float], spread: float, d3: float, d4: float) -> Chart:
    chart = Chart(title, points, spread, [d3 * spread] * len(points), [d4 * spread] * len(points))
    chart.broken = {at: [1] for at, point in enumerate(points) if not d3 * spread <= point <= d4 * spread}
    return chart
