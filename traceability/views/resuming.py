"""A form that was sent after the log-in had run out: kept in the session, and offered again once somebody has logged in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from traceability.views.rights import ANY_ROLE, needs

KEPT = "kept form"
LARGEST = 200_000
MINUTES = 30


def keep(request: HttpRequest) -> HttpResponse:
    """To the log-in page; what was sent is offered afterwards. Passwords and files are not kept."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name and "pin" not in name.split("_")
        for value in values
    ]
    if sum(len(name) + len(value) for name, value in fields) > LARGEST:
        return redirect_to_login(request.path)
    request.session[KEPT] = {
        "path": request.get_full_path(),
        "fields": fields,
        "at": timezone.now().timestamp(),
    }
    return redirect_to_login(reverse("traceability:resume"))


@needs(ANY_ROLE)
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Shows what had been sent; it is sent only when somebody says so. A POST here lets go of it."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept and timezone.now().timestamp() - kept["at"] > MINUTES * 60:
        kept = None
    if request.method == "POST" or not kept:
        request.session.pop(KEPT, None)
        if request.method == "POST":
            messages.info(request, "Let go.\nNothing of it was recorded.")
        return redirect("traceability:home")
    hidden = {"key", "list", "rows", "sure"}
    shown = [
        (name.replace("_", " ").capitalize(), value)
        for name, value in kept["fields"]
        if value and name not in hidden
    ]
    return render(request, "resume.html", {"path": kept["path"], "fields": kept["fields"], "shown": shown})
