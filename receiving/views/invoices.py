"""Received, not invoiced: what waits for its invoice, by supplier and age; entering an invoice; what it was matched to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from receiving import services
from receiving.forms import HouseForm
from receiving.models import InvoiceLine, InvoiceMatch, ReceiptItem, SupplierInvoice
from receiving.rights import MATCH
from receiving.views.places import number
from traceability import ledger, reach, units
from traceability.ledger import BadInput
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Party
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

AGES = [("0", "0 to 30 days"), ("31", "31 to 60"), ("61", "61 to 90"), ("91", "over 90")]
MOST = 200


class OpenFilter(ListFilter):
    supplier = django_filters.CharFilter(label="Supplier", method="by_supplier")
    item = django_filters.CharFilter(label="Item", field_name="item__code", lookup_expr="iexact")
    age = django_filters.ChoiceFilter(label="Age", method="by_age", choices=AGES, empty_label="Any")
    until = django_filters.DateFilter(
        label="Received until", field_name="receipt__received_at", lookup_expr="date__lte", widget=DateInput
    )

    def by_supplier(self, rows: QuerySet[ReceiptItem], name: str, value: str) -> QuerySet[ReceiptItem]:
        return rows.filter(receipt__supplier__code__iexact=value) | rows.filter(
            receipt__supplier__name__icontains=value
        )

    def by_age(self, rows: QuerySet[ReceiptItem], name: str, value: str) -> QuerySet[ReceiptItem]:
        now, least = timezone.now(), int(value)
        rows = rows.filter(receipt__received_at__lte=now - timedelta(days=least)) if least else rows
        return (
            rows.filter(receipt__received_at__gt=now - timedelta(days=least + (30 if least else 31)))
            if least < 91
            else rows
        )


@dataclass(slots=True)
class Ageing:
    """One supplier: how many lines wait in each span of days, and how long the oldest does."""

    supplier: Party
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    oldest: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts)


def ageing_of(rows: QuerySet[Any]) -> list[Ageing]:
    """One query; the supplier that waits longest first."""
    now = timezone.now()
    found: dict[int, Ageing] = {}
    for row in rows.select_related("receipt__supplier"):
        own = found.setdefault(row.receipt.supplier_id, Ageing(row.receipt.supplier))
        days = (now - row.receipt.received_at).days
        own.counts[0 if days <= 30 else 1 if days <= 60 else 2 if days <= 90 else 3] += 1
        own.oldest = max(own.oldest, days)
    return sorted(found.values(), key=lambda own: -own.oldest)


class NotInvoiced(RecordList):
    right = "receiving.view"
    template_name = "receiving/not_invoiced.html"
    title = "Received, not invoiced"
    note = "What came without a price and has no invoice yet, the oldest first. What went back is taken off."
    file_name = "received-not-invoiced"
    filterset_class = OpenFilter
    default_sort = "receipt__received_at"
    tie = "pk"
    one, many = "line", "lines"
    empty_title = "Every receipt has its invoice."
    empty_now = "What is received from now on will wait here until its invoice is matched."
    columns = [
        Column("Receipt", lambda r: r.receipt.number, "code", sort="receipt__number", link=lambda r: reverse("receiving:receipt", args=[r.receipt_id])),
        Column("Received", lambda r: r.receipt.received_at, "when", sort="receipt__received_at"),
        Column("Days", lambda r: r.days, "number"),
        Column("Supplier", lambda r: r.receipt.supplier.name, sort="receipt__supplier__name", link=lambda r: reverse("receiving:supplier", args=[r.receipt.supplier_id])),
        Column("Item", lambda r: r.item.name, sort="item__code", link=lambda r: reverse("traceability:item", args=[r.item_id])),
        Column("Received net", lambda r: r.net, "number", unit=lambda r: r.item.unit, wide_only=True),
        Column("Invoiced", lambda r: r.matched, "number", unit=lambda r: r.item.unit, wide_only=True),
        Column("Not invoiced", lambda r: r.open, "number", unit=lambda r: r.item.unit),
        Column("Order", lambda r: r.receipt.order.number if r.receipt.order else "", "code", wide_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[ReceiptItem]:
        return reach.seen(ReceiptItem.objects.not_invoiced()).select_related(
            "receipt__supplier", "receipt__order", "item"
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        now = timezone.now()
        for row in rows:
            row.days = (now - row.receipt.received_at).days
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        credit = list(
            reach.seen(ReceiptItem.objects.credit_due()).select_related("receipt__supplier", "item")[:MOST]
        )
        for row in credit:
            row.due = -row.open  # type: ignore[attr-defined]
        return super().get_context_data(**kwargs) | {
            "ageing": ageing_of(self.get_base_queryset()),
            "ages": [words for _, words in AGES],
            "credit": credit,
        }


class InvoiceFilter(ListFilter):
    q = django_filters.CharFilter(label="Invoice or supplier", method="by_text")
    since = django_filters.DateFilter(
        label="Dated from", field_name="dated", lookup_expr="gte", widget=DateInput
    )
    until = django_filters.DateFilter(label="to", field_name="dated", lookup_expr="lte", widget=DateInput)

    def by_text(self, rows: QuerySet[SupplierInvoice], name: str, value: str) -> QuerySet[SupplierInvoice]:
        return rows.filter(number__icontains=value) | rows.filter(supplier__name__icontains=value)


class InvoiceList(RecordList):
    right = "receiving.view"
    template_name = "receiving/invoices.html"
    title = "Suppliers’ invoices"
    note = "Quantities only: prices and the books are the ERP’s."
    file_name = "supplier-invoices"
    filterset_class = InvoiceFilter
    default_sort = "-dated"
    tie = "pk"
    one, many = "invoice", "invoices"
    empty_title = "No invoice yet."
    empty_now = "Enter the first one, or let the ERP send it over the API."
    queryset = SupplierInvoice.objects.select_related("supplier", "entered_by")
    columns = [
        Column("Invoice", lambda i: i.number, "code", sort="number", link=lambda i: reverse("receiving:invoice", args=[i.pk])),
        Column("Supplier", lambda i: i.supplier.name, sort="supplier__name"),
        Column("Dated", lambda i: i.dated, "day", sort="dated"),
        Column("Lines", lambda i: i.line_count, "number"),
        Column("Difference", lambda i: i.words),
        Column("Entered by", lambda i: str(i.entered_by), wide_only=True),
    ]  # fmt: skip

    def prepare(self, rows: list[Any]) -> list[Any]:
        lines: dict[int, list[Any]] = defaultdict(list)
        for line in InvoiceLine.objects.with_difference().filter(invoice__in=rows).select_related("item"):
            lines[line.invoice_id].append(line)
        for row in rows:
            row.line_count = len(lines[row.pk])
            apart = [
                f"{ledger.plain(line.difference)} {line.item.unit} {line.item.name}"
                for line in lines[row.pk]
                if line.difference
            ]  # type: ignore[attr-defined]
            row.words = ", ".join(apart) or "none"
        return rows


class InvoicePage(RecordList):
    """One invoice: each line with what it was matched to, and what is left."""

    right = "receiving.view"
    template_name = "receiving/invoice.html"
    paginate_by = 500
    one, many = "line", "lines"
    default_sort = "position"
    tie = "position"
    crumbs = [("Suppliers’ invoices", "/receiving/invoices/")]
    columns = [
        Column("Line", lambda r: r.position, "number", sort="position"),
        Column("Item", lambda r: r.item.name, link=lambda r: reverse("traceability:item", args=[r.item_id])),
        Column("Invoiced", lambda r: r.quantity, "number", unit=lambda r: r.unit),
        Column("Matched", lambda r: r.matched, "number", unit=lambda r: r.item.unit),
        Column("Difference", lambda r: r.difference, "number", unit=lambda r: r.item.unit),
        Column("Matched to", lambda r: r.told),
    ]

    @cached_property
    def invoice(self) -> SupplierInvoice:
        return get_object_or_404(
            SupplierInvoice.objects.select_related("supplier", "entered_by"), pk=self.kwargs["pk"]
        )

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Invoice {self.invoice.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"invoice-{self.invoice.number}"

    def get_base_queryset(self) -> QuerySet[InvoiceLine]:
        return (
            InvoiceLine.objects.with_difference()
            .filter(invoice=self.invoice)
            .select_related("item", "invoice")
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        matches = defaultdict(list)
        for found in (
            InvoiceMatch.objects.standing()
            .filter(line__in=rows)
            .select_related("receipt_item__receipt", "line__item", "matched_by")
        ):
            matches[found.line_id].append(found)
        for row in rows:
            row.matched_to = matches[row.pk]
            row.told = ", ".join(
                f"{ledger.plain(m.quantity)} of {m.receipt_item.receipt}" for m in row.matched_to
            )
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        lines = self.prepare(list(self.get_base_queryset().order_by("position")[:MOST]))
        may_match = self.request.user.has_perm(MATCH)  # type: ignore[union-attr]
        waiting = (
            [(line, services.open_for(line)[:20]) for line in lines if line.difference > 0]
            if may_match
            else []
        )
        undone = InvoiceMatch.objects.filter(
            line__invoice=self.invoice, undone_at__isnull=False
        ).select_related("receipt_item__receipt", "undone_by", "line__item")
        return context | {
            "invoice": self.invoice,
            "invoiced": lines,
            "waiting": waiting,
            "undone": list(undone),
            "may_match": may_match,
        }


def _drawn(request: HttpRequest, pk: int) -> HttpResponse:
    """The page again, below what was refused."""
    view = InvoicePage()
    view.setup(request, pk=pk)
    drawn: HttpResponse = view.get(request, pk=pk)
    return drawn.render() if hasattr(drawn, "render") else drawn


class InvoiceForm(HouseForm):
    number = forms.CharField(label="Invoice number", max_length=40)
    dated = forms.DateField(label="Dated", widget=DateInput)
    note = forms.CharField(label="Note", max_length=200, required=False)


@needs(MATCH)
def new_invoice(request: HttpRequest) -> HttpResponse:
    """Choose the supplier, then say how much of what came the invoice asks for."""
    supplier = Party.objects.filter(
        is_supplier=True, pk=number(request.POST.get("supplier") or request.GET.get("supplier"))
    ).first()
    if supplier is None:
        waiting = reach.seen(ReceiptItem.objects.not_invoiced())
        return render(request, "receiving/new_invoice_supplier.html", {"ageing": ageing_of(waiting)})
    rows = list(
        reach.seen(ReceiptItem.objects.not_invoiced())
        .filter(receipt__supplier=supplier)
        .select_related("receipt__order", "item")
        .order_by("receipt__received_at", "pk")[:MOST]
    )
    form = InvoiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            paper = services.enter_invoice(
                supplier=supplier,
                lines=_lines(request, rows),
                **form.cleaned_data,
                actor=actor_of(request),
                client=client_of(request),
                key=key_of(request),
            )
        except ledger.Refusal as refusal:
            refusals.record(request, refusal)
            request.refusal = refusal  # type: ignore[attr-defined]
        else:
            messages.success(request, f"Invoice {paper.number} is entered and matched.")
            return redirect("receiving:invoice", paper.pk)
    elif form.is_bound:
        request.refusal = BadInput(  # type: ignore[attr-defined]
            "Nothing was recorded.",
            str(next(iter(form.errors.values()))[0]),
            "What you entered is kept below.",
        )  # type: ignore[attr-defined]
    for row in rows:
        came = ledger.plain(row.open).replace(",", "") if request.GET.get("fill") == "yes" else ""  # type: ignore[attr-defined]
        row.typed = request.POST.get(f"quantity_{row.pk}", came)  # type: ignore[attr-defined]
    refused = getattr(request, "refusal", None)
    context = {"supplier": supplier, "rows": rows, "form": form, "key": new_key(), "most": MOST}
    return render(request, "receiving/new_invoice.html", context, status=refused.status if refused else 200)


@require_POST
@needs(MATCH)
@refusals.shown_on(_drawn)
def match_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Match what is left of a line to a receipt that is open."""
    line = get_object_or_404(
        InvoiceLine.objects.select_related("invoice"), pk=number(request.POST.get("line")), invoice=pk
    )
    target = get_object_or_404(
        reach.seen(ReceiptItem.objects.all()), pk=number(request.POST.get("receipt_item"))
    )
    services.match(
        line=line,
        receipt_item=target,
        quantity=units.parse_quantity(request.POST.get("quantity", "").strip()),
        actor=actor_of(request),
    )
    messages.success(request, "Matched.")
    return redirect("receiving:invoice", pk)


@require_POST
@needs(MATCH)
@refusals.shown_on(_drawn)
def undo_match(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(InvoiceMatch, pk=number(request.POST.get("match")), line__invoice=pk)
    services.undo_match(match=found, reason=request.POST.get("reason", ""), actor=actor_of(request))
    messages.success(request, "The match is undone.")
    return redirect("receiving:invoice", pk)


def _lines(request: HttpRequest, rows: list[Any]) -> list[services.InvoicedItem]:
    lines = []
    for row in rows:
        text = request.POST.get(f"quantity_{row.pk}", "").strip()
        if text:
            quantity: Decimal = units.parse_quantity(text, field=f"quantity_{row.pk}")
            lines.append(services.InvoicedItem(item=row.item, quantity=quantity, receipt=row.receipt))
    return lines
