"""What is said to whoever scanned: what happened, why, what to do now; a tone; a short code for support."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceability.scanning.reading import Reading


CODE_SHOWN = 40


class Tone(StrEnum):
    OK = "ok"
    ASK = "ask"
    STOP = "stop"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A large button below an answer. `facts` tell it from its neighbours."""

    name: str
    label: str
    icon: str = ""
    value: str = ""
    facts: tuple[str, ...] = ()
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`what` is the title. Codes in it stand between backticks, what to do now between double stars, as in the texts of the trade."""

    code: str
    tone: Tone
    what: str
    why: str = ""
    now: str = ""
    choices: tuple[Choice, ...] = ()
    confirm_with: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        text = " ".join(part for part in (self.what, self.why, self.now) if part)
        return text.replace("`", "").replace("**", "")


def misread(why: str, now: str) -> Answer:
    return Answer(code="S00", tone=Tone.STOP, what="This was not read right.", why=why, now=now)


def lost_separators(read_as: str, meant: Reading) -> Answer:
    """Shown as it was read and refused: what is meant is for a person to type, or for a scanner that sends its separators."""
    word = "lot" if meant.lot else "serial" if meant.serial else "count"
    likely = ", ".join(
        part
        for part in (
            f"`{meant.identity}`" if meant.identity else "",
            f"best by {meant.expires_on}" if meant.expires_on else "",
            f"made on {meant.made_on}" if meant.made_on else "",
        )
        if part
    )
    return Answer(
        code="S02", tone=Tone.ASK, what=f"This label lost its separators: {word} reads `{read_as[:CODE_SHOWN]}`.",
        why=f"Did you mean {likely}?" if likely else "", now="Type what is printed, or fix the scanner (**Menu > Scanner check**) and scan again.",
        facts={"read": read_as, "lot": meant.identity, "expires_on": iso(meant.expires_on)},
    )  # fmt: skip


def unknown(code: str) -> Answer:
    return Answer(
        code="S01",
        tone=Tone.ASK,
        what=f"Nothing here is called `{code}`.",
        why="It may be a new supplier item.",
        now="Scan the item label or touch **Link it**.",
        facts={"code": code},
    )


def iso(day: date | None) -> str:
    return day.isoformat() if day else ""
