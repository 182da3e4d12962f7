"""Who may open a page. Every page names its right, so that a test can read the whole list."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

from traceability import reach

if TYPE_CHECKING:
    from traceability.models import Person

ANY_ROLE = "any role"


def check(request: HttpRequest, *rights: str) -> HttpResponse | None:
    """A redirect to the log-in page, nothing (go on), or PermissionDenied. One of the rights is enough."""
    person = request.user
    if not person.is_authenticated:
        return _log_in_first(request)
    held = person.get_all_permissions()
    if not (held if ANY_ROLE in rights else held & set(rights)):
        raise PermissionDenied(
            f"This page needs the right {' or '.join(rights)}."
            if ANY_ROLE not in rights
            else "You have no role yet."
        )
    return None


def _log_in_first(request: HttpRequest) -> HttpResponse:
    """The log-in page, and back; a form that was sent is kept; a fragment would be lost inside the page, so the page goes."""
    from traceability.views.resuming import keep

    htmx = getattr(request, "htmx", None)
    if htmx:
        back = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(redirect_to_login(back).url)
    return keep(request) if request.method == "POST" else redirect_to_login(request.get_full_path())


def needs(
    *rights: str, about: type[Model] | None = None, named: str = "pk"
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """For function views: one of the rights, else 403; a stranger is sent to the log-in page.

    `about`: what the address is about (found by `named`). What belongs to another site than the person's is not found.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refused = check(request, *rights)
            # One view may call another with what it found: then it is checked already.
            if refused is None and about is not None and named in kwargs:
                reach.check(cast("Person", request.user), about, **{named: kwargs[named]})
            return refused or view(request, *args, **kwargs)

        guarded.right = rights  # type: ignore[attr-defined]
        return guarded

    return decorate


class NeedsRight:
    """For class views: `right` names what is needed, `about` (found by `named`) what the address is about."""

    right: str | tuple[str, ...]
    about: type[Model] | None = None
    named = "pk"
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        rights = (self.right,) if isinstance(self.right, str) else self.right
        refused = check(request, *rights)
        if refused is None and self.about is not None:
            reach.check(cast("Person", request.user), self.about, **{self.named: kwargs[self.named]})
        return refused or super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
