"""The evidence of an entry. Version 1, frozen: golden vectors in tests/ledger/golden/ must never change.

    body   = SHA-256( canonical JSON of the entry and its movements, as stored )
    digest = SHA-256( "lotline:1:<seq>:<recorded_at>:" ‖ body )
    chain  = SHA-256( previous chain ‖ digest )

seq and recorded_at are given out under the head lock, so they are mixed in there, by the database, while the body is
hashed before the lock: the lock stays short and no field is left out. Canonical JSON: keys sorted, no blanks, UTF-8,
quantities with exactly six decimals, times in UTC with microseconds, as PostgreSQL gives them back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

VERSION = 1
GENESIS = hashlib.sha256(b"lotline:1:genesis").digest()

ENTRY_FIELDS = (
    "id", "kind", "site_id", "document", "party_id", "occurred_at", "actor_id", "second_person_id",
    "client", "reason", "after_the_fact", "imported", "reverses_id", "payload",
)  # fmt: skip
MOVEMENT_FIELDS = (
    "line", "lot_id", "quantity", "pieces", "origin_id", "origin_status", "origin_container_id", "destination_id",
    "destination_status", "destination_container_id", "run_id", "run_role", "delivery", "sign", "against", "against_line",
    "entered_quantity", "entered_unit", "evidence",
)  # fmt: skip


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def exact(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.6f}"


def content(entry: Sequence[Any], movements: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """What is hashed of an entry (values in ENTRY_FIELDS order) and its movements (in MOVEMENT_FIELDS order, by line)."""
    values: list[Any] = list(entry)
    values[5] = moment(values[5])
    lines = []
    for movement in movements:
        line = list(movement)
        line[2], line[16] = exact(line[2]), exact(line[16])
        lines.append(line)
    return {"v": VERSION, "entry": dict(zip(ENTRY_FIELDS, values, strict=True)), "movements": lines}


def body(entry: Sequence[Any], movements: Iterable[Sequence[Any]]) -> bytes:
    """SHA-256 over the content as canonical JSON."""
    text = json.dumps(content(entry, movements), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def seal(*, seq: int, recorded_at: datetime, body: bytes) -> bytes:
    """The digest of an entry: its body sealed with the place and time it got in the ledger."""
    return hashlib.sha256(f"lotline:{VERSION}:{seq}:{moment(recorded_at)}:".encode() + body).digest()


def link(previous: bytes, digest: bytes) -> bytes:
    return hashlib.sha256(previous + digest).digest()
