"""Two people with connections of their own that stay open, so that a race takes milliseconds and thousands can be run.

`Duel.scripted(first, second)`: `first` is held up when it has checked and not yet written, until the database says that
`second` waits for it, or `second` is done. `Duel.free(acts)`: all at the same moment, and the better one wins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any

from django.db import connection

from tests import databases
from tests.concurrency.together import PATIENCE, outcome, without_locks
from traceability import ledger
from traceability.ledger import projections, promises

CHECKPOINTS = ((projections, "apply"), (promises, "_standing"))


def word(found: Any) -> str:
    """What became of it, in one word: through, or the code of its refusal. Any other end is told in full."""
    if isinstance(found, ledger.Refusal):
        return found.code
    return f"{type(found).__name__}: {found}" if isinstance(found, BaseException) else "through"


class Person:
    """A thread with a connection of its own, that does what it is given."""

    def __init__(self, name: str, locks: bool) -> None:
        self.given: SimpleQueue[Any] = SimpleQueue()
        self.found: SimpleQueue[Any] = SimpleQueue()
        self.is_done = threading.Event()
        self.backend = 0
        self.thread = threading.Thread(target=self._work, args=(locks,), name=name, daemon=True)
        self.thread.start()
        self.found.get(timeout=PATIENCE)

    def _work(self, locks: bool) -> None:
        try:
            with ExitStack() as stack, connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.backend = cursor.fetchone()[0]
                if not locks:
                    stack.enter_context(without_locks())
                self.found.put(None)
                while (act := self.given.get()) is not None:
                    found = outcome(act)
                    self.is_done.set()
                    self.found.put(found)
        finally:
            connection.close()

    def begin(self, act: Callable[[], Any]) -> None:
        self.is_done.clear()
        self.given.put(act)

    def end(self) -> Any:
        return self.found.get(timeout=PATIENCE * 2)


class Duel:
    def __init__(self, people: Sequence[Person], watcher: Any) -> None:
        self.people, self.watcher = people, watcher
        self.held_up: threading.Thread | None = None
        self.at = ""
        self.arrived, self.go_on = threading.Event(), threading.Event()

    def free(self, acts: Sequence[Callable[[], Any]]) -> list[str]:
        """All at once. What became of each, in order."""
        barrier = threading.Barrier(len(acts))

        def at_once(act: Callable[[], Any]) -> Callable[[], Any]:
            return lambda: (barrier.wait(PATIENCE), act())[1]

        for person, act in zip(self.people, acts, strict=True):
            person.begin(at_once(act))
        return [word(person.end()) for person in self.people]

    def scripted(
        self, first: Callable[[], Any], second: Callable[[], Any], *, at: str = ""
    ) -> tuple[str, str]:
        """`at` names the checkpoint at which the first is held up; without, the first that it comes to."""
        one, two = self.people[:2]
        self.at = at
        self.arrived.clear()
        self.go_on.clear()
        self.held_up = one.thread
        one.begin(first)
        while not (self.arrived.wait(0.001) or one.is_done.is_set()):
            pass
        two.begin(second)
        self._until_it_waits(two)
        self.go_on.set()
        return word(one.end()), word(two.end())

    def checkpoint(self, name: str) -> None:
        """Called by everybody who is about to write: one is held up, once."""
        if threading.current_thread() is self.held_up and self.at in ("", name):
            self.held_up = None
            self.arrived.set()
            assert self.go_on.wait(PATIENCE), "the other side never came to its point"

    def _until_it_waits(self, person: Person) -> None:
        for _ in range(PATIENCE * 1000):
            if person.is_done.wait(0.001):
                return
            self.watcher.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [person.backend])
            if self.watcher.fetchone()[0]:
                return
        raise AssertionError("the second never waited and never finished")


@contextmanager
def duel(*, people: int = 2, locks: bool = True) -> Iterator[Duel]:
    """People who stay for many races in the database that the default connection is on now."""
    with databases.owner() as watcher, ExitStack() as stack:
        ring = Duel([Person(f"person {n}", locks) for n in range(people)], watcher)
        for module, name in CHECKPOINTS:
            stack.enter_context(_stopping_at(module, name, ring))
        try:
            yield ring
        finally:
            ring.go_on.set()
            for person in ring.people:
                person.given.put(None)
                person.thread.join(PATIENCE)


@contextmanager
def _stopping_at(module: Any, name: str, ring: Duel) -> Iterator[None]:
    go_ahead = getattr(module, name)

    def stopped(*args: Any, **kwargs: Any) -> Any:
        ring.checkpoint(name)
        return go_ahead(*args, **kwargs)

    setattr(module, name, stopped)
    try:
        yield
    finally:
        setattr(module, name, go_ahead)


def deadlocks() -> int:
    """How often the database had to kill somebody in this database."""
    with databases.owner() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
