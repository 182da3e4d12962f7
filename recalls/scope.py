"""The scope of a recall: everything that contains the starts, as a function of the ledger up to one seq.

    S1 ──▶ B1 ──▶ P1      starts, lots in between, finished lots; who got them, where the rest is, and whether it adds up

Two calls for the same starts, reading and seq give the same bytes, today and after any later posting; that is what a
signed revision rests on. Facts come from the ledger alone; names and addresses are a snapshot beside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from recalls.content import (
    AffectedLot,
    AffectedRun,
    Amount,
    Counts,
    Customer,
    ItemName,
    OpenLot,
    OtherLot,
    PartyName,
    Process,
    RunLink,
    Scope,
    Shipment,
    Start,
    Stock,
    encode,
)
from recalls.paths import Edge, Step, shortest_paths
from traceability import ledger
from traceability.genealogy import WIDE, Reading, left_out, where_used
from traceability.inquiries import (
    facts_of,
    ids,
    in_process,
    made_on,
    mass_balance,
    on_hand_by_place,
    shipped_to,
    snapshot,
)
from traceability.models import Contact, Entry, Item, Lot, Party, Run, RunKind, search_key

# Orders that a person would call one: what only splits, repacks or raises tracking is not counted among them.
WORK_ORDERS = (RunKind.WORK_ORDER, RunKind.REWORK, RunKind.BLEND)


def scope_of(starts: Iterable[Lot | int], reading: Reading = WIDE, seq: int | None = None) -> Scope:
    """The scope of these starts, at the head or as of an earlier seq, read in one snapshot.

    A constant number of queries. Raises BadInput for no starts, or for a seq that the ledger has not reached.
    """
    first = ids(starts)
    if not first:
        raise ledger.BadInput(
            "This recall has no lot to start from.", now="Add at least one lot.", fields={"starts": "empty"}
        )
    with snapshot() as is_still:
        head = ledger.head().seq
        if seq is not None and not 0 <= seq <= head:
            raise ledger.BadInput(
                f"The ledger has {head} entries; there is no entry {seq}.",
                now="Choose an earlier one.",
                fields={"seq": seq},
            )
        at = head if seq is None else seq
        # Where the picture stands still and nothing is later, what movements add up to is at hand.
        as_of = None if is_still and at == head else at
        return _build(first, replace(reading, as_of=as_of), at)


def _build(first: list[int], reading: Reading, seq: int) -> Scope:
    as_of = reading.as_of
    walk = where_used(first, reading)
    affected = walk.lots
    lots = {lot.pk: lot for lot in Lot.objects.filter(pk__in=affected).select_related("item", "supplier")}
    facts, days = facts_of(affected, as_of), made_on(affected, as_of)
    balances = {row.lot_id: row for row in mass_balance(affected, as_of)}
    edges = _edges(affected, as_of)
    paths = shortest_paths(first, edges, reading)
    runs = _runs(edges, lots, reading)
    rework_runs = {run.run_id for run in runs if run.kind == RunKind.REWORK}
    codes = {
        ("run", run.run_id): run.document if run.number == 1 else f"{run.document}/{run.number}"
        for run in runs
    }
    codes |= {("lot", pk): lot.number for pk, lot in lots.items()}
    odd = _spelled_otherwise(first, lots, facts)
    stock = [_stock(row) for row in on_hand_by_place(affected, as_of)]
    statuses: dict[int, set[str]] = defaultdict(set)
    for row in stock:
        statuses[row.lot_id].add(row.status)
    holds = _holds(affected, seq)

    found = []
    for pk, lot in lots.items():
        path = tuple(
            Step(kind=kind, id=key, code=codes[kind, key]) for kind, key in paths.get(pk, [("lot", pk)])
        )
        between = [lots[step.id] for step in path[2:-1:2]]
        via_rework = any(_is_rework(other) for other in between) or any(
            step.kind == "run" and step.id in rework_runs for step in path
        )
        origin = path[0].id
        found.append(
            AffectedLot(
                lot_id=pk, lot=lot.number, item=lot.item.code, kind=lot.item.kind, unit=lot.item.unit, is_start=pk in set(first),
                made_on=days.get(pk), expires_on=facts[pk].expires_on, supplier_lot=facts[pk].supplier_lot,
                statuses=tuple(sorted(statuses[pk])), holds=tuple(sorted(holds[pk])), path=path, via_rework=via_rework,
                typed=facts[origin].supplier_lot if origin in odd and pk != origin else "", balance=balances[pk],
            )
        )  # fmt: skip
    found.sort(key=lambda lot: (lot.item, lot.made_on or date.max, lot.lot, lot.lot_id))
    starts = [
        Start(lot_id=lot.lot_id, lot=lot.lot, item=lot.item, unit=lot.unit, supplier=_code(lots[lot.lot_id].supplier), supplier_lot=lot.supplier_lot,
              spelled_otherwise=lot.lot_id in odd, balance=lot.balance)
        for lot in found if lot.is_start
    ]  # fmt: skip
    deliveries = shipped_to(affected, as_of)
    shipments = [
        Shipment(party=row.party, document=row.document, line=row.line, lot_id=row.lot_id, lot=row.lot, item=row.item, unit=row.unit,
                 quantity=row.quantity, returned=row.returned, first_at=row.first_at)
        for row in deliveries
    ]  # fmt: skip
    customers = customers_of(shipments, {row.party: row.party_id for row in deliveries})
    finished_items = {lot.item for lot in found if lot.is_finished}
    finished = {lot.lot_id for lot in found if lot.is_finished}
    others = _others(left_out(walk))
    orders_total, finished_total, shipments_total = _totals(seq)
    parties = {row.party for row in shipments} | {start.supplier for start in starts if start.supplier}
    counts = Counts(
        starts=len(starts), lots=len(found), work_orders=len({run.document for run in runs if run.kind in WORK_ORDERS}), work_orders_total=orders_total,
        intermediate=sum(lot.is_intermediate for lot in found), finished=len(finished), finished_total=finished_total,
        shipments=len({row.document for row in shipments}), shipments_total=shipments_total, customers=len(customers),
    )  # fmt: skip
    return Scope(
        seq=seq, chain=_chain(seq), narrow=reading.narrow, contains_now=reading.contains_now, time_aware=reading.time_aware, counts=counts,
        starts=tuple(starts), lots=tuple(found), runs=tuple(runs), shipments=tuple(shipments), customers=tuple(customers), stock=tuple(stock),
        in_process=tuple(
            Process(document=row.document, run_id=row.run_id, lot_id=row.lot_id, lot=row.lot, item=row.item, unit=row.unit, quantity=row.quantity)
            for row in in_process(affected, as_of)
        ),
        open_lots=tuple(_open_lots(walk.open_lots, as_of)), clear=tuple(_clear(finished_items, finished, seq)), left_out=tuple(others),
        items=_item_names({lot.item for lot in found} | {other.item for other in others}), parties=_party_names(parties),
    )  # fmt: skip


def _edges(lots: list[int], as_of: int | None) -> list[Edge]:
    """Both ends of every link between affected lots. The times are those of the walk, so that a path follows it."""
    with connection.cursor() as cursor:
        cursor.execute(_EDGES_NOW if as_of is None else _EDGES_AS_OF, {"lots": lots, "as_of": as_of})
        return [Edge(*row) for row in cursor.fetchall()]


def _runs(edges: Sequence[Edge], lots: dict[int, Lot], reading: Reading) -> list[AffectedRun]:
    """Runs that an affected lot went into, with the affected lots on both sides."""
    links: dict[tuple[int, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.holds(reading):
            links[edge.run, edge.role].append(edge)
    drawn = sorted({run for run, role in links if role == "input"})
    found = [
        AffectedRun(
            run_id=run.pk, document=run.document, number=run.number, kind=run.kind,
            inputs=_links(links[run.pk, "input"], lots), outputs=_links(links[run.pk, "output"], lots),
        )
        for run in Run.objects.filter(pk__in=drawn)
    ]  # fmt: skip
    return sorted(found, key=lambda run: (run.document, run.number, run.run_id))


def _links(edges: Sequence[Edge], lots: dict[int, Lot]) -> tuple[RunLink, ...]:
    rows = [
        RunLink(
            lot_id=edge.lot,
            lot=lots[edge.lot].number,
            quantity=edge.quantity,
            removed=edge.removed,
            inferred=edge.inferred,
        )
        for edge in edges
    ]
    return tuple(sorted(rows, key=lambda row: (row.lot, row.lot_id)))


def _is_rework(lot: Lot) -> bool:
    return lot.item.category.casefold() == "rework"


def _spelled_otherwise(first: Sequence[int], lots: dict[int, Lot], facts: dict[int, Any]) -> set[int]:
    """Starts whose supplier lot is not written as most of the same supplier and item are; the first wins a tie."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for pk in first:
        if facts[pk].supplier_lot:
            groups[lots[pk].supplier_id, lots[pk].item_id, search_key(facts[pk].supplier_lot)].append(pk)
    odd: set[int] = set()
    for group in groups.values():
        spellings = [facts[pk].supplier_lot for pk in group]
        usual = max(spellings, key=lambda text: (spellings.count(text), -spellings.index(text)))
        odd |= {pk for pk in group if facts[pk].supplier_lot != usual}
    return odd


def _stock(row: Any) -> Stock:
    return Stock(
        site=row.site, location=row.location, location_kind=row.location_kind, lot_id=row.lot_id, lot=row.lot, item=row.item, unit=row.unit,
        status=row.status, container=row.container, quantity=row.quantity,
    )  # fmt: skip


def customers_of(shipments: Sequence[Shipment], parties: dict[str, int]) -> list[Customer]:
    groups: dict[str, list[Shipment]] = defaultdict(list)
    for row in shipments:
        groups[row.party].append(row)
    found = []
    for party, rows in sorted(groups.items()):
        amounts = tuple(
            Amount(
                unit=unit,
                quantity=sum((r.quantity for r in rows if r.unit == unit), Decimal(0)),
                returned=sum((r.returned for r in rows if r.unit == unit), Decimal(0)),
            )
            for unit in sorted({row.unit for row in rows})
        )
        found.append(
            Customer(
                party=party, party_id=parties[party], documents=tuple(sorted({row.document for row in rows})), lots=tuple(sorted({row.lot for row in rows})),
                amounts=amounts, first_at=min(row.first_at for row in rows), last_at=max(row.first_at for row in rows),
            )
        )  # fmt: skip
    return found


def _holds(lots: list[int], seq: int) -> dict[int, set[str]]:
    """References (or causes) of the holds that stood on each lot at the seq."""
    found: dict[int, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"lots": lots, "seq": seq})
        for lot, reference, cause in cursor.fetchall():
            found[lot].add(reference or cause)
    return found


def _open_lots(lots: list[int], as_of: int | None) -> list[OpenLot]:
    if not lots:
        return []
    drew: dict[int, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_DREW_NOW if as_of is None else _DREW_AS_OF, {"lots": lots, "as_of": as_of})
        for lot, document in cursor.fetchall():
            drew[lot].add(document)
    rows = Lot.objects.filter(pk__in=lots).select_related("item").order_by("item__code", "pk")
    return [
        OpenLot(lot_id=lot.pk, lot=lot.number, item=lot.item.code, documents=tuple(sorted(drew[lot.pk])))
        for lot in rows
    ]


def _others(lots: list[int]) -> list[OtherLot]:
    rows = (
        Lot.objects.filter(pk__in=lots)
        .order_by("item__code", "number", "pk")
        .values_list("pk", "number", "item__code")
        if lots
        else ()
    )
    return [OtherLot(lot_id=pk, lot=number, item=item) for pk, number, item in rows]


def _clear(items: set[str], affected: set[int], seq: int) -> list[OtherLot]:
    """Finished lots of the same items that do not contain any start: looked at, and clear."""
    if not items:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, {"items": sorted(items), "seq": seq})
        return [
            OtherLot(lot_id=pk, lot=number, item=item)
            for pk, number, item in cursor.fetchall()
            if pk not in affected
        ]


def _totals(seq: int) -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"seq": seq, "kinds": [str(kind) for kind in WORK_ORDERS]})
        return cursor.fetchone()


def _chain(seq: int) -> str:
    chain = Entry.objects.filter(seq=seq).values_list("chain", flat=True).first()
    return bytes(chain).hex() if chain else ""


def _item_names(codes: set[str]) -> dict[str, ItemName]:
    return {
        item.code: ItemName(name=item.name, kind=item.kind, unit=item.unit, pack=item.pack, gtin=item.gtin)
        for item in Item.objects.filter(code__in=codes).order_by("code")
    }


def _party_names(codes: set[str]) -> dict[str, PartyName]:
    contacts: dict[int, Contact] = {}
    for contact in Contact.objects.filter(party__code__in=codes).order_by(
        "party", "-is_for_recalls", "name", "pk"
    ):
        contacts.setdefault(contact.party_id, contact)
    found = {}
    for party in Party.objects.filter(code__in=codes).order_by("code"):
        contact_of = contacts.get(party.pk)
        called = (
            {"contact": contact_of.name, "role": contact_of.role, "phone": contact_of.phone, "email": contact_of.email, "checked_on": contact_of.checked_on}
            if contact_of else {}
        )  # fmt: skip
        found[party.code] = PartyName(
            name=party.name, street=party.street, city=party.city, region=party.region, postal_code=party.postal_code, country=party.country,
            flag=party.flag, **called,  # type: ignore[arg-type]
        )  # fmt: skip
    return found


def _code(party: Party | None) -> str:
    return party.code if party else ""


_EDGES_NOW = """
    SELECT run_id, lot_id, role, quantity, removed, GREATEST(inferred, 0), first_at, last_at, is_passage
    FROM traceability_runlot WHERE lot_id = ANY(%(lots)s) AND quantity > 0"""

# The times are those by the seq, as the walk reads them: later movements widen the span that the link has now.
_EDGES_AS_OF = """
    SELECT g.run_id, g.lot_id, g.role, g.quantity, g.removed, GREATEST(g.inferred, 0), g.first_at, g.last_at, k.is_passage
    FROM (
        SELECT m.run_id, m.lot_id, CASE m.run_role WHEN 'output' THEN 'output' ELSE 'input' END AS role,
            SUM(CASE WHEN m.run_role <> 'removed' THEN m.sign * m.quantity ELSE 0 END) AS quantity,
            SUM(CASE WHEN m.run_role = 'removed' THEN m.sign * m.quantity ELSE 0 END) AS removed,
            SUM(CASE WHEN m.run_role <> 'removed' AND m.evidence = 'inferred' THEN m.sign * m.quantity ELSE 0 END) AS inferred,
            MIN(CASE WHEN v.vague THEN '0001-01-01 00:00:00+00' ELSE e.occurred_at END)
                FILTER (WHERE m.run_role <> 'removed' AND m.sign > 0) AS first_at,
            MAX(CASE WHEN v.vague THEN '9999-12-31 00:00:00+00' ELSE e.occurred_at END)
                FILTER (WHERE m.run_role <> 'removed' AND m.sign > 0) AS last_at
        FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
        CROSS JOIN LATERAL (
            SELECT m.evidence IN ('inferred', 'imported') OR e.after_the_fact
                OR e.recorded_at - e.occurred_at > interval '24 hours' AS vague
        ) AS v
        WHERE m.lot_id = ANY(%(lots)s) AND m.run_role <> '' AND e.seq <= %(as_of)s GROUP BY 1, 2, 3
    ) g JOIN traceability_runlot k ON k.run_id = g.run_id AND k.lot_id = g.lot_id AND k.role = g.role
    WHERE g.quantity > 0"""

_HOLDS = """
    SELECT h.lot_id, h.reference, h.cause FROM traceability_hold h
    JOIN traceability_entry p ON p.id = h.placed_in_id LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id
    WHERE h.lot_id = ANY(%(lots)s) AND p.seq <= %(seq)s AND (f.id IS NULL OR f.seq > %(seq)s)"""

_DREW_NOW = "SELECT r.lot_id, u.document FROM traceability_runlot r JOIN traceability_run u ON u.id = r.run_id WHERE r.lot_id = ANY(%(lots)s) AND r.role = 'input' AND r.quantity > 0"

_DREW_AS_OF = """
    SELECT m.lot_id, u.document FROM traceability_movement m
    JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_run u ON u.id = m.run_id
    WHERE m.lot_id = ANY(%(lots)s) AND m.run_role = 'input' AND e.seq <= %(as_of)s
    GROUP BY m.lot_id, m.run_id, u.document HAVING SUM(m.sign * m.quantity) > 0"""

# Something came in, and was not reversed by the seq.
_STOOD = """EXISTS (
    SELECT FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id
    LEFT JOIN traceability_entry r ON r.reverses_id = e.id AND r.seq <= %(seq)s
    WHERE {whose} AND e.kind <> 'reversal' AND e.seq <= %(seq)s AND r.id IS NULL)"""

_CLEAR = f"""
    SELECT l.id, l.number, i.code FROM traceability_lot l JOIN traceability_item i ON i.id = l.item_id
    WHERE i.code = ANY(%(items)s) AND i.kind = 'finished' AND NOT l.is_untracked
        AND {_STOOD.format(whose="m.lot_id = l.id AND m.origin_status = ''")}
    ORDER BY i.code, l.number, l.id"""  # noqa: S608 (no input)

_TOTALS = f"""
    SELECT
        (SELECT COUNT(DISTINCT u.document) FROM traceability_run u
         WHERE u.kind = ANY(%(kinds)s) AND {_STOOD.format(whose="m.run_id = u.id")}),
        (SELECT COUNT(*) FROM traceability_lot l JOIN traceability_item i ON i.id = l.item_id
         WHERE i.kind = 'finished' AND NOT l.is_untracked AND {_STOOD.format(whose="m.lot_id = l.id AND m.origin_status = ''")}),
        (SELECT COUNT(DISTINCT e.document) FROM traceability_entry e
         LEFT JOIN traceability_entry r ON r.reverses_id = e.id AND r.seq <= %(seq)s
         WHERE (e.kind = 'shipment' OR (e.kind = 'opening' AND e.party_id IS NOT NULL)) AND e.seq <= %(seq)s AND r.id IS NULL)"""  # noqa: S608 (no input)

__all__ = [
    "AffectedLot",
    "AffectedRun",
    "Amount",
    "Counts",
    "Customer",
    "ItemName",
    "OpenLot",
    "OtherLot",
    "PartyName",
    "Process",
    "RunLink",
    "Scope",
    "Shipment",
    "Start",
    "Stock",
    "encode",
    "scope_of",
]
