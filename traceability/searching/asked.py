"""What was typed or scanned, in the forms in which it may be known, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from traceability.models import search_key
from traceability.scanning.answers import Answer
from traceability.scanning.reading import Reading, Sort, read

LENGTH = 200


@dataclass(slots=True)
class Hit:
    """One thing that may be meant, with what tells it apart from others."""

    kind: str
    code: str
    text: str
    url: str
    icon: str = "search"
    note: str = ""
    chips: list[str] = field(default_factory=list)
    is_exact: bool = False
    record: Any = None


class Asked:
    """`spellings` for numbers, `key` for suppliers' lots; a scanned label is read as the scan resolver reads it."""

    def __init__(self, text: str, *, sees_customers: bool, is_quick: bool = False) -> None:
        self.text = text.replace("\0", "").strip()[:LENGTH]
        self.sees_customers = sees_customers
        self.is_quick = is_quick  # asked at each keystroke: only what an index answers

    @cached_property
    def reading(self) -> Reading:
        return read(self.text)

    @property
    def is_label(self) -> bool:
        return self.reading.sort in (Sort.GS1, Sort.OWN)

    @property
    def refusal(self) -> Answer | None:
        """A label that could not be read right is said to be one; other text may be anything."""
        return self.reading.refusal if self.text.startswith("]") or self.reading.meant else None

    @cached_property
    def number(self) -> str:
        """The lot or serial that a label names, else what was typed."""
        return (self.reading.lot or self.reading.serial) if self.is_label else self.text

    @cached_property
    def spellings(self) -> list[str]:
        return [
            spelled
            for spelled in dict.fromkeys([self.number, self.number.upper(), self.number.lower()])
            if spelled
        ]

    @cached_property
    def key(self) -> str:
        return search_key(self.number) if self.number else ""

    @property
    def gtin(self) -> str:
        """As 14 digits, from a label or typed."""
        known = self.reading.gtin or self.reading.content_gtin
        return known or (
            self.text.zfill(14)
            if self.text.isascii() and self.text.isdigit() and len(self.text) <= 14
            else ""
        )
