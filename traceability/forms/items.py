"""Items with their policies and units."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from traceability import reach
from traceability.forms.base import MasterForm, RowForm, Rows, rows_of
from traceability.forms.fields import Code, Digits, Line, Number, Whole, Words
from traceability.models import Category, Item, ItemUnit, Location, Lot, Party, Stage, Tracking

STAGES = [
    (Stage.RECEIVING, "Receiving"),
    (Stage.STAGING, "Staging"),
    (Stage.IN_PROCESS, "In process"),
    (Stage.FINAL, "Final"),
    (Stage.SHIPPING, "Shipping"),
]
UNIT = re.compile(r"[A-Za-z0-9²³µ%/.-]{1,12}\Z")
PARTS = re.compile(r"\{(yymmdd|yyyy|nn)\}")


class UnitName(Code):
    """A unit as people write it: lb, kg, bag, cs. Never empty, never two words."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and not UNIT.match(text):
            raise forms.ValidationError("A unit is one short word, such as lb, kg, bag or cs.")
        return text


class ItemForm(MasterForm):
    code = Code(max_length=40)
    name = Line(max_length=160)
    category = forms.ModelChoiceField(
        queryset=Category.objects.filter(is_active=True),
        to_field_name="name",
        required=False,
        empty_label="none",
    )
    tracking = forms.ChoiceField(choices=Tracking.choices, initial=Tracking.LOT, widget=forms.RadioSelect)
    unit = UnitName(max_length=12, label="Base unit", help_text="Stock is kept in it for ever.")
    decimals = Whole(most=6, initial=3, help_text="Digits after the point that a quantity may have.")
    gtin = Digits(
        length=14,
        what="GTIN",
        may_be_shorter=True,
        required=False,
        label="GTIN",
        help_text="Of one base unit.",
    )
    pack = Line(max_length=60, required=False, help_text="In words, such as 5 × 2 lb.")
    weight_per_unit = Number(required=False, label="Weight, lb", help_text="Of the product in one base unit.")
    shelf_life_days = Whole(least=1, most=36_500, required=False, label="Shelf life, days")
    shelf_life_months = Whole(least=1, most=1_200, required=False, label="or months")
    minimum_life_days = Whole(most=36_500, required=False, label="Least remaining life on arrival, days")
    needs_expiry = forms.BooleanField(required=False, label="Every lot needs a date")
    allergens = Words(required=False, help_text="Separated by commas.")
    inspected_at = forms.MultipleChoiceField(
        choices=STAGES, required=False, widget=forms.CheckboxSelectMultiple, label="Needs an inspection at"
    )
    lot_pattern = Code(
        max_length=40, required=False, label="Lot numbers", help_text="Empty: the supplier's own. Else a pattern: {yymmdd} the day, {yyyy} the year, {nn} counts within it."
    )  # fmt: skip
    over_percent = Number(
        required=False,
        digits=2,
        label="Over-receipt taken, %",
        help_text="Without asking. Empty: 5 %.",
    )
    over_limit_percent = Number(
        required=False,
        digits=2,
        label="Over-receipt limit, %",
        help_text="Above it is refused; between, a second person approves.",
    )
    storage_note = Line(
        max_length=80, required=False, label="Storage, in words", help_text="Such as −18 °C or colder."
    )
    default_location = forms.ModelChoiceField(
        queryset=Location.objects.none(), required=False, label="Usual place", empty_label="none"
    )
    owner = forms.ModelChoiceField(
        queryset=Party.objects.none(),
        required=False,
        empty_label="ourselves",
        help_text="For material of a customer or an agency.",
    )
    count_tolerance_percent = Number(
        least=Decimal(0), most=Decimal(100), digits=2, initial=Decimal(2), label="Within, %"
    )
    count_tolerance_quantity = Number(least=Decimal(0), initial=Decimal(0), label="or within, base units")
    note = Line(max_length=200, required=False)

    groups = (
        ("What it is", "", ("code", "confirm_alike", "name", "kind", "category", "pack", "note")),
        (
            "Tracking",
            "May be raised later, when stock is named lot by lot; never lowered.",
            ("tracking", "lot_pattern"),
        ),
        ("Quantities", "", ("unit", "decimals", "weight_per_unit", "gtin")),
        (
            "Life",
            "Days or months, not both.",
            ("shelf_life_days", "shelf_life_months", "minimum_life_days", "date_label", "needs_expiry"),
        ),
        ("Keeping it", "", ("storage", "storage_note", "default_location", "owner", "allergens")),
        ("Quality and rules", "", ("inspected_at", "is_on_food_traceability_list", "is_utility")),
        ("Receiving", "", ("over_percent", "over_limit_percent", "needs_truck_check")),
        (
            "Counting",
            "A difference within it is posted by one person; beyond it a second one looks.",
            ("count_class", "count_tolerance_percent", "count_tolerance_quantity"),
        ),
    )

    class Meta:
        model = Item
        fields = [
            "code", "name", "kind", "category", "pack", "note", "tracking", "lot_pattern", "unit", "decimals", "weight_per_unit", "gtin", "shelf_life_days",
            "shelf_life_months", "minimum_life_days", "date_label", "needs_expiry", "storage", "storage_note", "default_location", "owner", "allergens",
            "inspected_at", "is_on_food_traceability_list", "is_utility", "over_percent", "over_limit_percent",
            "needs_truck_check", "count_class", "count_tolerance_percent", "count_tolerance_quantity",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.among("default_location", _places(self.instance))
        self.among("owner", _owners(self.instance))
        self.fields["is_on_food_traceability_list"].label = "On the Food Traceability List"
        self.fields["needs_truck_check"].label = "The truck is checked before it is received"
        self.fields["is_utility"].label = "A utility: water, gas, power. It has no balance"
        if self.instance.pk:
            own = Category.objects.filter(Q(is_active=True) | Q(name=self.instance.category))
            self.among("category", own)
            # Raised by a verb of its own, which names the stock on hand.
            self.fields["tracking"].disabled = True
            if Lot.objects.filter(item=self.instance).exists():
                self.fields["unit"].disabled = True
                self.fields["unit"].help_text = "Fixed: stock is kept in it."
                self.fields["is_utility"].disabled = True

    def clean_category(self) -> str:
        found = self.cleaned_data["category"]
        return found.name if found else ""

    def clean_lot_pattern(self) -> str:
        return checked_pattern(self.cleaned_data["lot_pattern"])

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("shelf_life_days") and data.get("shelf_life_months"):
            self.add_error("shelf_life_months", "Days or months, not both.")
        if data.get("tracking") == Tracking.SERIAL and data.get("decimals"):
            self.add_error("decimals", "What is tracked by serial has no decimals: type 0.")
        if data.get("weight_per_unit") is not None and data["weight_per_unit"] <= 0:
            self.add_error("weight_per_unit", "More than zero, or empty.")
        taken, limit = data.get("over_percent"), data.get("over_limit_percent")
        for name, value in (("over_percent", taken), ("over_limit_percent", limit)):
            if value is not None and value < 0:
                self.add_error(name, "Zero or more.")
        if taken is not None and limit is not None and limit < taken:
            self.add_error("over_limit_percent", "The limit is at or above what is taken without asking.")
        if data.get("gtin"):
            other = Item.objects.filter(gtin=data["gtin"]).exclude(pk=self.instance.pk).first() or getattr(
                ItemUnit.objects.filter(gtin=data["gtin"]).exclude(item=self.instance.pk).first(),
                "item",
                None,
            )
            if other:
                self.add_error(
                    "gtin", f"{other.code} has this GTIN already: a scan could not tell them apart."
                )
        return data


class UnitForm(RowForm):
    """One of this unit is so many base units, exactly: 50, 0.5 or 1/3."""

    unit = UnitName(max_length=12, label="1 of this unit")
    factor = forms.CharField(
        max_length=40,
        label="is so many base units",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "50, or 1/3"}),
    )
    gtin = Digits(length=14, what="GTIN", may_be_shorter=True, required=False, label="GTIN of this pack")

    class Meta:
        model = ItemUnit
        fields = ["unit", "gtin"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["factor"] = factor_text(self.instance)
        self.order_fields(["unit", "factor", "gtin"])

    def clean_factor(self) -> Fraction:
        factor = exact(self.cleaned_data["factor"])
        self.instance.numerator, self.instance.denominator = factor.numerator, factor.denominator
        return factor


class UnitRows(Rows):
    title = "Other units"
    note = "It may be entered in these too. The factor is exact; the ledger keeps the base unit."
    one = "unit"

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            data = getattr(form, "cleaned_data", None) or {}
            if data and not data.get("DELETE") and data.get("unit") and data["unit"] == self.instance.unit:
                form.add_error("unit", "This is the base unit.")


UnitSet = rows_of(Item, UnitForm, base=UnitRows)


def checked_pattern(pattern: str) -> str:
    """A pattern of lot numbers as it is, or ValidationError with what is wrong."""
    if not pattern:
        return ""
    if pattern.count("{nn}") != 1:
        raise forms.ValidationError("A pattern has {nn} once: without it two lots would get one number.")
    if "{" in PARTS.sub("", pattern) or "}" in PARTS.sub("", pattern):
        raise forms.ValidationError("In braces stand only {yymmdd}, {yyyy} and {nn}.")
    if len(preview(pattern)) > 20:
        raise forms.ValidationError(
            f"It gives {preview(pattern)}, longer than the 20 characters of a lot number."
        )
    return pattern


def exact(text: str) -> Fraction:
    """50, 0.4535924 or 1/3 as an exact fraction. Raises ValidationError."""
    plain = text.strip()
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(?:\s*/\s*([0-9]{1,12}))?", plain, re.ASCII)
    if not found or (found[2] and int(found[2]) == 0) or Fraction(found[1]) == 0:
        raise forms.ValidationError("A number above zero, such as 50, 0.5 or 1/3.")
    factor = Fraction(found[1]) / Fraction(int(found[2])) if found[2] else Fraction(found[1])
    if factor.numerator >= 2**62 or factor.denominator >= 2**62:
        raise forms.ValidationError("This factor has too many digits.")
    return factor


def factor_text(unit: ItemUnit) -> str:
    """A decimal where it is one, else a fraction: 50, 0.45359237, 1/3."""
    factor = Fraction(unit.numerator, unit.denominator)
    rest = factor.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{factor.numerator}/{factor.denominator}"
    digits = next(n for n in range(64) if (factor * 10**n).denominator == 1)
    whole = str((factor * 10**digits).numerator).zfill(digits + 1)
    return f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole


def preview(pattern: str) -> str:
    """What the first lot of today would be called, without taking the number."""
    day = timezone.localdate()
    return pattern.replace("{yymmdd}", f"{day:%y%m%d}").replace("{yyyy}", f"{day:%Y}").replace("{nn}", "01")


def _places(item: Item) -> Any:
    """The places of one's own sites, and the one that it has."""
    mine = reach.seen(Location.objects.inside()).filter(is_active=True)
    return Location.objects.filter(Q(pk__in=mine) | Q(pk=item.default_location_id)).select_related("site")


def _owners(item: Item) -> Any:
    """Suppliers, and customers for those who may know them; and the one that it has."""
    mine = Q(is_active=True)
    person = reach.who()
    if person is not None and not person.has_perm("traceability.view_customers"):
        mine &= Q(is_supplier=True)
    return Party.objects.filter(mine | Q(pk=item.owner_id)).order_by("name")
