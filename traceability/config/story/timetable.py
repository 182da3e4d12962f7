"""When each thing happens. Pure data: no database, no clock, so that answers about time can be reckoned from it by hand.

The rule of a day, in the site's local time:

    05:30  stock taken over at the beginning (once)
    06:00  deliveries, half an hour apart        07:30  inspection on receipt, decided ten minutes later
    08:00  first work order of the day           12:00  second work order, in number order
           +0 shrimp · +5 dry ingredients · +20 spice and blends · +60 rework · +90 packaging
           +170 rework that came off · +180 product · +190 closed with its weights
    15:40  retain samples, spills                17:10  final inspection begun (peeled product is decided at once)
    15:50  picking · 16:10 to SHIP-1 · 16:30 the truck leaves · 17:00 returns
    15:00  two days later: laboratory results, final decision (so a lot ships on the third day at the earliest)

One exception, on purpose: on WO-26-1044 the trimmings RWK-261022-2 come off while the line is set up, at +30, before the blend
is opened at +45. Read with the times, they cannot contain the spice; read wide, they may.

Within a date this is the load order that the data ask for: receipts, work orders in number order, adjustments, shipments, returns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

OPENING, DELIVERIES, ON_RECEIPT, ORDERS = 5 * 60 + 30, 6 * 60, 7 * 60 + 30, (8 * 60, 12 * 60)
ADJUSTING, PICKING, STAGING, LEAVING, RETURNING, FINAL, LABORATORY = (
    15 * 60 + 40,
    15 * 60 + 50,
    16 * 60 + 10,
    16 * 60 + 30,
    17 * 60,
    17 * 60 + 10,
    15 * 60,
)

ISSUED_AFTER = {"shrimp": 0, "dry": 5, "spiced": 20, "rework": 60, "packaging": 90}
REWORK_AFTER, PRODUCT_AFTER, CLOSED_AFTER = 170, 180, 190
# (work order, lot) → minutes after the start, where the rule does not hold.
EXCEPTIONS = {("WO-26-1044", "BB-261021-1"): 45, ("WO-26-1044", "RWK-261022-2"): 30}

# What nobody scanned. One link was only inferred, from what was in the rack when nobody looked.
TYPED_LINKS = {
    ("WO-26-1060", "RM-261012-05"),
    ("WO-26-1080", "RM-261012-05"),
    ("WO-26-1044", "RM-261014-06"),
    ("WO-26-1062", "RM-261014-06"),
}
INFERRED_LINKS = {("WO-26-1047", "PK-261011-01")}
TYPED_RECEIPTS = {"RM-261019-07", "RM-261102-03"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: a day of the data, minutes after local midnight, a verb of `telling`, and what it concerns."""

    day: date
    minute: int
    verb: str
    what: dict[str, Any]


def steps(story: dict[str, Any]) -> list[Step]:
    """The whole story in the order in which it happens. The sort is stable: what is written first of one minute happens first."""
    return sorted(
        [*_deliveries(story), *_work_orders(story), *_adjustments(story), *_shipments(story)],
        key=lambda step: (step.day, step.minute),
    )


def evidence_of(order: str, lot: str) -> str:
    if (order, lot) in INFERRED_LINKS:
        return "inferred"
    return "typed" if (order, lot) in TYPED_LINKS else "scanned"


def _deliveries(story: dict[str, Any]) -> Iterator[Step]:
    inspected = _inspected(story, "receipt")
    for day, receipts in _by_date(story["receipts"]).items():
        for number, receipt in enumerate(receipts):
            yield Step(day, DELIVERIES + 30 * number, "receive", receipt)
        lines = [line for receipt in receipts for line in receipt["lines"] if line["item"] in inspected]
        for number, line in enumerate(lines):
            yield Step(
                day, ON_RECEIPT + 5 * number, "begin_inspection", {"lot": line["lot"], "stage": "receiving"}
            )
            yield Step(day, ON_RECEIPT + 5 * number + 10, "release_lot", {"lot": line["lot"]})


def _work_orders(story: dict[str, Any]) -> Iterator[Step]:
    inspected = _inspected(story, "product")
    for day, orders in _by_date(story["work_orders"]).items():
        for start, order in zip(ORDERS, sorted(orders, key=lambda order: order["work_order"]), strict=False):
            name = order["work_order"]
            yield Step(day, start, "begin_order", order)
            issues: dict[int, list[Any]] = defaultdict(list)
            for line in order["issues"]:
                issues[EXCEPTIONS.get((name, line["lot"]), ISSUED_AFTER[_family(line["item"])])].append(line)
            for after, lines in sorted(issues.items()):
                yield Step(day, start + after, "issue", {"work_order": name, "lines": lines})
            outputs: dict[int, list[Any]] = defaultdict(list)
            for line in order["outputs"]:
                outputs[
                    EXCEPTIONS.get(
                        (name, line["lot"]), REWORK_AFTER if "RWK" in line["item"] else PRODUCT_AFTER
                    )
                ].append(line)
            for after, lines in sorted(outputs.items()):
                yield Step(day, start + after, "output", {"work_order": name, "lines": lines})
            yield Step(day, start + CLOSED_AFTER, "close_order", order)
        made = [line for order in orders for line in order["outputs"] if line["item"] in inspected]
        for number, line in enumerate(made):
            yield Step(day, FINAL + 5 * number, "begin_inspection", {"lot": line["lot"], "stage": "final"})
            if line["item"].startswith("FG-"):
                yield Step(
                    day + timedelta(days=2), LABORATORY + 5 * number, "release_lot", {"lot": line["lot"]}
                )
            else:
                yield Step(day, FINAL + 5 * number + 10, "release_lot", {"lot": line["lot"]})


def _adjustments(story: dict[str, Any]) -> Iterator[Step]:
    for line in story["adjustments"]:
        yield Step(
            date.fromisoformat(line["date"]),
            ADJUSTING,
            "sample" if "sample" in line["reason"] else "scrap",
            line,
        )


def _shipments(story: dict[str, Any]) -> Iterator[Step]:
    for shipment in story["shipments"]:
        day = date.fromisoformat(shipment["date"])
        yield Step(day, PICKING, "pick", shipment)
        yield Step(day, STAGING, "stage", shipment)
        yield Step(day, LEAVING, "ship", shipment)
    for line in story["customer_returns"]:
        yield Step(date.fromisoformat(line["date"]), RETURNING, "take_back", line)


def _family(item: str) -> str:
    if item.startswith("PKG-"):
        return "packaging"
    if "RWK" in item:
        return "rework"
    if item in ("ING-SPC-CAJ", "WIP-BATTER-CAJ"):
        return "spiced"
    return "dry" if item.startswith("ING-") else "shrimp"


def _inspected(story: dict[str, Any], stage: str) -> set[str]:
    return {
        item for plan in story["inspection_plans"] if stage in plan["stage"] for item in plan["applies_to"]
    }


def _by_date(rows: list[dict[str, Any]]) -> dict[date, list[dict[str, Any]]]:
    found: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[date.fromisoformat(row["date"])].append(row)
    return dict(sorted(found.items()))
