"""What a code can mean here, for this person: all of it, and nothing that the person may not see.

Each kind of thing is looked for by a finder; apps add finders for their papers in `AppConfig.ready()`, so that nobody is
imported for it. Only one exact match is acted on. Several are shown to choose from; a near one is never taken by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from traceability.models import Scan
from traceability.scanning.answers import Answer, Choice, Tone, unknown
from traceability.scanning.reading import Reading, Sort, shown

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site

MOST = 6  # buttons on one screen
LOOKED_AT = 24


class Kind(StrEnum):
    """In the order in which they are told."""

    COMMAND = "command"
    BADGE = "badge"
    LOT = "lot"
    SERIAL = "serial"
    CONTAINER = "container"
    DOCUMENT = "document"
    LOCATION = "location"
    SUPPLIER_LOT = "supplier_lot"
    ITEM = "item"

    @property
    def word(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing a code can mean. `facts` tell it from another of the same name; `record` is the noun itself, for the server only."""

    kind: Kind
    code: str
    title: str
    facts: tuple[str, ...] = ()
    url: str = ""
    is_exact: bool = True
    record: Any = None

    @property
    def ident(self) -> str:
        model = getattr(self.record, "_meta", None)
        return f"{model.label_lower}:{self.record.pk}" if model else f"{self.kind}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who scans, and what makes sense there. `wants` None: anything. `supplier` narrows the suppliers' own codes."""

    person: Person
    wants: frozenset[Kind] | None = None
    supplier: Party | None = None
    sites: Sequence[Site] | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    reading: Reading
    candidates: list[Candidate]
    decision: str
    answer: Answer | None = None

    @property
    def one(self) -> Candidate | None:
        """The one thing to act on."""
        return self.candidates[0] if self.decision == Scan.Decision.ONE else None


Finder = Callable[[Reading, Asked], Iterable[Candidate]]


@dataclass(slots=True)
class _Registry:
    finders: list[tuple[Kind, str, Finder]] = field(default_factory=list)


_registry = _Registry()


def add_finder(kind: Kind, finder: Finder, *, right: str) -> None:
    """Look for one more kind of thing. Only persons with the right are answered."""
    row = (kind, right, finder)
    if row not in _registry.finders:
        _registry.finders.append(row)


def resolve(reading: Reading, asked: Asked) -> Resolution:
    """All that a reading can mean to this person here, exact matches first."""
    if reading.is_refused and not reading.code:
        return Resolution(reading, [], Scan.Decision.REFUSED, reading.refusal)
    if reading.sort == Sort.COMMAND and reading.command and _wanted(asked, Kind.COMMAND):
        command = reading.command
        found = [Candidate(kind=Kind.COMMAND, code=command.code, title=command.meaning, record=command)]
        return Resolution(reading, found, Scan.Decision.ONE)
    rights = asked.person.get_all_permissions()
    found = []
    for kind, right, finder in sorted(_registry.finders, key=lambda row: list(Kind).index(row[0])):
        if _wanted(asked, kind) and right in rights:
            found += finder(reading, asked)
    exact = _once(candidate for candidate in found if candidate.is_exact)
    if reading.is_refused and not exact:
        # It looked like a GS1 label, was not one, and nothing here is called so either.
        return Resolution(reading, [], Scan.Decision.REFUSED, reading.refusal)
    if len(exact) == 1:
        return Resolution(reading, exact, Scan.Decision.ONE)
    several = exact or _once(found)
    if several:
        return Resolution(reading, several, Scan.Decision.SEVERAL, which(reading, several))
    return Resolution(reading, [], Scan.Decision.UNKNOWN, unknown(name_of(reading)))


def name_of(reading: Reading) -> str:
    """What a person would call it: the lot, the item number, else the text itself."""
    return (
        reading.identity or reading.gtin or reading.content_gtin or reading.sscc or shown(reading.text)[:80]
    )


def which(reading: Reading, candidates: list[Candidate]) -> Answer:
    """Several things have this name: up to six large buttons with what tells them apart."""
    name, count = name_of(reading), len(candidates)
    is_near = not candidates[0].is_exact
    what = f"Nothing is called exactly `{name}`." if is_near else f"`{name}` can mean {count} things."
    more = f"{count - MOST} more are not shown." if count > MOST else ""
    return Answer(
        code="S03", tone=Tone.ASK, what=what, why=more, now="Choose one, or scan another code.",
        choices=tuple(
            Choice(name="choose", label=candidate.title, value=candidate.ident, facts=candidate.facts, is_code=True)
            for candidate in candidates[:MOST]
        ),
    )  # fmt: skip


def _wanted(asked: Asked, kind: Kind) -> bool:
    return asked.wants is None or kind in asked.wants


def _once(candidates: Iterable[Candidate]) -> list[Candidate]:
    """A thing found in two ways is one thing; a paper that its app knows is not told again from the ledger."""
    found = list({candidate.ident: candidate for candidate in candidates}.values())
    papers = {row.code for row in found if row.kind == Kind.DOCUMENT and not isinstance(row.record, str)}
    return [row for row in found if not (isinstance(row.record, str) and row.code in papers)]
