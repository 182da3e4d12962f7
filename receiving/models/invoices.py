"""Received, not invoiced: what came without a price, and the supplier's invoices that were matched to it later.

No price stands here: prices and the books are the ERP's. What is matched is quantity, and the difference is shown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from receiving.models.papers import Receipt
from traceability.models import Delivered
from traceability.models.deliveries import Direction
from traceability.models.keyed import Keyed
from traceability.models.reading import OfSites

_AMOUNT: DecimalField = DecimalField(max_digits=20, decimal_places=6)


def _amount(rows: models.QuerySet) -> Coalesce:  # type: ignore[type-arg]
    return Coalesce(Subquery(rows, output_field=_AMOUNT), Value(Decimal(0), output_field=_AMOUNT))


class ReceiptItemQuerySet(OfSites["ReceiptItem"]):
    site_path = "receipt__site"

    def with_open(self) -> Any:
        """`net` is what came and did not go back, as the ledger has it; `matched` is what invoices say; `open` the difference."""
        came = (
            Delivered.objects.filter(
                direction=Direction.RECEIVED, document=OuterRef("receipt__number"), party=OuterRef("receipt__supplier"), lot__item=OuterRef("item")
            )
            .order_by().values("document").annotate(net=Sum(F("quantity") - F("returned"))).values("net")
        )  # fmt: skip
        said = InvoiceMatch.objects.standing().filter(receipt_item=OuterRef("pk")).order_by()
        matched = said.values("receipt_item").annotate(all=Sum("quantity")).values("all")
        return self.annotate(net=_amount(came), matched=_amount(matched)).annotate(
            open=F("net") - F("matched")
        )

    def not_invoiced(self) -> Any:
        """More came than invoices were matched for."""
        return self.with_open().filter(open__gt=0)

    def credit_due(self) -> Any:
        """Invoiced, and gone back since."""
        return self.with_open().filter(open__lt=0)


class ReceiptItem(models.Model):
    """One item of one receipt, over all its lots: what an invoice speaks of."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")

    objects = ReceiptItemQuerySet.as_manager()

    class Meta:
        ordering = ["receipt", "item"]
        constraints = [models.UniqueConstraint(fields=["receipt", "item"], name="receipt_item_is_there_once")]

    def __str__(self) -> str:
        return f"{self.item} of {self.receipt}"


class SupplierInvoice(Keyed):
    number = models.CharField(max_length=40, db_collation="C")
    supplier = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="invoices")
    dated = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-dated", "-pk"]
        constraints = [
            *Keyed.Meta.constraints,
            models.UniqueConstraint(fields=["supplier", "number"], name="supplier_invoice_is_entered_once"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLineQuerySet(models.QuerySet["InvoiceLine"]):
    def with_difference(self) -> Any:
        """`matched` of the invoiced `base`; what is left is the difference."""
        said = InvoiceMatch.objects.standing().filter(line=OuterRef("pk")).order_by()
        matched = said.values("line").annotate(all=Sum("quantity")).values("all")
        return self.annotate(matched=_amount(matched)).annotate(difference=F("base") - F("matched"))


class InvoiceLine(models.Model):
    """As the supplier wrote it, and in the item's base unit."""

    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    base = models.DecimalField(max_digits=20, decimal_places=6)

    objects = InvoiceLineQuerySet.as_manager()

    class Meta:
        ordering = ["invoice", "position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_has_its_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0, base__gt=0), name="invoice_line_asks_for_something"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.invoice} line {self.position}"


class InvoiceMatchQuerySet(models.QuerySet["InvoiceMatch"]):
    def standing(self) -> InvoiceMatchQuerySet:
        return self.filter(undone_at__isnull=True)


class InvoiceMatch(models.Model):
    """So much of an invoice line is for this item of this receipt. Undone by marking, never by deleting."""

    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="matches")
    receipt_item = models.ForeignKey(ReceiptItem, on_delete=models.PROTECT, related_name="matches")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    matched_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    matched_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_reason = models.CharField(max_length=200, blank=True)

    objects = InvoiceMatchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "invoice matches"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="invoice_match_is_for_something"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | ~Q(undone_reason=""), name="invoice_match_is_undone_with_a_reason"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.line} for {self.receipt_item}"
