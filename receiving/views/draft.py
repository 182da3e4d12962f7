"""A delivery while it is being taken in: kept on the server, in the person's session, until it is posted.

It has one key from its first lot to its entry, so posting it twice gives one receipt.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from receiving.models import PurchaseOrder
from receiving.services import ReceivedLot
from traceability import ledger
from traceability.models import Evidence, Location
from traceability.views.keys import new_key


class Draft:
    """`lots` are ready to post, `now` is the lot in hand, `asked` the code that confirms when it is scanned again."""

    def __init__(self, request: HttpRequest, order: PurchaseOrder):
        self._session, self._slot = request.session, f"delivery of order {order.pk}"
        kept: dict[str, Any] = self._session.get(self._slot, {})
        self.order = order
        self.key: str = kept.get("key") or new_key()
        self.lots: list[dict[str, str]] = kept.get("lots", [])
        self.now: dict[str, str] = kept.get("now", {})
        self.asked: str = kept.get("asked", "")
        if not kept:
            self.keep()

    def keep(self) -> None:
        self._session[self._slot] = {"key": self.key, "lots": self.lots, "now": self.now, "asked": self.asked}

    def forget(self) -> None:
        self._session.pop(self._slot, None)

    def add(self, lot: dict[str, str]) -> None:
        """The same form sent twice adds one lot."""
        if all(known["id"] != lot["id"] for known in self.lots):
            self.lots.append(lot)
        # The next lot of a pallet is usually of the same item and goes to the same place.
        self.now, self.asked = {"line": lot["line"], "location": lot["location"]}, ""
        self.keep()

    def take_off(self, lot_id: str) -> dict[str, str] | None:
        found = next((lot for lot in self.lots if lot["id"] == lot_id), None)
        if found:
            self.lots.remove(found)
            self.keep()
        return found

    def received(self) -> list[ReceivedLot]:
        """The lots as the service takes them."""
        lines = {line.pk: line for line in self.order.lines.select_related("item__default_location")}
        places = {
            place.pk: place
            for place in Location.objects.select_related("site").filter(
                pk__in={int(lot["location"]) for lot in self.lots}
            )
        }
        if any(int(lot["line"]) not in lines or int(lot["location"]) not in places for lot in self.lots):
            raise ledger.BadInput(
                "The order was changed meanwhile.",
                "A line or a place of this delivery is gone.",
                "Take the lots off and add them again.",
            )
        return [_received(lot, lines[int(lot["line"])], places[int(lot["location"])]) for lot in self.lots]


def _received(lot: dict[str, str], line: Any, place: Location) -> ReceivedLot:
    return ReceivedLot(
        item=line.item, quantity=Decimal(lot["quantity"]), unit=lot["unit"], supplier_lot=lot["supplier_lot"], expires_on=_day(lot["expires_on"]),
        made_on=_day(lot["made_on"]), location=place, lot_number=lot["lot_number"] or None, pieces=int(lot["pieces"]) if lot["pieces"] else None,
        evidence=Evidence.SCANNED if lot.get("is_scanned") else Evidence.TYPED, order_line=line,
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
