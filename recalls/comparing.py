"""What changed: between two scopes, and in the ledger since a revision was frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from traceability.models import Entry

if TYPE_CHECKING:
    from recalls.models import ScopeRevision
    from recalls.scope import AffectedLot, Customer, Scope


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Entries after a revision that touch its lots or runs, oldest first."""

    count: int
    entries: list[Entry]


def changed_since(revision: ScopeRevision) -> ChangedSince:
    """Movements of its lots or in its runs, and amended facts of its lots, after its seq. Two queries."""
    scope = revision.scope
    lots, runs = [lot.lot_id for lot in scope.lots], [run.run_id for run in scope.runs]
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"seq": revision.seq, "lots": lots, "runs": runs})
        found = [row[0] for row in cursor.fetchall()]
    entries = list(
        Entry.objects.filter(pk__in=found).select_related("actor", "party", "reverses").order_by("seq")
    )
    return ChangedSince(len(entries), entries)


def difference(before: Scope | None, after: Scope) -> dict[str, Any]:
    """What differs, as JSON: starts, lots added and removed with what was made and shipped, customers whose list changes.

    For the first revision it is empty.
    """
    if before is None:
        return {}
    old, new = {lot.lot_id: lot for lot in before.lots}, {lot.lot_id: lot for lot in after.lots}
    old_starts, new_starts = (
        {row.lot_id: row for row in before.starts},
        {row.lot_id: row for row in after.starts},
    )
    return {
        "from_seq": before.seq,
        "to_seq": after.seq,
        "starts_added": [{"lot": row.lot, "supplier_lot": row.supplier_lot} for pk, row in new_starts.items() if pk not in old_starts],
        "starts_removed": [{"lot": row.lot, "supplier_lot": row.supplier_lot} for pk, row in old_starts.items() if pk not in new_starts],
        "lots_added": [_lot(row) for pk, row in new.items() if pk not in old],
        "lots_removed": [_lot(row) for pk, row in old.items() if pk not in new],
        "lots_changed": [
            {"lot": row.lot, "item": row.item, "unit": row.unit, "before": _numbers(old[pk]), "after": _numbers(row)}
            for pk, row in new.items() if pk in old and _numbers(old[pk]) != _numbers(row)
        ],
        "customers_changed": _customers(before, after),
    }  # fmt: skip


def _lot(row: AffectedLot) -> dict[str, Any]:
    return {"lot": row.lot, "item": row.item, "kind": row.kind, "unit": row.unit, **_numbers(row)}


def _numbers(row: AffectedLot) -> dict[str, str]:
    return {name: _text(getattr(row, name)) for name in ("made", "shipped", "returned", "here")}


def _customers(before: Scope, after: Scope) -> list[dict[str, Any]]:
    old, new = {row.party: row for row in before.customers}, {row.party: row for row in after.customers}
    found = []
    for party in sorted(old.keys() | new.keys()):
        was, now = _net(old.get(party)), _net(new.get(party))
        units = sorted(was.keys() | now.keys())
        changes = [
            {"unit": unit, "before": _text(was.get(unit, Decimal(0))), "after": _text(now.get(unit, Decimal(0))),
             "change": _text(now.get(unit, Decimal(0)) - was.get(unit, Decimal(0)))}
            for unit in units if was.get(unit, Decimal(0)) != now.get(unit, Decimal(0))
        ]  # fmt: skip
        lots_were, lots_are = set(_lots(old.get(party))), set(_lots(new.get(party)))
        if changes or lots_were != lots_are:
            names = (after if party in after.parties else before).parties
            found.append(
                {"party": party, "name": names[party].name if party in names else party, "amounts": changes,
                 "lots_added": sorted(lots_are - lots_were), "lots_removed": sorted(lots_were - lots_are)}
            )  # fmt: skip
    return found


def _net(row: Customer | None) -> dict[str, Decimal]:
    return {amount.unit: amount.net for amount in row.amounts} if row else {}


def _lots(row: Customer | None) -> Sequence[str]:
    return row.lots if row else ()


def _text(quantity: Decimal) -> str:
    return f"{quantity.normalize() + 0:f}" if quantity else "0"


_SINCE = """
    SELECT DISTINCT e.id FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
    WHERE e.seq > %(seq)s AND (m.lot_id = ANY(%(lots)s) OR m.run_id = ANY(%(runs)s))
    UNION
    SELECT e.id FROM traceability_entry e, jsonb_array_elements(e.payload -> 'amended') AS change
    WHERE e.seq > %(seq)s AND e.kind = 'amend' AND (change ->> 'lot')::bigint = ANY(%(lots)s)"""
