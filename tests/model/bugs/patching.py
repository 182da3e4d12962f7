"""How a bug gets in: other words in a statement, or another function in its place. Whoever patches nothing is told so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.utils import CursorWrapper

from traceability.ledger import trips


@contextmanager
def said(old: str, new: str) -> Iterator[None]:
    """Wherever a statement says `old`, it says `new`."""
    hits = 0
    execute, add = CursorWrapper.execute, trips.Script.add

    def other(sql: Any) -> Any:
        nonlocal hits
        if isinstance(sql, str) and old in sql:
            hits += 1
            return sql.replace(old, new)
        return sql

    CursorWrapper.execute = lambda self, sql, params=None: execute(self, other(sql), params)  # type: ignore[method-assign]
    trips.Script.add = lambda self, sql, params=(): add(self, other(sql), params)  # type: ignore[method-assign]
    try:
        yield
    finally:
        CursorWrapper.execute, trips.Script.add = execute, add  # type: ignore[method-assign]
    if not hits:
        raise RuntimeError(f"No statement says {old!r}: the bug was never in.")


@contextmanager
def instead(module: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """`make` gets what stands there and gives what stands there instead."""
    before = getattr(module, name)
    after = make(before)
    calls = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        return after(*args, **kwargs)

    setattr(module, name, counted if callable(after) and not isinstance(after, type) else after)
    try:
        yield
    finally:
        setattr(module, name, before)
    if callable(after) and not isinstance(after, type) and not calls:
        raise RuntimeError(f"{name} was never called: the bug was never in.")
