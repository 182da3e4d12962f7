"""Holds that pass on: an output of a run that has an input under a cascading hold gets that hold, in the same entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from traceability.ledger.gate import cascading_holds_into
from traceability.ledger.moves import NewHold
from traceability.models import EntryKind, Hold, Lot, RunLot, RunRole


class Grown(Exception):
    """A hold reaches lots, or runs that draw them, that were not locked for it. The posting begins again with them."""

    def __init__(self, lots: set[int], runs: set[int]):
        self.lots, self.runs = lots, runs


def find(drafts: Sequence[Any], *, locked: set[int], runs_locked: set[int]) -> dict[int, list[NewHold]]:
    """Per entry id, the holds that its outputs inherit, and all that was made from them already.

    `locked` and `runs_locked` are the lots and runs locked alone; lots born in these drafts need no lock. Raises Grown when
    more must be locked: an output of a run that draws what is being held waits, as in a scope hold, or it would slip out.
    """
    adding = [draft for draft in drafts if draft.kind in (EntryKind.OUTPUT, EntryKind.ISSUE)]
    runs = {move.run.pk for draft in adding for move in draft.moves}
    if not runs:
        return {}
    into = cascading_holds_into(runs)
    newly = _add_issued_now(into, adding)
    if not any(into.values()):
        return {}
    carrier = {
        move.run.pk: draft for draft in adding for move in draft.moves
    }  # the last draft of a run says it
    reached = _reached(adding, {run for run in runs if into[run]})
    born = {
        move.lot.pk
        for draft in drafts
        if "born" in draft.payload
        for move in draft.moves
        if _is_born(draft, move.lot)
    }
    older = {lot for lots in reached.values() for lot in lots} - born
    passing = _drawing(older) | {run for run in newly if into[run]}
    if older - locked or passing - runs_locked:
        raise Grown(older - locked, passing - runs_locked)
    return _new_holds(into, reached, carrier)


def _drawing(lots: set[int]) -> set[int]:
    rows = RunLot.objects.filter(lot_id__in=list(lots), role=RunRole.INPUT, quantity__gt=0, is_passage=True)
    return set(rows.values_list("run_id", flat=True)) if lots else set()


def _add_issued_now(into: dict[int, list[Hold]], drafts: Sequence[Any]) -> set[int]:
    """Add the holds that come in with these drafts' own issues. Returns the runs they come into."""
    newly: set[int] = set()
    issued: dict[int, set[int]] = defaultdict(set)
    for draft in drafts:
        if draft.kind == EntryKind.ISSUE:
            for move in draft.moves:
                if not move.lot.is_untracked:
                    issued[move.lot.pk].add(move.run.pk)
    for hold in Hold.objects.standing().filter(lot_id__in=list(issued), cascades=True).order_by("id"):
        for run in issued[hold.lot_id]:
            newly.add(run)
            if hold.pk not in {known.pk for known in into[run]}:
                into[run].append(hold)
    return newly


def _reached(drafts: Sequence[Any], runs: set[int]) -> dict[int, set[int]]:
    """Per run, its outputs (before and in these drafts) and everything made from them."""
    from traceability.genealogy import where_used

    outputs: dict[int, set[int]] = defaultdict(set)
    rows = RunLot.objects.filter(run_id__in=runs, role=RunRole.OUTPUT, quantity__gt=0, is_passage=True)
    for run_id, lot_id in rows.values_list("run_id", "lot_id"):
        outputs[run_id].add(lot_id)
    for draft in drafts:
        if draft.kind == EntryKind.OUTPUT:
            for move in draft.moves:
                if move.run.pk in runs and not move.lot.is_untracked:
                    outputs[move.run.pk].add(move.lot.pk)
    return {run: set(where_used(lots).lots) for run, lots in outputs.items()}


def _is_born(draft: Any, lot: Lot) -> bool:
    return any(lot.pk == pk for group in draft.payload["born"] for pk, _ in group["lots"])


def _new_holds(
    into: dict[int, list[Hold]], reached: dict[int, set[int]], carrier: dict[int, Any]
) -> dict[int, list[NewHold]]:
    lots = Lot.objects.in_bulk({lot for group in reached.values() for lot in group})
    standing: dict[int, set[Any]] = defaultdict(set)
    for hold in Hold.objects.standing().filter(lot_id__in=list(lots)):
        standing[hold.lot_id].add(_same(hold))
    found: dict[int, list[NewHold]] = defaultdict(list)
    for run, group in sorted(reached.items()):
        for hold in into[run]:
            for lot_id in sorted(group):
                if _same(hold) in standing[lot_id]:
                    continue
                standing[lot_id].add(_same(hold))
                found[carrier[run].entry_id].append(_passed_on(hold, lots[lot_id]))
    return found


def _passed_on(hold: Hold, lot: Lot) -> NewHold:
    root = hold.inherited_from_id or hold.pk
    return NewHold(
        lot=lot, reason=hold.reason, cause=hold.cause, reference=hold.reference, inherited_from_id=root
    )


def _same(hold: Hold) -> Any:
    """One paper, one hold on a lot, however many ways lead there."""
    return (hold.cause, hold.reference) if hold.reference else (hold.inherited_from_id or hold.pk)
