"""The papers of a delivery: what was ordered or announced, and what came."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from traceability.keyed import Keyed
from traceability.models.reading import OfSites


class OrderKind(models.TextChoices):
    PURCHASE_ORDER = "purchase_order", "Purchase order"
    TRIP_TICKET = "trip_ticket", "Trip ticket"
    NOTICE = "notice", "Advance notice"


class PurchaseOrderQuerySet(models.QuerySet["PurchaseOrder"]):
    def open(self) -> "PurchaseOrderQuerySet":
        return self.filter(is_closed=False)

    def expected(self) -> "PurchaseOrderQuerySet":
        """Announced, and nothing received on it yet."""
        return self.open().exclude(Exists(ReceiptLine.objects.filter(order_line__order=OuterRef("pk"))))


class PurchaseOrder(Keyed):
    """What a supplier was asked to bring, or what a vessel brings on a trip ticket (21 CFR 1.1335: harvest area and dates are kept)."""

    Kind = OrderKind

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    kind = models.CharField(max_length=14, choices=OrderKind.choices, default=OrderKind.PURCHASE_ORDER)
    supplier = models.ForeignKey(
        "traceability.Party", on_delete=models.PROTECT, related_name="purchase_orders"
    )
    ordered_on = models.DateField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    ordered_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    harvest_area = models.CharField(max_length=120, blank=True)
    harvested_from = models.DateField(null=True, blank=True)
    harvested_to = models.DateField(null=True, blank=True)
    is_closed = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-expected_on", "-number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(harvested_from__isnull=True)
                | Q(harvested_to__isnull=True)
                | Q(harvested_to__gte=models.F("harvested_from")),
                name="purchase_order_harvest_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["supplier", "-expected_on"], name="purchase_order_by_supplier")]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="purchase_order_line_has_its_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="purchase_order_line_asks_for_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} line {self.position}"


class AnnouncedLot(models.Model):
    """A lot that the supplier says it sends, on an advance notice; told by the number on its pallet, if it has one."""

    line = models.ForeignKey(PurchaseOrderLine, on_delete=models.PROTECT, related_name="announced")
    sscc = models.CharField("SSCC", max_length=20, blank=True, db_collation="C")
    supplier_lot = models.CharField(max_length=80)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    pieces = models.PositiveIntegerField(null=True, blank=True)
    made_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["line", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="announced_lot_brings_something"),
            models.CheckConstraint(condition=~Q(supplier_lot=""), name="announced_lot_has_its_number"),
        ]
        indexes = [models.Index(fields=["sscc"], condition=~Q(sscc=""), name="announced_lot_by_sscc")]

    def __str__(self) -> str:
        return self.supplier_lot


class ReceiptLineQuerySet(OfSites["ReceiptLine"]):
    site_path = "receipt__site"


class Receipt(models.Model):
    """The paper of one delivery. One entry stands behind it, with all its lots. `order` is the first of its orders, if any."""

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    order = models.ForeignKey(
        PurchaseOrder, null=True, blank=True, on_delete=models.PROTECT, related_name="receipts"
    )
    supplier = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="receipts")
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="+")
    received_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    delivery_note = models.CharField(
        "their paper", max_length=40, blank=True, help_text="Bill of lading or packing slip."
    )
    carrier = models.CharField(max_length=80, blank=True)
    trailer = models.CharField(max_length=40, blank=True)
    seal = models.CharField(max_length=40, blank=True)
    temperature = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    temperature_unit = models.CharField(max_length=2, blank=True)
    truck_passed = models.BooleanField(null=True, blank=True, help_text="Empty: the truck was not checked.")
    truck_note = models.CharField(max_length=200, blank=True, help_text="What was wrong with it.")
    note = models.CharField(max_length=200, blank=True)

    objects = OfSites["Receipt"].as_manager()

    class Meta:
        ordering = ["-received_at", "-number"]
        indexes = [
            models.Index(fields=["-received_at"], name="receipt_by_time"),
            models.Index(fields=["supplier", "-received_at"], name="receipt_by_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class ReceiptLine(models.Model):
    """One lot of a delivery, as it was entered. The ledger keeps it in the item's base unit."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    order_line = models.ForeignKey(
        PurchaseOrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="received"
    )
    lot = models.ForeignKey("traceability.Lot", on_delete=models.PROTECT, related_name="receipt_lines")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    pieces = models.PositiveIntegerField(null=True, blank=True)
    location = models.ForeignKey("traceability.Location", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("traceability.Entry", on_delete=models.PROTECT, related_name="+")
    corrected_quantity = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="What it should have said, once a correction was posted.",
    )

    objects = ReceiptLineQuerySet.as_manager()

    class Meta:
        ordering = ["receipt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "position"], name="receipt_line_has_its_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_line_brings_something"),
            models.CheckConstraint(
                condition=Q(corrected_quantity__isnull=True) | Q(corrected_quantity__gte=0),
                name="receipt_line_is_not_corrected_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} line {self.position}"


class DockRefusal(models.Model):
    """What was not taken in: it never was ours, so the ledger does not know it. The supplier hears of it from the receipt."""

    delivery = models.ForeignKey(
        "receiving.Delivery", null=True, on_delete=models.PROTECT, related_name="refusals"
    )
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="refusals")
    supplier = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="+")
    order_line = models.ForeignKey(
        PurchaseOrderLine, null=True, on_delete=models.PROTECT, related_name="refused"
    )
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    supplier_lot = models.CharField(max_length=80, blank=True)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    reason = models.CharField(max_length=200)
    refused_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="dock_refusal_concerns_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="dock_refusal_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.quantity} {self.unit}"
