"""Serials as people give them: one to a line, or a range such as PV-26-000431..450."""

from __future__ import annotations

import re

from traceability.ledger import BadInput, check_code

MOST = 10_000
LENGTH = 20
_RANGE = re.compile(r"(.*?)(\d+)\s*\.\.\s*(?:(?:\1)?)(\d+)\Z", re.ASCII)


def serials_of(text: str, *, field: str = "serials") -> list[str]:
    """Every serial that the text names, in its order. Raises BadInput for one that is too long, twice there, or too many."""
    found: list[str] = []
    for word in re.split(r"[\n\r,;\t]+", text):
        if word := word.strip():
            found += _range(word, field)
        if len(found) > MOST:
            raise BadInput(
                f"That is more than {MOST:,} serials.",
                now="Receive them in several lots.",
                fields={field: "too many"},
            )
    for serial in found:
        if len(serial) > LENGTH:
            raise BadInput(
                f"{serial[:40]} is too long for a serial ({LENGTH} characters).", now="Check that it was read right.", fields={field: serial[:40]}
            )  # fmt: skip
        check_code(serial, field=field, limit=LENGTH)
    if len(set(found)) < len(found):
        seen: set[str] = set()
        double = next(serial for serial in found if serial in seen or seen.add(serial))  # type: ignore[func-returns-value]
        raise BadInput(
            f"{double} stands here twice.",
            "Each serial is one unit.",
            "Take it out once.",
            fields={field: double},
        )
    return found


def _range(word: str, field: str) -> list[str]:
    """`A-098..105` and `A-098..A-105` are the same eight; the shorter end replaces the tail of the number before it."""
    found = _RANGE.match(word)
    if found is None:
        return [word]
    stem, first, last = found[1], found[2], found[3]
    if len(last) < len(first):
        last = first[: -len(last)] + last
    count = int(last) - int(first) + 1
    if (len(last) > len(first) and first.startswith("0")) or count < 1:
        raise BadInput(
            f"{word[:60]} runs backwards.",
            now="Type the first and the last, such as PV-26-000431..450.",
            fields={field: word[:60]},
        )
    if count > MOST:
        raise BadInput(
            f"{word[:60]} is {count:,} serials.",
            f"At most {MOST:,} are received at once.",
            "Receive them in several lots.",
            fields={field: word[:60]},
        )
    return [f"{stem}{n:0{len(first)}d}" for n in range(int(first), int(last) + 1)]


def told(serials: list[str]) -> str:
    """What a person reads: the one, the two, or the first to the last and how many."""
    if len(serials) < 3:
        return ", ".join(serials)
    return f"{serials[0]} … {serials[-1]} ({len(serials):,})"
