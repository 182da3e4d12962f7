"""Which places and quantities a person sees: those of their own sites."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from traceability.models import Location, Site

LEVELS = 6  # how deep a tree of places is followed


def sites_of(request: HttpRequest) -> list[Site]:
    """The sites that the person sees."""
    person: Any = request.user
    return list(person.reach.sites)


def places_of(request: HttpRequest) -> QuerySet[Location]:
    """The places inside the person's sites that are in use."""
    return Location.objects.inside().filter(site__in=sites_of(request), is_active=True).select_related("site")


def under(code: str, *, prefix: str = "location") -> Q:
    """Rows at a place or at one inside it."""
    path = f"{prefix}__" if prefix else ""
    wanted = Q()
    for level in range(LEVELS):
        wanted |= Q(**{f"{path}{'parent__' * level}code": code})
    return wanted
