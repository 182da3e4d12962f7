"""Nonconformances and the actions that follow from them, until each is found to work."""

from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from qc.models.inspections import Disposal, Inspection
from qc.models.plans import Severity
from traceability.keyed import Keyed
from traceability.models.reading import OfSites


class Source(models.TextChoices):
    RECEIVING = "receiving", "Receiving"
    PRODUCTION = "production", "Production"
    FINAL = "final", "Final inspection"
    CUSTOMER = "customer", "Customer complaint"
    AUDIT = "audit", "Audit"
    OTHER = "other", "Other"


class Review(models.TextChoices):
    """What the material review decides."""

    USE_AS_IS = "use_as_is", "Use as is"
    REWORK = Disposal.REWORK.value, "Rework"
    RETURN = Disposal.RETURN.value, "Return to vendor"
    SCRAP = Disposal.SCRAP.value, "Scrap"
    NOTHING = "nothing", "No material concerned"


class NonconformanceQuerySet(OfSites["Nonconformance"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """Where one of its lots is or was; one that names no lot is everybody's."""
        named = Nonconformance.lots.through.objects.filter(nonconformance=OuterRef("pk"))
        return Q(Exists(named.filter(lot__balances__location__site__in=sites))) | ~Q(Exists(named))

    def open(self) -> "NonconformanceQuerySet":
        return self.filter(closed_at__isnull=True)


class Nonconformance(Keyed):
    """Something that is not as it should be: reported, contained, reviewed, and closed once its actions work."""

    Source = Source
    Review = Review

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MAJOR)
    defects = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    quantity = models.CharField(max_length=60, blank=True, help_text="How much is concerned, in words.")
    complaint = models.CharField(
        max_length=40, blank=True, db_collation="C", help_text="The customer's complaint, if it began there."
    )
    inspection = models.ForeignKey(
        Inspection, null=True, blank=True, on_delete=models.PROTECT, related_name="nonconformances"
    )
    supplier = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="nonconformances"
    )
    lots = models.ManyToManyField("traceability.Lot", related_name="nonconformances", blank=True)
    reported_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    containment = models.TextField(blank=True)
    contained_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    contained_at = models.DateTimeField(null=True, blank=True)
    root_cause = models.TextField(blank=True)
    review = models.CharField(max_length=9, choices=Review.choices, blank=True)
    review_reason = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    second_reviewer = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = NonconformanceQuerySet.as_manager()

    class Meta:
        ordering = ["-reported_at", "-number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, review="")
                | (Q(reviewed_at__isnull=False) & ~Q(review="")),
                name="nonconformance_review_has_a_time_and_a_word",
            ),
            models.CheckConstraint(
                condition=~Q(review="use_as_is") | Q(second_reviewer__isnull=False),
                name="nonconformance_used_as_is_by_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(reviewed_at__isnull=False),
                name="nonconformance_is_reviewed_before_it_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def state(self) -> str:
        if self.closed_at:
            return "Closed"
        if self.reviewed_at:
            return "Reviewed"
        return "Contained" if self.contained_at else "Reported"


class ActionKind(models.TextChoices):
    CORRECTIVE = "corrective", "Corrective"
    PREVENTIVE = "preventive", "Preventive"
    VENDOR = "vendor", "Asked of the vendor"


class ActionQuerySet(OfSites["CorrectiveAction"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        return Q(nonconformance__in=Nonconformance.objects.filter(NonconformanceQuerySet.at_sites(sites)))


class CorrectiveAction(Keyed):
    """What somebody does so that it does not happen again, by when, and whether it worked."""

    Kind = ActionKind

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    nonconformance = models.ForeignKey(Nonconformance, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    what = models.TextField()
    owner = models.ForeignKey(
        "traceability.Person", on_delete=models.PROTECT, related_name="corrective_actions"
    )
    due_on = models.DateField()
    opened_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    done = models.TextField(blank=True, help_text="What was done, or what the vendor answered.")
    done_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    is_effective = models.BooleanField(null=True, blank=True)
    checked = models.TextField(blank=True)
    checked_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "number"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(is_effective__isnull=True) | Q(done_at__isnull=False, checked_by__isnull=False),
                name="corrective_action_is_done_before_it_is_checked",
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=models.F("done_by")),
                name="corrective_action_is_checked_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return self.number
