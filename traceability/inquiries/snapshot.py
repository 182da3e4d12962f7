"""One picture of the ledger for an answer of several queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from traceability.models import Lot

STILL = ("repeatable read", "serializable")


@contextmanager
def snapshot() -> Iterator[bool]:
    """Read in one REPEATABLE READ, READ ONLY transaction. Yields whether the picture stands still.

    Inside a transaction that began otherwise (a posting needs READ COMMITTED) it yields False: read as of a seq then,
    because entries are never changed and those up to a seq stay the same.
    """
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation')")
            level = cursor.fetchone()[0]
        yield level in STILL
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield True


def ids(lots: Iterable[Lot | int]) -> list[int]:
    """The ids of lots given as ids or objects, each once, sorted."""
    return sorted({lot if isinstance(lot, int) else lot.pk for lot in lots})
