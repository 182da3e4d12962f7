"""Master data as it was: who changed what, when and why, told in words; and saying who and why while changing.

with changes.noting(actor=quinn, reason="New supplier pack"):
    item.save()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pghistory
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from traceability.models import Change, ChangeVerb

if TYPE_CHECKING:
    from traceability.models import Person

# Every table whose changes the database notes (see the migrations); the verifier looks whether it still does.
NOTED = (
    "traceability_item", "traceability_itemunit", "traceability_party", "traceability_contact", "traceability_supplieritem", "traceability_site",
    "traceability_location", "traceability_person", "traceability_person_sites", "traceability_apitoken", "traceability_category", "traceability_lotattribute", "traceability_reasoncode", "production_bom", "production_bomcomponent",
    "production_bomcomponent_alternatives", "production_bomoutput", "qc_plan", "qc_plan_items", "qc_plan_locations", "qc_characteristic",
    "qc_characteristiclimit", "qc_instrument", "qc_plan_suppliers",
)  # fmt: skip
NOTHING = "—"
DATABASE = "database"
# What says nothing to a person: keys that only tie rows together.
SILENT = {"id", "client", "key", "fingerprint", "version"}


@contextmanager
def noting(*, actor: Person, reason: str = "") -> Iterator[None]:
    """Who changes and why, for every statement inside; what was said outside holds again afterwards."""
    with pghistory.context() as said:
        before = {name: said.metadata.get(name) for name in ("user", "reason")}
        said.metadata.update(user=actor.pk, reason=reason)
        try:
            yield
        finally:
            said.metadata.update(before)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what it was and what it is."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        if self.before == NOTHING:
            return f"{self.field}: {self.after}"
        return f"{self.field}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words. `part` names the row inside the record, such as “unit bag”."""

    change: Change
    by: str
    part: str
    differences: list[Difference]

    @property
    def what(self) -> str:
        verb = self.change.get_verb_display()
        return f"{verb}: {self.part}" if self.part else verb

    @property
    def sentence(self) -> str:
        return "; ".join(str(difference) for difference in self.differences)

    @property
    def short(self) -> str:
        """A few fields of a row that came or went: enough to know which one it was."""
        return ", ".join(d.after if d.after != NOTHING else d.before for d in self.differences[:2])


def tell(rows: Iterable[Change]) -> list[Told]:
    """Changes in words. One query for each kind of record that they point to, however many changes."""
    rows = list(rows)
    names = _names(rows)
    return [_told(row, names) for row in rows]


def as_of(table: str, row: object, moment: datetime) -> dict[str, Any] | None:
    """A row as it stood at a moment, column by column; None if it did not exist then."""
    held: dict[str, Any] | None = None
    for change in Change.objects.filter(table=table, row=str(row), at__lte=moment).order_by("id"):
        held = None if change.verb == ChangeVerb.DELETED else {**(held or {}), **(change.after or {})}
    return held


def _told(change: Change, names: dict[tuple[str, str], str]) -> Told:
    model = _models().get(change.table)
    own = {change.subject, None}
    differences = []
    before, after = change.before or {}, change.after or {}
    for column in sorted({*before, *after}, key=lambda name: _position(model, name)):
        if column in SILENT or _is_way_home(model, column, change, own):
            continue
        was, is_now = (
            _value(model, column, before.get(column), names),
            _value(model, column, after.get(column), names),
        )
        if was != is_now:
            differences.append(Difference(_label(model, column), was, is_now))
    by = str(change.actor) if change.actor else DATABASE
    return Told(change, by, _part(model, change), differences)


def _part(model: type[models.Model] | None, change: Change) -> str:
    """“Contact”, for a row that is a part of its record; nothing for the record itself."""
    if model is None:
        return change.table
    if change.row == change.subject and model._meta.model_name == change.subject_kind.replace("_", ""):
        return ""
    return str(model._meta.verbose_name)


def _is_way_home(model: type[models.Model] | None, column: str, change: Change, own: set[str | None]) -> bool:
    """The column by which a part names the record it belongs to."""
    values = (change.before or {}).get(column), (change.after or {}).get(column)
    field = _field(model, column)
    is_key = isinstance(
        field, models.ForeignKey
    ) and field.remote_field.model._meta.model_name == change.subject_kind.replace("_", "")
    return is_key and {str(value) if value is not None else None for value in values} <= own


def _value(
    model: type[models.Model] | None, column: str, value: Any, names: dict[tuple[str, str], str]
) -> str:
    if value is None or value == "" or value == []:
        return NOTHING
    field = _field(model, column)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, models.ForeignKey):
        return names.get((field.remote_field.model._meta.label, str(value)), f"no. {value}")
    if isinstance(field, ArrayField) or isinstance(value, list):
        return ", ".join(str(part).replace("_", " ") for part in value)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DecimalField):
        text = f"{value}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _names(rows: list[Change]) -> dict[tuple[str, str], str]:
    wanted: dict[type[models.Model], set[str]] = defaultdict(set)
    for row in rows:
        model = _models().get(row.table)
        for held in (row.before or {}, row.after or {}):
            for column, value in held.items():
                field = _field(model, column)
                if isinstance(field, models.ForeignKey) and value is not None:
                    wanted[field.remote_field.model].add(str(value))
    return {
        (model._meta.label, str(noun.pk)): str(noun)
        for model, keys in wanted.items()
        for noun in model._default_manager.filter(pk__in=keys)
    }


@cache
def _models() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def _field(model: type[models.Model] | None, column: str) -> Any:
    if model is None:
        return None
    return _columns(model).get(column)


@cache
def _columns(model: type[models.Model]) -> dict[str, Any]:
    return {field.column: field for field in model._meta.concrete_fields}


def _label(model: type[models.Model] | None, column: str) -> str:
    field = _field(model, column)
    words = str(field.verbose_name) if field is not None else column
    return words.removeprefix("is ") if words.startswith("is ") else words


def _position(model: type[models.Model] | None, column: str) -> tuple[int, str]:
    order = list(_columns(model)) if model else []
    return (order.index(column) if column in order else len(order), column)
