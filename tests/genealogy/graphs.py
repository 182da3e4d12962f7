"""Genealogy with evidence and untracked items from text, posted through the door: "S1, S2? -> B1; B1, SALT~ -> P1".

Each clause is one run: what is left of the arrow is issued to it, what is right of it is its output. A lot that no clause
has made yet is received first. `S2?` is a link that was only inferred; `SALT~` is an item that is not tracked.
(tests/graphs.py is the shorter one for the apps; here a clause may name a thousand lots in one entry.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from traceability.ledger import Move
from traceability.models import EntryKind, Lot, Run, Status

K = EntryKind


@dataclass
class Graph:
    """The lots by name and the runs in the order of their clauses."""

    lots: dict[str, Lot] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def __getitem__(self, name: str) -> Lot:
        return self.lots[name]

    def ids(self, names: str) -> list[int]:
        """ "S1, B1" → their ids, sorted."""
        return sorted(self.lots[name.strip()].pk for name in names.split(",") if name.strip())

    def names(self, ids: Any) -> str:
        """The other way round, for an assertion that reads: "B1, S1"."""
        by_id = {lot.pk: name for name, lot in self.lots.items()}
        return ", ".join(sorted(by_id[pk] for pk in ids))


def build(plant: Any, text: str, *, document: str = "WO", graph: Graph | None = None) -> Graph:
    """Post the graph, clause by clause, one entry for what goes in and one for what comes out. With `graph`, go on with its lots."""
    graph = graph or Graph()
    for clause in text.replace("\n", ";").split(";"):
        if not clause.strip():
            continue
        inputs, outputs = (_names(side) for side in clause.split("->"))
        run = plant.run(document, len(graph.runs) + 1)
        graph.runs.append(run)
        _receive(plant, graph, [name for name, _ in inputs if name not in graph.lots])
        store, production = plant.store, plant.place("production")
        drawn = [
            Move(
                lot=graph[name],
                quantity=Decimal(1),
                origin=store,
                destination=production,
                run=run,
                evidence="inferred" if is_inferred else "scanned",
            )
            for name, is_inferred in inputs
        ]
        made = [
            Move(lot=_known_or_new(plant, graph, name, "MADE"), quantity=Decimal(1000), origin=production, destination=store, destination_status=Status.RELEASED,
                 run=run, evidence="inferred" if is_inferred else "scanned")
            for name, is_inferred in outputs
        ]  # fmt: skip
        for kind, moves in ((K.ISSUE, drawn), (K.OUTPUT, made)):
            if moves:
                plant.post(kind, *moves, document=run.document, actor=plant.paul)
    return graph


def _names(side: str) -> list[tuple[str, bool]]:
    return [
        (name.strip().removesuffix("?"), name.strip().endswith("?"))
        for name in side.split(",")
        if name.strip()
    ]


def _receive(plant: Any, graph: Graph, names: list[str]) -> None:
    if names:
        supplier, store = plant.place("supplier"), plant.store
        moves = [
            Move(
                lot=_known_or_new(plant, graph, name, "RAW"),
                quantity=Decimal(1000),
                origin=supplier,
                destination=store,
                destination_status=Status.RELEASED,
            )
            for name in names
        ]
        plant.post(K.RECEIPT, *moves, party=plant.supplier, document="RCV")


def _known_or_new(plant: Any, graph: Graph, name: str, code: str) -> Lot:
    if name not in graph.lots:
        is_untracked = name.endswith("~")
        item = plant.item(name, tracking="none") if is_untracked else plant.item(code)
        graph.lots[name] = Lot(item=item, number=name.rstrip("~"), is_untracked=is_untracked)
    return graph.lots[name]
