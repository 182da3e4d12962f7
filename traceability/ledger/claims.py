"""Step 1 of a posting: the caller's key. A second sender of the same key waits here and gets the first answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from traceability.ledger.birth import check_text
from traceability.ledger.errors import BadInput, KeyReused, WrongIsolation
from traceability.ledger.trips import OPEN, Script
from traceability.models import Entry

KEY_LIMIT = 200
CLIENT_LIMIT = 64


@dataclass(slots=True)
class Claim:
    """A key taken for an entry to be, or the entry that took it earlier."""

    client: str
    key: str
    entry_id: int
    earlier: Entry | None = None


def fingerprint(sent: Any) -> bytes:
    """SHA-256 of what the caller sent, without defaults; order of keys does not matter."""
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=as_text)
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def claim(*, client: str, key: str, sent: Any, door_stays_open: bool = False) -> Claim:
    """Take `(client, key)` for a new entry, or return the entry that has it.

    Waits while another transaction holds the same key. A new claim must end in a posting of the same transaction, or be
    rolled back with it: the key's foreign key says so at commit. Raises `KeyReused` when the key stands for other content.
    """
    if not key or not client:
        raise BadInput(
            "A posting needs a client and a key.",
            "They make a repeated request safe.",
            fields={"key": "missing"},
        )
    check_text(client, field="client", limit=CLIENT_LIMIT)
    check_text(key, field="key", limit=KEY_LIMIT)
    mark = fingerprint(sent)
    script = Script()
    script.add(OPEN)
    taken = script.ask(
        "INSERT INTO traceability_entrykey (client, key, fingerprint, entry_id)"
        " VALUES (%s, %s, %s, nextval('traceability_entry_id')) ON CONFLICT (client, key) DO NOTHING"
        " RETURNING current_setting('transaction_isolation'), set_config('lotline.door', %s::text, true), entry_id",
        [client, key, mark, "open" if door_stays_open else ""],
    )
    for level, _, entry_id in taken:
        _check_isolation(level)
        return Claim(client, key, entry_id)
    # A second statement: it sees what the first sender committed while we waited.
    [(level, _, entry_id, known)] = script.ask(
        "SELECT current_setting('transaction_isolation'), set_config('lotline.door', '', true), entry_id, fingerprint"
        " FROM (SELECT) AS one LEFT JOIN traceability_entrykey ON client = %s AND key = %s",
        [client, key],
    )
    _check_isolation(level)
    if bytes(known) != mark:
        raise KeyReused(client=client, key=key)
    # The payload of 10,000 births is megabytes, and whoever asks again rarely reads it.
    return Claim(client, key, entry_id, Entry.objects.defer("payload").get(pk=entry_id))


def _check_isolation(level: str) -> None:
    if level != "read committed":
        raise WrongIsolation(level)


def as_text(value: Any) -> Any:
    """A value as the fingerprint has it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value.is_finite() else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return [value._meta.label_lower, value.pk]
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no fingerprint")
