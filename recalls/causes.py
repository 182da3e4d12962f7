"""Common cause: what several bad lots have in them, or behind them, that good ones do not.

share = bad lots that have it ÷ bad lots; lift = share ÷ (all comparable lots that have it ÷ all of them). Sorted by share,
then lift. It says what is consistent with the complaints, never what caused them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Exists, OuterRef

from traceability import ledger
from traceability.genealogy import where_from, where_used, why
from traceability.inquiries import made_on
from traceability.models import Lot, Movement, Run, RunLot, RunRole

COMPARED = 200
PATHS = 12
SORTS = {
    "supplier_lot": "Supplier lots", "supplier": "Suppliers", "lot": "Lots made here", "line": "Lines", "day": "Days of production",
}  # fmt: skip


@dataclass(slots=True)
class Cause:
    """One thing that some bad lots share. `cases` are the bad lots that have it; `paths` how it came into each."""

    sort: str
    title: str
    note: str
    lots: list[Lot]
    cases: set[int]
    all_lots: int = 0
    lift: Decimal = Decimal(0)
    paths: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    cases: list[Lot]
    total: int  # comparable lots: those of the same kinds of item
    causes: list[Cause]
    left: int  # candidates that were not compared, being in too few bad lots

    def of(self, sort: str) -> list[Cause]:
        return [cause for cause in self.causes if cause.sort == sort]


def common_causes(lots: Iterable[Lot]) -> Comparison:
    """Two walks a candidate at most. Raises BadInput for fewer than two bad lots: one shares everything with itself."""
    cases = sorted({lot.pk: lot for lot in lots}.values(), key=lambda lot: (lot.number, lot.pk))
    if len(cases) < 2:
        raise ledger.BadInput(
            "A common cause needs at least two bad lots.",
            "One lot shares everything with itself.",
            "Choose more complaints, or type more lots.",
        )
    kinds = {lot.item.kind for lot in cases}
    comparable = _comparable(kinds)
    inside: dict[int, set[int]] = {lot.pk: set(where_from([lot.pk]).lots) for lot in cases}
    candidates = _by_lots(cases, inside) + _by_runs(cases, inside)
    candidates.sort(key=lambda cause: (-len(cause.cases), cause.sort, cause.title))
    compared = candidates[:COMPARED]
    reach = _Reach(comparable)
    for cause in compared:
        cause.all_lots = len(reach.of(cause) & comparable)
        cause.lift = _lift(len(cause.cases), len(cases), cause.all_lots, len(comparable))
    compared.sort(key=lambda cause: (-len(cause.cases), -cause.lift, cause.sort, cause.title))
    _paths([cause for cause in compared if cause.sort == "supplier_lot"][:PATHS])
    return Comparison(cases, len(comparable), compared, len(candidates) - len(compared))


def _comparable(kinds: set[str]) -> set[int]:
    """Lots of the same kinds that came into being and were not taken back."""
    born = Movement.objects.filter(
        lot=OuterRef("pk"), origin_status="", entry__reversed_by__isnull=True
    ).exclude(entry__kind="reversal")
    rows = Lot.objects.filter(Exists(born), item__kind__in=kinds, is_untracked=False)
    return set(rows.values_list("pk", flat=True))


def _by_lots(cases: Sequence[Lot], inside: dict[int, set[int]]) -> list[Cause]:
    """What came in: by supplier lot in any spelling, and by supplier. What was made here: by lot."""
    every = set().union(*inside.values()) - {lot.pk for lot in cases}
    rows = Lot.objects.filter(pk__in=every, is_untracked=False).select_related("item", "supplier")
    groups: dict[tuple[object, ...], list[Lot]] = defaultdict(list)
    for lot in rows.order_by("number", "pk"):
        if lot.supplier_id:
            groups["supplier_lot", lot.item_id, lot.supplier_id, lot.supplier_lot_key or lot.number].append(
                lot
            )
            groups["supplier", lot.supplier_id].append(lot)
        else:
            groups["lot", lot.pk].append(lot)
    found = []
    for key, lots in groups.items():
        first, keys = lots[0], {lot.pk for lot in lots}
        title = {
            "supplier_lot": f"{first.item.name} {first.supplier_lot or first.number}",
            "supplier": str(first.supplier),
            "lot": f"{first.item.name} {first.number}",
        }[str(key[0])]
        note = str(first.supplier) if key[0] == "supplier_lot" else ""
        cases_with = {pk for pk, has in inside.items() if has & keys}
        found.append(Cause(str(key[0]), title, note, lots, cases_with))
    return found


def _by_runs(cases: Sequence[Lot], inside: dict[int, set[int]]) -> list[Cause]:
    """The line on which a bad lot was made, and the day."""
    groups: dict[tuple[str, str], set[int]] = defaultdict(set)
    rows = RunLot.objects.filter(lot__in=inside, role=RunRole.OUTPUT, quantity__gt=0)
    for lot, line in rows.values_list("lot_id", "run__line__code"):
        if line:
            groups["line", line].add(lot)
    for lot, day in made_on(list(inside)).items():
        groups["day", day.isoformat()].add(lot)
    return [Cause(sort, title, "", [], lots) for (sort, title), lots in groups.items()]


class _Reach:
    """All lots that have a thing in them or behind them."""

    def __init__(self, comparable: set[int]) -> None:
        self.comparable = comparable
        self.days: dict[str, set[int]] = defaultdict(set)

    def of(self, cause: Cause) -> set[int]:
        if cause.sort == "line":
            runs = Run.objects.filter(line__code=cause.title)
            return set(
                RunLot.objects.filter(run__in=runs, role=RunRole.OUTPUT, quantity__gt=0).values_list(
                    "lot_id", flat=True
                )
            )
        if cause.sort == "day":
            return self._made_on(cause.title)
        lots = cause.lots
        if cause.sort == "supplier_lot":
            # Every receipt of that supplier lot, also one that no bad lot has.
            first = lots[0]
            same = Lot.objects.filter(
                item=first.item_id, supplier=first.supplier_id, supplier_lot_key=first.supplier_lot_key
            )
            lots = list(same) if first.supplier_lot_key else lots
            cause.lots = sorted(lots, key=lambda lot: lot.number)
        if cause.sort == "supplier":
            return set(
                where_used(
                    list(Lot.objects.filter(supplier=lots[0].supplier_id).values_list("pk", flat=True))
                ).lots
            )
        return set(where_used([lot.pk for lot in lots]).lots)

    def _made_on(self, day: str) -> set[int]:
        if not self.days:
            for lot, made in made_on(sorted(self.comparable)).items():
                self.days[made.isoformat()].add(lot)
        return self.days[day]


def _lift(with_it: int, cases: int, all_lots: int, total: int) -> Decimal:
    if not all_lots or not total:
        return Decimal(0)
    exact = Decimal(with_it) / cases / (Decimal(all_lots) / total)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _paths(causes: Sequence[Cause]) -> None:
    """How each came into the bad lots: lot, order, lot, order … in numbers."""
    found = {id(cause): why([lot.pk for lot in cause.lots], sorted(cause.cases)) for cause in causes}
    steps = {step for paths in found.values() for path in paths.values() for step in path}
    lots = dict(
        Lot.objects.filter(pk__in=[key for kind, key in steps if kind == "lot"]).values_list("pk", "number")
    )
    runs = dict(
        Run.objects.filter(pk__in=[key for kind, key in steps if kind == "run"]).values_list("pk", "document")
    )
    for cause in causes:
        cause.paths = {
            target: [lots[key] if kind == "lot" else runs[key] for kind, key in path]
            for target, path in found[id(cause)].items()
        }
