"""Real threads with real connections, in an order that is made certain: no sleeps, no luck.

`race(first, second)` runs `first` up to the moment it has checked and not yet written, lets `second` run until the database
says that it waits for a lock (or until it has finished, where locks are stripped), and only then lets `first` go on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection

from tests import databases
from traceability.ledger import projections

PATIENCE = 30
_LOCKS = re.compile(r"\s+FOR (SHARE|NO KEY UPDATE|UPDATE)( OF \w+)?")


def outcome(act: Callable[[], Any]) -> Any:
    """What an act gives, or the exception it ends with."""
    try:
        return act()
    except Exception as error:
        return error


@contextmanager
def without_locks() -> Iterator[None]:
    """On this thread's connection, rows are read without locking them: what the ledger would be without its locks."""

    def strip(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute(_LOCKS.sub("", sql), params, many, context)

    with connection.execute_wrapper(strip):
        yield


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All acts at the same moment, each on a connection of its own. Returns their outcomes in order."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(PATIENCE)
            outcomes[place] = outcome(act)
        finally:
            connection.close()

    _join([threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)])
    return outcomes


def race(
    first: Callable[[], Any],
    second: Callable[[], Any],
    monkeypatch: Any,
    *,
    locks: bool = True,
    before: tuple[Any, str] = (projections, "apply"),
) -> tuple[Any, Any]:
    """`first` checks; `second` tries; `first` writes. With locks `second` waits meanwhile; without, it is done before.

    `before` is the function that `first` is held up in front of, the first time it comes there.
    """
    checked, go_on, second_is_done = threading.Event(), threading.Event(), threading.Event()
    outcomes: list[Any] = [None, None]
    go_ahead = getattr(*before)
    first_thread: list[threading.Thread] = []

    def paused(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is first_thread[0] and not checked.is_set():
            checked.set()
            assert go_on.wait(PATIENCE), "the other side never came to its point"
        return go_ahead(*args, **kwargs)

    monkeypatch.setattr(*before, paused)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            with ExitStack() as stack:
                if not locks:
                    stack.enter_context(without_locks())
                outcomes[place] = outcome(act)
        finally:
            connection.close()
            (checked if place == 0 else second_is_done).set()

    threads = [threading.Thread(target=run, args=(0, first)), threading.Thread(target=run, args=(1, second))]
    first_thread.append(threads[0])
    threads[0].start()
    assert checked.wait(PATIENCE)
    threads[1].start()
    _until_it_waits_or_is_done(second_is_done)
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return outcomes[0], outcomes[1]


def _until_it_waits_or_is_done(done: threading.Event) -> None:
    """Ask the database, as its owner, whether somebody waits for a lock in this database."""
    with databases.owner() as cursor:
        for _ in range(PATIENCE * 100):
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()"
            )
            if cursor.fetchone()[0] or done.wait(0.01):
                return
    raise AssertionError("the second never waited and never finished")


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 60)  # A deadlock is told by the server; this ends a hang.
        assert not thread.is_alive()
