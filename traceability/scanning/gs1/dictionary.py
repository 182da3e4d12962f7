"""What GS1 says of each application identifier: read once from its Barcode Syntax Dictionary, which stands beside this file.

`dictionary.txt` is data of GS1 AISBL under the Apache licence, release 2026-01-27, taken as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SIZE = re.compile(r"([NXYZ])(\.\.)?(\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a value: digits (N), set 82 (X), set 39 (Y) or base64url (Z), with its checks by name."""

    signs: str
    least: int
    most: int
    is_optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    ai: str
    parts: tuple[Part, ...]
    is_fixed: bool  # of pre-defined length: no separator has to follow
    is_link_attribute: bool
    excludes: tuple[
        str, ...
    ]  # may not stand with these; "310n" means any of the four digits that begin with 310
    qualifiers: tuple[tuple[str, ...], ...] | None  # of a Digital Link key; None: not a key


@cache
def identifiers() -> dict[str, Identifier]:
    found: dict[str, Identifier] = {}
    for line in (Path(__file__).with_name("dictionary.txt")).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        first, last, flags, rest = _split(line)
        parts, excludes, qualifiers = _read(rest)
        for number in range(int(first), int(last or first) + 1):
            ai = f"{number:0{len(first)}d}"
            found[ai] = Identifier(ai, parts, "*" in flags, "?" in flags, excludes, qualifiers)
    return found


@cache
def length_of(first_two: str) -> int:
    """All identifiers that begin with the same two digits have as many digits; 0 for those nobody gave out."""
    return next((len(ai) for ai in identifiers() if ai.startswith(first_two)), 0)


def _split(line: str) -> tuple[str, str, str, list[str]]:
    words = line.partition("#")[0].split()
    first, _, last = words[0].partition("-")
    flags = words[1] if set(words[1]) <= set("*?") else ""
    return first, last, flags, words[2 if flags else 1 :]


def _read(words: list[str]) -> tuple[tuple[Part, ...], tuple[str, ...], tuple[tuple[str, ...], ...] | None]:
    parts: list[Part] = []
    excludes: list[str] = []
    qualifiers: tuple[tuple[str, ...], ...] | None = None
    for word in words:
        name, _, value = word.partition("=")
        if name == "dlpkey":
            qualifiers = tuple(tuple(run.split(",")) for run in value.split("|")) if value else ()
        elif name == "ex":
            excludes += value.split(",")
        elif name != "req":  # what must stand with it may stand on another label of the same pallet
            parts.append(_part(word))
    return tuple(parts), tuple(excludes), qualifiers


def _part(word: str) -> Part:
    size, *checks = word.replace("[", "").replace("]", "").split(",")
    given = _SIZE.fullmatch(size)
    assert given, word
    signs, is_open, most = given[1], given[2], int(given[3])
    return Part(signs, 1 if is_open else most, most, "[" in word, tuple(checks))
