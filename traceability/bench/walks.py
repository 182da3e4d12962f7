"""where_used and where_from for answers of 10 … 300,000 lots, by four ways that must agree."""

# ruff: noqa: S311

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from traceability import genealogy
from traceability.bench.clock import take
from traceability.bench.loops import one_query_per_level, one_query_per_lot
from traceability.bench.memory import DIRECTIONS, Memory, Search

SIZES = (10, 1_000, 10_000, 100_000, 300_000)
OURS: dict[str, Callable[[Any], genealogy.Walk]] = {
    "used": genealogy.where_used,
    "from": genealogy.where_from,
}


def measure_walks(
    memory: Memory, *, sizes: tuple[int, ...], times: int, loop_lots: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """One row a direction and size; times in ms. The loop is left out beyond `loop_lots` lots (it would take minutes)."""
    for direction in DIRECTIONS:
        for size in sizes:
            starts = starts_for(memory, direction, size)
            if starts:
                yield _row(memory, direction, size, starts, times, loop_lots)


def _row(
    memory: Memory, direction: str, size: int, starts: list[int], times: int, loop_lots: dict[str, int]
) -> dict[str, Any]:
    ours = take(lambda: OURS[direction](starts).lots, times=times)
    level = take(lambda: one_query_per_level(direction, starts), times=times)
    searched = take(lambda: memory.walk(direction, starts), times=times)
    lots = len(ours.answer)
    # Once over a large answer is enough: it takes seconds, and the caches are warm by then.
    loop = (
        take(lambda: one_query_per_lot(direction, starts), times=3 if lots <= 200 else 0)
        if lots <= loop_lots[direction]
        else None
    )
    answers = [set(ours.answer), level.answer, set(searched.answer), *([loop.answer] if loop else [])]
    return {
        "name": f"where_{direction}", "asked_for": size, "lots": lots, "starts": len(starts), "ours_ms": ours.ms,
        "loop_ms": loop and loop.ms, "loop_times": loop and loop.times, "level_ms": level.ms, "memory_ms": searched.ms,
        "loop_ratio": loop and loop.seconds / ours.seconds, "level_ratio": level.seconds / ours.seconds,
        "memory_ratio": ours.seconds / searched.seconds, "agree": all(answer == answers[0] for answer in answers),
    }  # fmt: skip


def starts_for(memory: Memory, direction: str, size: int, seed: int = 4) -> list[int]:
    """Lots whose answer is about `size` lots (0.8 to 1.25 times): one lot if one will do, else several together.

    Empty when the ledger is too small for it. Several together are an ordinary case: all deliveries of one supplier, or
    everything that one customer got.
    """
    if size > memory.lots * 0.6:
        return []
    random = Random(seed)
    near = memory.near[direction]
    candidates = [max(1, memory.lots - 2**n) for n in range(3, memory.lots.bit_length())]
    candidates += [random.randint(1, memory.lots) for _ in range(120)]
    candidates = [lot for lot in candidates if near.leads(lot)]
    most = int(size * 1.25)
    reached = {
        lot: len(Search(memory, direction).reach([lot], limit=most))
        for lot in candidates[: 400 if size < 50_000 else 60]
    }
    best = max((lot for lot in reached), key=lambda lot: reached[lot], default=0)
    if reached.get(best, 0) >= size * 0.8:
        return [best]
    search = Search(memory, direction)
    starts: list[int] = []
    total = 0
    for lot in sorted(reached, key=lambda lot: -reached[lot]):
        if reached[lot] and (found := search.reach([lot], limit=most - total)):
            starts.append(lot)
            total += len(found)
    tries = 0
    while total < size * 0.95 and tries < 200_000:
        tries += 1
        lot = random.randint(1, memory.lots)
        if near.leads(lot) and (found := search.reach([lot], limit=most - total)):
            starts.append(lot)
            total += len(found)
    return starts if total >= size * 0.8 else []
