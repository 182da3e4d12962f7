"""What every form of master data has: the house's look, strict fields, parts in rows, a warning about look-alike codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.forms import BaseInlineFormSet, BoundField, inlineformset_factory

from traceability.masters import alike

EXTRA = 2


class HouseLook:
    """Fields drawn as the house draws them; what is wrong is marked on the field and told beside it."""

    fields: dict[str, forms.Field]

    def among(self, name: str, rows: Any) -> None:
        """The rows that a field chooses from."""
        self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def dress(self) -> None:
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(
                widget,
                forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect | forms.HiddenInput,
            ):
                continue
            if isinstance(widget, forms.Select) and not isinstance(field, forms.ModelChoiceField):
                widget.choices = [(value, label if value else "not said") for value, label in widget.choices]
            own = widget.attrs.get("class", "")
            widget.attrs["class"] = f"input {own}".strip() if "input" not in own.split() else own
            if field.required:
                widget.attrs.setdefault("data-required", "yes")
            widget.attrs.setdefault("data-field", name)


class MasterForm(HouseLook, forms.ModelForm):  # type: ignore[type-arg]
    """One record. `groups` say how its page is laid out: (title, note, names of fields).

    Errors of the database's own constraints are found here too, so that the API and the page say the same words.
    """

    groups: ClassVar[Sequence[tuple[str, str, Sequence[str]]]] = ()
    code_field: ClassVar[str] = "code"
    confirm_alike = forms.BooleanField(required=False, label="It is another one, on purpose")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.twin = ""
        self.dress()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._look_for_twins(data)
        return data

    def _look_for_twins(self, data: dict[str, Any]) -> None:
        code = data.get(self.code_field)
        if not code or (self.instance.pk and code == getattr(self.instance, self.code_field)):
            return
        rows = self._meta.model._default_manager.exclude(pk=self.instance.pk)
        self.twin = alike.twin_of(code, rows.values_list(self.code_field, flat=True))
        if self.twin and not data.get("confirm_alike"):
            self.add_error(
                self.code_field,
                f"This looks like {self.twin}, which is there already. If it is another one on purpose, say so below.",
            )

    def tell(self) -> dict[str, str]:
        """What is wrong, field by field, for the API and the banner."""
        return {name: " ".join(str(error) for error in errors) for name, errors in self.errors.items()}

    def laid_out(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        for title, note, names in self.groups:
            yield title, note, [self[name] for name in names if name in self.fields]


class RowForm(HouseLook, forms.ModelForm):  # type: ignore[type-arg]
    """One row of a part of a record. A row left empty is no row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dress()
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name))


class Rows(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows with their title and what an empty one would be for; knows which of its columns are shown."""

    title: ClassVar[str] = ""
    note: ClassVar[str] = ""
    one: ClassVar[str] = "row"

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "Take away"

    @property
    def heads(self) -> list[str]:
        return [
            str(field.label)
            for name, field in self.empty_form.fields.items()
            if name not in ("DELETE", "id") and not field.widget.is_hidden and name != self.fk.name
        ]

    def tell(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for number, form in enumerate(self.forms):
            for name, errors in form.errors.items():
                told[f"{self.prefix}.{number}.{name}"] = " ".join(str(error) for error in errors)
        for error in self.non_form_errors():
            told[str(self.prefix)] = str(error)
        return told


def rows_of(
    parent: type[models.Model],
    form: type[RowForm],
    *,
    base: type[Rows],
    extra: int = EXTRA,
    most: int = 200,
    fk_name: str | None = None,
) -> Any:
    return inlineformset_factory(
        parent, form._meta.model, form=form, formset=base, extra=extra, can_delete=True, max_num=most, absolute_max=most + 20, validate_max=True, fk_name=fk_name
    )  # fmt: skip
