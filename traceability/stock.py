"""Verbs about stock that belong to no app: move, count, split, pool, open, and raise an item's tracking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from traceability import ledger
from traceability.ledger import BadInput, Draft, Move, NotPermitted, SecondPersonRequired
from traceability.models import (
    Balance,
    Entry,
    EntryKind,
    Evidence,
    Item,
    Location,
    LocationKind,
    Lot,
    Run,
    RunKind,
    Status,
    Tracking,
)
from traceability.numbering import next_number

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


@transaction.atomic
def move_stock(
    *,
    amounts: Sequence[Amount],
    to: Location,
    actor: Person,
    client: str,
    key: str,
    into: Container | None = None,
    evidence: str = Evidence.SCANNED,
    **times: Any,
) -> Entry:
    """Move quantities to another place, or into a container there. A held lot may go to any place that is not on the way out."""
    _require(actor, "traceability.move")
    taken = ledger.claim(
        client=client, key=key, sent={"move": [_sent(a) for a in amounts], "to": to.pk, "into": into}
    )
    if taken.earlier:
        return taken.earlier
    moves = [
        Move(
            lot=a.lot, quantity=a.quantity, origin=a.location, origin_status=a.status, origin_container=a.container, destination=to,
            destination_status=a.status, destination_container=into, evidence=evidence,
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


def count(
    *,
    amounts: Sequence[Amount],
    at_seq: int,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    second_person: Person | None = None,
    tolerance: Decimal = Decimal("0.02"),
    **times: Any,
) -> Entry | None:
    """Post what was counted, less what is on record. None when everything agrees.

    `at_seq` is the ledger's seq at which the counter began; if any of these lots moved since, the count is refused and
    asked again (reliability B9). A variance above the tolerance (a share of the record) needs a second person.
    """
    _require(actor, "traceability.count")
    try:
        with transaction.atomic():  # A claimed key ends in an entry, or is given back with this block.
            taken = ledger.claim(
                client=client,
                key=key,
                sent={"count": [_sent(a) for a in amounts], "at": at_seq, "reason": reason},
            )
            if taken.earlier:
                return taken.earlier
            moves = _variances(
                amounts, at_seq=at_seq, tolerance=tolerance, has_second_person=second_person is not None
            )
            return ledger.post(
                EntryKind.COUNT_ADJUSTMENT, moves=moves, document=next_number("CNT-"), reason=reason, second_person=second_person, actor=actor,
                client=client, key=key, claim=taken, **times,
            )  # fmt: skip
    except _Agrees:
        return None


def _variances(
    amounts: Sequence[Amount], *, at_seq: int, tolerance: Decimal, has_second_person: bool
) -> list[Move]:
    moved = (
        Entry.objects.filter(seq__gt=at_seq, movements__lot__in={a.lot.pk for a in amounts})
        .order_by("seq")
        .first()
    )
    if moved:
        raise RecountNeeded(
            f"Stock moved while you counted (entry {moved.seq}).",
            "The difference would be wrong.",
            "Count again.",
            fields={"seq": moved.seq},
        )
    moves, is_large = [], False
    for amount in amounts:
        on_record = _on_record(amount)
        difference = amount.quantity - on_record
        if difference == 0:
            continue
        is_large |= abs(difference) > tolerance * on_record
        moves.append(_variance(amount, difference))
    if not moves:
        raise _Agrees
    if is_large and not has_second_person:
        raise SecondPersonRequired(
            "The difference is larger than a count may post alone.",
            now="Let a second person confirm it.",
            fields={"second_person": "missing"},
        )
    return moves


class _Agrees(Exception):
    """The count agrees with the record: nothing to post."""


class RecountNeeded(ledger.Refusal):
    code = "recount_needed"


@transaction.atomic
def split_lot(
    *, source: Amount, into: Iterable[tuple[str, Decimal]], actor: Person, client: str, key: str, **times: Any
) -> list[Lot]:
    """Take quantities out of a lot into new lots of the same item, which keep its supplier, dates and papers.

    The parts are made from the lot (a run of kind split), so every walk passes through. Returns the new lots.
    """
    parts = [
        Lot(
            item=source.lot.item, number=number, supplier=source.lot.supplier, supplier_lot=source.lot.supplier_lot, owner=source.lot.owner,
            made_on=source.lot.made_on, expires_on=source.lot.expires_on, code_source=source.lot.code_source,
        )
        for number, _ in into
    ]  # fmt: skip
    made = [(lot, quantity) for lot, (_, quantity) in zip(parts, into, strict=True)]
    taken_out = Amount(
        lot=source.lot,
        quantity=sum((q for _, q in made), Decimal(0)),
        location=source.location,
        status=source.status,
        container=source.container,
    )
    _make(
        kind=RunKind.SPLIT,
        prefix="SPL-",
        used=[taken_out],
        made=made,
        at=source.location,
        status=source.status,
        actor=actor,
        client=client,
        key=key,
        **times,
    )
    return parts


@transaction.atomic
def pool_lots(
    *,
    sources: Sequence[Amount],
    number: str,
    to: Location,
    actor: Person,
    client: str,
    key: str,
    expires_on: Any = None,
    **times: Any,
) -> Lot:
    """Pour quantities of lots of one item together into a new lot; the sources keep their numbers. The shortest life holds."""
    items = {amount.lot.item_id for amount in sources}
    if len(items) != 1:
        raise BadInput(
            "Only lots of one item can be pooled.",
            now="Use a work order to make one item from others.",
            fields={"lots": "items differ"},
        )
    lives = [amount.lot.expires_on for amount in sources if amount.lot.expires_on]
    lot = Lot(item=sources[0].lot.item, number=number, expires_on=expires_on or min(lives, default=None))
    total = sum((amount.quantity for amount in sources), Decimal(0))
    _make(
        kind=RunKind.BLEND,
        prefix="POOL-",
        used=sources,
        made=[(lot, total)],
        at=to,
        status=Status.RELEASED,
        actor=actor,
        client=client,
        key=key,
        **times,
    )
    return lot


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
    _require(actor, "traceability.change_masters")
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
        drafts += _drafts(
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


def _make(
    *,
    kind: str,
    prefix: str,
    used: Sequence[Amount],
    made: Sequence[tuple[Lot, Decimal]],
    at: Location,
    status: str,
    actor: Person,
    client: str,
    key: str,
    **times: Any,
) -> None:
    _require(actor, "traceability.move")
    sent = {
        "kind": kind,
        "used": [_sent(a) for a in used],
        "made": [[lot.number, quantity] for lot, quantity in made],
        "at": at.pk,
    }
    taken = ledger.claim(client=client, key=f"{key}/issue", sent=sent)
    if taken.earlier:
        for lot, _ in made:
            lot.pk = Lot.objects.values_list("pk", flat=True).get(item=lot.item, number=lot.number)
        return
    run = Run.objects.create(document=next_number(prefix), kind=kind, site=at.site)
    issue, output = _drafts(run, used, made, at, status, actor=actor, client=client, key=key, **times)
    issue.claim = taken
    ledger.post_all([issue, output])


def _drafts(
    run: Run,
    used: Sequence[Amount],
    made: Sequence[tuple[Lot, Decimal]],
    at: Location,
    status: str,
    *,
    actor: Person,
    client: str,
    key: str,
    reason: str = "",
    **times: Any,
) -> list[Draft]:
    production = _boundary(run.site, LocationKind.PRODUCTION)
    issue = [
        Move(
            lot=a.lot,
            quantity=a.quantity,
            origin=a.location,
            origin_status=a.status,
            origin_container=a.container,
            destination=production,
            run=run,
        )
        for a in used
    ]
    output = [
        Move(
            lot=lot, quantity=quantity, origin=production, destination=at, destination_status=status, run=run
        )
        for lot, quantity in made
    ]
    shared: dict[str, Any] = {
        "actor": actor,
        "client": client,
        "document": run.document,
        "reason": reason,
        **times,
    }
    return [
        Draft(kind=EntryKind.ISSUE, moves=issue, key=f"{key}/issue", **shared),
        Draft(kind=EntryKind.OUTPUT, moves=output, key=f"{key}/output", **shared),
    ]


def _variance(amount: Amount, difference: Decimal) -> Move:
    adjustment = _boundary(amount.location.site, LocationKind.ADJUSTMENT)
    if difference > 0:
        return Move(
            lot=amount.lot,
            quantity=difference,
            origin=adjustment,
            destination=amount.location,
            destination_status=amount.status,
            destination_container=amount.container,
        )
    return Move(
        lot=amount.lot,
        quantity=-difference,
        origin=amount.location,
        origin_status=amount.status,
        origin_container=amount.container,
        destination=adjustment,
    )


def _on_record(amount: Amount) -> Decimal:
    row = Balance.objects.filter(
        lot=amount.lot, location=amount.location, status=amount.status, container=amount.container
    ).first()
    return row.quantity if row else Decimal(0)


def _boundary(site: Site, kind: str) -> Location:
    return Location.objects.select_related("site").get(site=site, kind=kind)


def _sent(amount: Amount) -> list[Any]:
    return [amount.lot.pk, amount.quantity, amount.location.pk, amount.status, amount.container]


def _require(actor: Person, right: str) -> None:
    if not actor.has_perm(right):
        raise NotPermitted(
            f"{actor} may not do this.", f"It needs the right {right}.", "Ask somebody who has it."
        )
