"""The case that was measured on other systems: 1 lot → 20 → 400 lots → 800 deliveries, beside everything else."""

from __future__ import annotations

from random import Random
from typing import Any

from traceability.bench.book import Book

FAN = 20


def peers_case(book: Book, plant: Any, random: Random) -> int:
    """Write it; the id of the first lot."""
    site = plant.sites[0]
    book.entry("receipt", site, "RCV-PEERS", plant.supplier(random))
    raw = book.lot(plant.material(random), site.somewhere(random), supplier=book.party)
    book.receive(raw, FAN * 10)
    subassemblies = [_made_from(book, plant.mix(random), site, random, raw, 10, FAN * 10) for _ in range(FAN)]
    finished = [
        _made_from(book, plant.product(random), site, random, lot, 10, 10)
        for lot in subassemblies
        for _ in range(FAN)
    ]
    for _ in range(2):
        for number, lot in enumerate(finished):
            book.entry(
                "shipment", site, f"SH-PEERS-{book.entries}", plant.customers[number % len(plant.customers)]
            )
            book.ship(lot, 5)
    return raw


def _made_from(book: Book, item: int, site: Any, random: Random, lot: int, quantity: int, makes: int) -> int:
    run = book.run(site.pk)
    book.entry("issue", site, f"WO-{run}")
    book.issue(lot, quantity, run)
    book.entry("output", site, f"WO-{run}")
    made = book.lot(item, site.somewhere(random))
    book.output(made, makes, run)
    return made
