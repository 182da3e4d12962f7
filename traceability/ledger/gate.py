"""May this lot be used now? Read after the lock, in a statement of its own: one that locks and tests sees the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from traceability.ledger.errors import LotExpired, LotNotReleased, LotOnHold, RequirementOpen
from traceability.ledger.moves import Move
from traceability.ledger.rules import needs_usable
from traceability.models import EntryKind, Hold, LocationKind, Lot, Requirement, Run, RunLot, RunRole, Status


def check_usable(kind: str, moves: Sequence[Move], *, document: str, now: datetime) -> None:
    """Refuse the act if a lot it uses is held, expired, not released, or something blocking is still open."""
    used = [move for move in moves if needs_usable(kind, move) and move.lot.pk]
    if not used:
        return
    lots = {move.lot.pk: move.lot for move in used}
    facts = dict(Lot.objects.filter(pk__in=lots).values_list("pk", "expires_on"))
    holds: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.standing().filter(lot_id__in=lots).order_by("id"):
        holds[hold.lot_id].append(hold)
    needed: dict[int, list[str]] = defaultdict(list)
    for lot_id, what in Requirement.objects.blocking().filter(lot_id__in=lots).values_list("lot_id", "what"):
        needed[lot_id].append(what)
    for move in used:
        lot = move.lot
        lot.expires_on = facts[lot.pk]
        today = local_day(now, move)
        if holds[lot.pk]:
            raise LotOnHold(lot=lot, holds=holds[lot.pk])
        if move.origin_status and move.origin_status != Status.RELEASED:
            raise LotNotReleased(lot=lot, status=move.origin_status)
        if lot.expires_on and lot.expires_on < today:
            raise LotExpired(lot=lot, today=today)
        if needed[lot.pk]:
            raise RequirementOpen(concerned=f"Lot {lot.number}", what=needed[lot.pk], lots=[lot.pk])
    if document:
        open_for_document = list(
            Requirement.objects.blocking().filter(document=document).values_list("what", flat=True)
        )
        if open_for_document:
            raise RequirementOpen(concerned=document, what=open_for_document)


def check_nothing_held_goes_out(moves: Sequence[Move]) -> None:
    """A reversal passes the gate, except where it would put a held lot back into production or into a customer's hands."""
    out = {
        move.lot.pk: move.lot
        for move in moves
        if move.destination.kind in (LocationKind.PRODUCTION, LocationKind.CUSTOMER) and move.origin_status
    }
    out = {
        pk: lot for pk, lot in out.items() if not any(m.run_role == "output" for m in moves if m.lot.pk == pk)
    }
    for hold in Hold.objects.standing().filter(lot_id__in=out).order_by("id"):
        raise LotOnHold(lot=out[hold.lot_id], holds=[hold])


def check_runs(kind: str, runs: Iterable[Run]) -> None:
    """The next step of a run (issue or output) waits for its blocking checks."""
    if kind not in (EntryKind.ISSUE, EntryKind.OUTPUT):
        return
    by_id = {run.pk: run for run in runs}
    for requirement in Requirement.objects.blocking().filter(run_id__in=by_id):
        raise RequirementOpen(concerned=str(by_id[requirement.run_id or 0]), what=[requirement.what])


def cascading_holds_into(run_ids: Iterable[int]) -> dict[int, list[Hold]]:
    """Per run, the standing cascading holds on what went into it: outputs inherit them."""
    inputs: dict[int, list[int]] = defaultdict(list)
    rows = RunLot.objects.filter(
        run_id__in=list(run_ids), role=RunRole.INPUT, quantity__gt=0, is_passage=True
    )
    for run_id, lot_id in rows.values_list("run_id", "lot_id"):
        inputs[lot_id].append(run_id)
    found: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.standing().filter(lot_id__in=list(inputs), cascades=True).order_by("id"):
        for run_id in inputs[hold.lot_id]:
            found[run_id].append(hold)
    return found


def local_day(now: datetime, move: Move) -> date:
    """Today at the site whose stock is used: expiry is a date there, not a moment."""
    return now.astimezone(move.origin.site.zone).date()
