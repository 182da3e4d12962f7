"""Inspections and plans: the lists, and one plan with its characteristics."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from qc.judging import Limits
from qc.models import Characteristic, CharacteristicLimit, DecisionKind, Inspection, Plan, PlanStatus
from qc.views import words
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Stage

OUTCOMES = [("open", "Not decided"), *DecisionKind.choices]


class InspectionFilter(ListFilter):
    q = django_filters.CharFilter(label="Inspection, lot, item or document", method="by_text")
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any")
    decision = django_filters.ChoiceFilter(
        label="Decision", method="by_decision", choices=OUTCOMES, empty_label="Any"
    )
    since = django_filters.DateFilter(
        label="Opened from", field_name="opened_at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label="to", field_name="opened_at", lookup_expr="date__lte", widget=DateInput
    )

    def by_text(self, rows: QuerySet[Inspection], name: str, value: str) -> QuerySet[Inspection]:
        return rows.filter(
            Q(number__icontains=value) | Q(lot__number__icontains=value) | Q(lot__item__name__icontains=value) | Q(lot__item__code__iexact=value)
            | Q(document__icontains=value) | Q(deviation__iexact=value)
        )  # fmt: skip

    def by_decision(self, rows: QuerySet[Inspection], name: str, value: str) -> QuerySet[Inspection]:
        return rows.undecided() if value == "open" else rows.filter(decision=value)  # type: ignore[attr-defined]


class InspectionList(RecordList):
    right = "qc.view"
    template_name = "qc/inspections.html"
    title = "Inspections"
    note = "Every examination with its decision, the newest first."
    file_name = "inspections"
    filterset_class = InspectionFilter
    default_sort = "-opened_at"
    tie = "number"
    one, many = "inspection", "inspections"
    empty_title = "No inspection yet."
    empty_now = "Begin one from the queue."
    queryset = Inspection.objects.select_related("lot__item", "run", "plan", "opened_by", "decided_by")
    columns = [
        Column(
            "Inspection",
            lambda i: i.number,
            "code",
            sort="number",
            link=lambda i: reverse("qc:inspection", args=[i.pk]),
        ),
        Column("Opened", lambda i: i.opened_at, "when", sort="opened_at"),
        Column("Stage", lambda i: i.get_stage_display(), sort="stage"),
        Column(
            "Lot or document",
            lambda i: str(i.lot or i.run or i.document),
            "code",
            link=lambda i: reverse("traceability:lot", args=[i.lot_id]) if i.lot_id else "",
        ),
        Column("Item", lambda i: i.lot.item.name if i.lot else "", sort="lot__item__code"),
        Column("Plan", lambda i: str(i.plan or ""), wide_only=True),
        Column("Opened by", lambda i: str(i.opened_by), wide_only=True),
        Column("Decision", lambda i: i.get_decision_display() or "Not decided", sort="decision"),
        Column("Deviation", lambda i: i.deviation, "code", wide_only=True),
        Column("Decided", lambda i: i.decided_at, "when", sort="decided_at", wide_only=True),
        Column("By", lambda i: str(i.decided_by or ""), wide_only=True),
    ]


class PlanFilter(ListFilter):
    q = django_filters.CharFilter(label="Code or name", method="by_text")
    stage = django_filters.ChoiceFilter(label="Stage", choices=Stage.choices, empty_label="Any")
    status = django_filters.ChoiceFilter(label="Status", choices=PlanStatus.choices, empty_label="Any")
    item = django_filters.CharFilter(label="Item", field_name="items__code", lookup_expr="iexact")

    def by_text(self, rows: QuerySet[Plan], name: str, value: str) -> QuerySet[Plan]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))


class PlanList(RecordList):
    right = "qc.view"
    title = "Inspection plans"
    note = "One revision of a plan is in force at a time; an inspection keeps the one it was opened under."
    file_name = "inspection-plans"
    filterset_class = PlanFilter
    default_sort = "code"
    one, many = "revision", "revisions"
    empty_title = "No plan yet."
    empty_now = "Draft one, or import plans from a file."
    empty_link = ("New plan", "qc:plan_new", "qc.change_plan")
    template_name = "qc/plans.html"
    quick = (("In force", "status=approved"), ("Drafts", "status=draft"))
    queryset = Plan.objects.select_related("approved_by")
    columns = [
        Column("Plan", lambda p: p.code, "code", sort="code", link=lambda p: reverse("qc:plan", args=[p.pk])),
        Column("Revision", lambda p: p.revision, "number"),
        Column("Name", lambda p: p.name, sort="name"),
        Column("Stage", lambda p: p.get_stage_display(), sort="stage"),
        Column("Status", lambda p: p.get_status_display(), sort="status"),
        Column("Characteristics", lambda p: p.looks, "number"),
        Column("Items", lambda p: p.item_count, "number", wide_only=True),
        Column("Approved by", lambda p: str(p.approved_by or ""), wide_only=True),
        Column("Approved", lambda p: p.approved_at, "when", wide_only=True),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        looks = dict(
            Characteristic.objects.filter(plan__in=rows)
            .values_list("plan")
            .annotate(n=Count("pk"))
            .order_by()
        )
        items = dict(
            Plan.items.through.objects.filter(plan__in=rows)
            .values_list("plan")
            .annotate(n=Count("pk"))
            .order_by()
        )
        for plan in rows:
            plan.looks, plan.item_count = looks.get(plan.pk, 0), items.get(plan.pk, 0)
        return rows


def _limits(c: Characteristic) -> Limits:
    return Limits(c.lower, c.upper)


class PlanPage(RecordList):
    """One revision of a plan: what is looked at, with limits, and where an item has limits of its own."""

    right = "qc.view"
    template_name = "qc/plan.html"
    paginate_by = 500
    one, many = "characteristic", "characteristics"
    default_sort = "position"
    tie = "position"
    crumbs = [("Inspection plans", "/qc/plans/")]
    columns = [
        Column("No.", lambda c: c.position, "number"),
        Column("Characteristic", lambda c: c.name),
        Column("Kind", lambda c: c.get_kind_display()),
        Column("Unit", lambda c: c.unit),
        Column("Limit", lambda c: words.limit_words(c.lower, c.upper)),
        Column("Readings", lambda c: c.readings, "number"),
        Column("Severity", lambda c: c.get_severity_display().split(":")[0], wide_only=True),
        Column("Method", lambda c: c.method, roomy=True),
        Column("Rule", lambda c: words.rule_words(c, _limits(c)), wide_only=True),
        Column("Note", lambda c: c.note, wide_only=True),
    ]

    @cached_property
    def plan(self) -> Plan:
        return get_object_or_404(
            Plan.objects.select_related("approved_by", "drafted_by"), pk=self.kwargs["pk"]
        )

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.plan} {self.plan.name}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"plan-{self.plan.code}-{self.plan.revision}"

    def get_base_queryset(self) -> QuerySet[Characteristic]:
        return Characteristic.objects.filter(plan=self.plan)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = (
            CharacteristicLimit.objects.filter(characteristic__plan=self.plan)
            .select_related("characteristic", "item")
            .order_by("characteristic__position", "item__code")
        )
        plan, person = self.plan, self.request.user
        is_draft = plan.status == PlanStatus.DRAFT
        may_change = is_draft and person.has_perm("qc.change_plan")  # type: ignore[union-attr]
        return (
            super().get_context_data(**kwargs)
            | {
                "plan": plan,
                "scope": words.scope_words(plan),
                "ways": words.ways_of(plan),
                "may_change": may_change,
                "may_revise": not is_draft and person.has_perm("qc.change_plan"),  # type: ignore[union-attr]
                "may_approve": is_draft
                and person.has_perm("qc.approve_plan")
                and plan.drafted_by_id != person.pk,  # type: ignore[union-attr]
                "looks": list(plan.characteristics.order_by("position")) if may_change else [],
                "items": list(self.plan.items.order_by("code")[:200]),
                "revisions": list(Plan.objects.filter(code=self.plan.code).exclude(pk=self.plan.pk)),
                "own_limits": [
                    {
                        "row": row,
                        "limit": words.limit_words(row.lower, row.upper) if row.applies else "does not apply",
                    }
                    for row in own[:200]
                ],
            }
        )
