"""What may be done with many rows at once. Each app adds its own in `AppConfig.ready()`; the list knows none of them.

    bulk.add("traceability:lots", Bulk("Place hold", "traceability:hold_lots", "held", right="traceability.place_hold"))

The page behind `url_name` gets the choice by POST; `selection.chosen(request)` gives its rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bulk:
    label: str
    url_name: str
    icon: str
    right: str
    is_stop: bool = False


_registry: dict[str, list[Bulk]] = defaultdict(list)


def add(list_name: str, *actions: Bulk) -> None:
    _registry[list_name] += [action for action in actions if action not in _registry[list_name]]


def offered(list_name: str, person: Any) -> list[Bulk]:
    """The actions on this list that the person may do."""
    if not _registry[list_name]:
        return []
    rights = person.get_all_permissions()
    return [action for action in _registry[list_name] if action.right in rights]
