"""Which sites a person may look into. Whatever belongs to another site is not found, with the same words as what does not exist.

    Lot.objects.for_actor(person)      the rows of a person's sites
    seen(Lot.objects.filter(...))      the same for whoever asks at this moment: a page, the API, a job
    elsewhere(person, lots)            of these lots, how many are at which other sites: a walk's boundary, never its content

Nobody asks in a command or a test; there `seen` shows everything. A person of every site asks no extra question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from django.db.models import Model

    from traceability.models import Person, Site

FOR_MACHINES = ("/static/", "/healthz", "/readyz", "/version")
_asking: ContextVar[Person | None] = ContextVar("asking", default=None)
Rows = TypeVar("Rows", bound=Any)


@contextmanager
def asking(person: Person | None) -> Iterator[None]:
    """What is looked up inside is looked up for this person."""
    before = _asking.set(person)
    try:
        yield
    finally:
        _asking.reset(before)


def asks(person: Person) -> None:
    """From here to the end of the request: a token has said who asks."""
    _asking.set(person)


def nobody_asks() -> None:
    """As in a command: everything is shown from here on."""
    _asking.set(None)


def seen(rows: Rows) -> Rows:
    """Of these rows, those that whoever asks may see. Rows that belong to no site are everybody's."""
    person = _asking.get()
    return rows if person is None else for_actor(rows, person)


def who() -> Person | None:
    return _asking.get()


def sees_all() -> bool:
    person = _asking.get()
    return person is None or person.reach.everywhere


def sites_seen() -> list[int] | None:
    """The sites of whoever asks, or None when nothing needs to be left out."""
    person = _asking.get()
    return None if person is None or person.reach.everywhere else person.reach.ids


def for_actor(rows: Rows, person: Person) -> Rows:
    return rows.for_actor(person) if hasattr(rows, "for_actor") else rows


def check(person: Person, model: type[Model], **named: Any) -> None:
    """Raise Http404 unless the person may see it. Asks only for persons who do not see every site."""
    rows = model._default_manager.all()
    if not person.reach.everywhere and not for_actor(rows, person).filter(**named).exists():
        raise Http404


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A boundary of what a person sees: a site, and how many lots of the answer are there."""

    site: Site
    lots: int


def elsewhere(person: Person, lots: Collection[int]) -> list[Elsewhere]:
    """Of these lots those the person may not see, counted at each site where they are or were. Two queries; none for whoever sees all."""
    from traceability.models import Balance, Lot, Site

    if person.reach.everywhere or not lots:
        return []
    mine = set(Lot.objects.for_actor(person).filter(pk__in=lots).values_list("pk", flat=True))
    hidden = [pk for pk in lots if pk not in mine]
    rows = Balance.objects.filter(lot__in=hidden).order_by().values_list("location__site", "lot").distinct()
    counts: dict[int, int] = {}
    for site, _ in rows:
        counts[site] = counts.get(site, 0) + 1
    return [Elsewhere(site, counts[site.pk]) for site in Site.objects.filter(pk__in=counts)]


class WhoeverAsks:
    """Middleware: while a request is answered, `seen` means the person who sent it; also while its file streams out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(FOR_MACHINES):
            return self.get_response(request)  # They answer when the database is away.
        # The API's tokens say later who it is.
        person: Any = request.user if request.user.is_authenticated else None
        with asking(person):
            response = self.get_response(request)
            person = _asking.get()
        if getattr(response, "streaming", False) and person is not None:
            response.streaming_content = _told_to(person, response.streaming_content)  # type: ignore[attr-defined]
        return response


def _told_to(person: Person, parts: Iterable[bytes]) -> Iterator[bytes]:
    told = iter(parts)
    while True:
        with asking(person):  # Not across the yield: whoever stops reading must not leave the person behind.
            part = next(told, None)
        if part is None:
            return
        yield part
