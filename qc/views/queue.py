"""What waits for quality control, and why it matters. The queue is a query: nobody calls QC."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from qc.choosing import plan_of
from qc.judging import limits_of
from qc.models import Inspection, Instrument
from qc.services import open_inspection
from qc.views import words
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Balance, Requirement, Reservation, Stage, Status
from traceability.reach import seen
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import check, needs
from traceability.views.search import exact_lots
from traceability.views.statuses import with_facts

SOON = 30

WHY = {
    Stage.RECEIVING: "Just arrived: nobody may use it yet",
    Stage.STAGING: "At the line: nobody may use it yet",
    Stage.IN_PROCESS: "Made on a run that goes on",
    Stage.FINAL: "Finished: it may not be shipped yet",
    Stage.SHIPPING: "A truck waits at the dock",
    Stage.RETURN: "Came back from a customer",
    Stage.RETEST: "To be looked at again",
    Stage.CLEAN_DOWN: "The line waits",
}
# Who waits: first those who stand still (a blocked run, a truck at the dock), then deliveries, then work inside, then stock.
RANK = Case(
    When(is_blocking=True, then=Value(0)),
    When(stage=Stage.SHIPPING, then=Value(1)),
    When(stage=Stage.RECEIVING, then=Value(2)),
    When(stage__in=[Stage.STAGING, Stage.IN_PROCESS, Stage.CLEAN_DOWN], then=Value(3)),
    When(stage=Stage.FINAL, then=Value(4)),
    default=Value(5),
    output_field=IntegerField(),
)


def in_order(rows: QuerySet[Requirement]) -> QuerySet[Requirement]:
    """Ordered by what they block, then first to expire, then longest waiting."""
    return rows.annotate(rank=RANK).order_by(
        "rank", F("lot__expires_on").asc(nulls_last=True), "opened_in__occurred_at", "pk"
    )


class QueueFilter(ListFilter):
    q = django_filters.CharFilter(label="Lot, item or document", method="by_text")
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any")
    blocking = django_filters.ChoiceFilter(
        label="Blocks", method="by_blocking", choices=[("yes", "Yes"), ("no", "No")], empty_label="Either"
    )

    def by_text(self, rows: QuerySet[Requirement], name: str, value: str) -> QuerySet[Requirement]:
        return rows.filter(
            Q(lot__number__icontains=value)
            | Q(lot__item__name__icontains=value)
            | Q(lot__item__code__iexact=value)
            | Q(document__icontains=value)
        )

    def by_blocking(self, rows: QuerySet[Requirement], name: str, value: str) -> QuerySet[Requirement]:
        return rows.filter(is_blocking=value == "yes")


class Queue(RecordList):
    right = "qc.view"
    template_name = "qc/queue.html"
    title = "Waiting for quality control"
    note = "First what holds somebody up: blocked work and trucks, then deliveries, each by its date."
    file_name = "qc-queue"
    filterset_class = QueueFilter
    one, many = "open check", "open checks"
    empty_title = "Nothing waits."
    empty_now = "What a delivery, a run or a shipment still needs will stand here."
    columns = [
        Column("Stage", lambda r: r.get_stage_display(), sort="stage"),
        Column("Lot or document", lambda r: concerned(r), "code", link=lambda r: r.url),
        Column("Item", lambda r: r.lot.item.name if r.lot else r.what),
        Column("Waiting", lambda r: r.waiting, "number", unit=lambda r: r.lot.item.unit if r.lot else ""),
        Column("Since", lambda r: r.opened_in.occurred_at, "when", sort="opened_in__occurred_at"),
        Column(
            "Best by",
            lambda r: r.lot.expires_on if r.lot else None,
            "day",
            sort="lot__expires_on",
            wide_only=True,
        ),
        Column("Why it matters", lambda r: r.why),
        Column(
            "Inspection",
            lambda r: r.begun.number if r.begun else "not begun",
            link=lambda r: r.url,
            wide_only=True,
        ),
    ]

    def get_base_queryset(self) -> QuerySet[Requirement]:
        return in_order(Requirement.objects.open().select_related("lot__item", "run", "opened_in"))

    def prepare(self, rows: list[Any]) -> list[Any]:
        lots = {row.lot_id for row in rows if row.lot_id}
        here = (
            Balance.objects.filter(lot__in=lots, status=Status.QUARANTINE, quantity__gt=0)
            .values_list("lot")
            .annotate(total=Sum("quantity"))
            .order_by()
        )
        waiting = dict(here)
        promised: dict[int, list[str]] = defaultdict(list)
        for lot, document in (
            Reservation.objects.standing()
            .filter(lot__in=lots)
            .values_list("lot_id", "document")
            .distinct()
            .order_by("document")
        ):
            promised[lot].append(document)
        begun = {
            found.requirement_id: found
            for found in Inspection.objects.undecided().filter(requirement__in=rows)
        }
        today = timezone.localdate()
        for row in rows:
            row.waiting = waiting.get(row.lot_id, 0) if row.lot_id else None
            row.begun = begun.get(row.pk)
            row.why = why(row, promised.get(row.lot_id or 0, []), today)
            row.url = (
                reverse("qc:inspection", args=[row.begun.pk])
                if row.begun
                else reverse("qc:requirement", args=[row.pk])
            )
        return rows


def concerned(about: Requirement | Inspection) -> str:
    """What it is about: a lot, a run, or a document."""
    return str(about.lot or about.run or about.document)


def why(requirement: Requirement, promised: list[str], today: date) -> str:
    reasons = ["Blocks the next step"] if requirement.is_blocking else []
    reasons.append(WHY.get(Stage(requirement.stage), requirement.what))
    if promised:
        reasons.append(f"promised to {', '.join(promised[:3])}")
    expires_on = requirement.lot.expires_on if requirement.lot else None
    if expires_on and expires_on < today:
        reasons.append("expired")
    elif expires_on and (left := (expires_on - today).days) <= SOON:
        reasons.append(f"expires in {left} day{'' if left == 1 else 's'}")
    return "; ".join(reasons)


@needs("qc.view", about=Requirement)
@refusals.shown_on(lambda request, pk: _start_page(request, pk))
def requirement(request: HttpRequest, pk: int) -> HttpResponse:
    """What will be looked at, and the one button that begins. Whoever has begun already is joined."""
    if request.method == "POST":
        check(request, "qc.inspect")
    need = _need(pk)
    begun = Inspection.objects.filter(requirement=need).order_by("-pk").first()
    if begun and (begun.decided_at is None or need.met_in_id):
        return redirect("qc:inspection", begun.pk)
    if request.method == "POST":
        made = open_inspection(
            requirement=need, actor=actor_of(request), client=client_of(request), key=key_of(request)
        )
        return redirect("qc:inspection", made.pk)
    return _start_page(request, pk)


@require_POST
@needs("qc.inspect")
def scan(request: HttpRequest) -> HttpResponse:
    """A scanned lot opens its inspection; a scanned probe is taken in hand. Never picks silently between two."""
    code = request.POST.get("code", "").strip()[:200]
    back = request.POST.get("back", "")
    probe = Instrument.objects.filter(code__in={code, code.upper()}).first()
    if probe:
        request.session["probe"] = probe.pk
        tell_probe(request, probe)
        return redirect("qc:inspection", int(back)) if back.isdigit() else redirect("qc:queue")
    lots = exact_lots(code) if code else []
    needed = list(in_order(seen(Requirement.objects.open().filter(lot__in=lots)))[:2])
    if len(needed) == 1:
        made = open_inspection(
            requirement=needed[0], actor=actor_of(request), client=client_of(request), key=new_key()
        )
        return redirect("qc:inspection", made.pk)
    if len(needed) > 1:
        return redirect(f"{reverse('qc:queue')}?q={needed[0].lot.number if needed[0].lot else ''}")
    if len(lots) == 1:
        return redirect("qc:lot_panel", lots[0].pk)
    messages.warning(
        request,
        f"No lot or probe is called {code or 'nothing'}.\nScan the lot's label, or choose it from the queue.",
    )
    return redirect("qc:queue")


def tell_probe(request: HttpRequest, probe: Instrument) -> None:
    if probe.calibrated_until and probe.calibrated_until < timezone.localdate():
        messages.warning(
            request,
            f"The calibration of {probe.code} ended on {probe.calibrated_until}.\nTake another one, or have it calibrated first.",
        )
    else:
        messages.info(request, f"{probe.name} {probe.code} is in hand.")


def _need(pk: int) -> Requirement:
    return get_object_or_404(
        Requirement.objects.select_related("lot__item", "lot__supplier", "run", "opened_in__actor"), pk=pk
    )


def _start_page(request: HttpRequest, pk: int) -> HttpResponse:
    need = _need(pk)
    plan = plan_of(need)
    characteristics = list(plan.characteristics.all()) if plan else []
    limits = limits_of(characteristics, need.lot.item_id if need.lot else None)
    shown = [
        {
            "c": c,
            "limit": words.limit_words(limits[c.pk].lower, limits[c.pk].upper),
            "rule": words.rule_words(c, limits[c.pk]),
        }
        for c in characteristics
    ]
    if need.lot:
        with_facts([need.lot])
    context = {
        "need": need,
        "concerned": concerned(need),
        "plan": plan,
        "shown": shown,
        "key": new_key(),
        "why": why(need, [], timezone.localdate()),
    }
    return render(request, "qc/requirement.html", context)
