"""Receipts: the list, one receipt with its lots, what goes back to the supplier, and what was written wrong."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from receiving.forms import CorrectionForm, ReturnForm
from receiving.models import Receipt, ReceiptLine
from receiving.services import correct_receipt, return_to_supplier
from traceability import ledger
from traceability.ledger import BadInput
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Entry, search_key
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.refusals import record
from traceability.views.rights import needs
from traceability.views.statuses import with_facts


class ReceiptFilter(ListFilter):
    q = django_filters.CharFilter(label="Receipt, order or lot", method="by_number")
    supplier = django_filters.CharFilter(label="Supplier", method="by_supplier")
    since = django_filters.DateFilter(
        label="Received from", field_name="received_at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label="to", field_name="received_at", lookup_expr="date__lte", widget=DateInput
    )

    def by_number(self, rows: QuerySet[Receipt], name: str, value: str) -> QuerySet[Receipt]:
        lots = ReceiptLine.objects.filter(
            Q(lot__number=value) | Q(lot__supplier_lot_key=search_key(value)), receipt=OuterRef("pk")
        )
        return rows.filter(Q(number__icontains=value) | Q(order__number__icontains=value) | Exists(lots))

    def by_supplier(self, rows: QuerySet[Receipt], name: str, value: str) -> QuerySet[Receipt]:
        return rows.filter(Q(supplier__code__iexact=value) | Q(supplier__name__icontains=value))


class ReceiptList(RecordList):
    right = "receiving.view"
    template_name = "receiving/receipts.html"
    title = "Receipts"
    note = "Deliveries that were posted, the newest first."
    file_name = "receipts"
    filterset_class = ReceiptFilter
    default_sort = "-received_at"
    tie = "number"
    one, many = "receipt", "receipts"
    empty_title = "Nothing was received yet."
    empty_now = "Open an expected delivery and post its lots."
    queryset = Receipt.objects.select_related("order", "supplier", "received_by")
    columns = [
        Column(
            "Receipt",
            lambda r: r.number,
            "code",
            sort="number",
            link=lambda r: reverse("receiving:receipt", args=[r.pk]),
        ),
        Column("Received", lambda r: r.received_at, "when", sort="received_at"),
        Column(
            "Supplier",
            lambda r: r.supplier.name,
            sort="supplier__name",
            link=lambda r: reverse("traceability:party", args=[r.supplier_id]),
        ),
        Column(
            "Order",
            lambda r: r.order.number if r.order else "",
            "code",
            sort="order__number",
            link=lambda r: reverse("receiving:order", args=[r.order_id]) if r.order_id else "",
        ),
        Column("Lots", lambda r: r.lots, "number"),
        Column("By", lambda r: str(r.received_by), wide_only=True),
        Column("Note", lambda r: r.note, wide_only=True),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = (
            ReceiptLine.objects.filter(receipt__in=rows)
            .values("receipt")
            .annotate(lots=Count("pk"))
            .order_by()
        )
        lots = {row["receipt"]: row["lots"] for row in found}
        for receipt in rows:
            receipt.lots = lots.get(receipt.pk, 0)
        return rows


class ReceiptPage(RecordList):
    """One receipt with its lots as they were entered and as they stand now. Prints as the paper of the delivery."""

    right = "receiving.view"
    about = Receipt
    template_name = "receiving/receipt.html"
    paginate_by = 1000
    one, many = "lot", "lots"
    default_sort = "position"
    tie = "position"
    crumbs = [("Receipts", "/receiving/receipts/")]
    columns = [
        Column("Line", lambda r: r.position, "number", sort="position"),
        Column("Lot", lambda r: r.lot.number, "lot", sort="lot__number", record=lambda r: r.lot),
        Column("Item", lambda r: r.lot.item.name, sort="lot__item__code", link=lambda r: reverse("traceability:item", args=[r.lot.item_id])),
        Column("Supplier lot", lambda r: r.lot.supplier_lot, "code"),
        Column("Received", lambda r: r.quantity if r.corrected_quantity is None else r.corrected_quantity, "number", unit=lambda r: r.unit,
               sub=lambda r: f"was {ledger.plain(r.quantity)}" if r.corrected_quantity is not None else None),
        Column("Pieces", lambda r: r.pieces, "number", wide_only=True),
        Column("Place", lambda r: r.location.code, wide_only=True),
        Column("Best by", lambda r: r.lot.expires_on, "day"),
        Column("Status", lambda r: r.lot.chips, "chips"),
    ]  # fmt: skip

    @cached_property
    def receipt(self) -> Receipt:
        return get_object_or_404(
            Receipt.objects.select_related("order", "supplier", "site", "received_by"), pk=self.kwargs["pk"]
        )

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Receipt {self.receipt.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"receipt-{self.receipt.number}"

    def get_columns(self) -> list[Column]:
        columns = list(self.columns)
        for right, heading, word, name in (
            ("receiving.return_to_supplier", "Return", "Send back", "return_line"),
            ("receiving.receive", "Correct", "Put right", "correct_line"),
        ):
            if self.request.user.has_perm(right):  # type: ignore[union-attr]
                columns.append(_door(heading, word, f"receiving:{name}"))
        return columns

    def export_columns(self) -> list[Column]:
        return list(self.columns)

    def get_base_queryset(self) -> QuerySet[ReceiptLine]:
        return ReceiptLine.objects.filter(receipt=self.receipt).select_related("lot__item", "location")

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first = Entry.objects.filter(document=self.receipt.number).order_by("seq").first()
        return super().get_context_data(**kwargs) | {
            "receipt": self.receipt, "entry": first, "refusals": list(self.receipt.refusals.select_related("item", "refused_by")),
        }  # fmt: skip


def _door(heading: str, word: str, url_name: str) -> Column:
    return Column(heading, lambda r: word, link=lambda r: reverse(url_name, args=[r.pk]), wide_only=True)


@needs("receiving.return_to_supplier", about=ReceiptLine)
def return_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a quantity of one line back to its supplier."""
    line = _line(pk)
    form = ReturnForm(request.POST or None, line=line, initial={"unit": line.unit})
    if request.method == "POST" and _is_good(request, form):
        data = form.cleaned_data
        try:
            entry = return_to_supplier(
                lot=line.lot, quantity=data["quantity"], unit=data["unit"], location=data["stock"].location, status=data["stock"].status,
                reason=data["reason"], actor=actor_of(request), client=client_of(request), key=key_of(request),
            )  # fmt: skip
        except ledger.Refusal as refusal:
            _refuse(request, refusal)
        else:
            messages.success(
                request,
                f"{ledger.plain(data['quantity'])} {data['unit']} of {line.lot.number} went back to {line.receipt.supplier} under {entry.document}.",
            )
            return redirect("receiving:receipt", line.receipt_id)
    return _form_page(request, "receiving/return.html", form, line)


@needs("receiving.receive", about=ReceiptLine)
def correct_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a line should have said. The first figure stays; the difference is an entry of its own."""
    line = _line(pk)
    form = CorrectionForm(request.POST or None, line=line)
    if request.method == "POST" and _is_good(request, form):
        data = form.cleaned_data
        stock = data["stock"]
        try:
            correct_receipt(
                line=line, quantity=data["quantity"], reason=data["reason"], location=stock.location if stock else None, status=stock.status if stock else "",
                actor=actor_of(request), client=client_of(request), key=key_of(request),
            )  # fmt: skip
        except ledger.Refusal as refusal:
            _refuse(request, refusal)
        else:
            messages.success(
                request, f"Line {line.position} now says {ledger.plain(data['quantity'])} {line.unit}."
            )
            return redirect("receiving:receipt", line.receipt_id)
    return _form_page(request, "receiving/correct.html", form, line)


def _line(pk: int) -> ReceiptLine:
    return get_object_or_404(
        ReceiptLine.objects.select_related(
            "receipt__supplier", "receipt__order", "lot__item", "lot__supplier", "location"
        ),
        pk=pk,
    )


def _is_good(request: HttpRequest, form: Any) -> bool:
    """The form alone; says on top of the page that nothing was recorded if it is not."""
    if form.is_valid():
        return True
    first = str(next(iter(form.errors.values()))[0])
    refusal = BadInput("Nothing was recorded.", first, "What you entered is kept below.")
    request.refusal = refusal  # type: ignore[attr-defined]
    return False


def _refuse(request: HttpRequest, refusal: ledger.Refusal) -> None:
    record(request, refusal)
    request.refusal = refusal  # type: ignore[attr-defined]


def _form_page(request: HttpRequest, template: str, form: Any, line: ReceiptLine) -> HttpResponse:
    refusal = getattr(request, "refusal", None)
    context = {
        "form": form,
        "line": line,
        "key": new_key(),
        "has_stock": form.fields["stock"].queryset.exists(),
    }
    return render(request, template, context, status=refusal.status if refusal else 200)
