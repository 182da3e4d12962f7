"""The one handler of refusals for pages: what, why, what now and the code, as a banner, with the person's input kept.

    @refusals.shown_on(open_page)      # the view of the form; it sees request.refusal and request.POST
    def open_recall(request): ...

A verb without a page of its own is answered by `refused.html`, which keeps what was sent. Every refusal leaves a
RefusalRecord, written after the refused transaction is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from traceability.ledger import Refusal
from traceability.models import RefusalRecord
from traceability.unavailable import DatabaseAway, ReadOnly, TryAgain, Unavailable, from_database
from traceability.views import outages


def record(request: HttpRequest, refusal: Refusal) -> None:
    """Write down what was refused, in a transaction of its own."""
    person = request.user if request.user.is_authenticated else None
    route = request.resolver_match.view_name if request.resolver_match else request.path
    with transaction.atomic():
        RefusalRecord.objects.create(
            actor=person,
            route=route[:120],
            code=refusal.code[:40],
            sentence=refusal.sentence,
            lots=refusal.lots[:10_000],
        )


def as_refusal(exception: BaseException) -> Refusal | None:
    """The refusal in an exception, if it is one."""
    return exception if isinstance(exception, Refusal) else from_database(exception)


def note(request: HttpRequest, refusal: Refusal) -> None:
    """Write down what was refused; of what the database could not do there is nothing to write, and perhaps nowhere."""
    if isinstance(refusal, TryAgain):
        request.collided = refusal.is_collision  # type: ignore[attr-defined]
    if not isinstance(refusal, Unavailable):
        record(request, refusal)


def shown_on(
    page: Callable[..., HttpResponseBase],
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Show a refusal of this verb on the page of its form: the form is drawn again from request.POST."""

    def decorate(verb: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(verb)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return verb(request, *args, **kwargs)
            except (Refusal, Error) as exception:
                refusal = as_refusal(exception)
                if refusal is None or isinstance(refusal, DatabaseAway):
                    raise
            note(request, refusal)
            request.refusal = refusal  # type: ignore[attr-defined]
            response = page(request, *args, **kwargs)
            response.status_code = refusal.status
            _say_when(response, refusal)
            return response

        return guarded

    return decorate


class RefusalsAsPages:
    """Middleware: a refusal that reaches the edge becomes a page (or, for htmx, the banner alone)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refusal = as_refusal(exception)
        if refusal is None or request.path_info.startswith("/api/"):
            return None
        is_stranger = not isinstance(refusal, DatabaseAway) and not request.user.is_authenticated
        if isinstance(refusal, DatabaseAway) or (isinstance(refusal, ReadOnly) and is_stranger):
            return outages.answer(request, refusal)
        note(request, refusal)
        request.refusal = refusal  # type: ignore[attr-defined]
        if getattr(request, "htmx", False):
            response = render(request, "refusal_banner.html", {"refusal": refusal}, status=refusal.status)
            response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
            _say_when(response, refusal)
            return response
        kept = [
            (name, value)
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken" and "password" not in name
            for value in values
        ]
        response = render(request, "refused.html", {"kept": kept}, status=refusal.status)
        _say_when(response, refusal)
        return response


def _say_when(response: Any, refusal: Refusal) -> None:
    if isinstance(refusal, Unavailable):
        response["Retry-After"] = str(refusal.retry_after)
