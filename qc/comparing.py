"""Two revisions of a plan side by side: what was added, what went, what says something else."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models

from qc.models import Characteristic, Plan
from qc.services.planning import COPIED, MANY, PLAN_COPIED
from traceability.ledger import plain


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Part:
    """The plan itself, or one characteristic. `verb` is changed, added or removed."""

    name: str
    verb: str
    differences: list[Difference]


def differences(earlier: Plan, later: Plan) -> list[Part]:
    parts = []
    head = _fields(Plan, earlier, later, PLAN_COPIED) + [
        Difference(name.capitalize(), _codes(earlier, name), _codes(later, name))
        for name in MANY
        if _codes(earlier, name) != _codes(later, name)
    ]
    if head:
        parts.append(Part("The plan", "changed", head))
    before = {c.name: c for c in earlier.characteristics.prefetch_related("limits__item")}
    after = {c.name: c for c in later.characteristics.prefetch_related("limits__item")}
    for name, now in after.items():
        was = before.get(name)
        if was is None:
            parts.append(Part(name, "added", _fields(Characteristic, None, now, COPIED)))
            continue
        found = _fields(Characteristic, was, now, COPIED)
        if _own(was) != _own(now):
            found.append(Difference("Limits of items", _own(was) or "none", _own(now) or "none"))
        if found:
            parts.append(Part(name, "changed", found))
    parts.extend(Part(name, "removed", []) for name in before if name not in after)
    return parts


def _fields(model: type[models.Model], was: Any, now: Any, names: Any) -> list[Difference]:
    found = []
    for name in names:
        if name == "position" and was is None:
            continue
        field: Any = model._meta.get_field(name)
        empty = field.get_default() if was is None else getattr(was, name)
        if empty != getattr(now, name):
            words = str(field.verbose_name).removeprefix("is ").capitalize()
            found.append(Difference(words, "" if was is None else _words(field, was), _words(field, now)))
    return found


def _words(field: Any, row: Any) -> str:
    value = getattr(row, field.name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value in (None, "") else str(value)


def _codes(plan: Plan, name: str) -> str:
    return ", ".join(getattr(plan, name).order_by("code").values_list("code", flat=True)) or "none"


def _own(c: Characteristic) -> str:
    return "; ".join(
        f"{limit.item.code}: "
        + (
            f"{plain(limit.lower) if limit.lower is not None else '–'} to {plain(limit.upper) if limit.upper is not None else '–'}"
            if limit.applies
            else "does not apply"
        )
        for limit in sorted(c.limits.all(), key=lambda limit: limit.item.code)
    )
