"""What every page needs: the person's site, its time, the menu, the theme, and when the ledger was last verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from traceability import navigation
from traceability.models import Checkpoint, Site

THEMES = {"light": "", "dark": "all", "auto": "(prefers-color-scheme: dark)"}


def site_of(request: HttpRequest) -> Site | None:
    """The first site of the person who asks; read once a request."""
    if not hasattr(request, "_site"):
        person = request.user
        found = person.sites.order_by("pk").first() if person.is_authenticated else None
        request._site = found or Site.objects.order_by("pk").first()  # type: ignore[attr-defined]
    return request._site  # type: ignore[attr-defined]


class AtTheSite:
    """Pages and their exports speak the time of the person's site. The API speaks UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.path_info.startswith(("/api/", "/static/", "/healthz", "/readyz", "/version"))
            or not request.user.is_authenticated
        ):
            return self.get_response(request)
        site = site_of(request)
        if site is None:
            return self.get_response(request)
        with timezone.override(site.zone):
            return self.get_response(request)


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """For base.html. Lazy: a fragment that shows none of it asks nothing."""
    theme = theme_of(request)
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"theme": theme, "dark_media": THEMES[theme]}
    current = request.resolver_match.view_name if request.resolver_match else ""
    return {
        "theme": theme,
        "dark_media": THEMES[theme],
        "site": SimpleLazyObject(lambda: site_of(request)),
        "menu": SimpleLazyObject(lambda: navigation.menu(person, current)),
        "checkpoint": SimpleLazyObject(lambda: Checkpoint.objects.order_by("-at").first()),
        "sees_customers": person.has_perm("traceability.view_customers"),
    }
