"""Steps 2 and 3 of a posting: lots, then runs, each in one order, shared to use them and alone to hold them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection


def lock_lots(ids: Iterable[int], *, alone: bool = False) -> None:
    """Lock lots in id order: FOR SHARE to use them, FOR NO KEY UPDATE (`alone`) to place or lift a hold or amend facts."""
    _lock("traceability_lot", ids, alone)


def lock_runs(ids: Iterable[int], *, alone: bool = False) -> None:
    """Lock runs in id order: FOR SHARE to add to them, alone while a scope is being held."""
    _lock("traceability_run", ids, alone)


def _lock(table: str, ids: Iterable[int], alone: bool) -> None:
    ordered = sorted(set(ids))
    if not ordered:
        return
    strength = "FOR NO KEY UPDATE" if alone else "FOR SHARE"
    with connection.cursor() as cursor:
        # Locked in one order, so two posts cannot deadlock.
        cursor.execute(
            f"SELECT count(*) FROM (SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id {strength}) AS locked",
            [ordered],
        )
