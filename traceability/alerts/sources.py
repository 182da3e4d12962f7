"""Kinds of alerts. Each is a query of facts with the moment at which they became news, and words for a few of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

if TYPE_CHECKING:
    from traceability.models import Person


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks, from when on, and what is long or soon for them."""

    person: Person
    threshold: int
    since: datetime
    now: datetime


@dataclass(slots=True)
class Alert:
    key: int
    title: str
    note: str
    url: str
    at: datetime
    code: str = ""
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """`rows` carry `alert_at` and `alert_key`; those before `watch.since` may be left out. `tell` takes a page of them.

    `right`: who may have it (one is enough; none: everybody). `usual_for`: for whom it is on unless they say otherwise.
    """

    kind: str
    label: str
    explanation: str
    icon: str
    rows: Callable[[Watch], QuerySet[Any]]
    tell: Callable[[Sequence[Any], Watch], list[Alert]]
    right: tuple[str, ...] = ()
    usual_for: tuple[str, ...] = ()
    unit: str = ""
    usual: int = 0
    most: int = 365
    all_url: str = ""


_sources: list[Source] = []


def add(*sources: Source) -> None:
    known = {source.kind for source in _sources}
    _sources.extend(source for source in sources if source.kind not in known)


def all_sources() -> list[Source]:
    from traceability.alerts import ours

    return [*ours.SOURCES, *_sources]


def allowed(person: Person) -> list[Source]:
    rights = person.get_all_permissions()
    return [source for source in all_sources() if not source.right or rights & set(source.right)]


def is_usual(source: Source, rights: set[str]) -> bool:
    return not source.usual_for or bool(rights & set(source.usual_for))
