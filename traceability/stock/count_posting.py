"""Post the differences of a count in one step, under the lots' own locks, or give the count up."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from traceability import ledger
from traceability.ledger import BadInput, Draft, Move, SecondPersonRequired
from traceability.models import (
    Balance,
    Count,
    CountLine,
    CountReading,
    CountState,
    Entry,
    EntryKind,
    LineState,
    LocationKind,
)
from traceability.stock.amounts import boundary, require
from traceability.stock.count_lines import ZERO, RecountNeeded, check_open, is_within, last_move_of

if TYPE_CHECKING:
    from traceability.models import Person


def post_count(
    *,
    count: Count,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    second_person: Person | None = None,
    leave_open: bool = False,
    **times: Any,
) -> list[Entry]:
    """Post the differences of what was counted, and close the count. Nothing to post is a good count: no entry.

    Lines that moved since are asked again and stop the posting. Lines nobody counted stop it too, unless `leave_open` says
    that they stay uncounted. A difference above an item's tolerance needs a second person with the right, who did not count it.
    """
    require(actor, "traceability.count")
    earlier = list(
        Entry.objects.filter(keys__client=client, keys__key__in=[f"{key}/moved", f"{key}/count"]).order_by(
            "seq"
        )
    )
    count = Count.objects.get(pk=count.pk)
    if count.state == CountState.POSTED and (
        earlier or (count.closed_by_id == actor.pk and count.reason == reason)
    ):
        return earlier
    try:
        with transaction.atomic():
            count = Count.objects.select_for_update().get(pk=count.pk)
            check_open(count)
            lines = list(
                count.lines.select_for_update(of=("self",)).select_related("lot__item", "location__site", "container", "origin__site").order_by("pk")
            )  # fmt: skip
            _check_complete(lines, leave_open=leave_open)
            settled = [line for line in lines if line.state == LineState.COUNTED]
            differing = [line for line in settled if line.counted != line.expected]
            if differing:
                _check_persons(differing, reason, actor, second_person)
            entries = _post(differing, reason, actor, client, key, second_person, times)
            for line in settled:
                CountLine.objects.filter(pk=line.pk).update(
                    state=LineState.POSTED, entry=entries.get(_entry_of(line)) if line in differing else None
                )
            Count.objects.filter(pk=count.pk).update(
                state=CountState.POSTED, closed_by=actor, closed_at=timezone.now(), reason=reason.strip()
            )
            return sorted(entries.values(), key=lambda entry: entry.seq)
    except _Moved as moved:
        again = CountLine.objects.filter(pk__in=[line.pk for line, _ in moved.lines], state=LineState.COUNTED)
        again.update(
            state=LineState.AGAIN,
            counted=None,
            why_again="It moved after it was counted",
            since_seq=ledger.head().seq,
        )
        named = ", ".join(f"{line.lot} at {line.location}" for line, _ in moved.lines[:5])
        raise RecountNeeded(
            f"{len(moved.lines)} line{'s' if len(moved.lines) > 1 else ''} moved after they were counted.", f"{named}: the difference would be wrong.",
            "Count them again, then post.", fields={"lines": [line.pk for line, _ in moved.lines]},
        ) from moved  # fmt: skip


def cancel_count(*, count: Count, reason: str, actor: Person) -> Count:
    """Give a count up; nothing is posted, its lines and readings stay."""
    require(actor, "traceability.count")
    if not reason.strip():
        raise ledger.ReasonRequired("Why is it given up?", fields={"reason": "missing"})
    with transaction.atomic():
        count = Count.objects.select_for_update().get(pk=count.pk)
        if count.state == CountState.CANCELLED:
            return count
        check_open(count)
        count.state, count.closed_by, count.closed_at, count.reason = (
            CountState.CANCELLED,
            actor,
            timezone.now(),
            reason.strip(),
        )
        count.save()
    return count


class _Moved(Exception):
    def __init__(self, lines: list[tuple[CountLine, Entry]]):
        self.lines = lines


def _check_complete(lines: list[CountLine], *, leave_open: bool) -> None:
    again = [line for line in lines if line.state == LineState.AGAIN]
    if again:
        raise RecountNeeded(
            f"{len(again)} line{'s' if len(again) > 1 else ''} still {'have' if len(again) > 1 else 'has'} to be counted again.",
            f"{again[0].lot or again[0].label} at {again[0].location}: {again[0].why_again.lower()}.", "Count, or set aside with a reason.",
            fields={"lines": [line.pk for line in again]},
        )  # fmt: skip
    unknown = [line for line in lines if line.lot is None and line.state == LineState.COUNTED]
    if unknown:
        raise BadInput(
            f"{len(unknown)} label{'s' if len(unknown) > 1 else ''} nobody knows {'are' if len(unknown) > 1 else 'is'} still open.",
            f"{unknown[0].label} at {unknown[0].location}.", "Say which lot it is, or set it aside with a reason.",
            fields={"lines": [line.pk for line in unknown]},
        )  # fmt: skip
    still = [line for line in lines if line.state == LineState.OPEN]
    if still and not leave_open:
        raise BadInput(
            f"{len(still)} line{'s were' if len(still) > 1 else ' was'} not counted.", "", "Count them, or say that they stay uncounted.",
            fields={"leave_open": len(still)},
        )  # fmt: skip


def _check_persons(differing: list[CountLine], reason: str, actor: Person, second: Person | None) -> None:
    if not reason.strip():
        raise ledger.ReasonRequired(
            "A difference needs a reason.", now="Say why in a few words.", fields={"reason": "missing"}
        )
    large = [line for line in differing if not is_within(line)]
    if not large:
        return
    if second is None:
        worst = large[0]
        raise SecondPersonRequired(
            f"{len(large)} difference{'s are' if len(large) > 1 else ' is'} larger than one person may post.",
            f"{worst.lot} at {worst.location}: {ledger.plain(worst.counted or ZERO)} counted, {ledger.plain(worst.expected)} on record.",
            "Let a second person with the right confirm it.", fields={"second_person": "missing"},
        )  # fmt: skip
    if not second.has_perm("traceability.approve_count"):
        raise ledger.NotPermitted(
            f"{second} may not confirm a difference.",
            "It needs the right traceability.approve_count.",
            "Ask quality control.",
        )
    counted = CountReading.objects.filter(line__in=large, by=second).first()
    if counted or second.pk == actor.pk:
        raise ledger.SamePerson(
            f"{second} counted it, or posts it.", "Who confirms a difference looks at it afresh.", "Ask somebody else.", fields={"second_person": "same"}
        )  # fmt: skip


def _entry_of(line: CountLine) -> str:
    return "moved" if line.origin_id and _more(line) > 0 else "count"


def _more(line: CountLine) -> Decimal:
    return (line.counted or ZERO) - line.expected


def _post(
    differing: list[CountLine], reason: str, actor: Person, client: str, key: str, second: Person | None, times: dict[str, Any]
) -> dict[str, Entry]:  # fmt: skip
    """What was moved without a scan is a transfer; the rest is an adjustment. One posting, under the lots' own locks."""
    if not differing:
        return {}
    moved: dict[str, list[Move]] = {"moved": [], "count": []}
    for line in differing:
        moved[_entry_of(line)].append(_move(line))
    number = differing[0].count.number
    kinds = {"moved": EntryKind.TRANSFER, "count": EntryKind.COUNT_ADJUSTMENT}
    names = [name for name in ("moved", "count") if moved[name]]
    drafts = [
        Draft(
            kind=kinds[name], actor=actor, client=client, key=f"{key}/{name}", moves=moved[name], document=number, reason=reason.strip(),
            second_person=second, **times,
        )
        for name in names
    ]  # fmt: skip

    def still(locked: set[int]) -> None:
        again = [(line, entry) for line in differing if (entry := last_move_of(line, after=line.since_seq))]
        if again:
            raise _Moved(again)

    lots = {line.lot_id for line in differing if line.lot_id}
    return dict(zip(names, ledger.post_all(drafts, also=lots, still=still), strict=True))


def _move(line: CountLine) -> Move:
    assert line.lot is not None
    more = _more(line)
    adjustment = boundary(line.location.site, LocationKind.ADJUSTMENT)
    if more < 0:
        return Move(
            lot=line.lot, quantity=-more, origin=line.location, origin_status=line.status, origin_container=line.container, destination=adjustment
        )  # fmt: skip
    if line.origin_id and line.origin:
        there = Balance.objects.filter(
            lot=line.lot, location=line.origin, status=line.status, quantity__gte=more
        )
        row = there.select_related("container").order_by("-quantity").first()
        return Move(
            lot=line.lot, quantity=more, origin=line.origin, origin_status=line.status, origin_container=row.container if row else None,
            destination=line.location, destination_status=line.status, destination_container=line.container,
        )  # fmt: skip
    return Move(
        lot=line.lot, quantity=more, origin=adjustment, destination=line.location, destination_status=line.status, destination_container=line.container
    )  # fmt: skip
