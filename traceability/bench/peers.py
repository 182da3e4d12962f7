"""The peers' case: which deliveries contain this lot? 1 lot → 20 → 400 lots → 800 deliveries, beside everything else.

On the same class of machine: Tryton 8.0 81.2 s, InvenTree 1.4-dev through its API 101.6 s, one recursive query on
Tryton's own tables with an index added 0.018 s (400,000 unrelated rows).
"""

# ruff: noqa: S608

from __future__ import annotations

from typing import Any

from django.db import connection

from traceability.bench.clock import take
from traceability.bench.loops import one_query_per_lot
from traceability.genealogy import walk_sql
from traceability.models import Delivered


def measure_peers(lot: int, *, times: int, beside: int) -> dict[str, Any]:
    ours = take(lambda: deliveries(lot), times=times)
    loop = take(lambda: deliveries_by_loop(lot), times=3)
    return {
        "name": "peers", "deliveries": len(ours.answer), "beside": beside, "ours_ms": ours.ms, "loop_ms": loop.ms, "loop_ratio": loop.seconds / ours.seconds,
        "agree": sorted(ours.answer) == sorted(loop.answer),
    }  # fmt: skip


def deliveries(lot: int) -> list[tuple[Any, ...]]:
    walk, params = walk_sql("used", [lot])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE {walk} SELECT d.document, d.party_id, d.lot_id, d.quantity FROM (SELECT DISTINCT lot FROM walk) AS w"
            " JOIN traceability_delivered d ON d.lot_id = w.lot AND d.direction = 'shipped'",
            params,
        )
        return cursor.fetchall()


def deliveries_by_loop(lot: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for reached in one_query_per_lot("used", [lot]):
        found += Delivered.objects.filter(lot=reached, direction="shipped").values_list(
            "document", "party_id", "lot_id", "quantity"
        )
    return found
