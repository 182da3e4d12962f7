"""Forms of quality control: a plan's head, one characteristic, an item's own limit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models

from qc.models import ActionKind, Characteristic, CharacteristicKind, Nonconformance, Plan, Sampling, Source
from traceability import ledger, units
from traceability.models import Item, Location, Lot, Party, Person, Stage

SEPARATORS = re.compile(r"[,;\n]+")
TEXT_AREA = forms.Textarea(attrs={"rows": 2, "data-scan": "literal"})


class HouseForm(forms.Form):
    """Fields in the house's look; what is wrong is marked on the field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"
            field.widget.attrs.setdefault("autocomplete", "off")
            field.widget.attrs.setdefault("data-scan", "literal")

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{name}-error",
                }


class NumberField(forms.CharField):
    """A number as people type it, with a point; may be below zero, may be empty. Empty is no limit, never zero."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=21, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ledger.plain(value) if hasattr(value, "normalize") else value

    def clean(self, value: Any) -> Any:
        text = (super().clean(value) or "").replace("−", "-").strip()
        if not text:
            return None
        try:
            number = units.parse_quantity(text)
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal
        if abs(number) >= 10**13 or number != round(number, 6):
            raise forms.ValidationError("At most six digits after the point.")
        return number


class CodesField(forms.CharField):
    """Codes, separated by commas or lines, each of which must exist."""

    def __init__(self, *, rows: Any, what: str, **kwargs: Any) -> None:
        self.rows, self.what = rows, what
        super().__init__(required=False, max_length=20_000, widget=TEXT_AREA, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(row.code for row in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        codes = listed(super().clean(value))
        found = {row.code: row for row in self.rows().filter(code__in=codes)}
        if missing := [code for code in codes if code not in found]:
            raise forms.ValidationError(f"No {self.what} is called {', '.join(missing[:5])}.")
        return [found[code] for code in codes]


class WordsField(forms.CharField):
    """A few words or codes, separated by commas or lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=4_000, widget=TEXT_AREA, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        words = listed(super().clean(value))
        if any(len(word) > 60 for word in words):
            raise forms.ValidationError("At most 60 characters each.")
        return words


def listed(text: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (part.strip() for part in SEPARATORS.split(text or "")))))


def of_model(model: type[models.Model], name: str, **kwargs: Any) -> Any:
    """The form field of a model's field, with the model's own label, choices and help."""
    return model._meta.get_field(name).formfield(**kwargs)  # type: ignore[union-attr]


class PlanForm(HouseForm):
    """What a revision says of itself. Scopes are codes; the more particular plan wins."""

    name = of_model(Plan, "name")
    stage = forms.ChoiceField(choices=[("", "Choose the stage"), *Stage.choices])
    items = CodesField(
        rows=Item.objects.all, what="item", label="Items", help_text="Their codes, separated by commas."
    )
    suppliers = CodesField(
        rows=lambda: Party.objects.filter(is_supplier=True), what="supplier", label="Only from these suppliers",
        help_text="Codes. Empty: from every supplier.",
    )  # fmt: skip
    category = of_model(Plan, "category", label="Every item of the category", help_text="")
    locations = CodesField(
        rows=lambda: Location.objects.inside(),
        what="place",
        label="Places",
        help_text="For checks of a line or a room.",
    )
    step = of_model(Plan, "step", help_text="Of a work order, such as Fry.")
    every_units = of_model(Plan, "every_units", label="Every so many units", help_text="")
    every_minutes = of_model(Plan, "every_minutes", label="Every so many minutes", help_text="")
    is_blocking = of_model(Plan, "is_blocking", label="The next step waits until it is done", help_text="")
    sampling = of_model(Plan, "sampling")
    sample_number = of_model(
        Plan,
        "sample_number",
        label="Units, for a fixed number",
        help_text="Empty: as the characteristics say.",
    )
    sample_percent = NumberField(label="Per cent, for a percentage")
    level = of_model(Plan, "level", label="Inspection level")
    aql = of_model(Plan, "aql", required=False)
    allows_reduced = of_model(
        Plan, "allows_reduced", label="Reduced inspection after ten accepted in a row", help_text=""
    )
    skip_every = of_model(
        Plan, "skip_every", label="Look at one lot in", help_text="Empty: no lot is skipped."
    )
    skip_after = of_model(Plan, "skip_after", label="Once so many were accepted in a row", help_text="")
    stops_on_calibration = of_model(
        Plan,
        "stops_on_calibration",
        label="An instrument past its calibration stops the reading",
        help_text="",
    )
    note = of_model(Plan, "note")

    def clean(self) -> dict[str, Any]:
        from qc import sampling

        found = super().clean() or {}
        how, aql = found.get("sampling"), found.get("aql")
        if how == Sampling.AQL:
            if aql is None:
                self.add_error("aql", "Say the AQL.")
            elif aql not in sampling.AQLS:
                self.add_error("aql", f"The tables know {', '.join(map(str, sampling.AQLS))}.")
        if how == Sampling.PERCENT and not (
            found.get("sample_percent") and 0 < found["sample_percent"] <= 100
        ):
            self.add_error("sample_percent", "More than 0, at most 100.")
        if found.get("skip_every") is not None and found["skip_every"] < 2:
            self.add_error("skip_every", "One in two, or fewer.")
        return found


class NewPlanForm(PlanForm):
    code = forms.CharField(max_length=20, label="Code", help_text="Such as QP-008.")
    field_order = ("code",)


class CharacteristicForm(HouseForm):
    """One thing that is looked at. A limit left empty is no limit."""

    name = of_model(Characteristic, "name")
    kind = forms.ChoiceField(choices=[("", "Choose the kind"), *CharacteristicKind.choices])
    unit = of_model(Characteristic, "unit")
    nominal = NumberField(label="Nominal")
    lower = NumberField(label="Lower limit", help_text="Empty: no lower limit.")
    upper = NumberField(label="Upper limit", help_text="Empty: no upper limit.")
    gross_lower = NumberField(label="A slip if below")
    gross_upper = NumberField(label="A slip if above", help_text="Asked again, not judged.")
    label_above = NumberField(label="The label speaks above")
    label_text = of_model(Characteristic, "label_text", label="What the label says then", help_text="")
    decimals = forms.IntegerField(label="Digits after the point", required=False, min_value=0, max_value=6)
    readings = forms.IntegerField(label="Readings (n)", min_value=1, max_value=200, initial=1)
    rule = of_model(Characteristic, "rule")
    severity = of_model(Characteristic, "severity")
    method = of_model(Characteristic, "method", help_text="")
    entered_by = of_model(Characteristic, "entered_by", label="Who may enter it")
    needs_instrument = of_model(
        Characteristic, "needs_instrument", label="A reading names its instrument", help_text=""
    )
    is_mandatory = of_model(
        Characteristic, "is_mandatory", label="Must be done before a release", initial=True
    )
    choices = WordsField(label="Choices", help_text="For a choice: what may be chosen.")
    accepted = WordsField(label="Of these, within limits")
    defects = WordsField(label="Defect codes", help_text="For a count of defects.")
    note = of_model(Characteristic, "note")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for low, high in (("lower", "upper"), ("gross_lower", "gross_upper")):
            if found.get(low) is not None and found.get(high) is not None and found[low] > found[high]:
                self.add_error(high, "It is below the lower one.")
        if found.get("kind") == CharacteristicKind.CHOICE:
            choices, accepted = found.get("choices") or [], found.get("accepted") or []
            if len(choices) < 2:
                self.add_error("choices", "At least two.")
            if not accepted or set(accepted) - set(choices):
                self.add_error("accepted", "At least one of the choices, spelled the same.")
        # An empty list of rules chosen by nobody must not become a rule.
        found["entered_by"] = found.get("entered_by") or ""
        return found


class LimitForm(HouseForm):
    item = forms.ModelChoiceField(
        Item.objects.all(), label="Item", to_field_name="code", widget=forms.TextInput()
    )
    lower = NumberField(label="Lower limit")
    upper = NumberField(label="Upper limit")
    applies_not = forms.BooleanField(label="Does not apply to it", required=False)


def sections(form: forms.Form, *groups: tuple[str, Iterable[str]]) -> list[dict[str, Any]]:
    """The fields of a form under headings, in order."""
    return [
        {"title": title, "fields": [form[name] for name in names if name in form.fields]}
        for title, names in groups
    ]


class NonconformanceForm(HouseForm):
    """What is wrong, where it was found, and what it concerns."""

    title = of_model(Nonconformance, "title")
    source = forms.ChoiceField(choices=[("", "Where was it found?"), *Source.choices])
    severity = of_model(Nonconformance, "severity")
    description = forms.CharField(required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 4}))
    defects = WordsField(label="Defect codes")
    quantity = of_model(
        Nonconformance, "quantity", label="How much", help_text="In words, such as 12 of 400 cases."
    )
    lots = forms.CharField(
        required=False, max_length=20_000, widget=TEXT_AREA, help_text="Their numbers, separated by commas."
    )
    supplier = forms.ModelChoiceField(
        Party.objects.filter(is_supplier=True), label="Vendor", required=False, empty_label="As the lots say"
    )
    complaint = of_model(Nonconformance, "complaint", label="Complaint number", help_text="")

    def clean_lots(self) -> list[Lot]:
        numbers = listed(self.cleaned_data["lots"])
        found = list(Lot.objects.filter(number__in=numbers).select_related("supplier"))
        if missing := [number for number in numbers if number not in {lot.number for lot in found}]:
            raise forms.ValidationError(f"No lot is called {', '.join(missing[:5])}.")
        return found


class ActionForm(HouseForm):
    kind = forms.ChoiceField(choices=ActionKind.choices)
    what = forms.CharField(
        label="What has to be done", max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    owner = forms.ModelChoiceField(Person.objects.none(), label="By whom", empty_label="Choose a person")
    due_on = forms.DateField(label="By when", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(is_active=True).exclude(roles__contains=["integration"])
        self.fields["owner"].queryset = people.order_by("display_name", "username")  # type: ignore[attr-defined]
