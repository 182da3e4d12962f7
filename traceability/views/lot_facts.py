"""What the page of a lot shows, each part in a fixed number of queries, whatever hangs on the lot."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, F, Max, OuterRef, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from traceability.inquiries import MassBalance
from traceability.models import Hold, Lot, Movement, RunLot, RunRole
from traceability.reach import seen
from traceability.templatetags.lotline import signed
from traceability.views.statuses import with_facts

INPUTS_SHOWN = 60
BRANCH_SHOWN = 10
PRODUCTS_SHOWN = 20
LIFE_SHOWN = 12


# Does it add up?


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the equation. `part` is the share of the bar that it gets, and its look."""

    quantity: Decimal
    words: str
    look: str = ""
    note: str = ""


def came_in_terms(balance: MassBalance) -> list[Term]:
    """What came in, in the words of the lot: received, made, opening stock, from a pipe. The first is never left out."""
    terms = [
        Term(balance.received, "received"), Term(balance.made, "made"), Term(balance.opening, "opening stock"), Term(balance.supplied, "from supply"),
        Term(balance.adjusted_up, "found by count"),
    ]  # fmt: skip
    return [term for term in terms if term.quantity] or [Term(Decimal(0), "came in")]


def went_terms(balance: MassBalance) -> list[Term]:
    """Where it is: with customers, used, back at the supplier, with QC, lost, here. `here` is never left out."""
    terms = []
    if balance.shipped or balance.returned:
        note = (
            f"{signed(balance.shipped)} shipped − {signed(balance.returned)} returned"
            if balance.returned
            else ""
        )
        terms.append(Term(balance.out_net, "with customers", "part-out", note))
    if balance.used or balance.removed:
        note = (
            f"{signed(balance.used)} used − {signed(balance.removed)} taken out again"
            if balance.removed
            else ""
        )
        terms.append(Term(balance.used - balance.removed, "used", "part-out", note))
    terms += [
        Term(balance.returned_to_supplier, "back to the supplier", "part-qc"),
        Term(balance.sampled, "retained by QC", "part-qc"),
        Term(balance.scrapped, "scrapped", "part-loss"),
        Term(balance.adjusted_down, "lost by count", "part-loss"),
    ]
    return [term for term in terms if term.quantity] + [Term(balance.on_hand, "here", "part-here")]


# Holds


@dataclass(slots=True)
class HoldCard:
    hold: Hold
    path: list[str] = field(default_factory=list)


def hold_cards(lot: Lot, holds: list[Hold]) -> list[HoldCard]:
    """Each standing hold with the way on which it came to this lot: one query for each distinct case, at most three."""
    cards: list[HoldCard] = []
    paths: dict[tuple[str, str, str], list[str]] = {}
    for hold in holds:
        case = (hold.cause, hold.reference, hold.reason)
        if case not in paths and len(paths) < 3:
            paths[case] = _path_up(lot, case)
        cards.append(HoldCard(hold, paths.get(case, [])))
    return cards


def _path_up(lot: Lot, case: tuple[str, str, str]) -> list[str]:
    """The shortest way up through lots under the same hold, to one that none of them is in. UNION: each link once."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_LINKS, [lot.pk, *case, lot.pk])
        rows = cursor.fetchall()
    up: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for child, parent, number, run in rows:
        up[child].append((parent, number, run))
    if not up:
        return []
    came: dict[int, tuple[int, str]] = {lot.pk: (0, "")}
    numbers, level = {lot.pk: lot.number}, [lot.pk]
    while level:
        after = []
        for child in level:
            if child != lot.pk and not up.get(child):
                return _told(child, came, numbers)
            for parent, number, run in up.get(child, ()):
                if parent not in came:
                    came[parent], numbers[parent] = (child, run), number
                    after.append(parent)
        level = after
    return []


def _told(start: int, came: dict[int, tuple[int, str]], numbers: dict[int, str]) -> list[str]:
    told, here = [numbers[start]], start
    while came[here][0]:
        below, run = came[here]
        told += [run, numbers[below]]
        here = below
    return told


_HELD_LINKS = """
    WITH RECURSIVE held AS MATERIALIZED (
        SELECT lot_id FROM traceability_hold
        WHERE lifted_in_id IS NULL AND lot_id <> %s AND cause = %s AND reference = %s AND reason = %s
    ), up (child, parent, run) AS (
        SELECT f.lot_id, n.lot_id, n.run_id FROM traceability_runlot f
        JOIN traceability_runlot n ON n.run_id = f.run_id AND n.role = 'input' AND n.quantity > 0
        JOIN held ON held.lot_id = n.lot_id
        WHERE f.lot_id = %s AND f.role = 'output' AND f.quantity > 0
        UNION
        SELECT f.lot_id, n.lot_id, n.run_id FROM up
        JOIN traceability_runlot f ON f.lot_id = up.parent AND f.role = 'output' AND f.quantity > 0
        JOIN traceability_runlot n ON n.run_id = f.run_id AND n.role = 'input' AND n.quantity > 0
        JOIN held ON held.lot_id = n.lot_id
    )
    SELECT up.child, up.parent, l.number, u.document FROM up
    JOIN traceability_lot l ON l.id = up.parent JOIN traceability_run u ON u.id = up.run
    ORDER BY l.number LIMIT 5000"""


# What is in it?


@dataclass(slots=True)
class Branch:
    """One row of the tree: a link from a run's input, and what stands below it."""

    link: RunLot
    level: int
    comes_from: str = ""
    comes_code: str = ""
    evidence: str = ""
    has_more: bool = False  # something is below that is not shown
    is_expanded: bool = False
    more: int = 0  # siblings left out after this row

    @property
    def lot(self) -> Any:
        return self.link.lot


@dataclass(slots=True)
class Tree:
    rows: list[Branch]
    lots: int = 0
    runs: list[Any] = field(default_factory=list)


def what_is_in(lot: Lot) -> Tree:
    """Two levels of inputs. Five queries and two for the statuses."""
    made_by = RunLot.objects.filter(lot=lot, role=RunRole.OUTPUT, quantity__gt=0)
    first = list(
        _inputs()
        .filter(run__in=made_by.values("run"))
        .exclude(lot=lot)
        .order_by("-is_passage", "lot__item__kind", "lot__item__code", "lot__number")[: INPUTS_SHOWN + 1]
    )
    more = 0
    if len(first) > INPUTS_SHOWN:
        more = (
            seen(RunLot.objects.filter(role=RunRole.INPUT, quantity__gt=0, run__in=made_by.values("run")))
            .exclude(lot=lot)
            .count()
            - INPUTS_SHOWN
        )
        first = first[:INPUTS_SHOWN]
    rows = _grow(first, level=1, deeper=True)
    if rows and more:
        rows[-1].more = more
    return Tree(rows, lots=len({row.link.lot_id for row in rows}) + more)


def below(link: RunLot, level: int) -> list[Branch]:
    """The row of a link, opened, with the inputs of what made its lot."""
    return _grow([link], level=level, deeper=True)


def _inputs() -> Any:
    rows = RunLot.objects.filter(role=RunRole.INPUT, quantity__gt=0)
    return seen(rows).select_related("lot__item", "lot__supplier", "run")


def _grow(first: list[RunLot], *, level: int, deeper: bool) -> list[Branch]:
    runs_of = _made_in({link.lot_id for link in first if link.is_passage})
    under: dict[int, list[RunLot]] = defaultdict(list)
    if deeper and runs_of:
        place = Window(
            RowNumber(), partition_by=[F("run_id")], order_by=[F("lot__item__code"), F("lot__number")]
        )
        inputs = (
            _inputs()
            .filter(run__in={run for runs in runs_of.values() for run, _ in runs})
            .annotate(place=place)
        )
        for link in inputs.filter(place__lte=BRANCH_SHOWN + 1).order_by("run_id", "place"):
            under[link.run_id].append(link)
    second = [link for links in under.values() for link in links]
    runs_below = _made_in({link.lot_id for link in second if link.is_passage})
    evidence = _evidence([*first, *second])
    rows: list[Branch] = []
    for link in first:
        branch = _branch(link, level, runs_of, evidence)
        rows.append(branch)
        children = [
            child
            for run, _ in runs_of.get(link.lot_id, ())
            for child in under[run]
            if child.lot_id != link.lot_id
        ]
        branch.is_expanded = bool(children)
        for child in children[:BRANCH_SHOWN]:
            row = _branch(child, level + 1, runs_below, evidence)
            row.has_more = child.lot_id in runs_below
            rows.append(row)
        if len(children) > BRANCH_SHOWN:
            rows[-1].more = -1
    with_facts([row.link.lot for row in rows])
    return rows


def _made_in(lots: set[int]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    if lots:
        links = (
            RunLot.objects.filter(lot__in=lots, role=RunRole.OUTPUT, quantity__gt=0)
            .select_related("run")
            .order_by("run_id")
        )
        for link in links:
            found[link.lot_id].append((link.run_id, str(link.run)))
    return dict(found)


def _evidence(links: list[RunLot]) -> dict[tuple[int, int], str]:
    """How we know of each link: the weakest evidence of its movements."""
    if not links:
        return {}
    wanted = {(link.run_id, link.lot_id) for link in links}
    rows = (
        Movement.objects.filter(run__in={run for run, _ in wanted}, lot__in={lot for _, lot in wanted}, run_role="input")
        .values("run_id", "lot_id").annotate(kinds=ArrayAgg("evidence", distinct=True)).order_by()
    )  # fmt: skip
    order = ["inferred", "imported", "typed", "scanned"]
    return {(row["run_id"], row["lot_id"]): min(row["kinds"], key=order.index).capitalize() for row in rows}


def _branch(
    link: RunLot, level: int, runs_of: dict[int, list[tuple[int, str]]], evidence: dict[tuple[int, int], str]
) -> Branch:
    lot = link.lot
    branch = Branch(link, level, evidence=evidence.get((link.run_id, link.lot_id), ""))
    if lot.supplier:
        branch.comes_from, branch.comes_code = lot.supplier.name, lot.supplier_lot
    elif lot.pk in runs_of:
        branch.comes_from = f"Run {runs_of[lot.pk][0][1]}"
    elif lot.is_untracked:
        branch.comes_from = "Not tracked: the trace stops here"
    elif lot.is_imported:
        branch.comes_from = "Before the ledger"
    return branch


# Where did it go?


@dataclass(slots=True)
class Products:
    """Next-level products of a lot: all of them by item, the first rows one by one."""

    by_item: list[dict[str, Any]]
    rows: list[Any]  # RunLot with `used`
    lots: int


def made_of(lot: Lot) -> Products:
    """Two queries, whether it went into one lot or ten thousand."""
    drawn = RunLot.objects.filter(lot=lot, role=RunRole.INPUT, quantity__gt=0)
    outputs = seen(
        RunLot.objects.filter(role=RunRole.OUTPUT, quantity__gt=0, run__in=drawn.values("run")).exclude(
            lot=lot
        )
    )
    by_item = list(
        outputs.values("lot__item", "lot__item__code", "lot__item__name", "lot__item__unit")
        .annotate(lots=Count("lot", distinct=True), made=Sum("quantity"), runs=Count("run", distinct=True)).order_by("lot__item__code")
    )  # fmt: skip
    if not by_item:
        return Products([], [], 0)
    used = Subquery(drawn.filter(run=OuterRef("run")).values("quantity")[:1])
    rows = (
        outputs.select_related("lot__item", "run")
        .annotate(used=used)
        .order_by("lot__number")[:PRODUCTS_SHOWN]
    )
    found: list[Any] = list(rows)
    with_facts([row.lot for row in found])
    return Products(by_item, found, sum(row["lots"] for row in by_item))


def sisters_of(lot: Lot) -> list[RunLot]:
    """Other lots of the runs that made this one: by-products, rework, the next shift's number."""
    made_by = RunLot.objects.filter(lot=lot, role=RunRole.OUTPUT, quantity__gt=0).values("run")
    return list(
        seen(RunLot.objects.filter(run__in=made_by, role=RunRole.OUTPUT, quantity__gt=0))
        .exclude(lot=lot)
        .select_related("lot__item", "run")
        .order_by("lot__number")[:3]
    )


# Life


@dataclass(frozen=True, slots=True)
class Milestone:
    words: str
    at: Any
    note: str
    is_stop: bool = False


_DID = {
    "opening": "Opening stock {q}", "receipt": "Received {q}", "receipt_correction": "Receipt corrected by {q}", "supplier_return": "Returned {q} to the supplier",
    "transfer": "Moved {q}", "sample": "Retained {q}", "issue": "Used {q}", "issue_return": "{q} came back unused", "removal": "Took {q} out again",
    "output": "Made {q}", "scrap": "Scrapped {q}", "shipment": "Shipped {q}", "customer_return": "{q} came back", "count_adjustment": "Counted, {q} different",
    "reversal": "Reversed {q}",
}  # fmt: skip
_DECIDED = {"released": "Released", "rejected": "Rejected", "quarantine": "Back to quarantine"}


def life_of(lot: Lot, holds: list[Hold], sees_customers: bool) -> list[Milestone]:
    """What happened to it, newest first: movements of one paper are one milestone. One query."""
    rows = (
        seen(Movement.objects.filter(lot=lot))
        .values(
            "entry__kind",
            "entry__document",
            "entry__party__name",
            "entry__party__is_customer",
            "destination_status",
            "entry__actor__display_name",
        )
        .annotate(
            total=Sum("quantity"),
            at=Max("entry__occurred_at"),
            seq=Max("entry__seq"),
            entries=Count("entry", distinct=True),
            to=Max("destination__code"),
        )
        .order_by(F("seq").desc())[:200]
    )
    told: list[tuple[int, Milestone]] = []
    left_on = {row["entry__document"] for row in rows if row["entry__kind"] == "shipment"}
    for row in rows:
        if row["entry__kind"] == "transfer" and row["entry__document"] in left_on:
            continue  # Its way to the dock is told by the shipment.
        kind, amount = row["entry__kind"], f"{signed(row['total'])} {lot.item.unit}"
        if kind == "disposition":
            words = _DECIDED.get(row["destination_status"], "Decided")
        else:
            words = (
                _DID.get(kind, kind).format(q="" if lot.is_serial else amount).strip().capitalize()
                if lot.is_serial
                else _DID.get(kind, kind).format(q=amount)
            )
        party = row["entry__party__name"] or ""
        if row["entry__party__is_customer"] and not sees_customers:
            party = ""
        where = f"to {row['to']}" if kind == "transfer" else ""
        note = ", ".join(
            part
            for part in (
                row["entry__document"],
                party,
                where,
                f"by {row['entry__actor__display_name']}" if row["entry__actor__display_name"] else "",
            )
            if part
        )
        told.append((row["seq"], Milestone(words, row["at"], note)))
    for hold in holds:
        paper = f", {hold.get_cause_display().lower()} {hold.reference}".rstrip()
        told.append(
            (
                hold.placed_in.seq,
                Milestone(f"Hold{paper}", hold.placed_in.occurred_at, hold.reason, is_stop=True),
            )
        )
        if hold.lifted_in:
            told.append(
                (
                    hold.lifted_in.seq,
                    Milestone(f"Hold lifted{paper}", hold.lifted_in.occurred_at, hold.lifted_in.reason),
                )
            )
    told.sort(key=lambda pair: -pair[0])
    stones = [stone for _, stone in told]
    if len(stones) > LIFE_SHOWN:
        # The newest, and how it began: what lies between is in the movements.
        stones = [*stones[: LIFE_SHOWN - 1], stones[-1]]
    return stones
