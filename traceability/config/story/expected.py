"""The answers of the story, and whether the ledger gives them.

The wide answers are in `shrimp.json`, written down before there was a program. The other readings follow from the timetable;
`reckoning` worked them out without a database, and here they are kept.

* Narrow, from the spice: nothing changes, every link of the spice was scanned or typed. Narrow, from the carton lot
  MC-20440: its link to WO-26-1047 was only inferred, so F-261023-2 is left out (14 of 15 finished lots).
* Time-aware, from the spice: the trimmings RWK-261022-2 came off WO-26-1044 before the blend was opened. They are left out,
  and listed as made before; the nine finished lots stay. Packaging comes later still, so from the cartons it is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from traceability.config.story.data import shrimp
from traceability.genealogy import Reading, left_out, where_used
from traceability.models import Balance, Delivered, EntryKind, Lot, Movement, RunLot, RunRole, search_key
from traceability.models.items import ItemKind

CARTONS = "PK-261011-01"
LEFT_OUT_NARROW = {"spice": set[str](), "cartons": {"F-261023-2"}}
LEFT_OUT_TIME_AWARE = {"spice": {"RWK-261022-2"}, "cartons": {"RWK-261022-2"}}
ZERO = Decimal(0)
Check = tuple[bool, str]


@dataclass(frozen=True)
class Found:
    """What the ledger says about the recall of the spice, asked once."""

    starts: list[Lot]
    affected: list[Lot]
    orders: set[str]
    shipments: list[Delivered]

    @property
    def finished(self) -> list[Lot]:
        return [lot for lot in self.affected if lot.item.kind == ItemKind.FINISHED]

    @property
    def intermediate(self) -> list[Lot]:
        return [lot for lot in self.affected if lot.item.kind == ItemKind.INTERMEDIATE]


def compare() -> list[Check]:
    """Every expected answer beside what the ledger says now: (is it right, a sentence)."""
    story = shrimp()
    expected = story["expected"]
    found = _find(story)
    return [
        *_affected(expected, found),
        *_source(expected, found),
        *_finished(expected, found),
        *_customers(expected, found),
        *_balances(expected),
        *_readings(expected),
    ]


def _find(story: dict[str, Any]) -> Found:
    notice = story["supplier_notice"]
    starts = list(
        Lot.objects.filter(
            supplier__name=notice["supplier"], supplier_lot_key=search_key(notice["supplier_lot"])
        ).order_by("number")
    )
    affected = list(
        Lot.objects.filter(pk__in=where_used(starts).lots).select_related("item").order_by("number")
    )
    orders = RunLot.objects.filter(lot__in=affected, role=RunRole.INPUT, quantity__gt=0).values_list(
        "run__document", flat=True
    )
    shipments = Delivered.objects.filter(
        direction=Delivered.Direction.SHIPPED, lot__in=affected
    ).select_related("party", "lot__item")
    return Found(starts, affected, set(orders), list(shipments))


def _affected(expected: dict[str, Any], found: Found) -> Iterator[Check]:
    counts = expected["affected_counts"]
    yield _same("source lots", [lot.number for lot in found.starts], expected["source_lots"])
    yield _same("affected work orders", sorted(found.orders), sorted(expected["affected_work_orders"]))
    yield _same(
        "affected intermediate lots",
        _numbers(found.intermediate),
        sorted(row["lot"] for row in expected["affected_intermediate_lots"]),
    )
    yield _same(
        "affected finished lots",
        _numbers(found.finished),
        sorted(row["lot"] for row in expected["affected_finished_lots"]),
    )
    yield _same(
        "affected shipments",
        sorted({row.document for row in found.shipments}),
        sorted(expected["affected_shipments"]),
    )
    runs = (
        RunLot.objects.filter(role=RunRole.OUTPUT, quantity__gt=0).values("run__document").distinct().count()
    )
    yield _same("work orders that made something", runs, counts["work_orders_total"])
    yield _same(
        "finished lots",
        Lot.objects.filter(item__kind=ItemKind.FINISHED).count(),
        counts["finished_lots_total"],
    )
    shipped = Delivered.objects.filter(direction=Delivered.Direction.SHIPPED, quantity__gt=0)
    yield _same(
        "shipments that left", shipped.values("document").distinct().count(), counts["shipments_total"]
    )
    untouched = set(_numbers(found.finished)) & set(expected["unaffected_finished_lots"])
    yield (
        not untouched,
        f"No unaffected finished lot is in the scope{f', but {sorted(untouched)} are' if untouched else ''}.",
    )


def _source(expected: dict[str, Any], found: Found) -> Iterator[Check]:
    per_lot = {row["lot"]: row for row in expected["source_balance"]["per_lot"]}
    for lot in found.starts:
        flows = _flows(lot)
        figures = {
            "received": flows.get(EntryKind.RECEIPT, ZERO), "used": flows.get(EntryKind.ISSUE, ZERO) - flows.get(EntryKind.ISSUE_RETURN, ZERO),
            "sampled": flows.get(EntryKind.SAMPLE, ZERO), "spilled": flows.get(EntryKind.SCRAP, ZERO), "on_hand": _on_hand(lot),
        }  # fmt: skip
        figures["unaccounted"] = figures["received"] - sum(
            value for name, value in figures.items() if name != "received"
        )
        row = per_lot.get(lot.number, {})
        yield _same(f"lb of {lot.number}", figures, {name: Decimal(row.get(name, -1)) for name in figures})


def _finished(expected: dict[str, Any], found: Found) -> Iterator[Check]:
    rows = {row["lot"]: row for row in expected["affected_finished_lots"]}
    made = {
        row["lot_id"]: row["total"]
        for row in RunLot.objects.filter(lot__in=found.affected, role=RunRole.OUTPUT)
        .values("lot_id")
        .annotate(total=Sum("quantity"))
    }
    for lot in found.finished:
        its = [row for row in found.shipments if row.lot_id == lot.pk]
        figures = {
            "made": made.get(lot.pk, ZERO), "shipped": sum((row.quantity for row in its), ZERO), "returned": sum((row.returned for row in its), ZERO),
            "sampled": _flows(lot).get(EntryKind.SAMPLE, ZERO), "on_hand": _on_hand(lot),
        }  # fmt: skip
        row = rows.get(lot.number, {})
        yield _same(f"cases of {lot.number}", figures, {name: Decimal(row.get(name, -1)) for name in figures})
    for row in expected["affected_intermediate_lots"]:
        blend = next((lot for lot in found.intermediate if lot.number == row["lot"]), None)
        weights = (made.get(blend.pk, ZERO), _on_hand(blend)) if blend else None
        yield _same(
            f"{row['unit']} of {row['lot']} made and on hand",
            weights,
            (Decimal(row["made"]), Decimal(row["on_hand"])),
        )


def _customers(expected: dict[str, Any], found: Found) -> Iterator[Check]:
    for row in expected["customers"]:
        its = [line for line in found.shipments if line.party.code == row["customer"]]
        figures = (sum((line.quantity for line in its), ZERO), sum((line.returned for line in its), ZERO))
        yield _same(
            f"cases to and back from {row['customer']}",
            figures,
            (Decimal(row["shipped_affected"]), Decimal(row["returned"])),
        )
    listed = sorted(
        (line.party.code, line.document, line.lot.number, line.quantity) for line in found.shipments
    )
    yield _same(
        "distribution lines",
        listed,
        sorted(
            (row["customer"], row["shipment"], row["lot"], Decimal(row["quantity"]))
            for row in expected["distribution"]
        ),
    )


def _balances(expected: dict[str, Any]) -> Iterator[Check]:
    numbers = expected["balances_at_end"]
    on_hand = dict(
        Balance.objects.filter(lot__number__in=numbers)
        .values_list("lot__number")
        .annotate(total=Sum("quantity"))
    )
    wrong = {
        number: on_hand.get(number)
        for number, row in numbers.items()
        if on_hand.get(number, ZERO) != Decimal(row["quantity"])
    }
    yield (
        not wrong,
        f"All {len(numbers)} balances at the end are as expected."
        if not wrong
        else f"These balances differ: {wrong}.",
    )
    graph = expected["graph"]
    story_lots = Q(lot__number__in=numbers)
    edges = (
        RunLot.objects.filter(story_lots, quantity__gt=0).count()
        + Delivered.objects.filter(story_lots, direction="shipped", quantity__gt=0).count()
    )
    yield _same("links of the genealogy", edges, graph["edges"])


def _readings(expected: dict[str, Any]) -> Iterator[Check]:
    for name, numbers in (("spice", expected["source_lots"]), ("cartons", [CARTONS])):
        starts = list(Lot.objects.filter(number__in=numbers))
        for reading, answers in (
            (Reading(narrow=True), LEFT_OUT_NARROW),
            (Reading(time_aware=True), LEFT_OUT_TIME_AWARE),
        ):
            out = Lot.objects.filter(pk__in=left_out(where_used(starts, reading)))
            words = "narrow" if reading.narrow else "time-aware"
            yield _same(
                f"lots that the {words} reading leaves out, from the {name}",
                {lot.number for lot in out},
                answers[name],
            )


def _flows(lot: Lot) -> dict[str, Decimal]:
    """Per kind of entry, what moved of the lot, without what was reversed."""
    rows = (
        Movement.objects.filter(lot=lot, entry__reversed_by__isnull=True)
        .values("entry__kind")
        .annotate(total=Sum("quantity"), lines=Count("id"))
    )
    return {row["entry__kind"]: row["total"] for row in rows}


def _on_hand(lot: Lot) -> Decimal:
    return Balance.objects.filter(lot=lot).aggregate(total=Sum("quantity", default=ZERO))["total"]


def _numbers(lots: list[Lot]) -> list[str]:
    return sorted(lot.number for lot in lots)


def _same(what: str, found: Any, expected: Any) -> Check:
    if found == expected:
        count = f" ({len(expected)})" if isinstance(expected, list) else ""
        return True, f"{what[0].upper()}{what[1:]}{count}: as expected."
    return False, f"{what[0].upper()}{what[1:]}: {found}, expected {expected}."
