"""Cycle counts as papers: what is to be counted, who counted what when, and what was posted."""

from django.db import models
from django.db.models import F, Q

from traceability.models.keyed import Keyed
from traceability.models.ledger import Evidence, Status
from traceability.models.reading import OfSites


class CountState(models.TextChoices):
    OPEN = "open", "Being counted"
    POSTED = "posted", "Posted"
    CANCELLED = "cancelled", "Cancelled"


class CountQuerySet(OfSites["Count"]):
    def open(self) -> "CountQuerySet":
        return self.filter(state=CountState.OPEN)


class Count(Keyed):
    """A count of quantities at places. Blind: who counts does not see the record. Posted once; its lines stay."""

    State = CountState

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    site = models.ForeignKey("traceability.Site", on_delete=models.PROTECT, related_name="counts")
    what = models.CharField(
        max_length=200, help_text="What is counted, in words: the places, the item, the class."
    )
    is_blind = models.BooleanField(default=True)
    counters = models.PositiveSmallIntegerField(
        default=1, help_text="How many persons count each line, each without seeing the other."
    )
    state = models.CharField(max_length=9, choices=CountState.choices, default=CountState.OPEN)
    opened_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    objects = CountQuerySet.as_manager()

    class Meta(Keyed.Meta):
        ordering = ["-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(condition=Q(counters__in=[1, 2]), name="count_is_by_one_or_two"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="count_that_is_closed_says_when",
            ),
        ]
        indexes = [models.Index(fields=["site", "state"], name="count_by_state")]

    def __str__(self) -> str:
        return self.number


class LineState(models.TextChoices):
    OPEN = "open", "To count"
    AGAIN = "again", "Count again"
    COUNTED = "counted", "Counted"
    POSTED = "posted", "Posted"
    SET_ASIDE = "set_aside", "Set aside"


class CountLine(models.Model):
    """One quantity to count: a lot at a place, in a status and container; or a label that nobody knows yet (no lot).

    `since_seq` is the entry after which it was counted; a movement of this very quantity later asks for a recount
    (reliability B9). `expected` is the record at that moment. `origin` is where the ledger has what was found here.
    """

    State = LineState

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lines")
    lot = models.ForeignKey("traceability.Lot", null=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey("traceability.Location", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RELEASED)
    container = models.ForeignKey(
        "traceability.Container", null=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField(max_length=200, blank=True, help_text="What was scanned, where no lot is known.")
    is_found = models.BooleanField(default=False, help_text="Found here; the record did not have it here.")
    origin = models.ForeignKey(
        "traceability.Location", null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Moved from here without a scan, as a person said.",
    )  # fmt: skip
    state = models.CharField(max_length=9, choices=LineState.choices, default=LineState.OPEN)
    since_seq = models.BigIntegerField()
    expected = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    counted = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    why_again = models.CharField(max_length=160, blank=True)
    note = models.CharField(max_length=200, blank=True)
    entry = models.ForeignKey(
        "traceability.Entry", null=True, on_delete=models.PROTECT, related_name="count_lines"
    )

    class Meta:
        ordering = ["location", "lot"]
        constraints = [
            models.UniqueConstraint(
                fields=["count", "lot", "location", "status", "container"], nulls_distinct=False, condition=Q(lot__isnull=False),
                name="count_line_is_one_per_quantity",
            ),
            models.CheckConstraint(condition=Q(lot__isnull=False) | ~Q(label=""), name="count_line_says_what"),
            models.CheckConstraint(
                condition=Q(counted__isnull=True) | Q(counted__gte=0), name="count_line_is_never_negative"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["counted", "posted"]) | Q(counted__isnull=False),
                name="count_line_that_is_counted_says_how_much",
            ),
            models.CheckConstraint(
                condition=Q(origin__isnull=True) | ~Q(origin=F("location")), name="count_line_came_from_elsewhere"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["count", "state"], name="count_line_by_state")]

    def __str__(self) -> str:
        return f"{self.count_id}: {self.lot or self.label} at {self.location_id}"

    @property
    def difference(self) -> object:
        return None if self.counted is None else self.counted - self.expected


class CountReading(Keyed):
    """One look of one person at one line. Only added to: a recount is another row."""

    line = models.ForeignKey(CountLine, on_delete=models.PROTECT, related_name="readings")
    quantity = models.DecimalField(max_digits=20, decimal_places=6)
    entered = models.CharField(max_length=60, blank=True, help_text="As it was typed, with its unit.")
    evidence = models.CharField(max_length=8, choices=Evidence.choices, default=Evidence.TYPED)
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    seq = models.BigIntegerField()

    class Meta(Keyed.Meta):
        ordering = ["-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(condition=Q(quantity__gte=0), name="count_reading_is_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} by {self.by_id}"
