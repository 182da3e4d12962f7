"""Rows about lots, as far as they concern a person's own sites. Whoever has no site of their own is bound to none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from django.http import Http404

from traceability.models import Balance

if TYPE_CHECKING:
    from traceability.models import Lot, Person


def of_own_sites(rows: Any, person: Person, *, lot: str = "lot") -> Any:
    """Of these rows, those whose lot is or was at one of the person's sites."""
    sites = list(person.sites.values_list("pk", flat=True))
    return (
        rows.filter(Exists(Balance.objects.filter(lot=OuterRef(lot), location__site__in=sites)))
        if sites
        else rows
    )


def check_lot(lot: Lot, person: Person) -> None:
    """A lot of another site is not found."""
    sites = list(person.sites.values_list("pk", flat=True))
    if sites and not Balance.objects.filter(lot=lot, location__site__in=sites).exists():
        raise Http404
