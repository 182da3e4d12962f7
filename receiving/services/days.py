"""A day as it stands on a bag: 1019, 101927, 19 oct 27, 2027-10-19. What can be read in two ways is asked about."""

from __future__ import annotations

import re
from datetime import date

from traceability.ledger import BadInput

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORDS = re.compile(
    r"(?:(\d{1,2})[ .\-]*([a-z]{3,9})|([a-z]{3,9})[ .\-]*(\d{1,2}))(?:[ .,\-]+|(?<=[a-z]))?(\d{4}|\d{2})?\Z"
)
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?\Z")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")


def read_day(text: str, *, today: date, is_past: bool = False, field: str = "expires_on") -> date:
    """The day that is meant. Without a year: the next such day, or the last for what lies in the past. Raises BadInput."""
    given = " ".join(text.lower().split())
    if not given.isascii():
        raise _unread(text, field)
    year, month, day = _parts(given) or (None, 0, 0)
    if not month:
        raise _unread(text, field)
    try:
        if year is not None:
            return date(year, month, day)
        return _nearest(month, day, today, is_past)
    except ValueError:
        raise BadInput(
            f"There is no {text}.",
            now="Type it as on the label, such as 19 oct 27.",
            fields={field: text[:40]},
        ) from None


def _parts(text: str) -> tuple[int | None, int, int] | None:
    """(year, month, day); None where nothing fits."""
    if found := _ISO.match(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _MONTH_FIRST.match(text):
        return _year(found[3]), int(found[1]), int(found[2])
    if found := _DAY_FIRST.match(text):
        return _year(found[3]), int(found[2]), int(found[1])
    if text.isdigit():
        if len(text) == 4:
            return None, int(text[:2]), int(text[2:])
        if len(text) == 6:
            return _year(text[4:]), int(text[:2]), int(text[2:4])
        if len(text) == 8:
            is_iso = text[:2] in ("19", "20") and 1 <= int(text[4:6]) <= 12
            return (
                (int(text[:4]), int(text[4:6]), int(text[6:]))
                if is_iso
                else (int(text[4:]), int(text[:2]), int(text[2:4]))
            )
        return None
    found = _WORDS.match(text)
    name = found and (found[2] or found[3])
    if not found or not name or name[:3] not in MONTHS:
        return None
    if found[3] and not found[5]:
        return None  # “oct 27” is a day of October, or October of a year.
    return _year(found[5]), MONTHS.index(name[:3]) + 1, int(found[1] or found[4])


def _year(text: str | None) -> int | None:
    return None if not text else int(text) if len(text) == 4 else 2000 + int(text)


def _nearest(month: int, day: int, today: date, is_past: bool) -> date:
    for year in (
        (today.year, today.year - 1, today.year - 2)
        if is_past
        else (today.year, today.year + 1, today.year + 2)
    ):
        try:
            found = date(year, month, day)
        except ValueError:
            continue  # 29 February of another year
        if (found <= today) if is_past else (found >= today):
            return found
    raise ValueError(f"{month}-{day}")


def _unread(text: str, field: str) -> BadInput:
    return BadInput(
        f"“{text[:40]}” is not a day that can be read one way only.", now="Type day, month and year, such as 19 oct 27 or 2027-10-19.", fields={field: text[:40]}
    )  # fmt: skip
