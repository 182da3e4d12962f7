"""Fill the database: indexes off, COPY, indexes on, VACUUM and ANALYZE, as a restored backup would be."""

# ruff: noqa: S311

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg2

from traceability.bench.book import COLUMNS, Book
from traceability.bench.plant import Plant, make_plant
from traceability.bench.shapes import SHARES
from traceability.bench.shapes.peers import peers_case

YEARS = timedelta(days=730)


@dataclass
class Loaded:
    plant: Plant
    lots: int
    runs: int
    entries: int
    movements: int
    links: int
    peers_lot: int
    generated: float  # seconds
    indexed: float  # seconds


def load(superuser_url: str, movements: int, seed: int = 4) -> Loaded:
    """A ledger of about so many movements: the shapes side by side, in the order of time. The same for the same seed."""
    plant = make_plant(movements)
    connection = psycopg2.connect(superuser_url)
    connection.autocommit = True
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        # Foreign keys and the guards of rows cost a look-up each; the arithmetic is the generator's.
        cursor.execute(
            "SET session_replication_role = replica; SET lotline.door = 'open'; SET synchronous_commit = off"
        )
        with indexes_off(cursor) as rebuilt:
            book = Book(
                cursor,
                actor=plant.actor,
                begun=datetime.now(UTC) - YEARS,
                step=YEARS / max(movements, 1) * 1.2,
            )
            peers_lot = write(book, plant, Random(seed))
            generated = time.perf_counter() - begun
        _count_on(cursor, book)
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT count(*) FROM traceability_runlot")
        links = cursor.fetchone()[0]
    connection.close()
    return Loaded(
        plant, book.lots, book.runs, book.entries, book.movements, links, peers_lot, generated, sum(rebuilt)
    )


def write(book: Book, plant: Plant, random: Random) -> int:
    """Each shape gets its share, in small pieces of work side by side; the peers' case stands in the middle."""
    written = dict.fromkeys(SHARES, 0)
    work = {shape: shape(book, plant, random) for shape in SHARES}
    peers_lot = 0
    while book.movements < plant.movements:
        if not peers_lot and book.movements >= plant.movements // 2:
            peers_lot = peers_case(book, plant, random)
        shape = min(SHARES, key=lambda one: written[one] / SHARES[one])
        before = book.movements
        next(work[shape])
        written[shape] += book.movements - before
    book.close()
    return peers_lot


@contextlib.contextmanager
def indexes_off(cursor: Any) -> Iterator[list[float]]:
    """Drop all indexes but primary keys, and make them again afterwards. Gives a list that gets the seconds it took."""
    tables = [f"traceability_{table}" for table in COLUMNS]
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY(%s::regclass[])",
        [tables],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        [tables],
    )
    indexes = cursor.fetchall()
    for table, name, _ in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    seconds: list[float] = []
    yield seconds
    begun = time.perf_counter()
    for table, name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for _, definition in indexes:
        cursor.execute(definition)
    seconds.append(time.perf_counter() - begun)


def _count_on(cursor: Any, book: Book) -> None:
    """Sequences and the head stand where the generator stopped."""
    for table, last in (("lot", book.lots), ("run", book.runs)):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('traceability_{table}', 'id'), %s)", [last])
    cursor.execute("SELECT setval('traceability_entry_id', %s)", [book.entries])
    cursor.execute("ALTER TABLE traceability_ledgerhead DISABLE TRIGGER ALL")
    cursor.execute(
        "UPDATE traceability_ledgerhead SET seq = %s, recorded_at = %s, is_seeding = false",
        [book.entries, book.now],
    )
    cursor.execute("ALTER TABLE traceability_ledgerhead ENABLE TRIGGER ALL")
    for name in ("is_never_deleted", "is_written_by_the_door", "changes_only_as_it_may"):
        cursor.execute(f"ALTER TABLE traceability_ledgerhead ENABLE ALWAYS TRIGGER ledgerhead_{name}")
