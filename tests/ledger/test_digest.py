"""The evidence: golden vectors that never change, and a recomputation that knows nothing of the product's code."""

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from tests.ledger import rich
from traceability.ledger import digest

VECTORS = json.loads((Path(__file__).parent / "golden" / "v1.json").read_text())


def entry_of(vector):
    values = [vector["entry"][name] for name in digest.ENTRY_FIELDS]
    values[5] = datetime.fromisoformat(values[5])
    return values


def movements_of(vector):
    for line in vector["movements"]:
        values = list(line)
        values[2] = Decimal(values[2])
        values[16] = None if values[16] is None else Decimal(values[16])
        yield values


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["what"])
def test_the_digest_of_version_1_is_what_it_was_on_the_first_day(vector):
    body = digest.body(entry_of(vector), movements_of(vector))
    assert body.hex() == vector["body"]
    sealed = digest.seal(
        seq=vector["seq"], recorded_at=datetime.fromisoformat(vector["recorded_at"]), body=body
    )
    assert sealed.hex() == vector["digest"]
    assert digest.link(bytes.fromhex(vector["previous"]), sealed).hex() == vector["chain"]


def test_the_chain_begins_where_it_began():
    assert digest.GENESIS.hex() == VECTORS["genesis"] == hashlib.sha256(b"lotline:1:genesis").hexdigest()


def test_every_field_is_in_the_digest():
    """Whatever changes in an entry or a movement, the body changes."""
    vector = VECTORS["entries"][0]
    entry, movements = entry_of(vector), list(movements_of(vector))
    seen = {digest.body(entry, movements)}
    for place, name in enumerate(digest.ENTRY_FIELDS):
        other = list(entry)
        other[place] = {
            "payload": {"x": 1},
            "occurred_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00"),
        }.get(name, "other")
        seen.add(digest.body(other, movements))
    for place, name in enumerate(digest.MOVEMENT_FIELDS):
        other = [list(movements[0]), *movements[1:]]
        other[0][place] = Decimal(77) if "quantity" in name else "other"
        seen.add(digest.body(entry, other))
    assert len(seen) == 1 + len(digest.ENTRY_FIELDS) + len(digest.MOVEMENT_FIELDS)


def test_anybody_can_recompute_the_chain_from_the_tables_alone(plant):
    """With SQL, json and sha256: no code of the product."""
    rich.make(plant)
    columns = [
        "id",
        "kind",
        "site_id",
        "document",
        "party_id",
        "actor_id",
        "second_person_id",
        "client",
        "reason",
        "after_the_fact",
        "imported",
        "reverses_id",
        "payload",
    ]
    lines = [
        "line",
        "lot_id",
        "quantity",
        "pieces",
        "origin_id",
        "origin_status",
        "origin_container_id",
        "destination_id",
        "destination_status",
        "destination_container_id",
        "run_id",
        "run_role",
        "delivery",
        "sign",
        "against",
        "against_line",
        "entered_quantity",
        "entered_unit",
        "evidence",
    ]
    utc = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT seq, digest, chain, {utc.format('recorded_at')}, {utc.format('occurred_at')}, {', '.join(columns)} FROM traceability_entry ORDER BY seq"
        )
        entries = cursor.fetchall()
        chain = hashlib.sha256(b"lotline:1:genesis").digest()
        for seq, stored, linked, recorded_at, occurred_at, *values in entries:
            entry = dict(zip(columns, values, strict=True))
            entry["payload"] = (
                json.loads(entry["payload"]) if isinstance(entry["payload"], str) else entry["payload"]
            )
            entry["occurred_at"] = occurred_at
            text = [f"{name}::text" if "quantity" in name else name for name in lines]
            cursor.execute(
                f"SELECT {', '.join(text)} FROM traceability_movement WHERE entry_id = %s ORDER BY line",
                [entry["id"]],
            )
            content = {"v": 1, "entry": entry, "movements": [list(row) for row in cursor.fetchall()]}
            body = hashlib.sha256(
                json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            ).digest()
            computed = hashlib.sha256(f"lotline:1:{seq}:{recorded_at}:".encode() + body).digest()
            assert computed == bytes(stored), f"entry {seq}"
            chain = hashlib.sha256(chain + computed).digest()
            assert chain == bytes(linked), f"entry {seq}"
        cursor.execute("SELECT seq, chain FROM traceability_ledgerhead")
        assert tuple(map(bytes, cursor.fetchone()[1:])) == (chain,)
    assert len(entries) > 8
