"""Mock recalls: a lot drawn at random or chosen, and how one drill compares with the next."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from recalls.models import Recall
from traceability.lists import Column, RecordList
from traceability.models import Delivered, Lot
from traceability.models.deliveries import Direction
from traceability.reach import seen
from traceability.templatetags.lotline import clock
from traceability.views.rights import needs

YEAR = timedelta(days=365)


def link(row: Recall) -> str:
    return reverse("recalls:case", args=[row.pk])


class DrillList(RecordList):
    right = "recalls.view"
    template_name = "recalls/drills.html"
    title = "Mock recalls"
    note = "How long the real one would take. Nothing was held, nobody was told."
    file_name = "mock-recalls"
    crumbs = (("Recalls", "/recalls/"),)
    default_sort = "-opened_at"
    one, many = "drill", "drills"
    record_page = "recalls:case"
    empty_title = "No mock recall yet."
    empty_now = "Draw a lot at random: auditors ask for one each year, in both directions."
    columns = [
        Column("Number", lambda r: r.number, "code", sort="number", link=link),
        Column("Title", lambda r: r.title, sort="title", link=link),
        Column("Started", lambda r: r.opened_at, "when", sort="opened_at"),
        Column("Time to a frozen scope", lambda r: r.took, sort="frozen"),
        Column("Lots", lambda r: r.counts.get("lots"), "number"),
        Column("Customers", lambda r: r.counts.get("customers"), "number"),
        Column("Accounted, %", lambda r: r.accounted, "number"),
        Column("By", lambda r: str(r.owner), wide_only=True),
    ]

    def get_base_queryset(self) -> QuerySet[Recall]:
        rows = Recall.objects.filter(is_mock=True).select_related("owner").prefetch_related("revisions")
        return rows.annotate(frozen=Min("revisions__frozen_at"))

    def prepare(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            first = min(row.revisions.all(), key=lambda revision: revision.number, default=None)
            row.took = (
                clock(int((row.frozen - row.opened_at).total_seconds())) if row.frozen else "not frozen"
            )
            row.counts = first.counts if first else {}
            percents = [total.accounted_percent for total in first.scope.start_totals] if first else []
            row.accounted = min((p for p in percents if p is not None), default=None)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        last = seen(Recall.objects.filter(is_mock=True)).order_by("-opened_at").first()
        is_due = last is None or last.opened_at < timezone.now() - YEAR
        return super().get_context_data(**kwargs) | {"last": last, "is_due": is_due}


@needs("recalls.open_mock")
@require_POST
def draw(request: HttpRequest) -> HttpResponse:
    """A lot that was shipped in the last year, or failing that any that came in; drawn so that nobody chooses the easy one."""
    since = timezone.now() - YEAR
    shipped = seen(Delivered.objects.filter(direction=Direction.SHIPPED, quantity__gt=0, last_at__gte=since))
    pool = sorted(set(shipped.values_list("lot_id", flat=True).order_by()))
    what = "shipped in the last year"
    if not pool:
        pool, what = (
            sorted(seen(Lot.objects.filter(is_untracked=False)).values_list("pk", flat=True)),
            "on record",
        )
    if not pool:
        messages.info(request, "There is no lot yet to draw from.", extra_tags="ask")
        return redirect("recalls:drills")
    lot = Lot.objects.select_related("item").get(pk=secrets.choice(pool))
    asked = {
        "start": lot.number,
        "title": f"Drill on {lot.number}, drawn at random"[:160],
        "hazard": "None: an exercise",
        "reason": f"Drawn at random from {len(pool):,} lots {what}.",
    }
    return redirect(f"{reverse('recalls:open_mock')}?{urlencode(asked)}")
