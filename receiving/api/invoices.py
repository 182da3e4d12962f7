"""Suppliers' invoices over HTTP: what waits for one, entering it, and what it is matched to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters

from receiving import services
from receiving.api import bodies
from receiving.api.orders import SUPPLIERS
from receiving.api.shapes import InvoiceBrief, InvoiceShape, NotInvoicedShape
from receiving.models import InvoiceLine, InvoiceMatch, Receipt, ReceiptItem, SupplierInvoice
from receiving.rights import MATCH
from traceability import reach
from traceability.api.editing import Makes
from traceability.api.nouns import found
from traceability.api.parameters import CodeFilter, MomentFilter, TextFilter
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import Reads
from traceability.models import Item

INVOICES = SupplierInvoice.objects.select_related("supplier", "entered_by")


class Enter(Verb):
    """Write an invoice down (up to 500 at once, all or none) and match each line as far as something came for it; nothing of it touches stock."""

    operation_id = "supplier_invoices_create"
    required_right = {"POST": MATCH}
    body = bodies.InvoiceBody
    answer = made(InvoiceShape)
    most_rows = 500

    def act(self, call: Call) -> SupplierInvoice:
        body = dict(call.body)
        rows = body["lines"]
        suppliers = found(SUPPLIERS, [body["supplier"]], what="supplier")
        items = found(Item.objects.all(), [row["item"] for row in rows], what="item")
        receipts = found(
            Receipt.objects.select_related("supplier"),
            [row["receipt"] for row in rows],
            what="receipt",
            code="number",
        )
        lines = [
            services.InvoicedItem(
                **{**row, "item": items[row["item"]], "receipt": receipts.get(row["receipt"])}
            )
            for row in rows
        ]
        body |= {"supplier": suppliers[body["supplier"]], "lines": lines}
        return INVOICES.get(pk=services.enter_invoice(**body, **call.who).pk)


class InvoiceFilter(filters.FilterSet):
    number = TextFilter()
    supplier = CodeFilter(SUPPLIERS, field_name="supplier__code")
    item = CodeFilter(Item.objects.all(), field_name="lines__item__code", distinct=True)
    dated_from = filters.DateFilter(field_name="dated", lookup_expr="gte")
    dated_until = filters.DateFilter(field_name="dated", lookup_expr="lte")


class InvoiceViewSet(Makes):
    """Suppliers' invoices, in quantities. The detail has what each line is matched to, and the difference."""

    required_right = {"GET": "receiving.view", "POST": MATCH}
    queryset = INVOICES.order_by("-dated", "-pk")
    filterset_class = InvoiceFilter
    orderings = {"number": ["number"], "dated": ["dated"], "id": []}
    new = Enter

    def get_serializer_class(self) -> Any:
        return InvoiceShape if self.detail else InvoiceBrief


class OfAnInvoice(Verb):
    required_right = {"POST": MATCH}
    answer = made(InvoiceShape)

    def invoice(self, pk: int) -> SupplierInvoice:
        row = INVOICES.filter(pk=pk).first()
        if row is None:
            raise Http404
        return row


class Match(OfAnInvoice):
    """Match a part of an invoice line by hand: at most what is open on both sides."""

    operation_id = "supplier_invoices_match"
    body = bodies.MatchBody

    def act(self, call: Call, pk: int) -> SupplierInvoice:
        invoice, body = self.invoice(pk), call.body
        line = InvoiceLine.objects.filter(invoice=invoice, position=body["line"]).first()
        target = (
            reach.seen(ReceiptItem.objects.filter(receipt__number=body["receipt"], item=line.item_id)).first()
            if line
            else None
        )
        if line is None or target is None:
            raise Http404
        services.match(line=line, receipt_item=target, quantity=body["quantity"], actor=call.actor)
        return invoice


class UndoMatch(OfAnInvoice):
    """Take a match back. It stays on record, with the reason."""

    operation_id = "supplier_invoices_undo_match"
    body = bodies.UndoMatchBody

    def act(self, call: Call, pk: int) -> SupplierInvoice:
        invoice = self.invoice(pk)
        match = InvoiceMatch.objects.filter(pk=call.body["match"], line__invoice=invoice).first()
        if match is None:
            raise Http404
        services.undo_match(match=match, reason=call.body["reason"], actor=call.actor)
        return invoice


class NotInvoicedFilter(filters.FilterSet):
    receipt = CodeFilter(Receipt.objects.all(), code="number", field_name="receipt__number")
    supplier = CodeFilter(SUPPLIERS, field_name="receipt__supplier__code")
    item = CodeFilter(Item.objects.all(), field_name="item__code")
    received_until = MomentFilter(field_name="receipt__received_at", lookup_expr="lt")


class NotInvoicedViewSet(Reads):
    """What came without a price and has no invoice yet, item by item of each receipt, the oldest first."""

    required_right = "receiving.view"
    queryset = ReceiptItem.objects.select_related("receipt__supplier", "item")
    serializer_class = NotInvoicedShape
    filterset_class = NotInvoicedFilter
    orderings = {"received_at": ["receipt__received_at"], "id": []}

    def get_queryset(self) -> QuerySet[ReceiptItem]:
        rows: QuerySet[ReceiptItem] = (
            ReceiptItem.objects.not_invoiced()
            .select_related("receipt__supplier", "item")
            .order_by("receipt__received_at", "pk")
        )
        return rows
