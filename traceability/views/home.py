"""Home: what needs a decision, worst first."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from traceability import navigation, verification
from traceability.models import Balance, Entry, Hold, Lot, Movement
from traceability.navigation import Task
from traceability.views.lot_lists import counts_for_home
from traceability.views.rights import ANY_ROLE, needs

LATE_HOURS = 24


@needs(ANY_ROLE)
def home(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    today = timezone.localdate()
    sees = person.has_perm("traceability.view_ledger")
    tasks = navigation.tasks(person)
    context: dict[str, Any] = {
        "today": today,
        "sees": sees,
        "strips": navigation.strips(person),
        "metrics": navigation.metrics(person),
        "actions": navigation.allowed(navigation.registry.actions, person),
    }
    if sees:
        counts = counts_for_home(request, today)
        context["counts"] = counts
        tasks += awaiting_tasks() + expired_tasks(counts["expired"])
        context["held_by_place"] = held_by_place()
        context["latest"] = list(Entry.objects.select_related("actor")[:8])
    tasks += verification_tasks(person)
    context["tasks"] = sorted(tasks, key=lambda task: not task.is_late)
    return render(request, "traceability/home.html", context)


def verification_tasks(person: Any) -> list[Task]:
    """A ledger that is not sound, or was not looked at, waits for a person before anything else does."""
    standing = verification.standing()
    if not standing.is_alarm or not person.has_perm("traceability.verify"):
        return []
    page = (
        reverse("traceability:verification", args=[standing.pk])
        if standing.pk
        else reverse("traceability:verifications")
    )
    note = (
        "See what was found, and tell your administrator"
        if standing.findings
        else "See whether the night's work runs"
    )
    return [Task(title=standing.sentence, note=note, url=page, icon="shield-check", age="Now", is_late=True)]


def awaiting_tasks() -> list[Task]:
    """Lots that wait longest for quality control."""
    waiting = Exists(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0, status="quarantine"))
    lots = list(
        Lot.objects.filter(waiting)
        .select_related("item")
        .annotate(since=Min("movements__entry__occurred_at"))
        .order_by("since")[:6]
    )
    amounts = dict(
        Balance.objects.filter(lot__in=lots, status="quarantine")
        .values_list("lot")
        .annotate(total=Sum("quantity"))
        .order_by()
    )
    last = dict(
        Movement.objects.filter(lot__in=lots, destination_status="quarantine")
        .values_list("lot")
        .annotate(at=Max("entry__occurred_at"))
        .order_by()
    )
    tasks = []
    for lot in lots:
        since = last.get(lot.pk)
        hours = (timezone.now() - since).total_seconds() / 3600 if since else 0
        tasks.append(
            Task(
                title=f"Decide {amounts.get(lot.pk, 0).normalize():,f} {lot.item.unit} of", code=lot.number, note=f"{lot.item.name}, awaiting quality control",
                url=reverse("traceability:lot", args=[lot.pk]), icon="hourglass", age=age_words(hours), is_late=hours > LATE_HOURS,
            )
        )  # fmt: skip
    return tasks


def age_words(hours: float) -> str:
    if hours < 1:
        return f"{int(hours * 60)} min"
    return f"{int(hours)} h" if hours < 48 else f"{int(hours // 24)} days"


def expired_tasks(count: int) -> list[Task]:
    if not count:
        return []
    lots = (
        "1 lot past its date is still in stock"
        if count == 1
        else f"{count:,} lots past their date are still in stock"
    )
    return [
        Task(
            title=lots,
            note="Scrap, rework, or ask quality control for a retest",
            url=f"{reverse('traceability:lots')}?status=expired",
            icon="calendar-x",
            age="Review",
        )
    ]


def held_by_place() -> list[dict[str, Any]]:
    """What stands on hold, by place and item: never added across items."""
    held = Exists(Hold.objects.standing().filter(lot=OuterRef("lot")))
    rows = Balance.objects.filter(held, quantity__gt=0).values(
        "location", "location__code", "lot__item__name", "lot__item__unit"
    )
    return list(
        rows.annotate(lots=Count("lot", distinct=True), total=Sum("quantity")).order_by(
            "location__code", "lot__item__name"
        )[:30]
    )
