"""What a person says when opening a case, and when holding everything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.crypto import get_random_string


class OpenForm(forms.Form):
    title = forms.CharField(
        label="Title",
        max_length=160,
        help_text="What and why, such as “Cajun spice CS-26-2874: possible Salmonella”.",
    )
    hazard = forms.CharField(label="Hazard", max_length=160, help_text="Such as “Possible Salmonella”.")
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"rows": 3}), help_text="Who said what, and when."
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[("real", "Real recall"), ("mock", "Mock recall")], widget=forms.RadioSelect
    )
    notified_on = forms.DateField(
        label="We were told on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name not in ("kind", "key"):
                field.widget.attrs["class"] = "input"
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"


class HoldForm(forms.Form):
    reason = forms.CharField(required=False, max_length=500)
    in_a_mock = forms.BooleanField(required=False)
    key = forms.CharField(max_length=64)


class FreezeForm(forms.Form):
    key = forms.CharField(max_length=64)


def new_key() -> str:
    """Drawn with the form and sent with it: sending the form twice does the thing once."""
    return get_random_string(24)
