"""Every refusal of the ledger: a stable code, the fields concerned, and a sentence that says what, why and what now.

A refusal is an answer, not an accident: it leaves no entry, and page and API show the same words and code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar


def plain(quantity: Decimal) -> str:
    """A quantity as a person reads it: 1,080 and 0.5, never 1080.000000."""
    text = f"{quantity:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Refusal(Exception):
    """Base of all refusals. `status` is the HTTP status the API answers with."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(
        self,
        what: str,
        why: str = "",
        now: str = "",
        *,
        fields: Mapping[str, Any] | None = None,
        lots: Iterable[int] = (),
    ):
        self.what, self.why, self.now = what, why, now
        self.fields: dict[str, Any] = dict(fields or {})
        self.lots = list(lots)
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.now) if part)


class BadInput(Refusal):
    """Well-formed, but not allowed: names the field and the fix."""

    code = "bad_input"
    status = 422


class KeyReused(Refusal):
    code = "key_reused"
    status = 422

    def __init__(self, *, client: str, key: str):
        super().__init__(
            "This key was already used for something else.",
            f"{client} sent key {key} before with other content.",
            "Send it again with a new key, or send exactly what was sent before.",
            fields={"key": key},
        )


class WrongIsolation(Refusal):
    code = "wrong_isolation"
    status = 500

    def __init__(self, level: str):
        super().__init__(
            f"Nothing was posted: the transaction runs at {level}.",
            "A gate read under a snapshot older than the lock can be wrong.",
            "Post in a READ COMMITTED transaction.",
        )


class RuleBroken(BadInput):
    """The kind does not allow such a move: wrong place, status, or a missing run, party, reason or second person."""

    code = "rule_broken"


class ReasonRequired(BadInput):
    code = "reason_required"


class SecondPersonRequired(Refusal):
    code = "second_person_required"
    status = 422


class SamePerson(Refusal):
    """Separation of duties: 21 CFR 211.22, ISO 9001 8.6; persons are compared, not roles."""

    code = "same_person"
    status = 403


class NotPermitted(Refusal):
    code = "not_permitted"
    status = 403


class InsufficientQuantity(Refusal):
    code = "insufficient_quantity"

    def __init__(self, *, lot: Any, place: str, status: str, asked: Decimal, available: Decimal, unit: str):
        super().__init__(
            f"Only {plain(available)} {unit} of {lot.number} is on record at {place} ({status}); {plain(asked)} {unit} was asked for.",
            "",
            f"Use {plain(available)} and take another lot for the rest, or count this one."
            if available > 0
            else "Take another lot, or count this one.",
            fields={
                "lot": lot.number,
                "location": place,
                "status": status,
                "asked": plain(asked),
                "available": plain(available),
                "unit": unit,
            },
            lots=[lot.pk],
        )


class Reserved(Refusal):
    code = "reserved"

    def __init__(
        self, *, lot: Any, place: str, asked: Decimal, free: Decimal, documents: list[str], unit: str
    ):
        super().__init__(
            f"{plain(asked)} {unit} of {lot.number} at {place} is not free.",
            f"Only {plain(max(free, Decimal(0)))} {unit} is not promised to {', '.join(documents)}.",
            "Take another lot, or release the promise first.",
            fields={"lot": lot.number, "location": place, "free": plain(free), "documents": documents},
            lots=[lot.pk],
        )


class MoreThanWentIn(Refusal):
    """An unused return or a removal of more than the run holds, or a return of more than was delivered."""

    code = "more_than_went_in"


class LotOnHold(Refusal):
    code = "lot_on_hold"

    def __init__(self, *, lot: Any, holds: list[Any]):
        hold = holds[0]
        paper = f"{hold.reference}, " if hold.reference else ""
        super().__init__(
            f"Lot {lot.number} is on hold ({paper}{hold.reason}).",
            "" if len(holds) == 1 else f"{len(holds)} holds stand on it.",
            "Do not use it. Take another lot; quality control can lift the hold.",
            fields={"lot": lot.number, "holds": [h.reference or h.reason for h in holds]},
            lots=[lot.pk],
        )


class LotNotReleased(Refusal):
    code = "lot_not_released"

    def __init__(self, *, lot: Any, status: str):
        why = "It was rejected." if status == "rejected" else "Quality control has not decided on it yet."
        super().__init__(
            f"Lot {lot.number} is not released.",
            why,
            "Take a released lot.",
            fields={"lot": lot.number, "status": status},
            lots=[lot.pk],
        )


class LotExpired(Refusal):
    code = "lot_expired"

    def __init__(self, *, lot: Any, today: Any):
        super().__init__(
            f"Lot {lot.number} expired on {lot.expires_on:%Y-%m-%d}.",
            f"Today is {today:%Y-%m-%d} at the site.",
            "Take another lot, or ask quality control to retest it.",
            fields={"lot": lot.number, "expires_on": lot.expires_on.isoformat()},
            lots=[lot.pk],
        )


class RequirementOpen(Refusal):
    code = "requirement_open"

    def __init__(self, *, concerned: str, what: list[str], lots: Iterable[int] = ()):
        super().__init__(
            f"{concerned} still needs: {', '.join(what)}.",
            "",
            "Record it first, then go on.",
            fields={"concerned": concerned, "requirements": what},
            lots=lots,
        )


class LotNumberTaken(Refusal):
    code = "lot_number_taken"

    def __init__(self, *, item: str, numbers: list[str]):
        shown = ", ".join(numbers[:5]) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
        super().__init__(
            f"{item} already has {shown}.",
            "A lot or serial number is used once per item, for ever.",
            "Use another number.",
            fields={"item": item, "numbers": numbers[:100]},
        )


class SerialElsewhere(Refusal):
    code = "serial_elsewhere"

    def __init__(self, *, lot: Any, place: str):
        super().__init__(
            f"Serial {lot.number} is not there.",
            f"The ledger last saw it at {place}.",
            "Record what happened to it in between first.",
            fields={"lot": lot.number, "place": place},
            lots=[lot.pk],
        )


class OccurredInFuture(BadInput):
    code = "occurred_in_future"


class NotSeeding(Refusal):
    code = "not_seeding"

    def __init__(self) -> None:
        super().__init__(
            "The time of recording cannot be given any more.",
            "The ledger has entries of its own; only seeding and import into an empty ledger may bring their times.",
            "Post without recorded_at; say in occurred_at when it happened.",
        )


class NotReversible(Refusal):
    code = "not_reversible"


class AlreadyReversed(Refusal):
    code = "already_reversed"

    def __init__(self, *, entry: Any, by: Any):
        super().__init__(
            f"Entry {entry.seq} was already reversed by entry {by.seq}.",
            "",
            "Post the fact anew if it was right after all.",
            fields={"seq": entry.seq},
        )


class HoldAlreadyLifted(Refusal):
    code = "hold_already_lifted"


class UnknownLot(Refusal):
    code = "unknown_lot"
    status = 404


class WalkLimit(Refusal):
    """A limit hit makes a report failed, never short."""

    code = "walk_limit"
    status = 503
