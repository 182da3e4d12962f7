"""The statement sweep: an act is broken off before its first statement, before its second, and so on to its end.

After each crash the database must be as it was before, to the last row, and nothing waits to be done on commit. A crash is a
BaseException, as the end of a process is: no handler of errors can swallow it.

As a plugin of pytest (`-p tests.faults.sweeping`) it does so to every verb of the services, the first times that a test
calls it, and writes down which verbs were swept; so a verb that has a test is swept, without anybody listing it.
"""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction

# Where verbs are found; a name that is a noun or only reads is passed over.
PACKAGES = (
    "traceability.ledger", "traceability.stock", "traceability.jobs", "receiving.services", "qc.services", "production.services",
    "shipping.services", "recalls.services",
)  # fmt: skip
TIMES = 2  # how often each verb is swept
REPORT = "LOTLINE_SWEEP_REPORT"


# Also behind what pghistory puts before a statement.
_CONTROL = re.compile(r"(?:^|;\s*)(?:SAVEPOINT|RELEASE|ROLLBACK)\b")


class Crash(BaseException):
    """The process ends here."""


class _At:
    """Lets so many statements through; before the next one, once, `then` is done."""

    def __init__(self, statement: int, then: Callable[[str], None]) -> None:
        self.left, self.then = statement, then

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # In a test these stand for BEGIN, COMMIT and ROLLBACK; and what rolls back, for the server, which does so by itself.
        if not _CONTROL.search(sql):
            self.left -= 1
            if self.left == -1:
                self.then(sql)
        return execute(sql, params, many, context)


@contextmanager
def one_by_one() -> Iterator[None]:
    """What the ledger sends in one round trip, statement by statement, so that a crash can come between any two."""

    from traceability.ledger.trips import Script  # A plugin is imported before Django is ready.

    def send(self: Any, cursor: Any) -> None:
        waiting, self._waiting = self._waiting, []
        for sql, params in waiting:
            cursor.execute(sql, params or None)

    with patch.object(Script, "_send", send):
        yield


def fingerprint() -> list[tuple[Any, ...]]:
    """Every table: how many rows, and what they add up to. Two pictures are equal only if every row is."""
    with connection.cursor() as cursor:
        cursor.execute(_everything())
        return cursor.fetchall()


@functools.cache
def _everything() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
    return " UNION ALL ".join(
        f"SELECT '{name}', count(*), COALESCE(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t" for name in tables
    ) + " ORDER BY 1"  # Parallel workers hand in the tables as they finish.  # fmt: skip


class Between(AssertionError):
    """After a crash the state is neither before nor after."""


def sweep(act: Callable[[], Any]) -> int:
    """Crash `act` before each of its statements in turn; nothing of it stays. How many statements it has.

    Needs a transaction around it, so that it can be tried to its end and taken back. Raises Between; what the act itself
    raises when it is not broken off (a refusal, say) comes through.
    """
    before, waiting, statement = fingerprint(), len(connection.run_on_commit), 0
    while True:
        with _taken_back():
            try:
                _run(act, _At(statement, _crash))
                return statement
            except Crash as crash:
                changed = [one for one, other in zip(fingerprint(), before, strict=True) if one != other]
                is_before = not changed and len(connection.run_on_commit) == waiting
                said = f"a crash before statement {statement + 1} ({str(crash)[:120]}) left {changed}"
        if not is_before and not _was_done(act, statement):
            raise Between(said)
        statement += 1


def _was_done(act: Callable[[], Any], statement: int) -> bool:
    """Whether all was committed before this statement, and what follows only reads."""
    seen: list[Any] = []
    with _taken_back():
        _run(act, _At(statement, lambda sql: seen.append(fingerprint())))
        return seen == [fingerprint()]


def _run(act: Callable[[], Any], wrapper: _At) -> None:
    with one_by_one(), connection.execute_wrapper(wrapper):
        act()


def _crash(sql: str) -> None:
    raise Crash(sql)


@contextmanager
def _taken_back() -> Iterator[None]:
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


# The plugin


class Sweeper:
    """Wraps verbs; sweeps the first calls of each before letting them through."""

    def __init__(self) -> None:
        self.swept: dict[str, list[int]] = {}
        self.broken: list[str] = []
        self.tried: Counter[str] = Counter()
        self.is_busy = False

    def wrap(self, name: str, verb: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(verb)
        def swept(*args: Any, **kwargs: Any) -> Any:
            if self._is_wanted(name, args, kwargs):
                with self._busy():
                    self._sweep(name, verb, args, kwargs)
            with self._busy():
                return verb(*args, **kwargs)

        swept.is_swept = True  # type: ignore[attr-defined]
        return swept

    def _is_wanted(self, name: str, args: Any, kwargs: Any) -> bool:
        if self.is_busy or not connection.in_atomic_block or connection.needs_rollback:
            return False
        if any(inspect.isgenerator(value) for value in (*args, *kwargs.values())):
            return False
        return len(self.swept.get(name, ())) < TIMES and self.tried[name] < 20

    def _sweep(self, name: str, verb: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.tried[name] += 1

        def act() -> None:
            # The nouns a caller hands over may be changed on the way: each time fresh ones.
            given, named = copy.deepcopy((args, kwargs))
            verb(*given, **named)

        try:
            statements = sweep(act)
        except Between as between:
            self.broken.append(f"{name}: {between}")
        except Exception:
            pass  # Refused; that is for the test to see.
        else:
            if statements:
                self.swept.setdefault(name, []).append(statements)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """A verb within a verb is a part of it."""
        was, self.is_busy = self.is_busy, True
        try:
            yield
        finally:
            self.is_busy = was


sweeper = Sweeper()


def verbs() -> dict[str, tuple[Any, str]]:
    """Every function of the packages that takes an actor and a key: its name → (module, attribute)."""
    found = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        names = getattr(module, "__all__", None) or [
            name for name in vars(module) if not name.startswith("_")
        ]
        for name in names:
            verb = getattr(module, name)
            if not inspect.isfunction(verb) or not verb.__module__.startswith(package):
                continue
            if "actor" in inspect.signature(verb).parameters or name in ("post_all", "unreserve"):
                found[f"{package}.{name}"] = (module, name)
    return found


def pytest_sessionstart(session: Any) -> None:
    """Before any test module is imported, so that whoever imports a verb by name gets it wrapped."""
    for full, (module, name) in verbs().items():
        verb = getattr(module, name)
        wrapped = sweeper.wrap(full, verb)
        # Also where colleagues within the package took it by name.
        for other in [m for key, m in _modules().items() if key.startswith(full.split(".")[0])]:
            if getattr(other, name, None) is verb:
                setattr(other, name, wrapped)


def _modules() -> dict[str, Any]:
    import sys

    return {key: module for key, module in list(sys.modules.items()) if module is not None}


def pytest_sessionfinish(session: Any) -> None:
    if path := os.environ.get(REPORT):
        with open(path, "w") as file:
            json.dump({"swept": sweeper.swept, "broken": sweeper.broken, "verbs": sorted(verbs())}, file)
