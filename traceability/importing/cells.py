"""What stands in a cell, as a value: exactly, or an error in words. Never a guess, never a silent change."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from traceability.exports import DANGEROUS
from traceability.ledger import BadInput, check_code

if TYPE_CHECKING:
    from traceability.importing.fields import Field

_POINT = re.compile(r"-?(?:[0-9]{1,13}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,6})?\Z", re.ASCII)
_COMMA = re.compile(r"-?(?:[0-9]{1,13}|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]{1,6})?\Z", re.ASCII)
_MANGLED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+\Z", re.ASCII)
_DAYS = {
    "iso": (re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\Z", re.ASCII), (1, 2, 3)),
    "dmy": (re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})\Z", re.ASCII), (3, 2, 1)),
    "mdy": (re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})\Z", re.ASCII), (3, 1, 2)),
}
EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
YES = {"yes", "y", "true", "1", "x"}
NO = {"no", "n", "false", "0"}
_FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


class CellError(Exception):
    def __init__(self, sentence: str, code: str = "invalid"):
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Formats:
    """Chosen by a person for the whole file: there is no mixing."""

    decimal: str = "point"
    dates: str = "iso"

    @classmethod
    def of(cls, options: dict[str, Any]) -> Formats:
        return cls(options.get("decimal", "point"), options.get("dates", "iso"))


@dataclass(frozen=True, slots=True)
class Raw:
    """A cell as it was read: s text, n number, d day, b yes or no, f formula."""

    kind: str
    text: str

    @classmethod
    def of(cls, cell: Any) -> Raw:
        if isinstance(cell, str):
            return cls("s", cell)
        return cls(cell[0], str(cell[1]))


def value_of(raw: Raw, field: Field, formats: Formats) -> Any:
    """The value of a cell for its field, or None where it is empty. Raises CellError."""
    if raw.kind == "f":
        raise CellError("This is a formula. Only values are taken: copy it and paste the values.", "formula")
    text = raw.text.strip() if field.kind != "code" else raw.text
    # Our own exports put an apostrophe before what a spreadsheet would take for a formula.
    if len(text) > 1 and text[0] == "'" and text[1] in DANGEROUS:
        text = text[1:]
    if text.strip() == "":
        return None
    return _READERS[field.kind](raw, text, field, formats)


def _code(raw: Raw, text: str, field: Field, formats: Formats) -> str:
    if raw.kind != "s":
        what = "a date" if raw.kind == "d" else "a number"
        raise CellError(
            f"The spreadsheet took this for {what}. Format the column as text, so that zeros stay and nothing is rounded.",
            "not_text",
        )
    if _MANGLED.match(text):
        raise CellError(
            "A spreadsheet has turned this number into another. Format the column as text and type it again.",
            "mangled",
        )
    try:
        return check_code(text, field=field.name, limit=field.limit or 40)
    except BadInput as refusal:
        raise CellError(refusal.sentence, refusal.code) from refusal


def _text(raw: Raw, text: str, field: Field, formats: Formats) -> str:
    if any(unicodedata.category(sign) in _FORBIDDEN and sign not in "\n\t\u200d" for sign in text):
        raise CellError("This text has an invisible or control character in it.", "control_character")
    if field.limit and len(text) > field.limit:
        raise CellError(f"This is longer than {field.limit} characters.", "too_long")
    return unicodedata.normalize("NFC", text)


def _quantity(raw: Raw, text: str, field: Field, formats: Formats) -> Decimal:
    if raw.kind in ("d", "b"):
        raise CellError(
            "The spreadsheet took this for a date. Format the column as a number.", "not_a_number"
        )
    if raw.kind == "n":
        plain = text
        if "e" in plain.lower() or not _POINT.match(plain):
            raise CellError(f"“{text[:40]}” has more digits than a quantity may have.", "too_many_digits")
        number = Decimal(plain)
    else:
        pattern, thousands, mark = (_POINT, ",", ".") if formats.decimal == "point" else (_COMMA, ".", ",")
        if not pattern.match(text):
            shown = "12.5" if formats.decimal == "point" else "12,5"
            raise CellError(
                f"“{text[:40]}” is not a quantity. This file writes them like {shown}.", "not_a_quantity"
            )
        number = Decimal(text.replace(thousands, "").replace(mark, "."))
    if number < 0 or (number == 0 and not field.may_be_zero):
        raise CellError(
            "A quantity must be more than zero." if not field.may_be_zero else "This must not be below zero.",
            "not_positive",
        )
    return number


def _whole(raw: Raw, text: str, field: Field, formats: Formats) -> int:
    if raw.kind in ("d", "b") or not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise CellError(f"“{text[:40]}” is not a whole number.", "not_a_number")
    return int(text)


def _day(raw: Raw, text: str, field: Field, formats: Formats) -> date:
    if raw.kind == "n":
        raise CellError("This is a number, not a date. Format the column as a date.", "not_a_date")
    pattern, order = _DAYS["iso"] if raw.kind == "d" else _DAYS[formats.dates]
    match = pattern.match(text.partition("T")[0] if raw.kind == "d" else text)
    shown = {"iso": "2026-04-22", "dmy": "22/04/2026", "mdy": "04/22/2026"}[formats.dates]
    if match is None:
        raise CellError(f"“{text[:40]}” is not a date. This file writes them like {shown}.", "not_a_date")
    year, month, day = (int(match[place]) for place in order)
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise CellError(
            f"There is no {text[:40]}. This file writes dates like {shown}.", "no_such_date"
        ) from error
    if not EARLIEST <= found <= LATEST:
        raise CellError(f"{found} cannot be right.", "no_such_date")
    return found


def _yes(raw: Raw, text: str, field: Field, formats: Formats) -> bool:
    said = text.lower()
    if said in YES:
        return True
    if said in NO:
        return False
    raise CellError(f"“{text[:40]}” is neither yes nor no.", "not_yes_or_no")


def _choice(raw: Raw, text: str, field: Field, formats: Formats) -> str:
    said = text.lower()
    for value, label in field.choices:
        if said in (value.lower(), label.lower()):
            return value
    known = ", ".join(label for _, label in field.choices)
    raise CellError(f"“{text[:40]}” is not one of {known}.", "unknown_choice")


def _several(raw: Raw, text: str, field: Field, formats: Formats) -> list[str]:
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    if not field.choices:
        return list(dict.fromkeys(_text(raw, part, field, formats) for part in parts))
    return list(dict.fromkeys(_choice(raw, part, field, formats) for part in parts))


_READERS = {
    "code": _code, "text": _text, "quantity": _quantity, "whole": _whole, "day": _day, "yes": _yes, "choice": _choice, "several": _several,
}  # fmt: skip
