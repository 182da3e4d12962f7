"""What the database says when it cannot: each as a refusal with a stable code, status 503, and what to do now.

A collision (deadlock, serialization) and a lock that is held leave nothing behind. A connection that is lost may have been
lost after the commit: nobody knows, and so nobody says; the same request with the same key finds out.
"""

from __future__ import annotations

from django.db import Error, InterfaceError, OperationalError

from traceability.ledger import Refusal

COLLISIONS = {"40P01", "40001"}  # deadlock, serialization failure: everything was rolled back
WAITED_LONG = {"55P03", "57014"}  # a lock held by somebody else, a statement that took too long
READ_ONLY = {"25006"}
# Connection exceptions, insufficient resources, operator intervention, system errors; and a client's own.
AWAY_CLASSES = {"08", "53", "57", "58"}


class Unavailable(Refusal):
    status = 503
    retry_after = 2  # seconds


class TryAgain(Unavailable):
    """Somebody else is writing the same thing. Nothing was recorded."""

    code = "try_again"

    def __init__(self, *, is_collision: bool):
        self.is_collision = is_collision
        super().__init__(
            "Nothing was recorded.",
            "Somebody else is writing the same thing at this moment.",
            "Try again in a few seconds.",
        )


class ReadOnly(Unavailable):
    code = "read_only"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "Nothing was recorded.",
            "Lotline can only be read at this moment.",
            "Look up what you need; send this again when the notice on top is gone.",
        )


class DatabaseAway(Unavailable):
    code = "database_away"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer at this moment.",
            "If you sent something, it may have been recorded just before.",
            "Send the same again in a few seconds: it is recorded once, however often it is sent.",
        )


def from_database(exception: BaseException | None) -> Unavailable | None:
    """The refusal in an exception of the database, or None if it says something else."""
    if not isinstance(exception, Error):
        return None
    code = getattr(exception.__cause__, "pgcode", None) or ""
    if code in COLLISIONS or code in WAITED_LONG:
        return TryAgain(is_collision=code in COLLISIONS)
    if code in READ_ONLY:
        return ReadOnly()
    # Without a code it is libpq that speaks: refused, reset, closed.
    is_lost = isinstance(exception, OperationalError | InterfaceError) and not code
    return DatabaseAway() if is_lost or code[:2] in AWAY_CLASSES else None
