"""What a program shows instead of a password. The secret itself is shown once and never stored."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self) -> "ApiTokenQuerySet":
        """Neither revoked nor expired, of an active person: asked anew with every request."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now(), person__is_active=True)


class ApiToken(models.Model):
    """`Authorization: Bearer lot_live_<prefix>.<secret>`. Its scopes narrow what its person or integration may do."""

    person = models.ForeignKey("traceability.Person", on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What uses it, such as “ERP, nightly orders”.")
    prefix = models.CharField(
        max_length=12, unique=True, db_collation="C", help_text="Names the token in lists and in the ledger."
    )
    hashed_secret = models.BinaryField(
        max_length=32, help_text="SHA-256. The secret is random and long, so it needs no salt."
    )
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + timedelta(days=365)
                ),
                name="api_token_lives_a_year_at_most",
            ),
            models.CheckConstraint(condition=~Q(scopes=[]), name="api_token_has_a_scope"),
        ]

    def __str__(self) -> str:
        return self.name
