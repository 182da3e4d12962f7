"""Who acts. What a role may do is code, in `traceability.roles`, so that the matrix is reviewed like code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from traceability.models.locations import Site


@dataclass(frozen=True, slots=True)
class Reach:
    """The sites that a person sees. `everywhere`: these are all there are, so nothing needs to be left out."""

    sites: tuple[Site, ...]
    everywhere: bool

    @property
    def ids(self) -> list[int]:
        return [site.pk for site in self.sites]


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

    @cached_property
    def reach(self) -> Reach:
        """The person's sites, narrowed by the token that was shown. Read once for each object, and so for each request."""
        from traceability.models.locations import Site

        mine = Exists(Person.sites.through.objects.filter(person=self.pk, site=OuterRef("pk")))
        sites: list[Any] = list(Site.objects.annotate(is_mine=mine).order_by("pk"))
        allowed = getattr(self, "token_sites", None)
        seen = tuple(site for site in sites if site.is_mine and (not allowed or site.pk in allowed))
        return Reach(seen, everywhere=len(seen) == len(sites))

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self.__dict__.pop("reach", None)

    @property
    def initials(self) -> str:
        return str(self)[:2]

    @property
    def is_integration(self) -> bool:
        return "integration" in self.roles
