"""What a caller hands to the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from traceability.models import Evidence, Status

if TYPE_CHECKING:
    from traceability.models import Container, Location, Lot, Run


@dataclass(slots=True, kw_only=True)
class Move:
    """One line of an entry to be: a positive quantity in the item's base unit from an origin to a destination.

    A `lot` that is not saved yet is created by the door in the same entry. Statuses default by the rules table.
    `against`/`against_line` name the delivery line a return counts towards; default is the entry's own document.
    """

    lot: Lot
    quantity: Decimal
    origin: Location
    destination: Location
    origin_status: str = ""
    destination_status: str = ""
    origin_container: Container | None = None
    destination_container: Container | None = None
    run: Run | None = None
    pieces: int | None = None
    against: str = ""
    against_line: int = 0
    entered_quantity: Decimal | None = None
    entered_unit: str = ""
    evidence: str = Evidence.TYPED
    # Set by the door from the rules table, or by a reversal from what it reverses.
    run_role: str = ""
    delivery: str = ""
    sign: int = 1


@dataclass(slots=True, kw_only=True)
class Need:
    """A requirement to open in the entry. The lot may be one that the same entry creates."""

    stage: str
    what: str
    lot: Lot | None = None
    run: Run | None = None
    document: str = ""
    is_blocking: bool = False


@dataclass(slots=True, kw_only=True)
class NewHold:
    """A hold to place in the entry."""

    lot: Lot
    reason: str
    cause: str
    reference: str = ""
    cascades: bool = True
    inherited_from_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Change:
    """A change of a lot's facts, for an amend entry: supplier_lot, expires_on, made_on."""

    lot: Lot
    facts: dict[str, Any] = field(default_factory=dict)


INSIDE_STATUSES = frozenset(Status.values)
