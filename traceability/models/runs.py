"""Runs, the nodes of genealogy, and what movements add up to in them."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, OuterRef, Q

from traceability.models.reading import LedgerRows, OfSites


class RunKind(models.TextChoices):
    WORK_ORDER = "work_order", "Work order"
    REWORK = "rework", "Rework"
    REPACK = "repack", "Repack"
    SPLIT = "split", "Split"
    BLEND = "blend", "Blend"
    RAISE_TRACKING = "raise", "Tracking raised"


class Run(models.Model):
    """A stretch of work in which any input may be in any output. A work order has one run or several."""

    document = models.CharField(
        max_length=40, db_collation="C", help_text="The work order or other paper it belongs to."
    )
    number = models.PositiveIntegerField(
        default=1, help_text="Which run of the document: shift, tank draw, serial unit."
    )
    kind = models.CharField(max_length=12, choices=RunKind.choices, default=RunKind.WORK_ORDER)
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="runs")
    line = models.ForeignKey(
        "traceability.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    planned_on = models.DateField(null=True, blank=True)

    objects = OfSites["Run"].as_manager()

    class Meta:
        ordering = ["document", "number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="run_is_numbered_within_its_document")
        ]

    def __str__(self) -> str:
        return self.document if self.number == 1 else f"{self.document}/{self.number}"


class RunRole(models.TextChoices):
    INPUT = "input", "Input"
    OUTPUT = "output", "Output"


class RunLotQuerySet(LedgerRows["RunLot"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """A link is seen by whoever sees its lot."""
        from traceability.models.ledger import Balance

        return Q(Exists(Balance.objects.filter(lot=OuterRef("lot"), location__site__in=sites)))


class RunLot(models.Model):
    """What movements add up to per run, lot and role. This is the genealogy.

    `quantity` is net of reversals and unused returns (*ever contained*); `removed` was taken out again later, so
    quantity - removed is *contains now*; `inferred` is the part of quantity that nobody scanned or typed.
    `first_at`/`last_at` bound when it happened; year 1 and year 9999 stand for "any time in the run".
    """

    run = models.ForeignKey(
        Run, on_delete=models.PROTECT, related_name="lots", db_constraint=False, db_index=False
    )
    lot = models.ForeignKey(
        "traceability.Lot", on_delete=models.PROTECT, related_name="runs", db_constraint=False, db_index=False
    )
    role = models.CharField(max_length=6, choices=RunRole.choices)
    quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    removed = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    inferred = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    is_passage = models.BooleanField(
        default=True, help_text="False for untracked lots: a walk stops there and says so."
    )

    objects = RunLotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "lot", "role"], name="run_lot_is_one_row_per_role"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="run_lot_is_never_negative"),
            models.CheckConstraint(
                condition=Q(removed__gte=0, removed__lte=models.F("quantity")),
                name="run_lot_removes_at_most_what_went_in",
            ),
        ]
        indexes = [
            # The walk, both directions, from the index alone. Keep this table whole: partitioning it costs 5 to 12 times.
            models.Index(
                fields=["lot"],
                include=["run"],
                condition=Q(role="input", quantity__gt=0, is_passage=True),
                name="run_lot_down_from_lot",
            ),
            models.Index(
                fields=["run"],
                include=["lot"],
                condition=Q(role="output", quantity__gt=0),
                name="run_lot_down_to_lot",
            ),
            models.Index(
                fields=["lot"],
                include=["run"],
                condition=Q(role="output", quantity__gt=0, is_passage=True),
                name="run_lot_up_from_lot",
            ),
            models.Index(
                fields=["run"],
                include=["lot"],
                condition=Q(role="input", quantity__gt=0),
                name="run_lot_up_to_lot",
            ),
            # All links of a lot with what they hold: a scope of 100,000 lots reads twice as many of these.
            models.Index(
                fields=["lot", "role", "run"], include=["quantity", "removed"], name="run_lot_holds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.role} of {self.run_id}"
