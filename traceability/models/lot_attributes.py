"""What is written down of each lot besides its number and dates: fat, origin, colour; by category of item, without a limit."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class AttributeKind(models.TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    CHOICE = "choice", "Choice"
    YES_NO = "yes_no", "Yes or no"


class AskedAt(models.TextChoices):
    RECEIVING = "receiving", "When it is received"
    PRODUCTION = "production", "When it is made"


class LotAttribute(models.Model):
    """One thing that is asked of the lots of a category. Limits are of numbers, choices of choices."""

    Kind = AttributeKind

    category = models.ForeignKey("traceability.Category", on_delete=models.PROTECT, related_name="attributes")
    position = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=AttributeKind.choices, default=AttributeKind.TEXT)
    unit = models.CharField(max_length=20, blank=True)
    lower = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    upper = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    choices = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    is_required = models.BooleanField("required", default=False)
    asked_at = ArrayField(models.CharField(max_length=12, choices=AskedAt.choices), default=list, blank=True)
    is_active = models.BooleanField("asked", default=True)

    class Meta:
        ordering = ["category", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["category", "name"], name="lot_attribute_is_named_once_in_its_category"),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(upper__gte=F("lower")), name="lot_attribute_limits_are_in_order"
            ),
            models.CheckConstraint(condition=~Q(kind="choice") | ~Q(choices=[]), name="lot_attribute_choice_has_choices"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class LotAttributeValueQuerySet(models.QuerySet["LotAttributeValue"]):
    def last_said(self) -> "LotAttributeValueQuerySet":
        """Of each lot and attribute the last one said: the one that counts."""
        return self.order_by("lot_id", "attribute_id", "-id").distinct("lot_id", "attribute_id")


class LotAttributeValue(models.Model):
    """What was said of one lot. Never changed: a correction is another row, with its reason; the last one counts."""

    lot = models.ForeignKey(
        "traceability.Lot", on_delete=models.PROTECT, related_name="attribute_values", db_index=False
    )
    attribute = models.ForeignKey(LotAttribute, on_delete=models.PROTECT, related_name="values")
    value = models.CharField(max_length=200, help_text="As text: digits with a point, yyyy-mm-dd, yes or no.")
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    is_within = models.BooleanField(
        null=True, blank=True, help_text="Within the limits that stood when it was said."
    )
    reason = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    document = models.CharField(max_length=40, blank=True, db_collation="C")

    objects = LotAttributeValueQuerySet.as_manager()

    class Meta:
        ordering = ["lot", "attribute", "-id"]
        indexes = [
            models.Index(fields=["lot", "attribute", "-id"], name="lot_attribute_value_of_lot"),
            models.Index(fields=["attribute", "number"], name="lot_attribute_value_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.value}"
