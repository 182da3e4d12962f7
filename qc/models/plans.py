"""Plans say what is looked at, where, on how many, and with which limits."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from traceability.models import Stage


class PlanStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "In force"
    SUPERSEDED = "superseded", "Superseded"


class Sampling(models.TextChoices):
    ALL = "all", "Every unit"
    FIXED = "fixed", "A fixed number"
    PERCENT = "percent", "A percentage"
    ROOT = "root", "Square root of the number, plus one"
    AQL = "aql", "By AQL (ANSI Z1.4, single sampling)"


class Level(models.TextChoices):
    S1 = "S1", "S-1"
    S2 = "S2", "S-2"
    S3 = "S3", "S-3"
    S4 = "S4", "S-4"
    I = "I", "I"  # noqa: E741
    II = "II", "II"
    III = "III", "III"


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> "PlanQuerySet":
        return self.filter(status=PlanStatus.APPROVED)


class Plan(models.Model):
    """One revision of an inspection plan. One revision of a code is in force at a time."""

    Status = PlanStatus

    code = models.CharField(max_length=20, db_collation="C")
    revision = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=120)
    stage = models.CharField(max_length=12, choices=Stage.choices)
    status = models.CharField(max_length=10, choices=PlanStatus.choices, default=PlanStatus.DRAFT)
    items = models.ManyToManyField("traceability.Item", related_name="plans", blank=True)
    locations = models.ManyToManyField("traceability.Location", related_name="plans", blank=True)
    suppliers = models.ManyToManyField(
        "traceability.Party",
        related_name="plans",
        blank=True,
        help_text="Only for what they deliver; empty: for every supplier.",
    )
    category = models.CharField(max_length=60, blank=True, help_text="For every item of this category.")
    step = models.CharField(
        max_length=60, blank=True, help_text="Only at this step of a work order, such as Fry."
    )
    every_units = models.PositiveIntegerField(
        null=True, blank=True, help_text="In process: again after so many units."
    )
    every_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="In process: again after so many minutes."
    )
    is_blocking = models.BooleanField(
        default=False, help_text="The next step or the output waits until it is done."
    )
    sampling = models.CharField(max_length=8, choices=Sampling.choices, default=Sampling.FIXED)
    sample_number = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many units; empty: as the characteristics say."
    )
    sample_percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    level = models.CharField(max_length=3, choices=Level.choices, default=Level.II)
    aql = models.DecimalField("AQL", max_digits=8, decimal_places=3, null=True, blank=True)
    allows_reduced = models.BooleanField(
        default=False, help_text="Quality agrees to reduced inspection after ten lots accepted in a row."
    )
    skip_every = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Skip-lot: look at one lot in so many, once the vendor has earned it.",
    )
    skip_after = models.PositiveIntegerField(
        null=True, blank=True, help_text="Skip-lot: lots accepted one after another before any is skipped."
    )
    stops_on_calibration = models.BooleanField(
        default=False,
        help_text="A reading with an instrument past its calibration is refused, not only warned of.",
    )
    drafted_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    why = models.CharField(max_length=200, blank=True, help_text="Why this revision was made.")

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["code", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["code", "revision"], name="plan_revision_is_numbered_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(status="approved"), name="plan_has_one_revision_in_force"
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_by__isnull=False),
                name="plan_in_force_was_approved_by_somebody",
            ),
            models.UniqueConstraint(fields=["code"], condition=Q(status="draft"), name="plan_has_one_draft"),
            models.CheckConstraint(
                condition=Q(sample_percent__isnull=True) | Q(sample_percent__gt=0, sample_percent__lte=100),
                name="plan_sample_is_a_share",
            ),
            models.CheckConstraint(
                condition=~Q(sampling="aql") | Q(aql__isnull=False), name="plan_by_aql_names_its_aql"
            ),
            models.CheckConstraint(
                condition=Q(skip_every__isnull=True) | Q(skip_every__gte=2),
                name="plan_skips_some_and_not_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} rev {self.revision}"


class CharacteristicKind(models.TextChoices):
    PASS_FAIL = "pass_fail", "Pass or fail"
    MEASUREMENT = "measurement", "Measurement"
    COUNT = "count", "Count of defects"
    TEXT = "text", "Text"
    CHOICE = "choice", "Choice"
    PHOTO = "photo", "Photo"
    LABORATORY = "laboratory", "Laboratory report"
    INFORMATION = "information", "For information"


class Rule(models.TextChoices):
    ANY_OUT = "any_out", "Any reading out fails"
    MEAN = "mean", "The mean must be inside"


class Severity(models.TextChoices):
    CRITICAL = "critical", "Critical: no concession"
    MAJOR = "major", "Major"
    MINOR = "minor", "Minor"


class EnteredBy(models.TextChoices):
    ANYBODY = "", "Any inspector, or the laboratory"
    INSPECTOR = "inspector", "An inspector at the bench"
    LABORATORY = "laboratory", "The laboratory"


class Characteristic(models.Model):
    """What is looked at. A limit that is not set is no limit; a characteristic without a result is not a pass."""

    Kind = CharacteristicKind
    Rule = Rule

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="characteristics")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=CharacteristicKind.choices)
    unit = models.CharField(max_length=20, blank=True)
    lower = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    upper = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    readings = models.PositiveIntegerField(default=1, help_text="How many readings are asked for (n).")
    rule = models.CharField(max_length=8, choices=Rule.choices, default=Rule.ANY_OUT)
    label_above = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True, help_text="Above this the label must say so."
    )
    label_text = models.CharField(
        max_length=80, blank=True, help_text="What the label must say then, such as “contains sulfites”."
    )
    is_mandatory = models.BooleanField(default=True)
    nominal = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    gross_lower = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="A reading below this is a slip, not a result.",
    )
    gross_upper = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="A reading above this is a slip, not a result.",
    )
    decimals = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Digits after the point that a reading may have."
    )
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MAJOR)
    method = models.CharField(max_length=120, blank=True, help_text="The procedure, such as AOAC 990.28.")
    needs_instrument = models.BooleanField(default=False, help_text="A reading names its instrument.")
    entered_by = models.CharField(max_length=10, choices=EnteredBy.choices, blank=True)
    choices = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    accepted = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="The choices that are within limits.",
    )
    defects = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Codes of the defects that are counted.",
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="characteristic_has_its_position"),
            models.UniqueConstraint(fields=["plan", "name"], name="characteristic_is_named_once_in_its_plan"),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(upper__gte=models.F("lower")),
                name="characteristic_limits_are_in_order",
            ),
            models.CheckConstraint(condition=Q(readings__gte=1), name="characteristic_asks_for_a_reading"),
            models.CheckConstraint(
                condition=Q(gross_lower__isnull=True)
                | Q(gross_upper__isnull=True)
                | Q(gross_upper__gte=models.F("gross_lower")),
                name="characteristic_gross_bounds_are_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CharacteristicLimit(models.Model):
    """Other limits for one item, or that the characteristic does not apply to it (salt has no remaining life)."""

    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="limits")
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="+")
    applies = models.BooleanField(default=True)
    lower = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    upper = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["characteristic", "item"], name="characteristic_limit_is_set_once_per_item"
            ),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(upper__gte=models.F("lower")),
                name="characteristic_limit_is_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.characteristic} for {self.item}"
