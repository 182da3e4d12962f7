"""Complaints in a list, one complaint, and what several have in common."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from recalls import complaining
from recalls.causes import SORTS, common_causes
from recalls.models import Complaint, Severity
from traceability import reach
from traceability.ledger import BadInput
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.lists.selection import chosen
from traceability.models import Item, Lot, Party
from traceability.views import refusals
from traceability.views.inquiries.asking import CustomerField, ItemField
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

VIEW, CUSTOMERS, COMPLAIN = "recalls.view", "traceability.view_customers", "recalls.complain"
YES = [("yes", "Yes"), ("no", "No")]
MOST = 20
SHOWN = 40


def page_of(row: Complaint) -> str:
    return reverse("recalls:complaint", args=[row.pk])


class ComplaintFilter(ListFilter):
    q = django_filters.CharFilter(label="Number, lot or words", method="by_text")
    severity = django_filters.ChoiceFilter(label="Severity", choices=Severity.choices, empty_label="Any")
    answered = django_filters.ChoiceFilter(
        label="Answered", method="by_answer", choices=YES, empty_label="Either"
    )
    received_from = django_filters.DateFilter(
        label="Received from", field_name="received_on", lookup_expr="gte", widget=DateInput
    )
    received_to = django_filters.DateFilter(
        label="Until", field_name="received_on", lookup_expr="lte", widget=DateInput
    )

    def by_text(self, rows: QuerySet[Complaint], name: str, value: str) -> QuerySet[Complaint]:
        from django.db.models import Q

        return rows.filter(
            Q(number__icontains=value)
            | Q(code_read__icontains=value)
            | Q(what__icontains=value)
            | Q(item__name__icontains=value)
        )

    def by_answer(self, rows: QuerySet[Complaint], name: str, value: str) -> QuerySet[Complaint]:
        return rows.exclude(answer="") if value == "yes" else rows.filter(answer="")


class ComplaintList(RecordList):
    right = VIEW
    template_name = "recalls/complaints.html"
    title = "Complaints"
    note = "Tick several, and see what their lots have in common."
    file_name = "complaints"
    queryset = Complaint.objects.select_related("customer", "item", "lot__item", "recorded_by")
    filterset_class = ComplaintFilter
    default_sort = "-received_on"
    one, many = "complaint", "complaints"
    record_page = "recalls:complaint"
    quick = (("Not answered", "answered=no"), ("Critical", "severity=critical"))
    empty_title = "No complaint yet."
    empty_now = "Write down the first one when a customer calls."
    empty_link = ("Record a complaint", "recalls:record_complaint", COMPLAIN)
    columns = [
        Column("Number", lambda r: r.number, "code", sort="number", link=page_of),
        Column("Received", lambda r: r.received_on, "day", sort="received_on"),
        Column("Customer", lambda r: r.customer.name if r.customer else "", sort="customer__name", right=CUSTOMERS),
        Column("Item", lambda r: r.lot.item.name if r.lot else r.item.name if r.item else "", wide_only=True),
        Column("Lot", lambda r: r.lot.number if r.lot else r.code_read, "code", sort="lot__number",
               link=lambda r: reverse("traceability:lot", args=[r.lot_id]) if r.lot else ""),
        Column("What", lambda r: r.what[:120], wide_only=True),
        Column("Severity", lambda r: r.get_severity_display(), sort="severity"),
        Column("Answered", lambda r: r.answered_at, "when", sort="answered_at", wide_only=True),
        Column("Recorded by", lambda r: str(r.recorded_by), export_only=True),
        Column("Answer", lambda r: r.answer, export_only=True),
    ]  # fmt: skip


class ComplaintForm(forms.Form):
    customer = CustomerField(label="Customer", required=False)
    code_read = forms.CharField(
        label="Lot, serial or date code, as they read it", required=False, max_length=80
    )
    item = ItemField(label="Item", required=False)
    what = forms.CharField(label="What is wrong", widget=forms.Textarea(attrs={"rows": 3}))
    severity = forms.ChoiceField(label="Severity", choices=Severity.choices)
    received_on = forms.DateField(label="Received on", widget=DateInput())
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "key":
                field.widget.attrs["class"] = "input lot-code" if name == "code_read" else "input"
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"
        self.fields["customer"].widget.attrs |= {"list": "known-parties", "autocomplete": "off"}
        self.fields["item"].widget.attrs |= {"list": "known-items", "autocomplete": "off"}


@needs(COMPLAIN)
def record_page(request: HttpRequest, form: ComplaintForm | None = None) -> HttpResponse:
    form = form or ComplaintForm(
        request.POST or None,
        initial={"received_on": timezone.localdate(), "key": new_key(), "severity": "minor"},
    )
    context = {
        "form": form,
        "offered_items": Item.objects.order_by("code")[:200],
        "offered_parties": Party.objects.filter(is_customer=True).order_by("code")[:200],
    }
    return render(
        request,
        "recalls/record_complaint.html",
        context,
        status=400 if form.is_bound and not form.is_valid() else 200,
    )


@needs(COMPLAIN)
@refusals.shown_on(record_page)
def record(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return record_page(request)
    form = ComplaintForm(request.POST)
    if not form.is_valid():
        return record_page(request, form)
    told = form.cleaned_data
    complaint = complaining.record(
        what=told["what"], code_read=told["code_read"], item=told["item"], customer=told["customer"], severity=told["severity"],
        received_on=told["received_on"], actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{complaint.number} is recorded.", extra_tags="ok")
    return redirect("recalls:complaint", complaint.pk)


@needs(VIEW, about=Complaint)
def complaint(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        Complaint.objects.select_related("customer", "item", "lot__item", "recorded_by", "answered_by"), pk=pk
    )
    others = Complaint.objects.none()
    if row.lot_id:
        others = (
            reach.seen(Complaint.objects.filter(lot=row.lot_id)).exclude(pk=pk).order_by("-received_on")[:20]
        )
    context = {
        "complaint": row,
        "others": others,
        "may_answer": request.user.has_perm(COMPLAIN),  # type: ignore[union-attr]
        "sees_customers": request.user.has_perm(CUSTOMERS),  # type: ignore[union-attr]
        "text": request.POST.get("answer", ""),
    }
    return render(request, "recalls/complaint.html", context)


@needs(COMPLAIN, about=Complaint)
@require_POST
@refusals.shown_on(lambda request, pk: complaint(request, pk))  # type: ignore[arg-type, return-value]
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Complaint, pk=pk)
    complaining.answer(complaint=row, text=request.POST.get("answer", "")[:4000], actor=actor_of(request))
    messages.success(request, f"The answer to {row.number} is on record.", extra_tags="ok")
    return redirect("recalls:complaint", pk)


@needs(VIEW)
@require_POST
@refusals.shown_on(lambda request: cause(request))  # type: ignore[arg-type, return-value]
def compare(request: HttpRequest) -> HttpResponse:
    """From the list: the chosen complaints as an address that can be kept and shared."""
    numbers = list(chosen(request).rows().order_by("number").values_list("number", flat=True)[:MOST])
    asked = QueryDict(mutable=True)
    asked.setlist("bad", numbers)
    return redirect(f"{reverse('recalls:cause')}?{asked.urlencode()}")


@needs(VIEW)
def cause(request: HttpRequest) -> HttpResponse:
    """Complaints, lots or serials typed or chosen; what they share, ranked."""
    texts = [part for text in request.GET.getlist("bad") for part in text.replace(",", " ").split()]
    texts = list(dict.fromkeys(text[:80] for text in texts))[:MOST]
    lots, unknown, named = _bad_lots(texts)
    comparison = None
    if len({lot.pk for lot in lots}) > 1:
        comparison = common_causes(lots)
    elif texts:
        request.refusal = BadInput(  # type: ignore[attr-defined]
            "A common cause needs at least two bad lots.",
            "One lot shares everything with itself.",
            "Add another complaint or lot.",
        )
    context: dict[str, Any] = {"texts": texts, "unknown": unknown, "comparison": comparison}
    if comparison:
        context |= {
            "groups": [
                {"title": title, "rows": comparison.of(sort)[:SHOWN], "count": len(comparison.of(sort)), "sort": sort}
                for sort, title in SORTS.items()
            ],
            "columns": [{"lot": lot, "names": named.get(lot.pk, [])} for lot in comparison.cases],
        }  # fmt: skip
    return render(request, "recalls/cause.html", context)


def _bad_lots(texts: list[str]) -> tuple[list[Lot], list[str], dict[int, list[str]]]:
    """Lots by complaint number or by their own; what is neither is said so."""
    complaints = {
        row.number: row
        for row in reach.seen(Complaint.objects.filter(number__in=texts)).select_related("lot__item")
    }
    lots: list[Lot] = []
    unknown: list[str] = []
    named: dict[int, list[str]] = {}
    for text in texts:
        if text in complaints:
            lot = complaints[text].lot
            if lot is None:
                unknown.append(f"{text} (its lot is not known)")
                continue
            named.setdefault(lot.pk, []).append(text)
            lots.append(lot)
            continue
        found = list(
            reach.seen(
                Lot.objects.filter(number__in={text, text.upper()}, is_untracked=False)
            ).select_related("item")
        )
        lots += found
        if not found:
            unknown.append(text)
    return lots, unknown, named
