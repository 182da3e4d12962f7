"""Querysets that read. Ledger nouns are written by `traceability.ledger`, and the database refuses everybody else."""

from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class ReadOnlyQuerySet(models.QuerySet[Row]):
    """Refuses to write, so that the mistake is found at the call and not by a trigger."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self.model.__name__} is written by traceability.ledger, not by a queryset.")

    create = bulk_create = update = bulk_update = delete = get_or_create = update_or_create = _refuse
