"""A quantity of a lot at a place, and what the verbs about it share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from traceability.ledger import NotPermitted
from traceability.models import Balance, Location, Lot, Status

if TYPE_CHECKING:
    from traceability.models import Container, Person, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A quantity (base unit) of a lot at a place, in one status."""

    lot: Lot
    quantity: Decimal
    location: Location
    status: str = Status.RELEASED
    container: Container | None = None


def on_record(amount: Amount) -> Decimal:
    row = Balance.objects.filter(
        lot=amount.lot, location=amount.location, status=amount.status, container=amount.container
    ).first()
    return row.quantity if row else Decimal(0)


def boundary(site: Site, kind: str) -> Location:
    return Location.objects.select_related("site").get(site=site, kind=kind)


def sent(amount: Amount) -> list[Any]:
    return [amount.lot.pk, amount.quantity, amount.location.pk, amount.status, amount.container]


def require(actor: Person, right: str) -> None:
    if not actor.has_perm(right):
        raise NotPermitted(
            f"{actor} may not do this.", f"It needs the right {right}.", "Ask somebody who has it."
        )
