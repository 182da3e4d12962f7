"""What a scope holds, and how it is written down: rows of a recall as plain values, and their canonical JSON.

Page, export, API and PDF read these, live or frozen. Quantities are Decimal here and text in the JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, cached_property
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from recalls.paths import Step
from traceability.inquiries import MassBalance, totals, totals_by_unit
from traceability.models.items import ItemKind

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A lot the recall starts from. `spelled_otherwise`: its supplier lot was typed otherwise than the others'."""

    lot_id: int
    lot: str
    item: str
    unit: str
    supplier: str
    supplier_lot: str
    spelled_otherwise: bool
    balance: MassBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedLot:
    lot_id: int
    lot: str
    item: str
    kind: str  # of the item: material, packaging, intermediate, finished
    unit: str
    is_start: bool
    made_on: date | None
    expires_on: date | None
    supplier_lot: str
    statuses: tuple[str, ...]
    holds: tuple[str, ...]
    path: tuple[Step, ...]  # lot, run, lot, run, … this lot
    via_rework: bool
    typed: str  # the start's spelling on this path, where it is not the usual one
    balance: MassBalance

    @property
    def why(self) -> list[str]:
        """Start lot, the lots in between, and the order that made this one; empty for a start."""
        if len(self.path) < 3:
            return []
        return [step.code for step in self.path[:-1:2]] + [self.path[-2].code]

    made = property(lambda self: self.balance.made)
    here = property(lambda self: self.balance.on_hand)
    shipped = property(lambda self: self.balance.shipped)
    returned = property(lambda self: self.balance.returned)
    retained = property(lambda self: self.balance.sampled)
    scrapped = property(lambda self: self.balance.scrapped)
    used = property(lambda self: self.balance.used)
    unaccounted = property(lambda self: self.balance.unaccounted)

    @property
    def is_finished(self) -> bool:
        return self.kind == ItemKind.FINISHED

    @property
    def is_intermediate(self) -> bool:
        return not self.is_start and not self.is_finished


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLink:
    lot_id: int
    lot: str
    quantity: Decimal
    removed: Decimal
    inferred: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedRun:
    run_id: int
    document: str
    number: int
    kind: str
    inputs: tuple[RunLink, ...]  # affected lots only
    outputs: tuple[RunLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    party: str
    document: str
    line: int
    lot_id: int
    lot: str
    item: str
    unit: str
    quantity: Decimal
    returned: Decimal
    first_at: datetime

    @property
    def net(self) -> Decimal:
        return self.quantity - self.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    unit: str
    quantity: Decimal
    returned: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        return self.quantity - self.returned


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    party: str
    party_id: int
    documents: tuple[str, ...]
    lots: tuple[str, ...]
    amounts: tuple[Amount, ...]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    site: str
    location: str
    location_kind: str
    lot_id: int
    lot: str
    item: str
    unit: str
    status: str
    container: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Drawn by a run that has made nothing yet."""

    document: str
    run_id: int
    lot_id: int
    lot: str
    item: str
    unit: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLot:
    """An untracked lot that the walk reached and cannot pass through, with the orders that drew it."""

    lot_id: int
    lot: str
    item: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLot:
    lot_id: int
    lot: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """N of total, the total being all that the ledger has up to the seq."""

    starts: int
    lots: int
    work_orders: int
    work_orders_total: int
    intermediate: int
    finished: int
    finished_total: int
    shipments: int
    shipments_total: int
    customers: int

    @property
    def clear(self) -> int:
        return self.finished_total - self.finished


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemName:
    name: str
    kind: str
    unit: str
    pack: str
    gtin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyName:
    name: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    flag: str
    contact: str = ""
    role: str = ""
    phone: str = ""
    email: str = ""
    checked_on: date | None = None

    @property
    def town(self) -> str:
        return ", ".join(part for part in (self.city, self.region) if part)

    @property
    def address(self) -> str:
        return ", ".join(
            part
            for part in (self.street, self.city, f"{self.region} {self.postal_code}".strip(), self.country)
            if part
        )


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything a recall shows, exports and signs. Live or frozen, pages and exports read this one object."""

    seq: int
    chain: str
    narrow: bool
    contains_now: bool
    time_aware: bool
    counts: Counts
    starts: tuple[Start, ...]
    lots: tuple[AffectedLot, ...]
    runs: tuple[AffectedRun, ...]
    shipments: tuple[Shipment, ...]
    customers: tuple[Customer, ...]
    stock: tuple[Stock, ...]
    in_process: tuple[Process, ...]
    open_lots: tuple[OpenLot, ...]
    clear: tuple[OtherLot, ...]
    left_out: tuple[OtherLot, ...]
    items: dict[str, ItemName] = field(default_factory=dict)
    parties: dict[str, PartyName] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Something left through an untracked item: the answer is not complete, and page one says so."""
        return bool(self.open_lots)

    @property
    def finished(self) -> list[AffectedLot]:
        return [lot for lot in self.lots if lot.is_finished]

    @property
    def intermediates(self) -> list[AffectedLot]:
        return [lot for lot in self.lots if lot.is_intermediate]

    @property
    def in_house(self) -> list[AffectedLot]:
        return [lot for lot in self.lots if lot.here > 0]

    @property
    def by_item(self) -> list[tuple[str, list[AffectedLot]]]:
        """Finished lots grouped by item code, for the table."""
        groups: dict[str, list[AffectedLot]] = {}
        for lot in self.finished:
            groups.setdefault(lot.item, []).append(lot)
        return list(groups.items())

    @property
    def start_totals(self) -> list[MassBalance]:
        """Per item: 700 lb received = 430 used + 5 lost + 265 here, 0 unaccounted."""
        return totals(start.balance for start in self.starts)

    @property
    def finished_totals(self) -> list[MassBalance]:
        """Per unit, over the finished lots."""
        return totals_by_unit(lot.balance for lot in self.finished)

    @property
    def item_totals(self) -> dict[str, MassBalance]:
        """Per item, over all affected lots."""
        return {row.item: row for row in totals(lot.balance for lot in self.lots)}

    @property
    def intermediate_totals(self) -> list[MassBalance]:
        return totals_by_unit(lot.balance for lot in self.intermediates)

    @cached_property
    def facts(self) -> dict[str, Any]:
        kept = [f.name for f in fields(self) if f.name not in ("items", "parties")]
        return {
            "version": VERSION,
            **{name: encode(getattr(self, name)) for name in kept},
            "totals": encode(self.finished_totals),
        }

    @property
    def content(self) -> dict[str, Any]:
        return {"facts": self.facts, "names": {"items": encode(self.items), "parties": encode(self.parties)}}

    @cached_property
    def text(self) -> str:
        """Canonical JSON: sorted keys, no spaces, quantities as text without trailing zeros."""
        return canonical(self.content)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def facts_sha256(self) -> str:
        return hashlib.sha256(canonical(self.facts).encode()).hexdigest()

    @classmethod
    def from_content(cls, content: dict[str, Any]) -> Scope:
        return decode(cls, {**content["facts"], **content["names"]})


def encode(value: Any) -> Any:
    """As JSON has it: quantities as text without trailing zeros, times in UTC, no floats."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is Decimal:
        return f"{value.normalize() + 0:f}" if value else "0"
    if kind is tuple or kind is list:
        return [encode(row) for row in value]
    if kind is MassBalance:
        terms = {name: getattr(value, name) for name in _names(MassBalance)}
        row = {name: encode(term) for name, term in terms.items() if term or name == "on_hand"}
        return row | {"unaccounted": encode(value.unaccounted), "lost": encode(value.lost)}
    if is_dataclass(kind):
        return {name: encode(getattr(value, name)) for name in _names(kind)}
    if kind is datetime:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if kind is date:
        return value.isoformat()
    if kind is dict:
        return {key: encode(row) for key, row in value.items()}
    if isinstance(value, str):
        return str(value)  # a choice
    raise TypeError(f"{kind.__name__} has no place in a scope")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))  # type: ignore[arg-type]


def decode(kind: Any, value: Any) -> Any:
    """The way back, by the types that the dataclasses state."""
    return _decoder(kind)(value)


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is UnionType:
        inner = _decoder(next(arg for arg in args if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _decoder(args[0])
        return lambda value: tuple([inner(row) for row in value])
    if origin is dict:
        inner = _decoder(args[1])
        return lambda value: {key: inner(row) for key, row in value.items()}
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = {f.name: _decoder(hints[f.name]) for f in fields(kind)}
        return lambda value: kind(
            **{name: part(value[name]) for name, part in parts.items() if name in value}
        )  # type: ignore[operator]
    if kind is datetime or kind is date:
        return kind.fromisoformat  # type: ignore[no-any-return]
    return Decimal if kind is Decimal else lambda value: value


def canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
