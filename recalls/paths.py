"""Why is this lot here: one shortest path from the starts to every affected lot, in the reading of the walk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from traceability.genealogy import Reading

EVER = datetime(1, 1, 1, tzinfo=UTC)
Node = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stop on a path: a lot or a run, with the code a person knows it by."""

    kind: str
    id: int
    code: str


class Edge(NamedTuple):
    """A link of a lot and a run, as of the seq."""

    run: int
    lot: int
    role: str
    quantity: Decimal
    removed: Decimal
    inferred: Decimal
    first_at: datetime
    last_at: datetime
    is_passage: bool

    def holds(self, reading: Reading) -> bool:
        """Whether the reading follows it downstream."""
        if self.role == "input" and not self.is_passage:
            return False
        if reading.narrow and self.quantity <= self.inferred:
            return False
        return not (reading.contains_now and self.role == "input" and self.quantity <= self.removed)


def shortest_paths(starts: Iterable[int], edges: Sequence[Edge], reading: Reading) -> dict[int, list[Node]]:
    """[("lot", start), ("run", id), …, ("lot", itself)] for every lot that the edges lead to.

    Breadth first, each run and lot expanded once; in a time-aware reading again whenever it is reached with an earlier
    possible time. Ties go to the lower run, then the lower lot, so the answer is the same each time.
    """
    into: dict[int, list[Edge]] = defaultdict(list)
    out_of: dict[int, list[Edge]] = defaultdict(list)
    for edge in sorted(edges):
        if edge.holds(reading):
            (into[edge.lot] if edge.role == "input" else out_of[edge.run]).append(edge)

    # A state is (lot, since): since when it could be affected.
    came_from: dict[tuple[int, datetime], tuple[int, tuple[int, datetime]]] = {}
    since_of_lot = dict.fromkeys(sorted(set(starts)), EVER)
    since_of_run: dict[int, datetime] = {}
    first_state = {lot: (lot, EVER) for lot in since_of_lot}
    level = list(first_state.values())
    while level:
        entries = sorted((edge.run, lot, since, edge) for lot, since in level for edge in into[lot])
        level = []
        for run, lot, since, drawn in entries:
            if reading.time_aware and drawn.last_at < since:
                continue
            entered = max(since, drawn.first_at) if reading.time_aware else EVER
            if run in since_of_run and since_of_run[run] <= entered:
                continue
            since_of_run[run] = entered
            for made in out_of[run]:
                if reading.time_aware and made.last_at < entered:
                    continue
                then = max(entered, made.first_at) if reading.time_aware else EVER
                if made.lot in since_of_lot and since_of_lot[made.lot] <= then:
                    continue
                since_of_lot[made.lot] = then
                state = (made.lot, then)
                came_from[state] = (run, (lot, since))
                first_state.setdefault(made.lot, state)
                level.append(state)
    return {lot: _path(state, came_from) for lot, state in first_state.items()}


def _path(
    state: tuple[int, datetime], came_from: dict[tuple[int, datetime], tuple[int, tuple[int, datetime]]]
) -> list[Node]:
    path: list[Node] = [("lot", state[0])]
    while state in came_from:
        run, state = came_from[state]
        path += [("run", run), ("lot", state[0])]
    return path[::-1]
