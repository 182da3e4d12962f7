"""The mail of the day: what became news since the last one and was not seen yet. Nothing new, no mail; run twice, one mail."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from traceability.alerts.reading import Own, own_sources
from traceability.alerts.sources import Alert, Watch
from traceability.models import Digest, Person

log = logging.getLogger(__name__)

LISTED = 10


@dataclass(slots=True)
class Part:
    own: Own
    alerts: list[Alert]
    total: int


def send_due(now: datetime | None = None) -> int:
    """Everybody whose hour has come today. Returns how many mails left."""
    now = now or timezone.now()
    people = Person.objects.filter(is_active=True).exclude(email="").exclude(digest__is_on=False)
    return sum(send(person, now) for person in people.prefetch_related("sites") if not person.is_integration)


def zone_of(person: Person) -> ZoneInfo:
    """The time of the person's first site."""
    sites = sorted(person.sites.all(), key=lambda site: site.pk)
    return sites[0].zone if sites else ZoneInfo(settings.TIME_ZONE)


def send(person: Person, now: datetime) -> bool:
    """One person's mail. The day is claimed first, so that two workers send one; a mail that fails is tried again."""
    zone = zone_of(person)
    local = now.astimezone(zone)
    with transaction.atomic():
        Digest.objects.get_or_create(person=person)
        digest = Digest.objects.select_for_update().get(person=person)
        if not digest.is_on or local.hour < digest.hour or digest.looked_on == local.date():
            return False
        digest.looked_on = local.date()
        digest.save(update_fields=["looked_on"])
    with timezone.override(zone):
        parts = news_for(person, digest.covered_until, now)
        if not parts:
            return False
        try:
            mail(person, parts, local).send()
        except Exception:
            # Mail servers fail in many ways; the day is given back, and what was to be told stays untold.
            log.exception("The digest of %s could not be sent", person.pk)
            Digest.objects.filter(pk=digest.pk).update(looked_on=None)
            return False
    Digest.objects.filter(pk=digest.pk).update(covered_until=now)
    return True


def news_for(person: Person, covered_until: datetime | None, now: datetime) -> list[Part]:
    parts = []
    for own in own_sources(person):
        if not own.by_mail:
            continue
        rows = own.unseen(person, now, after=covered_until)
        total = rows.count()
        if total:
            watch = Watch(person, own.threshold, now, now)
            told = own.source.tell(list(rows.order_by("-alert_at", "-alert_key")[:LISTED]), watch)
            parts.append(Part(own, told, total))
    return parts


def mail(person: Person, parts: list[Part], local: datetime) -> EmailMultiAlternatives:
    context: dict[str, Any] = {
        "person": person,
        "parts": parts,
        "day": local.date(),
        "root": settings.LOTLINE_URL.rstrip("/"),
        "total": sum(part.total for part in parts),
    }
    said = ", ".join(f"{part.own.source.label.lower()}: {part.total}" for part in parts)
    message = EmailMultiAlternatives(
        subject=f"Lotline, {local.day} {local:%b}: {said}"[:150],
        body=render_to_string("alerts/mail.txt", context),
        to=[person.email],
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )
    message.attach_alternative(render_to_string("alerts/mail.html", context), "text/html")
    return message
