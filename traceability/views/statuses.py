"""The condition of lots in words, for a page of them: two queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from traceability import reach
from traceability.models import Balance, Hold, Lot, Status

QUANTITY_STATUSES = (Status.REJECTED, Status.QUARANTINE, Status.RELEASED)


def with_facts(lots: Iterable[Lot]) -> list[Any]:
    """Give each lot `on_hand` and `chips`. The same lot may stand in the list twice, as two objects."""
    rows = list(lots)
    wanted = {lot.pk for lot in rows}
    here: dict[int, dict[str, Decimal]] = defaultdict(dict)
    found = (
        reach.seen(Balance.objects.filter(lot__in=wanted, quantity__gt=0))
        .values("lot", "status")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    for row in found:
        here[row["lot"]][row["status"]] = row["total"]
    causes: dict[int, set[str]] = defaultdict(set)
    for pk, cause in Hold.objects.standing().filter(lot__in=wanted).values_list("lot_id", "cause").order_by():
        causes[pk].add(cause)
    today = timezone.localdate()
    for lot in rows:
        lot.on_hand = sum(here[lot.pk].values(), Decimal(0))  # type: ignore[attr-defined]
        lot.chips = chips(lot, set(here[lot.pk]), causes[lot.pk], today)  # type: ignore[attr-defined]
    return rows


def chips(lot: Lot, statuses: set[str], causes: set[str], today: Any) -> list[str]:
    """A hold covers the whole lot, so the statuses of its quantities stand behind it; worst first."""
    if causes:
        return ["held", "recalled"] if Hold.Cause.RECALL in causes else ["held"]
    if not statuses:
        return ["used_up"]
    shown: list[str] = ["expired"] if lot.expires_on and lot.expires_on < today else []
    shown += [status for status in QUANTITY_STATUSES if status in statuses]
    return [chip for chip in shown if not (chip == Status.RELEASED and "expired" in shown)]
