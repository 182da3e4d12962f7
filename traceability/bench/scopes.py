"""The full scope of a recall: which lots, what of them is on hand and where, in process, with whom, and does it add up.

One statement from the starts to the answer, its lots in order, so that look-ups in an index go from neighbour to neighbour;
against the search in memory followed by the same statement from its lots.
"""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import connection

from traceability.bench.clock import take
from traceability.bench.memory import Memory
from traceability.bench.walks import starts_for
from traceability.genealogy import walk_sql

SIZES = (1_000, 10_000, 100_000, 300_000)

PARTS = """
    lots AS MATERIALIZED (SELECT l.id AS lot, l.item_id AS item FROM ({source} ORDER BY 1) AS found (lot) JOIN traceability_lot l ON l.id = found.lot ORDER BY 1),
    stock AS MATERIALIZED (SELECT lot, item, location_id AS place, status, quantity FROM lots JOIN traceability_balance b ON b.lot_id = lot WHERE quantity > 0),
    went AS MATERIALIZED (SELECT lot, item, direction, party_id AS party, quantity, returned FROM lots JOIN traceability_delivered d ON d.lot_id = lot),
    links AS MATERIALIZED (SELECT lot, item, run_id AS run, role, quantity - removed AS quantity FROM lots JOIN traceability_runlot r ON r.lot_id = lot WHERE quantity > 0),
    sums AS (
        SELECT item, SUM(quantity) AS on_hand, 0 AS received, 0 AS made, 0 AS used, 0 AS shipped FROM stock GROUP BY item
        UNION ALL SELECT item, 0, SUM(quantity - returned) FILTER (WHERE direction = 'received'), 0, 0, SUM(quantity - returned) FILTER (WHERE direction = 'shipped')
            FROM went GROUP BY item
        UNION ALL SELECT item, 0, 0, SUM(quantity) FILTER (WHERE role = 'output'), SUM(quantity) FILTER (WHERE role = 'input'), 0 FROM links GROUP BY item
    )"""

SCOPE = """
    SELECT json_build_object(
        'lots', (SELECT count(*) FROM lots),
        'on_hand', (SELECT json_agg(x) FROM (SELECT place, item, status, count(*) AS lots, SUM(quantity) AS quantity FROM stock GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) AS x),
        'customers', (SELECT json_agg(x) FROM (SELECT party, item, count(DISTINCT lot) AS lots, SUM(quantity - returned) AS quantity
            FROM went WHERE direction = 'shipped' GROUP BY 1, 2 ORDER BY 1, 2) AS x),
        'in_process', (SELECT json_agg(x) FROM (SELECT run, lot, quantity FROM links i WHERE role = 'input' AND NOT EXISTS (SELECT FROM links o WHERE o.run = i.run AND o.role = 'output') AND NOT EXISTS (
            SELECT FROM traceability_runlot o WHERE o.run_id = i.run AND o.role = 'output' AND o.quantity > 0) ORDER BY 1, 2) AS x),
        'mass_balance', (SELECT json_agg(x) FROM (SELECT item, COALESCE(SUM(received), 0) AS received, COALESCE(SUM(made), 0) AS made,
            COALESCE(SUM(used), 0) AS used, COALESCE(SUM(shipped), 0) AS shipped, COALESCE(SUM(on_hand), 0) AS on_hand FROM sums GROUP BY item ORDER BY item) AS x)
    )"""

DETAILS = """
    SELECT l.lot, t.number, l.item, t.supplier_lot, s.quantity, w.party, w.quantity FROM lots l JOIN traceability_lot t ON t.id = l.lot
    LEFT JOIN (SELECT lot, SUM(quantity) AS quantity FROM stock GROUP BY lot) AS s ON s.lot = l.lot
    LEFT JOIN (SELECT lot, party, quantity FROM went WHERE direction = 'shipped' ORDER BY lot) AS w ON w.lot = l.lot"""


def measure_scopes(memory: Memory, *, sizes: tuple[int, ...], times: int) -> Iterator[dict[str, Any]]:
    """One row a size; ms. `details`: a line for every lot and customer fetched to the client besides, for the lists of a report."""
    for size in sizes:
        starts = starts_for(memory, "used", size)
        if not starts:
            continue
        ours = take(partial(whole_scope, starts), times=times)
        searched = take(partial(_searched, memory, starts), times=times)
        found = memory.walk("used", starts)
        details = take(partial(details_of, found), times=min(times, 3))
        yield {
            "name": "scope", "asked_for": size, "lots": ours.answer["lots"], "starts": len(starts), "customers": len(ours.answer["customers"] or ()),
            "ours_ms": ours.ms, "memory_ms": searched.ms, "details_ms": details.ms, "memory_ratio": ours.seconds / searched.seconds,
            "agree": ours.answer == searched.answer, "adds_up": adds_up(ours.answer),
        }  # fmt: skip


def _searched(memory: Memory, starts: list[int]) -> dict[str, Any]:
    return scope_of(memory.walk("used", starts))


def whole_scope(starts: list[int]) -> dict[str, Any]:
    walk, params = walk_sql("used", starts)
    return _one(
        f"WITH RECURSIVE {walk}, {PARTS.format(source='SELECT DISTINCT lot FROM walk')} {SCOPE}", params
    )


def scope_of(lots: list[int]) -> dict[str, Any]:
    return _one(f"WITH {PARTS.format(source='SELECT unnest(%(lots)s::bigint[])')} {SCOPE}", {"lots": lots})


def details_of(lots: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {PARTS.format(source='SELECT unnest(%(lots)s::bigint[])')} {DETAILS}", {"lots": lots}
        )
        return len(cursor.fetchall())


def adds_up(scope: dict[str, Any]) -> bool:
    """Received + made = used + shipped + on hand, item by item (the generators scrap and sample nothing)."""
    return all(
        row["received"] + row["made"] == row["used"] + row["shipped"] + row["on_hand"]
        for row in scope["mass_balance"]
    )


def _one(sql: str, params: dict[str, Any]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]
