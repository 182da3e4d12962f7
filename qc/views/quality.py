"""How vendors and items do, and how long stock waits: three lists over the same inspections."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Avg, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.fields import DurationField
from django.utils import timezone

from qc.models import DecisionKind, Inspection, Nonconformance
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Item, Party, Requirement, Stage

YEAR = timedelta(days=365)
FIRST = Q(decided_at__isnull=False) & ~Q(stage=Stage.RETEST)
GOOD = Q(decision=DecisionKind.RELEASED, deviation="")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else ""


def since() -> Any:
    return timezone.now() - YEAR


class VendorFilter(ListFilter):
    q = django_filters.CharFilter(label="Vendor", field_name="name", lookup_expr="icontains")


class VendorQuality(RecordList):
    right = "qc.view"
    title = "Vendor quality"
    note = "First inspections of the last twelve months. A concession is no acceptance."
    file_name = "vendor-quality"
    filterset_class = VendorFilter
    default_sort = "name"
    one, many = "vendor", "vendors"
    crumbs = [("Quality control", "/qc/")]
    empty_title = "Nothing of a vendor was inspected."
    empty_now = "Decided inspections of deliveries will stand here."
    columns = [
        Column("Vendor", lambda p: p.name, "party", sort="name", record=lambda p: p),
        Column("Lots inspected", lambda p: p.looked, "number"),
        Column("Accepted", lambda p: p.good, "number"),
        Column("Rejected", lambda p: p.bad, "number"),
        Column("Divided", lambda p: p.divided, "number", wide_only=True),
        Column("By concession", lambda p: p.conceded, "number", wide_only=True),
        Column("Skipped by plan", lambda p: p.skipped, "number", wide_only=True),
        Column("Accepted, %", lambda p: share(p.good, p.looked), "number"),
        Column("Nonconformances", lambda p: p.reports, "number"),
    ]

    def get_base_queryset(self) -> QuerySet[Party]:
        looked = Inspection.objects.filter(FIRST, lot__supplier=OuterRef("pk"), decided_at__gte=since())
        return Party.objects.filter(Exists(looked))

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = _counts(
            Inspection.objects.filter(FIRST, lot__supplier__in=rows, decided_at__gte=since()), "lot__supplier"
        )
        reports = dict(
            Nonconformance.objects.filter(supplier__in=rows, reported_at__gte=since())
            .values_list("supplier")
            .annotate(n=Count("pk"))
            .order_by()
        )
        for row in rows:
            _told(row, found.get(row.pk, {}))
            row.reports = reports.get(row.pk, 0)
        return rows


class YieldFilter(ListFilter):
    q = django_filters.CharFilter(label="Code or name", method="by_text")

    def by_text(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))


class FirstPassYield(RecordList):
    right = "qc.view"
    title = "First-pass yield"
    note = "Lots released at their first inspection, whole and without a concession, in the last twelve months; and how long they waited."
    file_name = "first-pass-yield"
    filterset_class = YieldFilter
    default_sort = "code"
    one, many = "item", "items"
    crumbs = [("Quality control", "/qc/")]
    empty_title = "Nothing was inspected."
    empty_now = "Decided inspections will stand here."
    columns = [
        Column("Item", lambda i: i.code, "code", sort="code"),
        Column("Name", lambda i: i.name, sort="name"),
        Column("Lots inspected", lambda i: i.looked, "number"),
        Column("Passed at first", lambda i: i.good, "number"),
        Column("Yield, %", lambda i: share(i.good, i.looked), "number"),
        Column("By concession", lambda i: i.conceded, "number", wide_only=True),
        Column("Rejected", lambda i: i.bad, "number", wide_only=True),
        Column("Days until decided", lambda i: i.days, "number"),
    ]

    def get_base_queryset(self) -> QuerySet[Item]:
        looked = Inspection.objects.filter(FIRST, lot__item=OuterRef("pk"), decided_at__gte=since())
        return Item.objects.filter(Exists(looked))

    def prepare(self, rows: list[Any]) -> list[Any]:
        decided = Inspection.objects.filter(FIRST, lot__item__in=rows, decided_at__gte=since())
        found = _counts(decided, "lot__item")
        waited = ExpressionWrapper(
            F("decided_at") - F("requirement__opened_in__occurred_at"), output_field=DurationField()
        )
        days = dict(
            decided.filter(requirement__isnull=False)
            .values_list("lot__item")
            .annotate(mean=Avg(waited))
            .order_by()
        )
        for row in rows:
            _told(row, found.get(row.pk, {}))
            mean = days.get(row.pk)
            row.days = f"{mean.total_seconds() / 86400:.1f}" if mean is not None else ""
        return rows


class AgeingFilter(ListFilter):
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any")
    before = django_filters.DateFilter(
        label="Waiting since before",
        field_name="opened_in__occurred_at",
        lookup_expr="date__lt",
        widget=DateInput,
    )


class QuarantineAgeing(RecordList):
    right = "qc.view"
    title = "Days in quarantine"
    note = "Lots that wait for a decision, the longest first."
    file_name = "quarantine-ageing"
    filterset_class = AgeingFilter
    default_sort = "opened_in__occurred_at"
    one, many = "lot", "lots"
    crumbs = [("Quality control", "/qc/")]
    empty_title = "Nothing waits."
    empty_now = "What a delivery or a run still needs will stand here."
    columns = [
        Column("Lot", lambda r: r.lot.number, "lot", record=lambda r: r.lot),
        Column("Item", lambda r: r.lot.item.name),
        Column("Vendor", lambda r: r.lot.supplier.name if r.lot.supplier else "", wide_only=True),
        Column("Stage", lambda r: r.get_stage_display(), sort="stage"),
        Column("Since", lambda r: r.opened_in.occurred_at, "when", sort="opened_in__occurred_at"),
        Column("Days", lambda r: (timezone.now() - r.opened_in.occurred_at).days, "number"),
    ]

    def get_base_queryset(self) -> QuerySet[Requirement]:
        return (
            Requirement.objects.open()
            .filter(lot__isnull=False)
            .select_related("lot__item", "lot__supplier", "opened_in")
        )


def _counts(rows: QuerySet[Inspection], by: str) -> dict[int, dict[str, int]]:
    looked = Q(skipped_why="")
    counted = rows.values(by).annotate(
        looked=Count("pk", filter=looked), good=Count("pk", filter=looked & GOOD), bad=Count("pk", filter=Q(decision=DecisionKind.REJECTED)),
        divided=Count("pk", filter=Q(decision=DecisionKind.DIVIDED)), conceded=Count("pk", filter=~Q(deviation="")), skipped=Count("pk", filter=~looked),
    ).order_by()  # fmt: skip
    return {row[by]: row for row in counted}


def _told(row: Any, counts: dict[str, int]) -> None:
    for name in ("looked", "good", "bad", "divided", "conceded", "skipped"):
        setattr(row, name, counts.get(name, 0))
