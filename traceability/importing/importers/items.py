"""Items with their policies and one further unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.core.exceptions import ValidationError

from traceability.forms.items import checked_pattern
from traceability.importing.fields import Context, Field
from traceability.importing.masters import MasterImporter
from traceability.importing.posting import Posting
from traceability.importing.rows import Row
from traceability.ledger import plain
from traceability.models import Category, Item, ItemUnit, Location, Lot, Stage, Tracking
from traceability.models.items import DateLabel, ItemKind, Storage
from traceability.scanning.gs1 import has_check_digit

USUAL = {"kind": ItemKind.MATERIAL, "tracking": Tracking.LOT}
PLAIN = (
    "name", "kind", "category", "tracking", "unit", "decimals", "pack", "weight_per_unit", "shelf_life_days", "shelf_life_months", "minimum_life_days",
    "needs_expiry", "date_label", "storage", "over_percent", "over_limit_percent", "needs_truck_check", "allergens", "lot_pattern", "inspected_at", "count_class", "is_active", "note",
)  # fmt: skip


class Items(MasterImporter):
    name, title, order = "items", "Items", 10
    note = "What is bought, made or sold. An empty cell leaves the value as it is."
    right = "traceability.change_masters"
    model = Item
    needed_when_new = ("name", "unit")
    fields = (
        Field("code", "Item", "code", is_required=True, limit=40, also=("Code", "Item code", "Item number"), examples=("ING-SALT", "FG-BREAD", "PUMP-10")),
        Field("name", "Name", limit=160, also=("Item description", "Description"), examples=("Salt", "White bread", "Pump 10 l")),
        Field("kind", "Kind", "choice", choices=tuple(ItemKind.choices), examples=("Material", "Finished", "Finished")),
        Field("category", "Category", limit=60, also=("Item class",)),
        Field("tracking", "Tracking", "choice", choices=tuple(Tracking.choices), also=("Tracked",), help="Only for new items; later it is raised on the item's page.", examples=("By lot", "By lot", "By serial")),
        Field("unit", "Base unit", "text", limit=12, also=("Unit", "Base U of M"), help="In which stock is kept.", examples=("lb", "cs", "ea")),
        Field("decimals", "Decimals", "whole", help="Digits after the point, 0 to 6.", examples=("3", "0", "0")),
        Field("other_unit", "Other unit", limit=12, help="One more unit that it may be entered in.", examples=("bag", "", "")),
        Field("other_factor", "Base units in it", "quantity", help="How many base units one of the other unit holds.", examples=("50", "", "")),
        Field("gtin", "GTIN", "code", limit=14, also=("UPC", "EAN", "Barcode"), help="8, 12, 13 or 14 digits with their check digit.", examples=("", "09521234543213", "")),
        Field("pack", "Pack", limit=60),
        Field("weight_per_unit", "Weight of one, lb", "quantity", also=("Weight per unit",)),
        Field("shelf_life_days", "Shelf life, days", "whole"),
        Field("shelf_life_months", "Shelf life, months", "whole"),
        Field("minimum_life_days", "Life on arrival, days", "whole"),
        Field("needs_expiry", "Needs a date", "yes", examples=("yes", "yes", "no")),
        Field("date_label", "The date means", "choice", choices=tuple(DateLabel.choices)),
        Field("storage", "Storage", "choice", choices=tuple(Storage.choices)),
        Field("over_percent", "Over-receipt taken, %", "quantity", may_be_zero=True, help="Empty: the house's rule."),
        Field("over_limit_percent", "Over-receipt limit, %", "quantity", may_be_zero=True),
        Field("needs_truck_check", "Truck is checked", "yes"),
        Field("allergens", "Allergens", "several", limit=40, examples=("", "wheat, milk", "")),
        Field("lot_pattern", "Lot pattern", limit=40, help="Empty: the supplier's number. Else such as RM-{yymmdd}-{nn}."),
        Field("inspected_at", "Inspected at", "several", choices=tuple(Stage.choices), examples=("Receiving", "Final", "")),
        Field("default_location", "Usual place", "code", limit=32),
        Field("count_class", "Count class", "choice", choices=(("A", "A"), ("B", "B"), ("C", "C"))),
        Field("is_active", "Active", "yes"),
        Field("note", "Remark", limit=200),
    )  # fmt: skip

    def prepare(self, rows: Sequence[Row], context: Context) -> None:
        codes = {row.values["default_location"] for row in rows if row.has("default_location")}
        places = Location.objects.inside().filter(site__in=context.sites, code__in=codes)
        self._places = {place.code: place for place in places}
        known = {row.values["code"] for row in rows if row.has("code")}
        given = {row.values["gtin"].zfill(14) for row in rows if row.has("gtin")}
        self._gtins = dict(Item.objects.filter(gtin__in=given).values_list("gtin", "code"))
        self._gtins |= dict(ItemUnit.objects.filter(gtin__in=given).values_list("gtin", "item__code"))
        with_lots = Lot.objects.filter(item__code__in=known).values_list("item__code", flat=True)
        self._with_lots = set(with_lots.distinct())
        units = ItemUnit.objects.filter(item__code__in=known)
        self._units = {
            (code, unit): Fraction(top, below)
            for code, unit, top, below in units.values_list("item__code", "unit", "numerator", "denominator")
        }

    def values_of(self, row: Row, noun: Any, context: Context) -> dict[str, tuple[str, Any]]:
        values = {name: (name, row.values[name]) for name in PLAIN if row.has(name)}
        if noun is None:
            for name, usual in USUAL.items():
                values.setdefault(name, (name, usual))
        self._gtin(row, values)
        self._place(row, values)
        self._limits(row, noun)
        self._pattern(row)
        for name in ("shelf_life_days", "shelf_life_months"):
            if row.has(name) and row.values[name] == 0:
                row.wrong(name, "One day or month at least, or empty.", "not_positive")
        if row.has("shelf_life_days") and row.has("shelf_life_months"):
            row.wrong("shelf_life_months", "Days or months, not both.", "both")
        tracking = values["tracking"][1] if "tracking" in values else noun.tracking
        if noun is None:
            values.setdefault("decimals", ("decimals", 0 if tracking == Tracking.SERIAL else 3))
        decimals = values["decimals"][1] if "decimals" in values else noun.decimals
        if decimals > 6:
            row.wrong("decimals", "At most 6 digits after the point.", "too_many_digits")
        if tracking == Tracking.SERIAL and decimals:
            row.wrong("decimals", "A serial has no digits after the point.", "invalid")
        if noun and row.has("tracking") and noun.tracking != tracking:
            said = noun.get_tracking_display().lower()
            row.wrong("tracking", f"It is tracked {said}. Tracking is raised on the item's page, with its stock.", "tracking")  # fmt: skip
        if noun and row.has("unit") and noun.unit != row.values["unit"] and noun.code in self._with_lots:
            row.wrong("unit", f"Its stock is kept in {noun.unit}. The base unit of an item with lots does not change.", "unit")  # fmt: skip
        if row.has("other_unit") != row.has("other_factor"):
            missing = "other_factor" if row.has("other_unit") else "other_unit"
            row.wrong(missing, "The other unit and how much it holds go together.", "missing")
        return values

    def _gtin(self, row: Row, values: dict[str, tuple[str, Any]]) -> None:
        if not row.has("gtin"):
            return
        given = row.values["gtin"]
        if len(given) not in (8, 12, 13, 14) or not has_check_digit(given):
            row.wrong("gtin", "A GTIN has 8, 12, 13 or 14 digits, and its last one must be right.", "check_digit")  # fmt: skip
            return
        full = given.zfill(14)
        owner = self._gtins.setdefault(full, row.values["code"])
        if owner != row.values["code"]:
            row.wrong("gtin", f"{owner} has this GTIN: a scan could not tell them apart.", "gtin_taken")
        values["gtin"] = ("gtin", full)

    def _limits(self, row: Row, noun: Any) -> None:
        """Both in percent; the limit at or above what is taken without asking."""
        taken = row.get("over_percent", getattr(noun, "over_percent", None))
        limit = row.get("over_limit_percent", getattr(noun, "over_limit_percent", None))
        for name in ("over_percent", "over_limit_percent"):
            if row.has(name) and (row.values[name] >= 1000 or row.values[name] != round(row.values[name], 2)):
                row.wrong(name, "A share below 1,000 %, with 2 digits after the point.", "too_many_digits")
        if taken is not None and limit is not None and limit < taken:
            where = "over_limit_percent" if row.has("over_limit_percent") else "over_percent"
            row.wrong(where, f"The limit of {plain(limit)} % is below the {plain(taken)} % that are taken.", "limits")  # fmt: skip

    def _pattern(self, row: Row) -> None:
        if row.has("lot_pattern"):
            try:
                checked_pattern(row.values["lot_pattern"])
            except ValidationError as error:
                row.wrong("lot_pattern", " ".join(error.messages), "pattern")

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        """A category that is new comes with its first item."""
        named = {row.values["category"] for row in rows if row.has("category")}
        for name in sorted(
            named - set(Category.objects.filter(name__in=named).values_list("name", flat=True))
        ):
            posting.made(None, Category.objects.create(name=name))
        super().post(rows, posting)

    def _place(self, row: Row, values: dict[str, tuple[str, Any]]) -> None:
        if not row.has("default_location"):
            return
        place = self._places.get(row.values["default_location"])
        if place is None:
            row.wrong("default_location", f"There is no place {row.values['default_location']}.", "unknown_place")  # fmt: skip
        else:
            values["default_location"] = ("default_location", place)

    def changes_more(self, row: Row, noun: Any) -> bool:
        if not (row.has("other_unit") and row.has("other_factor")):
            return False
        unit = row.values["other_unit"]
        old, new = self._units.get((noun.code, unit)), Fraction(row.values["other_factor"])
        if old == new:
            return False
        if old is not None:
            row.wrong("other_factor", f"One {unit} is {_plain(old)} {noun.unit} already. A factor in use does not change.", "unit")  # fmt: skip
            return True
        row.change("other_unit", "", f"{unit} = {_plain(new)} {noun.unit}")
        return True

    def write_more(self, row: Row, noun: Any, posting: Posting) -> None:
        if not (row.has("other_unit") and row.has("other_factor")):
            return
        if (noun.code, row.values["other_unit"]) in self._units:
            return
        factor = Fraction(row.values["other_factor"])
        unit = ItemUnit.objects.create(
            item=noun, unit=row.values["other_unit"], numerator=factor.numerator, denominator=factor.denominator
        )  # fmt: skip
        posting.made(row, unit)


def _plain(value: Fraction) -> str:
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{number.normalize():f}"
