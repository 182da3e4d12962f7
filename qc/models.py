"""Plans say what is measured, with limits; inspections and results say what was found. Results are only added to."""

from django.db import models
from django.db.models import Q

from traceability.keyed import Keyed
from traceability.models import Stage


class PlanStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "In force"
    SUPERSEDED = "superseded", "Superseded"


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> "PlanQuerySet":
        return self.filter(status=PlanStatus.APPROVED)

    def for_item(self, item_id: int, stage: str) -> "PlanQuerySet":
        return self.in_force().filter(stage=stage, items=item_id)


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
    approved_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

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
        ]

    def __str__(self) -> str:
        return f"{self.code} rev {self.revision}"


class CharacteristicKind(models.TextChoices):
    PASS_FAIL = "pass_fail", "Pass or fail"
    MEASUREMENT = "measurement", "Measurement"
    COUNT = "count", "Count"
    TEXT = "text", "Text"
    INFORMATION = "information", "For information"


class Rule(models.TextChoices):
    ANY_OUT = "any_out", "Any reading out fails"
    MEAN = "mean", "The mean must be inside"


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


class Instrument(models.Model):
    """A thermometer, scale or meter, and how long its calibration holds."""

    code = models.CharField(max_length=20, unique=True, db_collation="C")
    name = models.CharField(max_length=120)
    calibrated_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class DecisionKind(models.TextChoices):
    RELEASED = "released", "Released"
    REJECTED = "rejected", "Rejected"
    QUARANTINE = "quarantine", "Back to quarantine"
    DIVIDED = "divided", "Divided"


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def undecided(self) -> "InspectionQuerySet":
        return self.filter(decided_at__isnull=True)


class Inspection(Keyed):
    """One examination of a quantity of a lot (or of a run, a line, a shipment), under the plan revision in force when it was opened."""

    Decision = DecisionKind

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    requirement = models.ForeignKey(
        "traceability.Requirement",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inspections",
    )
    lot = models.ForeignKey(
        "traceability.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="inspections"
    )
    run = models.ForeignKey(
        "traceability.Run", null=True, blank=True, on_delete=models.PROTECT, related_name="inspections"
    )
    document = models.CharField(
        max_length=40,
        blank=True,
        db_collation="C",
        help_text="The shipment or other paper it concerns, when it is no lot.",
    )
    plan = models.ForeignKey(
        Plan, null=True, blank=True, on_delete=models.PROTECT, related_name="inspections"
    )
    stage = models.CharField(max_length=12, choices=Stage.choices)
    opened_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=DecisionKind.choices, blank=True)
    entry = models.ForeignKey(
        "traceability.Entry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The disposition.",
    )
    deviation = models.CharField(
        max_length=20, blank=True, db_collation="C", help_text="DEV-0042: released by concession."
    )
    label = models.CharField(
        max_length=200, blank=True, help_text="What the label must say because of a result."
    )
    note = models.TextField(blank=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(lot__isnull=False) | Q(run__isnull=False) | ~Q(document=""),
                name="inspection_concerns_something",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, decision="")
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decision="")),
                name="inspection_decision_has_a_person_and_a_time",
            ),
            models.UniqueConstraint(
                fields=["requirement"],
                condition=Q(requirement__isnull=False, decided_at__isnull=True),
                name="inspection_is_open_once_per_requirement",
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "-opened_at"], name="inspection_of_lot"),
            models.Index(
                fields=["opened_at"], condition=Q(decided_at__isnull=True), name="inspection_undecided"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Result(models.Model):
    """One reading. Never changed: a second look is a retest, and both stay."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="results")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="results")
    reading_no = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    passed = models.BooleanField(
        null=True, blank=True, help_text="What the person said, where a person says it."
    )
    text = models.CharField(max_length=200, blank=True)
    is_within = models.BooleanField(
        null=True, blank=True, help_text="Judged at once; empty where there is nothing to judge against."
    )
    is_retest = models.BooleanField(default=False)
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="results"
    )
    entered_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was tested again.")
    client = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=200, db_collation="C")

    class Meta:
        ordering = ["inspection", "characteristic__position", "reading_no"]
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "characteristic", "reading_no"], name="result_is_one_reading"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | Q(passed__isnull=False) | ~Q(text=""),
                name="result_says_something",
            ),
            models.CheckConstraint(
                condition=Q(is_retest=False) | ~Q(reason=""), name="result_of_a_retest_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["client", "key"], name="result_by_key")]

    def __str__(self) -> str:
        return f"{self.characteristic} {self.reading_no}"
