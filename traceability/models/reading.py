"""Querysets that read. Ledger nouns are written by `traceability.ledger`, and the database refuses everybody else."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from traceability.models.people import Person

Row = TypeVar("Row", bound=models.Model)


class OfSites(models.QuerySet[Row]):
    """Rows that belong to sites. Pages, API, exports, search and scans begin with `for_actor`, or with `reach.seen`."""

    def for_actor(self, actor: Person) -> Self:
        """Those of the sites that the actor may see; all of them for an actor of every site."""
        reach = actor.reach
        return self if reach.everywhere else self.filter(self.at_sites(reach.ids))

    site_path = "site"

    @classmethod
    def at_sites(cls, sites: Collection[int]) -> models.Q:
        return models.Q(**{f"{cls.site_path}__in": sites})


class _ReadOnly:
    """Refuses to write, so that the mistake is found at the call and not by a trigger."""

    model: type[models.Model]

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self.model.__name__} is written by traceability.ledger, not by a queryset.")

    create = bulk_create = update = bulk_update = delete = get_or_create = update_or_create = _refuse


class ReadOnlyQuerySet(_ReadOnly, models.QuerySet[Row]):  # type: ignore[misc]
    """Rows of the ledger that belong to no site of their own."""


class LedgerRows(_ReadOnly, OfSites[Row]):  # type: ignore[misc]
    """Rows of the ledger, read by those who may see their site."""
