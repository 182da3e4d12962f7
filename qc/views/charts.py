"""Results over time as control charts with their tables: by item, characteristic, vendor and line."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qc import drawing, spc
from qc.judging import limits_of
from qc.models import Characteristic, CharacteristicKind, Result
from qc.sites import of_own_sites
from traceability.models import Item, Location, LocationKind, Party, Person
from traceability.views.keys import actor_of
from traceability.views.rights import needs

MOST = 2_000
SHOWN = 300
KINDS = [
    ("", "by the readings"),
    ("individuals", "I-MR, each reading"),
    ("groups", "X-bar and R, readings of one inspection"),
    ("share", "p, share that failed"),
]


@needs("qc.view")
def charts(request: HttpRequest) -> HttpResponse:
    """Choose an item and what was measured; the newest readings are drawn, the oldest of them first."""
    asked = {
        name: request.GET.get(name, "").strip()[:120]
        for name in ("item", "characteristic", "supplier", "line", "kind")
    }
    items = Item.objects.filter(pk__in=Result.objects.values("inspection__lot__item")).order_by("name")
    item = items.filter(code=asked["item"]).first()
    looks: list[str] = []
    if item:
        rows = Result.objects.filter(inspection__lot__item=item).exclude(
            characteristic__kind__in=[CharacteristicKind.TEXT, CharacteristicKind.INFORMATION]
        )
        looks = list(
            rows.values_list("characteristic__name", flat=True).annotate(n=Count("pk")).order_by("-n")
        )
    context: dict[str, Any] = {
        "asked": asked, "items": items, "item": item, "looks": looks, "kinds": KINDS,
        "suppliers": Party.objects.filter(is_supplier=True, is_active=True).order_by("name"),
        "lines": Location.objects.filter(kind=LocationKind.LINE, is_active=True).order_by("code"),
    }  # fmt: skip
    if item and asked["characteristic"] in looks:
        context |= _drawn(item, asked, actor_of(request))
    return render(request, "qc/charts.html", context)


def _drawn(item: Item, asked: dict[str, str], person: Person) -> dict[str, Any]:
    rows = Result.objects.filter(
        inspection__lot__item=item, characteristic__name=asked["characteristic"], is_retest=False
    )
    rows = of_own_sites(rows, person, lot="inspection__lot")
    if asked["supplier"]:
        rows = rows.filter(inspection__lot__supplier__code=asked["supplier"])
    if asked["line"]:
        rows = rows.filter(
            Q(inspection__run__line__code=asked["line"])
            | Q(inspection__lot__runs__role="output", inspection__lot__runs__run__line__code=asked["line"])
        )
    newest = (
        rows.select_related("inspection__lot", "characteristic__plan")
        .distinct()
        .order_by("-entered_at", "-pk")[:MOST]
    )
    readings = list(newest)[::-1]
    if not readings:
        return {"empty": True}
    c = readings[-1].characteristic
    by_inspection: dict[int, list[Result]] = {}
    for reading in readings:
        by_inspection.setdefault(reading.inspection_id, []).append(reading)
    taken = list(by_inspection.values())
    numbers = [[float(r.value) for r in group if r.value is not None] for group in taken]
    if asked["kind"] == "share" or c.kind not in (CharacteristicKind.MEASUREMENT, CharacteristicKind.COUNT):
        return _shares(taken)
    sizes = {len(group) for group in numbers if group}
    size = max(sizes, key=lambda n: sum(len(group) == n for group in numbers)) if sizes else 0
    may_group = 2 <= size <= 25 and sum(len(group) == size for group in numbers) >= 2
    if asked["kind"] == "groups" or (not asked["kind"] and may_group):
        if not may_group:
            return {"too_few": "Groups need at least two inspections with the same number of readings."}
        whole = [
            (group, values) for group, values in zip(taken, numbers, strict=True) if len(values) == size
        ][-SHOWN:]
        upper, lower, sigma = spc.groups([values for _, values in whole])
        labels = [_label(group[0]) for group, _ in whole]
        return _pair(c, item, upper, lower, sigma, labels, labels, [v for _, values in whole for v in values])
    flat = [(r, float(r.value)) for r in readings if r.value is not None][-SHOWN:]
    if len(flat) < 2:
        return {"too_few": "A chart needs at least two readings."}
    upper, lower, sigma = spc.individuals([value for _, value in flat])
    labels = [_label(r) for r, _ in flat]
    return _pair(c, item, upper, lower, sigma, labels, labels[1:], [value for _, value in flat])


def _pair(
    c: Characteristic,
    item: Item,
    first: spc.Chart,
    second: spc.Chart,
    sigma: float,
    labels: list[str],
    others: list[str],
    values: list[float],
) -> dict[str, Any]:
    limits = limits_of([c], item.pk)[c.pk]
    low = float(limits.lower) if limits.lower is not None else None
    high = float(limits.upper) if limits.upper is not None else None
    specs = [
        (name, value) for name, value in (("lower limit", low), ("upper limit", high)) if value is not None
    ]
    return {
        "look": c, "charts": [_told(first, labels, specs), _told(second, others, [])], "able": spc.capability(values, sigma, low, high),
        "enough": spc.ENOUGH, "specs": specs, "rules": spc.RULES,
    }  # fmt: skip


def _shares(taken: list[list[Result]]) -> dict[str, Any]:
    judged = [group for group in taken if any(r.is_within is not None for r in group)][-SHOWN:]
    if len(judged) < 2:
        return {"too_few": "A chart needs at least two inspections that were judged."}
    bad = [sum(r.is_within is False for r in group) for group in judged]
    chart = spc.proportions(bad, [len(group) for group in judged])
    return {
        "look": judged[-1][0].characteristic, "charts": [_told(chart, [_label(group[0]) for group in judged], [])], "able": None, "rules": spc.RULES,
    }  # fmt: skip


def _told(chart: spc.Chart, labels: list[str], specs: list[tuple[str, float]]) -> dict[str, Any]:
    rows = [
        {
            "label": labels[at], "value": drawing.number(value), "lower": drawing.number(chart.lower[at]), "upper": drawing.number(chart.upper[at]),
            "broken": "; ".join(spc.RULES[rule - 1] for rule in chart.broken.get(at, ())),
        }
        for at, value in enumerate(chart.points)
    ]  # fmt: skip
    return {
        "drawing": drawing.draw(chart, labels, specs=specs),
        "rows": rows,
        "centre": drawing.number(chart.centre),
        "broken": sum(bool(row["broken"]) for row in rows),
    }


def _label(result: Result) -> str:
    lot = result.inspection.lot
    return f"{lot.number if lot else result.inspection.number}, {result.entered_at:%Y-%m-%d}"
