"""Small masters: categories with what is asked of their lots, and reasons in the house's words."""

from __future__ import annotations

from typing import Any

from django import forms

from traceability.forms.base import MasterForm, RowForm, Rows, rows_of
from traceability.forms.fields import Code, Line, Number, Whole, Words
from traceability.models import AskedAt, AttributeKind, Category, LotAttribute, ReasonCode, ReasonUse


class CategoryForm(MasterForm):
    code_field = "name"
    name = Code(max_length=60, help_text="Such as Spices, Frozen fish, Cartons.")
    note = Line(max_length=200, required=False)

    groups = (("The category", "", ("name", "confirm_alike", "note")),)

    class Meta:
        model = Category
        fields = ["name", "note"]


class AttributeForm(RowForm):
    position = Whole(least=1, most=999, initial=1, label="No.")
    name = Line(max_length=80, label="What is asked")
    kind = forms.ChoiceField(choices=AttributeKind.choices, initial=AttributeKind.TEXT)
    unit = Line(max_length=20, required=False)
    lower = Number(required=False, label="From")
    upper = Number(required=False, label="To")
    choices = Words(required=False, each=60, label="Choices")
    is_required = forms.BooleanField(required=False, label="Required")
    asked_at = forms.MultipleChoiceField(
        choices=AskedAt.choices, required=False, widget=forms.CheckboxSelectMultiple, label="Asked"
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In use")

    class Meta:
        model = LotAttribute
        fields = [
            "position",
            "name",
            "kind",
            "unit",
            "lower",
            "upper",
            "choices",
            "is_required",
            "asked_at",
            "is_active",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.values.exists():
            # What was said of lots was said of this kind.
            self.fields["kind"].disabled = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        lower, upper = data.get("lower"), data.get("upper")
        if lower is not None and upper is not None and upper < lower:
            self.add_error("upper", "The upper limit is below the lower one.")
        if data.get("kind") != AttributeKind.NUMBER and (lower is not None or upper is not None):
            self.add_error("lower", "Limits are of numbers.")
        if data.get("kind") == AttributeKind.CHOICE and len(data.get("choices") or []) < 2:
            self.add_error("choices", "At least two, separated by commas.")
        return data


class AttributeRows(Rows):
    title = "What is asked of its lots"
    note = "Receiving and production ask for it; the last answer counts, and none is ever changed."
    one = "attribute"

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk and form.instance.values.exists():
            form.fields.pop("DELETE", None)  # What was said stays: take it out of use instead.


AttributeSet = rows_of(Category, AttributeForm, base=AttributeRows, extra=2)


class ReasonForm(MasterForm):
    code = Code(max_length=20)
    text = Line(max_length=120, label="In words")
    uses = forms.MultipleChoiceField(
        choices=ReasonUse.choices, widget=forms.CheckboxSelectMultiple, label="Offered for"
    )

    groups = (("The reason", "", ("code", "confirm_alike", "text", "uses")),)

    class Meta:
        model = ReasonCode
        fields = ["code", "text", "uses"]
