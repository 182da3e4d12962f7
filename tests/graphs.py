"""Genealogy from text: `graph(plant, "S1, S2 -> B1; B1 -> P1, P2")`. One run per arrow, `WO-1`, `WO-2` … in order.

Sources are received (100), what is drawn is 10 each, what is made is 50 each. A name with P is finished, RW is rework,
any other is an intermediate; `S1` … are material. A lot named on both sides is made once and made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability.models import Item, Lot, Run, RunLot

if TYPE_CHECKING:
    from tests.cast import Plant


def graph(plant: Plant, text: str, *, first: int = 1, lots: dict[str, Lot] | None = None) -> dict[str, Lot]:
    """The lots by name. Goes on from `lots`, so that a graph can grow."""
    lots = lots if lots is not None else {}
    for number, part in enumerate((part for part in text.split(";") if part.strip()), start=first):
        left, _, right = part.partition("->")
        run = plant.run(f"WO-{number}")
        for name in _names(left):
            if name not in lots:
                lots[name] = plant.receive(name, 100, item=item_of(plant, name), supplier_lot=f"SL-{name}")
            plant.issue(lots[name], run, 10)
        for name in _names(right):
            lots[name] = plant.output(lots.get(name, name), run, 50, item=item_of(plant, name))
    return lots


def run_of(plant: Plant, number: int) -> Run:
    return plant.run(f"WO-{number}")


def item_of(plant: Plant, name: str) -> Item:
    if name.startswith("P"):
        return plant.item("PIE", unit="cs", kind="finished")
    if name.startswith("RW"):
        return plant.item("REWORK", kind="intermediate", category="rework")
    if name.startswith("S"):
        return plant.item("SPICE", kind="material")
    return plant.item("BLEND", kind="intermediate")


def links(lot: Lot) -> set[tuple[str, str]]:
    return set(RunLot.objects.filter(lot=lot, quantity__gt=0).values_list("run__document", "role"))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
