"""What is bought, made or sold, and the units it may be entered in."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Tracking(models.TextChoices):
    NONE = "none", "Not tracked"
    LOT = "lot", "By lot"
    SERIAL = "serial", "By serial"


class ItemKind(models.TextChoices):
    MATERIAL = "material", "Material"
    PACKAGING = "packaging", "Packaging"
    INTERMEDIATE = "intermediate", "Intermediate"
    FINISHED = "finished", "Finished"


class Storage(models.TextChoices):
    AMBIENT = "ambient", "Ambient, dry"
    CHILLED = "chilled", "Chilled"
    FROZEN = "frozen", "Frozen"
    CONTROLLED = "controlled", "Controlled"


class DateLabel(models.TextChoices):
    BEST_BY = "best_by", "Best by"
    USE_BY = "use_by", "Use by"
    EXPIRES = "expires", "Expires"
    RETEST = "retest", "Retest by"


class Item(models.Model):
    """An item and its policies. Tracking may be raised later (none → lot), never silently lowered."""

    Kind = ItemKind
    Tracking = Tracking
    Storage = Storage

    code = models.CharField(max_length=40, unique=True, db_collation="C")
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=ItemKind.choices, default=ItemKind.MATERIAL)
    category = models.CharField(max_length=60, blank=True)
    tracking = models.CharField(max_length=6, choices=Tracking.choices, default=Tracking.LOT)
    unit = models.CharField("base unit", max_length=12)
    decimals = models.PositiveSmallIntegerField(
        default=3, help_text="Digits after the point that a quantity of this item may have."
    )
    gtin = models.CharField("GTIN", max_length=14, blank=True, help_text="Always 14 digits, as text.")
    pack = models.CharField(max_length=60, blank=True)
    weight_per_unit = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, help_text="lb of product in one unit."
    )
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    shelf_life_months = models.PositiveIntegerField(null=True, blank=True)
    minimum_life_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Remaining life asked for on arrival, days."
    )
    needs_expiry = models.BooleanField("needs a date", default=False)
    needs_truck_check = models.BooleanField(
        default=False,
        help_text="Temperature, seal and cleanness of the truck are checked before it is received.",
    )
    date_label = models.CharField(
        "what the date means", max_length=8, choices=DateLabel.choices, default=DateLabel.BEST_BY
    )
    storage = models.CharField(max_length=10, choices=Storage.choices, blank=True)
    storage_note = models.CharField(
        "storage, in words", max_length=80, blank=True, help_text="Such as −18 °C or colder."
    )
    over_percent = models.DecimalField(
        "over-receipt taken",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="More than ordered that is taken without asking, %. Empty: the house's rule.",
    )
    over_limit_percent = models.DecimalField(
        "over-receipt limit",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Above this it is refused; up to this a second person approves, %.",
    )
    owner = models.ForeignKey(
        "traceability.Party",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="items_owned",
        help_text="Whose material it is, when it is not ours.",
    )
    allergens = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_utility = models.BooleanField(
        default=False, help_text="Water, gas, power: comes from supply, has no balance."
    )
    is_on_food_traceability_list = models.BooleanField(default=False)
    lot_pattern = models.CharField(
        max_length=40,
        blank=True,
        help_text="Empty: the supplier's own number. Else such as RM-{yymmdd}-{nn}.",
    )
    inspected_at = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, help_text="Stages that need an inspection."
    )
    default_location = models.ForeignKey(
        "traceability.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    count_class = models.CharField(
        max_length=1,
        blank=True,
        choices=[("A", "A"), ("B", "B"), ("C", "C")],
        help_text="A is counted most often.",
    )
    count_tolerance_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=2,
        help_text="A difference up to this share of the record is posted by one person.",
    )
    count_tolerance_quantity = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        default=0,
        help_text="Or up to this quantity, whichever is more. Base unit.",
    )
    is_active = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gtin="") | Q(gtin__regex=r"^[0-9]{14}$"), name="item_gtin_is_14_digits"
            ),
            models.CheckConstraint(
                condition=Q(
                    count_tolerance_percent__gte=0,
                    count_tolerance_percent__lte=100,
                    count_tolerance_quantity__gte=0,
                ),
                name="item_count_tolerance_is_a_share_and_a_quantity",
            ),
            models.CheckConstraint(condition=Q(decimals__lte=6), name="item_decimals_are_at_most_six"),
            models.CheckConstraint(
                condition=Q(over_percent__isnull=True) | Q(over_percent__gte=0),
                name="item_over_receipt_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(over_limit_percent__isnull=True)
                | Q(over_percent__isnull=True)
                | Q(over_limit_percent__gte=models.F("over_percent")),
                name="item_over_receipt_limit_is_above_what_is_taken",
            ),
            models.CheckConstraint(
                condition=~Q(tracking="serial") | Q(decimals=0), name="item_by_serial_has_no_decimals"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ItemUnit(models.Model):
    """A unit the item may be entered in. One of it is exactly numerator/denominator base units."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="units")
    unit = models.CharField(max_length=12)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField(default=1)
    gtin = models.CharField(
        "GTIN", max_length=14, blank=True, help_text="Of this pack: always 14 digits, as text."
    )

    class Meta:
        ordering = ["item", "unit"]
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="item_unit_is_named_once"),
            models.CheckConstraint(
                condition=Q(numerator__gt=0, denominator__gt=0), name="item_unit_factor_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(gtin="") | Q(gtin__regex=r"^[0-9]{14}$"), name="item_unit_gtin_is_14_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.unit


class Category(models.Model):
    """What items have in common: which attributes their lots need. An item names its category by its name."""

    name = models.CharField(max_length=60, unique=True)
    note = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name
