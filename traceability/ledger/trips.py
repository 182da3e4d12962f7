"""Several statements in one round trip to the database, planned once a session.

They run one after the other, each with a snapshot of its own (READ COMMITTED), exactly as if they were sent one by one:
a gate read in the statement after a lock sees what was committed while the lock was waited for. A shipment of one line
takes 6 round trips and not 23. Planning its statements costs more than running them, so they are prepared: behind a pooler
that changes sessions between transactions (DISABLE_SERVER_SIDE_CURSORS, as Django asks for there) they are not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection

_HOLE = re.compile(r"%(?:\((\w+)\))?s(::\w+(?:\[\])?)?")


# Opens the door, until the entry closes it or the transaction ends; and plans for any number of rows at once, because
# planning anew for each posting costs more than the better plan would save.
OPEN = "SELECT set_config('lotline.door', 'open', true), set_config('plan_cache_mode', 'force_generic_plan', true)"


class Script:
    """Statements that wait to be sent, because nobody reads what they answer."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Any]] = []

    def add(self, sql: str, params: Any = ()) -> None:
        """Send this statement with the next one that is asked. `params` is a sequence, or a dict for named holes."""
        self._waiting.append((sql, params))

    def ask(self, sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        """Send what waits and then this statement; the rows of this one."""
        self.add(sql, params)
        with connection.cursor() as cursor:
            self._send(cursor)
            return cursor.fetchall()

    def send(self) -> None:
        if self._waiting:
            with connection.cursor() as cursor:
                self._send(cursor)

    def _send(self, cursor: Any) -> None:
        waiting, self._waiting = self._waiting, []
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            cursor.execute(";\n".join(cursor.mogrify(sql, params).decode() for sql, params in waiting))
            return
        known = _prepared(cursor)
        new: dict[str, str] = {}
        parts: list[str] = []
        for sql, params in waiting:
            name, prepare, execute, names = _plan(sql)
            if name not in known and name not in new:
                new[name] = prepare
                parts.append(prepare)
            parts.append(
                cursor.mogrify(execute, [params[key] for key in names] if names else params).decode()
            )
        try:
            cursor.execute(";\n".join(parts))
        except BaseException:
            if new:
                _forget()  # How far it came is not known: ask again.
            raise
        known.update(new)


@cache
def _plan(sql: str) -> tuple[str, str, str, Sequence[str]]:
    """The name of a statement, how to prepare and how to execute it, and its named holes in order."""
    name = "ll_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
    numbers: dict[str, int] = {}
    holes: list[str] = []

    def number(hole: re.Match[str]) -> str:
        given, cast = hole[1], hole[2] or ""
        if given is None or given not in numbers:
            holes.append(f"%s{cast}")
            numbers[given or f"#{len(holes)}"] = len(holes)
            return f"${len(holes)}{cast}"
        return f"${numbers[given]}{cast}"

    body = _HOLE.sub(number, sql)
    arguments = f" ({', '.join(holes)})" if holes else ""
    return (
        name,
        f"PREPARE {name} AS {body}",
        f"EXECUTE {name}{arguments}",
        [key for key in numbers if not key.startswith("#")],
    )


def _prepared(cursor: Any) -> set[str]:
    """The names this session knows. A session is one connection of psycopg2; a new one knows none."""
    session, known = getattr(connection, _KEPT, (None, set[str]()))
    if session is not connection.connection:
        known = set[str]()
        if session is _UNKNOWN:
            cursor.execute("SELECT name FROM pg_prepared_statements")
            known.update(name for (name,) in cursor.fetchall())
        setattr(connection, _KEPT, (connection.connection, known))
    return known


_KEPT = "lotline_prepared"  # on Django's connection: (session, names)
_UNKNOWN = object()


def _forget() -> None:
    setattr(connection, _KEPT, (_UNKNOWN, set[str]()))
