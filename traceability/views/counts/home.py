"""What counting adds to home: open counts, for those who count."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count as Number
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from traceability import navigation
from traceability.models import Count, LineState
from traceability.navigation import Task

if TYPE_CHECKING:
    from traceability.models import Person

TASKS = 4
LATE = timedelta(days=2)


def register() -> None:
    navigation.add_task(open_counts)


def open_counts(person: Person) -> list[Task]:
    """The oldest first: a count that stays open is a record nobody trusts."""
    if not person.has_perm("traceability.count"):
        return []
    waiting = Number("lines", filter=Q(lines__state__in=[LineState.OPEN, LineState.AGAIN]))
    counts: Any = (
        Count.objects.open()
        .filter(site__in=person.reach.sites)
        .annotate(waiting=waiting, lines_all=Number("lines"))
        .order_by("opened_at")[:TASKS]
    )
    tasks = []
    for count in counts:
        done = count.lines_all - count.waiting
        age = timezone.now() - count.opened_at
        tasks.append(
            Task(
                title="Count" if count.waiting else "Post", code=count.number, note=f"{count.what}: {done} of {count.lines_all} lines counted",
                url=reverse("traceability:count_floor" if count.waiting else "traceability:post_count", args=[count.pk]), icon="clipboard-check",
                age="Today" if age < timedelta(days=1) else f"{age.days} days", is_late=age > LATE,
            )
        )  # fmt: skip
    return tasks
