"""What was refused, to whom and why: written after the refused transaction is gone."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class RefusalRecord(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        "traceability.Person", null=True, on_delete=models.PROTECT, related_name="refusals", db_index=False
    )
    route = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    sentence = models.TextField()
    lots = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"], name="refusal_by_time"),
            GinIndex(fields=["lots"], name="refusal_by_lot"),
        ]

    def __str__(self) -> str:
        return self.code
