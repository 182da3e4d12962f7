"""Where did it go, and what is in it: one walk in two directions over `RunLot`, and the readings of it.

    lot ──input of──▶ run ──output──▶ lot        where_used ("Where did it go?")
    lot ◀──input──── run ◀──output of── lot      where_from ("What is in it?")

A recursive query with UNION visits each lot once, so it ends and is complete on any graph, cycles and 10,000-way fan-out
included. No depth cap, no row cap, never a partial answer. Untracked lots are reached but not walked through: they make
the answer *open*, and it says so. 21 CFR 1.1455 (FSMA 204) asks for this answer within 24 hours; here it is one query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from django.db import connection

from traceability.models import LedgerHead, Lot, RunLot, RunRole

Direction = Literal["used", "from"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the links are read. The default is the widest: every link that ever held, at the head of the ledger.

    as_of: only movements up to this seq. narrow: without links that were only inferred. contains_now: without parts taken
    out again. time_aware (downstream only): without what was drawn before the suspect input went in.
    """

    as_of: int | None = None
    narrow: bool = False
    contains_now: bool = False
    time_aware: bool = False

    @property
    def is_widest(self) -> bool:
        return not (self.narrow or self.contains_now or self.time_aware)


WIDE = Reading()


@dataclass(frozen=True, slots=True)
class Walk:
    """The answer: the lots reached (starts included), sorted by id, and those at which it stays open."""

    direction: Direction
    starts: tuple[int, ...]
    reading: Reading
    lots: list[int]
    open_lots: list[int] = field(default_factory=list)

    @property
    def reached(self) -> list[int]:
        starts = set(self.starts)
        return [lot for lot in self.lots if lot not in starts]

    @property
    def is_open(self) -> bool:
        return bool(self.open_lots)


def where_used(lots: Iterable[Lot | int], reading: Reading = WIDE) -> Walk:
    """Everything that contains any of the lots, at any distance, in the given reading. Starts are included."""
    return _walk("used", lots, reading)


def where_from(lots: Iterable[Lot | int], reading: Reading = WIDE) -> Walk:
    """Everything that is in any of the lots, at any distance. A time-aware reading does not exist upstream."""
    return _walk("from", lots, replace(reading, time_aware=False))


def left_out(walk: Walk) -> list[int]:
    """The lots that the widest reading at the same seq has and this one leaves out: listed, never dropped."""
    if walk.reading.is_widest:
        return []
    widest = _walk(walk.direction, walk.starts, Reading(as_of=walk.reading.as_of))
    return sorted(set(widest.lots) - set(walk.lots))


def links(lots: Sequence[int], role: str, reading: Reading = WIDE) -> list[RunLot]:
    """The links of these lots in one role at the head, each with its run and lot: one level, for tables and trees."""
    rows = RunLot.objects.filter(lot_id__in=lots, role=role, quantity__gt=0).select_related(
        "run", "lot", "lot__item"
    )
    return [
        row for row in rows.order_by("run__document", "run__number", "lot__number") if _holds(row, reading)
    ]


def run_links(runs: Sequence[int], role: str, reading: Reading = WIDE) -> list[RunLot]:
    """The inputs or outputs of runs at the head."""
    rows = RunLot.objects.filter(run_id__in=runs, role=role, quantity__gt=0).select_related(
        "run", "lot", "lot__item"
    )
    return [row for row in rows.order_by("lot__item__code", "lot__number") if _holds(row, reading)]


def _holds(row: RunLot, reading: Reading) -> bool:
    if reading.narrow and row.inferred >= row.quantity:
        return False
    return not (reading.contains_now and row.role == RunRole.INPUT and row.removed >= row.quantity)


def why(starts: Iterable[int], targets: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """For each target one shortest path from the starts, as [("lot", id), ("run", id), …, ("lot", target)].

    Asked for the lots that a person looks at. Breadth first over the affected part, one query a level.
    """
    from_lot: dict[int, tuple[int, int]] = {}
    seen = set(starts)
    level = sorted(seen)
    wanted = set(targets) - seen
    with connection.cursor() as cursor:
        while level and wanted:
            cursor.execute(
                "SELECT DISTINCT ON (o.lot_id) o.lot_id, i.run_id, i.lot_id FROM traceability_runlot i"
                " JOIN traceability_runlot o ON o.run_id = i.run_id AND o.role = 'output' AND o.quantity > 0"
                " WHERE i.lot_id = ANY(%s) AND i.role = 'input' AND i.quantity > 0 AND i.is_passage"
                " ORDER BY o.lot_id, i.run_id, i.lot_id",
                [level],
            )
            found = [(lot, run, parent) for lot, run, parent in cursor.fetchall() if lot not in seen]
            for lot, run, parent in found:
                from_lot[lot] = (run, parent)
            level = sorted(lot for lot, _, _ in found)
            seen.update(level)
            wanted.difference_update(level)
    return {target: _path(target, from_lot) for target in targets}


def _path(target: int, from_lot: dict[int, tuple[int, int]]) -> list[tuple[str, int]]:
    path: list[tuple[str, int]] = [("lot", target)]
    while path[0][1] in from_lot:
        run, parent = from_lot[path[0][1]]
        path[:0] = [("lot", parent), ("run", run)]
    return path


def _walk(direction: Direction, lots: Iterable[Lot | int], reading: Reading) -> Walk:
    starts = tuple(sorted({lot if isinstance(lot, int) else lot.pk for lot in lots}))
    found = (
        _found(direction, starts, replace(reading, as_of=None))
        if reading.as_of is not None and _is_head(reading.as_of)
        else None
    )
    if found is None or not _is_head(reading.as_of):
        # Asked for an earlier seq, or something was posted while we walked: take away what came after it.
        found = _found(direction, starts, reading)
    untracked = (
        Lot.objects.filter(pk__in=found, is_untracked=True)
        if len(found) < 2_000
        else Lot.objects.filter(is_untracked=True)
    )
    reached = set(found)
    open_lots = sorted(pk for pk in untracked.values_list("pk", flat=True) if pk in reached)
    return Walk(direction, starts, reading, found, open_lots)


def _found(direction: Direction, starts: Sequence[int], reading: Reading) -> list[int]:
    sql, params = walk_sql(direction, starts, reading)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH RECURSIVE {sql} SELECT DISTINCT lot FROM walk", params)
        return sorted(row[0] for row in cursor.fetchall())


def _is_head(seq: int | None) -> bool:
    return seq is not None and LedgerHead.objects.filter(seq__lte=seq).exists()


def walk_sql(
    direction: Direction, starts: Sequence[int], reading: Reading = WIDE
) -> tuple[str, dict[str, Any]]:
    """The walk as common table expressions ending in `walk(lot …)`, to stand behind WITH RECURSIVE in a larger query.

    `walk` may hold a lot more than once in a time-aware reading; take DISTINCT.
    """
    if reading.as_of is not None:
        return _walk_as_of(direction, starts, reading)
    params = {"starts": list(starts)}
    near, far = _conditions(direction, reading)
    if reading.time_aware:
        # Carries the earliest time the lot could be affected and follows only what was drawn no earlier.
        return (
            "walk (lot, since) AS (SELECT unnest(%(starts)s::bigint[]), '-infinity'::timestamptz UNION SELECT s.* FROM walk w CROSS JOIN LATERAL ("
            " SELECT f.lot_id, GREATEST(w.since, n.first_at, f.first_at) FROM traceability_runlot n JOIN traceability_runlot f ON f.run_id = n.run_id"
            f" WHERE n.lot_id = w.lot AND {near} AND {far} AND n.last_at >= w.since AND f.last_at >= GREATEST(w.since, n.first_at) OFFSET 0) AS s)"
        ), params
    # From lot to run and from run to lot are steps of their own, runs told by a minus: so each run is opened once, however
    # many of its inputs are reached. LATERAL makes each step a look-up in a covering index, whatever the planner guesses.
    return (
        "steps (node) AS (SELECT unnest(%(starts)s::bigint[]) UNION SELECT s.node FROM steps w CROSS JOIN LATERAL ("
        f" SELECT -n.run_id AS node FROM traceability_runlot n WHERE w.node > 0 AND n.lot_id = w.node AND {near}"
        f" UNION ALL SELECT f.lot_id FROM traceability_runlot f WHERE w.node < 0 AND f.run_id = -w.node AND {far}) AS s),"
        " walk (lot) AS (SELECT node FROM steps WHERE node > 0)"
    ), params


def _conditions(direction: Direction, reading: Reading) -> tuple[str, str]:
    """What a link must fulfil at the head: `n` leads from a lot to a run, `f` from the run to a lot."""
    roles = ("input", "output") if direction == "used" else ("output", "input")
    near = [f"n.role = '{roles[0]}'", "n.quantity > 0", "n.is_passage"]
    far = [f"f.role = '{roles[1]}'", "f.quantity > 0"]
    if reading.narrow:
        near.append("n.quantity > n.inferred")
        far.append("f.quantity > f.inferred")
    if reading.contains_now:
        (near if direction == "used" else far).append(
            "{0}.quantity > {0}.removed".format("n" if direction == "used" else "f")
        )
    return " AND ".join(near), " AND ".join(far)


def _walk_as_of(direction: Direction, starts: Sequence[int], reading: Reading) -> tuple[str, dict[str, Any]]:
    """The same over the links as they were at a seq: each less what was added later."""
    params: dict[str, Any] = {"starts": list(starts), "as_of": reading.as_of}
    near, far = ("input", "output") if direction == "used" else ("output", "input")
    before = _LATER
    near_join = "LEFT JOIN later ln ON ln.run_id = n.run_id AND ln.lot_id = n.lot_id AND ln.role = n.role"
    far_join = "LEFT JOIN later lf ON lf.run_id = f.run_id AND lf.lot_id = f.lot_id AND lf.role = f.role"
    near_quantity, far_quantity = (
        "n.quantity - COALESCE(ln.quantity, 0)",
        "f.quantity - COALESCE(lf.quantity, 0)",
    )
    near_inferred, far_inferred = (
        "n.inferred - COALESCE(ln.inferred, 0)",
        "f.inferred - COALESCE(lf.inferred, 0)",
    )
    near_removed, far_removed = "n.removed - COALESCE(ln.removed, 0)", "f.removed - COALESCE(lf.removed, 0)"
    conditions = [
        f"n.role = '{near}'", f"{near_quantity} > 0", "n.is_passage", f"f.role = '{far}'", f"{far_quantity} > 0",
    ]  # fmt: skip
    if reading.narrow:
        conditions += [f"{near_quantity} > {near_inferred}", f"{far_quantity} > {far_inferred}"]
    if reading.contains_now:
        quantity, removed = (
            (near_quantity, near_removed) if direction == "used" else (far_quantity, far_removed)
        )
        conditions.append(f"{quantity} > {removed}")
    if reading.time_aware:
        before += f", {_SPANS}"
        near_join += (
            " LEFT JOIN span sn ON sn.run_id = n.run_id AND sn.lot_id = n.lot_id AND sn.role = n.role"
        )
        far_join += " LEFT JOIN span sf ON sf.run_id = f.run_id AND sf.lot_id = f.lot_id AND sf.role = f.role"
        near_first, near_last = "COALESCE(sn.first_at, n.first_at)", "COALESCE(sn.last_at, n.last_at)"
        far_first, far_last = "COALESCE(sf.first_at, f.first_at)", "COALESCE(sf.last_at, f.last_at)"
        columns, seed = "lot, since", "unnest(%(starts)s::bigint[]), '-infinity'::timestamptz"
        step = f"f.lot_id, GREATEST(w.since, {near_first}, {far_first})"
        conditions += [f"{near_last} >= w.since", f"{far_last} >= GREATEST(w.since, {near_first})"]
    else:
        columns, seed, step = "lot", "unnest(%(starts)s::bigint[])", "f.lot_id"
    walk = (
        f"walk ({columns}) AS (SELECT {seed} UNION SELECT {step} FROM walk w"
        f" JOIN traceability_runlot n ON n.lot_id = w.lot {near_join}"
        f" JOIN traceability_runlot f ON f.run_id = n.run_id {far_join}"
        f" WHERE {' AND '.join(conditions)})"
    )
    return f"{before}, {walk}", params


# What movements after the seq added to each link: a link as of the seq is the link now, less this.
_LATER = """later AS MATERIALIZED (
    SELECT m.run_id, m.lot_id, CASE m.run_role WHEN 'output' THEN 'output' ELSE 'input' END AS role,
        SUM(CASE WHEN m.run_role <> 'removed' THEN m.sign * m.quantity ELSE 0 END) AS quantity,
        SUM(CASE WHEN m.run_role <> 'removed' AND m.evidence = 'inferred' THEN m.sign * m.quantity ELSE 0 END) AS inferred,
        SUM(CASE WHEN m.run_role = 'removed' THEN m.sign * m.quantity ELSE 0 END) AS removed
    FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
    WHERE e.seq > %(as_of)s AND m.run_role <> '' GROUP BY 1, 2, 3)"""

# When a link that later movements touched had happened by the seq: a span cannot be taken back, so it is found anew.
_SPANS = """span AS MATERIALIZED (
    SELECT k.run_id, k.lot_id, k.role,
        MIN(CASE WHEN v.vague THEN '0001-01-01 00:00:00+00' ELSE e.occurred_at END) AS first_at,
        MAX(CASE WHEN v.vague THEN '9999-12-31 00:00:00+00' ELSE e.occurred_at END) AS last_at
    FROM later k
    JOIN traceability_movement m ON m.run_id = k.run_id AND m.lot_id = k.lot_id AND m.run_role = k.role AND m.sign > 0
    JOIN traceability_entry e ON e.id = m.entry_id AND e.seq <= %(as_of)s
    CROSS JOIN LATERAL (SELECT m.evidence IN ('inferred', 'imported') OR e.after_the_fact OR e.recorded_at - e.occurred_at > interval '24 hours' AS vague) AS v
    GROUP BY 1, 2, 3)"""
