"""Suppliers and customers, and whom to call there."""

from django.db import models
from django.db.models import Q


class Party(models.Model):
    """A supplier, a customer, or both. Names and addresses change; a recall's revision keeps its own snapshot."""

    code = models.CharField(max_length=32, unique=True, db_collation="C")
    name = models.CharField(max_length=160)
    is_supplier = models.BooleanField(default=False)
    is_customer = models.BooleanField(default=False)
    street = models.CharField(max_length=160, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, default="US", blank=True)
    gln = models.CharField("GLN", max_length=13, blank=True)
    flag = models.CharField(
        max_length=120, blank=True, help_text="What a recall must know first, such as a vulnerable group."
    )
    is_suspended = models.BooleanField(default=False)
    suspended_on = models.DateField("suspended since", null=True, blank=True)
    suspended_because = models.CharField("suspended because", max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    minimum_life_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Remaining life this customer asks for, days."
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "parties"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_supplier=True) | Q(is_customer=True), name="party_supplies_or_buys"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def town(self) -> str:
        return ", ".join(part for part in (self.city, self.region) if part)


class Contact(models.Model):
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    checked_on = models.DateField(null=True, blank=True)
    is_for_recalls = models.BooleanField(default=False)

    class Meta:
        ordering = ["party", "-is_for_recalls", "name"]

    def __str__(self) -> str:
        return self.name
