"""What a flow is made of, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One lot as the drawing needs it. `came` is what was received or made of it; `chip` its condition in one word."""

    lot_id: int
    lot: str
    item: str
    name: str
    unit: str
    came: Decimal
    here: Decimal
    used: Decimal
    out: Decimal
    back: Decimal
    chip: str
    is_start: bool
    is_rework: bool
    is_received: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A lot on one side of a run: input or output, and how much of it."""

    run_id: int
    lot_id: int
    role: str
    quantity: Decimal
    is_inferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    lot_id: int
    party: str
    name: str
    unit: str
    quantity: Decimal
    returned: Decimal


@dataclass(slots=True)
class Node:
    """`sort`: lots, party, or more (what is not drawn by itself). `key` places it the same way each time."""

    key: tuple[int, str, str]
    sort: str
    level: int
    title: str
    lots: int = 0
    unit: str = ""
    came: Decimal = ZERO
    here: Decimal = ZERO
    used: Decimal = ZERO
    out: Decimal = ZERO
    back: Decimal = ZERO
    chip: str = ""
    is_start: bool = False
    is_rework: bool = False
    is_received: bool = False
    hidden: int = 0
    lot_ids: list[int] = field(default_factory=list)
    amounts: dict[str, Decimal] = field(default_factory=dict)

    @property
    def gone(self) -> float:
        """The share of what came that is no longer here."""
        return float((self.came - self.here) / self.came) if self.came > 0 else 0.0


@dataclass(slots=True)
class Edge:
    origin: tuple[int, str, str]
    destination: tuple[int, str, str]
    unit: str
    quantity: Decimal
    is_rework: bool = False
    is_inferred: bool = False


@dataclass(slots=True)
class Flow:
    """`records` are the lots and parties behind the nodes; `hidden` those inside a "more" node."""

    direction: str
    nodes: list[Node]
    edges: list[Edge]
    levels: list[str]
    records: int
    hidden: int
    parties: int
    by_rework: list[Piece] = field(default_factory=list)

    @property
    def lots(self) -> list[Node]:
        return [node for node in self.nodes if node.sort == "lots"]
