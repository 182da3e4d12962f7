"""Who acts. What a role may do is code, in `traceability.roles`, so that the matrix is reviewed like code."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Person(AbstractUser):
    """A person or a named integration. Separation of duties compares persons, never roles."""

    display_name = models.CharField(max_length=80)
    roles = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    language = models.CharField(max_length=8, default="en", blank=True)
    sites = models.ManyToManyField("traceability.Site", related_name="people", blank=True)

    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.display_name or self.username

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """By role alone: a superuser has no way into the ledger that others have not."""
        from traceability.roles import RoleBackend

        return RoleBackend().has_perm(self, perm, obj)

    @property
    def initials(self) -> str:
        return str(self)[:2]

    @property
    def is_integration(self) -> bool:
        return "integration" in self.roles
