"""Asking everybody who knows something, and sorting what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.urls import NoReverseMatch, reverse

from traceability.reach import seen
from traceability.scanning.answers import Answer
from traceability.searching.asked import Asked, Hit

if TYPE_CHECKING:
    from traceability.models import Person

SHORT = 8


class Finder(Protocol):
    @property
    def right(self) -> str: ...

    def find(self, asked: Asked) -> Iterable[Hit]: ...


@dataclass(frozen=True, slots=True)
class Papers:
    """Documents of an app by their number, or a part of it. One query."""

    kind: str
    page: str
    icon: str
    right: str
    rows: Callable[[], QuerySet[Any]]
    text: Callable[[Any, bool], str]  # the paper, and whether customers may be named
    number: str = "number"
    key: str = "pk"

    def find(self, asked: Asked) -> Iterable[Hit]:
        same = Q(**{f"{self.number}__in": asked.spellings})
        near = Q()
        for spelled in asked.spellings if asked.is_quick else ():
            near |= Q(**{f"{self.number}__startswith": spelled})
        if not asked.is_quick:
            near = Q(**{f"{self.number}__icontains": asked.text})
        rows = seen(self.rows().filter(same | near)).order_by(Length(self.number), self.number)[:SHORT]
        for row in rows:
            number = str(getattr(row, self.number))
            try:
                url = reverse(self.page, args=[getattr(row, self.key)])
            except NoReverseMatch:
                return
            text = self.text(row, asked.sees_customers)
            yield Hit(self.kind, number, text, url, self.icon, is_exact=number in asked.spellings)


@dataclass(slots=True)
class Found:
    """`exact` is what carries that very name; `near` contains it; `alike` is only spelled nearly so."""

    asked: str
    exact: list[Hit] = field(default_factory=list)
    near: list[Hit] = field(default_factory=list)
    alike: list[Hit] = field(default_factory=list)
    refusal: Answer | None = None  # a label that was not read right

    @property
    def only(self) -> Hit | None:
        return self.exact[0] if len(self.exact) == 1 else None

    @property
    def shown(self) -> list[Hit]:
        return self.exact or self.near or self.alike

    def groups(self) -> list[tuple[str, list[Hit]]]:
        """By kind, in the order in which they were found."""
        found: dict[str, list[Hit]] = {}
        for hit in self.shown:
            found.setdefault(hit.kind, []).append(hit)
        return list(found.items())


_finders: list[Finder] = []


def add(*finders: Finder) -> None:
    _finders.extend(finder for finder in finders if finder not in _finders)


def find(text: str, person: Person, *, is_quick: bool = False) -> Found:
    """Everything that this person may see and that may be meant."""
    from traceability.searching import nouns

    rights = person.get_all_permissions()
    asked = Asked(text, sees_customers="traceability.view_customers" in rights, is_quick=is_quick)
    found = Found(asked.text, refusal=asked.refusal if asked.text else None)
    if not asked.text:
        return found
    for finder in (*nouns.FINDERS, *_finders):
        if finder.right not in rights:
            continue
        for hit in finder.find(asked):
            (found.exact if hit.is_exact else found.near).append(hit)
    papers = {hit.code for hit in found.exact if hit.kind != nouns.LEDGER}
    # The page of a paper says more than its entries.
    found.exact = [hit for hit in found.exact if hit.kind != nouns.LEDGER or hit.code not in papers]
    if not found.exact and not found.near and not is_quick and nouns.LOTS_RIGHT in rights:
        found.alike = nouns.alike_lots(asked)
    nouns.with_status([*found.exact, *found.near, *found.alike])
    return found
