"""Files that people bring in: what was read, what it would change, what it did, and how it is undone."""

from django.db import models
from django.db.models import Q

from traceability.models.keyed import Keyed


class ImportState(models.TextChoices):
    READ = "read", "Read"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Checked"
    POSTING = "posting", "Being posted"
    POSTED = "posted", "Posted"
    UNDONE = "undone", "Undone"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Given up"


class Import(Keyed):
    """One file of one kind, by one person. Nothing is written before it is posted; then all of it is, or nothing."""

    State = ImportState

    number = models.CharField(max_length=20, unique=True, db_collation="C")
    kind = models.CharField(max_length=40)
    file_name = models.CharField(max_length=120, help_text="As it was called; shown, never used as a path.")
    stored_as = models.CharField(max_length=80, help_text="The rows as they were read, one a line.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file as it came.")
    size = models.BigIntegerField()
    options = models.JSONField(default=dict, help_text="Decimal mark, order of dates, and the like.")
    about = models.JSONField(default=dict, help_text="Headings, number of rows, what is hidden.")
    mapping = models.JSONField(default=dict, help_text="Column → field.")
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.READ)
    tally = models.JSONField(default=dict, help_text="How many are new, changed, same, wrong.")
    findings = models.JSONField(default=list, help_text="Cells that are wrong, and why.")
    preview = models.JSONField(default=list, help_text="What would change: cell, old, new.")
    error = models.TextField(blank=True)
    job = models.ForeignKey("traceability.Job", null=True, on_delete=models.SET_NULL, related_name="imports")
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="imports")
    at = models.DateTimeField(auto_now_add=True)
    posted_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(Keyed.Meta):
        ordering = ["-id"]
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(state__in=["posted", "undone"]) | Q(posted_at__isnull=False),
                name="import_that_is_posted_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["by", "-id"], name="import_of_person"),
            models.Index(fields=["digest"], name="import_by_digest"),
        ]

    def __str__(self) -> str:
        return self.number


class ImportRecord(models.Model):
    """One thing that an import made or changed, so that it can be undone."""

    source = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="records")
    row = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=60)
    key = models.BigIntegerField()
    before = models.JSONField(null=True, help_text="Null: it was made. Else its fields before.")
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["model", "key"], name="import_record_of")]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class ImportMapping(models.Model):
    """Which column is which field, remembered for files with the same headings."""

    kind = models.CharField(max_length=40)
    headings = models.CharField(max_length=64, help_text="SHA-256 of the headings.")
    mapping = models.JSONField(default=dict)
    by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "headings"], name="import_mapping_is_remembered_once")
        ]

    def __str__(self) -> str:
        return self.kind
