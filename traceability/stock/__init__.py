"""Verbs about stock that belong to no app: move, count, split, pool, repack, pack into containers, and raise an item's tracking."""

from traceability.stock.amounts import Amount
from traceability.stock.containers import (
    ContainerStuck,
    break_up,
    build,
    content_of,
    hold_container,
    lots_in,
    move_container,
    next_container_number,
    pack,
    take_out,
    tree_of,
    whereabouts,
)
from traceability.stock.count_lines import CountClosed, RecountNeeded, is_within, rows_at, tolerance_of
from traceability.stock.count_posting import cancel_count, post_count
from traceability.stock.counting import (
    MOST_LINES,
    begin_place,
    enter,
    found_here,
    identify,
    note_unknown,
    open_count,
    rest_is_missing,
    set_aside,
)
from traceability.stock.making import Packed, pool_lots, repack, split_lot
from traceability.stock.moving import move_stock, undo_move
from traceability.stock.tracking import raise_tracking, untracked_lot

__all__ = [
    "MOST_LINES",
    "Amount",
    "ContainerStuck",
    "CountClosed",
    "Packed",
    "RecountNeeded",
    "begin_place",
    "break_up",
    "build",
    "cancel_count",
    "content_of",
    "enter",
    "found_here",
    "hold_container",
    "identify",
    "is_within",
    "lots_in",
    "move_container",
    "move_stock",
    "next_container_number",
    "note_unknown",
    "open_count",
    "pack",
    "pool_lots",
    "post_count",
    "raise_tracking",
    "repack",
    "rest_is_missing",
    "rows_at",
    "set_aside",
    "split_lot",
    "take_out",
    "tolerance_of",
    "tree_of",
    "undo_move",
    "untracked_lot",
    "whereabouts",
]
