"""Numbers as people give them: a list, one a line or with commas, and ranges such as PV-26-000431..450."""

from __future__ import annotations

import re

from traceability.ledger import BadInput

MOST = 10_000
_RANGE = re.compile(r"(.*?)([0-9]{1,12})\.\.(.*?)([0-9]{1,12})\Z", re.ASCII)


def numbers_in(text: str, *, field: str) -> list[str]:
    """The numbers in the text, in order. `A-0431..450` stands for A-0431 to A-0450. Raises BadInput."""
    found: list[str] = []
    for part in filter(None, (part.strip() for part in re.split(r"[\n,;\t]", text))):
        found += _range(part, field) if ".." in part else [part]
        if len(found) > MOST:
            raise BadInput(
                f"More than {MOST:,} numbers at once.", now="Do it in parts.", fields={field: "too many"}
            )
    if twice := _twice(found):
        raise BadInput(f"{twice} stands there twice.", now="Take one of them out.", fields={field: twice})
    return found


def _twice(found: list[str]) -> str | None:
    seen: set[str] = set()
    for number in found:
        if number in seen:
            return number
        seen.add(number)
    return None


def _range(part: str, field: str) -> list[str]:
    match = _RANGE.match(part)
    if match is None or (match[3] and match[3] != match[1]):
        raise BadInput(
            f"“{part[:40]}” is not a range.",
            now="Write it like PV-26-000431..450.",
            fields={field: part[:40]},
        )
    stem, first, last = match[1], match[2], match[4]
    last = first[: len(first) - len(last)] + last  # 000431..450: the shorter end replaces the last digits
    start, end = int(first), int(last)
    if end < start or end - start >= MOST:
        raise BadInput(f"“{part[:40]}” ends before it begins, or is too long.", fields={field: part[:40]})
    return [f"{stem}{number:0{len(first)}d}" for number in range(start, end + 1)]
