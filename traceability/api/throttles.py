"""How often one token or person may ask: counted in the database, so exact over all processes of the web server.

A window begins with the first request and lasts as long as the rate says (`LOTLINE_API_RATE`, such as 1200/min). Every
answer carries RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset; one that is refused carries Retry-After too.
"""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from traceability.api.authentication import client_of

SECONDS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "d": 86_400, "day": 86_400}
_COUNT = """
INSERT INTO traceability_apiuse AS one (client, since, used) VALUES (%(client)s, clock_timestamp(), 1)
ON CONFLICT (client) DO UPDATE SET
    used = CASE WHEN one.since + %(window)s::interval > clock_timestamp() THEN one.used + 1 ELSE 1 END,
    since = CASE WHEN one.since + %(window)s::interval > clock_timestamp() THEN one.since ELSE clock_timestamp() END
RETURNING used, extract(epoch FROM since + %(window)s::interval - clock_timestamp())
"""


class PerClient(BaseThrottle):
    """Refuses above the rate. A stranger is not counted: the 401 that it gets costs less than counting would."""

    rate = ""

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return True
        most, window = rate_of(self.rate or settings.API_RATE)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"client": client_of(request), "window": f"{window} seconds"})
            used, rest = cursor.fetchone()
        self.rest = max(math.ceil(rest), 1)
        request._request.api_use = (most, max(most - used, 0), self.rest)  # type: ignore[attr-defined]
        return bool(used <= most)

    def wait(self) -> float:
        return self.rest


def rate_of(text: str) -> tuple[int, int]:
    """`1200/min` as requests and seconds."""
    most, _, window = text.partition("/")
    return int(most), SECONDS[window.strip()]


def headers_of(request: Request) -> dict[str, str]:
    """What the caller has left, for the answer."""
    found = getattr(request._request, "api_use", None)
    if found is None:
        return {}
    most, left, reset = found
    return {"RateLimit-Limit": str(most), "RateLimit-Remaining": str(left), "RateLimit-Reset": str(reset)}
