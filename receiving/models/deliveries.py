"""A delivery while it is taken in. It stands here, not in a browser: each scan is kept at once, and another workstation goes on with it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from traceability.models.reading import OfSites


class DeliveryState(models.TextChoices):
    OPEN = "open", "Being received"
    POSTED = "posted", "Posted"
    LEFT = "left", "Given up"


class DeliveryQuerySet(OfSites["Delivery"]):
    def open(self) -> DeliveryQuerySet:
        return self.filter(state=DeliveryState.OPEN)


class Delivery(models.Model):
    """One truck of one supplier, on its orders or on none. It has one key from its first scan to its entry, so it is posted once."""

    State = DeliveryState

    key = models.CharField(max_length=64, unique=True, db_collation="C")
    supplier = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="deliveries")
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="+")
    orders = models.ManyToManyField("receiving.PurchaseOrder", related_name="deliveries", blank=True)
    state = models.CharField(max_length=6, choices=DeliveryState.choices, default=DeliveryState.OPEN)
    version = models.PositiveIntegerField(
        default=0, help_text="Counts changes; a page that is older says so."
    )
    started_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    receipt = models.OneToOneField(
        "receiving.Receipt", null=True, blank=True, on_delete=models.PROTECT, related_name="delivery"
    )
    posting_job = models.ForeignKey(
        "traceability.Job", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    delivery_note = models.CharField(max_length=40, blank=True)
    carrier = models.CharField(max_length=80, blank=True)
    trailer = models.CharField(max_length=40, blank=True)
    seal = models.CharField(max_length=40, blank=True)
    temperature = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    temperature_unit = models.CharField(max_length=2, default="°F")
    is_cold = models.BooleanField(null=True, blank=True, help_text="Cold enough.")
    is_sealed = models.BooleanField(null=True, blank=True, help_text="Seal whole, its number right.")
    is_clean = models.BooleanField(null=True, blank=True, help_text="Clean and dry, no smell, no pests.")
    truck_note = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    CHECKS: ClassVar[tuple[str, ...]] = ("is_cold", "is_sealed", "is_clean")

    class Meta:
        ordering = ["-started_at"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="posted", receipt__isnull=False)
                | (~Q(state="posted") & Q(receipt__isnull=True)),
                name="delivery_that_is_posted_has_its_receipt",
            )
        ]
        indexes = [
            models.Index(fields=["supplier", "-started_at"], condition=Q(state="open"), name="delivery_open")
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk} of {self.supplier}"

    @property
    def truck_passed(self) -> bool | None:
        """None: not checked. One failed answer fails it, also while others are open."""
        said = [getattr(self, name) for name in self.CHECKS]
        if False in said:
            return False
        return True if all(said) else None


class DeliveryLineQuerySet(models.QuerySet["DeliveryLine"]):
    def standing(self) -> DeliveryLineQuerySet:
        """Not taken off again."""
        return self.filter(removed_at__isnull=True)


class DeliveryLine(models.Model):
    """One lot of the delivery, ready to post. What was taken off stays, marked, so that its number is not given twice."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=64, db_collation="C", help_text="The scan or form that made it.")
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    order_line = models.ForeignKey(
        "receiving.PurchaseOrderLine", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    supplier_lot = models.CharField(max_length=80, blank=True)
    supplier_lot_key = models.CharField(max_length=80, blank=True, db_collation="C")
    lot_number = models.CharField(
        max_length=20, blank=True, db_collation="C", help_text="Ours; stands on the label."
    )
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    pieces = models.PositiveIntegerField(null=True, blank=True)
    packs = models.JSONField(
        default=list, blank=True, help_text="Each pallet or case: quantity, pieces, label, key."
    )
    made_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    is_undated = models.BooleanField(default=False, help_text="The label has no date.")
    has_certificate = models.BooleanField(default=False)
    code_source = models.CharField(max_length=160, blank=True)
    location = models.ForeignKey("traceability.Location", on_delete=models.PROTECT, related_name="+")
    evidence = models.CharField(max_length=8, default="typed")
    serials = models.JSONField(default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    approved_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approval_reason = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryLineQuerySet.as_manager()

    class Meta:
        ordering = ["delivery", "position"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "position"], name="delivery_line_has_its_position"),
            models.UniqueConstraint(fields=["delivery", "key"], name="delivery_line_is_added_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="delivery_line_brings_something"),
        ]
        indexes = [
            models.Index(
                fields=["item", "lot_number"],
                condition=Q(removed_at__isnull=True),
                name="delivery_line_by_number",
            )
        ]

    def __str__(self) -> str:
        return self.lot_number or self.supplier_lot or str(self.item)

    @property
    def labels(self) -> list[str]:
        return [pack["label"] for pack in self.packs if pack.get("label")]


class DeliveryHand(models.Model):
    """The lot that a person has in hand: what is known of it so far, and what was asked about it."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="hands")
    person = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    now = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "person"], name="delivery_hand_is_one_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.delivery}"


class DeliveryStepQuerySet(models.QuerySet["DeliveryStep"]):
    def exceptions(self) -> DeliveryStepQuerySet:
        return self.filter(is_exception=True, settled_at__isnull=True)


class DeliveryStep(models.Model):
    """What was sent and what was answered: a step sent again gets the answer of the first. Exceptions wait for a person."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="steps")
    key = models.CharField(max_length=64, db_collation="C")
    person = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    scanned_at = models.DateTimeField(
        null=True, blank=True, help_text="On the device, where it had no connection."
    )
    text = models.CharField(max_length=600, blank=True)
    code = models.CharField(max_length=8, blank=True)
    tone = models.CharField(max_length=4)
    said = models.JSONField(default=dict)
    line = models.ForeignKey(DeliveryLine, null=True, on_delete=models.PROTECT, related_name="steps")
    is_exception = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = DeliveryStepQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "key"], name="delivery_step_is_taken_once")
        ]
        indexes = [
            models.Index(
                fields=["delivery"],
                condition=Q(is_exception=True, settled_at__isnull=True),
                name="delivery_exception",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
