"""What should go into a product, the orders to make it, and the figures they closed with."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from traceability.keyed import Keyed
from traceability.models.reading import OfSites


class BomStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "In force"
    SUPERSEDED = "superseded", "Superseded"


class BomQuerySet(models.QuerySet["Bom"]):
    def in_force(self, on: date | None = None) -> "BomQuerySet":
        """Approved and effective on a day (today where none is given), the latest revision first."""
        day = on or timezone.localdate()
        begun = Q(effective_from__isnull=True) | Q(effective_from__lte=day)
        not_over = Q(effective_to__isnull=True) | Q(effective_to__gte=day)
        return self.filter(begun, not_over, status=BomStatus.APPROVED).order_by("name", "-revision")


class Bom(models.Model):
    """One revision of what should go into a product. It says what should have gone in; the ledger says what did."""

    Status = BomStatus

    name = models.CharField(
        max_length=80, help_text="The item's code, or the family it makes, such as “WIP-PD family”."
    )
    revision = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=BomStatus.choices, default=BomStatus.DRAFT)
    item = models.ForeignKey(
        "traceability.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="boms"
    )
    per_quantity = models.DecimalField(max_digits=20, decimal_places=6)
    per_unit = models.CharField(max_length=12)
    per_text = models.CharField(
        max_length=80, blank=True, help_text="What the quantity is of, such as “head-on shrimp”."
    )
    water_lb = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        default=0,
        help_text="Water has no lot; it counts in the weight balance.",
    )
    rework_item = models.ForeignKey(
        "traceability.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="boms_allowing"
    )
    rework_limit_percent = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    loss_low_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Loss that is usual, from: percent of all that goes in.",
    )
    loss_high_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    change = models.TextField(
        "what changes, and why",
        blank=True,
        help_text="The engineering change, with its number if it has one.",
    )
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True)
    drafted_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    objects = BomQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-revision"]
        verbose_name = "BOM"
        constraints = [
            models.UniqueConstraint(fields=["name", "revision"], name="bom_revision_is_numbered_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(status="draft"), name="bom_has_one_draft"),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(status="approved", effective_to__isnull=True),
                name="bom_has_one_open_revision_in_force",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__isnull=True)
                | Q(effective_to__isnull=True)
                | Q(effective_to__gte=models.F("effective_from")),
                name="bom_is_effective_for_some_days",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(drafted_by__isnull=True)
                | ~Q(approved_by=models.F("drafted_by")),
                name="bom_is_approved_by_another_person",
            ),
            models.CheckConstraint(condition=Q(per_quantity__gt=0), name="bom_is_for_some_quantity"),
            models.CheckConstraint(
                condition=Q(rework_limit_percent__isnull=True) | Q(rework_item__isnull=False),
                name="bom_rework_limit_is_of_an_item",
            ),
            models.CheckConstraint(
                condition=Q(loss_low_percent__isnull=True, loss_high_percent__isnull=True)
                | Q(
                    loss_low_percent__gte=0,
                    loss_high_percent__gte=F("loss_low_percent"),
                    loss_high_percent__lte=100,
                ),
                name="bom_band_of_loss_has_both_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} rev {self.revision}"


class BomComponent(models.Model):
    bom = models.ForeignKey(Bom, on_delete=models.PROTECT, related_name="components")
    position = models.PositiveIntegerField()
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    alternatives = models.ManyToManyField("traceability.Item", related_name="+", blank=True)
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)
    scrap_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        help_text="What is usually lost of it; the order asks for so much more.",
    )

    class Meta:
        ordering = ["bom", "position"]
        verbose_name = "component"
        constraints = [
            # Looked at when all is done, so that two may change places.
            models.UniqueConstraint(
                fields=["bom", "position"],
                name="bom_component_has_its_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(scrap_percent__gte=0, scrap_percent__lt=100), name="bom_component_scrap_is_a_part"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="bom_component_is_some_quantity"),
        ]

    def __str__(self) -> str:
        return str(self.item)


class BomOutput(models.Model):
    """What a family yields, roughly; a product of one item needs none."""

    bom = models.ForeignKey(Bom, on_delete=models.PROTECT, related_name="outputs")
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=12)

    class Meta:
        ordering = ["bom", "item"]
        constraints = [models.UniqueConstraint(fields=["bom", "item"], name="bom_output_is_named_once")]

    def __str__(self) -> str:
        return str(self.item)


class WorkOrderStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    RELEASED = "released", "Released"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


class Pulling(models.TextChoices):
    """How lots come to an order."""

    FREE = "free", "Any usable lot"
    TOLD = "told", "First expired first"


class StopCause(models.TextChoices):
    MACHINE = "machine", "Machine"
    CLEANING = "cleaning", "Cleaning"
    MATERIAL = "material", "Material is missing"
    QUALITY = "quality", "Quality check"
    FOREIGN_BODY = "foreign_body", "Metal or foreign body"
    PEOPLE = "people", "Break or people missing"
    OTHER = "other", "Other"


class WorkOrderQuerySet(OfSites["WorkOrder"]):
    def open(self) -> "WorkOrderQuerySet":
        return self.exclude(status__in=[WorkOrderStatus.CLOSED, WorkOrderStatus.CANCELLED])


class WorkOrder(Keyed):
    """An order to make. Its genealogy hangs on its runs; its weights are kept when it is closed."""

    Status = WorkOrderStatus

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    product = models.CharField(
        max_length=120, help_text="What it makes, in words: an item's code or a family."
    )
    item = models.ForeignKey(
        "traceability.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="work_orders"
    )
    bom = models.ForeignKey(Bom, null=True, blank=True, on_delete=models.PROTECT, related_name="work_orders")
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey("traceability.Location", on_delete=models.PROTECT, related_name="work_orders")
    run = models.OneToOneField(
        "traceability.Run",
        on_delete=models.PROTECT,
        related_name="work_order",
        help_text="Its first run; further ones share the document.",
    )
    planned_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    planned_quantity = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    pulling = models.CharField(max_length=4, choices=Pulling.choices, default=Pulling.FREE)
    status = models.CharField(max_length=9, choices=WorkOrderStatus.choices, default=WorkOrderStatus.PLANNED)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="While the line stands still.")
    released_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    input_lb = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    water_lb = models.DecimalField(max_digits=20, decimal_places=3, default=0)
    output_lb = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    loss_lb = models.DecimalField(max_digits=20, decimal_places=3, null=True, blank=True)
    unexplained_lb = models.DecimalField(
        max_digits=20, decimal_places=3, null=True, blank=True, help_text="In + water - outputs - loss."
    )
    note = models.TextField(blank=True)

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_on", "-number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(condition=Q(water_lb__gte=0), name="work_order_water_is_never_negative"),
            models.CheckConstraint(
                condition=Q(loss_lb__isnull=True) | Q(loss_lb__gte=0),
                name="work_order_loss_is_never_negative",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed")
                | Q(
                    closed_by__isnull=False,
                    closed_at__isnull=False,
                    input_lb__isnull=False,
                    output_lb__isnull=False,
                    loss_lb__isnull=False,
                ),
                name="work_order_is_closed_with_its_figures",
            ),
        ]
        indexes = [models.Index(fields=["status", "planned_on"], name="work_order_by_status")]

    def __str__(self) -> str:
        return self.number


class WorkOrderStep(Keyed):
    """Something that happened to an order and posts nothing: released, another run, stopped, closed, reopened. A repeat does it once."""

    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="steps")
    verb = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    cause = models.CharField(max_length=12, choices=StopCause.choices, blank=True)
    second_person = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    run = models.ForeignKey(
        "traceability.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [*Keyed.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.verb} for {self.order}"
