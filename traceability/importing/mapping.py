"""Which column is which field: by heading, by another name for it, or as a person said last time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from traceability.ledger import BadInput
from traceability.models import ImportMapping

if TYPE_CHECKING:
    from traceability.importing.fields import Importer
    from traceability.models import Import, Person

_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")


def folded(heading: str) -> str:
    return _NOT_A_LETTER.sub("", heading.lower())


def signature(headings: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(headings)).encode()).hexdigest()


def proposed(importer: Importer, headings: Sequence[str]) -> dict[str, str]:
    """Column (from 0, as text) → field. What a person said for the same headings before comes first."""
    remembered = ImportMapping.objects.filter(kind=importer.name, headings=signature(headings)).first()
    if remembered:
        return dict(remembered.mapping)
    names: dict[str, str] = {}
    for field in importer.fields:
        for name in (field.heading, field.name, *field.also):
            names.setdefault(folded(name), field.name)
    found: dict[str, str] = {}
    for column, heading in enumerate(headings):
        known = names.get(folded(heading))
        if known and known not in found.values():
            found[str(column)] = known
    return found


def chosen(importer: Importer, headings: Sequence[str], told: dict[int, str]) -> dict[str, str]:
    """What a person says, checked: known fields, each once, and what must be there is. Raises BadInput."""
    known = {field.name for field in importer.fields}
    mapping = {str(column): name for column, name in sorted(told.items()) if name}
    names = list(mapping.values())
    if unknown := set(names) - known:
        raise BadInput(f"There is no field {sorted(unknown)[0][:40]}.", fields={"mapping": "unknown"})
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        heading = importer.field(twice).heading
        raise BadInput(
            f"Two columns are {heading}.",
            "A field has one column.",
            "Choose nothing for one of them.",
            fields={"mapping": twice},
        )
    missing = [field.heading for field in importer.fields if field.is_required and field.name not in names]
    if missing:
        raise BadInput(
            f"No column is {', '.join(missing)}.", "Without it no row can be told from another.", "Choose the column, or add it to the file.", fields={"mapping": missing}
        )  # fmt: skip
    return mapping


def remember(source: Import, actor: Person) -> None:
    ImportMapping.objects.update_or_create(
        kind=source.kind, headings=signature(source.about["headings"]), defaults={"mapping": source.mapping, "by": actor}
    )  # fmt: skip
