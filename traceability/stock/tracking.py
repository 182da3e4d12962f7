"""Raise an item's tracking with its stock in place."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from traceability import ledger
from traceability.ledger import BadInput, Draft
from traceability.models import Balance, Entry, Item, Lot, Run, RunKind, Tracking
from traceability.numbering import next_number
from traceability.stock.amounts import Amount, require
from traceability.stock.making import drafts_of

if TYPE_CHECKING:
    from traceability.models import Person


@transaction.atomic
def raise_tracking(
    *,
    item: Item,
    to: str,
    lots: Sequence[tuple[Amount, Sequence[str]]],
    actor: Person,
    client: str,
    key: str,
    **times: Any,
) -> list[Lot]:
    """Track an item from now on (none → lot or serial). The stock on hand becomes lots through a run from the untracked lot.

    `lots` says for each place of the untracked stock which numbers it becomes: one for a lot, one per piece for serials.
    All stock on hand must be named, so that nothing stays behind. History before stays open: a trace boundary.
    """
    require(actor, "traceability.change_masters")
    before = Entry.objects.filter(keys__client=client, keys__key=f"{key}/1/issue").first()
    if before:  # Sent again: the lots that it made.
        return list(
            Lot.objects.filter(runs__run__document=before.document, runs__role="output").order_by("number")
        )
    if item.tracking != Tracking.NONE or to == Tracking.NONE:
        raise BadInput(
            f"{item.code} is already tracked {item.get_tracking_display().lower()}.",
            "Tracking is raised, never lowered.",
            fields={"tracking": to},
        )
    on_hand = sum(
        Balance.objects.filter(lot__item=item, quantity__gt=0).values_list("quantity", flat=True), Decimal(0)
    )
    named = sum((amount.quantity for amount, _ in lots), Decimal(0))
    if on_hand != named:
        raise BadInput(
            f"{ledger.plain(on_hand)} {item.unit} are on hand, {ledger.plain(named)} were named.",
            now="Name all of it.",
            fields={"lots": "incomplete"},
        )
    item.tracking = to
    if to == Tracking.SERIAL:
        item.decimals = 0
    item.save(update_fields=["tracking", "decimals"])
    made: list[Lot] = []
    drafts: list[Draft] = []
    run_document = next_number("TRK-")
    for place, (amount, numbers) in enumerate(lots, start=1):
        each = Decimal(1) if to == Tracking.SERIAL else amount.quantity
        if each * len(numbers) != amount.quantity:
            raise BadInput(
                f"{len(numbers)} numbers for {ledger.plain(amount.quantity)} {item.unit}.",
                now="Give one number for each.",
                fields={"numbers": "count"},
            )
        new = [(Lot(item=item, number=number), each) for number in numbers]
        made += [lot for lot, _ in new]
        run = Run.objects.create(
            document=run_document, number=place, kind=RunKind.RAISE_TRACKING, site=amount.location.site
        )
        drafts += drafts_of(
            run,
            [amount],
            new,
            amount.location,
            amount.status,
            actor=actor,
            client=client,
            key=f"{key}/{place}",
            reason="Tracking raised",
            **times,
        )
    if drafts:
        ledger.post_all(drafts)
    return made


def untracked_lot(item: Item) -> Lot:
    """The one lot of an item that is not tracked, saved or to be created by the next entry that moves it."""
    return Lot.objects.filter(item=item, is_untracked=True).first() or Lot(
        item=item, number=item.code[:20], is_untracked=True
    )
