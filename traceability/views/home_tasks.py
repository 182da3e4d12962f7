"""What waits for a decision among the shared nouns. Apps add their own through `navigation.add_task`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Sum
from django.urls import reverse
from django.utils import timezone

from traceability import verification
from traceability.ledger import plain
from traceability.models import Balance, Job, JobState, Lot, Movement, Person, Requirement, Reservation
from traceability.navigation import Task, age
from traceability.reach import seen

SHOWN = 6
LATELY = timedelta(days=7)


def everybody(person: Person) -> list[Task]:
    """One's own files that could not be made, until the alert of it is seen or a week has passed."""
    failed = Job.objects.filter(
        asked_by=person, state=JobState.FAILED, finished_at__gt=timezone.now() - LATELY
    )
    return [
        Task(
            f"{job.title} failed",
            job.error,
            reverse("traceability:job", args=[job.pk]),
            "stop",
            **age(job.finished_at),
        )
        for job in failed.order_by("-finished_at")[:3]
    ]


def verification_tasks(person: Person) -> list[Task]:
    """A ledger that is not sound, or was not looked at, waits for a person before anything else does."""
    standing = verification.standing() if person.has_perm("traceability.verify") else None
    if standing is None or not standing.is_alarm:
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
    return [
        Task(
            title=standing.sentence,
            note=note,
            url=page,
            icon="shield-check",
            age="Now",
            is_late=True,
            hours=1e6,
        )
    ]


def of_lots(person: Person, expired: int) -> list[Task]:
    rights = person.get_all_permissions()
    tasks: list[Task] = []
    if rights & {"qc.decide", "recalls.open"}:
        tasks += awaiting(without_inspections="qc.inspect" in rights) + past_date(expired)
    if rights & {"shipping.pick", "production.issue"}:
        tasks += broken_promises()
    return tasks


def awaiting(*, without_inspections: bool) -> list[Task]:
    """Lots that wait longest for quality control. Whoever inspects has the open inspections from QC's own list."""
    here = seen(Balance.objects.filter(quantity__gt=0, status="quarantine"))
    lots_waiting = seen(Lot.objects.filter(Exists(here.filter(lot=OuterRef("pk")))))
    if without_inspections:
        lots_waiting = lots_waiting.exclude(Exists(Requirement.objects.open().filter(lot=OuterRef("pk"))))
    lots = list(
        lots_waiting.select_related("item")
        .annotate(since=Min("movements__entry__occurred_at"))
        .order_by("since")[:SHOWN]
    )
    if not lots:
        return []
    amounts: dict[int, Any] = {}
    places: dict[int, list[str]] = {}
    waiting = here.filter(lot__in=lots)
    for row in (
        waiting.values("lot", "location__code").annotate(total=Sum("quantity")).order_by("location__code")
    ):
        amounts[row["lot"]] = amounts.get(row["lot"], 0) + row["total"]
        places.setdefault(row["lot"], []).append(row["location__code"])
    last = dict(
        Movement.objects.filter(lot__in=lots, destination_status="quarantine")
        .values_list("lot")
        .annotate(at=Max("entry__occurred_at"))
        .order_by()
    )
    return [
        Task(
            title=f"Decide {plain(amounts.get(lot.pk, 0))} {lot.item.unit} of", code=lot.number, after=f"in {', '.join(places.get(lot.pk, []))}",
            note=f"{lot.item.name}, awaiting quality control", url=reverse("traceability:lot", args=[lot.pk]), icon="hourglass", **age(last.get(lot.pk)),
        )
        for lot in lots
    ]  # fmt: skip


def past_date(count: int) -> list[Task]:
    if not count:
        return []
    title = (
        "1 lot past its date is still in stock"
        if count == 1
        else f"{count:,} lots past their date are still in stock"
    )
    return [
        Task(
            title=title, note="Scrap, rework, or ask quality control for a retest", url=f"{reverse('traceability:lots')}?status=expired&sort=expires_on",
            icon="calendar-x", age="Review",
        )
    ]  # fmt: skip


def broken_promises() -> list[Task]:
    """What was promised to an order or shipment, and a hold took away: another lot is needed."""
    rows = (
        seen(Reservation.objects.all())
        .filter(broken_in__isnull=False, quantity__gt=0, broken_in__recorded_at__gt=timezone.now() - LATELY)
        .select_related("lot__item", "broken_in")
        .order_by("-broken_in__recorded_at")[:SHOWN]
    )
    return [
        Task(
            title="Choose another lot for", code=row.document, note=f"{row.lot.number} of {row.lot.item.name} was put on hold",
            url=f"{reverse('traceability:search')}?q={row.document}", icon="held", **age(row.broken_in.recorded_at if row.broken_in else None, late_after=1),
        )
        for row in rows
    ]  # fmt: skip
