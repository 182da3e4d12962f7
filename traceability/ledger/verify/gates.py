"""D: quality gates, asked again at each seq: was it allowed then? Records after the fact pass, with their reason and second person."""

from __future__ import annotations

from collections.abc import Iterable

from traceability.ledger.rules import ANY, DECISIONS, DECISIONS_BY_TWO, INSIDE, ON_THE_WAY_OUT, RULES
from traceability.ledger.verify.findings import Query, check
from traceability.models import BOUNDARIES, EntryKind, LocationKind

_OUT = ", ".join(f"'{kind}'" for kind in sorted(ON_THE_WAY_OUT))

# Uses of a lot as an act, each once: issued, shipped, or sent on its way out.
ACTS = f"""
    SELECT DISTINCT e.seq, e.recorded_at, e.site_id, e.document, m.lot_id FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
    JOIN traceability_location d ON d.id = m.destination_id
    WHERE NOT e.after_the_fact AND (e.kind IN ('issue', 'shipment') OR (e.kind = 'transfer' AND d.kind IN ({_OUT})))"""

# A hold or requirement that stood when entry e was posted: opened by entry p before, ended by entry f later or not at all.
STOOD = "p.seq < e.seq AND (f.seq IS NULL OR f.seq > e.seq)"


def _side(location: str) -> str:
    return (
        f"CASE WHEN {location}.kind IN ({_list(sorted(BOUNDARIES))}) THEN {location}.kind ELSE '{INSIDE}' END"
    )


def _list(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _ways() -> str:
    """The rules table as rows: (kind, origin, destination, leaves, arrives, run, delivery, sign). Of what leaves usable, the gates below ask."""
    rows = []
    for kind, rule in RULES.items():
        for origin, destination in rule.ways:
            counts = {LocationKind.SUPPLIER, LocationKind.CUSTOMER} & {origin, destination}
            back = kind == EntryKind.RECEIPT_CORRECTION and destination == LocationKind.SUPPLIER
            rows.append(
                f"('{kind}', '{origin}', '{destination}', ARRAY[{_list(ANY if rule.usable else rule.leaves)}]::text[], ARRAY[{_list(rule.arrives)}]::text[], '{rule.run}',"
                f" '{rule.delivery if counts else ''}', {-1 if back else rule.sign})"
            )
    return (
        f"(VALUES {', '.join(rows)}) AS w (kind, origin, destination, leaves, arrives, run, delivery, sign)"
    )


@check("D1", "D3", "F1", "F8")
def movements_follow_the_rules() -> Query:
    """Each movement went a way its kind may go, from and to a status it may have, and counts where it must."""
    return Query(
        f"""
        SELECT m.seq, m.number AS lot, m.kind, m.origin_code AS origin, m.destination_code AS destination FROM (
            SELECT e.seq, e.kind, e.after_the_fact, l.number, o.code AS origin_code, d.code AS destination_code, {_side("o")} AS origin_side, {_side("d")} AS destination_side,
                m.origin_status, m.destination_status, m.run_id, m.run_role, m.delivery, m.sign, m.lot_id
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_lot l ON l.id = m.lot_id
            JOIN traceability_location o ON o.id = m.origin_id JOIN traceability_location d ON d.id = m.destination_id) AS m
        LEFT JOIN {_ways()} ON w.kind = m.kind AND w.origin = m.origin_side AND w.destination = m.destination_side
        WHERE (m.origin_status = '') IS DISTINCT FROM (m.origin_side <> '{INSIDE}') OR (m.destination_status = '') IS DISTINCT FROM (m.destination_side <> '{INSIDE}')
        OR (m.kind <> 'reversal' AND (
            w.kind IS NULL OR (m.run_role, m.delivery, m.sign) IS DISTINCT FROM (w.run, w.delivery, w.sign::smallint) OR (m.run_id IS NULL) <> (w.run = '')
            OR (m.origin_status <> '' AND NOT m.after_the_fact AND m.origin_status <> ALL (w.leaves))
            OR (m.destination_status <> '' AND m.destination_status <> ALL (CASE WHEN w.arrives = '{{}}' THEN ARRAY[m.origin_status] ELSE w.arrives END))))""",
        "Entry {seq} ({kind}) moved {lot} from {origin} to {destination} as it may not.",
    )


@check("D3", "D5")
def decisions_were_allowed() -> Query:
    """A status changes only by a decision of quality control, by a change that is known; use as is by two persons."""
    known = ", ".join(f"('{before}', '{after}')" for before, after in sorted(DECISIONS))
    by_two = ", ".join(f"('{before}', '{after}')" for before, after in sorted(DECISIONS_BY_TWO))
    return Query(
        f"""
        SELECT e.seq, l.number AS lot, m.origin_status AS before, m.destination_status AS after FROM traceability_movement m
        JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_lot l ON l.id = m.lot_id
        WHERE m.origin_status <> '' AND m.destination_status <> '' AND m.origin_status <> m.destination_status AND e.kind <> 'reversal'
        AND (e.kind <> 'disposition' OR (m.origin_status, m.destination_status) NOT IN ({known})
             OR ((m.origin_status, m.destination_status) IN ({by_two}) AND e.second_person_id IS NULL))""",
        "Entry {seq} turned {lot} from {before} into {after}, which it may not.",
    )


@check("D2", "D6")
def only_released_stock_was_used() -> Query:
    """An act takes released stock."""
    return Query(
        f"""
        SELECT e.seq, l.number AS lot, m.origin_status AS status FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
        JOIN traceability_lot l ON l.id = m.lot_id JOIN traceability_location d ON d.id = m.destination_id
        WHERE (e.kind IN ('issue', 'shipment') OR (e.kind = 'transfer' AND d.kind IN ({_OUT}))) AND m.origin_status NOT IN ('', 'released')
        AND NOT (e.after_the_fact AND e.second_person_id IS NOT NULL AND e.reason <> '')""",
        "Entry {seq} used {lot} while it was {status}.",
    )


@check("D2", "D6", "F6")
def no_held_lot_was_used() -> Query:
    """No act on a lot while a hold stood on it; no reversal that puts a held lot back into production or a customer's hands."""
    return Query(
        f"""
        SELECT e.seq, l.number AS lot FROM ({ACTS}
            UNION SELECT e.seq, e.recorded_at, e.site_id, e.document, m.lot_id FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id
            JOIN traceability_location d ON d.id = m.destination_id
            WHERE e.kind = 'reversal' AND d.kind IN ('production', 'customer') AND m.origin_status <> '' AND m.run_role <> 'output') AS e
        JOIN traceability_hold h ON h.lot_id = e.lot_id JOIN traceability_lot l ON l.id = e.lot_id
        JOIN traceability_entry p ON p.id = h.placed_in_id LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id
        WHERE {STOOD} GROUP BY e.seq, l.number""",
        "Entry {seq} used {lot} while it was on hold.",
    )


@check("D2", "D8")
def no_expired_lot_was_used() -> Query:
    """No act on a lot past the date it had then, by the day at the site."""
    # Each date a lot had, and for which entries; the gate looked a moment before the entry got its time.
    return Query(
        f"""
        WITH amended AS (
            SELECT (a ->> 'lot')::bigint AS lot_id, e.seq, (a -> 'before' ->> 'expires_on')::date AS before FROM traceability_entry e, jsonb_array_elements(e.payload -> 'amended') AS a
            WHERE e.kind = 'amend' AND a -> 'before' ? 'expires_on'),
        life AS (
            SELECT lot_id, COALESCE(lag(seq) OVER (PARTITION BY lot_id ORDER BY seq), 0) AS after, seq AS until, before AS day FROM amended
            UNION ALL SELECT l.id, COALESCE((SELECT max(seq) FROM amended a WHERE a.lot_id = l.id), 0), NULL, l.expires_on FROM traceability_lot l WHERE l.expires_on IS NOT NULL)
        SELECT DISTINCT e.seq, l.number AS lot, life.day FROM life JOIN ({ACTS}) AS e ON e.lot_id = life.lot_id AND e.seq > life.after AND (life.until IS NULL OR e.seq < life.until)
        JOIN traceability_lot l ON l.id = e.lot_id JOIN traceability_site s ON s.id = e.site_id
        WHERE ((e.recorded_at - interval '1 minute') AT TIME ZONE s.time_zone)::date > life.day""",
        "Entry {seq} used {lot} after it had expired on {day}.",
    )


@check("D2", "D4")
def nothing_blocking_was_open() -> Query:
    """No act on a lot or document, and no issue or output of a run, while something blocking was still open for it."""
    joined = "traceability_requirement r JOIN traceability_entry p ON p.id = r.opened_in_id LEFT JOIN traceability_entry f ON f.id = r.met_in_id"
    return Query(
        f"""
        SELECT e.seq, l.number AS what, r.what AS needed FROM ({ACTS}) AS e JOIN traceability_lot l ON l.id = e.lot_id JOIN {joined} ON r.lot_id = e.lot_id WHERE r.is_blocking AND {STOOD}
        UNION SELECT e.seq, e.document, r.what FROM ({ACTS}) AS e JOIN {joined} ON r.document = e.document WHERE r.is_blocking AND r.document <> '' AND {STOOD}
        UNION SELECT e.seq, w.document, r.what FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id JOIN traceability_run w ON w.id = m.run_id
            JOIN {joined} ON r.run_id = m.run_id WHERE e.kind IN ('issue', 'output') AND NOT e.after_the_fact AND r.is_blocking AND {STOOD}""",
        "Entry {seq} went on with {what} while it still needed: {needed}.",
    )
