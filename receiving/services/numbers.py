"""The number a lot gets while its pallet still stands at the dock, so that the label can be printed at once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from receiving.models import DeliveryLine, DeliveryState
from traceability import numbering
from traceability.ledger import check_code
from traceability.models import Lot

if TYPE_CHECKING:
    from traceability.models import Item

LIMIT = 20
OWN = "L-{yymmdd}-{nn}"  # where the supplier's own number is longer than a label's lot may be
TRIES = 999


def allot(item: Item, supplier_lot: str, today: date) -> str:
    """By the item's pattern, else the supplier's own number with a suffix where it came before; ours where theirs is too long."""
    printed = check_code(supplier_lot, field="supplier_lot", limit=80)
    if not item.lot_pattern and 0 < len(printed) <= LIMIT:
        taken = _taken(item, printed)
        if printed not in taken:
            return printed
        suffixed = (f"{printed}/{n}" for n in range(2, TRIES))
        found = next((number for number in suffixed if number not in taken), "")
        if found and len(found) <= LIMIT:
            return found
    while True:
        number = numbering.number_by_pattern(item.lot_pattern or OWN, today)
        if number not in _taken(item, number):
            return number


def _taken(item: Item, stem: str) -> set[str]:
    """Numbers of the item that begin so: lots there are, and lots that stand at a dock."""
    lots = Lot.objects.filter(item=item, number__startswith=stem).values_list("number", flat=True)
    drafts = DeliveryLine.objects.filter(
        item=item, lot_number__startswith=stem, removed_at__isnull=True, delivery__state=DeliveryState.OPEN
    )
    return {*lots, *drafts.values_list("lot_number", flat=True)}
