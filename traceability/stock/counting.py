"""Cycle counts: open, count, recount, post the differences.

A line is counted after an entry (`since_seq`). If that very quantity moves before the count is posted, the line is asked
again: its difference would be wrong (reliability B9). Posting locks the lots alone, looks once more, and posts in one step.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from traceability import ledger
from traceability.keyed import once
from traceability.ledger import BadInput
from traceability.models import (
    Balance,
    Container,
    Count,
    CountLine,
    CountReading,
    Entry,
    Evidence,
    LineState,
    Location,
    LocationKind,
    Lot,
    Movement,
    Status,
)
from traceability.numbering import next_number
from traceability.stock.amounts import require
from traceability.stock.count_lines import (
    ZERO,
    RecountNeeded,
    check_open,
    is_within,
    last_move_of,
    locked_line,
    on_record_of,
)

if TYPE_CHECKING:
    from traceability.models import Person, Site

MOST_LINES = 5_000


def open_count(
    *,
    site: Site,
    rows: Iterable[Balance],
    what: str,
    actor: Person,
    client: str,
    key: str,
    is_blind: bool = True,
    counters: int = 1,
) -> Count:
    """A count of these quantities, at their places. Raises BadInput for none, too many, or more than two counters."""
    require(actor, "traceability.count")
    chosen = list(rows)
    if not chosen:
        raise BadInput(
            "There is nothing to count.", now="Choose places or items with stock.", fields={"what": "empty"}
        )
    if len(chosen) > MOST_LINES:
        raise BadInput(
            f"{len(chosen):,} lines are more than one count may have ({MOST_LINES:,}).", now="Choose fewer places.", fields={"what": "too many"}
        )  # fmt: skip
    if counters not in (1, 2):
        raise BadInput("One or two persons count each line.", fields={"counters": counters})

    def make(keys: dict[str, Any]) -> Count:
        seq = ledger.head().seq
        count = Count.objects.create(
            **keys, number=next_number("COUNT-"), site=site, what=what[:200], is_blind=is_blind, counters=counters, opened_by=actor
        )  # fmt: skip
        CountLine.objects.bulk_create(
            CountLine(
                count=count, lot_id=row.lot_id, location_id=row.location_id, status=row.status, container_id=row.container_id,
                since_seq=seq, expected=row.quantity,
            )
            for row in chosen
        )  # fmt: skip
        return count

    told = {"rows": sorted(row.pk for row in chosen), "what": what, "blind": is_blind, "counters": counters}
    return once(Count, client=client, key=key, sent=told, make=make)


def begin_place(*, count: Count, location: Location, actor: Person) -> int:
    """A person stands at a place and begins: what moved there before does not concern this look. Returns how many lines wait there."""
    require(actor, "traceability.count")
    with transaction.atomic():
        count = Count.objects.select_for_update().get(pk=count.pk)
        check_open(count)
        seq = ledger.head().seq
        lines = list(
            count.lines.filter(location=location, state__in=[LineState.OPEN, LineState.AGAIN])
            .order_by("pk")
            .select_for_update()
        )
        for line in lines:
            line.since_seq, line.expected = seq, on_record_of(line)
        CountLine.objects.bulk_update(lines, ["since_seq", "expected"])
    return len(lines)


def enter(
    *,
    line: CountLine,
    quantity: Decimal,
    actor: Person,
    client: str,
    key: str,
    entered: str = "",
    evidence: str = Evidence.TYPED,
) -> CountLine:
    """Record what a person counted. Raises RecountNeeded (and remembers it) when the quantity moved since the last look.

    In a blind count a first look beyond the tolerance is asked for again; with two counters, two persons must agree.
    """
    require(actor, "traceability.count")
    again = _take_in(line, quantity, actor=actor, client=client, key=key, entered=entered, evidence=evidence)
    return _told(line, again)


def _told(line: CountLine, again: RecountNeeded | None) -> CountLine:
    if again:
        raise again
    return CountLine.objects.select_related("lot__item", "location").get(pk=line.pk)


def _take_in(
    line: CountLine, quantity: Decimal, *, actor: Person, client: str, key: str, entered: str = "", evidence: str = Evidence.TYPED
) -> RecountNeeded | None:  # fmt: skip
    """Keep a reading. What it gives back is to be raised once the transaction is over: the reading stays all the same."""
    if quantity < 0:
        raise BadInput("A count is zero or more.", fields={"quantity": str(quantity)})
    _check_decimals(line, quantity)
    moved: Entry | None = None

    def make(keys: dict[str, Any]) -> CountReading:
        nonlocal moved
        count, locked = locked_line(line)
        seq = ledger.head().seq
        moved = last_move_of(locked, after=locked.since_seq)
        reading = CountReading.objects.create(
            **keys, line=locked, quantity=quantity, entered=entered[:60], evidence=evidence, by=actor, seq=seq
        )  # fmt: skip
        locked.since_seq, locked.expected = seq, on_record_of(locked)
        if moved:
            locked.state, locked.counted = LineState.AGAIN, None
            locked.why_again = f"It moved meanwhile (entry {moved.seq})"
        else:
            _judge(count, locked, reading)
        locked.save()
        return reading

    told = {"line": line.pk, "quantity": quantity}
    once(CountReading, client=client, key=key, sent=told, make=make)
    if moved is None:
        return None
    return RecountNeeded(
        f"{line.lot} moved while it was counted (entry {moved.seq}).", "The difference would be wrong.", "Count it again.",
        fields={"line": line.pk, "seq": moved.seq}, lots=[line.lot_id] if line.lot_id else [],
    )  # fmt: skip


def found_here(
    *,
    count: Count,
    lot: Lot,
    location: Location,
    quantity: Decimal,
    actor: Person,
    client: str,
    key: str,
    status: str = "",
    container: Container | None = None,
    origin: Location | None = None,
    evidence: str = Evidence.SCANNED,
) -> CountLine:
    """A lot that the record does not have here. `origin`: it was moved from there without a scan; else it is simply more.

    A serial that the ledger has inside comes from where it is; one that left is not put back by a count.
    """
    require(actor, "traceability.count")
    with transaction.atomic():
        count = Count.objects.select_for_update().get(pk=count.pk)
        check_open(count)
        line = _line_found(count, lot, location, status=status, container=container, origin=origin)
        again = _take_in(line, quantity, actor=actor, client=client, key=key, evidence=evidence)
    return _told(line, again)


def _line_found(
    count: Count, lot: Lot, location: Location, *, status: str = "", container: Container | None = None, origin: Location | None = None
) -> CountLine:  # fmt: skip
    """The line of what was found, made if there is none. In the transaction of its reading, with the count locked."""
    if location.site_id != count.site_id:
        raise BadInput(f"{location} is at another site.", fields={"location": location.code})
    status = status or _status_of(lot)
    if lot.is_serial:
        origin = _serial_origin(lot, location)
    line = CountLine.objects.filter(
        count=count, lot=lot, location=location, status=status, container=container
    ).first()
    if line is None:
        line = CountLine.objects.create(
            count=count, lot=lot, location=location, status=status, container=container, origin=origin, is_found=True, since_seq=ledger.head().seq,
        )  # fmt: skip
        line.expected = on_record_of(line)
        line.save(update_fields=["expected"])
    elif line.is_found and origin is not None and line.state != LineState.POSTED:
        line.origin = origin
        line.save(update_fields=["origin"])
    return line


def note_unknown(
    *, count: Count, label: str, location: Location, quantity: Decimal, actor: Person, client: str, key: str, note: str = ""
) -> CountLine:  # fmt: skip
    """A label that nobody knows: written down with how much, to be found out before the count is posted."""
    require(actor, "traceability.count")
    text = ledger.check_code(label.strip()[:200], field="label", limit=200)
    if not text:
        raise BadInput("What stands on the label?", fields={"label": "missing"})
    with transaction.atomic():
        count = Count.objects.select_for_update().get(pk=count.pk)
        check_open(count)
        line = CountLine.objects.filter(count=count, lot__isnull=True, label=text, location=location).first()
        line = line or CountLine.objects.create(
            count=count,
            label=text,
            location=location,
            is_found=True,
            since_seq=ledger.head().seq,
            note=note[:200],
        )
        again = _take_in(line, quantity, actor=actor, client=client, key=key)
    return _told(line, again)


def set_aside(*, line: CountLine, note: str, actor: Person) -> CountLine:
    """Leave a line out of the posting, with a reason: an unknown label, or one that is looked into elsewhere."""
    require(actor, "traceability.count")
    if not note.strip():
        raise ledger.ReasonRequired(
            "Why is it set aside?", now="Say what happens with it.", fields={"note": "missing"}
        )
    with transaction.atomic():
        _, locked = locked_line(line)
        locked.state, locked.note = LineState.SET_ASIDE, note.strip()[:200]
        locked.save(update_fields=["state", "note"])
    return locked


def identify(*, line: CountLine, lot: Lot, actor: Person, client: str, key: str) -> CountLine:
    """Say which lot an unknown label is; its quantity is then counted as found here."""
    require(actor, "traceability.count")
    with transaction.atomic():
        count, locked = locked_line(line)
        if locked.lot_id:
            raise BadInput(f"It is {locked.lot} already.", fields={"lot": "known"})
        quantity = locked.counted or ZERO
        locked.state, locked.note = LineState.SET_ASIDE, f"It is {lot.number}"[:200]
        locked.save(update_fields=["state", "note"])
        found = _line_found(count, lot, locked.location)
        again = _take_in(found, quantity, actor=actor, client=client, key=key)
    return _told(found, again)


def rest_is_missing(*, count: Count, location: Location, actor: Person, client: str, key: str) -> int:
    """Nothing else is at this place: its lines that nobody counted are zero, as far as the count believes a first look."""
    require(actor, "traceability.count")
    lines = [
        line
        for line in count.lines.filter(
            location=location, lot__isnull=False, is_found=False, state__in=[LineState.OPEN, LineState.AGAIN]
        ).order_by("pk")
        # What somebody saw is looked at again, not wiped out.
        if line.state == LineState.OPEN or not line.readings.filter(quantity__gt=0).exists()
    ]
    with transaction.atomic():
        told = [_take_in(line, ZERO, actor=actor, client=client, key=f"{key}/{line.pk}") for line in lines]
    return sum(again is None for again in told)


def _judge(count: Count, line: CountLine, reading: CountReading) -> None:
    """What follows from a reading: counted, or counted once more."""
    moved = last_move_of(line, after=0)
    earlier = list(
        line.readings.exclude(pk=reading.pk).filter(seq__gte=moved.seq if moved else 0).order_by("-pk")[:8]
    )
    if line.lot is None:
        line.counted, line.state = reading.quantity, LineState.COUNTED
        return
    if count.counters == 2:
        others = [one for one in earlier if one.by_id != reading.by_id]
        if not others:
            line.counted, line.state, line.why_again = None, LineState.AGAIN, "A second person counts it too"
            return
        if others[0].quantity != reading.quantity:
            line.counted, line.state, line.why_again = (
                None,
                LineState.AGAIN,
                "Two persons counted differently",
            )
            return
    line.counted = reading.quantity
    is_sure = line.is_found or (bool(earlier) and line.state == LineState.AGAIN)
    is_sure |= line.lot.is_serial and reading.quantity == 1 and reading.evidence == Evidence.SCANNED
    if count.is_blind and count.counters == 1 and not is_sure and not is_within(line):
        line.counted, line.state, line.why_again = None, LineState.AGAIN, "Count it once more, to be sure"
        return
    line.state, line.why_again = LineState.COUNTED, ""


def _check_decimals(line: CountLine, quantity: Decimal) -> None:
    lot = line.lot
    if lot is None:
        return
    if quantity != round(quantity, lot.item.decimals):
        raise BadInput(
            f"{ledger.plain(quantity)} has more digits after the point than {lot.item.code} allows ({lot.item.decimals}).",
            now="Round it as it was counted.", fields={"quantity": str(quantity)},
        )  # fmt: skip
    if lot.is_serial and quantity not in (0, 1):
        raise BadInput(
            f"{lot.number} is a serial: it is here, or it is not.", fields={"quantity": str(quantity)}
        )


def _status_of(lot: Lot) -> str:
    """What is found is in the condition of the rest of the lot; of a lot that was gone, quality control decides."""
    statuses = list(
        Balance.objects.filter(lot=lot, quantity__gt=0).values_list("status", flat=True).distinct()
    )
    return statuses[0] if len(statuses) == 1 else Status.QUARANTINE


def _serial_origin(lot: Lot, location: Location) -> Location | None:
    balance = Balance.objects.filter(lot=lot, quantity__gt=0).select_related("location__site").first()
    if balance:
        return balance.location if balance.location_id != location.pk else None
    last = Movement.objects.filter(lot=lot).select_related("destination").order_by("-pk").first()
    if last and last.destination.kind != LocationKind.ADJUSTMENT:
        raise BadInput(
            f"Serial {lot.number} is not in stock.", f"The ledger last saw it at {last.destination.get_kind_display().lower()}.",
            "Record what happened to it (a return, for instance), then count it.", fields={"lot": lot.number}, lots=[lot.pk],
        )  # fmt: skip
    return None
