"""Pallets, drums and totes: moved, held and shipped as one."""

from django.db import models
from django.db.models import F, Q


class Container(models.Model):
    """Something with its own number that holds quantities of lots, or other containers (a forest, never a cycle)."""

    number = models.CharField(
        max_length=20, unique=True, db_collation="C", help_text="SSCC (18 digits) or our own number."
    )
    kind = models.CharField(max_length=20, default="pallet")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="container_is_not_inside_itself")
        ]

    def __str__(self) -> str:
        return self.number
