"""Scans: a text from a gun, a camera or a keyboard → what it says → what it can mean here → what was decided, written down.

    reading = read("]C10119521234009013…")        # pure; see reading.py
    resolution = scan(text, asked=Asked(person=rosa, wants=…), sender=Sender(…))
    if resolution.one: …                          # one exact match; else resolution.answer says what to ask

One resolver serves pages and API. A code never does anything by itself: the screen decides what a match means.
"""

from traceability.scanning.answers import Answer, Choice, Tone, unknown
from traceability.scanning.commands import Command
from traceability.scanning.finders import items_of
from traceability.scanning.keeping import Sender, keep, scan
from traceability.scanning.own import address_of
from traceability.scanning.reading import Reading, Sort, read, shown
from traceability.scanning.resolving import Asked, Candidate, Kind, Resolution, add_finder, resolve

__all__ = [
    "Answer",
    "Asked",
    "Candidate",
    "Choice",
    "Command",
    "Kind",
    "Reading",
    "Resolution",
    "Sender",
    "Sort",
    "Tone",
    "add_finder",
    "address_of",
    "items_of",
    "keep",
    "read",
    "resolve",
    "scan",
    "shown",
    "unknown",
]
