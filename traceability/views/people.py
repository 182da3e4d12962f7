"""Log in, log out, site, theme, keyboard, help."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from traceability import navigation
from traceability.context import SITE_KEY, THEMES, sites_of
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs

A_YEAR = 365 * 24 * 60 * 60


class LogIn(auth.LoginView):
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for field in form.fields.values():
            field.widget.attrs["class"] = "input"
            if form.is_bound and not form.is_valid():
                field.widget.attrs["aria-describedby"] = "login-error"
        return form

    def form_invalid(self, form: Any) -> HttpResponse:
        if getattr(self.request, "axes_locked_out", False):
            # Answered here, in our words; otherwise a bare text would replace the page.
            self.request.axes_locked_out = False  # type: ignore[attr-defined]
            return render(self.request, "registration/locked.html", status=429)
        response = super().form_invalid(form)
        response.status_code = 400
        return response


log_in = LogIn.as_view()
log_out = auth.LogoutView.as_view()


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the device has it; kept in a cookie, so the log-in page has it too."""
    theme = request.POST.get("theme", "auto")
    response = redirect(_back(request))
    if theme in THEMES:
        response.set_cookie(
            "theme", theme, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


def _back(request: HttpRequest) -> str:
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if safe else "/"


@needs(ANY_ROLE)
@require_POST
def choose_site(request: HttpRequest) -> HttpResponse:
    """Work at another site of one's own, until the log-out."""
    chosen = next((site for site in sites_of(request) if str(site.pk) == request.POST.get("site")), None)
    if chosen is None:
        raise Http404
    request.session[SITE_KEY] = chosen.pk
    messages.success(request, f"You work at {chosen} now.\nTimes are those of {chosen.time_zone}.")
    return redirect(_back(request))


@needs(ANY_ROLE)
def keyboard(request: HttpRequest) -> HttpResponse:
    """What the keys do, and the switch for those of one letter."""
    if request.method != "POST":
        links = [
            row
            for group in navigation.menu(actor_of(request), "")[0]
            for row in group.rows
            if row["link"].shortcut
        ]
        return render(request, "traceability/keyboard.html", {"links": links})
    response = redirect("traceability:keyboard")
    wanted = "off" if request.POST.get("shortcuts") == "off" else "on"
    response.set_cookie(
        "shortcuts", wanted, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response


@needs(ANY_ROLE)
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "traceability/help.html")
