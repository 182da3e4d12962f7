"""The one door. Every posting takes the same steps in the same order:

1 key · 2 lots · 3 runs · gate · 4 balances, links and lines · 5 promises · 6 movements and projections · 7 head.

The head row is locked last and held to commit, so seq order is commit order and nobody waits for work done before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from traceability.ledger import birth, digest, gate, inheritance, projections, promises, rules, writing
from traceability.ledger.claims import Claim, claim
from traceability.ledger.errors import (
    AlreadyReversed,
    KeyReused,
    OccurredInFuture,
    ReasonRequired,
    RuleBroken,
    SamePerson,
    SerialElsewhere,
)
from traceability.ledger.locks import lock_lots, lock_runs
from traceability.ledger.moves import Change, Move, Need, NewHold
from traceability.models import BOUNDARIES, Entry, EntryKind, Hold, Lot, Requirement

if TYPE_CHECKING:
    from traceability.models import Location, Party, Person, Site

AHEAD = timedelta(minutes=2)
DOCUMENT_LIMIT = 40
BACKDATED = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class Draft:
    """An entry to be. `sent` is what the caller sent (for the fingerprint); by default, what is given here."""

    kind: str
    actor: Person
    client: str
    key: str
    moves: Sequence[Move] = ()
    document: str = ""
    party: Party | None = None
    site: Site | None = None
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    reason: str = ""
    second_person: Person | None = None
    after_the_fact: bool = False
    needs: Sequence[Need] = ()
    meets: Sequence[Requirement] = ()
    holds: Sequence[NewHold] = ()
    lifts: Sequence[Hold] = ()
    changes: Sequence[Change] = ()
    reverses: Entry | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    sent: Any = None
    claim: Claim | None = None
    is_backdated: bool = False
    born: list[Lot] = field(default_factory=list)

    @property
    def party_id(self) -> int | None:
        return self.party.pk if self.party else None

    @property
    def entry_id(self) -> int:
        assert self.claim is not None
        return self.claim.entry_id


def post(
    kind: str,
    *,
    actor: Person,
    client: str,
    key: str,
    moves: Sequence[Move] = (),
    document: str = "",
    party: Party | None = None,
    site: Site | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
    reason: str = "",
    second_person: Person | None = None,
    after_the_fact: bool = False,
    needs: Sequence[Need] = (),
    meets: Sequence[Requirement] = (),
    holds: Sequence[NewHold] = (),
    payload: dict[str, Any] | None = None,
    sent: Any = None,
    claim: Claim | None = None,
) -> Entry:
    """Post one entry with its movements, or return the earlier one with the same client, key and content.

    Quantities are in each item's base unit. `recorded_at` may be given while the ledger is seeding only. Raises a
    `Refusal` (see errors.py) and then leaves nothing behind. One call per transaction: several entries that belong
    together go through `post_all`, because a second call would wait for lots while holding the head.
    """
    draft = Draft(
        kind=kind, actor=actor, client=client, key=key, moves=moves, document=document, party=party, site=site,
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, second_person=second_person,
        after_the_fact=after_the_fact, needs=needs, meets=meets, holds=holds, payload=dict(payload or {}), sent=sent, claim=claim,
    )  # fmt: skip
    return post_all([draft])[0]


def post_all(
    drafts: Sequence[Draft], *, also: Iterable[int] = (), still: Callable[[set[int]], None] | None = None
) -> list[Entry]:
    """Post several entries that stand or fall together, in order, each with a key of its own. See `post`.

    `also` are lots to lock alone besides those the drafts name; `still` is asked once lots and runs are locked.
    """
    try:
        return _post_all(drafts, set(also), still)
    except BaseException:
        # Lots born in a transaction that failed were never born: the same objects can be sent again.
        for lot in (lot for draft in drafts for lot in draft.born):
            lot.pk, lot._state.adding = None, True
        raise


def _post_all(
    drafts: Sequence[Draft], also: set[int], still: Callable[[set[int]], None] | None
) -> list[Entry]:
    with transaction.atomic():
        for draft in drafts:
            draft.claim = draft.claim or claim(
                client=draft.client,
                key=draft.key,
                sent=draft.sent if draft.sent is not None else _sent(draft),
            )
        earlier = [draft.claim.earlier for draft in drafts if draft.claim and draft.claim.earlier]
        if earlier:
            if len(earlier) < len(drafts):
                raise KeyReused(client=drafts[0].client, key=drafts[0].key)
            return earlier
        now = timezone.now()
        for draft in drafts:
            _check_draft(draft, now)
        _open_door()
        for draft in drafts:
            _create_lots(draft)
        entries = _post_with_locks(drafts, now, also, still)
        _close_door()
        return entries


def _post_with_locks(drafts: Sequence[Draft], now: datetime, wider: set[int], still: Any) -> list[Entry]:
    runs_alone: set[int] = set()
    while True:
        try:
            with transaction.atomic():
                return _post_locked(drafts, now, wider, runs_alone, still)
        except inheritance.Grown as grown:
            # A hold reaches further than we locked: give the locks back and begin again with the larger set.
            wider |= grown.lots
            runs_alone |= grown.runs
        except IntegrityError as error:
            raise _as_refusal(error, drafts) from error


def _post_locked(
    drafts: Sequence[Draft], now: datetime, wider: set[int], runs_alone: set[int], still: Any
) -> list[Entry]:
    lots = {move.lot.pk for draft in drafts for move in draft.moves} | wider
    lots |= {hold.lot.pk for draft in drafts for hold in draft.holds} | {
        change.lot.pk for draft in drafts for change in draft.changes
    }
    lots |= {hold.lot_id for draft in drafts for hold in draft.lifts}
    alone = bool(wider or runs_alone) or any(draft.holds or draft.lifts or draft.changes for draft in drafts)
    serials = {move.lot.pk for draft in drafts for move in draft.moves if move.lot.is_serial}
    lock_lots(lots, alone=alone, serials=serials)
    runs = {move.run.pk for draft in drafts for move in draft.moves if move.run}
    lock_runs(runs | runs_alone, alone=bool(runs_alone))
    if still:
        still(lots)

    for draft in drafts:
        judged_at = draft.recorded_at or now
        if draft.kind == EntryKind.REVERSAL:
            gate.check_nothing_held_goes_out(draft.moves)
        elif not draft.after_the_fact:
            gate.check_usable(draft.kind, draft.moves, document=draft.document, now=judged_at)
        if not draft.after_the_fact:
            gate.check_runs(draft.kind, [move.run for move in draft.moves if move.run])
    _check_serials(drafts)
    inherited = inheritance.find(
        drafts, locked=lots if alone else set(), runs_locked=runs_alone and runs | runs_alone
    )

    books = projections.lock(drafts)
    for draft in drafts:
        projections.check(books, draft)
        promises.settle(books, draft)
    for draft in drafts:
        draft.holds = [*draft.holds, *inherited.get(draft.entry_id, ())]
        writing.write_consequences(draft)
        projections.apply(draft)
        writing.write_movements(draft)
    bodies = [writing.body_of(draft) for draft in drafts]
    return [writing.write_entry(draft, body) for draft, body in zip(drafts, bodies, strict=True)]


def _check_draft(draft: Draft, now: datetime) -> None:
    draft.moves = [
        replace(move) for move in draft.moves
    ]  # the door settles its own copies: the caller's may be sent again
    if draft.kind != EntryKind.REVERSAL:
        rules.apply(
            draft.kind, draft.moves, has_party=draft.party is not None, reason=draft.reason,
            has_second_person=draft.second_person is not None, after_the_fact=draft.after_the_fact,
        )  # fmt: skip
    if draft.second_person is not None and draft.second_person.pk == draft.actor.pk:
        raise SamePerson(
            "The second person must be somebody else.",
            "",
            "Ask a colleague with the right to confirm it.",
            fields={"second_person": "same"},
        )
    birth.check_text(draft.document, field="document", limit=DOCUMENT_LIMIT)
    birth.check_text(draft.reason, field="reason")
    recorded_at = draft.recorded_at or now
    draft.occurred_at = draft.occurred_at or recorded_at
    if draft.occurred_at > recorded_at + AHEAD or recorded_at > now + AHEAD:
        raise OccurredInFuture(
            "That time is still to come.",
            "An entry records what happened.",
            "Check date, time and time zone.",
            fields={"occurred_at": digest.moment(draft.occurred_at)},
        )
    is_old = recorded_at - draft.occurred_at > BACKDATED
    draft.is_backdated = is_old or draft.after_the_fact
    if is_old and not draft.reason.strip():
        raise ReasonRequired(
            "This happened more than a day ago.",
            now="Say why it is recorded only now.",
            fields={"reason": "missing"},
        )
    draft.site = draft.site or _site_of(draft)


def _site_of(draft: Draft) -> Site:
    for move in draft.moves:
        inside: Location = move.destination if move.origin.is_boundary else move.origin
        return inside.site
    if draft.reverses is not None:
        return draft.reverses.site
    from traceability.models import Site

    sites = list(Site.objects.all()[:2])
    if len(sites) != 1:
        raise RuleBroken("Say at which site this happened.", fields={"site": "missing"})
    return sites[0]


def _create_lots(draft: Draft) -> None:
    new: dict[int, Lot] = {id(move.lot): move.lot for move in draft.moves if move.lot.pk is None}
    if new:
        draft.born = list(new.values())
        draft.payload["born"] = birth.create(draft.born)


def _check_serials(drafts: Sequence[Draft]) -> None:
    """A serial leaves from where the ledger last put it (reliability C1, C2): never two places, never made twice.

    It moves once in an entry, and from entry to entry where they are posted together. A boundary is one at every site: what
    was shipped from here may come back there.
    """
    serials = {move.lot.pk for draft in drafts for move in draft.moves if move.lot.is_serial}
    if not serials:
        return
    places: dict[int, tuple[int | str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (m.lot_id) m.lot_id, m.destination_id, l.kind, l.code FROM traceability_movement m"
            " JOIN traceability_location l ON l.id = m.destination_id WHERE m.lot_id = ANY(%s) ORDER BY m.lot_id, m.id DESC",
            [list(serials)],
        )
        for lot_id, place_id, kind, code in cursor.fetchall():
            places[lot_id] = (kind if kind in BOUNDARIES else place_id, code)
    for draft in drafts:
        moved: set[int] = set()
        for move in draft.moves:
            if not move.lot.is_serial:
                continue
            place, code = places.get(move.lot.pk, (_place(move.origin), ""))
            if place != _place(move.origin) or move.lot.pk in moved:
                raise SerialElsewhere(lot=move.lot, place=code)
            places[move.lot.pk] = (_place(move.destination), move.destination.code)
            moved.add(move.lot.pk)


def _place(location: Location) -> int | str:
    return location.kind if location.is_boundary else location.pk


def _as_refusal(error: IntegrityError, drafts: Sequence[Draft]) -> Exception:
    """A serial made or moved twice at the same moment: the index is the judge, a sentence is the answer."""
    if "balance_of_a_serial" in str(error):
        serials = [move.lot for draft in drafts for move in draft.moves if move.lot.is_serial]
        return SerialElsewhere(lot=serials[0], place="another place, just now")
    reversals = [draft for draft in drafts if draft.reverses is not None]
    if reversals and "reverses" in str(error):
        by = Entry.objects.filter(reverses=reversals[0].reverses).first()
        return AlreadyReversed(entry=reversals[0].reverses, by=by) if by else error
    return error


def _sent(draft: Draft) -> Any:
    """What the caller handed over, without what the door fills in. Lots are told by item and number, born or not."""
    return {
        "kind": draft.kind, "document": draft.document, "party": draft.party_id, "occurred_at": draft.occurred_at, "reason": draft.reason,
        "after_the_fact": draft.after_the_fact, "second": draft.second_person and draft.second_person.pk,
        "reverses": draft.reverses and draft.reverses.pk, "meets": [r.pk for r in draft.meets], "lifts": [h.pk for h in draft.lifts],
        "holds": [[_identity(h.lot), h.cause, h.reference, h.reason, h.cascades] for h in draft.holds],
        "changes": [[c.lot.pk, c.facts] for c in draft.changes],
        "moves": [
            [_identity(m.lot), m.quantity, m.pieces, m.origin.pk, m.origin_status, m.origin_container, m.destination.pk,
             m.destination_status, m.destination_container, m.run, m.against, m.against_line, m.evidence]
            for m in draft.moves
        ],
    }  # fmt: skip


def _identity(lot: Lot) -> list[Any]:
    return [lot.item_id, unicodedata.normalize("NFC", lot.number)]


def _open_door() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lotline.door', 'open', true)")


def _close_door() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lotline.door', '', true)")
