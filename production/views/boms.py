"""BOMs: the list, one revision with what it changed, and its way from draft through approval to the next revision."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from production import services
from production.boms import differences, scaled, standing
from production.forms.boms import BomForm, ComponentSet, OutputSet
from production.models import Bom, BomStatus, WorkOrder
from traceability import units
from traceability.forms.fields import Day
from traceability.ledger import BadInput, Refusal
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Item
from traceability.views import editing, refusals
from traceability.views.editing import Sheet
from traceability.views.keys import actor_of
from traceability.views.rights import needs

ORDERS = 20


class BomFilter(ListFilter):
    q = django_filters.CharFilter(label="Name or item", method="by_text")
    status = django_filters.ChoiceFilter(
        label="State", method="by_state", choices=BomStatus.choices, empty_label="Any"
    )
    component = django_filters.CharFilter(label="With the component", method="by_component")

    def by_text(self, rows: QuerySet[Bom], name: str, value: str) -> QuerySet[Bom]:
        return rows.filter(Q(name__icontains=value) | Q(item__name__icontains=value))

    def by_state(self, rows: QuerySet[Bom], name: str, value: str) -> QuerySet[Bom]:
        if value == BomStatus.APPROVED:
            return rows.filter(pk__in=Bom.objects.in_force().values("pk"))
        return rows.filter(status=value)

    def by_component(self, rows: QuerySet[Bom], name: str, value: str) -> QuerySet[Bom]:
        within = Q(components__item__code=value) | Q(components__alternatives__code=value)
        return rows.filter(pk__in=Bom.objects.filter(within).values("pk"))


class BomList(RecordList):
    right = "production.view"
    title = "BOMs"
    note = "What should go in. Every revision stays."
    file_name = "boms"
    template_name = "production/boms.html"
    filterset_class = BomFilter
    default_sort = "name"
    tie = "-revision"
    one, many = "BOM", "BOMs"
    record_page = "production:bom"
    quick = (("In force", "status=approved"), ("Drafts", "status=draft"))
    empty_title = "No BOM yet."
    empty_now = "Draft the first one; a colleague approves it."
    empty_link = ("New BOM", "production:new_bom", "production.draft_bom")
    queryset = Bom.objects.select_related("item", "drafted_by", "approved_by").annotate(
        parts=Count("components")
    )
    columns = [
        Column(
            "BOM",
            lambda b: b.name,
            "code",
            sort="name",
            link=lambda b: reverse("production:bom", args=[b.pk]),
        ),
        Column("Revision", lambda b: b.revision, "number", sort="revision"),
        Column("Makes", lambda b: b.item.name if b.item else "a family"),
        Column("State", standing, sort="status"),
        Column("For", lambda b: b.per_quantity, "number", unit=lambda b: b.per_unit, wide_only=True),
        Column("Components", lambda b: b.parts, "number", sort="parts", wide_only=True),
        Column("From", lambda b: b.effective_from, "day", sort="effective_from", wide_only=True),
        Column("Drafted by", lambda b: str(b.drafted_by or ""), wide_only=True),
        Column("Approved by", lambda b: str(b.approved_by or ""), wide_only=True),
    ]


BOMS = Bom.objects.select_related("item", "rework_item", "drafted_by", "approved_by")


@needs("production.view")
def bom_page(request: HttpRequest, pk: int) -> HttpResponse:
    bom = get_object_or_404(BOMS, pk=pk)
    asked = request.GET.get("for", "").strip()
    try:
        quantity, problem = (units.parse_quantity(asked) if asked else None), ""
        if quantity is not None and quantity <= 0:
            raise BadInput("A quantity is more than zero.")
    except Refusal as refusal:
        quantity, problem = None, refusal.sentence
    revisions = list(
        Bom.objects.filter(name=bom.name).select_related("drafted_by", "approved_by").order_by("-revision")
    )
    earlier = next((one for one in revisions if one.revision < bom.revision), None)
    orders = WorkOrder.objects.filter(bom=bom).select_related("line").order_by("-planned_on", "-pk")
    draft = next((one for one in revisions if one.status == BomStatus.DRAFT), None)
    context = {
        "bom": bom,
        "standing": standing(bom),
        "is_draft": bom.status == BomStatus.DRAFT,
        "is_approved": bom.status == BomStatus.APPROVED,
        "draft": draft,
        "rows": scaled(bom, quantity),
        "asked": asked,
        "quantity": quantity,
        "problem": problem,
        "outputs": list(bom.outputs.select_related("item")),
        "revisions": [(one, standing(one)) for one in revisions],
        "earlier": earlier,
        "differences": list(differences(bom, earlier)) if earlier else [],
        "orders": list(orders[:ORDERS]),
        "order_count": orders.count(),
        "today": timezone.localdate(),
    }
    return render(request, "production/bom.html", context)


def _offered(request: HttpRequest, noun: Any) -> dict[str, Any]:
    return {
        "items": Item.objects.filter(is_active=True).order_by("code").only("code", "name", "unit")[:2_000],
        "reason_is_optional": True,
    }


BOM = Sheet(
    kind="bom", form=BomForm, parts=(("components", ComponentSet), ("outputs", OutputSet)), list_url="production:boms", one="BOM",
    right="production.draft_bom", keep=services.keep_bom, template="masters/party.html", more=_offered, not_copied=("name", "item", "change"),
)  # fmt: skip
new_bom, change_bom, copy_bom = editing.new(BOM), editing.change(BOM), editing.copy(BOM)


def _page(request: HttpRequest, pk: int) -> HttpResponseBase:
    return bom_page(request, pk)


@needs("production.draft_bom")
@refusals.shown_on(_page)
def revise_bom(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A draft of the next revision, then its form."""
    if request.method != "POST":
        return redirect("production:bom", pk)
    draft = services.draft_revision(
        bom=get_object_or_404(BOMS, pk=pk), change=request.POST.get("change", ""), actor=actor_of(request)
    )
    messages.success(request, f"{draft} is a draft.\nChange it, then let a colleague approve it.")
    return redirect("production:change_bom", draft.pk)


@needs("production.approve_bom")
@refusals.shown_on(_page)
def approve_bom(request: HttpRequest, pk: int) -> HttpResponseBase:
    if request.method != "POST":
        return redirect("production:bom", pk)
    day = editing.checked(Day(required=False), request.POST.get("effective_from", ""), name="effective_from")
    bom = services.approve_bom(
        bom=get_object_or_404(BOMS, pk=pk), effective_from=day, actor=actor_of(request)
    )
    messages.success(request, f"{bom} is approved.\nOrders keep the revision they were planned with.")
    return redirect("production:bom", bom.pk)


@needs("production.approve_bom")
@refusals.shown_on(_page)
def withdraw_bom(request: HttpRequest, pk: int) -> HttpResponseBase:
    if request.method != "POST":
        return redirect("production:bom", pk)
    bom = services.withdraw_bom(
        bom=get_object_or_404(BOMS, pk=pk), reason=request.POST.get("reason", ""), actor=actor_of(request)
    )
    messages.success(request, f"{bom} is out of force.")
    return redirect("production:bom", bom.pk)


@needs("production.draft_bom")
@refusals.shown_on(_page)
def drop_draft(request: HttpRequest, pk: int) -> HttpResponseBase:
    if request.method != "POST":
        return redirect("production:bom", pk)
    bom = get_object_or_404(BOMS, pk=pk)
    services.drop_draft(bom=bom, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.success(request, f"The draft of {bom} is given up.")
    return redirect("production:boms")
