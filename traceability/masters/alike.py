"""Codes that a person would take for each other: O and 0, l and 1, Latin A and Cyrillic А."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Signs drawn alike in common typefaces, by the Latin sign they are taken for.
_DRAWN_ALIKE = {
    "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y", "Х": "X", "І": "I", "Ј": "J", "Ѕ": "S",
    "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X",
    "O": "0", "I": "1", "L": "1", "|": "1", "S": "5", "B": "8", "Z": "2",
}  # fmt: skip


def shape(code: str) -> str:
    """The form in which codes that look alike meet: letters and digits only, upper case, look-alikes folded."""
    folded = unicodedata.normalize("NFKC", code).upper()
    once = "".join(_DRAWN_ALIKE.get(sign, sign) for sign in folded)
    twice = "".join(_DRAWN_ALIKE.get(sign, sign) for sign in once)
    return "".join(sign for sign in twice if sign.isalnum()) or folded


def twin_of(code: str, others: Iterable[str]) -> str:
    """An existing code that looks like this one and is not it; nothing if there is none."""
    wanted = shape(code)
    return next((other for other in others if other != code and shape(other) == wanted), "")
