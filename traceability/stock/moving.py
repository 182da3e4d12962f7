"""Move quantities from place to place, and take a move back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from traceability import ledger
from traceability.ledger import Move, NotPermitted
from traceability.models import (
    Container,
    ContainerChange,
    ContainerVerb,
    Entry,
    EntryKind,
    Evidence,
    Location,
)
from traceability.numbering import next_number
from traceability.stock.amounts import Amount, require, sent
from traceability.stock.containers import tree_of

if TYPE_CHECKING:
    from traceability.models import Person


@transaction.atomic
def move_stock(
    *,
    amounts: Sequence[Amount],
    to: Location,
    actor: Person,
    client: str,
    key: str,
    evidence: str = Evidence.SCANNED,
    **times: Any,
) -> Entry:
    """Move quantities to another place, out of any container they are in. A held lot may go to any place that is not on the way out."""
    require(actor, "traceability.move")
    taken = ledger.claim(client=client, key=key, sent={"move": [sent(a) for a in amounts], "to": to.pk})
    if taken.earlier:
        return taken.earlier
    moves = [
        Move(
            lot=a.lot, quantity=a.quantity, origin=a.location, origin_status=a.status, origin_container=a.container, destination=to,
            destination_status=a.status, evidence=evidence,
        )
        for a in amounts
    ]  # fmt: skip
    return ledger.post(
        EntryKind.TRANSFER,
        moves=moves,
        document=next_number("MV-"),
        actor=actor,
        client=client,
        key=key,
        claim=taken,
        **times,
    )


UNDO_WITHIN = timedelta(hours=12)


def undo_move(*, entry: Entry, actor: Person, client: str, key: str, **times: Any) -> Entry:
    """Take back one's own move of this shift: everything is where it was. Raises NotReversible when it went on since.

    A container that went along stands again where it stood, in what it stood in.
    """
    require(actor, "traceability.reverse_own")
    if entry.kind != EntryKind.TRANSFER or entry.actor_id != actor.pk:
        raise NotPermitted(
            "Only the person who moved it can take it back.", now="Move it again to where it belongs."
        )
    if timezone.now() - entry.recorded_at > UNDO_WITHIN:
        raise NotPermitted("This was moved more than 12 hours ago.", now="Move it again to where it belongs.")
    with transaction.atomic():
        reversal = ledger.reverse(
            entry, reason="Move taken back", actor=actor, client=client, key=key, **times
        )
        for change in entry.container_changes.select_related("container").select_for_update(of=("self",)):
            _put_back(change, reversal, actor, client, key)
        return reversal


def _put_back(change: ContainerChange, reversal: Entry, actor: Person, client: str, key: str) -> None:
    again = f"{key}/box/{change.pk}"
    if ContainerChange.objects.filter(client=client, key=again).exists():
        return
    box = change.container
    if change.verb == ContainerVerb.MOVED:
        for one in tree_of(box):
            Container.objects.filter(pk=one.pk).update(location=change.before.get("location"))
        Container.objects.filter(pk=box.pk).update(parent=change.before.get("parent"))
    elif change.verb == ContainerVerb.BROKEN_UP:
        Container.objects.filter(pk=box.pk).update(is_broken_up=False, parent=change.before.get("parent"))
        Container.objects.filter(pk__in=change.before.get("inner", [])).update(parent=box)
    elif change.verb == ContainerVerb.BUILT:
        Container.objects.filter(pk=box.pk).update(is_broken_up=True, parent=None)
    ContainerChange.objects.create(
        client=client, key=again, fingerprint=b"", container=box, verb=ContainerVerb.UNDONE, entry=reversal, by=actor
    )  # fmt: skip
