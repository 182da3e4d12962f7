"""What the API remembers of its callers: the answer to each key, and how often each of them asked."""

from django.db import models


class ApiAnswer(models.Model):
    """The answer that a key was given, written in the transaction of the act itself: both are there, or neither.

    Kept for a while, so that a repeat hears the same words. What must never happen twice is guarded for ever by the
    ledger's own keys and by `traceability.keyed`.
    """

    client = models.CharField(max_length=64, db_collation="C")
    key = models.CharField(max_length=200, db_collation="C")
    fingerprint = models.BinaryField(
        max_length=32, help_text="SHA-256 of method, address and body as they were sent."
    )
    status = models.PositiveSmallIntegerField(null=True, help_text="Null while the act is under way.")
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="api_answer_is_one_per_key")]
        indexes = [models.Index(fields=["at"], name="api_answer_by_age")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"


class ApiUse(models.Model):
    """How often a caller asked since `since`. One row each, counted in one statement, so exact over all processes.

    The table is not logged: after a crash of the database everybody starts at zero, which harms nobody.
    """

    client = models.CharField(max_length=64, primary_key=True, db_collation="C")
    since = models.DateTimeField()
    used = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.client
