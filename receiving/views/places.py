"""Where the person stands: the sites, the dock, the device."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from traceability import context
from traceability.models import Site
from traceability.views.keys import actor_of


def sites_of(request: HttpRequest) -> list[Site]:
    """The sites that the person sees."""
    return list(actor_of(request).reach.sites)


def site_of(request: HttpRequest) -> Site:
    site = context.site_of(request)
    if site is None:
        raise Http404("no site")
    return site


def device_of(request: HttpRequest) -> str:
    """The shared workstation, where this one is enrolled."""
    return str(getattr(request, "device", "") or "")[:60]


def number(text: str | None) -> int:
    """An id from a form; what is none finds nothing."""
    return int(text) if text and text.isdigit() and len(text) < 18 else 0
