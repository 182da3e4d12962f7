"""Which items a supplier brings, under which of its own codes, and on what terms."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Approval(models.TextChoices):
    APPROVED = "approved", "Approved"
    TRIAL = "trial", "On trial"
    SUSPENDED = "suspended", "Suspended"


class SupplierItemQuerySet(models.QuerySet["SupplierItem"]):
    def suspended(self) -> "SupplierItemQuerySet":
        return self.filter(approval=Approval.SUSPENDED)


class SupplierItem(models.Model):
    """One item of one supplier. What is empty here follows the item, or the house's rule."""

    Approval = Approval

    supplier = models.ForeignKey(
        "traceability.Party", on_delete=models.PROTECT, related_name="supplier_items"
    )
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="supplier_items")
    code = models.CharField("supplier's item code", max_length=40, blank=True, db_collation="C")
    gtin = models.CharField(
        "supplier's GTIN", max_length=14, blank=True, help_text="Always 14 digits, as text."
    )
    pack_quantity = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True, help_text="What one pallet or case brings; offered at the dock."
    )  # fmt: skip
    pack_unit = models.CharField(max_length=12, blank=True)
    over_percent = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="How much more than ordered may be taken in without asking, %."
    )  # fmt: skip
    minimum_life_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Remaining life asked for on arrival, days."
    )
    needs_certificate = models.BooleanField(
        default=False, help_text="Without its certificate a lot is received on hold."
    )
    approval = models.CharField(max_length=9, choices=Approval.choices, default=Approval.APPROVED)
    approval_since = models.DateField(default=timezone.localdate)
    approval_reason = models.CharField(max_length=200, blank=True)

    objects = SupplierItemQuerySet.as_manager()

    class Meta:
        ordering = ["supplier", "item"]
        constraints = [
            models.UniqueConstraint(fields=["supplier", "item"], name="supplier_item_is_named_once"),
            models.UniqueConstraint(
                fields=["supplier", "code"], condition=~Q(code=""), name="supplier_item_code_means_one_item"
            ),
            models.CheckConstraint(
                condition=Q(gtin="") | Q(gtin__regex=r"^[0-9]{14}$"), name="supplier_item_gtin_is_14_digits"
            ),
            models.CheckConstraint(
                condition=Q(pack_quantity__isnull=True) | Q(pack_quantity__gt=0), name="supplier_item_pack_holds_something"
            ),
            models.CheckConstraint(
                condition=Q(over_percent__isnull=True) | Q(over_percent__gte=0), name="supplier_item_tolerance_is_not_negative"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["gtin"], condition=~Q(gtin=""), name="supplier_item_by_gtin"),
            models.Index(fields=["code"], condition=~Q(code=""), name="supplier_item_by_code"),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.supplier}"

    @property
    def is_suspended(self) -> bool:
        return self.approval == Approval.SUSPENDED
