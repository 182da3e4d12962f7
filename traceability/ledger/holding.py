"""Holds: placing is cheap, lifting needs the right and a second person, and a scope hold lets nothing slip out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from traceability.genealogy import WIDE, Reading, where_used
from traceability.ledger.claims import claim
from traceability.ledger.errors import BadInput, NotPermitted, SecondPersonRequired
from traceability.ledger.locks import lock_runs
from traceability.ledger.moves import NewHold
from traceability.ledger.posting import Draft, post_all
from traceability.models import Entry, EntryKind, Hold, Lot, RefusalRecord, RunLot, RunRole
from traceability.models.holds import HoldCause

if TYPE_CHECKING:
    from traceability.models import Person, Site

UNDO_WITHIN = timedelta(minutes=15)


def place_hold(
    lots: Iterable[Lot],
    *,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    cause: str = HoldCause.QUALITY,
    reference: str = "",
    cascades: bool = True,
    site: Site | None = None,
    **times: Any,
) -> Entry:
    """Hold whole lots, wherever they are; stock that comes later too. A cascading hold passes to later outputs.

    Lots that already stand under the same cause and reference are left as they are. Raises BadInput for an empty list.
    """
    lots = list(lots)
    sent = {
        "lots": sorted(lot.pk for lot in lots),
        "reason": reason,
        "cause": cause,
        "reference": reference,
        "cascades": cascades,
    }
    with transaction.atomic():
        taken = claim(client=client, key=key, sent=sent)
        if taken.earlier:
            return taken.earlier
        draft = _hold_draft(
            actor=actor,
            client=client,
            key=key,
            reason=reason,
            reference=reference,
            site=site,
            claim=taken,
            **times,
        )

        def choose(locked: set[int]) -> None:
            # Asked again under the lock: the same paper may have come meanwhile.
            draft.holds = _new_holds(lots, reason=reason, cause=cause, reference=reference, cascades=cascades)
            # No issue can begin while the lot is locked alone; an output of a run that already drew it waits here.
            if cascades:
                lock_runs(_runs_drawing(hold.lot.pk for hold in draft.holds), alone=True)

        return post_all([draft], also=[lot.pk for lot in _some(lots)], still=choose)[0]


def hold_scope(
    starts: Iterable[Lot],
    *,
    reason: str,
    reference: str,
    actor: Person,
    client: str,
    key: str,
    cause: str = HoldCause.RECALL,
    reading: Reading = WIDE,
    extra: Iterable[Lot] = (),
    leave_out: Iterable[Lot] = (),
    site: Site | None = None,
    **times: Any,
) -> Entry:
    """Hold everything that contains the starts, in one entry: walk, lock it all, walk again; if it grew, begin anew.

    `extra` are lots held besides, `leave_out` lots excluded by a decision on record. Nothing slips out between walk and
    hold, because lots and runs are locked when the second walk finds the same set; nothing made later escapes, because an
    output inherits. Cost: a walk and one row a lot (10,000 lots in about a second on two cores).
    """
    first = [lot.pk for lot in starts]
    besides = {lot.pk for lot in extra}
    excluded = {lot.pk for lot in leave_out}

    def walk_again() -> set[int]:
        return (set(where_used(first, reading).lots) | besides) - excluded

    scope = walk_again()
    sent = {
        "scope": sorted(first),
        "reference": reference,
        "reason": reason,
        "extra": sorted(besides),
        "leave_out": sorted(excluded),
        "cause": cause,
        "reading": asdict(reading),
    }
    # In the entry, so that anybody can walk again, as of its seq, and find that nothing slipped out.
    told = {
        "starts": sorted(first),
        "extra": sorted(besides),
        "leave_out": sorted(excluded),
        "cause": cause,
        "reading": asdict(reading),
    }
    while True:
        try:
            with transaction.atomic():
                taken = claim(client=client, key=key, sent=sent)
                if taken.earlier:
                    return taken.earlier
                draft = _hold_draft(
                    actor=actor,
                    client=client,
                    key=key,
                    reason=reason,
                    reference=reference,
                    site=site,
                    claim=taken,
                    payload={"scope": told},
                    **times,
                )

                def choose(
                    locked: set[int], scope: frozenset[int] = frozenset(scope), draft: Draft = draft
                ) -> None:
                    _has_not_grown(scope, walk_again)
                    lots = Lot.objects.filter(pk__in=scope).order_by("pk")
                    draft.holds = _new_holds(
                        list(lots), reason=reason, cause=cause, reference=reference, cascades=True
                    )

                return post_all([draft], also=scope, still=choose)[0]
        except _ScopeGrew as grew:
            scope = set(grew.lots)


def _has_not_grown(scope: frozenset[int], walk: Callable[[], set[int]]) -> None:
    # The lots are locked alone, so no issue of them can begin: these are all the runs there will be.
    lock_runs(_runs_drawing(scope), alone=True)
    again = walk()
    if not again <= scope:
        raise _ScopeGrew(again | scope)


class _ScopeGrew(Exception):
    def __init__(self, lots: set[int]):
        self.lots = lots


def lift_hold(
    holds: Sequence[Hold],
    *,
    reason: str,
    actor: Person,
    client: str,
    key: str,
    second_person: Person | None = None,
    site: Site | None = None,
    **times: Any,
) -> Entry:
    """Lift holds, with a reason and a second person; a recall's hold needs the recall right.

    Undo: the person who placed it may lift it alone within 15 minutes, while nothing was refused because of it.
    Raises NotPermitted, SecondPersonRequired, HoldAlreadyLifted.
    """
    if not holds:
        raise BadInput("No hold was chosen.", now="Tick at least one.", fields={"holds": "empty"})
    for cause in {hold.cause for hold in holds}:
        right = "traceability.lift_recall_hold" if cause == HoldCause.RECALL else "traceability.lift_hold"
        for person in filter(None, (actor, second_person)):
            if not person.has_perm(right) and not _is_undo(holds, actor):
                raise NotPermitted(
                    f"{person} may not lift this hold.",
                    now="Ask quality control." if cause != HoldCause.RECALL else "Ask a recall manager.",
                )
    if second_person is None and not _is_undo(holds, actor):
        raise SecondPersonRequired(
            "Lifting a hold needs a second person.",
            now="Let a colleague with the right confirm it.",
            fields={"second_person": "missing"},
        )
    draft = Draft(
        kind=EntryKind.LIFT, actor=actor, client=client, key=key, document=holds[0].reference, reason=reason, second_person=second_person,
        lifts=list(holds), site=site or holds[0].placed_in.site, **times,
    )  # fmt: skip
    return post_all([draft])[0]


def _is_undo(holds: Sequence[Hold], actor: Person) -> bool:
    placed = {hold.placed_in for hold in holds}
    if any(
        entry.actor_id != actor.pk or timezone.now() - entry.recorded_at > UNDO_WITHIN for entry in placed
    ):
        return False
    since = min(entry.recorded_at for entry in placed)
    return not RefusalRecord.objects.filter(
        at__gte=since, code="lot_on_hold", lots__overlap=[hold.lot_id for hold in holds]
    ).exists()


def _hold_draft(*, reference: str, **rest: Any) -> Draft:
    return Draft(kind=EntryKind.HOLD, document=reference, **rest)


def _new_holds(
    lots: Sequence[Lot], *, reason: str, cause: str, reference: str, cascades: bool
) -> list[NewHold]:
    """A hold for each lot that does not stand under this paper already."""
    held: set[int] = set()
    if reference:
        standing = Hold.objects.standing().filter(lot__in=lots, cause=cause, reference=reference)
        held = set(standing.values_list("lot_id", flat=True))
    chosen = [lot for lot in _some(lots) if lot.pk not in held]
    if not chosen:
        raise BadInput(
            f"All of these lots already stand on hold for {reference}.",
            "",
            "There is nothing more to hold.",
            fields={"lots": "held"},
        )
    return [
        NewHold(lot=lot, reason=reason, cause=cause, reference=reference, cascades=cascades) for lot in chosen
    ]


def _some(lots: Sequence[Lot]) -> Sequence[Lot]:
    if not lots:
        raise BadInput("No lot was chosen.", now="Choose at least one lot.", fields={"lots": "empty"})
    return lots


def _runs_drawing(lots: Iterable[int]) -> set[int]:
    rows = RunLot.objects.filter(lot_id__in=list(lots), role=RunRole.INPUT, quantity__gt=0, is_passage=True)
    return set(rows.values_list("run_id", flat=True))
