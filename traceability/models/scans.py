"""What was scanned and what was decided; and codes that mean an item or a place because two people said so."""

from django.db import models
from django.db.models import Q


class ScanDecision(models.TextChoices):
    ONE = "one", "One match"
    SEVERAL = "several", "Several matches, asked"
    UNKNOWN = "unknown", "Unknown"
    REFUSED = "refused", "Refused"
    TAKEN = "taken", "Taken as a new code"


class Scan(models.Model):
    """One scan, as it came, with its separators and other signs escaped. Kept to answer "what did the gun really send?"."""

    Decision = ScanDecision

    at = models.DateTimeField(auto_now_add=True)
    person = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="scans", db_index=False
    )
    client = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=200, db_collation="C", help_text="One scan, however often it was sent.")
    device = models.CharField(max_length=60, blank=True)
    context = models.CharField(
        max_length=40, blank=True, help_text="Where it was scanned, such as receiving."
    )
    document = models.CharField(max_length=40, blank=True, db_collation="C")
    text = models.CharField(max_length=2100, help_text="Escaped: \\x1d is the separator.")
    is_typed = models.BooleanField(default=False)
    elements = models.JSONField(default=dict, blank=True, help_text="GS1 identifiers and their values.")
    decision = models.CharField(max_length=8, choices=ScanDecision.choices)
    code = models.CharField(max_length=8, blank=True, help_text="What was answered, such as R01.")
    found = models.JSONField(default=list, blank=True, help_text="What it could mean, by kind and code.")
    ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="scan_is_written_down_once")]
        indexes = [
            models.Index(fields=["-at"], name="scan_by_time"),
            models.Index(fields=["document", "-at"], condition=~Q(document=""), name="scan_by_document"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class CodeAliasQuerySet(models.QuerySet["CodeAlias"]):
    def approved(self) -> "CodeAliasQuerySet":
        return self.filter(approved_by__isnull=False, ended_at__isnull=True)

    def waiting(self) -> "CodeAliasQuerySet":
        return self.filter(approved_by__isnull=True, ended_at__isnull=True)


class CodeAlias(models.Model):
    """A code that stands for an item or a place. Asked for at the dock, worth nothing before somebody else approved it."""

    code = models.CharField(max_length=80, db_collation="C")
    item = models.ForeignKey(
        "traceability.Item", null=True, blank=True, on_delete=models.PROTECT, related_name="code_aliases"
    )
    supplier = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="code_aliases"
    )
    location = models.ForeignKey(
        "traceability.Location", null=True, blank=True, on_delete=models.PROTECT, related_name="code_aliases"
    )
    asked_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_on = models.CharField(max_length=40, blank=True, help_text="The paper it was met on.")
    approved_by = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("traceability.Person", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Refused, or taken back.")

    objects = CodeAliasQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        verbose_name_plural = "code aliases"
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False, location__isnull=True) | Q(item__isnull=True, location__isnull=False),
                name="code_alias_means_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("asked_by")),
                name="code_alias_is_approved_by_somebody_else",
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(approved_by__isnull=False, ended_at__isnull=True), name="code_alias_in_force_is_one"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} is {self.item or self.location}"
