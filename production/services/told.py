"""An order that tells which lots to take: first expired, first out. Another lot may be taken, with a reason that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from production.models import Pulling, WorkOrder
from traceability import ledger
from traceability.fefo import first_expired_first_out
from traceability.ledger import plain
from traceability.models import Lot


class NotFirstExpired(ledger.Refusal):
    code: ClassVar[str] = "not_first_expired"

    def __init__(self, *, lot: Lot, first: Any):
        where = f"{first.location}{f' {first.location.name}' if first.location.name else ''}"
        super().__init__(
            f"Take {first.lot.number} first: {where}, {plain(first.free)} {first.lot.item.unit}.",
            f"It expires on {first.lot.expires_on}; {lot.number} on {lot.expires_on or 'no day'}.",
            "Take that lot, or say why this one.",
            fields={"lot": lot.number, "first": first.lot.number, "location": first.location.code},
            lots=[lot.pk],
        )


def check_first_expired(order: WorkOrder, lots: Sequence[Lot], reason: str) -> list[str]:
    """The lots that were passed over, for the entry: what was suggested stands beside what was taken.

    Raises NotFirstExpired where the order tells its lots and no reason is given. What went into the order's own hand (lots
    of the same issue) is not passed over.
    """
    taken = {lot.pk for lot in lots}
    stock = first_expired_first_out(
        {lot.item_id for lot in lots}, sites=[order.site_id], document=order.number
    )
    passed: dict[str, None] = {}
    for lot in lots:
        for row in stock:
            is_earlier = row.lot.expires_on is not None and row.lot.expires_on < (lot.expires_on or date.max)
            if row.lot.item_id == lot.item_id and row.lot_id not in taken and is_earlier:
                if order.pulling == Pulling.TOLD and not reason.strip():
                    raise NotFirstExpired(lot=lot, first=row)
                passed.setdefault(row.lot.number)
    return list(passed)
