"""The roll-up of a scope, live or frozen: the same drawing as on the page of a lot, from the same object as the lists."""

from __future__ import annotations

from decimal import Decimal

from recalls.scope import AffectedLot, Scope
from traceability.flow import Delivery, Flow, Link, Piece, flow_of
from traceability.models import Item


def flow_of_scope(scope: Scope) -> Flow:
    rework = {
        code
        for code, category in Item.objects.filter(code__in=scope.items).values_list("code", "category")
        if category.casefold() == "rework"
    }
    pieces = [
        Piece(
            lot_id=lot.lot_id, lot=lot.lot, item=lot.item, name=scope.items[lot.item].name, unit=lot.unit, came=came_of(lot), here=lot.here,
            used=lot.used - lot.balance.removed, out=lot.shipped, back=lot.returned, chip=chip_of(lot), is_start=lot.is_start,
            is_rework=lot.item in rework, is_received=lot.balance.received > 0,
        )
        for lot in scope.lots
    ]  # fmt: skip
    links = [
        Link(run_id=run.run_id, lot_id=link.lot_id, role=role, quantity=link.quantity, is_inferred=link.inferred >= link.quantity)
        for run in scope.runs for role, rows in (("input", run.inputs), ("output", run.outputs)) for link in rows
    ]  # fmt: skip
    deliveries = [
        Delivery(lot_id=row.lot_id, party=row.party, name=scope.parties[row.party].name if row.party in scope.parties else row.party,
                 unit=row.unit, quantity=row.quantity, returned=row.returned)
        for row in scope.shipments
    ]  # fmt: skip
    return flow_of(pieces, links, deliveries)


def came_of(lot: AffectedLot) -> Decimal:
    return lot.balance.opening + lot.balance.supplied + lot.balance.received + lot.balance.made


def chip_of(lot: AffectedLot) -> str:
    if lot.here <= 0:
        return "used_up"
    return "held" if lot.holds else "here"


def sentence(scope: Scope) -> list[str]:
    """2 start lots → 3 in between → 9 finished lots → 11 shipments → 8 customers."""
    counts = scope.counts
    words = [(counts.starts, "start lot"), (counts.intermediate, "in between"), (counts.finished, "finished lot"), (counts.shipments, "shipment"), (counts.customers, "customer")]  # fmt: skip
    return [f"{n:,} {word}{'' if n == 1 or word == 'in between' else 's'}" for n, word in words]


def special(scope: Scope) -> list[AffectedLot]:
    """What an exact match of the text, or a walk that knows no rework, would have missed."""
    return [lot for lot in scope.finished if lot.via_rework or lot.typed]
