"""The log of scans: what came, what it was taken for, and how long it took. One row a scan, however often it was sent."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from traceability.models import Scan
from traceability.scanning.reading import Reading, read
from traceability.scanning.resolving import Asked, Candidate, Resolution, resolve

if TYPE_CHECKING:
    from traceability.models import Person

SHOWN = 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent the scan, under which key, from where."""

    person: Person
    client: str
    key: str
    device: str = ""
    context: str = ""
    document: str = ""
    is_typed: bool = False
    began: float = field(default_factory=time.perf_counter)


def scan(text: str, *, asked: Asked, sender: Sender) -> Resolution:
    """Read a text, find what it can mean, and write the scan down."""
    resolution = resolve(read(text), asked)
    code = resolution.answer.code if resolution.answer else ""
    keep(
        resolution.reading,
        sender=sender,
        decision=resolution.decision,
        code=code,
        found=resolution.candidates,
    )
    return resolution


def keep(
    reading: Reading, *, sender: Sender, decision: str, code: str = "", found: Iterable[Candidate] = ()
) -> None:
    """Write one scan down. The same key again changes nothing."""
    row = Scan(
        person=sender.person, client=sender.client, key=sender.key, device=sender.device[:60], context=sender.context[:40], document=sender.document,
        text=escaped(reading.text), is_typed=sender.is_typed, elements=dict(reading.elements), decision=decision, code=code,
        found=[f"{row.kind}:{row.code}" for row in list(found)[:12]], ms=round((time.perf_counter() - sender.began) * 1000),
    )  # fmt: skip
    Scan.objects.bulk_create([row], ignore_conflicts=True)


def escaped(text: str) -> str:
    """As it came, in signs that every screen can show: the separator is \\x1d."""
    return text.encode("unicode_escape").decode("ascii")[:SHOWN]
