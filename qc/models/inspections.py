"""Inspections and results: what was found, and what was decided. Results are only added to."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q

from qc.models.plans import Characteristic, Plan
from traceability.keyed import Keyed
from traceability.models import Balance, Stage
from traceability.models.reading import OfSites


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


class Disposal(models.TextChoices):
    """What becomes of what was rejected."""

    REVIEW = "review", "Material review"
    REWORK = "rework", "Rework"
    RETURN = "return", "Return to vendor"
    SCRAP = "scrap", "Scrap"


class Strictness(models.TextChoices):
    NORMAL = "normal", "Normal"
    TIGHTENED = "tightened", "Tightened"
    REDUCED = "reduced", "Reduced"


class InspectionQuerySet(OfSites["Inspection"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """Where its lot is or was, where its run was, or where the paper it is about was written."""
        here = Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites)
        return Q(Exists(here)) | Q(run__site__in=sites) | Q(requirement__opened_in__site__in=sites)

    def undecided(self) -> "InspectionQuerySet":
        return self.filter(decided_at__isnull=True)


class Inspection(Keyed):
    """One examination of a quantity of a lot (or of a run, a line, a shipment), under the plan revision in force when it was opened."""

    Decision = DecisionKind
    Disposal = Disposal

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
    disposal = models.CharField(
        max_length=8, choices=Disposal.choices, blank=True, help_text="What becomes of what was rejected."
    )
    concession_until = models.DateField(
        null=True, blank=True, help_text="Released by concession until this day."
    )
    strictness = models.CharField(max_length=9, choices=Strictness.choices, blank=True)
    lot_size = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="From which the sample was reckoned.",
    )
    code_letter = models.CharField(max_length=1, blank=True)
    sample_size = models.PositiveIntegerField(null=True, blank=True)
    accept_number = models.PositiveIntegerField(null=True, blank=True)
    reject_number = models.PositiveIntegerField(null=True, blank=True)
    skipped_why = models.CharField(
        max_length=200,
        blank=True,
        help_text="Skipped by plan: the rule that says so. A person signs all the same.",
    )
    laboratory = models.CharField(max_length=80, blank=True)
    sent_to_laboratory_at = models.DateTimeField(null=True, blank=True)
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
    defect = models.CharField(max_length=60, blank=True, help_text="The code of the defect that was counted.")
    source = models.CharField(
        max_length=80,
        blank=True,
        help_text="The laboratory or file it came from; empty: the bench. Such a result signs nothing.",
    )
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
