"""A GS1 element string: identifiers with their values, one after the other, separated where a value has no fixed length."""

from __future__ import annotations

import re
from collections.abc import Sequence

from biip import ParseError
from biip.gs1_element_strings import GS1ElementString

from traceability.scanning.gs1.checks import is_right
from traceability.scanning.gs1.dictionary import identifiers, length_of

GS = "\x1d"
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)((?:[^(\\]|\\[(\\])+)")
# What may follow a lot on a label and can be told from chance: a date, a measure, a number with a check digit.
_TELLING = (
    "00",
    "01",
    "02",
    "11",
    "12",
    "13",
    "15",
    "16",
    "17",
    "410",
    "411",
    "412",
    "413",
    "414",
    "415",
    "416",
    "417",
    *tuple(f"{n}" for n in (*range(310, 317), *range(320, 338), *range(340, 358), *range(360, 370))),
)


class Misread(ValueError):
    """Not a GS1 element string, or not a right one."""


def element_string(data: str) -> list[GS1ElementString]:
    """The elements of what a scanner sent, without the symbology's prefix. Raises Misread."""
    found: list[GS1ElementString] = []
    rest = data.removeprefix(GS)
    while rest:
        element = _first_of(rest)
        rest = rest[len(element) :]
        if rest and not rest.startswith(GS) and not identifiers()[element.ai.ai].is_fixed:
            raise Misread(f"({element.ai.ai}) is followed by something that does not belong to it")
        rest = rest.removeprefix(GS)
        found.append(element)
    check_together(found)
    return found


def bracketed(text: str) -> list[GS1ElementString]:
    """What people type: (01)09521234543213(10)ABC. A bracket inside a value is written as \\(. Raises Misread."""
    at, found = 0, []
    for match in _BRACKETED.finditer(text):
        if match.start() != at:
            break
        at = match.end()
        found.append(single(match[1], re.sub(r"\\(.)", r"\1", match[2])))
    if at != len(text):
        raise Misread("the brackets do not fit")
    check_together(found)
    return found


def single(ai: str, value: str) -> GS1ElementString:
    """One identifier with exactly this value. Raises Misread."""
    if ai not in identifiers():
        raise Misread(f"({ai}) is unknown")
    element = _first_of(ai + value)
    if element.ai.ai != ai or element.value != value:
        raise Misread(f"({ai}) does not have the value {value}")
    return element


def check_together(elements: Sequence[GS1ElementString]) -> None:
    """Something stands there, nothing twice with two values, and nothing beside what it excludes. Raises Misread."""
    if not elements:
        raise Misread("nothing stands there")
    values: dict[str, str] = {}
    for element in elements:
        if values.setdefault(element.ai.ai, element.value) != element.value:
            raise Misread(f"({element.ai.ai}) stands there twice, with two values")
    for ai in values:
        for excluded in identifiers()[ai].excludes:
            stem = excluded.rstrip("n")
            if other := next(
                (o for o in values if o != ai and o.startswith(stem) and len(o) == len(excluded)), None
            ):
                raise Misread(f"({ai}) and ({other}) exclude each other")


def run_together(data: str) -> tuple[str, list[GS1ElementString]] | None:
    """The value as it was read and how the label may be meant, if its separators were lost on the way; None: no doubt.

    The doubt: no separator came at all, and the value without a fixed length ends like further elements, or is too long.
    """
    before: list[GS1ElementString] = []
    rest = data.removeprefix(GS)
    while GS not in rest and rest:
        length = length_of(rest[:2])
        identifier = identifiers().get(rest[:length]) if length else None
        if identifier is None:
            return None
        if not identifier.is_fixed:
            return _cut(before, identifier.ai, rest[length:])
        try:
            before.append(_first_of(rest))
        except Misread:
            return None
        rest = rest[len(before[-1]) :]
    return None


def _cut(before: list[GS1ElementString], ai: str, value: str) -> tuple[str, list[GS1ElementString]] | None:
    # A count that runs into a lot is too large a count; a lot that runs into a serial cannot be told from a lot.
    telling = ("10", "21") if ai in ("30", "37") else _TELLING
    for cut in range(1, len(value)):
        if not value[cut:].startswith(telling):
            continue
        try:
            return value, [*before, single(ai, value[:cut]), *element_string(value[cut:])]
        except Misread:
            continue
    return None


def _first_of(text: str) -> GS1ElementString:
    try:
        element = GS1ElementString.extract(text)
    except (ParseError, ValueError) as error:
        raise Misread(str(error)) from error
    identifier = identifiers().get(element.ai.ai)
    if identifier is None or not is_right(identifier, element.value):
        raise Misread(f"({element.ai.ai}) does not have the value {element.value}")
    return element
