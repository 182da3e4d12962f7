"""Food: a vendor lot goes into 5–40 runs, a run has co-products, some of what is made is worked in again.

vendor lots ──▶ mix (1–3 intermediates) ──▶ each into 3–8 runs ──▶ 1–3 products ──▶ 1–3 customers
                                                  ▲                    │ one in 25
                                                  └────── rework ──────┘
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from traceability.bench.book import Book

OPEN = 60  # vendor lots open at a time
OPEN_MIXES = 12


def food(book: Book, plant: Any, random: Random) -> Iterator[None]:
    site = plant.sites[0]
    vendor: list[list[int]] = []  # [lot, runs still to go, drawn by each]
    mixes: list[list[int]] = []
    rework: list[list[int]] = []
    products: list[list[int]] = []  # [lot, customers still to serve, quantity for each]
    while True:
        while len(vendor) < OPEN:
            _delivery(book, plant, random, site, vendor)
        making_mix = len(mixes) < OPEN_MIXES
        inputs = _draw(vendor, random.randint(3, 6), random)
        if not making_mix:
            inputs += _draw(mixes, random.randint(1, 2), random)
            if rework and random.random() < 0.5:
                inputs += [(rework.pop(0)[0], 5)]
        run = book.run(site.pk)
        book.entry("issue", site, f"WO-{run}")
        for lot, quantity in inputs:
            book.issue(lot, quantity, run)
        if random.random() < 0.005:
            yield  # Still running: material is in process.
            continue
        book.entry("output", site, f"WO-{run}")
        for _ in range(random.choice((1, 1, 2, 3))):
            if making_mix:
                runs, each = random.randint(3, 8), random.randint(10, 40)
                lot = book.lot(plant.mix(random), site.somewhere(random))
                book.output(lot, runs * each + random.randint(0, 9), run)
                mixes.append([lot, runs, each])
            else:
                customers, each = random.randint(1, 3), random.randint(20, 60)
                lot = book.lot(plant.product(random), site.somewhere(random))
                book.output(lot, customers * each + random.choice((0, 5, 5)) + 5, run)
                products.append([lot, customers, each])
                if random.random() < 0.04:
                    rework.append([lot, 1, 5])
        if len(products) >= 30:
            _shipments(book, plant, random, site, products)
        yield


def _delivery(book: Book, plant: Any, random: Random, site: Any, vendor: list[list[int]]) -> None:
    supplier = plant.supplier(random)
    book.entry("receipt", site, f"RCV-{book.entries}", supplier)
    for _ in range(random.randint(1, 4)):
        runs, each = random.randint(5, 40), random.randint(5, 50)
        lot = book.lot(plant.material(random), site.somewhere(random), supplier=supplier)
        book.receive(lot, runs * each + random.randint(0, 3))
        vendor.append([lot, runs, each])


def _draw(pool: list[list[int]], count: int, random: Random) -> list[tuple[int, int]]:
    chosen = random.sample(range(len(pool)), min(count, len(pool)))
    drawn = [(pool[at][0], pool[at][2]) for at in chosen]
    for at in chosen:
        pool[at][1] -= 1
    for at in sorted(chosen, reverse=True):
        if not pool[at][1]:
            pool[at] = pool[-1]
            pool.pop()
    return drawn


def _shipments(book: Book, plant: Any, random: Random, site: Any, products: list[list[int]]) -> None:
    while len(products) > 8:
        customer = plant.customer(random)
        book.entry("shipment", site, f"SH-{book.entries}", customer)
        for lot, quantity in _draw(products, random.randint(3, 10), random):
            book.ship(lot, quantity)
