"""D7 and what stands in the way of a lot: holds and requirements as their entries tell them, and that holds reach far enough."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.db import connection

from traceability.genealogy import Reading, where_used
from traceability.ledger.verify.findings import Finding, Query, check

# Net quantity of a lot in a run and role, as it was at a seq.
_NET = """
    (SELECT SUM(x.sign * x.quantity) FROM traceability_movement x JOIN traceability_entry xe ON xe.id = x.entry_id
     WHERE x.run_id = {run} AND x.lot_id = {lot} AND x.run_role = '{role}' AND xe.seq <= {seq})"""


@check("D7", "E5")
def outputs_inherited_their_holds() -> Query:
    """What is made in a run that has a lot under a cascading hold in it stands under that hold, and so does all made from it."""
    # An event is an issue or output of such a run. Entries posted together may tell a hold in the next of them.
    return Query(
        f"""
        WITH RECURSIVE suspect AS (
            SELECT h.id, h.lot_id, h.cause, h.reference, COALESCE(h.inherited_from_id, h.id) AS root, p.seq AS since, f.seq AS until
            FROM traceability_hold h JOIN traceability_lot l ON l.id = h.lot_id AND NOT l.is_untracked
            JOIN traceability_entry p ON p.id = h.placed_in_id LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id WHERE h.cascades),
        drawing AS (SELECT DISTINCT s.id, s.lot_id, s.since, s.until, i.run_id FROM suspect s JOIN traceability_movement i ON i.lot_id = s.lot_id AND i.run_role = 'input'),
        event AS (
            SELECT DISTINCT d.id, e.seq, d.run_id FROM drawing d JOIN traceability_movement m ON m.run_id = d.run_id AND m.run_role IN ('input', 'output') AND m.sign > 0
            JOIN traceability_entry e ON e.id = m.entry_id AND e.kind IN ('issue', 'output') AND e.seq > d.since AND (d.until IS NULL OR e.seq < d.until)
            WHERE {_NET.format(run="d.run_id", lot="d.lot_id", role="input", seq="e.seq")} > 0),
        reached (id, seq, lot_id) AS (
            SELECT DISTINCT v.id, v.seq, o.lot_id FROM event v JOIN traceability_movement o ON o.run_id = v.run_id AND o.run_role = 'output'
            JOIN traceability_lot l ON l.id = o.lot_id AND NOT l.is_untracked
            WHERE {_NET.format(run="v.run_id", lot="o.lot_id", role="output", seq="v.seq")} > 0
            UNION SELECT r.id, r.seq, o.lot_id FROM reached r JOIN traceability_movement i ON i.lot_id = r.lot_id AND i.run_role = 'input'
            JOIN traceability_movement o ON o.run_id = i.run_id AND o.run_role = 'output' JOIN traceability_lot l ON l.id = o.lot_id AND NOT l.is_untracked
            WHERE {_NET.format(run="i.run_id", lot="i.lot_id", role="input", seq="r.seq")} > 0
            AND {_NET.format(run="o.run_id", lot="o.lot_id", role="output", seq="r.seq")} > 0)
        SELECT min(r.seq) AS seq, l.number AS lot, s.reference FROM reached r JOIN suspect s ON s.id = r.id JOIN traceability_lot l ON l.id = r.lot_id
        JOIN traceability_entry e ON e.seq = r.seq
        WHERE NOT EXISTS (
            SELECT FROM traceability_hold o JOIN traceability_entry p ON p.id = o.placed_in_id LEFT JOIN traceability_entry f ON f.id = o.lifted_in_id
            WHERE o.lot_id = r.lot_id AND (p.seq <= r.seq OR (p.seq = r.seq + 1 AND p.document = e.document)) AND (f.seq IS NULL OR f.seq > r.seq)
            AND ((s.reference <> '' AND o.reference = s.reference AND o.cause = s.cause) OR COALESCE(o.inherited_from_id, o.id) = s.root))
        GROUP BY l.number, s.id, s.reference""",
        "Entry {seq} left {lot}, made from a held lot, without the hold {reference}.",
    )


@check("D7", "F6")
def scope_holds_reached_everything() -> Iterator[Finding]:
    """A scope hold stands on all that contained its lots at that entry, but for what a decision on record left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, document, (payload -> 'scope')::text FROM traceability_entry WHERE kind = 'hold' AND payload ? 'scope' ORDER BY seq"
        )
        told = cursor.fetchall()
    for seq, paper, scope in told:
        scope = json.loads(scope)
        reading = Reading(**{**scope["reading"], "as_of": seq})
        wanted = (set(where_used(scope["starts"], reading).lots) | set(scope["extra"])) - set(
            scope["leave_out"]
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT l.number FROM traceability_lot l WHERE l.id = ANY(%s) AND NOT EXISTS (
                    SELECT FROM traceability_hold h JOIN traceability_entry p ON p.id = h.placed_in_id LEFT JOIN traceability_entry f ON f.id = h.lifted_in_id
                    WHERE h.lot_id = l.id AND h.reference = %s AND h.cause = %s AND p.seq <= %s AND (f.seq IS NULL OR f.seq > %s))""",
                [sorted(wanted), paper, scope["cause"], seq, seq],
            )
            for (number,) in cursor:
                yield Finding(
                    "scope_holds_reached_everything",
                    f"Entry {seq} held all that contains its lots for {paper}, but not {number}.",
                    seq,
                    number,
                )


@check("D2", "D7")
def holds_are_as_told() -> Query:
    """Every hold is told by the entry that placed it, and lifted only where an entry says so; none is missing."""
    return Query(
        """
        WITH placed AS (
            SELECT (h ->> 0)::bigint AS id, (h ->> 1)::bigint AS lot_id, h ->> 2 AS cause, h ->> 3 AS reference, (h ->> 4)::boolean AS cascades, (h ->> 5)::bigint AS inherited_from_id,
                CASE WHEN jsonb_array_length(h) > 6 THEN COALESCE(h ->> 6, e.reason) END AS reason, e.id AS entry_id, e.seq FROM traceability_entry e, jsonb_array_elements(e.payload -> 'holds') AS h WHERE e.payload ? 'holds'),
        lifted AS (SELECT h::bigint AS id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements_text(e.payload -> 'lifts') AS h WHERE e.payload ? 'lifts')
        SELECT p.seq, l.number AS lot FROM traceability_hold h FULL JOIN placed p ON p.id = h.id LEFT JOIN lifted f ON f.id = COALESCE(h.id, p.id)
        LEFT JOIN traceability_lot l ON l.id = COALESCE(h.lot_id, p.lot_id)
        WHERE (h.lot_id, h.placed_in_id, h.cause, h.reference, h.cascades, h.inherited_from_id) IS DISTINCT FROM (p.lot_id, p.entry_id, p.cause, p.reference, p.cascades, p.inherited_from_id)
        OR h.reason IS DISTINCT FROM COALESCE(p.reason, h.reason) OR h.lifted_in_id IS DISTINCT FROM f.entry_id""",
        "A hold on {lot} (entry {seq}) is not as its entries tell, or one side is missing.",
    )


@check("D2", "D4")
def requirements_are_as_told() -> Query:
    """Every requirement was opened and met by the entries that say so; none is missing."""
    return Query(
        """
        WITH opened AS (
            SELECT (n ->> 0)::bigint AS id, (n ->> 1)::bigint AS lot_id, (n ->> 2)::bigint AS run_id, n ->> 3 AS document, n ->> 4 AS stage, n ->> 5 AS what, (n ->> 6)::boolean AS is_blocking,
                e.id AS entry_id, e.seq FROM traceability_entry e, jsonb_array_elements(e.payload -> 'needs') AS n WHERE e.payload ? 'needs'),
        met AS (SELECT n::bigint AS id, e.id AS entry_id FROM traceability_entry e, jsonb_array_elements_text(e.payload -> 'meets') AS n WHERE e.payload ? 'meets')
        SELECT o.seq, COALESCE(r.what, o.what) AS what, l.number AS lot FROM traceability_requirement r FULL JOIN opened o ON o.id = r.id
        LEFT JOIN met m ON m.id = COALESCE(r.id, o.id) LEFT JOIN traceability_lot l ON l.id = COALESCE(r.lot_id, o.lot_id)
        WHERE (r.lot_id, r.run_id, r.document, r.stage, r.what, r.is_blocking, r.opened_in_id) IS DISTINCT FROM (o.lot_id, o.run_id, o.document, o.stage, o.what, o.is_blocking, o.entry_id)
        OR r.met_in_id IS DISTINCT FROM m.entry_id""",
        "The requirement '{what}' (entry {seq}) is not as its entries tell, or one side is missing.",
    )
