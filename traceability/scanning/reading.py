"""What a scanned or typed text says, before anything is looked up: pure, bounded, and total.

    read("]C1011952123400901310CS-26-2874<GS>17271019")  →  GTIN 19521234009013, lot CS-26-2874, expires 2027-10-19

Every text gets a Reading; what cannot be read right gets one with a refusal. Nothing is guessed and nothing is left out:
a label that lost its separators is shown as it was read and refused, because its lot might be another one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from biip.gs1_element_strings import GS1ElementString

from traceability.scanning import gs1
from traceability.scanning.answers import Answer, lost_separators, misread
from traceability.scanning.commands import Command, command_of
from traceability.scanning.own import own_lot

LONGEST = 512  # bytes
CODE_LIMIT = 80
GS1_SYMBOLS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
EAN_SYMBOLS = {"]E0": 13, "]E4": 8}
_SYMBOL = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_PLAIN_SYMBOLS = re.compile(r"\][ACFGHILQRXdJKzs][0-9a-z]")
_LOOKS_LIKE_GS1 = re.compile(r"(?:00[0-9]{18}|0[12][0-9]{14})")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Net measures, by the first three digits of their identifier, and the counts.
UNITS = {"310": "kg", "320": "lb", "315": "l", "361": "gal", "360": "qt", "357": "fl oz", "356": "oz t", "311": "m", "322": "ft", "314": "m2", "316": "m3"}  # fmt: skip


class Sort(StrEnum):
    GS1 = "gs1"
    PLAIN = "plain"
    OWN = "own"
    COMMAND = "command"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`text` is what came, `code` what stands for itself when it is not a GS1 label."""

    text: str
    sort: Sort
    code: str = ""
    elements: tuple[tuple[str, str], ...] = ()
    gtin: str = ""
    content_gtin: str = ""
    sscc: str = ""
    lot: str = ""
    serial: str = ""
    item_code: str = ""  # on our own labels
    order: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    count: int | None = None
    expires_on: date | None = None
    made_on: date | None = None
    command: Command | None = None
    refusal: Answer | None = None
    meant: Reading | None = None

    @property
    def is_refused(self) -> bool:
        return self.refusal is not None

    @property
    def identity(self) -> str:
        """The lot or serial it names, else the code itself."""
        return self.lot or self.serial or self.code

    @property
    def shown(self) -> str:
        """As a person may read it: separators and other signs without a shape are named."""
        return shown(self.text)


def shown(text: str) -> str:
    return "".join(
        "<GS>"
        if sign == gs1.GS
        else sign
        if unicodedata.category(sign) not in _HIDDEN
        else f"<{ord(sign):02X}>"
        for sign in text
    )


def read(text: str) -> Reading:
    """Read one scan. The scanner's own ending (Enter, Tab) is taken off; everything else counts."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        return _refused(text[:LONGEST], misread("It is longer than any label.", "Scan one label at a time."))
    text = text.strip("\r\n\t ")
    if not text:
        return _refused(text, misread("Nothing was read.", "Scan it again."))
    if any(unicodedata.category(sign) in _HIDDEN and sign != gs1.GS for sign in text):
        return _refused(
            text, misread("It has signs in it that no label has.", "Scan it again, or type what is printed.")
        )
    if text.startswith("]"):
        return _with_symbol(text)
    if text.startswith("(") and ")" in text:
        return _gs1(text, text, is_bracketed=True)
    if gs1.GS in text:
        return _gs1(text, text)
    if _WEB.match(text):
        return _address(text, text)
    if _LOOKS_LIKE_GS1.match(text):
        # Without the symbology's prefix it may still be a code that only looks so: the reading keeps both.
        reading = _gs1(text, text)
        return (
            replace(reading, code=text[:CODE_LIMIT])
            if reading.is_refused and len(text) <= CODE_LIMIT
            else reading
        )
    return _plain(text, text)


def _with_symbol(text: str) -> Reading:
    """The scanner says which symbol it read (AIM prefix): the surest way to know."""
    symbol, data = text[:3], text[3:]
    if "|]e0" in data:
        # A linear symbol with its composite part: one label.
        linear, _, composite = data.partition("|]e0")
        if symbol not in EAN_SYMBOLS or not _is_ean(linear, EAN_SYMBOLS[symbol]):
            return _refused(text, misread(f"{shown(linear)} is not a whole number.", "Scan it again."))
        return _gs1(text, f"01{linear.zfill(14)}{composite}")
    if symbol in GS1_SYMBOLS:
        return _gs1(text, data)
    if symbol in EAN_SYMBOLS:
        if not _is_ean(data, EAN_SYMBOLS[symbol]):
            return _refused(text, misread(f"{shown(data)} is not a whole number.", "Scan it again."))
        return Reading(text=text, sort=Sort.PLAIN, code=data, gtin=data.zfill(14))
    if not _PLAIN_SYMBOLS.fullmatch(symbol) or not data:
        return _refused(text, misread("The scanner sent something that is not a barcode.", "Scan it again."))
    if gs1.GS in data:
        return _refused(
            text, misread("It has signs in it that no label has.", "Scan it again, or type what is printed.")
        )
    return _address(text, data) if _WEB.match(data) else _plain(text, data)


def _is_ean(number: str, length: int) -> bool:
    return len(number) == length and gs1.has_check_digit(number)


def _address(text: str, address: str) -> Reading:
    """A web address is read, never opened: our own label, a GS1 Digital Link, or nothing we know."""
    if own := own_lot(address):
        return Reading(text=text, sort=Sort.OWN, code=own.number, lot=own.number, item_code=own.item)
    try:
        return _of(text, gs1.link(address))
    except gs1.Misread:
        return _refused(
            text,
            misread(
                "This is a web address, not a label that is known here.", "Scan another code on the label."
            ),
        )


def _gs1(text: str, data: str, *, is_bracketed: bool = False) -> Reading:
    if not is_bracketed and (doubt := gs1.run_together(data)):
        read_as, meant = doubt[0], _of(text, doubt[1])
        return Reading(text=text, sort=Sort.REFUSED, refusal=lost_separators(read_as, meant), meant=meant)
    try:
        return _of(text, gs1.bracketed(data) if is_bracketed else gs1.element_string(data))
    except gs1.Misread as error:
        why = f"This GS1 label is not right: {shown(str(error))[:120]}."
        return _refused(text, misread(why, "Scan it again, or type what is printed."))


def _plain(text: str, code: str) -> Reading:
    if command := command_of(code):
        return Reading(text=text, sort=Sort.COMMAND, code=code, command=command)
    if len(code) > CODE_LIMIT or "  " in code:
        return _refused(text, misread("It is longer than any code here.", "Scan one label at a time."))
    number = code if gs1.has_check_digit(code) else ""
    return Reading(
        text=text,
        sort=Sort.PLAIN,
        code=unicodedata.normalize("NFC", code),
        gtin=number.zfill(14) if len(number) in (8, 12, 13, 14) else "",
        sscc=number if len(number) == 18 else "",
    )


def _refused(text: str, refusal: Answer) -> Reading:
    return Reading(text=text, sort=Sort.REFUSED, refusal=refusal)


@dataclass(slots=True)
class _Found:
    values: dict[str, GS1ElementString] = field(default_factory=dict)

    def text(self, *ais: str) -> str:
        return next((self.values[ai].value for ai in ais if ai in self.values), "")

    def day(self, *ais: str) -> date | None:
        return next((self.values[ai].date for ai in ais if ai in self.values), None)


def _of(text: str, elements: list[GS1ElementString]) -> Reading:
    found = _Found({element.ai.ai: element for element in elements})
    measure = next(((ai, e) for ai, e in found.values.items() if ai[:3] in UNITS and len(ai) == 4), None)
    count = found.text("30", "37")
    return Reading(
        text=text,
        sort=Sort.GS1,
        elements=tuple((element.ai.ai, element.value) for element in elements),
        gtin=found.text("01"),
        content_gtin=found.text("02"),
        sscc=found.text("00"),
        lot=found.text("10"),
        serial=found.text("21"),
        order=found.text("400"),
        quantity=measure[1].decimal if measure else None,
        unit=UNITS[measure[0][:3]] if measure else "",
        count=int(count) if count else None,
        # Use by counts before best before, and both before the hour of a day.
        expires_on=found.day("17", "15", "7003"),
        made_on=found.day("11", "13"),
    )
