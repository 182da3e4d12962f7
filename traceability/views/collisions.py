"""When two transactions wait for each other, the database breaks one of them off. The person need not hear of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

TRIES = 3


class TriesAgain:
    """The innermost middleware: a request that ended in a collision is run again, three times in all, with the same key.

    Nothing of it was committed, so nothing happens twice; what it sends on commit is sent once, after the one that succeeded.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for attempt in range(1, TRIES + 1):
            request.collided = False  # type: ignore[attr-defined]
            response = self.get_response(request)
            if not request.collided or attempt == TRIES:  # type: ignore[attr-defined]
                return response
            request.refusal = None  # type: ignore[attr-defined]
            # The other one needs a moment, and two that collided should not meet again.
            time.sleep(random.uniform(0.02, 0.1) * attempt)  # noqa: S311
        raise AssertionError
