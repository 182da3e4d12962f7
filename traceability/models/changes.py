"""What was changed in master data: written by the database itself, whoever changed it and by whatever way."""

from django.db import models


class ChangeVerb(models.TextChoices):
    CREATED = "created", "Created"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"


class ChangeQuerySet(models.QuerySet["Change"]):
    def about(self, kind: str, key: object) -> "ChangeQuerySet":
        return self.filter(subject_kind=kind, subject=str(key))


class Change(models.Model):
    """One row that was created, changed or deleted. A trigger writes it (see traceability.noting); the application may only read.

    `before` and `after` hold the columns that differ, as the database stores them. Without a person it came past the
    application: by SQL, under the database's `login`. Changes of one request share `request`.
    """

    Verb = ChangeVerb

    at = models.DateTimeField()
    subject_kind = models.CharField(
        max_length=24, db_collation="C", help_text="The record it belongs to: item, party …"
    )
    subject = models.CharField(max_length=40, db_collation="C")
    table = models.CharField(max_length=63, db_collation="C")
    row = models.CharField(max_length=40, db_collation="C")
    verb = models.CharField(max_length=7, choices=ChangeVerb.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.ForeignKey(
        "traceability.Person",
        null=True,
        on_delete=models.PROTECT,
        related_name="changes",
        db_constraint=False,
    )
    reason = models.TextField(blank=True)
    request = models.UUIDField(null=True)
    login = models.CharField(max_length=63, db_collation="C")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject", "-id"], name="change_of_subject"),
            models.Index(fields=["at"], name="change_by_time"),
            models.Index(fields=["table", "row", "id"], name="change_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row} {self.verb}"
