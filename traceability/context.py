"""What every page needs: the person's site, its time, the menu, the theme, and when the ledger was last verified."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from traceability import alerts, navigation, verification
from traceability.models import Site

THEMES = {"light": "", "dark": "all", "auto": "(prefers-color-scheme: dark)"}


SITE_KEY = "site"


def sites_of(request: HttpRequest) -> list[Site]:
    """The sites of the person who asks; who has none works at the first. Read once a request."""
    if not hasattr(request, "_sites"):
        person = request.user
        found = list(person.reach.sites) if person.is_authenticated else []
        request._sites = found or list(Site.objects.order_by("pk")[:1])  # type: ignore[attr-defined]
    return request._sites  # type: ignore[attr-defined]


def site_of(request: HttpRequest) -> Site | None:
    """Where the person works now: the site that was chosen in this session, else the first of theirs."""
    sites = sites_of(request)
    chosen = request.session.get(SITE_KEY) if hasattr(request, "session") else None
    return next((site for site in sites if site.pk == chosen), sites[0] if sites else None)


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
    # Menu and bell are counted together, and only where they are shown.
    around = cache(lambda: navigation.menu(person, current, alerts.unseen(person)))
    return {
        "theme": theme,
        "dark_media": THEMES[theme],
        "site": SimpleLazyObject(lambda: site_of(request)),
        "sites": SimpleLazyObject(lambda: sites_of(request)),
        "personal": SimpleLazyObject(lambda: navigation.personal(person)),
        "shortcuts": request.COOKIES.get("shortcuts") != "off",
        "standing": SimpleLazyObject(verification.standing),
        "may_verify": person.has_perm("traceability.verify"),
        "menu": SimpleLazyObject(lambda: around()[0]),
        "unseen_alerts": SimpleLazyObject(lambda: sum(around()[1])),
        "sees_customers": person.has_perm("traceability.view_customers"),
    }
