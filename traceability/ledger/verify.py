"""What the ledger promises, as a list of small named checks, each a query. `manage.py verify_ledger` runs them all.

A check yields findings in words, with seq and lot where there is one. Invariants: append-only order and evidence (A),
quantity (B), serials (C), quality gates (D), genealogy (E), deliveries (F), keys (G). The checks read only; they hold on
a ledger of any size, because the database sums and the chain is read in batches.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from traceability.ledger import digest
from traceability.models import BOUNDARIES, Checkpoint, Entry, LedgerHead, Movement

BATCH = 5_000
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    sentence: str
    seq: int | None = None
    lot: str | None = None


@dataclass(slots=True)
class Report:
    """The result: how far was verified, with which chain, and what was found (at most 100 findings a check are told)."""

    seq: int
    chain: str
    findings: list[Finding]
    counts: dict[str, int]
    seconds: float

    @property
    def is_sound(self) -> bool:
        return not any(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq, "chain": self.chain, "sound": self.is_sound, "seconds": round(self.seconds, 3),
            "checks": self.counts, "findings": [asdict(finding) for finding in self.findings],
        }  # fmt: skip


def verify(*, against: list[tuple[int, str]] | None = None, only: list[str] | None = None) -> Report:
    """Run the checks in one consistent snapshot. `against` are (seq, chain hex) of checkpoints kept outside the database:
    a chain alone cannot see a tail that was cut or rewritten by somebody who can write to the database."""
    begun = time.monotonic()
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    with _snapshot():
        head = LedgerHead.objects.get(pk=1)
        for check in CHECKS:
            name = check.__name__
            if only and name not in only:
                continue
            counts[name] = 0
            for finding in check():
                counts[name] += 1
                if counts[name] <= SHOWN:
                    findings.append(finding)
        if against is not None:
            found = list(_checkpoints(against))
            counts["checkpoints_hold"] = len(found)
            findings += found
    return Report(head.seq, bytes(head.chain).hex(), findings, counts, time.monotonic() - begun)


def record(report: Report) -> Checkpoint:
    """Keep the result where the shell shows it."""
    return Checkpoint.objects.create(
        seq=report.seq,
        chain=bytes.fromhex(report.chain),
        findings=report.as_json()["findings"],
        seconds=report.seconds,
    )


class _snapshot:
    """One snapshot for all checks, unless a transaction is already open (as in tests)."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        is_outermost = not connection.in_atomic_block
        self.atomic.__enter__()
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def __exit__(self, *error: Any) -> None:
        self.atomic.__exit__(*error)


def seq_is_dense() -> Iterator[Finding]:
    """A2: 1…n, no gap, no repeat, and the head stands at n."""
    sql = """SELECT seq, before FROM (SELECT seq, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM traceability_entry) AS e WHERE seq <> before + 1"""
    for seq, before in _rows(sql):
        yield Finding("seq_is_dense", f"After entry {before} comes entry {seq}.", seq)
    for last, head in _rows(
        "SELECT COALESCE((SELECT max(seq) FROM traceability_entry), 0), (SELECT seq FROM traceability_ledgerhead)"
    ):
        if last != head:
            yield Finding("seq_is_dense", f"The head says {head}, the last entry is {last}.", last)


def time_goes_forward() -> Iterator[Finding]:
    """A7: recorded_at never decreases in seq order."""
    sql = """SELECT seq FROM (SELECT seq, recorded_at, lag(recorded_at) OVER (ORDER BY seq) AS before FROM traceability_entry) AS e WHERE recorded_at < before"""
    for (seq,) in _rows(sql):
        yield Finding(
            "time_goes_forward", f"Entry {seq} was recorded before the entry that precedes it.", seq
        )


def chain_is_intact() -> Iterator[Finding]:
    """A3: every digest and every link, recomputed from what is stored."""
    previous, last = digest.GENESIS, 0
    while True:
        entries = list(
            Entry.objects.filter(seq__gt=last)
            .order_by("seq")
            .values_list("seq", "recorded_at", "digest", "chain", *digest.ENTRY_FIELDS)[:BATCH]
        )
        if not entries:
            break
        lines = _movements_of([row[4] for row in entries])
        for seq, recorded_at, stored, chain, *values in entries:
            computed = digest.seal(
                seq=seq, recorded_at=recorded_at, body=digest.body(values, lines.get(values[0], ()))
            )
            if computed != bytes(stored):
                yield Finding(
                    "chain_is_intact",
                    f"Entry {seq} is not what was posted: its content does not give its digest.",
                    seq,
                )
            previous = digest.link(previous, bytes(stored))
            if previous != bytes(chain):
                yield Finding("chain_is_intact", f"Entry {seq} does not link to the one before it.", seq)
                previous = bytes(chain)
        last = entries[-1][0]
    head = bytes(LedgerHead.objects.get(pk=1).chain)
    if head != previous:
        yield Finding("chain_is_intact", "The head's chain is not the chain of the last entry.", last)


def _movements_of(entry_ids: list[int]) -> dict[int, list[Any]]:
    lines: dict[int, list[Any]] = {}
    rows = (
        Movement.objects.filter(entry_id__in=entry_ids)
        .order_by("entry_id", "line")
        .values_list("entry_id", *digest.MOVEMENT_FIELDS)
    )
    for entry_id, *values in rows.iterator(chunk_size=20_000):
        lines.setdefault(entry_id, []).append(values)
    return lines


def balances_are_what_movements_add_up_to() -> Iterator[Finding]:
    """B1, B4: the projection equals the replay, row by row."""
    sql = f"""
        WITH replay AS (SELECT lot_id, location_id, status, container_id, SUM(quantity) AS quantity, SUM(pieces) AS pieces FROM ({_SIDES}) AS s GROUP BY 1, 2, 3, 4)
        SELECT l.number, p.code, COALESCE(b.status, r.status), COALESCE(b.quantity, 0), COALESCE(r.quantity, 0)
        FROM traceability_balance b
        FULL JOIN replay r ON r.lot_id = b.lot_id AND r.location_id = b.location_id AND r.status = b.status AND COALESCE(r.container_id, 0) = COALESCE(b.container_id, 0)
        JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id) JOIN traceability_location p ON p.id = COALESCE(b.location_id, r.location_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.pieces, 0) <> COALESCE(r.pieces, 0)"""
    for lot, place, status, stored, replayed in _rows(sql):
        yield Finding(
            "balances_are_what_movements_add_up_to",
            f"{lot} at {place} ({status}): the balance says {stored}, its movements {replayed}.",
            lot=lot,
        )


def runs_are_what_movements_add_up_to() -> Iterator[Finding]:
    """E1: the genealogy equals the replay, link by link."""
    sql = """
        WITH replay AS (
            SELECT run_id, lot_id, CASE run_role WHEN 'output' THEN 'output' ELSE 'input' END AS role,
                SUM(CASE WHEN run_role <> 'removed' THEN sign * quantity ELSE 0 END) AS quantity,
                SUM(CASE WHEN run_role = 'removed' THEN sign * quantity ELSE 0 END) AS removed,
                SUM(CASE WHEN run_role <> 'removed' AND evidence = 'inferred' THEN sign * quantity ELSE 0 END) AS inferred
            FROM traceability_movement WHERE run_role <> '' GROUP BY 1, 2, 3)
        SELECT l.number, w.document, COALESCE(b.role, r.role), COALESCE(b.quantity, 0), COALESCE(r.quantity, 0)
        FROM traceability_runlot b FULL JOIN replay r ON r.run_id = b.run_id AND r.lot_id = b.lot_id AND r.role = b.role
        JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id) JOIN traceability_run w ON w.id = COALESCE(b.run_id, r.run_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.removed, 0) <> COALESCE(r.removed, 0)
            OR COALESCE(b.inferred, 0) <> COALESCE(r.inferred, 0) OR b.is_passage = l.is_untracked"""
    for lot, document, role, stored, replayed in _rows(sql):
        yield Finding(
            "runs_are_what_movements_add_up_to",
            f"{lot} as {role} of {document}: the link says {stored}, its movements {replayed}.",
            lot=lot,
        )


def deliveries_are_what_movements_add_up_to() -> Iterator[Finding]:
    """F1, F8: what was delivered and came back equals the replay, line by line."""
    sql = """
        WITH replay AS (
            SELECT regexp_replace(m.delivery, '_back$', '') AS direction, e.party_id, m.lot_id, COALESCE(NULLIF(m.against, ''), e.document) AS document, m.against_line AS line,
                SUM(CASE WHEN m.delivery NOT LIKE '%%\\_back' THEN m.sign * m.quantity ELSE 0 END) AS quantity,
                SUM(CASE WHEN m.delivery LIKE '%%\\_back' THEN m.sign * m.quantity ELSE 0 END) AS returned
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id WHERE m.delivery <> '' AND e.party_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
        SELECT l.number, COALESCE(b.document, r.document), COALESCE(b.quantity, 0), COALESCE(b.returned, 0), COALESCE(r.quantity, 0), COALESCE(r.returned, 0)
        FROM traceability_delivered b
        FULL JOIN replay r ON r.direction = b.direction AND r.party_id = b.party_id AND r.lot_id = b.lot_id AND r.document = b.document AND r.line = b.line
        JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.returned, 0) <> COALESCE(r.returned, 0)"""
    for lot, document, q1, r1, q2, r2 in _rows(sql):
        yield Finding(
            "deliveries_are_what_movements_add_up_to",
            f"{lot} on {document}: the record says {q1} out and {r1} back, its movements {q2} and {r2}.",
            lot=lot,
        )


def nothing_was_ever_negative() -> Iterator[Finding]:
    """B2: at every prefix of the ledger, not only at its end."""
    sql = f"""
        SELECT l.number, p.code, n.seq, n.running FROM (
            SELECT s.lot_id, s.location_id, e.seq,
                SUM(SUM(s.quantity)) OVER (PARTITION BY s.lot_id, s.location_id, s.status, s.container_id ORDER BY e.seq) AS running
            FROM ({_SIDES}) AS s JOIN traceability_entry e ON e.id = s.entry_id GROUP BY s.lot_id, s.location_id, s.status, s.container_id, e.seq) AS n
        JOIN traceability_lot l ON l.id = n.lot_id JOIN traceability_location p ON p.id = n.location_id WHERE n.running < 0"""
    for lot, place, seq, running in _rows(sql):
        yield Finding(
            "nothing_was_ever_negative", f"{lot} at {place} was {running} after entry {seq}.", seq, lot
        )


def every_lot_adds_up() -> Iterator[Finding]:
    """B3: what came in through the boundaries, less what went out, is what is inside."""
    sql = """
        SELECT l.number, COALESCE(t.net, 0), COALESCE(b.inside, 0)
        FROM (SELECT m.lot_id, SUM(CASE WHEN m.destination_status <> '' AND m.origin_status = '' THEN m.quantity
                                        WHEN m.origin_status <> '' AND m.destination_status = '' THEN -m.quantity ELSE 0 END) AS net
              FROM traceability_movement m GROUP BY 1) AS t
        FULL JOIN (SELECT lot_id, SUM(quantity) AS inside FROM traceability_balance GROUP BY 1) AS b ON b.lot_id = t.lot_id
        JOIN traceability_lot l ON l.id = COALESCE(t.lot_id, b.lot_id) WHERE COALESCE(t.net, 0) <> COALESCE(b.inside, 0)"""
    for lot, net, inside in _rows(sql):
        yield Finding("every_lot_adds_up", f"{lot}: {net} came in net, {inside} is inside.", lot=lot)


def a_serial_is_in_one_place() -> Iterator[Finding]:
    """C1, C2: exactly one, and each movement begins where the one before ended. A boundary is one at every site."""
    place = "CASE WHEN {0}.kind = ANY(%(boundaries)s) THEN {0}.kind ELSE {0}.id::text END"
    sql = f"""
        SELECT number, seq FROM (
            SELECT l.number, e.seq, m.quantity, {place.format("o")} AS origin,
                lag({place.format("d")}) OVER (PARTITION BY m.lot_id ORDER BY e.seq, m.line) AS before
            FROM traceability_movement m JOIN traceability_lot l ON l.id = m.lot_id AND l.is_serial JOIN traceability_entry e ON e.id = m.entry_id
            JOIN traceability_location o ON o.id = m.origin_id JOIN traceability_location d ON d.id = m.destination_id) AS s
        WHERE quantity <> 1 OR before <> origin"""
    for lot, seq in _rows(sql, boundaries=sorted(BOUNDARIES)):
        yield Finding(
            "a_serial_is_in_one_place",
            f"Serial {lot} is moved by entry {seq} from where it was not.",
            seq,
            lot,
        )


def reversals_are_exact() -> Iterator[Finding]:
    """A5: the movements of a reversal are those it reverses, turned round, line for line."""
    sql = """
        SELECT e.seq, o.seq FROM traceability_entry e JOIN traceability_entry o ON o.id = e.reverses_id
        WHERE EXISTS (
            SELECT 1 FROM (SELECT * FROM traceability_movement WHERE entry_id = e.id) AS r
            FULL JOIN (SELECT * FROM traceability_movement WHERE entry_id = o.id) AS m ON m.line = r.line
            WHERE (r.lot_id, r.quantity, r.origin_id, r.origin_status, r.destination_id, r.destination_status, r.run_id, r.run_role, r.delivery, r.sign)
            IS DISTINCT FROM (m.lot_id, m.quantity, m.destination_id, m.destination_status, m.origin_id, m.origin_status, m.run_id, m.run_role, m.delivery, (-m.sign)::smallint))
        OR o.seq >= e.seq"""
    for seq, original in _rows(sql):
        yield Finding(
            "reversals_are_exact", f"Entry {seq} is not the exact negation of entry {original}.", seq
        )


def decisions_were_allowed() -> Iterator[Finding]:
    """D3: only the known changes of status; use as is by two persons; nothing but a decision changes a status inside."""
    sql = """
        SELECT e.seq, l.number, m.origin_status, m.destination_status FROM traceability_movement m
        JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_lot l ON l.id = m.lot_id
        WHERE m.origin_status <> '' AND m.destination_status <> '' AND m.origin_status <> m.destination_status AND e.kind <> 'reversal'
        AND (e.kind <> 'disposition' OR (m.origin_status = 'rejected' AND m.destination_status = 'released' AND e.second_person_id IS NULL)
             OR (m.origin_status = 'rejected' AND m.destination_status = 'quarantine'))"""
    for seq, lot, before, after in _rows(sql):
        yield Finding(
            "decisions_were_allowed",
            f"Entry {seq} turned {lot} from {before} into {after}, which it may not.",
            seq,
            lot,
        )


def only_released_stock_was_used() -> Iterator[Finding]:
    """D2: an act takes released stock; a record after the fact has a reason and a second person."""
    sql = """
        SELECT e.seq, l.number, m.origin_status FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id JOIN traceability_lot l ON l.id = m.lot_id
        WHERE e.kind IN ('issue', 'shipment') AND m.origin_status NOT IN ('', 'released')
        AND NOT (e.after_the_fact AND e.second_person_id IS NOT NULL AND e.reason <> '')"""
    for seq, lot, status in _rows(sql):
        yield Finding(
            "only_released_stock_was_used", f"Entry {seq} used {lot} while it was {status}.", seq, lot
        )


def no_held_lot_was_used() -> Iterator[Finding]:
    """D2: no act on a lot while a hold stood on it, by seq."""
    sql = f"""
        SELECT e.seq, l.number FROM ({_ACTS}) AS e JOIN traceability_lot l ON l.id = e.lot_id
        WHERE EXISTS (
            SELECT 1 FROM traceability_hold h JOIN traceability_entry p ON p.id = h.placed_in_id LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id
            WHERE h.lot_id = e.lot_id AND p.seq < e.seq AND (f.seq IS NULL OR f.seq > e.seq))"""
    for seq, lot in _rows(sql):
        yield Finding("no_held_lot_was_used", f"Entry {seq} used {lot} while it was on hold.", seq, lot)


def no_expired_lot_was_used() -> Iterator[Finding]:
    """D2, D8: by the date it had then, and the day at the site."""
    sql = f"""
        WITH amended AS (
            SELECT (a ->> 'lot')::bigint AS lot_id, e.seq, a -> 'before' AS before FROM traceability_entry e, jsonb_array_elements(e.payload -> 'amended') AS a
            WHERE e.kind = 'amend' AND a -> 'before' ? 'expires_on')
        SELECT e.seq, l.number FROM ({_ACTS}) AS e JOIN traceability_lot l ON l.id = e.lot_id JOIN traceability_site s ON s.id = e.site_id
        LEFT JOIN LATERAL (SELECT before ->> 'expires_on' AS day FROM amended a WHERE a.lot_id = l.id AND a.seq > e.seq ORDER BY a.seq LIMIT 1) AS a ON true
        WHERE (e.recorded_at AT TIME ZONE s.time_zone)::date > CASE WHEN a IS NULL THEN l.expires_on ELSE a.day::date END"""
    for seq, lot in _rows(sql):
        yield Finding("no_expired_lot_was_used", f"Entry {seq} used {lot} after it had expired.", seq, lot)


def nothing_blocking_was_open() -> Iterator[Finding]:
    """No act on a lot, and no issue or output of a run, while something blocking was still open, by seq."""
    stood = "r.is_blocking AND p.seq < e.seq AND (f.seq IS NULL OR f.seq > e.seq)"
    joined = "traceability_requirement r JOIN traceability_entry p ON p.id = r.opened_in_id LEFT JOIN traceability_entry f ON f.id = r.met_in_id"
    sql = f"""
        SELECT e.seq, l.number FROM ({_ACTS}) AS e JOIN traceability_lot l ON l.id = e.lot_id WHERE EXISTS (SELECT 1 FROM {joined} WHERE r.lot_id = e.lot_id AND {stood})
        UNION SELECT e.seq, w.document FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id JOIN traceability_run w ON w.id = m.run_id
        WHERE e.kind IN ('issue', 'output') AND EXISTS (SELECT 1 FROM {joined} WHERE r.run_id = m.run_id AND {stood})"""
    for seq, what in _rows(sql):
        yield Finding(
            "nothing_blocking_was_open",
            f"Entry {seq} went on with {what} while something blocking was open.",
            seq,
            what,
        )


def outputs_inherited_their_holds() -> Iterator[Finding]:
    """D7: an output of a run that had an input under a cascading hold stands under that hold from the same entry on."""
    sql = """
        SELECT DISTINCT e.seq, l.number, h.reference FROM traceability_entry e
        JOIN traceability_movement m ON m.entry_id = e.id AND m.run_role = 'output' AND m.sign > 0
        JOIN traceability_lot l ON l.id = m.lot_id AND NOT l.is_untracked
        JOIN traceability_movement i ON i.run_id = m.run_id AND i.run_role = 'input' AND i.sign > 0 JOIN traceability_entry ie ON ie.id = i.entry_id AND ie.seq < e.seq
        JOIN traceability_lot il ON il.id = i.lot_id AND NOT il.is_untracked
        JOIN traceability_hold h ON h.lot_id = i.lot_id AND h.cascades JOIN traceability_entry p ON p.id = h.placed_in_id AND p.seq < e.seq
        LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id
        WHERE e.kind = 'output' AND (f.seq IS NULL OR f.seq > e.seq)
        AND (SELECT SUM(CASE WHEN x.run_role = 'input' THEN x.sign * x.quantity ELSE 0 END) FROM traceability_movement x JOIN traceability_entry xe ON xe.id = x.entry_id
             WHERE x.run_id = m.run_id AND x.lot_id = i.lot_id AND xe.seq < e.seq) > 0
        AND NOT EXISTS (
            SELECT 1 FROM traceability_hold o JOIN traceability_entry op ON op.id = o.placed_in_id LEFT JOIN traceability_entry of ON of.id = o.lifted_in_id
            WHERE o.lot_id = m.lot_id AND op.seq <= e.seq AND (of.seq IS NULL OR of.seq > e.seq)
            AND ((h.reference <> '' AND o.reference = h.reference AND o.cause = h.cause) OR o.inherited_from_id = COALESCE(h.inherited_from_id, h.id) OR o.id = COALESCE(h.inherited_from_id, h.id)))"""
    for seq, lot, reference in _rows(sql):
        yield Finding(
            "outputs_inherited_their_holds",
            f"Entry {seq} made {lot} from a held lot without the hold {reference}.".replace(" .", "."),
            seq,
            lot,
        )


def lots_are_as_born_and_amended() -> Iterator[Finding]:
    """B7: identity as told in the entry that created the lot, dates and supplier lot as last amended."""
    sql = """
        WITH born AS (
            SELECT (n ->> 0)::bigint AS id, n ->> 1 AS number, (b ->> 'item_id')::bigint AS item_id, (b ->> 'supplier_id')::bigint AS supplier_id,
                COALESCE(b ->> 'supplier_lot', '') AS supplier_lot, (b ->> 'expires_on')::date AS expires_on, (b ->> 'made_on')::date AS made_on
            FROM traceability_entry e, jsonb_array_elements(e.payload -> 'born') AS b, jsonb_array_elements(b -> 'lots') AS n WHERE e.payload ? 'born'),
        amended AS (
            SELECT DISTINCT ON ((a ->> 'lot')::bigint, k.key) (a ->> 'lot')::bigint AS lot_id, k.key, a -> 'after' ->> k.key AS value
            FROM traceability_entry e, jsonb_array_elements(e.payload -> 'amended') AS a, jsonb_object_keys(a -> 'after') AS k (key) WHERE e.kind = 'amend'
            ORDER BY (a ->> 'lot')::bigint, k.key, e.seq DESC)
        SELECT l.number FROM traceability_lot l LEFT JOIN born b ON b.id = l.id
        LEFT JOIN amended x ON x.lot_id = l.id AND x.key = 'expires_on' LEFT JOIN amended y ON y.lot_id = l.id AND y.key = 'made_on'
        LEFT JOIN amended z ON z.lot_id = l.id AND z.key = 'supplier_lot'
        WHERE b.id IS NULL OR (l.number, l.item_id, l.supplier_id) IS DISTINCT FROM (b.number, b.item_id, b.supplier_id)
        OR l.expires_on IS DISTINCT FROM CASE WHEN x.key IS NULL THEN b.expires_on ELSE x.value::date END
        OR l.made_on IS DISTINCT FROM CASE WHEN y.key IS NULL THEN b.made_on ELSE y.value::date END
        OR l.supplier_lot IS DISTINCT FROM CASE WHEN z.key IS NULL THEN b.supplier_lot ELSE COALESCE(z.value, '') END"""
    for (lot,) in _rows(sql):
        yield Finding("lots_are_as_born_and_amended", f"Lot {lot} is not as its entries tell.", lot=lot)


def holds_are_as_told() -> Iterator[Finding]:
    """Every hold is told by the entry that placed it, and lifted only where an entry says so; none is missing."""
    sql = """
        WITH placed AS (SELECT (h ->> 0)::bigint AS id, (h ->> 1)::bigint AS lot_id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements(e.payload -> 'holds') AS h WHERE e.payload ? 'holds'),
        lifted AS (SELECT h::bigint AS id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements_text(e.payload -> 'lifts') AS h WHERE e.payload ? 'lifts')
        SELECT l.number, p.id IS NULL OR h.id IS NULL FROM traceability_hold h FULL JOIN placed p ON p.id = h.id LEFT JOIN lifted f ON f.id = COALESCE(h.id, p.id)
        JOIN traceability_lot l ON l.id = COALESCE(h.lot_id, p.lot_id)
        WHERE (h.lot_id, h.placed_in_id) IS DISTINCT FROM (p.lot_id, p.entry_id) OR h.lifted_in_id IS DISTINCT FROM f.entry_id"""
    for lot, is_missing in _rows(sql):
        yield Finding(
            "holds_are_as_told",
            f"A hold on {lot} is not as its entries tell{', one side is missing' if is_missing else ''}.",
            lot=lot,
        )


def requirements_are_as_told() -> Iterator[Finding]:
    """Every requirement is told by the entry that opened it, and met only where an entry says so."""
    sql = """
        WITH opened AS (SELECT (n ->> 0)::bigint AS id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements(e.payload -> 'needs') AS n WHERE e.payload ? 'needs'),
        met AS (SELECT n::bigint AS id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements_text(e.payload -> 'meets') AS n WHERE e.payload ? 'meets')
        SELECT COALESCE(r.what, 'one'), COALESCE(r.id, o.id) FROM traceability_requirement r FULL JOIN opened o ON o.id = r.id LEFT JOIN met m ON m.id = COALESCE(r.id, o.id)
        WHERE r.opened_in_id IS DISTINCT FROM o.entry_id OR r.met_in_id IS DISTINCT FROM m.entry_id"""
    for what, pk in _rows(sql):
        yield Finding("requirements_are_as_told", f"Requirement {pk} ({what}) is not as its entries tell.")


def every_entry_has_its_key() -> Iterator[Finding]:
    """G1: one (client, key) per entry, so that a repeated request finds it."""
    sql = """
        SELECT e.seq, k.key FROM traceability_entry e FULL JOIN traceability_entrykey k ON k.entry_id = e.id AND k.client = e.client
        WHERE e.id IS NULL OR k.entry_id IS NULL"""
    for seq, key in _rows(sql):
        yield Finding(
            "every_entry_has_its_key", f"Entry {seq} has no key." if seq else f"Key {key} has no entry.", seq
        )


def promises_are_covered() -> Iterator[Finding]:
    """B8: what is promised at a place is there, released."""
    sql = """
        SELECT l.number, p.code, r.promised, COALESCE(b.quantity, 0) FROM (
            SELECT lot_id, location_id, container_id, SUM(quantity) AS promised FROM traceability_reservation WHERE quantity > 0 AND broken_in_id IS NULL GROUP BY 1, 2, 3) AS r
        LEFT JOIN traceability_balance b ON b.lot_id = r.lot_id AND b.location_id = r.location_id AND b.status = 'released' AND COALESCE(b.container_id, 0) = COALESCE(r.container_id, 0)
        JOIN traceability_lot l ON l.id = r.lot_id JOIN traceability_location p ON p.id = r.location_id WHERE r.promised > COALESCE(b.quantity, 0)"""
    for lot, place, promised, there in _rows(sql):
        yield Finding(
            "promises_are_covered",
            f"{promised} of {lot} at {place} are promised, {there} are there.",
            lot=lot,
        )


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    seq_is_dense,
    time_goes_forward,
    chain_is_intact,
    balances_are_what_movements_add_up_to,
    runs_are_what_movements_add_up_to,
    deliveries_are_what_movements_add_up_to,
    nothing_was_ever_negative,
    every_lot_adds_up,
    a_serial_is_in_one_place,
    reversals_are_exact,
    decisions_were_allowed,
    only_released_stock_was_used,
    no_held_lot_was_used,
    no_expired_lot_was_used,
    nothing_blocking_was_open,
    outputs_inherited_their_holds,
    lots_are_as_born_and_amended,
    holds_are_as_told,
    requirements_are_as_told,
    every_entry_has_its_key,
    promises_are_covered,
)

# Both sides of every movement that touches stock inside.
_SIDES = """
    SELECT entry_id, lot_id, origin_id AS location_id, origin_status AS status, origin_container_id AS container_id, -quantity AS quantity, -COALESCE(pieces, 0) AS pieces
    FROM traceability_movement WHERE origin_status <> ''
    UNION ALL SELECT entry_id, lot_id, destination_id, destination_status, destination_container_id, quantity, COALESCE(pieces, 0)
    FROM traceability_movement WHERE destination_status <> ''"""

# Uses of a lot as an act, each once.
_ACTS = """
    SELECT DISTINCT e.seq, e.recorded_at, e.site_id, m.lot_id FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
    WHERE e.kind IN ('issue', 'shipment') AND NOT e.after_the_fact"""


def _checkpoints(against: list[tuple[int, str]]) -> Iterator[Finding]:
    """A4: the ledger still has the chain it had when a checkpoint was taken away."""
    known = dict(Entry.objects.filter(seq__in=[seq for seq, _ in against]).values_list("seq", "chain"))
    known[0] = digest.GENESIS
    for seq, chain in against:
        if seq not in known:
            yield Finding(
                "checkpoints_hold", f"The checkpoint at entry {seq} is past the end: the tail was cut.", seq
            )
        elif bytes(known[seq]).hex() != chain:
            yield Finding(
                "checkpoints_hold",
                f"Entry {seq} has another chain than its checkpoint: the ledger was rewritten.",
                seq,
            )


def _rows(sql: str, **params: Any) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(1_000):
            yield from rows


def fingerprint_of(report: Report) -> str:
    """A short mark of a verification, for a person to compare by eye."""
    return hashlib.sha256(f"{report.seq}:{report.chain}".encode()).hexdigest()[:12]
