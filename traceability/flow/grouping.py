"""From any number of lots to at most 40 nodes: by level, item and condition; then coarser, and what is folded is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from traceability.flow.content import Delivery, Edge, Flow, Link, Node, Piece

MOST = 40
PARTIES = 12
BANDS = 6
Key = tuple[int, str, str]


def flow_of(
    pieces: Sequence[Piece],
    links: Iterable[Link],
    deliveries: Iterable[Delivery] = (),
    *,
    direction: str = "used",
) -> Flow:
    """The roll-up. Levels are longest paths from the starts; what goes in a circle stands on one level."""
    known = {piece.lot_id: piece for piece in pieces}
    arcs = _arcs(known, links, direction)
    level = _levels(known, arcs)
    bands, names = _bands(level, direction)
    groups, labels = _grouped(pieces, bands)
    nodes: dict[Key, Node] = {}
    for piece in pieces:
        _add(nodes, labels[groups[piece.lot_id]], piece, groups[piece.lot_id])
    edges: dict[tuple[Key, Key], Edge] = {}
    seen: set[tuple[int, int, Key]] = set()
    for origin, destination, run, quantity, is_inferred in arcs:
        ends = groups[origin], groups[destination]
        if ends[0] == ends[1]:
            continue
        edge = edges.setdefault(ends, Edge(*ends, known[origin].unit, Decimal(0)))
        edge.is_rework |= known[origin].is_rework or known[destination].is_rework
        edge.is_inferred |= is_inferred
        if (origin, run, ends[1]) not in seen:
            seen.add((origin, run, ends[1]))
            edge.quantity += quantity
    parties = _parties(nodes, edges, groups, list(deliveries), len(names), direction)
    if parties:
        names.append(
            f"{parties:,} {'customer' if direction == 'used' else 'supplier'}{'' if parties == 1 else 's'}"
        )
    rows = sorted(nodes.values(), key=lambda node: node.key)
    return Flow(
        direction, rows, sorted(edges.values(), key=lambda edge: (edge.origin, edge.destination)), names,
        records=len(known) + parties, hidden=sum(node.hidden for node in rows), parties=parties,
    )  # fmt: skip


def _arcs(
    known: dict[int, Piece], links: Iterable[Link], direction: str
) -> list[tuple[int, int, int, Decimal, bool]]:
    """From lot to lot through a run: (origin, destination, run, quantity drawn, whether it was only inferred)."""
    drawn: dict[int, list[Link]] = defaultdict(list)
    made: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        if link.lot_id in known:
            (drawn if link.role == "input" else made)[link.run_id].append(link)
    found = []
    for run in sorted(drawn.keys() & made.keys()):
        for one in drawn[run]:
            for other in made[run]:
                if one.lot_id != other.lot_id:
                    found.append((one.lot_id, other.lot_id, run, one.quantity, one.is_inferred))
    return found


def _levels(known: dict[int, Piece], arcs: Sequence[tuple[int, int, int, Decimal, bool]]) -> dict[int, int]:
    """Longest path; lots of one circle are taken as one."""
    after: dict[int, set[int]] = defaultdict(set)
    before: dict[int, set[int]] = defaultdict(set)
    for origin, destination, *_ in arcs:
        after[origin].add(destination)
        before[destination].add(origin)
    circle = _circles(known, after, before)
    onward: dict[int, set[int]] = defaultdict(set)
    waits: dict[int, int] = defaultdict(int)
    for origin, rest in after.items():
        for destination in rest:
            pair = circle[origin], circle[destination]
            if pair[0] != pair[1] and pair[1] not in onward[pair[0]]:
                onward[pair[0]].add(pair[1])
                waits[pair[1]] += 1
    level = dict.fromkeys(set(circle.values()), 0)
    ready = sorted(one for one in level if not waits[one])
    while ready:
        one = ready.pop()
        for other in onward[one]:
            level[other] = max(level[other], level[one] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return {lot: level[circle[lot]] for lot in known}


def _circles(known: Iterable[int], after: dict[int, set[int]], before: dict[int, set[int]]) -> dict[int, int]:
    """Each lot → the one that stands for its circle (Kosaraju, without recursion)."""
    order: list[int] = []
    visited: set[int] = set()
    for first in sorted(known):
        if first in visited:
            continue
        visited.add(first)
        stack = [(first, iter(sorted(after[first])))]
        while stack:
            lot, rest = stack[-1]
            onward = next((other for other in rest if other not in visited), None)
            if onward is None:
                order.append(lot)
                stack.pop()
            else:
                visited.add(onward)
                stack.append((onward, iter(sorted(after[onward]))))
    found: dict[int, int] = {}
    for first in reversed(order):
        if first in found:
            continue
        found[first] = first
        wave = [first]
        while wave:
            lot = wave.pop()
            for other in before[lot]:
                if other not in found:
                    found[other] = first
                    wave.append(other)
    return found


def _bands(level: dict[int, int], direction: str) -> tuple[dict[int, int], list[str]]:
    """Columns of the drawing: a level each, or several levels where there are more than fit."""
    deepest = max(level.values(), default=0)
    if deepest < BANDS:
        names = [
            "Start" if direction == "used" else "Came in",
            *(f"Level {n}" for n in range(1, deepest + 1)),
        ]
        return dict(level), names
    step = -(-deepest // (BANDS - 1))
    bands = {lot: 0 if not n else (n - 1) // step + 1 for lot, n in level.items()}
    names = ["Start" if direction == "used" else "Came in"]
    for number in range(1, max(bands.values()) + 1):
        first, end = (number - 1) * step + 1, min(number * step, deepest)
        names.append(f"Levels {first} to {end}" if end > first else f"Level {first}")
    return bands, names


def _grouped(
    pieces: Sequence[Piece], bands: dict[int, int]
) -> tuple[dict[int, Key], dict[Key, tuple[str, str]]]:
    """By condition where that fits, else by item, else the smaller items of a level as one "more"."""
    room = MOST - PARTIES
    groups = {piece.lot_id: (bands[piece.lot_id], piece.item, piece.chip) for piece in pieces}
    if len(set(groups.values())) > room:
        groups = {piece.lot_id: (bands[piece.lot_id], piece.item, "") for piece in pieces}
    labels = {groups[piece.lot_id]: ("lots", piece.name) for piece in pieces}
    kept = set(labels)
    if len(kept) > room:
        size: dict[Key, int] = defaultdict(int)
        starts: set[Key] = set()
        for piece in pieces:
            size[groups[piece.lot_id]] += 1
            if piece.is_start:
                starts.add(groups[piece.lot_id])
        columns = len({key[0] for key in kept})
        each = max(1, room // columns - 1)
        for band in {key[0] for key in kept}:
            rows = sorted(
                (key for key in labels if key[0] == band),
                key=lambda key: (key not in starts, -size[key], key),
            )
            if len(rows) <= each + 1:
                continue
            rest = (band, "\uffff", "")
            labels[rest] = ("more", f"{len(rows) - each} more items")
            folded = set(rows[each:])
            groups = {lot: rest if key in folded else key for lot, key in groups.items()}
    return groups, labels


def _add(nodes: dict[Key, Node], label: tuple[str, str], piece: Piece, key: Key) -> None:
    node = nodes.get(key)
    if node is None:
        node = nodes[key] = Node(key, label[0], key[0], label[1], unit=piece.unit, chip=piece.chip)
        node.is_rework = piece.is_rework
    node.lots += 1
    node.lot_ids.append(piece.lot_id)
    node.is_start |= piece.is_start
    node.is_received |= piece.is_received
    node.is_rework &= piece.is_rework
    if piece.chip != node.chip:
        node.chip = (
            "held"
            if "held" in (piece.chip, node.chip)
            else node.chip
            if piece.chip == "used_up"
            else piece.chip
        )
    if node.sort == "more":
        node.hidden += 1
        return
    for name in ("came", "here", "used", "out", "back"):
        setattr(node, name, getattr(node, name) + getattr(piece, name))


def _parties(nodes: dict[Key, Node], edges: dict[tuple[Key, Key], Edge], groups: dict[int, Key], deliveries: list[Delivery],
             column: int, direction: str) -> int:  # fmt: skip
    """The largest customers (or suppliers) by themselves, the rest as one. Gives how many there are."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    backs: dict[str, Decimal] = defaultdict(Decimal)
    names: dict[str, str] = {}
    for row in deliveries:
        sums[row.party][row.unit] += row.quantity
        backs[row.party] += row.returned
        names[row.party] = row.name
    order = sorted(names, key=lambda code: (-max(sums[code].values()), code))
    shown = order if len(order) <= PARTIES else order[: PARTIES - 1]
    place = {code: (column, code, "party") for code in shown}
    rest: Key = (column, "\uffff", "party")
    for code in order:
        key = place.get(code, rest)
        if key not in nodes:
            title = names[code] if code in place else f"{len(order) - len(shown):,} more"
            nodes[key] = Node(key, "party", column, title)
        node = nodes[key]
        node.hidden += code not in place
        node.back += backs[code]
        for unit, quantity in sums[code].items():
            node.amounts[unit] = node.amounts.get(unit, Decimal(0)) + quantity
    for row in deliveries:
        if row.lot_id in groups:
            ends = groups[row.lot_id], place.get(row.party, rest)
            edge = edges.setdefault(ends, Edge(*ends, row.unit, Decimal(0)))
            edge.quantity += row.quantity
    return len(order)
