"""A block on a whole lot, wherever it is: in every place and status, stock that comes later, and lots already used up."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q

from traceability.models.reading import LedgerRows


class HoldCause(models.TextChoices):
    QUALITY = "quality", "Quality"
    RECALL = "recall", "Recall"
    PAPERS = "papers", "Missing papers"
    OTHER = "other", "Other"


class HoldQuerySet(LedgerRows["Hold"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """A hold is seen wherever its lot is, whoever placed it."""
        from traceability.models.ledger import Balance

        return Q(Exists(Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites)))

    def standing(self) -> "HoldQuerySet":
        return self.filter(lifted_in__isnull=True)


class Hold(models.Model):
    """Placed by one entry, lifted by another. Many may stand on one lot. A cascading hold passes to what is made from the lot."""

    Cause = HoldCause

    lot = models.ForeignKey(
        "traceability.Lot", on_delete=models.PROTECT, related_name="holds", db_index=False
    )
    cause = models.CharField(max_length=8, choices=HoldCause.choices, default=HoldCause.QUALITY)
    reason = models.TextField()
    reference = models.CharField(
        max_length=40, blank=True, db_collation="C", help_text="The paper behind it, such as RC-26-004."
    )
    cascades = models.BooleanField(default=True)
    inherited_from = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="passed_on", db_index=False
    )
    placed_in = models.ForeignKey("traceability.Entry", on_delete=models.PROTECT, related_name="holds_placed")
    lifted_in = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="holds_lifted"
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["lot"], condition=Q(lifted_in__isnull=True), name="hold_standing_on_lot"),
            models.Index(fields=["lot", "id"], name="hold_of_lot"),
            models.Index(fields=["reference"], name="hold_by_reference"),
        ]

    def __str__(self) -> str:
        return self.reference or self.get_cause_display()
