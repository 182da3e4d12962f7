"""Posting: entries per second through the door, against the same rows by raw SQL with and without the chain.

Raw SQL is what an engineer in a hurry would write: the same inserts and updates, one statement a table, no gate, no
promise, no refusal in words. With the chain: the head row is locked, moved and hashed, as the door does it.
"""

# ruff: noqa: S311, S608

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg2
from django.db import connection, connections

from traceability import ledger
from traceability.ledger import Move
from traceability.models import EntryKind, Item, Location, Lot, Party, Person

LOTS = 400  # drawn at random by all writers
ONE = Decimal(1)
WRITERS = (1, 8)
LINES = (1, 5)


@dataclass
class Shelf:
    """What the writers ship from: one place, many lots, one customer."""

    actor: Person
    customer: Party
    place: Location
    gone: Location
    lots: list[Lot]


def fill_shelf(plant: Any, supplier: Party | None = None) -> Shelf:
    """Lots to ship from, received through the door in one entry."""
    site = plant.sites[0]
    actor, customer = Person.objects.get(pk=plant.actor), Party.objects.get(pk=plant.customers[0])
    places = Location.objects.select_related("site").in_bulk([site.places[0], site.supplier, site.customer])
    item = Item.objects.get(pk=plant.products[0])
    lots = [
        Lot(item=item, number=f"SHELF-{number}", supplier_id=plant.suppliers[0]) for number in range(LOTS)
    ]
    moves = [
        Move(
            lot=lot,
            quantity=Decimal(10**9),
            origin=places[site.supplier],
            destination=places[site.places[0]],
            destination_status="released",
        )
        for lot in lots
    ]
    ledger.post(
        EntryKind.RECEIPT,
        actor=actor,
        client="bench",
        key="shelf",
        moves=moves,
        party=Party.objects.get(pk=plant.suppliers[0]),
        document="RCV-SHELF",
    )
    return Shelf(actor, customer, places[site.places[0]], places[site.customer], lots)


def measure_rates(
    shelf: Shelf,
    *,
    seconds: float,
    times: int,
    writers: tuple[int, ...] = WRITERS,
    lines: tuple[int, ...] = LINES,
) -> Iterator[dict[str, Any]]:
    """One row for each number of writers and lines; entries per second, median of `times` rounds in which the ways take turns."""
    for count in writers:
        for width in lines:
            rates: dict[str, list[float]] = {way: [] for way in WAYS}
            slowest: list[float] = []
            for _ in range(times):
                for way in WAYS:
                    rate, p95 = _rate(way, shelf, count, width, seconds)
                    rates[way].append(rate)
                    if way == "post":
                        slowest.append(p95)
            median = {way: statistics.median(found) for way, found in rates.items()}
            yield {
                "name": "post", "writers": count, "lines": width, "post_per_s": median["post"], "chained_per_s": median["chained"], "unchained_per_s": median["unchained"],
                "of_chained": median["post"] / median["chained"], "of_unchained": median["post"] / median["unchained"], "post_p95_ms": statistics.median(slowest) * 1000,
            }  # fmt: skip


def _rate(way: str, shelf: Shelf, writers: int, lines: int, seconds: float) -> tuple[float, float]:
    """Entries per second of all writers together, and the p95 of one entry in seconds. Every writer is a process."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    ready, results = context.Barrier(writers), context.Queue()
    processes = [
        context.Process(target=_write, args=(way, shelf, lines, seconds, ready, results))
        for _ in range(writers)
    ]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    failed = [text for text, _ in found if isinstance(text, str)]
    if failed:
        raise RuntimeError(failed[0])
    taken = sorted(second for _, each in found for second in each)
    return sum(len(each) / begun for begun, each in found), taken[int(len(taken) * 0.95)]


def _write(way: str, shelf: Shelf, lines: int, seconds: float, ready: Any, results: Any) -> None:
    client = f"{way}-{os.getpid()}-{time.time_ns()}"
    rng = random.Random(client)
    try:
        write = WAYS[way](shelf, client, lines)
        write(rng.sample(shelf.lots, lines), 0)
        ready.wait()
        begun, taken, number = time.perf_counter(), [], 1
        while (at := time.perf_counter()) < begun + seconds:
            write(rng.sample(shelf.lots, lines), number)
            taken.append(time.perf_counter() - at)
            number += 1
        results.put((time.perf_counter() - begun, taken))
    except BaseException as error:
        ready.abort()
        results.put((f"{type(error).__name__}: {error}", []))


def _by_the_door(shelf: Shelf, client: str, lines: int) -> Callable[[list[Lot], int], None]:
    def write(lots: list[Lot], number: int) -> None:
        moves = [Move(lot=lot, quantity=ONE, origin=shelf.place, destination=shelf.gone) for lot in lots]
        ledger.post(
            EntryKind.SHIPMENT,
            actor=shelf.actor,
            client=client,
            key=str(number),
            moves=moves,
            party=shelf.customer,
            document=f"SH-{client[-9:]}-{number}",
        )

    return write


BALANCE = (
    "UPDATE traceability_balance b SET quantity = b.quantity - 1 FROM (SELECT id FROM traceability_balance WHERE lot_id = ANY(%s)"
    " AND location_id = %s AND status = 'released' ORDER BY lot_id FOR UPDATE) AS k WHERE b.id = k.id"
)
DELIVERED = (
    "INSERT INTO traceability_delivered (direction, party_id, lot_id, document, line, quantity, returned, first_at, last_at)"
    " SELECT 'shipped', %s, lot, %s, 0, 1, 0, now(), now() FROM unnest(%s::bigint[]) AS lot"
)
MOVEMENT = (
    "INSERT INTO traceability_movement (entry_id, line, lot_id, quantity, origin_id, origin_status, destination_id, destination_status, run_role, sign,"
    " delivery, against, against_line, entered_unit, evidence) SELECT %s, line, lot, 1, %s, 'released', %s, '', '', 1, 'shipped', '', 0, '', 'typed'"
    " FROM unnest(%s::bigint[]) WITH ORDINALITY AS k (lot, line)"
)
ENTRY = (
    "INSERT INTO traceability_entry (id, seq, kind, site_id, document, party_id, occurred_at, recorded_at, actor_id, client, reason, after_the_fact,"
    " imported, payload, digest, chain) SELECT %s, seq, 'shipment', %s, %s, %s, now(), at, %s, %s, '', false, false, '{}', sha256(%s), chain FROM "
)
CHAINED = (
    "WITH head AS (UPDATE traceability_ledgerhead SET seq = seq + 1, recorded_at = GREATEST(clock_timestamp(), recorded_at),"
    " chain = sha256(chain || sha256(%s)) RETURNING seq, recorded_at AS at, chain) " + ENTRY + "head"
)
UNCHAINED = ENTRY + "(SELECT 1000000000000 + %s AS seq, now() AS at, '\\x00'::bytea AS chain) AS k"


def _by_raw_sql(shelf: Shelf, client: str, lines: int, *, chained: bool) -> Callable[[list[Lot], int], None]:
    raw = psycopg2.connect(os.environ["DATABASE_URL"])
    cursor = raw.cursor()
    site = shelf.place.site_id

    def write(lots: list[Lot], number: int) -> None:
        ids, document = sorted(lot.pk for lot in lots), f"SH-{client[-9:]}-{number}"
        cursor.execute(
            "SET LOCAL lotline.door = 'open'; INSERT INTO traceability_entrykey (client, key, fingerprint, entry_id)"
            " VALUES (%s, %s, %s, nextval('traceability_entry_id')) RETURNING entry_id",
            [client, str(number), hashlib.sha256(document.encode()).digest()],
        )
        entry = cursor.fetchone()[0]
        body = hashlib.sha256(repr((entry, document, ids)).encode()).digest()
        cursor.execute(BALANCE, [ids, shelf.place.pk])
        cursor.execute(DELIVERED, [shelf.customer.pk, document, ids])
        cursor.execute(MOVEMENT, [entry, shelf.place.pk, shelf.gone.pk, ids])
        values = [entry, site, document, shelf.customer.pk, shelf.actor.pk, client, body]
        if chained:
            cursor.execute(CHAINED, [body, *values])
        else:
            cursor.execute(UNCHAINED, [*values, entry])
        raw.commit()

    return write


WAYS: dict[str, Callable[[Shelf, str, int], Callable[[list[Lot], int], None]]] = {
    "post": _by_the_door,
    "chained": lambda shelf, client, lines: _by_raw_sql(shelf, client, lines, chained=True),
    "unchained": lambda shelf, client, lines: _by_raw_sql(shelf, client, lines, chained=False),
}


def measure_large(plant: Any, *, serials: int, times: int) -> dict[str, Any]:
    """One entry that receives so many new serials, the same request again, and one that ships them; seconds and ms."""
    site = plant.sites[2]
    actor, supplier, customer = (
        Person.objects.get(pk=plant.actor),
        Party.objects.get(pk=plant.suppliers[0]),
        Party.objects.get(pk=plant.customers[0]),
    )
    places = Location.objects.select_related("site").in_bulk([site.places[0], site.supplier, site.customer])
    item = Item.objects.get(pk=plant.serials[0])
    taken: dict[str, list[float]] = {"receive": [], "again": [], "ship": []}

    def post(
        what: str,
        kind: EntryKind,
        number: int,
        party: Party,
        lots: list[Lot],
        origin: int,
        destination: int,
        arrives: str,
    ) -> None:
        moves = [
            Move(
                lot=lot,
                quantity=ONE,
                origin=places[origin],
                destination=places[destination],
                destination_status=arrives,
            )
            for lot in lots
        ]
        key = f"serials-{kind}-{number}"
        begun = time.perf_counter()
        ledger.post(
            kind,
            actor=actor,
            client="bench",
            key=key,
            moves=moves,
            party=party,
            document=f"SN-{kind}-{number}",
        )
        taken[what].append(time.perf_counter() - begun)

    for number in range(times):
        lots: list[Lot] = []
        for what in ("receive", "again"):
            lots, earlier = [Lot(item=item, number=f"SN-{number}-{n:06}") for n in range(serials)], lots
            post(what, EntryKind.RECEIPT, number, supplier, lots, site.supplier, site.places[0], "released")
        post("ship", EntryKind.SHIPMENT, number, customer, earlier, site.places[0], site.customer, "")
    median = {what: statistics.median(seconds) for what, seconds in taken.items()}
    return {
        "name": "serials", "serials": serials, "receive_s": median["receive"], "again_ms": median["again"] * 1000, "ship_s": median["ship"],
        "statements": _statements(plant),
    }  # fmt: skip


def _statements(plant: Any) -> int:
    """Round trips of one shipment of one line, BEGIN and COMMIT included."""
    shelf = fill_shelf_again(plant)
    trips = 0

    def count(execute: Any, *rest: Any) -> Any:
        nonlocal trips
        trips += 1
        return execute(*rest)

    write = _by_the_door(shelf, "statements", 1)
    write(shelf.lots[:1], 0)
    with connection.execute_wrapper(count):
        write(shelf.lots[:1], 1)
    return trips + 2


def fill_shelf_again(plant: Any) -> Shelf:
    site = plant.sites[0]
    places = Location.objects.select_related("site").in_bulk([site.places[0], site.customer])
    lots = list(Lot.objects.filter(number__startswith="SHELF-").select_related("item"))
    return Shelf(
        Person.objects.get(pk=plant.actor),
        Party.objects.get(pk=plant.customers[0]),
        places[site.places[0]],
        places[site.customer],
        lots,
    )
