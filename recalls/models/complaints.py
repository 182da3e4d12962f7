"""Complaints: what a customer says of a product, and what we answered."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q

from traceability.models import Balance
from traceability.models.keyed import Keyed
from traceability.models.reading import OfSites


class Severity(models.TextChoices):
    MINOR = "minor", "Minor"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"
    INJURY = "injury", "Injury or illness"


class ComplaintQuerySet(OfSites["Complaint"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """Where its lot is or was; while nobody knows the lot, everybody's."""
        here = Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites)
        return Q(lot__isnull=True) | Q(Exists(here))


class Complaint(Keyed):
    """`lot` is known only where the code that the customer read belongs to one lot; what they read stays as they read it."""

    Severity = Severity

    number = models.CharField(max_length=40, unique=True, db_collation="C")
    customer = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="complaints"
    )
    item = models.ForeignKey(
        "traceability.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="complaints"
    )
    lot = models.ForeignKey(
        "traceability.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="complaints"
    )
    code_read = models.CharField(
        max_length=80, blank=True, help_text="Lot, serial or date code, as they read it."
    )
    what = models.TextField(help_text="What they say is wrong.")
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MINOR)
    received_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        "traceability.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ComplaintQuerySet.as_manager()

    class Meta(Keyed.Meta):
        ordering = ["-received_on", "-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="complaint_is_answered_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number
