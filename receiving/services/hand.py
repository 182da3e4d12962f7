"""The lot in hand: what is known of it so far. Kept with the delivery, so a lost browser loses nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from traceability.models import Evidence
from traceability.scanning import Answer, Choice, Tone

# Answers that are about the item, not about one lot of it.
OF_THE_ITEM = ("R06", "R07")


@dataclass(slots=True)
class Hand:
    """Empty is unknown. `answers` are what the person said to a question, by its code; `asked` is the question that stands."""

    item: int | None = None
    order_line: int | None = None
    location: int | None = None
    supplier_lot: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    pieces: int | None = None
    made_on: date | None = None
    expires_on: date | None = None
    is_undated: bool = False
    has_certificate: bool = False
    code_source: str = ""
    evidence: str = Evidence.TYPED
    label: str = ""
    serials: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    approved_by: int | None = None
    approval_reason: str = ""
    asked: Answer | None = None
    key: str = ""  # of the scan or form that began it: one lot, however often it is sent
    typed: dict[str, str] = field(default_factory=dict)  # what could not be read, to be shown again

    @property
    def has_lot(self) -> bool:
        return bool(self.supplier_lot or self.serials or self.quantity is not None)

    def next_of_the_same(self) -> Hand:
        """The next pallet is usually of the same item and goes to the same place; what was said of the item holds for it too."""
        said = {code: answer for code, answer in self.answers.items() if code in OF_THE_ITEM}
        return Hand(item=self.item, order_line=self.order_line, location=self.location, answers=said)

    def to_json(self) -> dict[str, Any]:
        kept = {name: value for name, value in asdict(self).items() if value not in (None, "", [], {}, False)}
        for name in ("quantity", "made_on", "expires_on"):
            if name in kept:
                kept[name] = str(kept[name])
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Hand:
        given = dict(kept)
        if "quantity" in given:
            given["quantity"] = Decimal(given["quantity"])
        for name in ("made_on", "expires_on"):
            if name in given:
                given[name] = date.fromisoformat(given[name])
        if "asked" in given:
            given["asked"] = answer_from(given["asked"])
        return cls(**given)


def answer_from(kept: dict[str, Any]) -> Answer:
    choices = tuple(
        Choice(**{**choice, "facts": tuple(choice["facts"])}) for choice in kept.get("choices", ())
    )
    return Answer(**{**kept, "tone": Tone(kept["tone"]), "choices": choices})
