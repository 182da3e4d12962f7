"""The flow of one lot or several, downstream or upstream, from the ledger as it stands or as of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from traceability import inquiries
from traceability.flow.content import Delivery, Flow, Link, Piece
from traceability.flow.grouping import flow_of
from traceability.genealogy import WIDE, Reading, Walk, where_from, where_used
from traceability.models import Hold, Item, Party, RunLot


def flow_used(starts: Sequence[int], reading: Reading = WIDE) -> Flow:
    """Where it went, with the customers."""
    return _gathered(where_used(starts, reading), "used")


def flow_from(starts: Sequence[int], reading: Reading = WIDE) -> Flow:
    """What is in it, with the suppliers."""
    return _gathered(where_from(starts, reading), "from")


def _gathered(walk: Walk, direction: str) -> Flow:
    lots = walk.lots
    starts = set(walk.starts)
    balances = inquiries.mass_balance(lots, walk.reading.as_of)
    items = {item.code: item for item in Item.objects.filter(code__in={row.item for row in balances})}
    held = set(Hold.objects.standing().filter(lot__in=lots).values_list("lot_id", flat=True))
    pieces = [
        Piece(
            lot_id=row.lot_id, lot=row.number, item=row.item, name=items[row.item].name, unit=row.unit,
            came=row.opening + row.supplied + row.received + row.made, here=row.on_hand, used=row.used - row.removed, out=row.shipped,
            back=row.returned, chip=chip_of(row.lot_id in held, row.on_hand), is_start=row.lot_id in starts,
            is_rework=items[row.item].category.casefold() == "rework", is_received=row.received > 0,
        )
        for row in balances
    ]  # fmt: skip
    links = [
        Link(run_id=run, lot_id=lot, role=role, quantity=quantity, is_inferred=(inferred or 0) >= quantity)
        for run, lot, role, quantity, inferred in RunLot.objects.filter(
            lot__in=lots, quantity__gt=0
        ).values_list("run_id", "lot_id", "role", "quantity", "inferred")
    ]
    ask = inquiries.shipped_to if direction == "used" else inquiries.received_from
    rows = ask(lots, walk.reading.as_of)
    names = dict(Party.objects.filter(code__in={row.party for row in rows}).values_list("code", "name"))
    deliveries = [
        Delivery(lot_id=row.lot_id, party=row.party, name=names.get(row.party, row.party), unit=row.unit, quantity=row.quantity, returned=row.returned)
        for row in rows
    ] if direction == "used" else []  # fmt: skip
    return flow_of(pieces, links, deliveries, direction=direction)


def chip_of(is_held: bool, here: Decimal) -> str:
    if here <= 0:
        return "used_up"
    return "held" if is_held else "here"
