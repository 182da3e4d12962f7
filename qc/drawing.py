"""A control chart as an SVG that the server draws: no script, prints, follows the theme; beside it stands the same as a table."""

from __future__ import annotations

from dataclasses import dataclass

from qc.spc import Chart

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 220, 56, 12, 12, 22


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    is_broken: bool
    says: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Coordinates for the template: the line through the points, the limits, the specification, the marks on the scale."""

    title: str
    line: str
    dots: list[Dot]
    centre: float
    lower: str
    upper: str
    specs: list[tuple[str, float]]
    scale: list[tuple[str, float]]


def draw(chart: Chart, labels: list[str], *, specs: list[tuple[str, float]] | None = None) -> Drawing:
    wanted = [*chart.points, *chart.lower, *chart.upper, chart.centre, *(value for _, value in specs or ())]
    low, high = min(wanted), max(wanted)
    margin = (high - low) * 0.06 or 1.0
    low, high = low - margin, high + margin
    count = len(chart.points)

    def x(at: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (at / (count - 1) if count > 1 else 0.5), 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low), 1)

    def path(values: list[float]) -> str:
        return " ".join(f"{x(at)},{y(value)}" for at, value in enumerate(values))

    dots = [
        Dot(x(at), y(value), at in chart.broken, f"{labels[at]}: {number(value)}")
        for at, value in enumerate(chart.points)
    ]
    marks = {number(value): y(value) for value in (chart.lower[-1], chart.centre, chart.upper[-1])}
    return Drawing(
        chart.title, path(chart.points), dots, y(chart.centre), path(chart.lower), path(chart.upper),
        [(f"{name} {number(value)}", y(value)) for name, value in specs or ()], list(marks.items()),
    )  # fmt: skip


def number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")
