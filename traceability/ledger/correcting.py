"""Corrections add: a reversal is the exact negation, once; an amend changes a lot's facts with before and after."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction

from traceability.ledger.birth import SUPPLIER_LOT_LIMIT, check_code
from traceability.ledger.claims import claim
from traceability.ledger.errors import (
    AlreadyReversed,
    BadInput,
    InsufficientQuantity,
    MoreThanWentIn,
    NotReversible,
    SecondPersonRequired,
)
from traceability.ledger.locks import lock_lots
from traceability.ledger.moves import Change, Move
from traceability.ledger.posting import Draft, post_all
from traceability.models import Entry, EntryKind, Lot, Movement, Requirement, RunKind

if TYPE_CHECKING:
    from traceability.models import Person

K = EntryKind
IRREVERSIBLE = {
    K.REVERSAL: "A reversal is final; post the fact anew.",
    K.HOLD: "Lift the hold instead.",
    K.LIFT: "Place the hold again instead.",
    K.AMEND: "Amend the lot again instead.",
}
IN_TWO_ENTRIES = frozenset({RunKind.SPLIT, RunKind.BLEND, RunKind.REPACK, RunKind.RAISE_TRACKING})


def reverse(
    entry: Entry,
    *,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    second_person: Person | None = None,
    sent: Any = None,
    **times: Any,
) -> Entry:
    """Post the exact negation of an entry, once; of both entries of a split, a pool, a repack or a raising of tracking.

    It obeys the quantity rules at its own seq.
    A release may be reversed by two persons while that quantity has not moved. Raises AlreadyReversed, or NotReversible
    with the later entries that stand in the way.
    """
    if entry.kind in IRREVERSIBLE:
        raise NotReversible(
            f"A {entry.get_kind_display().lower()} cannot be reversed.",
            IRREVERSIBLE[K(entry.kind)],
            fields={"seq": entry.seq},
        )
    if not reason.strip():
        raise BadInput("A reversal needs a reason.", now="Say what was wrong.", fields={"reason": "missing"})
    earlier = Entry.objects.filter(reverses=entry).exclude(keys__client=client, keys__key=key).first()
    if earlier:
        raise AlreadyReversed(entry=entry, by=earlier)
    if entry.kind == K.DISPOSITION and second_person is None:
        raise SecondPersonRequired(
            "Taking back a quality decision needs a second person.", fields={"second_person": "missing"}
        )
    sent = sent or {"reverses": entry.pk, **_told(reason, second_person, times)}
    shared: dict[str, Any] = {
        "actor": actor,
        "client": client,
        "reason": reason,
        "second_person": second_person,
        **times,
    }
    draft = _reversal(entry, key=key, sent=sent, **shared)
    drafts = [draft]
    if other := _other_half(draft):
        drafts.append(_reversal(other, key=f"{key}/other", sent={"of": sent}, **shared))
        drafts.sort(key=lambda each: each.reverses.seq, reverse=True)  # type: ignore[union-attr]
    try:
        return post_all(drafts)[drafts.index(draft)]
    except (InsufficientQuantity, MoreThanWentIn) as refusal:
        meanwhile = Entry.objects.filter(reverses=entry).first()
        raise (
            AlreadyReversed(entry=entry, by=meanwhile) if meanwhile else _in_the_way(entry, drafts, refusal)
        ) from refusal


def _reversal(entry: Entry, **rest: Any) -> Draft:
    return Draft(
        kind=K.REVERSAL, document=entry.document, party=entry.party, site=entry.site, reverses=entry,
        moves=[_negation(movement, entry) for movement in _movements(entry)], meets=_needs_opened_by(entry), **rest,
    )  # fmt: skip


def _other_half(draft: Draft) -> Entry | None:
    """What was taken and what was made of it by a split, a pool, a repack, a raising of tracking are one act in two entries.

    They are taken back together: a part whose whole was given back would have come from nowhere.
    """
    runs = {move.run.pk for move in draft.moves if move.run and move.run.kind in IN_TWO_ENTRIES}
    halves = Entry.objects.filter(movements__run__in=runs, reversed_by__isnull=True).exclude(kind=K.REVERSAL)
    return halves.exclude(pk=draft.reverses.pk).first() if runs and draft.reverses else None


def amend(
    lot: Lot,
    *,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    second_person: Person | None = None,
    site: Any = None,
    **facts: Any,
) -> Entry:
    """Change a lot's supplier_lot, expires_on or made_on by an entry that keeps before and after.

    A later expiry needs a second person (reliability D8). Raises BadInput when nothing changes.
    """
    times: dict[str, Any] = {
        name: facts.pop(name) for name in ("occurred_at", "recorded_at") if name in facts
    }
    with transaction.atomic():
        told = {"amend": lot.pk, "facts": facts, **_told(reason, second_person, times)}
        taken = claim(client=client, key=key, sent=told)
        if taken.earlier:
            return taken.earlier
        # Locked before it is read: whether this is more life depends on what stands on record.
        lock_lots([lot.pk], alone=True)
        lot.refresh_from_db(fields=["supplier_lot", "expires_on", "made_on"])
        draft = Draft(
            kind=K.AMEND, actor=actor, client=client, key=key, reason=reason, second_person=second_person, site=site or _site_of(lot),
            changes=[Change(lot=lot, facts=_what_changes(lot, facts, second_person))], claim=taken, **times,
        )  # fmt: skip
        entry = post_all([draft])[0]
    lot.refresh_from_db(fields=["supplier_lot", "supplier_lot_key", "expires_on", "made_on"])
    return entry


def _told(reason: str, second_person: Person | None, times: dict[str, Any]) -> dict[str, Any]:
    """What a caller says of any correction."""
    return {
        "reason": reason,
        "second": second_person and second_person.pk,
        "occurred_at": times.get("occurred_at"),
    }


def _what_changes(lot: Lot, facts: dict[str, Any], second_person: Person | None) -> dict[str, Any]:
    changed = {name: value for name, value in facts.items() if getattr(lot, name) != value}
    if not changed:
        raise BadInput("Nothing would change.", fields=dict.fromkeys(facts, "unchanged"))
    if changed.get("supplier_lot"):
        changed["supplier_lot"] = check_code(
            changed["supplier_lot"], field="supplier_lot", limit=SUPPLIER_LOT_LIMIT
        )
    expiry = changed.get("expires_on", lot.expires_on)
    if (
        "expires_on" in changed
        and lot.expires_on
        and (expiry is None or _is_later(expiry, lot.expires_on))
        and second_person is None
    ):
        raise SecondPersonRequired(
            "Giving a lot more life needs a second person.",
            now="Let quality control confirm it.",
            fields={"second_person": "missing"},
        )
    made = changed.get("made_on", lot.made_on)
    if made and expiry and expiry < made:
        raise BadInput(
            f"{lot.number} would expire on {expiry}, before it was made on {made}.",
            now="Check both dates.",
            fields={"expires_on": str(expiry)},
        )
    return changed


def _is_later(new: date, old: date) -> bool:
    return new > old


def _site_of(lot: Lot) -> Any:
    movement = Movement.objects.filter(lot=lot).select_related("destination__site").order_by("-id").first()
    return movement.destination.site if movement else None


def _movements(entry: Entry) -> list[Movement]:
    names = (
        "lot__item",
        "origin__site",
        "destination__site",
        "origin_container",
        "destination_container",
        "run",
    )
    return list(Movement.objects.filter(entry=entry).select_related(*names).order_by("line"))


def _negation(m: Movement, entry: Entry) -> Move:
    return Move(
        lot=m.lot, quantity=m.quantity, pieces=m.pieces, origin=m.destination, origin_status=m.destination_status, origin_container=m.destination_container,
        destination=m.origin, destination_status=m.origin_status, destination_container=m.origin_container, run=m.run, run_role=m.run_role,
        delivery=m.delivery, sign=-m.sign, against=m.against or entry.document, against_line=m.against_line, evidence=m.evidence,
    )  # fmt: skip


def _needs_opened_by(entry: Entry) -> list[Requirement]:
    return list(Requirement.objects.open().filter(opened_in=entry))


def _in_the_way(entry: Entry, drafts: list[Draft], refusal: Any) -> NotReversible:
    lots = {move.lot.pk for draft in drafts for move in draft.moves}
    own = [draft.reverses.pk for draft in drafts if draft.reverses]
    later = (
        Entry.objects.filter(movements__lot__in=lots, seq__gt=entry.seq, reversed_by__isnull=True)
        .exclude(kind=K.REVERSAL).exclude(pk__in=own).distinct().order_by("seq")[:20]
    )  # fmt: skip
    named = [
        f"entry {other.seq} ({other.get_kind_display().lower()} {other.document})".replace(" )", ")")
        for other in later
    ]
    return NotReversible(
        f"Entry {entry.seq} cannot be reversed any more.",
        f"Later entries stand in the way: {', '.join(named)}." if named else refusal.what,
        "Reverse those first, or post a correction.",
        fields={"seq": entry.seq, "in_the_way": [other.seq for other in later]},
        lots=refusal.lots,
    )
