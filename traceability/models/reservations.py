"""Stock promised to a document. A hold breaks it, visibly."""

from django.db import models
from django.db.models import Q

from traceability.models.reading import LedgerRows


class ReservationQuerySet(LedgerRows["Reservation"]):
    site_path = "location__site"

    def standing(self) -> "ReservationQuerySet":
        return self.filter(quantity__gt=0, broken_in__isnull=True)


class Reservation(models.Model):
    """A quantity of released stock of a lot at a place, kept for a document. Consumed by what that document issues or ships."""

    document = models.CharField(max_length=40, db_collation="C")
    lot = models.ForeignKey(
        "traceability.Lot", on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    location = models.ForeignKey(
        "traceability.Location", on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    container = models.ForeignKey(
        "traceability.Container",
        null=True,
        on_delete=models.PROTECT,
        related_name="reservations",
        db_index=False,
    )
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(auto_now_add=True)
    broken_in = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="reservations_broken"
    )

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "lot", "location", "container"],
                nulls_distinct=False,
                condition=Q(broken_in__isnull=True),
                name="reservation_is_one_row_per_place",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="reservation_is_never_negative"),
        ]
        indexes = [
            models.Index(
                fields=["lot", "location"],
                condition=Q(quantity__gt=0, broken_in__isnull=True),
                name="reservation_standing_on_lot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.lot_id} for {self.document}"
