""" "Previous" and "next" on the page of a record, within the list one came from.

The list is told by the address (`?in=`) or, on the first step, by the page the browser came from. Nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from traceability.ledger import BadInput
from traceability.lists.asking import list_at
from traceability.lists.records import RecordList

REACH = 5_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    title: str
    address: str
    position: int
    total: int
    is_capped: bool
    before: str
    after: str


def neighbours(request: HttpRequest) -> Neighbours | None:
    """Where this record stands in its list; nothing where one did not come from a list. One query beside the list's own."""
    match, person = request.resolver_match, request.user
    if match is None or not match.kwargs or not person.is_authenticated or request.method != "GET":
        return None
    address = _told(request)
    if not address:
        return None
    path, _, query = address.partition("?")
    asked = QueryDict(query, mutable=True)
    for name in ("page", "format", "in"):
        asked.pop(name, None)
    try:
        rows_of = list_at(path, asked, person=person)
        if rows_of.record_page != match.view_name:
            return None
        keys = _keys(rows_of)
    except (BadInput, PermissionDenied, Http404):
        return None
    here = next(iter(match.kwargs.values()))
    if here not in keys:
        return None
    place = keys.index(here)
    address = f"{path}?{asked.urlencode()}" if asked else path
    return Neighbours(
        title=_title(rows_of),
        address=address,
        position=place + 1,
        total=min(len(keys), REACH),
        is_capped=len(keys) > REACH,
        before=_page(rows_of, keys[place - 1], address) if place else "",
        after=_page(rows_of, keys[place + 1], address) if place + 1 < len(keys) else "",
    )


def _told(request: HttpRequest) -> str:
    if told := request.GET.get("in", ""):
        return told if told.startswith("/") and not told.startswith("//") else ""
    came = urlsplit(request.META.get("HTTP_REFERER", ""))
    if not came.path or came.netloc != request.get_host() or came.path == request.path:
        return ""
    return f"{came.path}?{came.query}" if came.query else came.path


def _keys(rows_of: RecordList) -> list[Any]:
    rows = rows_of.get_queryset()
    if rows_of.filterset is not None and not rows_of.filterset.is_valid():
        return []
    return list(dict.fromkeys(rows.values_list(rows_of.record, flat=True)[: REACH + 1]))


def _title(rows_of: RecordList) -> str:
    current = next((tab["label"] for tab in rows_of.view_tabs() if tab["is_current"]), "")
    return f"{rows_of.title}: {current}" if current and current != "All" else rows_of.title


def _page(rows_of: RecordList, key: Any, address: str) -> str:
    return f"{reverse(rows_of.record_page, args=[key])}?{urlencode({'in': address})}"
