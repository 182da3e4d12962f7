"""The verbs of a recall: open, add or exclude a start, freeze the scope, hold everything, close.

Each takes an actor, a client and a key; the same key with the same content gives the earlier answer. Rights are by role
(`traceability.roles`): a mock may be opened by more people than a real recall, closed only by the same two.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from recalls.comparing import ChangedSince, changed_since, difference
from recalls.finding import StartSet, SupplierLots, describe, lots_of_supplier_lot, starts_for
from recalls.models import Recall, RecallLog, RecallStart, RecallStatus, ScopeRevision
from recalls.scope import AffectedLot, Amount, Scope, encode, scope_of
from traceability import ledger
from traceability.genealogy import WIDE, Reading
from traceability.inquiries import ids, promised
from traceability.models import Entry, Hold, Lot, Movement
from traceability.models.holds import HoldCause
from traceability.numbering import next_number

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site


class RecallClosed(ledger.Refusal):
    code = "recall_closed"


class NothingFrozen(ledger.Refusal):
    code = "nothing_frozen"


class NumberTaken(ledger.Refusal):
    code = "recall_number_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPreview:
    """Lots of one sort that are in house, and how much of them, per unit."""

    kind: str  # start, intermediate, finished
    lots: int
    amounts: tuple[Amount, ...]
    not_on_hold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A document whose promised stock the hold breaks."""

    document: str
    lots: tuple[str, ...]
    amounts: tuple[Amount, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPreview:
    """What holding everything would do now. `lots` counts the used-up ones as well, because a hold reaches those too."""

    scope: Scope
    lots: int
    in_house: int
    not_on_hold: int
    in_house_not_on_hold: int
    kinds: tuple[KindPreview, ...]
    stops: tuple[Stopped, ...]
    in_process: tuple[str, ...]  # runs that drew an affected lot and are not finished
    is_mock: bool

    @property
    def is_held(self) -> bool:
        return not self.not_on_hold


def open_recall(
    *,
    title: str,
    hazard: str,
    starts: Iterable[Lot],
    reason: str,
    actor: Person,
    client: str,
    key: str,
    number: str | None = None,
    is_mock: bool = False,
    supplier: Party | None = None,
    notified_on: date | None = None,
    depth: str = "",
    owner: Person | None = None,
    at: datetime | None = None,
) -> Recall:
    """Open a case on a set of lots. Refuses without a start, a title or a reason, and to whom the right is missing."""
    lots = sorted({lot.pk: lot for lot in starts}.values(), key=lambda lot: lot.pk)
    _check_right(
        actor,
        "recalls.open_mock" if is_mock else "recalls.open",
        "open a mock recall" if is_mock else "open a recall",
    )
    for name, text in (("title", title), ("hazard", hazard), ("reason", reason)):
        if not text.strip():
            raise ledger.BadInput(
                f"A recall needs its {name}.", now="Say it in a few words.", fields={name: "missing"}
            )
    if not lots:
        raise ledger.BadInput(
            "This recall has no lot to start from.", now="Add at least one lot.", fields={"starts": "empty"}
        )
    sent = {
        "verb": "open",
        "title": title,
        "hazard": hazard,
        "starts": ids(lots),
        "mock": is_mock,
        "number": number,
        "reason": reason,
    }
    at = at or timezone.now()

    def write() -> RecallLog:
        chosen = number or _free_number(at)
        if Recall.objects.filter(number=chosen).exists():
            raise NumberTaken(
                f"{chosen} is another recall.",
                now="Leave the number empty to get the next one.",
                fields={"number": chosen},
            )
        recall = Recall.objects.create(
            number=chosen, title=title, hazard=hazard, reason=reason, is_mock=is_mock, supplier=supplier, notified_on=notified_on, depth=depth,
            owner=owner or actor, opened_by=actor, opened_at=at,
        )  # fmt: skip
        _add(recall, lots, actor=actor, at=at)
        words = f"Opened {'as a mock ' if is_mock else ''}on {_words(lots)}. {reason}"
        return _log(recall, "open", words, actor=actor, client=client, key=key, sent=sent, at=at)

    return _once(client=client, key=key, sent=sent, write=write).recall


def add_start(
    *,
    recall: Recall,
    lots: Iterable[Lot],
    reason: str,
    actor: Person,
    client: str,
    key: str,
    at: datetime | None = None,
) -> Recall:
    """Add lots to start from, or take excluded ones back in. Those already there stay as they are."""
    chosen = sorted({lot.pk: lot for lot in lots}.values(), key=lambda lot: lot.pk)
    _check_may_work_on(actor, recall, "change what it starts from")
    if not chosen:
        raise ledger.BadInput("No lot was chosen.", now="Tick at least one.", fields={"lots": "empty"})
    _need_reason(reason)
    sent = {"verb": "add_start", "recall": recall.pk, "lots": ids(chosen), "reason": reason}

    def write() -> RecallLog:
        _check_open(recall)
        _add(recall, chosen, actor=actor, at=at or timezone.now())
        return _log(
            recall,
            "add_start",
            f"Added {_words(chosen)}. {reason}",
            actor=actor,
            client=client,
            key=key,
            sent=sent,
            at=at,
        )

    return _once(client=client, key=key, sent=sent, write=write, recall=recall).recall


def exclude_start(
    *, recall: Recall, lot: Lot, reason: str, actor: Person, client: str, key: str, at: datetime | None = None
) -> Recall:
    """Leave a start out, with the reason on record. Refuses to leave out the last one."""
    _check_may_work_on(actor, recall, "change what it starts from")
    _need_reason(reason)
    sent = {"verb": "exclude_start", "recall": recall.pk, "lot": lot.pk, "reason": reason}

    def write() -> RecallLog:
        _check_open(recall)
        start = recall.starts.included().filter(lot=lot).first()
        if start is None:
            raise ledger.BadInput(
                f"{recall} does not start from {lot}.", now="Load the page again.", fields={"lot": lot.number}
            )
        if recall.starts.included().count() == 1:
            raise ledger.BadInput(
                f"{lot} is the only start of {recall}.",
                "Without a start there is no scope.",
                "Add the right lot first, or close the recall.",
                fields={"lot": lot.number},
            )
        start.is_included, start.excluded_because = False, reason
        start.save(update_fields=["is_included", "excluded_because"])
        return _log(
            recall,
            "exclude_start",
            f"Left out {lot}. {reason}",
            actor=actor,
            client=client,
            key=key,
            sent=sent,
            at=at,
        )

    return _once(client=client, key=key, sent=sent, write=write, recall=recall).recall


def live_scope(recall: Recall, reading: Reading = WIDE, seq: int | None = None) -> Scope:
    """The scope of a recall's starts as the ledger stands now, or as of a seq."""
    return scope_of(_starts(recall), reading, seq)


def remake(revision: ScopeRevision) -> Scope:
    """A revision's scope made again from the ledger at its seq: its `facts_sha256` must be the revision's."""
    return scope_of(revision.start_lots, Reading(**revision.reading), revision.seq)


def freeze_scope(
    *,
    recall: Recall,
    actor: Person,
    client: str,
    key: str,
    reading: Reading = WIDE,
    reason: str = "",
    seq: int | None = None,
    at: datetime | None = None,
) -> ScopeRevision:
    """Freeze the scope at the head (or at a seq) as the next revision, with what changed since the one before.

    A reading that leaves lots out needs the reason of whoever chose it; it stands in the log under their name.

    The scope is read in one snapshot before anything is written; should the starts change meanwhile, it is read again.
    """
    if not (actor.has_perm("recalls.freeze") or (recall.is_mock and actor.has_perm("recalls.open_mock"))):
        raise _not_permitted(actor, "freeze the scope of this recall")
    sent = {"verb": "freeze", "recall": recall.pk, "reading": _reading(reading), "seq": seq}
    if not reading.is_widest:
        _need_reason(reason)
        sent["reason"] = reason
    known = _earlier(client=client, key=key, sent=sent)
    if known and known.revision:
        return known.revision
    scope = live_scope(recall, reading, seq)

    def write() -> RecallLog:
        _check_open(recall)
        frozen = scope
        if _starts(recall) != [
            start.lot_id for start in sorted(scope.starts, key=lambda start: start.lot_id)
        ]:
            frozen = live_scope(recall, reading, seq)
        before = recall.revisions.order_by("-number").first()
        revision = ScopeRevision.objects.create(
            recall=recall, number=before.number + 1 if before else 1, seq=frozen.seq, start_lots=_starts(recall), reading=_reading(reading),
            content=frozen.text, sha256=frozen.sha256, facts_sha256=frozen.facts_sha256, counts=encode(frozen.counts),
            changes=difference(before.scope if before else None, frozen), frozen_by=actor, frozen_at=at or timezone.now(),
        )  # fmt: skip
        words = f"Froze the scope as rev {revision.number} at entry {frozen.seq:,}: {frozen.counts.finished} finished lots, {frozen.counts.customers} customers."
        if not reading.is_widest:
            words += f" {reading_words(reading)}, {len(frozen.left_out)} lots left out. {reason}"
        return _log(
            recall, "freeze", words, actor=actor, client=client, key=key, sent=sent, at=at, revision=revision
        )

    revision = _once(client=client, key=key, sent=sent, write=write, recall=recall).revision
    assert revision is not None
    return revision


def hold_preview(recall: Recall, reading: Reading = WIDE) -> HoldPreview:
    """What `hold_all` would hold and stop now: lots and quantities by sort, documents whose promised stock breaks."""
    scope = live_scope(recall, reading)
    affected = [lot.lot_id for lot in scope.lots]
    held = _held(recall, affected)
    kinds = []
    for kind in ("finished", "start", "intermediate"):
        rows = [lot for lot in scope.in_house if _sort(lot) == kind]
        if rows:
            waiting = sum(lot.lot_id not in held for lot in rows)
            kinds.append(
                KindPreview(
                    kind=kind,
                    lots=len(rows),
                    amounts=_amounts((lot.unit, lot.here) for lot in rows),
                    not_on_hold=waiting,
                )
            )
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in promised(affected):
        groups[row.document].append(row)
    stops = [
        Stopped(
            document=document, lots=tuple(dict.fromkeys(row.lot.number for row in rows)), places=tuple(dict.fromkeys(row.location.code for row in rows)),
            amounts=_amounts((row.lot.item.unit, row.quantity) for row in rows),
        )
        for document, rows in groups.items()
    ]  # fmt: skip
    return HoldPreview(
        scope=scope, lots=len(affected), in_house=len(scope.in_house), not_on_hold=len(set(affected) - held),
        in_house_not_on_hold=sum(lot.lot_id not in held for lot in scope.in_house), kinds=tuple(kinds), stops=tuple(stops),
        in_process=tuple(dict.fromkeys(row.document for row in scope.in_process)), is_mock=recall.is_mock,
    )  # fmt: skip


def hold_all(
    *,
    recall: Recall,
    actor: Person,
    client: str,
    key: str,
    reason: str = "",
    second_person: Person | None = None,
    reading: Reading = WIDE,
    in_a_mock: bool = False,
    site: Site | None = None,
    at: datetime | None = None,
) -> Entry:
    """Hold everything that contains the starts, in one entry. A mock holds nothing unless `in_a_mock` says so.

    Lots already held for this recall stay so; what is made from them later inherits the hold. Raises NotPermitted.
    """
    _check_right(actor, "recalls.hold", "hold everything in a recall")
    if recall.is_mock and not in_a_mock:
        raise ledger.BadInput(
            f"{recall} is a mock.",
            "A mock holds nothing, so that the plant keeps running.",
            "Ask for a real hold on purpose if the exercise needs one.",
            fields={"is_mock": "true"},
        )
    reason = reason.strip() or f"Recall {recall.number}: {recall.hazard}"
    with transaction.atomic():
        recall = _locked(recall)
        earlier = RecallLog.objects.filter(client=client, key=key).select_related("entry").first()
        sent = {"verb": "hold", "recall": recall.pk, "reason": reason, "reading": _reading(reading)}
        if earlier is not None:
            _check_same(earlier, client=client, key=key, sent=sent)
            assert earlier.entry is not None
            return earlier.entry
        _check_open(recall)
        starts = list(Lot.objects.filter(pk__in=_starts(recall)))
        if not starts:
            raise ledger.BadInput(
                "This recall has no lot to start from.",
                now="Add at least one lot.",
                fields={"starts": "empty"},
            )
        rest: dict[str, Any] = {"second_person": second_person} if second_person else {}
        if at:
            rest |= {"occurred_at": at}
        entry = ledger.hold_scope(
            starts, reason=reason, reference=recall.number, cause=HoldCause.RECALL, actor=actor, client=client, key=key,
            reading=replace(reading, as_of=None), site=site or _site_of(starts), **rest,
        )  # fmt: skip
        placed = Hold.objects.filter(placed_in=entry).count()
        _log(
            recall,
            "hold",
            f"Held {placed} lots in entry {entry.seq:,}. {reason}",
            actor=actor,
            client=client,
            key=key,
            sent=sent,
            at=at,
            entry=entry,
            second=second_person,
        )
        return entry


def close_recall(
    *,
    recall: Recall,
    actor: Person,
    second_person: Person | None,
    reason: str,
    client: str,
    key: str,
    at: datetime | None = None,
) -> Recall:
    """Close a case: two different persons who both may, a reason, and a frozen scope on record. Its holds stay."""
    _check_right(actor, "recalls.close", "close a recall")
    if second_person is None:
        raise ledger.SecondPersonRequired(
            "Closing a recall needs a second person.",
            now="Let a colleague with the right confirm it.",
            fields={"second_person": "missing"},
        )
    if second_person.pk == actor.pk:
        raise ledger.SamePerson(
            "The second person must be somebody else.",
            "",
            "Ask a colleague with the right to confirm it.",
            fields={"second_person": "same"},
        )
    _check_right(second_person, "recalls.close", "close a recall")
    _need_reason(reason)
    sent = {"verb": "close", "recall": recall.pk, "reason": reason, "second": second_person.pk}

    def write() -> RecallLog:
        case = Recall.objects.get(pk=recall.pk)
        _check_open(case)
        if not case.revisions.exists():
            raise NothingFrozen(
                f"{case} has no frozen scope.",
                "A closed recall must show what it concerned.",
                "Freeze the scope, then close.",
            )
        case.status, case.closed_by, case.closed_second, case.closed_at = (
            RecallStatus.CLOSED,
            actor,
            second_person,
            at or timezone.now(),
        )
        case.save(update_fields=["status", "closed_by", "closed_second", "closed_at"])
        return _log(
            case,
            "close",
            f"Closed. {reason}",
            actor=actor,
            client=client,
            key=key,
            sent=sent,
            at=at,
            second=second_person,
        )

    return _once(client=client, key=key, sent=sent, write=write, recall=recall).recall


# Below: what the verbs share.


def _once(*, client: str, key: str, sent: Any, write: Any, recall: Recall | None = None) -> RecallLog:
    """Write once per (client, key). Verbs on one recall queue at its row; two openings meet at the constraint."""
    if not client or not key:
        raise ledger.BadInput(
            "This needs a client and a key.", "They make a repeated request safe.", fields={"key": "missing"}
        )
    try:
        with transaction.atomic():
            if recall is not None:
                _locked(recall)
            return _earlier(client=client, key=key, sent=sent) or write()
    except IntegrityError:
        earlier = _earlier(client=client, key=key, sent=sent)
        if earlier is None:
            raise
        return earlier


def _earlier(*, client: str, key: str, sent: Any) -> RecallLog | None:
    earlier = (
        RecallLog.objects.filter(client=client, key=key)
        .select_related("recall", "revision__recall", "entry")
        .first()
    )
    if earlier is not None:
        _check_same(earlier, client=client, key=key, sent=sent)
    return earlier


def _check_same(earlier: RecallLog, *, client: str, key: str, sent: Any) -> None:
    if earlier.fingerprint != _fingerprint(sent):
        raise ledger.KeyReused(client=client, key=key)


def _log(recall: Recall, verb: str, what: str, *, actor: Person, client: str, key: str, sent: Any, at: datetime | None,
         revision: ScopeRevision | None = None, entry: Entry | None = None, second: Person | None = None) -> RecallLog:  # fmt: skip
    return RecallLog.objects.create(
        recall=recall, at=at or timezone.now(), actor=actor, second_person=second, verb=verb, what=what.strip(), revision=revision, entry=entry,
        client=client, key=key, fingerprint=_fingerprint(sent),
    )  # fmt: skip


def _fingerprint(sent: Any) -> str:
    return hashlib.sha256(
        json.dumps(sent, sort_keys=True, separators=(",", ":"), default=str).encode()
    ).hexdigest()


def _locked(recall: Recall) -> Recall:
    return Recall.objects.select_for_update(of=("self",), no_key=True).get(pk=recall.pk)


def _add(recall: Recall, lots: Iterable[Lot], *, actor: Person, at: datetime) -> None:
    there = {start.lot_id: start for start in recall.starts.all()}
    for lot in lots:
        start = there.get(lot.pk)
        if start is None:
            RecallStart.objects.create(
                recall=recall, lot=lot, why=describe(lot)[:240], added_by=actor, added_at=at
            )
        elif not start.is_included:
            start.is_included, start.excluded_because = True, ""
            start.save(update_fields=["is_included", "excluded_because"])


def _starts(recall: Recall) -> list[int]:
    return sorted(recall.starts.included().values_list("lot_id", flat=True))


def _free_number(at: datetime) -> str:
    while True:
        number = next_number(f"RC-{timezone.localtime(at):%y}-", digits=3)
        if not Recall.objects.filter(number=number).exists():
            return number


def _site_of(starts: Iterable[Lot]) -> Site | None:
    movement = (
        Movement.objects.filter(lot__in=list(starts)).select_related("entry__site").order_by("-id").first()
    )
    return movement.entry.site if movement else None


def _held(recall: Recall, lots: list[int]) -> set[int]:
    return set(
        Hold.objects.standing()
        .filter(lot__in=lots, reference=recall.number, cause=HoldCause.RECALL)
        .values_list("lot_id", flat=True)
    )


def _sort(lot: AffectedLot) -> str:
    return (
        "start" if lot.is_start and not lot.is_finished else "finished" if lot.is_finished else "intermediate"
    )


def _amounts(pairs: Iterable[tuple[str, Decimal]]) -> tuple[Amount, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for unit, quantity in pairs:
        sums[unit] += quantity
    return tuple(Amount(unit=unit, quantity=quantity) for unit, quantity in sorted(sums.items()))


def _reading(reading: Reading) -> dict[str, bool]:
    return {"narrow": reading.narrow, "contains_now": reading.contains_now, "time_aware": reading.time_aware}


def reading_words(reading: Reading) -> str:
    """What a reading leaves out, for people."""
    words = [
        text
        for is_chosen, text in (
            (reading.narrow, "without links that were only inferred"),
            (reading.contains_now, "without parts taken out again"),
            (reading.time_aware, "without what was drawn before the suspect went in"),
        )
        if is_chosen
    ]
    return ("Read " + " and ".join(words)) if words else "Read with all links"


def _words(lots: list[Lot]) -> str:
    shown = ", ".join(lot.number for lot in lots[:5])
    return shown + (f" and {len(lots) - 5} more" if len(lots) > 5 else "")


def _check_right(actor: Person, right: str, what: str) -> None:
    if not actor.has_perm(right):
        raise _not_permitted(actor, what)


def _check_may_work_on(actor: Person, recall: Recall, what: str) -> None:
    _check_right(actor, "recalls.open_mock" if recall.is_mock else "recalls.open", what)


def _not_permitted(actor: Person, what: str) -> ledger.NotPermitted:
    return ledger.NotPermitted(f"{actor} may not {what}.", now="Ask the recall manager.")


def _check_open(recall: Recall) -> None:
    if not Recall.objects.open().filter(pk=recall.pk).exists():
        raise RecallClosed(
            f"{recall} is closed.",
            "A closed recall is kept as it was.",
            "Open a new one if something came up.",
            fields={"number": recall.number},
        )


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise ledger.ReasonRequired(
            "This needs a reason.", now="Say why in a few words.", fields={"reason": "missing"}
        )


__all__ = [
    "ChangedSince",
    "HoldPreview",
    "KindPreview",
    "NothingFrozen",
    "NumberTaken",
    "RecallClosed",
    "StartSet",
    "Stopped",
    "SupplierLots",
    "add_start",
    "changed_since",
    "close_recall",
    "describe",
    "exclude_start",
    "freeze_scope",
    "hold_all",
    "hold_preview",
    "live_scope",
    "lots_of_supplier_lot",
    "open_recall",
    "reading_words",
    "remake",
    "starts_for",
]
