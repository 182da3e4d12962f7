"""What a lot, a run or a document still needs at a stage. The acting app opens it, qc meets it, the door minds it."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q

from traceability.models.reading import LedgerRows


class Stage(models.TextChoices):
    RECEIVING = "receiving", "Receiving"
    STAGING = "staging", "Staging"
    IN_PROCESS = "in_process", "In process"
    FINAL = "final", "Final"
    SHIPPING = "shipping", "Shipping"
    RETURN = "return", "Customer return"
    RETEST = "retest", "Retest"
    CLEAN_DOWN = "clean_down", "Clean-down"


class RequirementQuerySet(LedgerRows["Requirement"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """Where it was opened, and wherever its lot is now."""
        from traceability.models.ledger import Balance

        return Q(opened_in__site__in=sites) | Q(
            Exists(Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites))
        )

    def open(self) -> "RequirementQuerySet":
        return self.filter(met_in__isnull=True)

    def blocking(self) -> "RequirementQuerySet":
        return self.open().filter(is_blocking=True)


class Requirement(models.Model):
    """Opened in one entry, met in another. While a blocking one is open, the lot or the run's next step is refused."""

    lot = models.ForeignKey(
        "traceability.Lot", null=True, on_delete=models.PROTECT, related_name="requirements", db_index=False
    )
    run = models.ForeignKey(
        "traceability.Run", null=True, on_delete=models.PROTECT, related_name="requirements"
    )
    document = models.CharField(max_length=40, blank=True, db_collation="C")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    what = models.CharField(max_length=120, help_text="An inspection, a certificate: in words.")
    is_blocking = models.BooleanField(default=False)
    opened_in = models.ForeignKey(
        "traceability.Entry", on_delete=models.PROTECT, related_name="requirements_opened"
    )
    met_in = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="requirements_met"
    )

    objects = RequirementQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lot__isnull=False) | Q(run__isnull=False) | ~Q(document=""),
                name="requirement_concerns_something",
            )
        ]
        indexes = [
            models.Index(fields=["lot"], condition=Q(met_in__isnull=True), name="requirement_open_on_lot"),
            models.Index(fields=["lot", "id"], name="requirement_of_lot"),
            models.Index(
                fields=["stage", "id"], condition=Q(met_in__isnull=True), name="requirement_open_by_stage"
            ),
        ]

    def __str__(self) -> str:
        return self.what
