"""What customers ordered, what is picked for them, what left, and what came back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from traceability.keyed import Keyed
from traceability.models.reading import OfSites


class OrderStatus(models.TextChoices):
    OPEN = "open", "Open"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        return self.filter(status=OrderStatus.OPEN)


class Order(Keyed):
    """What a customer asked for."""

    Status = OrderStatus

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    customer = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="orders")
    due_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    ordered_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    customer_reference = models.CharField(
        max_length=40, blank=True, db_collation="C", help_text="The number on the customer's own order."
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "number"]
        constraints = [*Keyed.Meta.constraints]
        indexes = [models.Index(fields=["customer", "-due_on"], name="order_by_customer")]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    lot = models.ForeignKey(
        "traceability.Lot",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The lot that the customer asks for.",
    )
    minimum_life_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="More than the customer's own rule, for this line."
    )

    class Meta:
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_has_its_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_asks_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.order} line {self.position}"


class ShipmentStatus(models.TextChoices):
    PICKING = "picking", "Picking"
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"


class ShipmentQuerySet(OfSites["Shipment"]):
    def picking(self) -> "ShipmentQuerySet":
        return self.filter(status=ShipmentStatus.PICKING)


class Shipment(Keyed):
    """What leaves for one customer, under one number."""

    Status = ShipmentStatus

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="shipments"
    )
    customer = models.ForeignKey("traceability.Party", on_delete=models.PROTECT, related_name="shipments")
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(max_length=120, blank=True)
    seal = models.CharField(max_length=40, blank=True)
    truck = models.CharField(max_length=40, blank=True, help_text="Its plate or trailer number.")
    door = models.CharField(max_length=40, blank=True)
    truck_celsius = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, blank=True, help_text="In the truck, as it was loaded."
    )
    status = models.CharField(max_length=9, choices=ShipmentStatus.choices, default=ShipmentStatus.PICKING)
    started_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    shipped_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    shipped_at = models.DateTimeField(null=True, blank=True)
    is_after_the_fact = models.BooleanField(default=False)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="shipped") | Q(shipped_by__isnull=False, shipped_at__isnull=False),
                name="shipment_that_left_has_a_person_and_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-shipped_at"], name="shipment_by_customer"),
            models.Index(fields=["status", "-started_at"], name="shipment_by_status"),
        ]

    def __str__(self) -> str:
        return self.number


class ShipmentLineQuerySet(OfSites["ShipmentLine"]):
    site_path = "shipment__site"


class ShipmentLine(Keyed):
    """A lot chosen for a shipment. While it is being picked, a reservation of the same document stands behind it."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    lot = models.ForeignKey("traceability.Lot", on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.DecimalField(max_digits=20, decimal_places=6, help_text="In the item's base unit.")
    location = models.ForeignKey("traceability.Location", on_delete=models.PROTECT, related_name="+")
    container = models.ForeignKey(
        "traceability.Container",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="shipment_lines",
    )
    evidence = models.CharField(max_length=8, default="typed")
    because = models.CharField(
        max_length=200, blank=True, help_text="Why another lot than was asked for, or more than was ordered."
    )
    picked_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    picked_at = models.DateTimeField()
    loaded_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    loaded_at = models.DateTimeField(null=True, blank=True, help_text="When it went onto the truck.")
    is_taken_out = models.BooleanField(
        default=False, help_text="Picked, and put back before the shipment left."
    )
    entry = models.ForeignKey(
        "traceability.Entry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The shipment's entry.",
    )

    objects = ShipmentLineQuerySet.as_manager()

    class Meta:
        ordering = ["shipment", "position"]
        constraints = [
            *Keyed.Meta.constraints,
            models.UniqueConstraint(fields=["shipment", "position"], name="shipment_line_has_its_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_takes_something"),
        ]

    def __str__(self) -> str:
        return f"{self.shipment} line {self.position}"


class ShippingStep(Keyed):
    """Something that happened to an order or shipment and posts nothing: taken off, loaded, cancelled, closed short. A repeat does it once."""

    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="steps")
    shipment = models.ForeignKey(
        Shipment, null=True, blank=True, on_delete=models.PROTECT, related_name="steps"
    )
    line = models.ForeignKey(
        ShipmentLine, null=True, blank=True, on_delete=models.PROTECT, related_name="steps"
    )
    verb = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(shipment__isnull=False),
                name="shipping_step_is_of_a_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} of {self.shipment or self.order}"


class CustomerReturnQuerySet(OfSites["CustomerReturn"]):
    site_path = "shipment__site"


class CustomerReturn(models.Model):
    """What a customer sent back of one shipment (RMA-118)."""

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="customer_returns")
    reason = models.TextField()
    received_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    entry = models.OneToOneField("traceability.Entry", on_delete=models.PROTECT, related_name="+")

    objects = CustomerReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-number"]

    def __str__(self) -> str:
        return self.number
