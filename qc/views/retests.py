"""Lots whose date comes near or is past, to be looked at again; and more life for those that passed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from qc import services
from qc.models import Inspection
from qc.views.bench import drawn, found_inspection
from traceability.ledger import BadInput
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import BOUNDARIES, Balance, Lot, Stage, Status
from traceability.views import refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs

AHEAD = 45


class RetestFilter(ListFilter):
    q = django_filters.CharFilter(label="Lot or item", method="by_text")
    past = django_filters.ChoiceFilter(
        label="Date", method="by_past", choices=[("yes", "Past"), ("no", "To come")], empty_label="Either"
    )

    def by_text(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        return rows.filter(
            Q(number__icontains=value) | Q(item__name__icontains=value) | Q(item__code__iexact=value)
        )

    def by_past(self, rows: QuerySet[Lot], name: str, value: str) -> QuerySet[Lot]:
        today = timezone.localdate()
        return rows.filter(expires_on__lt=today) if value == "yes" else rows.filter(expires_on__gte=today)


class RetestList(RecordList):
    right = "qc.view"
    title = "To be tested again"
    note = f"Lots in stock whose date is past or comes within {AHEAD} days, the nearest first. A retest that passes may give more life, by two persons."
    file_name = "retests"
    template_name = "qc/retests.html"
    filterset_class = RetestFilter
    default_sort = "expires_on"
    one, many = "lot", "lots"
    quick = (("Past", "past=yes"), ("To come", "past=no"))
    empty_title = "No date comes near."
    empty_now = f"Lots will stand here {AHEAD} days before their last day."
    columns = [
        Column("Lot", lambda lot: lot.number, "lot", sort="number"),
        Column("Item", lambda lot: lot.item.name, sort="item__code"),
        Column("Last day", lambda lot: lot.expires_on, "day", sort="expires_on"),
        Column("Days left", lambda lot: lot.days_left, "number"),
        Column("In stock", lambda lot: lot.here, "number", unit=lambda lot: lot.item.unit),
        Column(
            "Latest retest",
            lambda lot: lot.retest.number if lot.retest else "none",
            link=lambda lot: lot.retest_url,
        ),
        Column("Found", lambda lot: lot.retest_says, wide_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[Lot]:
        here = Balance.objects.filter(
            lot=OuterRef("pk"), quantity__gt=0, status__in=[Status.RELEASED, Status.QUARANTINE]
        )
        until = timezone.localdate() + timedelta(days=AHEAD)
        return Lot.objects.filter(
            Exists(here.exclude(location__kind__in=BOUNDARIES)), expires_on__lte=until
        ).select_related("item")

    def prepare(self, rows: list[Any]) -> list[Any]:
        inside = Balance.objects.filter(lot__in=rows, quantity__gt=0).exclude(location__kind__in=BOUNDARIES)
        here = dict(inside.values_list("lot").annotate(total=Sum("quantity")).order_by())
        latest: dict[int, Inspection] = {}
        for found in Inspection.objects.filter(lot__in=rows, stage=Stage.RETEST).order_by("opened_at"):
            latest[found.lot_id or 0] = found
        today = timezone.localdate()
        for lot in rows:
            lot.here, lot.days_left, lot.retest = (
                here.get(lot.pk, 0),
                (lot.expires_on - today).days,
                latest.get(lot.pk),
            )
            lot.retest_url = reverse(
                "qc:inspection" if lot.retest else "qc:lot_panel",
                args=[lot.retest.pk if lot.retest else lot.pk],
            )
            lot.retest_says = "" if lot.retest is None else lot.retest.get_decision_display() or "under way"
        return rows


@require_POST
@needs("qc.decide", about=Inspection)
@refusals.shown_on(drawn)
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """More life for the lot of a retest that passed."""
    found = found_inspection(pk)
    text = request.POST.get("expires_on", "").strip()
    try:
        expires_on = date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "Until which day?", now="Choose it in the calendar.", fields={"expires_on": text[:20]}
        ) from None
    services.extend_expiry(
        inspection=found, expires_on=expires_on, reason=request.POST.get("extend_reason", "").strip()[:1000], actor=actor_of(request),
        second_person=second_person.required(request, to="give a lot more life"), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{found.lot} may be used until {expires_on}.\nThe day before stands in its history."
    )
    return redirect("qc:inspection", pk)
