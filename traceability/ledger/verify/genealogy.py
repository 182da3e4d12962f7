"""E and F: the links of genealogy and the deliveries, at the end and at every seq before it."""

from __future__ import annotations

from traceability.ledger.verify.findings import Query, check

# Recorded later than a day, by inference or import, or after the fact: it may have happened at any time in the run. At the
# edge of that day the posting judged a moment before it got its time, so both answers are right.
_LATE = "e.after_the_fact OR m.evidence IN ('inferred', 'imported') OR e.recorded_at - e.occurred_at > interval '24 hours{}'"


@check("E1", "E2", "E6")
def runs_are_what_movements_add_up_to() -> Query:
    """Each link of the genealogy, its quantities and its times, is what its movements say."""
    first = "min(CASE WHEN {} THEN '0001-01-01 00:00Z'::timestamptz ELSE e.occurred_at END) FILTER (WHERE m.sign > 0 AND m.run_role <> 'removed')"
    last = "max(CASE WHEN {} THEN '9999-12-31 00:00Z'::timestamptz ELSE e.occurred_at END) FILTER (WHERE m.sign > 0 AND m.run_role <> 'removed')"
    wide, close = _LATE.format(""), _LATE.format(" 1 minute")
    return Query(
        f"""
        WITH replay AS (
            SELECT m.run_id, m.lot_id, CASE m.run_role WHEN 'output' THEN 'output' ELSE 'input' END AS role,
                SUM(CASE WHEN m.run_role <> 'removed' THEN m.sign * m.quantity ELSE 0 END) AS quantity,
                SUM(CASE WHEN m.run_role = 'removed' THEN m.sign * m.quantity ELSE 0 END) AS removed,
                SUM(CASE WHEN m.run_role <> 'removed' AND m.evidence = 'inferred' THEN m.sign * m.quantity ELSE 0 END) AS inferred,
                {first.format(wide)} AS first_at, {first.format(close)} AS first_close, {last.format(wide)} AS last_at, {last.format(close)} AS last_close
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id WHERE m.run_role <> '' GROUP BY 1, 2, 3)
        SELECT l.number AS lot, w.document, COALESCE(b.role, r.role) AS role, COALESCE(b.quantity, 0) AS stored, COALESCE(r.quantity, 0) AS replayed
        FROM traceability_runlot b FULL JOIN replay r ON r.run_id = b.run_id AND r.lot_id = b.lot_id AND r.role = b.role
        LEFT JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id) LEFT JOIN traceability_run w ON w.id = COALESCE(b.run_id, r.run_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.removed, 0) <> COALESCE(r.removed, 0)
            OR COALESCE(b.inferred, 0) <> COALESCE(r.inferred, 0) OR b.is_passage = l.is_untracked
            OR (b.first_at <> r.first_at AND b.first_at <> r.first_close) OR (b.last_at <> r.last_at AND b.last_at <> r.last_close)""",
        "{lot} as {role} of {document}: the link says {stored}, its movements {replayed}; or their times differ.",
    )


@check("E3")
def no_run_gave_back_more_than_it_got() -> Query:
    """After every entry, no more of a lot had come back out of a run, or been removed, than had gone in."""
    return Query(
        """
        SELECT l.number AS lot, w.document, n.seq, n.inside FROM (
            SELECT m.lot_id, m.run_id, e.seq, SUM(SUM(CASE WHEN m.run_role = 'removed' THEN -m.sign * m.quantity ELSE m.sign * m.quantity END)) OVER so_far AS inside,
                SUM(SUM(CASE WHEN m.run_role = 'removed' THEN m.sign * m.quantity ELSE 0 END)) OVER so_far AS removed
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id WHERE m.run_role <> ''
            GROUP BY m.lot_id, m.run_id, m.run_role = 'output', e.seq
            WINDOW so_far AS (PARTITION BY m.lot_id, m.run_id, m.run_role = 'output' ORDER BY e.seq)) AS n
        JOIN traceability_lot l ON l.id = n.lot_id JOIN traceability_run w ON w.id = n.run_id WHERE n.inside < 0 OR n.removed < 0""",
        "{document} held {inside} of {lot} after entry {seq}.",
    )


@check("E1", "E7")
def runs_keep_their_papers() -> Query:
    """A run belongs to the document that its entries name: no link was moved to another order."""
    return Query(
        """
        SELECT e.seq, l.number AS lot, w.document, e.document AS told FROM traceability_movement m JOIN traceability_run w ON w.id = m.run_id
        JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_lot l ON l.id = m.lot_id WHERE e.document <> '' AND w.document <> e.document""",
        "Entry {seq} tells of {told} with {lot}, but its run stands under {document}.",
    )


@check("F1", "F3")
def deliveries_are_what_movements_add_up_to() -> Query:
    """What was delivered to and by whom, and what came back, is what movements say, line by line."""
    back = "right(m.delivery, 5) = '_back'"
    return Query(
        f"""
        WITH replay AS (
            SELECT replace(m.delivery, '_back', '') AS direction, e.party_id, m.lot_id, COALESCE(NULLIF(m.against, ''), e.document) AS document, m.against_line AS line,
                SUM(CASE WHEN {back} THEN 0 ELSE m.sign * m.quantity END) AS quantity, SUM(CASE WHEN {back} THEN m.sign * m.quantity ELSE 0 END) AS returned,
                min(e.occurred_at) AS first_at, max(e.occurred_at) AS last_at
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id WHERE m.delivery <> '' AND e.party_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
        SELECT l.number AS lot, COALESCE(b.document, r.document) AS document, COALESCE(b.quantity, 0) AS out, COALESCE(b.returned, 0) AS back,
            COALESCE(r.quantity, 0) AS went, COALESCE(r.returned, 0) AS came
        FROM traceability_delivered b
        FULL JOIN replay r ON r.direction = b.direction AND r.party_id = b.party_id AND r.lot_id = b.lot_id AND r.document = b.document AND r.line = b.line
        LEFT JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.returned, 0) <> COALESCE(r.returned, 0) OR b.first_at <> r.first_at OR b.last_at <> r.last_at""",
        "{lot} on {document}: the record says {out} out and {back} back, its movements {went} and {came}; or their times differ.",
    )


@check("F8")
def nobody_returned_more_than_was_delivered() -> Query:
    """After every entry, no more had come back from a customer, or gone back to a supplier, than had been delivered on that line."""
    back = "right(m.delivery, 5) = '_back'"
    return Query(
        f"""
        SELECT l.number AS lot, n.document, n.seq, n.out FROM (
            SELECT m.lot_id, COALESCE(NULLIF(m.against, ''), e.document) AS document, e.seq,
                SUM(SUM(CASE WHEN {back} THEN -m.sign * m.quantity ELSE m.sign * m.quantity END)) OVER so_far AS out,
                SUM(SUM(CASE WHEN {back} THEN m.sign * m.quantity ELSE 0 END)) OVER so_far AS returned
            FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id WHERE m.delivery <> ''
            GROUP BY replace(m.delivery, '_back', ''), e.party_id, m.lot_id, COALESCE(NULLIF(m.against, ''), e.document), m.against_line, e.seq
            WINDOW so_far AS (PARTITION BY replace(m.delivery, '_back', ''), e.party_id, m.lot_id, COALESCE(NULLIF(m.against, ''), e.document), m.against_line ORDER BY e.seq)) AS n
        JOIN traceability_lot l ON l.id = n.lot_id WHERE n.out < 0 OR n.returned < 0""",
        "{lot} on {document}: {out} was still delivered after entry {seq}.",
    )
