"""A list from its address: for what is done with "all that match", for exports in the background, counts and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve

from traceability import reach
from traceability.counting import count_each
from traceability.ledger import BadInput
from traceability.lists.records import RecordList, UnknownParameter

if TYPE_CHECKING:
    from traceability.models import Person


def list_at(path: str, asked: QueryDict, *, person: Person, host: str = "") -> RecordList:
    """The list at this address as the person sees it. Refused as the page itself would refuse."""
    try:
        match = resolve(path)
    except Resolver404:
        raise _no_list(path) from None
    kind = getattr(match.func, "view_class", None)
    if kind is None or not issubclass(kind, RecordList):
        raise _no_list(path)
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET = asked  # type: ignore[assignment]
    request.user = person
    request.resolver_match = match
    request.META |= {
        "SERVER_NAME": host.partition(":")[0] or "localhost",
        "SERVER_PORT": host.partition(":")[2] or "80",
    }
    request.META["HTTP_HOST"] = host or _known_host()
    rows_of: RecordList = kind(**match.func.view_initkwargs)  # type: ignore[attr-defined]
    rows_of.setup(request, *match.args, **match.kwargs)
    rights = {rows_of.right} if isinstance(rows_of.right, str) else set(rows_of.right)
    if not rights & person.get_all_permissions():
        raise PermissionDenied(f"This list needs the right {' or '.join(sorted(rights))}.")
    if rows_of.about is not None:
        reach.check(person, rows_of.about, **{rows_of.named: match.kwargs[rows_of.named]})
    try:
        rows_of.check_parameters()
    except UnknownParameter as unknown:
        raise BadInput(f"The list has no filter called {unknown}.", now="Open the list again.") from None
    return rows_of


def rows_at(address: str, *, person: Person) -> QuerySet[Any] | None:
    """The rows behind an address with its query, or nothing where there is no such list for this person any more."""
    path, _, query = address.partition("?")
    try:
        rows_of = list_at(path, QueryDict(query), person=person)
        rows = rows_of.get_queryset()
    except (BadInput, PermissionDenied, Http404):
        return None
    return rows if rows_of.filterset is None or rows_of.filterset.is_valid() else None


def counts_of(addresses: Sequence[str], *, person: Person) -> list[int | None]:
    """How many rows each address has, in one query; counting stops a little above 10,000. None: no such list."""
    found = [rows_at(address, person=person) for address in addresses]
    counted = iter(count_each([rows for rows in found if rows is not None]))
    return [None if rows is None else next(counted) for rows in found]


def _known_host() -> str:
    return next((host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))), "localhost")


def _no_list(path: str) -> BadInput:
    return BadInput(
        "There is no list at this address.",
        f"It was {path[:80]}.",
        "Open the list again.",
        fields={"list": "unknown"},
    )
