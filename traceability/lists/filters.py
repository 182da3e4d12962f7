"""Filters of lists in the house's look, and what they say in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db import models

CODES = {"q", "lot", "document", "item", "number"}


class ListFilter(django_filters.FilterSet):
    """Fields drawn in the house's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.form.fields.items():
            look = "input lot-code" if name in CODES else "input"
            field.widget.attrs.setdefault("class", look)
            if name not in self.form.data or field.widget.__class__.__name__ == "CheckboxInput":
                continue
            if self.form.is_bound and name in self.form.errors:
                field.widget.attrs["aria-invalid"] = "true"


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def in_words(filterset: django_filters.FilterSet | None) -> list[tuple[str, str]]:
    """What is asked, as pairs of label and value, in the words of the form."""
    if filterset is None or not filterset.is_valid():
        return []
    told = []
    for name, field in filterset.form.fields.items():
        value = filterset.form.cleaned_data.get(name)
        if value in (None, "", []):
            continue
        told.append((str(field.label or name.capitalize()), _told(field, value)))
    return told


def _told(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(value, list):
        return str(dict(field.choices).get(str(value), value))  # type: ignore[arg-type]
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)
