"""What rows about stock refer to, looked up for all of them at once, with an answer for each cell that finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone

from traceability.importing.fields import Context
from traceability.importing.rows import Row
from traceability.ledger import plain
from traceability.models import Item, ItemUnit, Location, Lot, Party, Tracking

IN_ONE_QUESTION = 10_000
NUMBER_LIMIT = 20
Born = dict[tuple[int, str], tuple[Lot, Row]]


@dataclass(slots=True)
class Known:
    """Items by code, their units, places, parties and lots that the rows name."""

    items: dict[str, Item] = field(default_factory=dict)
    units: dict[tuple[int, str], Fraction] = field(default_factory=dict)
    places: dict[str, list[Location]] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    lots: dict[tuple[int, str], Lot] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row], context: Context, *, party: str = "") -> Known:
        known = cls(items=Item.objects.in_bulk(_values(rows, "item"), field_name="code"))
        ids = [item.pk for item in known.items.values()]
        units = ItemUnit.objects.filter(item__in=ids)
        for item, unit, top, below in units.values_list("item", "unit", "numerator", "denominator"):
            known.units[item, unit] = Fraction(top, below)
        places = Location.objects.inside().filter(site__in=context.sites, is_active=True)
        for place in places.filter(code__in=_values(rows, "place")).select_related("site"):
            known.places.setdefault(place.code, []).append(place)
        if party:
            known.parties = Party.objects.in_bulk(_values(rows, party), field_name="code")
        numbers = sorted(_values(rows, "lot") | {item.code[:NUMBER_LIMIT] for item in known.items.values() if item.tracking == Tracking.NONE})  # fmt: skip
        for start in range(0, len(numbers), IN_ONE_QUESTION):
            lots = Lot.objects.filter(item__in=ids, number__in=numbers[start : start + IN_ONE_QUESTION])
            for lot in lots.select_related("item", "supplier"):
                known.lots[lot.item_id, lot.number] = lot
        return known

    def item(self, row: Row) -> Item | None:
        code = row.values.get("item")
        if code is None:
            return None
        item = self.items.get(code)
        if item is None:
            row.wrong("item", f"There is no item {code}. Import the items first.", "unknown_item")
        elif not item.is_active:
            row.wrong("item", f"{code} is not active.", "not_active")
        elif item.is_utility:
            row.wrong("item", f"{code} comes out of a pipe and has no stock.", "utility")
        else:
            return item
        return None

    def place(self, row: Row) -> Location | None:
        code = row.values.get("place")
        if code is None:
            return None
        found = self.places.get(code, [])
        if len(found) == 1:
            return found[0]
        said = f"There is no place {code}." if not found else f"{code} is a place at several sites."
        row.wrong("place", said, "unknown_place")
        return None

    def party(self, row: Row, name: str, *, is_supplier: bool) -> Party | None:
        code = row.values.get(name)
        if code is None:
            return None
        party = self.parties.get(code)
        if party is not None and (party.is_supplier if is_supplier else party.is_customer):
            return party
        word = "supplier" if is_supplier else "customer"
        row.wrong(name, f"There is no {word} {code}.", f"unknown_{word}")
        return None

    def quantity(self, row: Row, item: Item) -> Decimal | None:
        """In the base unit, exactly; one for a serial."""
        quantity, unit = row.values.get("quantity"), row.get("unit", item.unit)
        if quantity is None:
            return None
        factor = Fraction(1) if unit == item.unit else self.units.get((item.pk, unit))
        if factor is None:
            row.wrong("unit", f"{item.code} is not counted in {unit}.", "unknown_unit")
            return None
        exact = Fraction(quantity) * factor
        base = Decimal(exact.numerator) / Decimal(exact.denominator)
        if Fraction(base) != exact or base != round(base, item.decimals):
            row.wrong("quantity", f"{plain(quantity)} {unit} is not a whole number of {item.unit} to {item.decimals} decimals.", "too_many_digits")  # fmt: skip
            return None
        if item.tracking == Tracking.SERIAL and base != 1:
            row.wrong("quantity", "A serial is exactly one.", "serial")
            return None
        return round(base, item.decimals)

    def lot(self, row: Row, item: Item, facts: dict[str, Any], born: Born) -> Lot | None:
        """The lot of the row: known, made by an earlier row, or new. Facts that contradict what is known are findings."""
        number = self._number(row, item)
        if number is None:
            return None
        made, expires = facts.get("made_on"), facts.get("expires_on")
        if made and expires and expires < made:
            row.wrong("expires_on", f"It would expire on {expires}, before it was made on {made}.", "dates")
            return None
        lot, before = self.lots.get((item.pk, number)), None
        if lot is None and (item.pk, number) in born:
            lot, before = born[item.pk, number]
        if lot is None:
            told = {name: value for name, value in facts.items() if value is not None}
            lot = Lot(item=item, number=number, is_imported=True, is_untracked=item.tracking == Tracking.NONE, **told)  # fmt: skip
            born[item.pk, number] = lot, row
            return lot
        for name, value in facts.items():
            there = getattr(lot, name)
            if value is not None and there not in (value, None, ""):
                where = f"row {before.number} says" if before else "the ledger has"
                row.wrong(name, f"{lot.number}: {where} {getattr(there, 'code', there)}.", "contradicts")
                return None
        return lot

    def _number(self, row: Row, item: Item) -> str | None:
        number: str | None = row.values.get("lot")
        if item.tracking == Tracking.NONE:
            if number is None:
                return item.code[:NUMBER_LIMIT]
            row.wrong("lot", f"{item.code} is not tracked by lot. Leave this empty.", "not_tracked")
            return None
        if number is None:
            word = "serial" if item.tracking == Tracking.SERIAL else "lot"
            if row.cells.get("lot", ("", ""))[1] == "":  # an unreadable one is told already
                row.wrong("lot" if "lot" in row.cells else "item", f"{item.code} is tracked: which {word}?", "missing")  # fmt: skip
            return None
        if len(number) > NUMBER_LIMIT:
            row.wrong("lot", f"A lot number has at most {NUMBER_LIMIT} characters.", "too_long")
            return None
        return number


def today_in(context: Context) -> date:
    return timezone.now().astimezone(context.sites[0].zone).date()


def _values(rows: Sequence[Row], name: str) -> set[str]:
    return {row.values[name] for row in rows if row.has(name)}
