"""Fields that take a value as it is meant or refuse it in words: never bent, never guessed, nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from traceability import ledger

_WHOLE = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,6})?\Z", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z", re.ASCII)
_PHONE = re.compile(r"[0-9+()./ x-]{3,40}\Z", re.ASCII | re.IGNORECASE)
YEARS = range(1950, 2101)


class Line(forms.CharField):
    """One line of text: NFC; no control, invisible or direction-turning signs."""

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        try:
            ledger.check_text(text, field="text")
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal
        if "\n" in text or "\r" in text:
            raise forms.ValidationError("This is one line of text.")
        return text


class Text(Line):
    """Several lines of text."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", forms.CharField.to_python(self, value) or "").replace(
            "\r\n", "\n"
        )
        try:
            return ledger.check_text(text, field="text")
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


class Code(Line):
    """A code as it stands on a label or a paper."""

    widget = forms.TextInput(
        attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "class": "lot-code"}
    )

    def to_python(self, value: Any) -> str:
        text = forms.CharField.to_python(self, value) or ""
        try:
            return ledger.check_code(text, field="code", limit=self.max_length or 40) if text else ""
        except ledger.BadInput as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


class Whole(forms.Field):
    """A whole number in ASCII digits."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, *, least: int = 0, most: int = 999_999_999, **kwargs: Any):
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        if not _WHOLE.match(text) or not self.least <= int(text) <= self.most:
            raise forms.ValidationError(f"A whole number from {self.least:,} to {self.most:,}.")
        return int(text)


class Number(forms.Field):
    """A decimal in ASCII digits with a point: no 1e3, 1_000, NaN, other scripts or thousands signs."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(
        self, *, least: Decimal | None = None, most: Decimal | None = None, digits: int = 6, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.least, self.most, self.digits = least, most, digits

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return ledger.plain(value).replace(",", "")
        return value

    def to_python(self, value: Any) -> Decimal | None:
        text = f"{value:f}" if isinstance(value, Decimal) else str(value).strip() if value is not None else ""
        if not text:
            return None
        if not _DECIMAL.match(text):
            raise forms.ValidationError("Digits with a point, such as 12.5.")
        number = Decimal(text)
        if number != round(number, self.digits):
            raise forms.ValidationError(f"At most {self.digits} digits after the point.")
        if self.least is not None and number < self.least:
            raise forms.ValidationError(f"{ledger.plain(self.least)} or more.")
        if self.most is not None and number > self.most:
            raise forms.ValidationError(f"{ledger.plain(self.most)} or less.")
        return number


class Day(forms.Field):
    """A day as yyyy-mm-dd, which the browser's own picker sends; between 1950 and 2100."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date):
            return value
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        found = _DATE.match(text)
        try:
            if not found or int(found[1]) not in YEARS:
                raise ValueError
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError as error:
            raise forms.ValidationError("A day such as 2026-11-18, between 1950 and 2100.") from error


class Digits(forms.CharField):
    """A GS1 number with its check digit. Shorter GTINs are filled with zeros in front: always 14 digits."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "lot-code"})

    def __init__(self, *, length: int, what: str, may_be_shorter: bool = False, **kwargs: Any):
        super().__init__(max_length=length + 6, **kwargs)
        self.length, self.what, self.may_be_shorter = length, what, may_be_shorter

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace(" ", "")
        if not text:
            return ""
        lengths = {8, 12, 13, 14} if self.may_be_shorter else {self.length}
        if not (text.isascii() and text.isdigit()) or len(text) not in lengths:
            raise forms.ValidationError(f"A {self.what} has {' or '.join(map(str, sorted(lengths)))} digits.")
        if check_digit(text[:-1]) != text[-1]:
            raise forms.ValidationError(
                f"The check digit of this {self.what} is wrong: one digit was mistyped."
            )
        return text.zfill(self.length)


class Phone(Line):
    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and not _PHONE.match(text):
            raise forms.ValidationError("A telephone number: digits, spaces, + - ( ) . / and x.")
        return text


class Words(forms.Field):
    """A list of words, separated by commas: wheat, soy, milk."""

    def __init__(self, *, most: int = 40, each: int = 40, **kwargs: Any):
        super().__init__(**kwargs)
        self.most, self.each = most, each

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        text = ", ".join(value) if isinstance(value, list | tuple) else str(value or "")
        words: list[str] = []
        for word in (part.strip() for part in unicodedata.normalize("NFC", text).split(",")):
            if not word or word in words:
                continue
            try:
                ledger.check_code(word, field="word", limit=self.each)
            except ledger.BadInput as refusal:
                raise forms.ValidationError(f"“{ascii(word)[1:40]}”: {refusal.sentence}") from refusal
            words.append(word)
        if len(words) > self.most:
            raise forms.ValidationError(f"At most {self.most}.")
        return words

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != list(initial or []))
        except forms.ValidationError:
            return True


def check_digit(digits: str) -> str:
    """GS1: weights 3 and 1 from the right, up to the next ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
