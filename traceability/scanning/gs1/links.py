"""A GS1 Digital Link: read as text. The address is never opened, and its host says nothing."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from biip.gs1_element_strings import GS1ElementString

from traceability.scanning.gs1.dictionary import identifiers
from traceability.scanning.gs1.elements import Misread, check_together, single

_ADDRESS = re.compile(r"(?:http|https|HTTP|HTTPS)://[A-Za-z0-9\-.:\[\]]+(/[^?#]*)(?:\?([^#]*))?(?:#.*)?\Z")
_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*\Z")


def link(address: str) -> list[GS1ElementString]:
    """The elements of a Digital Link: the key and its qualifiers from the path, the rest from the query. Raises Misread."""
    given = _ADDRESS.match(address)
    if not given or not _ALLOWED.match(address):
        raise Misread("not a GS1 address")
    key, found = _path(given[1])
    names = [ai for ai, _ in found]
    for name, value in _query(given[2] or ""):
        if name not in identifiers() or name in names:
            raise Misread(f"({name}) is unknown, or stands there twice")
        if not identifiers()[name].is_link_attribute or _belongs_in_the_path(key, names, name):
            raise Misread(f"({name}) does not belong into the query")
        names.append(name)
        found.append((name, value))
    elements = [single(ai, value) for ai, value in found]
    check_together(elements)
    return elements


def _path(path: str) -> tuple[str, list[tuple[str, str]]]:
    """The key is looked for from the right end; what stands before it is the owner's own."""
    parts = path.split("/")[1:]
    for at in range(len(parts) - 2, -1, -2):
        identifier = identifiers().get(parts[at])
        if identifier is None or identifier.qualifiers is None:
            continue
        pairs = [(parts[n], _plain(parts[n + 1])) for n in range(at, len(parts) - 1, 2)]
        names = [name for name, _ in pairs[1:]]
        if names and not any(_in_order(names, run) for run in identifier.qualifiers):
            raise Misread("the qualifiers are not those of the key, or not in their order")
        return identifier.ai, pairs
    raise Misread("no key in the path")


def _query(query: str) -> list[tuple[str, str]]:
    """Names that are not all digits are somebody else's."""
    pairs = [part.partition("=") for part in re.split("[&;]", query)]
    return [(name, _plain(value.replace("+", " "))) for name, sign, value in pairs if sign and name.isdigit()]


def _belongs_in_the_path(key: str, names: list[str], name: str) -> bool:
    """An identifier that could still stand behind the key is wrong in the query."""
    used = names[1:]
    runs = identifiers()[key].qualifiers or ()
    return any(
        name in run and all(one in run for one in used if one in {q for r in runs for q in r}) for run in runs
    )


def _in_order(names: list[str], run: tuple[str, ...]) -> bool:
    places = [run.index(name) if name in run else -1 for name in names]
    return -1 not in places and places == sorted(set(places))


def _plain(part: str) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", part):
        raise Misread("a broken percent sign")
    return unquote_to_bytes(part).decode("latin-1")
