"""Reasons in the house's words, offered where a reason is asked for. Free text stays possible: a list never knows everything."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ReasonUse(models.TextChoices):
    HOLD = "hold", "Placing a hold"
    LIFT = "lift", "Lifting a hold"
    SCRAP = "scrap", "Scrap"
    COUNT = "count", "Count difference"
    CORRECTION = "correction", "Correction, reversal"
    REJECTION = "rejection", "Rejection"
    CONCESSION = "concession", "Concession"
    SUPPLIER_RETURN = "supplier_return", "Return to a supplier"
    CUSTOMER_RETURN = "customer_return", "Customer return"
    LATE = "late", "Recorded after the fact"
    REPRINT = "reprint", "Label printed again"
    MASTERS = "masters", "Change of master data"


class ReasonCode(models.Model):
    code = models.CharField(max_length=20, unique=True, db_collation="C")
    text = models.CharField(max_length=120)
    uses = ArrayField(models.CharField(max_length=16, choices=ReasonUse.choices), default=list, blank=True)
    is_active = models.BooleanField("offered", default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.text
