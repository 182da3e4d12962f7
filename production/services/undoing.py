"""Take a mistake back: the exact negation, while nothing is built on it. Alone in the same shift, later by two."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from production.models import WorkOrder, WorkOrderStatus
from production.services.closing import check_second
from production.services.ordering import locked
from production.services.using import WorkOrderNotOpen
from traceability import ledger, permits
from traceability.models import Entry, EntryKind

if TYPE_CHECKING:
    from traceability.models import Person

K = EntryKind
KINDS = (K.ISSUE, K.ISSUE_RETURN, K.REMOVAL, K.OUTPUT, K.SCRAP)
ALONE_WITHIN = timedelta(hours=12)  # A shift.


def is_own(entry: Entry, actor: Person) -> bool:
    """One's own act of this shift; nobody else has to look at it."""
    is_fresh = timezone.now() - entry.recorded_at <= ALONE_WITHIN
    return entry.actor_id == actor.pk and is_fresh and not entry.after_the_fact


def can_undo(entry: Entry, order: WorkOrder, actor: Person) -> bool:
    """Whether the button is shown. What is built on it is found when it is pressed."""
    return (
        entry.kind in KINDS
        and order.status == WorkOrderStatus.RELEASED
        and is_own(entry, actor)
        and actor.has_perm("traceability.reverse_own")
        and not hasattr(entry, "reversed_by")
    )


@transaction.atomic
def undo(
    *,
    work_order: WorkOrder,
    entry: Entry,
    actor: Person,
    client: str,
    key: str,
    reason: str = "",
    second_person: Person | None = None,
) -> Entry:
    """Post the negation of an issue, return, removal, output or scrap of this order.

    One's own act of the last 12 hours alone; any other with a reason and a second person. Raises NotReversible with the
    entries in the way, AlreadyReversed, WorkOrderNotOpen.
    """
    earlier = Entry.objects.filter(keys__client=client, keys__key=key).first()
    if earlier is not None and earlier.reverses_id == entry.pk:
        return earlier
    if entry.kind not in KINDS or entry.document != work_order.number:
        raise ledger.NotReversible(
            f"Entry {entry.seq} is not an act of {work_order.number}.",
            now="Correct it where it was made.",
            fields={"seq": entry.seq},
        )
    order = locked(work_order)
    if order.status != WorkOrderStatus.RELEASED:
        raise WorkOrderNotOpen(order)
    if is_own(entry, actor):
        permits.require(actor, "traceability.reverse_own", to="take it back")
        reason = reason.strip() or "Taken back"
    else:
        permits.require(actor, "traceability.reverse", to="take it back")
        check_second(actor, second_person, to="take back what another person or an earlier shift recorded")
    reversal = ledger.reverse(
        entry, reason=reason, actor=actor, client=client, key=key, second_person=second_person
    )
    water = Decimal(str(entry.payload.get("water_lb") or 0))
    if water and entry.kind == K.ISSUE:
        order.water_lb -= water
        order.save(update_fields=["water_lb"])
    return reversal
