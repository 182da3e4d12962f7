"""A line of a count: what the record says of it, whether it moved, and how much one person may post."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from traceability.ledger import Refusal
from traceability.models import Balance, Count, CountLine, CountState, Entry, LineState, Location, Movement

if TYPE_CHECKING:
    from traceability.models import Item

ZERO = Decimal(0)


class RecountNeeded(Refusal):
    """The quantity moved since it was counted, or the look needs a second one."""

    code = "recount_needed"


class CountClosed(Refusal):
    code = "count_closed"


def on_record_of(line: CountLine) -> Decimal:
    if line.lot_id is None:
        return ZERO
    rows = Balance.objects.filter(
        lot=line.lot_id, location=line.location_id, status=line.status, container=line.container_id
    )
    return rows.values_list("quantity", flat=True).first() or ZERO


def last_move_of(line: CountLine, *, after: int) -> Entry | None:
    """The last entry that moved this very quantity (lot, place, status, container) after an entry."""
    if line.lot_id is None:
        return None
    rows = Movement.objects.filter(_touches(line), entry__seq__gt=after).order_by("-entry__seq")
    found = rows.values_list("entry_id", flat=True).first()
    return Entry.objects.get(pk=found) if found else None


def _touches(line: CountLine) -> Q:
    out = Q(origin=line.location_id, origin_status=line.status, origin_container=line.container_id)
    into = Q(
        destination=line.location_id, destination_status=line.status, destination_container=line.container_id
    )
    return Q(lot=line.lot_id) & (out | into)


def tolerance_of(item: Item, expected: Decimal) -> Decimal:
    """Up to this difference one person may post: a share of the record or a quantity, whichever is more. Serials: none."""
    if item.tracking == "serial":
        return ZERO
    return max(expected * item.count_tolerance_percent / 100, item.count_tolerance_quantity)


def is_within(line: CountLine) -> bool:
    """Whether one person may post this line's difference."""
    if line.lot is None or line.counted is None:
        return False
    return abs(line.counted - line.expected) <= tolerance_of(line.lot.item, line.expected)


def rows_at(
    *, places: QuerySet[Location] | Sequence[Location], items: Any = None, lots: Any = None
) -> QuerySet[Balance]:
    """The quantities at places, to be counted; perhaps of some items or lots alone."""
    rows = Balance.objects.filter(location__in=places, quantity__gt=0)
    if items is not None:
        rows = rows.filter(lot__item__in=items)
    if lots is not None:
        rows = rows.filter(lot__in=lots)
    return rows.select_related("lot__item", "location").order_by("location__code", "lot__number", "pk")


def check_open(count: Count) -> None:
    if count.state != CountState.OPEN:
        raise CountClosed(
            f"{count.number} is {count.get_state_display().lower()}.", "It takes no more lines.", "Open another count.",
            fields={"count": count.number},
        )  # fmt: skip


def locked_line(line: CountLine) -> tuple[Count, CountLine]:
    count = Count.objects.select_for_update().get(pk=line.count_id)
    check_open(count)
    rows = CountLine.objects.select_related("lot__item", "location").select_for_update(of=("self",))
    locked = rows.get(pk=line.pk)
    if locked.state == LineState.POSTED:
        raise CountClosed(f"{locked} is posted.", now="Count it in another count.")
    return count, locked
