"""The alerts that concern the shared nouns: holds, waiting for quality control, dates, failed work, an unverified ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from traceability import verification
from traceability.alerts.sources import Alert, Source, Watch
from traceability.models import (
    Balance,
    Checkpoint,
    Entry,
    EntryKind,
    Hold,
    Job,
    JobState,
    LedgerHead,
    Lot,
    Requirement,
)
from traceability.reach import for_actor


def _moment(expression: Any) -> ExpressionWrapper:
    return ExpressionWrapper(expression, output_field=DateTimeField())


# Lots put on hold.


def held(watch: Watch) -> QuerySet[Any]:
    standing = Exists(Hold.objects.standing().filter(placed_in=OuterRef("pk")))
    return (
        Entry.objects.filter(standing, kind=EntryKind.HOLD, recorded_at__gt=watch.since)
        .annotate(alert_at=F("recorded_at"), alert_key=F("pk"))
        .select_related("actor")
    )


def tell_held(rows: Sequence[Any], watch: Watch) -> list[Alert]:
    found = (
        for_actor(Hold.objects.filter(placed_in__in=[row.pk for row in rows]), watch.person)
        .values("placed_in")
        .annotate(
            lots=Count("lot", distinct=True),
            first=Min("lot__number"),
            why=Min("reason"),
            paper=Min("reference"),
        )
    )
    told = {row["placed_in"]: row for row in found}
    alerts = []
    for row in rows:
        what = told[row.pk]
        lots = what["lots"]
        alerts.append(
            Alert(
                row.pk, "is on hold" if lots == 1 else f"{lots:,} lots are on hold", f"{what['why']}. Placed by {row.actor}".lstrip(". "),
                reverse("traceability:entry", args=[row.seq]), row.recorded_at, code=what["first"] if lots == 1 else what["paper"],
            )
        )  # fmt: skip
    return alerts


# Waiting for quality control.


def waiting(watch: Watch) -> QuerySet[Any]:
    return (
        Requirement.objects.open()
        .filter(lot__isnull=False)
        .annotate(
            alert_at=_moment(F("opened_in__recorded_at") + Value(timedelta(hours=watch.threshold))),
            alert_key=F("pk"),
        )
        .select_related("lot__item", "opened_in")
    )


def tell_waiting(rows: Sequence[Any], watch: Watch) -> list[Alert]:
    return [
        Alert(
            row.pk, f"waits for {row.what.lower() if row.what else 'quality control'}", f"{row.lot.item.name}, for over {_long(watch.threshold, 'hour')}",
            reverse("traceability:lot", args=[row.lot_id]), row.alert_at, code=row.lot.number,
        )
        for row in rows
    ]  # fmt: skip


# Dates that come, or have passed, with stock on hand.


def expiring(watch: Watch) -> QuerySet[Any]:
    ahead = timedelta(days=watch.threshold)
    here = Exists(Balance.objects.filter(lot=OuterRef("pk"), quantity__gt=0))
    since, until = timezone.localdate(watch.since), timezone.localdate(watch.now)
    return (
        # The bounds on the bare date serve the index.
        Lot.objects.filter(here, expires_on__gte=since + ahead, expires_on__lte=until + ahead)
        .annotate(alert_at=_moment(Cast("expires_on", DateTimeField()) - Value(ahead)), alert_key=F("pk"))
        .select_related("item")
    )


def tell_expiring(rows: Sequence[Any], watch: Watch) -> list[Alert]:
    today = timezone.localdate(watch.now)
    return [
        Alert(
            row.pk, "is past its date" if row.expires_on < today else f"expires on {row.expires_on.day} {row.expires_on:%b %Y}", f"{row.item.name}, still in stock",
            reverse("traceability:lot", args=[row.pk]), row.alert_at, code=row.number,
        )
        for row in rows
    ]  # fmt: skip


# Work in the background that failed.


def failed(watch: Watch) -> QuerySet[Any]:
    return Job.objects.filter(
        asked_by=watch.person, state=JobState.FAILED, finished_at__gt=watch.since
    ).annotate(alert_at=F("finished_at"), alert_key=F("pk"))


def tell_failed(rows: Sequence[Any], watch: Watch) -> list[Alert]:
    return [
        Alert(
            row.pk,
            f"{row.title} failed",
            row.error,
            reverse("traceability:job", args=[row.pk]),
            row.finished_at,
        )
        for row in rows
    ]


# A ledger with findings, or one that nobody has verified lately.


def unverified(watch: Watch) -> QuerySet[Any]:
    """The last verification, where it found something or broke off; else that it is long ago, or never was."""
    last = Checkpoint.objects.order_by("-at")
    first = Subquery(Entry.objects.filter(imported=False).order_by("seq").values("recorded_at")[:1])
    rows = LedgerHead.objects.filter(seq__gt=0).annotate(
        verified_at=Subquery(last.values("at")[:1]),
        is_sound=Subquery(last.annotate(is_sound=Q(findings=[]) & Q(trouble="")).values("is_sound")[:1]),
        alert_key=Coalesce(Subquery(last.values("pk")[:1]), 0),
    )
    return rows.annotate(
        alert_at=Case(
            When(is_sound=False, then=F("verified_at")),
            default=_moment(Coalesce("verified_at", first) + Value(verification.OLD)),
            output_field=DateTimeField(),
        )
    )


def tell_unverified(rows: Sequence[Any], watch: Watch) -> list[Alert]:
    standing = verification.standing()
    url = (
        reverse("traceability:verification", args=[standing.pk])
        if standing.pk
        else reverse("traceability:verifications")
    )
    return [
        Alert(
            row.alert_key,
            standing.sentence,
            "See what was found, and tell your administrator",
            url,
            row.alert_at,
        )
        for row in rows
    ]


def _long(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


SEE = ("traceability.view_ledger",)
SOURCES = (
    Source(
        "held", "Lots put on hold", "Each act that put lots on hold, while a hold of it stands.", "held", held, tell_held,
        right=SEE, all_url="/lots/?held=yes",
    ),
    Source(
        "waiting", "Waiting long for quality control", "What is open on a lot for longer than this.", "hourglass", waiting, tell_waiting,
        right=SEE, usual_for=("qc.decide", "recalls.open"), unit="hours", usual=24, most=720, all_url="/lots/?status=quarantine",
    ),
    Source(
        "expiring", "Dates that come", "Lots in stock that expire within this time, and those past their date.", "calendar-x", expiring, tell_expiring,
        right=SEE, usual_for=("qc.decide", "recalls.open", "shipping.plan", "production.plan"), unit="days", usual=30, most=365,
        all_url="/lots/?stock=yes&sort=expires_on",
    ),
    Source("failed", "Your files that failed", "Exports and reports that you asked for and that could not be made.", "stop", failed, tell_failed),
    Source(
        "ledger", "The ledger", "What the nightly verification found, or that it did not happen.", "shield-check", unverified, tell_unverified,
        right=("traceability.verify",),
    ),
)  # fmt: skip
