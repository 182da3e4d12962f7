"""What is promised to papers, in the model: a list in the order in which the promises were made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from tests.model.book import ACTS, ZERO, Book, Event

OWN = {"issue", "shipment", "transfer"}


@dataclass
class Promise:
    document: str
    lot: str
    place: str
    quantity: Decimal
    is_broken: bool = False


class Promises:
    def __init__(self) -> None:
        self.rows: list[Promise] = []

    def standing(self, lot: str = "", place: str = "", document: str = "") -> list[Promise]:
        return [
            row
            for row in self.rows
            if row.quantity > 0
            and not row.is_broken
            and (not lot or row.lot == lot)
            and (not place or row.place == place)
            and (not document or row.document == document)
        ]

    def total(self, **which: str) -> Decimal:
        return sum((row.quantity for row in self.standing(**which)), ZERO)

    def make(self, document: str, lot: str, place: str, quantity: Decimal) -> None:
        for row in self.rows:
            if (row.document, row.lot, row.place, row.is_broken) == (document, lot, place, False):
                row.quantity += quantity
                return
        self.rows.append(Promise(document, lot, place, quantity))

    def break_all(self, lots: set[str]) -> None:
        for row in self.standing():
            row.is_broken |= row.lot in lots

    def settle(self, draft: Event, book: Book, *, document: str, is_after_the_fact: bool) -> str | None:
        """Use up the document's own, mind those of others. `book` is as it was before. Says `reserved` if it refuses."""
        kind = "reversal" if draft.is_reversal else draft.kind
        taken: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        after: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in draft.lines:
            for end, sign in ((line.origin, -1), (line.destination, 1)):
                if isinstance(end, tuple) and end[1] == "released":
                    after[line.lot, end[0]] += sign * line.quantity
            if (
                isinstance(line.origin, tuple)
                and line.origin[1] == "released"
                and line.origin != line.destination
            ):
                taken[line.lot, line.origin[0]] += line.quantity
        for (lot, place), quantity in taken.items():
            rows, left = self.standing(lot, place), quantity
            for row in rows:
                if row.document == document and kind in OWN:
                    used = min(left, row.quantity)
                    left -= used
                    row.quantity -= used
                    if kind == "transfer":
                        self._carry(draft, lot, place, used, document)
            others = [row for row in rows if row.quantity > 0]
            promised = sum((row.quantity for row in others), ZERO)
            there = book.stock[lot, place, "released"] + after[lot, place]
            if promised > there and kind in ACTS and not is_after_the_fact:
                return "reserved"
            for row in reversed(others):
                if promised <= there:
                    break
                row.is_broken = True
                promised -= row.quantity
        return None

    def _carry(self, draft: Event, lot: str, place: str, quantity: Decimal, document: str) -> None:
        for line in draft.lines:
            if line.lot == lot and line.origin == (place, "released") and quantity > 0:
                part = min(line.quantity, quantity)
                quantity -= part
                self.make(document, lot, line.destination[0], part)
