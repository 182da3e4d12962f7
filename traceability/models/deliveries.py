"""What went out and came back, what came in and went back."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from traceability.models.reading import LedgerRows


class Direction(models.TextChoices):
    RECEIVED = "received", "Received from"
    SHIPPED = "shipped", "Shipped to"


class DeliveredQuerySet(LedgerRows["Delivered"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """A delivery is seen where its paper was posted."""
        from traceability.models.ledger import Entry

        return Q(Exists(Entry.objects.filter(document=OuterRef("document"), site__in=sites)))


class Delivered(models.Model):
    """Per party, lot and document line. `quantity` came or left, `returned` of it went back; returned never exceeds quantity."""

    Direction = Direction

    direction = models.CharField(max_length=8, choices=Direction.choices)
    party = models.ForeignKey(
        "traceability.Party",
        on_delete=models.PROTECT,
        related_name="delivered",
        db_constraint=False,
        db_index=False,
    )
    lot = models.ForeignKey(
        "traceability.Lot",
        on_delete=models.PROTECT,
        related_name="delivered",
        db_constraint=False,
        db_index=False,
    )
    document = models.CharField(max_length=40, db_collation="C")
    line = models.PositiveIntegerField(default=0)
    quantity = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    returned = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects = DeliveredQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["direction", "party", "lot", "document", "line"], name="delivered_is_one_row_per_line"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="delivered_is_never_negative"),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("quantity")),
                name="delivered_returns_at_most_what_went",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lot", "direction"],
                include=["party", "quantity", "returned"],
                name="delivered_of_lot",
            ),
            models.Index(
                fields=["party", "direction", "last_at"],
                include=["lot", "quantity"],
                name="delivered_to_party",
            ),
            models.Index(fields=["document"], name="delivered_by_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.quantity} of {self.lot_id}"
