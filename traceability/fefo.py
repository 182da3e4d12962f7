"""First expired, first out: which usable stock to take next, and where it is. Pages suggest it; a told order asks why when not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from traceability.models import Balance, Hold, LocationKind, Requirement, Reservation, Status

SHOWN = 12


def first_expired_first_out(
    items: Iterable[int],
    *,
    sites: Iterable[Any],
    document: str = "",
    shown: int = SHOWN,
    best_by: date | None = None,
) -> list[Any]:
    """Usable stock, per item the shortest life first, at most `shown` rows of each. `free` is what is not promised to others.

    `best_by`: the least date that a customer takes. Three queries at most, whatever the number of items.
    """
    today: date = timezone.localdate()
    held = Hold.objects.standing().filter(lot=OuterRef("lot_id"))
    needed = Requirement.objects.blocking().filter(lot=OuterRef("lot_id"))
    first = [F("lot__expires_on").asc(nulls_last=True), F("lot__number").asc(), F("location__code").asc()]
    rows = (
        Balance.objects.filter(
            lot__item_id__in=list(items), status=Status.RELEASED, quantity__gt=0, location__site_id__in=[getattr(site, "pk", site) for site in sites]
        )
        .filter(Q(lot__expires_on__isnull=True) | Q(lot__expires_on__gte=max(today, best_by or today)))
        .exclude(location__kind__in=[LocationKind.TRANSIT, LocationKind.THIRD_PARTY])
        .exclude(Exists(held))
        .exclude(Exists(needed))
        .annotate(place_in_line=Window(RowNumber(), partition_by=[F("lot__item_id")], order_by=first))
        .filter(place_in_line__lte=shown * 2)
        .select_related("lot__item", "location", "container")
    )  # fmt: skip
    found: list[Any] = sorted(rows, key=lambda row: (row.lot.item.code, row.place_in_line))  # type: ignore[attr-defined]
    promised: dict[tuple[int, int, int | None], Decimal] = defaultdict(Decimal)
    standing = (
        Reservation.objects.standing()
        .filter(lot__in=[row.lot_id for row in found])
        .exclude(document=document)
    )
    for lot, location, container, quantity in standing.values_list(
        "lot", "location", "container", "quantity"
    ):
        promised[lot, location, container] += quantity
    count: dict[int, int] = defaultdict(int)
    free = []
    for row in found:
        row.free = row.quantity - promised[row.lot_id, row.location_id, row.container_id]
        count[row.lot.item_id] += row.free > 0
        if row.free > 0 and count[row.lot.item_id] <= shown:
            free.append(row)
    return free
