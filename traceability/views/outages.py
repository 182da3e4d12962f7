"""A page for when the database is away: drawn without it, keeping what was sent, with the same key to send it again.

Also the last resort of every request (handler500): what broke because the database is away is a calm 503, not a 500.
"""

from __future__ import annotations

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template import loader
from django.views.defaults import server_error as broken

from traceability.unavailable import Unavailable, from_database


def answer(request: HttpRequest, refusal: Unavailable) -> HttpResponse:
    """The page (the banner for htmx, a problem for the API), drawn from the request and the refusal alone."""
    if request.path_info.startswith("/api/"):
        response: HttpResponse = problem(refusal.code, refusal.sentence, refusal.status)
    elif request.headers.get("HX-Request"):
        response = _drawn("refusal_banner.html", refusal, status=refusal.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#messages", "innerHTML"
    else:
        response = _drawn("503.html", refusal, status=refusal.status, **_kept(request))
    response["Retry-After"] = str(refusal.retry_after)
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """handler500: also for what a middleware ran into, such as the session of a page that was only asked for."""
    refusal = from_database(sys.exc_info()[1])
    if refusal:
        return answer(request, refusal)
    if request.path_info.startswith("/api/"):
        return problem("internal_error", "This is our mistake. Nothing was recorded.", 500)
    return broken(request, *args, **kwargs)


def problem(code: str, detail: str, status: int) -> JsonResponse:
    """In the API's shape, for what broke before the API was reached."""
    titles = {500: "Internal Server Error", 503: "Service Unavailable"}
    body = {"type": f"/api/v1/problems#{code}", "title": titles[status], "status": status, "detail": detail, "code": code, "fields": {}}  # fmt: skip
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _drawn(template: str, refusal: Unavailable, *, status: int, **context: Any) -> HttpResponse:
    # Without the request: what every page knows of site and menu is in the database.
    return HttpResponse(loader.get_template(template).render({"refusal": refusal, **context}), status=status)


def _kept(request: HttpRequest) -> dict[str, Any]:
    """What was sent, to be sent again; only what came from a form of ours, because it gets a fresh token here."""
    if request.method != "POST" or not _is_ours(request):
        return {"is_post": request.method == "POST"}
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
    # A password is typed again, a file chosen again.
    is_whole = not request.FILES and not any("password" in name for name in request.POST)
    return {"is_post": True, "is_whole": is_whole, "fields": fields, "token": get_token(request), "path": request.get_full_path()}  # fmt: skip


def _is_ours(request: HttpRequest) -> bool:
    return _Check(lambda request: HttpResponse()).process_view(request, server_error, (), {}) is None


class _Check(CsrfViewMiddleware):
    """Django's own check, without its page of refusal, which would ask the database who is there."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)
