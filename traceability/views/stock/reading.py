"""What a scanned or typed code means on a page of stock: lots, containers or places, all of them; never one picked silently."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest

from traceability.ledger import Refusal
from traceability.models import Container, Location, Lot, Scan
from traceability.scanning import Asked, Kind, Reading, Sender, scan
from traceability.views.keys import actor_of, client_of, new_key
from traceability.views.stock.scope import sites_of

WANTED = frozenset({Kind.LOT, Kind.SERIAL, Kind.SUPPLIER_LOT, Kind.CONTAINER, Kind.LOCATION})


class NothingCalled(Refusal):
    """S01: nothing here has this name."""

    code = "S01"
    status = 404

    def __init__(self, code: str, expected: str):
        super().__init__(
            f"Nothing here is called {code[:40]}.",
            "",
            f"Scan {expected}, or look it up with the search.",
            fields={"code": code[:40]},
        )


class Misread(Refusal):
    """The label was not read right (S00), or lost its separators (S02)."""

    status = 422

    def __init__(self, code: str, what: str, why: str, now: str):
        super().__init__(what, why, now)
        self.code = code  # type: ignore[misc]


@dataclass(slots=True)
class Meant:
    """Everything a code can mean here. `is_near`: nothing is called exactly so."""

    code: str
    lots: list[Lot] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    places: list[Location] = field(default_factory=list)
    is_near: bool = False
    reading: Reading | None = None

    @property
    def count(self) -> int:
        return len(self.lots) + len(self.containers) + len(self.places)


def what_is(
    code: str, request: HttpRequest, *, expected: str, context: str, document: str = "", wants: frozenset[Kind] = WANTED
) -> Meant:  # fmt: skip
    """All lots, containers and places that the code can mean, written down as a scan. Raises NothingCalled, Misread."""
    text = code.strip()[:500]
    asked = Asked(person=actor_of(request), wants=wants, sites=sites_of(request))
    sender = Sender(person=actor_of(request), client=client_of(request), key=new_key(), context=context, document=document)  # fmt: skip
    found = scan(text, asked=asked, sender=sender)
    if found.decision == Scan.Decision.REFUSED and found.answer:
        told = found.answer
        raise Misread(told.code, *(part.replace("`", "").replace("**", "") for part in (told.what, told.why, told.now)))  # fmt: skip
    if not found.candidates:
        raise NothingCalled(text, expected)
    meant = Meant(text, is_near=not found.candidates[0].is_exact, reading=found.reading)
    records = [candidate.record for candidate in found.candidates]
    meant.lots = list({one.pk: one for one in records if isinstance(one, Lot)}.values())
    meant.containers = [one for one in records if isinstance(one, Container)]
    meant.places = [one for one in records if isinstance(one, Location)]
    return meant
