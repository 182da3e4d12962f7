"""An address that will go says so in every answer, in time: Deprecation (RFC 9745), Sunset (RFC 8594), and what to use instead.

class Old(StrictView):
    deprecated = Deprecation(since=date(2027, 1, 15), until=date(2027, 7, 15), instead="lots")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils.http import http_date


@dataclass(frozen=True, slots=True)
class Deprecation:
    """`instead` is an address below the API's root. Between `since` and `until` lies at least half a year."""

    since: date
    until: date
    instead: str = ""

    def headers(self, base: str) -> dict[str, str]:
        found = {"Deprecation": f"@{_moment(self.since)}", "Sunset": http_date(_moment(self.until))}
        if self.instead:
            found["Link"] = f'<{base}{self.instead}>; rel="successor-version"'
        return found


def _moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
