"""Certificates of analysis: what a customer wants to read on theirs, and each certificate as it was issued. Issued ones are only added to."""

from django.db import models
from django.db.models import F, Q

from traceability.keyed import Keyed


class CertificateTerms(models.Model):
    """A customer's own limits and words for an item. Without terms, the plan's own."""

    customer = models.ForeignKey(
        "traceability.Party", on_delete=models.PROTECT, related_name="certificate_terms"
    )
    item = models.ForeignKey("traceability.Item", on_delete=models.PROTECT, related_name="certificate_terms")
    statement = models.TextField(
        blank=True, help_text="A sentence above the results, in the customer's words."
    )

    class Meta:
        ordering = ["customer__code", "item__code"]
        verbose_name_plural = "certificate terms"
        constraints = [
            models.UniqueConstraint(fields=["customer", "item"], name="certificate_terms_are_set_once")
        ]

    def __str__(self) -> str:
        return f"{self.item} for {self.customer}"


class CertificateLine(models.Model):
    """One characteristic on a customer's certificate. A limit left empty is the plan's."""

    terms = models.ForeignKey(CertificateTerms, on_delete=models.PROTECT, related_name="lines")
    characteristic = models.CharField(max_length=120, help_text="Its name in the plans.")
    shown_as = models.CharField(max_length=120, blank=True)
    lower = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    upper = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["terms", "characteristic"], name="certificate_line_is_named_once"
            ),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(upper__gte=F("lower")),
                name="certificate_limits_are_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.shown_as or self.characteristic


class Certificate(Keyed):
    """One revision of a lot's certificate, with its PDF as it was sent. A later revision does not change an earlier one."""

    number = models.CharField(max_length=20, db_collation="C")
    revision = models.PositiveIntegerField(default=1)
    lot = models.ForeignKey("traceability.Lot", on_delete=models.PROTECT, related_name="certificates")
    customer = models.ForeignKey(
        "traceability.Party", null=True, blank=True, on_delete=models.PROTECT, related_name="certificates"
    )
    content = models.JSONField(help_text="What stands on it, frozen.")
    sha256 = models.CharField(max_length=64, db_collation="C", help_text="Of the PDF.")
    pdf = models.BinaryField(editable=False)
    issued_by = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True, help_text="Why there is a new revision.")

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            *Keyed.Meta.constraints,
            models.UniqueConstraint(
                fields=["number", "revision"], name="certificate_revision_is_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(revision=1) | ~Q(why=""), name="certificate_revision_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["lot", "-issued_at"], name="certificate_of_lot")]

    def __str__(self) -> str:
        return f"{self.number} rev {self.revision}"
