"""Lots from lots without a work order: split, pool, repack. Each is a run, so every walk passes through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction

from traceability import ledger
from traceability.ledger import BadInput, Draft, Move, Need
from traceability.models import EntryKind, Item, Location, LocationKind, Lot, Run, RunKind, Stage, Status
from traceability.numbering import next_number
from traceability.stock.amounts import Amount, boundary, require, sent

if TYPE_CHECKING:
    from traceability.models import Person

# What an amend entry may change of a lot.
CHANGING = ("supplier_lot", "made_on", "expires_on")
LOSS_ALONE = Decimal("0.02")
AWAITING = "Final inspection"


@transaction.atomic
def split_lot(
    *, source: Amount, into: Iterable[tuple[str, Decimal]], actor: Person, client: str, key: str, **times: Any
) -> list[Lot]:
    """Take quantities out of a lot into new lots of the same item, which keep its supplier, dates and papers.

    The parts are made from the lot (a run of kind split), so every walk passes through. Returns the new lots.
    """
    into = list(into)
    parts = [
        Lot(
            item=source.lot.item, number=number, supplier=source.lot.supplier, owner=source.lot.owner, code_source=source.lot.code_source
        )
        for number, _ in into
    ]  # fmt: skip

    def take_over() -> None:
        for part, name in product(parts, CHANGING):
            setattr(part, name, getattr(source.lot, name))

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
        take_over=take_over,
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
    lot = Lot(item=sources[0].lot.item, number=number)

    def take_over() -> None:
        lot.expires_on = expires_on or _shortest_life(sources)

    total = sum((amount.quantity for amount in sources), Decimal(0))
    _make(
        kind=RunKind.BLEND,
        prefix="POOL-",
        used=sources,
        made=[(lot, total)],
        take_over=take_over,
        besides={"expires_on": expires_on},
        at=to,
        status=Status.RELEASED,
        actor=actor,
        client=client,
        key=key,
        **times,
    )
    return lot


@transaction.atomic
def repack(
    *,
    sources: Sequence[Amount],
    into: Sequence[Packed],
    to: Location,
    actor: Person,
    client: str,
    key: str,
    reason: str = "",
    second_person: Person | None = None,
    **times: Any,
) -> list[Lot]:
    """Pack quantities anew, into lots of the same item or of another (bulk into bags). The lots packed are made from all sources.

    More cannot come out than went in; less needs a reason, and a second person when it is more than 2 %. It is compared
    where the weights are known. What quality control looks at when it is finished starts in quarantine.
    """
    weights = lost_of(sources, into)
    if weights is not None and weights[0] < 0:
        raise BadInput(
            f"{ledger.plain(-weights[0])} more would come out than goes in.",
            now="Check the quantities.",
            fields={"quantity": "more out than in"},
        )
    if weights is not None and weights[0] > 0:
        if not reason.strip():
            raise ledger.ReasonRequired(
                "Less comes out than goes in.", now="Say where the rest went.", fields={"reason": "missing"}
            )
        if weights[0] > LOSS_ALONE * weights[1] and second_person is None:
            raise ledger.SecondPersonRequired(
                f"{weights[0] / weights[1]:.1%} is lost, more than one person may record alone.",
                now="Let a second person confirm it.",
                fields={"second_person": "missing"},
            )
    lots = [(_of_one_source(row, sources), row.quantity) for row in into]

    def take_over() -> None:
        for (lot, _), row in zip(lots, into, strict=True):
            fresh = _of_one_source(row, sources)
            for name in CHANGING:
                setattr(lot, name, getattr(fresh, name))

    _make(
        kind=RunKind.REPACK,
        prefix="RPK-",
        used=sources,
        made=lots,
        take_over=take_over,
        besides={"expires_on": [row.expires_on for row in into], "reason": reason},
        at=to,
        status=Status.RELEASED,
        actor=actor,
        client=client,
        key=key,
        reason=reason,
        second_person=second_person,
        **times,
    )
    return [lot for lot, _ in lots]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What repacking gives: a quantity of an item under a new lot number."""

    item: Item
    number: str
    quantity: Decimal
    expires_on: date | None = None


def lost_of(sources: Sequence[Amount], into: Sequence[Packed]) -> tuple[Decimal, Decimal] | None:
    """What is lost, and what went in: in the one unit of all, else in weight; None where it cannot be compared."""
    items = [*(amount.lot.item for amount in sources), *(row.item for row in into)]
    if len({item.unit for item in items}) == 1:
        gone = sum((amount.quantity for amount in sources), Decimal(0))
        return gone - sum((row.quantity for row in into), Decimal(0)), gone
    weights = [weight_of(item) for item in items]
    if None in weights:
        return None
    known = cast("list[Decimal]", weights)
    gone = sum((amount.quantity * each for amount, each in zip(sources, known, strict=False)), Decimal(0))
    came = sum(
        (row.quantity * each for row, each in zip(into, known[len(sources) :], strict=True)), Decimal(0)
    )
    return gone - came, gone


def weight_of(item: Item) -> Decimal | None:
    """Pounds of product in one base unit, where it is known."""
    return Decimal(1) if item.unit == "lb" else item.weight_per_unit


def _of_one_source(row: Packed, sources: Sequence[Amount]) -> Lot:
    """The facts that all sources share go on; the shortest life holds."""
    lots = [amount.lot for amount in sources]

    def shared(name: str) -> Any:
        values = {getattr(lot, name) for lot in lots}
        return values.pop() if len(values) == 1 else None

    return Lot(
        item=row.item, number=row.number, expires_on=row.expires_on or _shortest_life(sources), made_on=shared("made_on"),
        supplier=shared("supplier"), supplier_lot=shared("supplier_lot") or "", owner=shared("owner"), code_source=shared("code_source") or "",
    )  # fmt: skip


def _shortest_life(sources: Sequence[Amount]) -> date | None:
    return min((amount.lot.expires_on for amount in sources if amount.lot.expires_on), default=None)


def _make(
    *,
    kind: str,
    prefix: str,
    used: Sequence[Amount],
    made: Sequence[tuple[Lot, Decimal]],
    take_over: Callable[[], None],
    at: Location,
    status: str,
    actor: Person,
    client: str,
    key: str,
    besides: Mapping[str, Any] | None = None,
    **rest: Any,
) -> None:
    """`take_over` gives the new lots what may change of those used: called when these are locked, so that a life cut meanwhile counts."""
    require(actor, "traceability.move")
    if not used or not made:
        raise BadInput("Say what goes in and what comes out.", fields={"lots": "empty"})
    told = {
        "kind": kind,
        "used": [sent(a) for a in used],
        "made": [[lot.item_id, lot.number, quantity] for lot, quantity in made],
        "at": at.pk,
        **(besides or {}),
    }
    taken = ledger.claim(client=client, key=f"{key}/issue", sent=told)
    if taken.earlier:
        for lot, _ in made:
            lot.pk = Lot.objects.values_list("pk", flat=True).get(item=lot.item, number=lot.number)
        return
    ledger.lock_lots({amount.lot.pk for amount in used}, serials={a.lot.pk for a in used if a.lot.is_serial})
    for amount in used:
        amount.lot.refresh_from_db(fields=CHANGING)
    take_over()
    run = Run.objects.create(document=next_number(prefix), kind=kind, site=at.site)
    issue, output = drafts_of(run, used, made, at, status, actor=actor, client=client, key=key, **rest)
    issue.claim = taken
    changed = {amount.lot.item_id for amount in used}
    for move in output.moves:
        if move.lot.item_id not in changed and Stage.FINAL in move.lot.item.inspected_at:
            move.destination_status = Status.QUARANTINE
            output.needs = [*output.needs, Need(stage=Stage.FINAL, what=AWAITING, lot=move.lot)]
    ledger.post_all([issue, output])


def drafts_of(
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
    production = boundary(run.site, LocationKind.PRODUCTION)
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
