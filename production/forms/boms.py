"""A BOM's draft: for how much, what goes in, what may replace it, what a family yields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from production.models import Bom, BomComponent, BomOutput
from traceability import units
from traceability.forms.base import MasterForm, RowForm, Rows, rows_of
from traceability.forms.fields import Code, Line, Number, Text, Whole
from traceability.forms.items import UnitName
from traceability.models import Item

HUNDRED = Decimal(100)
LISTED = {"list": "items", "class": "lot-code", "autocomplete": "off"}


def an_item(**rest: Any) -> Any:
    """An item, named by its code."""
    return forms.ModelChoiceField(
        queryset=Item.objects.none(), to_field_name="code", widget=forms.TextInput(attrs=dict(LISTED)),
        error_messages={"invalid_choice": "No item has this code."}, **rest,
    )  # fmt: skip


class ItemCodes(forms.Field):
    """Several items by their codes, separated by commas."""

    widget = forms.TextInput(attrs={"class": "lot-code", "autocomplete": "off"})
    most = 20

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return ", ".join(one.code if isinstance(one, Item) else str(one) for one in value)
        return value

    def to_python(self, value: Any) -> list[Item]:
        said = value if isinstance(value, list | tuple) else str(value or "").split(",")
        codes = list(dict.fromkeys(str(code).strip() for code in said if str(code).strip()))
        if len(codes) > self.most:
            raise forms.ValidationError(f"At most {self.most}.")
        known = Item.objects.in_bulk(codes, field_name="code")
        if missing := [code for code in codes if code not in known]:
            raise forms.ValidationError(f"No item has the code {missing[0][:40]}.")
        return [known[code] for code in codes]

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return {item.code for item in self.to_python(data)} != {item.code for item in initial or []}
        except forms.ValidationError:
            return True


class BomForm(MasterForm):
    code_field = "name"
    name = Code(
        max_length=80, required=False, help_text="Empty: the item's code. Or a family's, such as WIP-PD."
    )
    item = an_item(required=False, label="Makes", help_text="One item. Empty: a family of several.")
    per_quantity = Number(least=Decimal("0.000001"), label="Recipe for")
    per_unit = UnitName(max_length=12, label="Unit")
    per_text = Line(
        max_length=80, required=False, label="Of", help_text="In words, where it is not the item."
    )
    water_lb = Number(least=Decimal(0), digits=3, initial=Decimal(0), label="Water, lb", required=False)
    rework_item = an_item(required=False, label="Rework that may go in")
    rework_limit_percent = Number(
        least=Decimal(0), most=HUNDRED, digits=2, required=False, label="Rework at most, %"
    )
    loss_low_percent = Number(
        least=Decimal(0), most=HUNDRED, digits=2, required=False, label="Usual loss from, %"
    )
    loss_high_percent = Number(least=Decimal(0), most=HUNDRED, digits=2, required=False, label="to, %")
    note = Line(max_length=200, required=False)
    change = Text(
        required=False,
        max_length=2_000,
        label="What changes, and why",
        help_text="The engineering change, with its number if it has one.",
    )

    groups = (
        ("What it makes", "", ("item", "name", "confirm_alike", "per_quantity", "per_unit", "per_text")),
        ("Besides", "", ("water_lb", "rework_item", "rework_limit_percent", "note")),
        (
            "Usual loss",
            "Of all that goes in. Outside of it, closing the order needs a reason and a second person.",
            ("loss_low_percent", "loss_high_percent"),
        ),
        ("The change", "", ("change",)),
    )

    class Meta:
        model = Bom
        fields = [
            "item", "name", "per_quantity", "per_unit", "per_text", "water_lb", "rework_item", "rework_limit_percent", "note", "loss_low_percent",
            "loss_high_percent", "change",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("item", "rework_item"):
            self.among(name, Item.objects.all())
            if found := getattr(self.instance, name, None):
                self.initial[name] = found.code
        if self.instance.pk and self.instance.revision > 1:
            # A revision is of the same thing.
            self.fields["name"].disabled = self.fields["item"].disabled = True

    def clean(self) -> dict[str, Any]:
        item = self.cleaned_data.get("item")
        if not self.cleaned_data.get("name") and "name" not in self.errors:
            if item is None:
                self.add_error("name", "An item, or a name for the family.")
            else:
                self.cleaned_data["name"] = item.code
        data = super().clean()
        if not self.instance.pk and Bom.objects.filter(name=data.get("name")).exists():
            self.add_error(
                "name", f"There is a BOM {data['name']} already. Draft a new revision on its page."
            )
        unit = data.get("per_unit")
        if item and unit and unit not in units.units_of(item):
            self.add_error("per_unit", f"{item.code} is not counted in {unit}.")
        if data.get("rework_limit_percent") is not None and not data.get("rework_item"):
            self.add_error("rework_item", "The limit is of which item?")
        low, high = data.get("loss_low_percent"), data.get("loss_high_percent")
        if (low is None) != (high is None):
            self.add_error("loss_high_percent" if high is None else "loss_low_percent", "Both ends, or none.")
        elif low is not None and high is not None and high < low:
            self.add_error("loss_high_percent", "At or above the lower end.")
        data["water_lb"] = data.get("water_lb") or Decimal(0)
        return data


class ComponentForm(RowForm):
    position = Whole(least=1, most=9_999, required=False, label="No.")
    item = an_item(label="Component")
    quantity = Number(least=Decimal("0.000001"))
    unit = UnitName(max_length=12)
    scrap_percent = Number(
        least=Decimal(0), most=Decimal("99.99"), digits=2, required=False, initial=Decimal(0), label="Lost, %"
    )
    alternatives = ItemCodes(required=False, label="or instead")

    class Meta:
        model = BomComponent
        fields = ["position", "item", "quantity", "unit", "scrap_percent", "alternatives"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.among("item", Item.objects.all())
        if self.instance.pk:
            self.initial["item"] = self.instance.item.code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["scrap_percent"] = data.get("scrap_percent") or Decimal(0)
        _is_counted_in(self, data)
        if data.get("item") in (data.get("alternatives") or []):
            self.add_error("alternatives", "This is the component itself.")
        return data


class ComponentRows(Rows):
    title = "What goes in"
    note = "For the quantity above; an order asks for its share of it."
    one = "component"

    def clean(self) -> None:
        super().clean()
        kept = [
            form for form in self.forms if form.cleaned_data.get("item") and not form.cleaned_data.get("DELETE")
        ]  # fmt: skip
        seen: set[int] = set()
        last = max([form.cleaned_data.get("position") or 0 for form in kept], default=0)
        for form in kept:
            item = form.cleaned_data["item"]
            if item.pk in seen:
                form.add_error("item", f"{item.code} stands here twice. Put it into one line.")
            if item.pk == self.instance.item_id:
                form.add_error("item", "It would be made of itself. Rework has its own field.")
            seen.add(item.pk)
            if form.cleaned_data.get("position") is None:
                last += 1
                form.instance.position = last


class OutputForm(RowForm):
    item = an_item(label="Item")
    quantity = Number(least=Decimal("0.000001"))
    unit = UnitName(max_length=12)

    class Meta:
        model = BomOutput
        fields = ["item", "quantity", "unit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.among("item", Item.objects.all())
        if self.instance.pk:
            self.initial["item"] = self.instance.item.code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        _is_counted_in(self, data)
        return data


class OutputRows(Rows):
    title = "What a family yields"
    note = "Roughly, for the quantity above. A BOM of one item needs none."
    one = "item"


def _is_counted_in(form: RowForm, data: dict[str, Any]) -> None:
    item, unit = data.get("item"), data.get("unit")
    if item and unit and unit not in units.units_of(item):
        form.add_error("unit", f"{item.code} is not counted in {unit}.")


ComponentSet = rows_of(Bom, ComponentForm, base=ComponentRows, extra=3)
OutputSet = rows_of(Bom, OutputForm, base=OutputRows, extra=1)
