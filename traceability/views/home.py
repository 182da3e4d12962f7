"""Home: what needs a decision, worst first, for the roles the person has."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from traceability import navigation, verification
from traceability.counting import count_each
from traceability.lists.asking import counts_of
from traceability.models import Balance, Entry, Hold, Item, Lot, Movement, Person, SavedView
from traceability.navigation import Metric
from traceability.reach import seen
from traceability.views import home_tasks
from traceability.views.keeping import address_of
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs

LATE_HOURS = 24
SOON_DAYS = 30
TASKS_SHOWN = 12
VIEWS_SHOWN = 8
HELD_SHOWN = 30
LOOK_UP = [
    ("Lots on hold", "/lots/?held=yes"),
    ("In stock, first to expire first", "/lots/?stock=yes&sort=expires_on"),
    ("Shipments in the ledger", "/entries/?kind=shipment"),
    ("Reversed entries", "/entries/?kind=reversal"),
]


@needs(ANY_ROLE)
def home(request: HttpRequest) -> HttpResponse:
    person = actor_of(request)
    today = timezone.localdate()
    sees = person.has_perm("traceability.view_ledger")
    context: dict[str, Any] = {
        "today": today,
        "sees": sees,
        "strips": navigation.strips(person),
        "actions": navigation.allowed(navigation.registry.actions, person),
        "panels": navigation.home_panels(person),
        "views": views_of(person),
    }
    metrics: list[Metric] = []
    tasks = home_tasks.everybody(person) + home_tasks.verification_tasks(person)
    if sees:
        counts = counts_of_lots(today)
        watches = person.has_perm("traceability.view_security")
        metrics = lot_metrics(counts)[: 2 if watches else None]
        tasks += home_tasks.of_lots(person, counts["expired"])
        context["held_by_place"] = held_by_place()
        context["held_lots"] = counts["held"]
        context["latest"] = list(seen(Entry.objects.select_related("actor"))[:8])
    if person.has_perm("traceability.view_security"):
        metrics += watching_metrics(person)
    context["metrics"] = metrics + navigation.metrics(person)
    tasks = sorted(tasks + navigation.tasks(person), key=lambda task: (not task.is_late, -task.hours))
    return render(
        request, "traceability/home.html", context | {"tasks": tasks[:TASKS_SHOWN], "task_count": len(tasks)}
    )


def counts_of_lots(today: date) -> dict[str, int]:
    """What the metrics say, in one query."""
    lots = seen(Lot.objects.all())
    here = Exists(seen(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0)))
    waiting = Exists(seen(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0, status="quarantine")))
    since = timezone.now() - timedelta(hours=LATE_HOURS)
    came_lately = Exists(
        Movement.objects.filter(
            lot=OuterRef("pk"), destination_status="quarantine", entry__occurred_at__gt=since
        )
    )
    soon = today + timedelta(days=SOON_DAYS)
    wanted: dict[str, QuerySet[Lot]] = {
        "held": lots.on_hold(),
        **{f"held_{kind}": lots.on_hold().filter(item__kind=kind) for kind in Item.Kind.values},
        "awaiting": lots.filter(waiting),
        "awaiting_late": lots.filter(waiting).exclude(came_lately),
        "expiring": lots.filter(here, expires_on__gte=today, expires_on__lte=soon),
        "expired": lots.filter(here, expires_on__lt=today),
    }
    return dict(zip(wanted, count_each(list(wanted.values())), strict=True))


def lot_metrics(counts: dict[str, int]) -> list[Metric]:
    url = reverse("traceability:lots")
    late, expired = counts["awaiting_late"], counts["expired"]
    return [
        Metric("On hold", "held", f"{counts['held']:,}", _lots(counts["held"]), held_words(counts), f"{url}?held=yes"),
        Metric(
            f"Awaiting QC over {LATE_HOURS} h", "hourglass", f"{late:,}", _lots(late),
            f"{counts['awaiting']:,} wait{'s' if counts['awaiting'] == 1 else ''} in all" if counts["awaiting"] else "nothing waits", f"{url}?status=quarantine", is_alert=bool(late),
        ),
        Metric(
            f"Expiring in {SOON_DAYS} days", "calendar-x", f"{counts['expiring']:,}", _lots(counts["expiring"]),
            f"{expired:,} more {'is' if expired == 1 else 'are'} past date, in stock" if expired else "none is past its date",
            f"{url}?status=expiring&sort=expires_on",
        ),
    ]  # fmt: skip


def held_words(counts: dict[str, int]) -> str:
    words = {
        "finished": "finished",
        "intermediate": "in between",
        "material": "materials",
        "packaging": "packaging",
    }
    parts = [f"{counts[f'held_{kind}']:,} {word}" for kind, word in words.items() if counts[f"held_{kind}"]]
    return ", ".join(parts) or "wherever they are"


def _lots(number: int) -> str:
    return "lot" if number == 1 else "lots"


def watching_metrics(person: Person) -> list[Metric]:
    """For whoever watches the book: whether it was verified, and what was recorded out of the ordinary."""
    standing = verification.standing()
    at = timezone.localtime(standing.at) if standing.at else None
    verified = Metric(
        "Ledger verified", "shield-check", f"{at:%H:%M}" if at else "Never", "",
        f"{standing.sentence if standing.is_alarm else 'sound'}, entry {standing.seq:,}{f', {at:%d %b}' if at else ''}",
        reverse("traceability:verifications") if person.has_perm("traceability.verify") else reverse("traceability:alerts"),
        is_alert=standing.is_alarm,
    )  # fmt: skip
    if not person.has_perm("traceability.view_ledger"):
        return [verified]
    month = timezone.localdate() - timedelta(days=SOON_DAYS)
    url = reverse("traceability:entries")
    recent = seen(Entry.objects.all()).filter(occurred_at__gte=timezone.now() - timedelta(days=SOON_DAYS))
    after, reversed_, lifted = count_each(
        [recent.filter(after_the_fact=True), recent.filter(kind="reversal"), recent.filter(kind="lift")]
    )
    return [
        verified,
        Metric(
            "Reversed", "arrow-back-up", f"{reversed_:,}", "", f"{after:,} recorded after the fact, {SOON_DAYS} days", f"{url}?kind=reversal&since={month}",
        ),
        Metric("Holds lifted", "lock-open", f"{lifted:,}", "", f"{SOON_DAYS} days", f"{url}?kind=lift&since={month}"),
    ]  # fmt: skip


def held_by_place() -> list[dict[str, Any]]:
    """What stands on hold, by place and item: never added across items."""
    held = Exists(Hold.objects.standing().filter(lot=OuterRef("lot")))
    rows = seen(Balance.objects.filter(held, quantity__gt=0)).values(
        "location", "location__code", "lot__item__name", "lot__item__unit"
    )
    return list(
        rows.annotate(
            lots=Count("lot", distinct=True),
            total=Sum("quantity"),
            waiting=Sum("quantity", filter=Q(status="quarantine")),
        ).order_by("location__code", "lot__item__name")[:HELD_SHOWN]
    )


def views_of(person: Person) -> list[dict[str, Any]]:
    """Saved views with how many rows they have now; before there are any, some that everybody needs."""
    saved = list(SavedView.objects.seen_by(person).order_by("name", "pk")[:VIEWS_SHOWN])
    named = [(view.name, address_of(view)) for view in saved] or LOOK_UP
    counts = counts_of([address for _, address in named], person=person)
    return [
        {"name": name, "address": address, "count": count}
        for (name, address), count in zip(named, counts, strict=True)
        if count is not None
    ]
