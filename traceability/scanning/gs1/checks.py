"""Is the value of an identifier what GS1 allows? Each check by its name in the dictionary.

What never stands on goods (coupons, bank accounts, patients) has no check here, so a label with it is refused, not waved through.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable

from traceability.scanning.gs1.codes import COUNTRIES, COUNTRY_LETTERS, CURRENCIES
from traceability.scanning.gs1.dictionary import Identifier, Part

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_SIGNS = {
    "N": re.compile(r"[0-9]*\Z"),
    "X": re.compile(f"[{re.escape(SET_82)}]*\\Z"),
    "Y": re.compile(r"[#\-/0-9A-Z]*\Z"),
    "Z": re.compile(r"[A-Za-z0-9_\-]*={0,2}\Z"),
}
_PAIR = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = [83, 79, 73, 71, 67, 61, 59, 53, 47, 43, 41, 37, 31, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2]


def is_right(identifier: Identifier, value: str) -> bool:
    """The value is used up exactly by the identifier's parts, each of its signs, length and checks."""
    rest = value
    if not rest:
        return False
    for part in identifier.parts:
        if not rest and part.is_optional:
            break
        piece, rest = rest[: part.most], rest[part.most :]
        if not part.least <= len(piece) or not _SIGNS[part.signs].match(piece) or not _passes(part, piece):
            return False
    return not rest


def _passes(part: Part, piece: str) -> bool:
    if part.signs == "Z" and len(piece) % 4 and "=" in piece:
        return False
    return all(_CHECKS[name](piece) if name in _CHECKS else False for name in part.checks)


def check_digit(payload: str) -> int:
    """Weights 3, 1, 3, 1 … from the right: GTIN, SSCC, GLN and the other numbers of GS1."""
    return -sum(int(sign) * (1 if n % 2 else 3) for n, sign in enumerate(reversed(payload))) % 10


def has_check_digit(number: str) -> bool:
    return (
        number.isascii()
        and number.isdigit()
        and len(number) > 1
        and check_digit(number[:-1]) == int(number[-1])
    )


def is_day(text: str, *, may_be_open: bool = False) -> bool:
    """YYMMDD; a day of 00 says that only the month is known."""
    month, day = int(text[-4:-2]), int(text[-2:])
    if len(text) % 2 or not 1 <= month <= 12:
        return False
    # The century does not matter: of 1900, 2000 and 2100 only 2000 is near.
    last = monthrange(2000 + int(text[:-4]) % 100, month)[1]
    return (may_be_open and day == 0) or 1 <= day <= last


def _pair(text: str) -> bool:
    body, pair = text[:-2], text[-2:]
    if len(text) < 2 or any(sign not in SET_82 for sign in body):
        return False
    total = sum(
        SET_82.index(sign) * weight
        for sign, weight in zip(body, _PRIMES[-len(body) :] if body else [], strict=False)
    )
    total %= 1021
    return pair == _PAIR[total >> 5] + _PAIR[total & 31]


def _piece_of_total(text: str) -> bool:
    piece, total = int(text[: len(text) // 2]), int(text[len(text) // 2 :])
    return len(text) % 2 == 0 and 0 < piece <= total


_CHECKS: dict[str, Callable[[str], bool]] = {
    "csum": has_check_digit,
    "csumalpha": _pair,
    "gcppos1": lambda text: text[:4].isdigit() and len(text) >= 4,
    "gcppos2": lambda text: text[1:5].isdigit() and len(text) >= 5,
    "hasnondigit": lambda text: not text.isdigit(),
    "yymmd0": lambda text: is_day(text, may_be_open=True),
    "yymmdd": is_day,
    "yyyymmdd": is_day,
    "hhmi": lambda text: text[:2] < "24" and text[2:] < "60",
    "hh": lambda text: text < "24",
    "mi": lambda text: text < "60",
    "ss": lambda text: text < "60",
    "iso3166": COUNTRIES.__contains__,
    "iso3166999": lambda text: text == "999" or text in COUNTRIES,
    "iso3166alpha2": COUNTRY_LETTERS.__contains__,
    "iso4217": CURRENCIES.__contains__,
    "pcenc": lambda text: not re.search(r"%(?![0-9A-Fa-f]{2})", text),
    "pieceoftotal": _piece_of_total,
    "importeridx": lambda text: bool(re.fullmatch(r"[\-0-9A-Z_a-z]", text)),
    "latitude": lambda text: int(text) <= 1_800_000_000,
    "longitude": lambda text: int(text) <= 3_600_000_000,
    "hyphen": lambda text: text == "-",
    "nonzero": lambda text: int(text) > 0,
    "nozeroprefix": lambda text: text == "0" or not text.startswith("0"),
    "winding": lambda text: text in ("0", "1", "9"),
    "yesno": lambda text: text in ("0", "1"),
    "zero": lambda text: set(text) == {"0"},
}
