"""How orders, receipts and invoices are written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from receiving.models import (
    AnnouncedLot,
    DockRefusal,
    InvoiceLine,
    InvoiceMatch,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptItem,
    ReceiptLine,
    SupplierInvoice,
)
from receiving.services.progress import progress_of
from traceability.api.briefs import (
    EntryBrief,
    ItemBrief,
    LocationBrief,
    LotBrief,
    PartyBrief,
    PersonBrief,
    SiteBrief,
)
from traceability.api.fields import Exact, Quantity, QuantityOrNull, Url, quantity


class PurchaseOrderBrief(serializers.ModelSerializer[PurchaseOrder]):
    url = Url("purchase-orders", key="number")
    supplier = PartyBrief(read_only=True)
    ordered_by = PersonBrief(read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id", "url", "number", "kind", "supplier", "ordered_on", "expected_on", "is_closed", "ordered_by", "harvest_area", "harvested_from",
            "harvested_to", "note",
        ]  # fmt: skip


class AnnouncedShape(serializers.ModelSerializer[AnnouncedLot]):
    quantity = Quantity("quantity", "unit")

    class Meta:
        model = AnnouncedLot
        fields = ["sscc", "supplier_lot", "quantity", "pieces", "made_on", "expires_on"]


class PurchaseOrderLineShape(serializers.ModelSerializer[PurchaseOrderLine]):
    """`received` and `remaining` are in the item's base unit."""

    item = ItemBrief(read_only=True)
    quantity = Quantity("quantity", "unit")
    received = serializers.SerializerMethodField()
    remaining = serializers.SerializerMethodField()
    announced = AnnouncedShape(many=True, read_only=True)

    class Meta:
        model = PurchaseOrderLine
        fields = ["position", "item", "quantity", "received", "remaining", "announced"]

    @extend_schema_field(Quantity())
    def get_received(self, line: Any) -> dict[str, str]:
        return quantity(line.progress.received, line.item.unit)

    @extend_schema_field(Quantity())
    def get_remaining(self, line: Any) -> dict[str, str]:
        return quantity(line.progress.remaining, line.item.unit)


class PurchaseOrderShape(PurchaseOrderBrief):
    lines = serializers.SerializerMethodField()
    receipts = serializers.SerializerMethodField(help_text="Their numbers.")

    class Meta(PurchaseOrderBrief.Meta):
        fields = [*PurchaseOrderBrief.Meta.fields, "lines", "receipts"]

    @extend_schema_field(PurchaseOrderLineShape(many=True))
    def get_lines(self, order: PurchaseOrder) -> Any:
        lines: list[Any] = []
        announced: dict[int, list[AnnouncedLot]] = {}
        for lot in AnnouncedLot.objects.filter(line__order=order):
            announced.setdefault(lot.line_id, []).append(lot)
        for row in progress_of([order]).get(order.pk, []):
            row.line.progress = row  # type: ignore[attr-defined]
            row.line._prefetched_objects_cache = {"announced": announced.get(row.line.pk, [])}  # type: ignore[attr-defined]
            lines.append(row.line)
        return PurchaseOrderLineShape(lines, many=True, context=self.context).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_receipts(self, order: PurchaseOrder) -> list[str]:
        rows = Receipt.objects.filter(lines__order_line__order=order).order_by("received_at", "pk")
        return list(dict.fromkeys(rows.values_list("number", flat=True)))


class ReceiptBrief(serializers.ModelSerializer[Receipt]):
    url = Url("receipts", key="number")
    supplier = PartyBrief(read_only=True)
    order = serializers.CharField(source="order.number", read_only=True, allow_null=True, default=None)  # type: ignore[assignment]
    site = SiteBrief(read_only=True)
    received_by = PersonBrief(read_only=True)
    temperature = Exact(read_only=True, allow_null=True)

    class Meta:
        model = Receipt
        fields = [
            "id", "url", "number", "order", "supplier", "site", "received_by", "received_at", "delivery_note", "carrier", "trailer", "seal",
            "temperature", "temperature_unit", "truck_passed", "truck_note", "note",
        ]  # fmt: skip


class ReceiptLineShape(serializers.ModelSerializer[ReceiptLine]):
    """`corrected` is what the line should have said, once that was posted."""

    lot = LotBrief(read_only=True)
    supplier_lot = serializers.CharField(source="lot.supplier_lot", read_only=True)
    expires_on = serializers.DateField(source="lot.expires_on", read_only=True, allow_null=True)
    quantity = Quantity("quantity", "unit")
    corrected = QuantityOrNull("corrected_quantity", "unit")
    location = LocationBrief(read_only=True)
    entry = EntryBrief(read_only=True)

    class Meta:
        model = ReceiptLine
        fields = [
            "position",
            "lot",
            "supplier_lot",
            "expires_on",
            "quantity",
            "corrected",
            "pieces",
            "location",
            "entry",
        ]


class DockRefusalShape(serializers.ModelSerializer[DockRefusal]):
    item = ItemBrief(read_only=True)
    quantity = Quantity("quantity", "unit")

    class Meta:
        model = DockRefusal
        fields = ["item", "supplier_lot", "quantity", "reason"]


class ReceiptShape(ReceiptBrief):
    lines = ReceiptLineShape(many=True, read_only=True)
    refused = DockRefusalShape(
        source="refusals", many=True, read_only=True, help_text="What went back on the same truck."
    )

    class Meta(ReceiptBrief.Meta):
        fields = [*ReceiptBrief.Meta.fields, "lines", "refused"]


class NotInvoicedShape(serializers.ModelSerializer[ReceiptItem]):
    """All in the item's base unit; `received` is net of what went back."""

    receipt = serializers.CharField(source="receipt.number", read_only=True)
    received_at = serializers.DateTimeField(source="receipt.received_at", read_only=True)
    supplier = PartyBrief(source="receipt.supplier", read_only=True)
    item = ItemBrief(read_only=True)
    received = Quantity("net", "item.unit")
    invoiced = Quantity("matched", "item.unit")
    open = Quantity("open", "item.unit")

    class Meta:
        model = ReceiptItem
        fields = ["id", "receipt", "received_at", "supplier", "item", "received", "invoiced", "open"]


class MatchShape(serializers.ModelSerializer[InvoiceMatch]):
    receipt = serializers.CharField(source="receipt_item.receipt.number", read_only=True)
    quantity = Quantity("quantity", "receipt_item.item.unit")
    matched_by = PersonBrief(read_only=True)

    class Meta:
        model = InvoiceMatch
        fields = ["id", "receipt", "quantity", "matched_by", "matched_at"]


class InvoiceBrief(serializers.ModelSerializer[SupplierInvoice]):
    url = Url("supplier-invoices")
    supplier = PartyBrief(read_only=True)
    entered_by = PersonBrief(read_only=True)

    class Meta:
        model = SupplierInvoice
        fields = ["id", "url", "number", "supplier", "dated", "note", "entered_by", "entered_at"]


class InvoiceLineShape(serializers.ModelSerializer[InvoiceLine]):
    """`difference` is what was invoiced and is matched to nothing that came."""

    item = ItemBrief(read_only=True)
    quantity = Quantity("quantity", "unit")
    matched = Quantity("matched", "item.unit")
    difference = Quantity("difference", "item.unit")
    matches = MatchShape(source="standing", many=True, read_only=True)

    class Meta:
        model = InvoiceLine
        fields = ["position", "item", "quantity", "matched", "difference", "matches"]


class InvoiceShape(InvoiceBrief):
    lines = serializers.SerializerMethodField()

    class Meta(InvoiceBrief.Meta):
        fields = [*InvoiceBrief.Meta.fields, "lines"]

    @extend_schema_field(InvoiceLineShape(many=True))
    def get_lines(self, invoice: SupplierInvoice) -> Any:
        rows: list[Any] = list(
            InvoiceLine.objects.with_difference()
            .filter(invoice=invoice)
            .select_related("item")
            .order_by("position")
        )
        standing: dict[int, list[InvoiceMatch]] = {}
        for match in (
            InvoiceMatch.objects.standing()
            .filter(line__in=rows)
            .select_related("receipt_item__receipt", "receipt_item__item", "matched_by")
        ):
            standing.setdefault(match.line_id, []).append(match)
        for row in rows:
            row.standing = standing.get(row.pk, [])
        return InvoiceLineShape(rows, many=True, context=self.context).data
