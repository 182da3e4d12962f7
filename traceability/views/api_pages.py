"""The API for people: how to begin, its manners, and every address with what it takes and gives. No viewer from elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from traceability.api.describing import topics
from traceability.api.throttles import rate_of
from traceability.models import Lot
from traceability.roles import SCOPES
from traceability.views.rights import ANY_ROLE, needs

OPENS = {
    "ledger:read": "lots, entries, movements, papers, masters; where from, where used",
    "recall:read": "recalls and customers",
    "holds:place": "place a hold",
    "receiving:write": "announce deliveries, match suppliers’ invoices",
    "production:write": "plan work orders",
    "shipping:write": "enter customers' orders",
    "qc:write": "report readings of instruments",
}


@needs(ANY_ROLE)
def api_page(request: HttpRequest) -> HttpResponse:
    lot = Lot.objects.filter(is_untracked=False).order_by("pk").values_list("number", flat=True).first()
    most, seconds = rate_of(settings.API_RATE)
    context = {
        "topics": topics(), "root": request.build_absolute_uri(reverse("api-root")), "lot": lot or "RM-261019-07",
        "limit": f"{most:,} requests in {seconds} seconds", "tokens_url": _tokens(),
        "scopes": [(scope, OPENS.get(scope, "")) for scope in SCOPES],
    }  # fmt: skip
    return render(request, "traceability/api.html", context)


@needs(ANY_ROLE)
def api_topic(request: HttpRequest, name: str) -> HttpResponse:
    topic = next((one for one in topics() if one.name == name), None)
    if topic is None:
        raise Http404
    host = request.build_absolute_uri("/").rstrip("/")
    return render(request, "traceability/api_topic.html", {"topic": topic, "topics": topics(), "host": host})


def _tokens() -> str:
    """Where a person makes tokens, once there is such a page."""
    try:
        return reverse("traceability:tokens")
    except NoReverseMatch:
        return ""
