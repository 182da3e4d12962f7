"""The physical limit: the links as arrays in memory, and a breadth-first search over them.

Plain Python with the array module (numpy is not among the packages). A compiled search is about ten times faster still;
an answer in memory is also as old as its last load, and says nothing of quantities, places or customers.
"""

# ruff: noqa: S608

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.db import connection

DIRECTIONS = ("used", "from")


class Side:
    """For each id the ids it leads to: those of id `n` are ``to[begin[n]:begin[n + 1]]``."""

    def __init__(self, near: str, far: str, condition: str, size: int) -> None:
        pairs = _pairs(
            f"SELECT {near}, {far} FROM traceability_runlot WHERE {condition} ORDER BY {near}, {far}"
        )
        self.to = pairs[1::2]
        counts = [0] * (size + 2)
        for number in pairs[0::2]:
            counts[number + 1] += 1
        total = 0
        for at, count in enumerate(counts):
            total += count
            counts[at] = total
        self.begin = array("q", counts)

    def leads(self, number: int) -> bool:
        return self.begin[number] < self.begin[number + 1]


class Memory:
    """All links that count in the widest reading, both ways. `seconds` is what loading them took."""

    def __init__(self) -> None:
        begun = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(max(lot_id), 0), COALESCE(max(run_id), 0) FROM traceability_runlot"
            )
            self.lots, self.runs = cursor.fetchone()
        passage = "quantity > 0 AND is_passage AND role = "
        self.near = {
            "used": Side("lot_id", "run_id", passage + "'input'", self.lots),
            "from": Side("lot_id", "run_id", passage + "'output'", self.lots),
        }
        self.far = {
            "used": Side("run_id", "lot_id", "quantity > 0 AND role = 'output'", self.runs),
            "from": Side("run_id", "lot_id", "quantity > 0 AND role = 'input'", self.runs),
        }
        self.seconds = time.perf_counter() - begun

    def walk(self, direction: str, starts: Iterable[int]) -> list[int]:
        """All lots reached, starts included, in the order they were found."""
        return Search(self, direction).reach(starts)


class Search:
    """A search that can be continued with more starts: what was seen stays seen."""

    def __init__(self, memory: Memory, direction: str) -> None:
        self.near, self.far = memory.near[direction], memory.far[direction]
        self.seen_lots, self.seen_runs = bytearray(memory.lots + 1), bytearray(memory.runs + 1)

    def reach(self, starts: Iterable[int], limit: int = 0) -> list[int]:
        """The lots that were not seen before. With a limit: stops beyond it, and then nothing of it counts as seen."""
        seen_lots, seen_runs = self.seen_lots, self.seen_runs
        runs_of, runs_at, lots_of, lots_at = self.near.to, self.near.begin, self.far.to, self.far.begin
        found = [lot for lot in dict.fromkeys(starts) if not seen_lots[lot]]
        for lot in found:
            seen_lots[lot] = 1
        runs: list[int] = []
        for lot in found:  # It grows while we go through it.
            for run in runs_of[runs_at[lot] : runs_at[lot + 1]]:
                if not seen_runs[run]:
                    seen_runs[run] = 1
                    runs.append(run)
                    for other in lots_of[lots_at[run] : lots_at[run + 1]]:
                        if not seen_lots[other]:
                            seen_lots[other] = 1
                            found.append(other)
            if limit and len(found) > limit:
                for number in found:
                    seen_lots[number] = 0
                for number in runs:
                    seen_runs[number] = 0
                return []
        return found


def _pairs(sql: str) -> Any:
    """Two columns of whole numbers, one after the other in one array."""
    out = BytesIO()
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT", out)
    return array("q", map(int, out.getvalue().split()))
