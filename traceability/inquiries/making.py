"""Runs that drew or made a lot, what is still in process, what is promised, and facts of lots as of a seq."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from traceability.inquiries.snapshot import ids
from traceability.models import Entry, EntryKind, Lot, Reservation, RunLot


@dataclass(frozen=True, slots=True)
class InProcess:
    """A lot drawn by a run that has made nothing yet."""

    run_id: int
    document: str
    run_number: int
    lot_id: int
    lot: str
    item: str
    unit: str
    quantity: Decimal
    since: datetime | None  # None: any time in the run


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What an amend entry may change, as it was at a seq."""

    supplier_lot: str
    made_on: date | None
    expires_on: date | None


def in_process(lots: Iterable[Lot | int], as_of: int | None = None) -> list[InProcess]:
    """Runs that drew these lots, still hold some of it and have no output yet. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _IN_PROCESS_NOW if as_of is None else _IN_PROCESS_AS_OF, {"lots": ids(lots), "as_of": as_of}
        )
        return [InProcess(*row) for row in cursor.fetchall()]


def promised(lots: Iterable[Lot | int]) -> QuerySet[Reservation]:
    """What stands promised of these lots to documents: picks and work orders that a hold would stop."""
    return (
        Reservation.objects.standing().filter(lot__in=ids(lots)).select_related("lot__item", "location", "by")
        .order_by("document", "lot__number", "location__code")
    )  # fmt: skip


def runs_of(lots: Iterable[Lot | int], role: str | None = None) -> QuerySet[RunLot]:
    """The links of these lots to runs, in one role or both, newest first."""
    rows = RunLot.objects.filter(lot__in=ids(lots), quantity__gt=0)
    rows = rows.filter(role=role) if role else rows
    return rows.select_related("run__site", "run__line", "lot__item").order_by(
        F("run_id").desc(), "role", "lot__number"
    )


def made_on(lots: Iterable[Lot | int], as_of: int | None = None) -> dict[int, date]:
    """The day each lot was made (as said, else the production day of its first output), or came in. Three queries."""
    wanted = ids(lots)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_IN.format(until="" if as_of is None else "AND e.seq <= %(as_of)s",
                                        until_r="" if as_of is None else "AND r.seq <= %(as_of)s"),
                       {"lots": wanted, "as_of": as_of})  # fmt: skip
        days: dict[int, date] = dict(cursor.fetchall())
    for lot, facts in facts_of(wanted, as_of).items():
        if facts.made_on:
            days[lot] = facts.made_on
    return days


def facts_of(lots: Iterable[Lot | int], as_of: int | None = None) -> dict[int, LotFacts]:
    """Supplier's lot as printed, made on and expiry, folded back to a seq through the amend entries after it."""
    wanted = ids(lots)
    names = ("supplier_lot", "made_on", "expires_on")
    rows = Lot.objects.filter(pk__in=wanted).values_list("pk", *names)
    facts: dict[int, dict[str, Any]] = {pk: dict(zip(names, row, strict=True)) for pk, *row in rows}
    if as_of is not None:
        # Newest first: what the earliest amend after the seq found is what stood at the seq.
        for payload in (
            Entry.objects.filter(kind=EntryKind.AMEND, seq__gt=as_of)
            .order_by("-seq")
            .values_list("payload", flat=True)
        ):
            for change in payload.get("amended", ()):
                if change["lot"] in facts:
                    facts[change["lot"]] |= {
                        name: _as_fact(name, value) for name, value in change["before"].items()
                    }
    return {lot: LotFacts(**row) for lot, row in facts.items()}


def _as_fact(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and name.endswith("_on") else value


_IN_PROCESS_NOW = """
    SELECT n.run_id, u.document, u.number, n.lot_id, l.number, i.code, i.unit, n.quantity - n.removed,
        NULLIF(n.first_at, '0001-01-01 00:00+00')
    FROM traceability_runlot n
    JOIN traceability_run u ON u.id = n.run_id
    JOIN traceability_lot l ON l.id = n.lot_id
    JOIN traceability_item i ON i.id = l.item_id
    WHERE n.lot_id = ANY(%(lots)s) AND n.role = 'input' AND n.quantity > n.removed
        AND NOT EXISTS (SELECT FROM traceability_runlot f WHERE f.run_id = n.run_id AND f.role = 'output' AND f.quantity > 0)
    ORDER BY u.document, u.number, l.number, n.lot_id"""

_IN_PROCESS_AS_OF = """
    WITH drawn AS (
        SELECT m.run_id, m.lot_id, SUM(CASE m.run_role WHEN 'removed' THEN -m.sign ELSE m.sign END * m.quantity) AS quantity
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.lot_id = ANY(%(lots)s) AND m.run_role IN ('input', 'removed') AND e.seq <= %(as_of)s
        GROUP BY 1, 2 HAVING SUM(CASE m.run_role WHEN 'removed' THEN -m.sign ELSE m.sign END * m.quantity) > 0
    ), made AS (
        SELECT m.run_id FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        WHERE m.run_id IN (SELECT run_id FROM drawn) AND m.run_role = 'output' AND e.seq <= %(as_of)s
        GROUP BY m.run_id, m.lot_id HAVING SUM(m.sign * m.quantity) > 0
    )
    SELECT n.run_id, u.document, u.number, n.lot_id, l.number, i.code, i.unit, n.quantity,
        NULLIF(k.first_at, '0001-01-01 00:00+00')
    FROM drawn n
    JOIN traceability_runlot k ON k.run_id = n.run_id AND k.lot_id = n.lot_id AND k.role = 'input'
    JOIN traceability_run u ON u.id = n.run_id
    JOIN traceability_lot l ON l.id = n.lot_id
    JOIN traceability_item i ON i.id = l.item_id
    WHERE NOT EXISTS (SELECT FROM made WHERE made.run_id = n.run_id)
    ORDER BY u.document, u.number, l.number, n.lot_id"""

# The production day: what happens before the site's day starts belongs to the day before.
_FIRST_IN = """
    SELECT DISTINCT ON (m.lot_id) m.lot_id,
        ((e.occurred_at AT TIME ZONE s.time_zone) - (s.production_day_starts - TIME '00:00'))::date
    FROM traceability_movement m
    JOIN traceability_entry e ON e.id = m.entry_id
    JOIN traceability_site s ON s.id = e.site_id
    JOIN traceability_location o ON o.id = m.origin_id
    LEFT JOIN traceability_entry r ON r.reverses_id = e.id {until_r}
    WHERE m.lot_id = ANY(%(lots)s) AND m.origin_status = '' AND e.kind IN ('output', 'receipt', 'opening') AND r.id IS NULL {until}
    ORDER BY m.lot_id, e.kind <> 'output', e.occurred_at, e.seq"""
