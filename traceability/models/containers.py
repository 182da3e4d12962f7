"""Pallets, drums and totes: moved, held and shipped as one."""

from collections.abc import Collection

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from traceability.models.keyed import Keyed
from traceability.models.reading import OfSites


class ContainerQuerySet(OfSites["Container"]):
    @classmethod
    def at_sites(cls, sites: Collection[int]) -> Q:
        """By what is or was in it; one that was never filled is everybody's."""
        from traceability.models.ledger import Balance

        inside = Balance.objects.filter(container=OuterRef("pk"))
        return Q(Exists(inside.filter(location__site__in=sites))) | ~Q(Exists(inside))


class ContainerKind(models.TextChoices):
    PALLET = "pallet", "Pallet"
    DRUM = "drum", "Drum"
    TOTE = "tote", "Tote"
    CASE = "case", "Case"


class Container(models.Model):
    """Something with its own number that holds quantities of lots, or other containers (a forest, never a cycle).

    Where it stands is where its content is; `location` says where it stood last, for one that is empty.
    """

    Kind = ContainerKind

    number = models.CharField(
        max_length=20, unique=True, db_collation="C", help_text="SSCC (18 digits) or our own number."
    )
    kind = models.CharField(max_length=20, choices=ContainerKind.choices, default=ContainerKind.PALLET)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    location = models.ForeignKey(
        "traceability.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="containers"
    )
    is_broken_up = models.BooleanField(
        default=False, help_text="Its number is never used again; its content stands loose."
    )

    objects = ContainerQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="container_is_not_inside_itself"),
            models.CheckConstraint(
                condition=Q(is_broken_up=False) | Q(parent__isnull=True),
                name="container_that_is_broken_up_is_in_none",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ContainerVerb(models.TextChoices):
    BUILT = "built", "Built"
    PACKED = "packed", "Packed"
    TAKEN_OUT = "taken_out", "Taken out"
    MOVED = "moved", "Moved"
    BROKEN_UP = "broken_up", "Broken up"
    HELD = "held", "Held"
    UNDONE = "undone", "Taken back"


class ContainerChange(Keyed):
    """One thing that was done with a container: its history. What it moved stands in the entry."""

    container = models.ForeignKey(Container, on_delete=models.PROTECT, related_name="changes")
    verb = models.CharField(max_length=9, choices=ContainerVerb.choices)
    entry = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="container_changes"
    )
    before = models.JSONField(default=dict, help_text="Parent and location before, so that it can be undone.")
    location = models.ForeignKey(
        "traceability.Location", null=True, on_delete=models.PROTECT, related_name="+"
    )
    parent = models.ForeignKey(Container, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(Keyed.Meta):
        ordering = ["-id"]
        indexes = [models.Index(fields=["container", "-id"], name="container_change_of")]

    def __str__(self) -> str:
        return f"{self.container}: {self.get_verb_display().lower()}"
