"""Bulk: a tanker goes into a silo with what was left of the last filling; one filling feeds hundreds or thousands of runs.

tanker lot ──▶ filling ──▶ silo lot ──▶ 100 … 20,000 runs ──▶ one product lot each ──▶ a customer
                  ▲            │ heel
                  └────────────┘     (the silo is cleaned now and then: the chain of heels ends)
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from traceability.bench.book import Book

SILOS = 6
FANS = (100, 150, 200, 300, 500, 800)
HUGE = 20_000  # one filling in 40 feeds so many runs, as far as the ledger's size allows
CLEANED = 25  # fillings between two cleanings, about


def bulk(book: Book, plant: Any, random: Random) -> Iterator[None]:
    site = plant.sites[1]
    silos = [site.places[number] for number in range(SILOS)]
    heel = [0] * SILOS  # the silo lot that is left in it
    packaging, wrappers = 0, 0
    huge = max(500, min(HUGE, plant.movements // 60))
    waiting: list[int] = []
    for filling in _forever():
        silo = filling % SILOS
        fan = huge if filling % 40 == 7 else random.choice(FANS)
        supplier = plant.supplier(random)
        book.entry("receipt", site, f"RCV-{book.entries}", supplier)
        tanker = book.lot(plant.material(random), silos[silo], supplier=supplier)
        book.receive(tanker, fan * 10)
        run = book.run(site.pk)
        book.entry("issue", site, f"WO-{run}")
        book.issue(tanker, fan * 10, run)
        left = 0
        if heel[silo] and random.randrange(CLEANED):
            left = book.on_hand[heel[silo]]
            book.issue(heel[silo], left, run)
        book.entry("output", site, f"WO-{run}")
        lot = book.lot(plant.mix(random), silos[silo])
        book.output(lot, fan * 10 + left, run)
        heel[silo] = lot
        for _ in range(fan):
            if not wrappers:
                wrappers = 3_000
                book.entry("receipt", site, f"RCV-{book.entries}", supplier)
                packaging = book.lot(plant.material(random), site.somewhere(random), supplier=supplier)
                book.receive(packaging, wrappers)
            wrappers -= 1
            run = book.run(site.pk)
            book.entry("issue", site, f"WO-{run}")
            book.issue(lot, 9, run)
            book.issue(packaging, 1, run)
            book.entry("output", site, f"WO-{run}")
            bag = book.lot(plant.product(random), site.somewhere(random))
            book.output(bag, 9, run)
            waiting.append(bag)
            if len(waiting) == 20:
                book.entry("shipment", site, f"SH-{book.entries}", plant.customer(random))
                for bag in waiting[:19]:
                    book.ship(bag, 9)
                waiting.clear()
            yield


def _forever() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1
