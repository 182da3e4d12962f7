"""The human numbers on papers."""

from django.db import models


class NumberSeries(models.Model):
    """The last number given out under a prefix. Its row is locked while a document is numbered, so none is given twice."""

    prefix = models.CharField(max_length=40, unique=True, db_collation="C")
    last = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return f"{self.prefix}{self.last}"
