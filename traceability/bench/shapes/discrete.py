"""Discrete: serials in 6–10 levels, one run per unit, and parts by lot beside them.

mill lot ──▶ 20 heats ──▶ 150 castings each (serials) ──▶ 2 make one of the next level, … 6–10 levels ──▶ unit ──▶ customer
bolts (a lot) ──▶ into 400 of these runs
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from traceability.bench.book import Book

HEATS, CASTINGS, BOLTS = 20, 150, 400
LEVELS = (6, 6, 6, 7, 7, 8, 9, 10)


class Foundry:
    """Gives out castings, one after the other; melts and receives as they run out."""

    def __init__(self, book: Book, plant: Any, random: Random) -> None:
        self.book, self.plant, self.random, self.site = book, plant, random, plant.sites[2]
        self.castings: list[int] = []
        self.mill = self.heats = self.bolts = self.bolts_left = 0

    def casting(self) -> int:
        if not self.castings:
            self._melt()
        return self.castings.pop()

    def bolt(self) -> int:
        if not self.bolts_left:
            self.bolts, self.bolts_left = self._receive(BOLTS), BOLTS
        self.bolts_left -= 1
        return self.bolts

    def _receive(self, quantity: int) -> int:
        supplier = self.plant.supplier(self.random)
        self.book.entry("receipt", self.site, f"RCV-{self.book.entries}", supplier)
        lot = self.book.lot(
            self.plant.material(self.random), self.site.somewhere(self.random), supplier=supplier
        )
        self.book.receive(lot, quantity)
        return lot

    def _melt(self) -> None:
        if not self.heats:
            self.mill, self.heats = self._receive(HEATS * CASTINGS), HEATS
        self.heats -= 1
        book, site = self.book, self.site
        run = book.run(site.pk)
        book.entry("issue", site, f"WO-{run}")
        book.issue(self.mill, CASTINGS, run)
        book.entry("output", site, f"WO-{run}")
        place = site.somewhere(self.random)
        for _ in range(CASTINGS):
            lot = book.lot(self.plant.serial(0), place, serial=True)
            book.output(lot, 1, run)
            self.castings.append(lot)


def discrete(book: Book, plant: Any, random: Random) -> Iterator[None]:
    foundry = Foundry(book, plant, random)
    site = foundry.site
    most = 10 if plant.movements >= 500_000 else 6
    while True:
        levels = min(most, random.choice(LEVELS))
        shelf: list[list[int]] = [
            [] for _ in range(levels + 1)
        ]  # finished serials of each level of this unit
        for _ in range(2**levels):
            shelf[0].append(foundry.casting())
            level = 0
            while level < levels and len(shelf[level]) == 2:
                level += 1
                run = book.run(site.pk)
                bolt = foundry.bolt()
                book.entry("issue", site, f"WO-{run}")
                for part in shelf[level - 1]:
                    book.issue(part, 1, run)
                book.issue(bolt, 1, run)
                shelf[level - 1].clear()
                book.entry("output", site, f"WO-{run}")
                unit = book.lot(plant.serial(level), site.somewhere(random), serial=True)
                book.output(unit, 1, run)
                shelf[level].append(unit)
                yield
        if random.random() < 0.9:
            book.entry("shipment", site, f"SH-{book.entries}", plant.customer(random))
            book.ship(shelf[levels][0], 1)
