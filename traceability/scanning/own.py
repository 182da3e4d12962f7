"""Our own labels: a lot as an address that any telephone can read, and that needs no network to be understood here.

    https://plant.example/l/RM-261019-07              a lot whose number is enough
    https://plant.example/l/ING-SPC-CAJ/RM-261019-07  where another item has the same number

The host is not looked at: a label printed before the server moved is still right. What it names is looked up by its
number, within the rights of whoever scans; a label made by somebody else opens nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_LABEL = re.compile(r"(?:https?|HTTPS?)://[^/?#\s]+/l/(?:([^/?#\s]{1,120})/)?([^/?#\s]{1,80})/?\Z")


@dataclass(frozen=True, slots=True)
class OwnLot:
    number: str
    item: str = ""


def own_lot(address: str) -> OwnLot | None:
    given = _LABEL.match(address)
    if not given:
        return None
    try:
        item, number = unquote(given[1] or "", errors="strict"), unquote(given[2], errors="strict")
    except UnicodeDecodeError:
        return None
    return OwnLot(number, item) if number.isprintable() and item.isprintable() else None


def address_of(number: str, *, host: str, item: str = "") -> str:
    """What the label of a lot says. `host` is where this server is found, with its scheme."""
    path = f"{quote(item, safe='')}/" if item else ""
    return f"{host.rstrip('/')}/l/{path}{quote(number, safe='')}"
