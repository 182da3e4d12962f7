"""Alerts on a page: what is new, what still stands, and what one wants to be told."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from traceability import alerts
from traceability.alerts.digest import zone_of
from traceability.alerts.reading import own_sources
from traceability.ledger import BadInput
from traceability.models import AlertSetting, Digest
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs

HOURS = range(24)


@needs(ANY_ROLE)
def alert_list(request: HttpRequest) -> HttpResponse:
    found = alerts.groups(actor_of(request))
    context = {
        "groups": found,
        "unseen": sum(group.unseen for group in found),
        "drawn_at": timezone.now().isoformat(),
    }
    return render(request, "alerts/page.html", context)


@needs(ANY_ROLE)
@require_POST
def mark_seen(request: HttpRequest) -> HttpResponse:
    """One, one kind or all; what became news after the page was drawn stays new."""
    person = actor_of(request)
    kind, key = request.POST.get("kind", ""), request.POST.get("alert", "")
    kinds = [kind] if kind else [own.source.kind for own in own_sources(person)]
    alerts.mark_seen(
        person=person,
        kinds=kinds,
        key=int(key) if kind and key.isascii() and key.isdigit() and len(key) < 19 else None,
        until=_moment(request.POST.get("drawn_at", "")),
    )
    return redirect("traceability:alerts")


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


@needs(ANY_ROLE)
@refusals.shown_on(lambda request: _settings_page(request))
def alert_settings(request: HttpRequest) -> HttpResponse:
    """Which kinds, from when on, and the mail of the day. Each person sets their own."""
    if request.method != "POST":
        return _settings_page(request)
    person = actor_of(request)
    sent = request.POST
    with transaction.atomic():
        for own in own_sources(person):
            kind, source = own.source.kind, own.source
            threshold = None
            if source.unit:
                text = sent.get(f"{kind}-threshold", "")
                if not (text.isascii() and text.isdigit() and 1 <= int(text) <= source.most):
                    raise BadInput(
                        f"“{source.label}” takes 1 to {source.most} {source.unit}.",
                        now="Type a whole number.",
                        fields={f"{kind}-threshold": text[:20]},
                    )
                threshold = int(text)
            AlertSetting.objects.update_or_create(
                person=person,
                kind=kind,
                defaults={
                    "is_on": bool(sent.get(f"{kind}-on")),
                    "by_mail": bool(sent.get(f"{kind}-mail")),
                    "threshold": threshold,
                },
            )
        hour = sent.get("hour", "7")
        Digest.objects.update_or_create(
            person=person,
            defaults={
                "is_on": bool(sent.get("digest")),
                "hour": int(hour) if hour.isdigit() and int(hour) in HOURS else 7,
            },
        )
    messages.success(request, "Your alerts are set.")
    return redirect("traceability:alert_settings")


def _settings_page(request: HttpRequest) -> HttpResponse:
    person = actor_of(request)
    context = {
        "own": own_sources(person),
        "digest": Digest.objects.filter(person=person).first() or Digest(person=person),
        "hours": HOURS,
        "zone": zone_of(person),
    }
    return render(request, "alerts/settings.html", context)
