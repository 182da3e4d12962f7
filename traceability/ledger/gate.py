"""May this lot be used now? Read after the lock, in a statement of its own: one that locks and tests sees the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from traceability.ledger.errors import LotExpired, LotNotReleased, LotOnHold, RequirementOpen
from traceability.ledger.moves import Move
from traceability.ledger.rules import needs_usable
from traceability.ledger.trips import Script
from traceability.models import EntryKind, Hold, LocationKind, Lot, Requirement, Run, RunLot, RunRole, Status


@dataclass(slots=True)
class Facts:
    """What stands in the way of a posting, told in one statement. Mostly nothing does; else it is looked at closely.

    `held`: a hold stands on one of its lots. `into`: a cascading hold stands on an input of one of its runs. `needed`:
    something blocking is open on a lot, run or document of it. `expiry`: the lots that expire.
    """

    held: bool = True
    into: bool = True
    needed: bool = True
    expiry: dict[int, date] = field(default_factory=dict)


def ask(script: Script, drafts: Sequence[Any]) -> Facts:
    """The facts of all drafts, in a statement of its own after the locks that the script holds."""
    lots = sorted({move.lot.pk for draft in drafts for move in draft.moves})
    runs = sorted({move.run.pk for draft in drafts for move in draft.moves if move.run})
    documents = sorted({draft.document for draft in drafts if draft.document})
    [(held, into, needed, expiry)] = script.ask(
        "SELECT EXISTS (SELECT FROM traceability_hold WHERE lot_id = ANY(%s) AND lifted_in_id IS NULL),"
        " EXISTS (SELECT FROM traceability_runlot r JOIN traceability_hold h ON h.lot_id = r.lot_id"
        " WHERE r.run_id = ANY(%s) AND r.role = 'input' AND r.quantity > 0 AND h.lifted_in_id IS NULL AND h.cascades),"
        " EXISTS (SELECT FROM traceability_requirement WHERE lot_id = ANY(%s) AND met_in_id IS NULL AND is_blocking)"
        " OR EXISTS (SELECT FROM traceability_requirement WHERE run_id = ANY(%s) AND met_in_id IS NULL AND is_blocking)"
        " OR EXISTS (SELECT FROM traceability_requirement WHERE document = ANY(%s) AND met_in_id IS NULL AND is_blocking),"
        " ARRAY(SELECT (id, expires_on) FROM traceability_lot WHERE id = ANY(%s) AND expires_on IS NOT NULL)::text[]",
        [lots, runs, lots, runs, documents, lots],
    )
    pairs = (pair.strip("()").split(",") for pair in expiry)
    return Facts(held, into, needed, {int(pk): date.fromisoformat(day) for pk, day in pairs})


def check_usable(
    kind: str, moves: Sequence[Move], *, document: str, now: datetime, facts: Facts | None = None
) -> None:
    """Refuse the act if a lot it uses is held, expired, not released, or something blocking is still open."""
    used = [move for move in moves if needs_usable(kind, move) and move.lot.pk]
    if not used:
        return
    if facts and not facts.held and not facts.needed:
        for move in used:
            _check_status_and_expiry(move, facts.expiry.get(move.lot.pk), now)
        return
    lots = {move.lot.pk: move.lot for move in used}
    expiry = dict(Lot.objects.filter(pk__in=lots).values_list("pk", "expires_on"))
    holds: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.standing().filter(lot_id__in=lots).order_by("id"):
        holds[hold.lot_id].append(hold)
    needed: dict[int, list[str]] = defaultdict(list)
    for lot_id, what in Requirement.objects.blocking().filter(lot_id__in=lots).values_list("lot_id", "what"):
        needed[lot_id].append(what)
    for move in used:
        lot = move.lot
        if holds[lot.pk]:
            raise LotOnHold(lot=lot, holds=holds[lot.pk])
        _check_status_and_expiry(move, expiry[lot.pk], now)
        if needed[lot.pk]:
            raise RequirementOpen(concerned=f"Lot {lot.number}", what=needed[lot.pk], lots=[lot.pk])
    if document:
        open_for_document = list(
            Requirement.objects.blocking().filter(document=document).values_list("what", flat=True)
        )
        if open_for_document:
            raise RequirementOpen(concerned=document, what=open_for_document)


def _check_status_and_expiry(move: Move, expires_on: date | None, now: datetime) -> None:
    move.lot.expires_on = expires_on
    if move.origin_status and move.origin_status != Status.RELEASED:
        raise LotNotReleased(lot=move.lot, status=move.origin_status)
    if expires_on and expires_on < (today := local_day(now, move)):
        raise LotExpired(lot=move.lot, today=today)


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
