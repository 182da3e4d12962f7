"""The one door. Every posting takes the same steps in the same order:

1 key · 2 lots · 3 runs · gate · 4 balances, links and lines · 5 promises · 6 movements and projections · 7 head.

The head row is locked last and held to commit, so seq order is commit order and nobody waits for work done before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from traceability.ledger import birth, digest, gate, inheritance, projections, promises, rules, writing
from traceability.ledger.claims import Claim, as_text, claim
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
from traceability.ledger.trips import OPEN, Script
from traceability.models import BOUNDARIES, Entry, EntryKind, Hold, Lot, Requirement

if TYPE_CHECKING:
    from traceability.models import Location, Party, Person, Site

AHEAD = timedelta(minutes=2)
DOCUMENT_LIMIT = 40
BACKDATED = timedelta(hours=24)
# Kinds that a gate or a hold on what they use may concern.
GATED = frozenset({EntryKind.ISSUE, EntryKind.SHIPMENT, EntryKind.TRANSFER, EntryKind.OUTPUT})


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
    wider, runs_alone = set(also), set[int]()
    while True:
        own = [draft for draft in drafts if draft.claim is None]
        try:
            return _post_all(drafts, wider, runs_alone, still)
        except inheritance.Grown as grown:
            # A hold reaches further than we locked: give everything back and begin again with the larger set.
            wider |= grown.lots
            runs_alone |= grown.runs
            _take_back(drafts, own)
        except IntegrityError as error:
            _take_back(drafts, own)
            raise _as_refusal(error, drafts) from error
        except BaseException:
            _take_back(drafts, own)
            raise


def _take_back(drafts: Sequence[Draft], own: Sequence[Draft]) -> None:
    """Keys and lots of a transaction that failed were never taken nor born: the same objects can be sent again."""
    for draft in own:
        draft.claim = None
    for lot in (lot for draft in drafts for lot in draft.born):
        lot.pk, lot._state.adding = None, True


def _post_all(
    drafts: Sequence[Draft],
    wider: set[int],
    runs_alone: set[int],
    still: Callable[[set[int]], None] | None,
) -> list[Entry]:
    script = Script()
    with transaction.atomic():
        is_open = False
        for draft in drafts:
            if draft.claim is None:
                sent = draft.sent if draft.sent is not None else _sent(draft)
                draft.claim = claim(client=draft.client, key=draft.key, sent=sent, door_stays_open=True)
                is_open = draft.claim.earlier is None
        earlier = [draft.claim.earlier for draft in drafts if draft.claim and draft.claim.earlier]
        if earlier:
            if len(earlier) < len(drafts):
                raise KeyReused(client=drafts[0].client, key=drafts[0].key)
            return earlier
        now = timezone.now()
        for draft in drafts:
            _check_draft(draft, now)
        if not is_open:
            script.add(OPEN)
        for draft in drafts:
            _create_lots(draft, script)
        return _post_locked(drafts, now, wider, runs_alone, still, script)


def _post_locked(
    drafts: Sequence[Draft],
    now: datetime,
    wider: set[int],
    runs_alone: set[int],
    still: Any,
    script: Script,
) -> list[Entry]:
    lots = {move.lot.pk for draft in drafts for move in draft.moves} | wider
    lots |= {hold.lot.pk for draft in drafts for hold in draft.holds} | {
        change.lot.pk for draft in drafts for change in draft.changes
    }
    lots |= {hold.lot_id for draft in drafts for hold in draft.lifts}
    alone = bool(wider or runs_alone) or any(draft.holds or draft.lifts or draft.changes for draft in drafts)
    born = {lot.pk for draft in drafts for lot in draft.born}  # nobody else can see these
    serials = {move.lot.pk for draft in drafts for move in draft.moves if move.lot.is_serial} - born
    lock_lots(lots - born, alone=alone, serials=serials, script=script)
    runs = {move.run.pk for draft in drafts for move in draft.moves if move.run}
    lock_runs(runs | runs_alone, alone=bool(runs_alone), script=script)
    if still:
        script.send()
        still(lots)

    facts = gate.ask(script, drafts) if any(draft.kind in GATED for draft in drafts) else gate.Facts()
    for draft in drafts:
        judged_at = draft.recorded_at or now
        if draft.kind == EntryKind.REVERSAL:
            script.send()
            gate.check_nothing_held_goes_out(draft.moves)
        elif not draft.after_the_fact:
            gate.check_usable(draft.kind, draft.moves, document=draft.document, now=judged_at, facts=facts)
        if not draft.after_the_fact and facts.needed:
            gate.check_runs(draft.kind, [move.run for move in draft.moves if move.run])
    _check_serials(drafts, serials, script)
    inherited: dict[int, list[NewHold]] = {}
    if facts.held or facts.into:
        inherited = inheritance.find(
            drafts, locked=lots if alone else set(), runs_locked=runs_alone and runs | runs_alone
        )

    books = projections.lock(drafts, script)
    held = {hold.lot.pk for draft in drafts for hold in (*draft.holds, *inherited.get(draft.entry_id, ()))}
    if held or books.has_promises:
        promises.lock(lots | held)
    for draft in drafts:
        projections.check(books, draft)
        promises.settle(books, draft)
    for draft in drafts:
        draft.holds = [*draft.holds, *inherited.get(draft.entry_id, ())]
        if draft.holds or draft.lifts or draft.needs or draft.meets or draft.changes:
            script.send()
            writing.write_consequences(draft)
        projections.apply(draft, books, script)
        writing.write_movements(draft, script)
    bodies = [writing.body_of(draft) for draft in drafts]
    last = drafts[-1]
    return [
        writing.write_entry(draft, body, script, is_last=draft is last)
        for draft, body in zip(drafts, bodies, strict=True)
    ]


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


def _create_lots(draft: Draft, script: Script) -> None:
    new: dict[int, Lot] = {id(move.lot): move.lot for move in draft.moves if move.lot.pk is None}
    if new:
        script.send()
        draft.born = list(new.values())
        draft.payload["born"] = birth.create(draft.born)


def _check_serials(drafts: Sequence[Draft], serials: set[int], script: Script) -> None:
    """A serial leaves from where the ledger last put it (reliability C1, C2): never two places, never made twice.

    It moves once in an entry, and from entry to entry where they are posted together. A boundary is one at every site: what
    was shipped from here may come back there. `serials` are those that were there before.
    """
    places: dict[int, tuple[int | str, str]] = {}
    if serials:
        last = script.ask(
            "SELECT DISTINCT ON (m.lot_id) m.lot_id, m.destination_id, l.kind, l.code FROM traceability_movement m"
            " JOIN traceability_location l ON l.id = m.destination_id WHERE m.lot_id = ANY(%s) ORDER BY m.lot_id, m.id DESC",
            [sorted(serials)],
        )
        for lot_id, place_id, kind, code in last:
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
        "moves": _sent_moves(draft.moves),
    }  # fmt: skip


def _sent_moves(moves: Sequence[Move]) -> list[list[Any]]:
    """Told in plain values: an entry of 10,000 serials is told again on every repeat, and has few different quantities."""
    plain: dict[Decimal, str] = {}
    told = []
    for m in moves:
        quantity: Any = m.quantity
        if isinstance(quantity, Decimal) and quantity.is_finite():
            # Two quantities that are equal (1, 1.0) are one: they hash alike, and normalized they read alike.
            quantity = plain.get(quantity) or plain.setdefault(quantity, as_text(quantity))
        told.append([
            *_identity(m.lot), quantity, m.pieces, m.origin.id, m.origin_status, m.origin_container, m.destination.id,
            m.destination_status, m.destination_container, m.run, m.against, m.against_line, m.evidence,
        ])  # fmt: skip
    return told


def _identity(lot: Lot) -> tuple[int, str]:
    number = lot.number
    return lot.item_id, number if number.isascii() else unicodedata.normalize("NFC", number)
