"""A6 and H: what an entry must say, and who may not have been the same person."""

from __future__ import annotations

from traceability.ledger.rules import RULES
from traceability.ledger.verify.findings import Query, check


def _kinds() -> str:
    """The rules table as rows: (kind, party, reason, second, late, lines, none)."""
    said = {True: "true", False: "false"}
    return ", ".join(
        f"('{kind}', {said[rule.party]}, {said[rule.reason]}, {said[rule.second]}, {said[rule.after_the_fact]}, {said[rule.moves]},"
        f" {said[not rule.ways and kind != 'reversal']})"
        for kind, rule in RULES.items()
    )


@check("A6", "F1", "G4")
def entries_say_what_they_must() -> Query:
    """An entry names whom, why, and what it moves, as its kind needs; what came late or after the fact says why."""
    return Query(
        f"""
        SELECT e.seq, e.kind FROM traceability_entry e LEFT JOIN (VALUES {_kinds()}) AS k (kind, party, reason, second, late, lines, none) ON k.kind = e.kind
        WHERE k.kind IS NULL OR (k.party AND e.party_id IS NULL) OR (k.reason AND btrim(e.reason) = '') OR (k.second AND e.second_person_id IS NULL)
        OR (e.after_the_fact AND (NOT k.late OR btrim(e.reason) = ''))
        OR (e.recorded_at - e.occurred_at > interval '24 hours 1 minute' AND btrim(e.reason) = '')
        OR (k.lines AND NOT EXISTS (SELECT FROM traceability_movement m WHERE m.entry_id = e.id))
        OR (k.none AND EXISTS (SELECT FROM traceability_movement m WHERE m.entry_id = e.id))
        OR (e.party_id IS NULL AND EXISTS (SELECT FROM traceability_movement m WHERE m.entry_id = e.id AND m.delivery <> ''))
        OR ((e.kind = 'reversal') <> (e.reverses_id IS NOT NULL))""",
        "Entry {seq} ({kind}) does not say what it must: whom, why, or what was moved.",
    )


@check("A6", "D3", "D8", "H3")
def two_persons_confirmed() -> Query:
    """What takes two persons was confirmed by another one: records after the fact, taking back a decision, a longer life, a lift."""
    return Query(
        """
        SELECT e.seq, e.kind FROM traceability_entry e LEFT JOIN traceability_entry o ON o.id = e.reverses_id
        WHERE e.second_person_id = e.actor_id OR (e.second_person_id IS NULL AND (
            e.after_the_fact OR o.kind = 'disposition'
            OR (e.kind = 'amend' AND EXISTS (
                SELECT FROM jsonb_array_elements(e.payload -> 'amended') AS a WHERE a -> 'after' ? 'expires_on' AND a -> 'before' ->> 'expires_on' IS NOT NULL
                AND (a -> 'after' ->> 'expires_on' IS NULL OR (a -> 'after' ->> 'expires_on')::date > (a -> 'before' ->> 'expires_on')::date)))
            OR (e.kind = 'lift' AND EXISTS (
                SELECT FROM traceability_hold h JOIN traceability_entry p ON p.id = h.placed_in_id
                WHERE h.lifted_in_id = e.id AND (p.actor_id <> e.actor_id OR e.recorded_at - p.recorded_at > interval '16 minutes')))))""",
        "Entry {seq} ({kind}) needs a second person, and has none or the same.",
    )


@check("H1", "H2")
def deciders_are_others() -> Query:
    """Who decided on a lot had neither received nor made it, or what it was split, repacked or blended from, before."""
    return Query(
        """
        WITH RECURSIVE behind AS (
            SELECT DISTINCT e.id AS entry_id, e.seq, m.lot_id AS decided, m.lot_id FROM traceability_entry e JOIN traceability_movement m ON m.entry_id = e.id WHERE e.kind = 'disposition'
            UNION SELECT b.entry_id, b.seq, b.decided, i.lot_id FROM behind b JOIN traceability_runlot o ON o.lot_id = b.lot_id AND o.role = 'output' AND o.quantity > 0
            JOIN traceability_run w ON w.id = o.run_id AND w.kind IN ('split', 'repack', 'blend')
            JOIN traceability_runlot i ON i.run_id = o.run_id AND i.role = 'input' AND i.quantity > 0
            WHERE EXISTS (SELECT FROM traceability_movement x JOIN traceability_entry xe ON xe.id = x.entry_id WHERE x.run_id = o.run_id AND x.lot_id = i.lot_id AND xe.seq < b.seq))
        SELECT DISTINCT b.seq, l.number AS lot, p.username AS person FROM behind b JOIN traceability_entry e ON e.id = b.entry_id
        JOIN traceability_movement m ON m.lot_id = b.lot_id JOIN traceability_entry f ON f.id = m.entry_id AND f.kind IN ('receipt', 'output') AND f.seq < b.seq
        JOIN traceability_person p ON p.id IN (e.actor_id, e.second_person_id) AND p.id IN (f.actor_id, f.second_person_id)
        JOIN traceability_lot l ON l.id = b.decided""",
        "Entry {seq} decided on {lot} by {person}, who received or made it.",
    )


@check("H5")
def integrations_decided_nothing() -> Query:
    """No integration decided on quality, lifted a hold, or confirmed anything as a second person."""
    return Query(
        """
        SELECT e.seq, p.username AS person, e.kind FROM traceability_entry e JOIN traceability_person p ON 'integration' = ANY(p.roles)
        AND (p.id = e.second_person_id OR (p.id = e.actor_id AND e.kind IN ('disposition', 'lift')))""",
        "Entry {seq} ({kind}) was decided or confirmed by the integration {person}.",
    )
