"""How long an item keeps: from the day it was made to the day it is best by."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceability.models import Item

EARLIEST = date(2000, 1, 1)
LONGEST_LIFE = timedelta(days=40 * 366)


def best_by(item: Item, made_on: date) -> date | None:
    """None where the item's shelf life is not known."""
    if item.shelf_life_days:
        return made_on + timedelta(days=item.shelf_life_days)
    if item.shelf_life_months:
        months = made_on.month - 1 + item.shelf_life_months
        year, month = made_on.year + months // 12, months % 12 + 1
        return date(year, month, min(made_on.day, monthrange(year, month)[1]))
    return None
