"""Where each node and link of a flow stands. Deterministic: the same flow is the same drawing, byte for byte."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from traceability.flow.content import Edge, Flow, Node

STEP, WIDTH, HEIGHT, PILL = 214, 176, 66, 42
GAP, TOP = 20, 34
THICKEST, THINNEST = 16.0, 1.4
SWEEPS = 6
Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Box:
    node: Node
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bar(self) -> float:
        return round((self.width - 24) * min(1.0, max(0.0, self.node.gone)), 1)


@dataclass(frozen=True, slots=True)
class Path:
    edge: Edge
    d: str
    thickness: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    flow: Flow
    boxes: list[Box]
    paths: list[Path]
    bands: list[tuple[float, str]]
    width: float
    height: float


@dataclass(slots=True)
class _Slot:
    """A place in a column: a node, or the passage of a link that goes past it."""

    key: tuple[object, ...]
    node: Node | None
    height: float
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def draw(flow: Flow) -> Drawing:
    column = {node.key: node.level for node in flow.nodes}
    count = max(column.values(), default=0) + 1
    thickness = _thickness(flow.edges)
    columns: list[list[_Slot]] = [[] for _ in range(count)]
    slots: dict[tuple[object, ...], _Slot] = {}
    for node in flow.nodes:
        slot = _Slot(node.key, node, PILL if node.sort == "party" else HEIGHT)
        slots[node.key] = slot
        columns[column[node.key]].append(slot)
    chains: dict[int, list[_Slot]] = {}
    for number, edge in enumerate(flow.edges):
        first, last = column[edge.origin], column[edge.destination]
        chain = [slots[edge.origin]]
        for between in range(min(first, last) + 1, max(first, last)):
            key = ("passage", edge.origin, between)
            if key not in slots:
                slots[key] = _Slot(key, None, 6)
                columns[between].append(slots[key])
            chain.append(slots[key])
        chains[number] = [*chain, slots[edge.destination]]
    _order(columns, chains)
    height = _place(columns)
    boxes = [
        Box(slot.node, place * STEP, round(slot.y, 1), WIDTH + (8 if slot.node.sort == "party" else 0), slot.height)
        for place, rows in enumerate(columns) for slot in rows if slot.node
    ]  # fmt: skip
    where = {id(slot): place for place, rows in enumerate(columns) for slot in rows}
    paths = _paths(flow, chains, where, thickness)
    bands = [(float(place * STEP), name) for place, name in enumerate(flow.levels)]
    return Drawing(flow, boxes, paths, bands, (count - 1) * STEP + WIDTH + 16, height)


def _thickness(edges: list[Edge]) -> list[float]:
    """In proportion to the largest link of the same unit."""
    most: dict[str, Decimal] = defaultdict(Decimal)
    for edge in edges:
        most[edge.unit] = max(most[edge.unit], edge.quantity)
    return [
        round(
            max(THINNEST, THICKEST * float(edge.quantity / most[edge.unit])) if most[edge.unit] else THINNEST,
            1,
        )
        for edge in edges
    ]


def _order(columns: list[list[_Slot]], chains: dict[int, list[_Slot]]) -> None:
    """Each slot near the middle of those it is linked with, swept right and left."""
    left: dict[int, list[_Slot]] = defaultdict(list)
    right: dict[int, list[_Slot]] = defaultdict(list)
    for chain in chains.values():
        for one, other in pairwise(chain):
            right[id(one)].append(other)
            left[id(other)].append(one)
    for rows in columns:
        rows.sort(key=lambda slot: (str(slot.key[1]), str(slot.key)))
    for sweep in range(SWEEPS):
        place = {id(slot): n / max(1, len(rows)) for rows in columns for n, slot in enumerate(rows)}
        side = left if sweep % 2 == 0 else right
        for rows in columns if sweep % 2 == 0 else columns[::-1]:
            middle = {
                id(slot): sum(place[id(o)] for o in side[id(slot)]) / len(side[id(slot)])
                if side[id(slot)] else place[id(slot)]
                for slot in rows
            }  # fmt: skip
            rows.sort(key=lambda slot: (middle[id(slot)], str(slot.key)))
            place |= {id(slot): n / max(1, len(rows)) for n, slot in enumerate(rows)}


def _place(columns: list[list[_Slot]]) -> float:
    tall = [sum(slot.height + GAP for slot in rows) - GAP if rows else 0 for rows in columns]
    height = max([*tall, HEIGHT])
    for rows, own in zip(columns, tall, strict=True):
        y = TOP + (height - own) / 2
        for slot in rows:
            slot.y = y
            y += slot.height + GAP
    return height + TOP + 12


def _paths(flow: Flow, chains: dict[int, list[_Slot]], where: dict[int, int], thickness: list[float]) -> list[Path]:  # fmt: skip
    """From the right side of one to the left side of the next; the links of a box leave it spread over its side."""
    titles = {node.key: node.title for node in flow.nodes}
    leaves: dict[int, list[int]] = defaultdict(list)
    enters: dict[int, list[int]] = defaultdict(list)
    for number, chain in chains.items():
        leaves[id(chain[0])].append(number)
        enters[id(chain[-1])].append(number)
    for numbers in leaves.values():
        numbers.sort(key=lambda number: (chains[number][1].middle, number))
    for numbers in enters.values():
        numbers.sort(key=lambda number: (chains[number][-2].middle, number))
    found = []
    for number, chain in chains.items():
        edge = flow.edges[number]
        start = where[id(chain[0])] * STEP + WIDTH
        y = _spread(chain[0], leaves[id(chain[0])], number, thickness)
        d = f"M{start:g} {y:.1f}"
        x = start
        for slot in chain[1:]:
            to_x = where[id(slot)] * STEP
            is_end = slot is chain[-1]
            to_y = _spread(slot, enters[id(slot)], number, thickness) if is_end else slot.middle
            half = (x + to_x) / 2
            d += f" C{half:g} {y:.1f} {half:g} {to_y:.1f} {to_x:g} {to_y:.1f}"
            x, y = to_x, to_y
            if not is_end:
                x += WIDTH
                d += f" H{x:g}"
        amount = f"{edge.quantity.normalize():f} {edge.unit}"
        words = f"{titles[edge.origin]} to {titles[edge.destination]}: {amount}"
        found.append(Path(edge, d, thickness[number], words + (", rework" if edge.is_rework else "")))
    return sorted(found, key=lambda path: -path.thickness)


def _spread(slot: _Slot, numbers: list[int], number: int, thickness: list[float]) -> float:
    room = slot.height - 18
    total = sum(thickness[n] + 3 for n in numbers) - 3
    scale = min(1.0, room / total) if total else 1.0
    y = slot.middle - total * scale / 2
    for other in numbers:
        if other == number:
            return y + thickness[other] * scale / 2
        y += (thickness[other] + 3) * scale
    return slot.middle
