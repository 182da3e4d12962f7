"""Codes met at the dock: who asked that they mean an item, and whether somebody else agreed."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from receiving import services
from receiving.rights import APPROVE
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import CodeAlias
from traceability.views import refusals
from traceability.views.keys import actor_of
from traceability.views.rights import needs

STATES = [("approved", "Approved"), ("ended", "Refused or ended"), ("all", "All")]


class CodeFilter(ListFilter):
    q = django_filters.CharFilter(label="Code", field_name="code", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(
        label="State", method="by_state", choices=STATES, empty_label="Waiting"
    )

    def by_state(self, rows: QuerySet[CodeAlias], name: str, value: str) -> QuerySet[CodeAlias]:
        if value == "approved":
            return rows.filter(approved_by__isnull=False, ended_at__isnull=True)
        return rows.filter(ended_at__isnull=False) if value == "ended" else rows


class CodeList(RecordList):
    right = "receiving.view"
    template_name = "receiving/codes.html"
    title = "Codes"
    note = "Scanned at the dock and unknown. A code means its item once somebody else approved it."
    file_name = "codes"
    filterset_class = CodeFilter
    default_sort = "-asked_at"
    tie = "pk"
    one, many = "code", "codes"
    empty_title = "No code waits."
    empty_now = "A code that nobody knows is linked at the dock; it will wait here for a lead."
    columns = [
        Column("Code", lambda c: c.code, "code", sort="code"),
        Column("Means", lambda c: str(c.item.name if c.item else c.location), link=lambda c: reverse("traceability:item", args=[c.item_id]) if c.item_id else ""),
        Column("Supplier", lambda c: str(c.supplier or ""), wide_only=True),
        Column("Met on", lambda c: c.asked_on, "code", wide_only=True),
        Column("Asked by", lambda c: str(c.asked_by), sub=None),
        Column("Asked", lambda c: c.asked_at, "when", sort="asked_at"),
        Column("Approved by", lambda c: str(c.approved_by or ""), wide_only=True),
        Column("State", lambda c: "Ended" if c.ended_at else "Approved" if c.approved_by_id else "Waiting"),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[CodeAlias]:
        rows = CodeAlias.objects.select_related("item", "location", "supplier", "asked_by", "approved_by")
        return rows if self.request.GET.get("state") else rows.waiting()  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        may = self.request.user.has_perm(APPROVE)  # type: ignore[union-attr]
        return context | {"open_codes": [c for c in context["object_list"] if not c.ended_at] if may else []}


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    view = CodeList()
    view.setup(request)
    drawn: Any = view.get(request)
    return drawn.render() if hasattr(drawn, "render") else drawn


@require_POST
@needs(APPROVE)
@refusals.shown_on(_back)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    found = services.approve_code(alias=get_object_or_404(CodeAlias, pk=pk), actor=actor_of(request))
    messages.success(request, f"{found.code} means {found.item or found.location} from now on.")
    return redirect("receiving:codes")


@require_POST
@needs(APPROVE)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    found = services.end_code(alias=get_object_or_404(CodeAlias, pk=pk), actor=actor_of(request))
    messages.success(request, f"{found.code} means nothing from now on.")
    return redirect("receiving:codes")
