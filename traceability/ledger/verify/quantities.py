"""B and C: what movements add up to, at the end and at every seq before it; serials, promises, pallets."""

from __future__ import annotations

from traceability.ledger.verify.findings import Query, check
from traceability.models import BOUNDARIES

# Both sides of every movement that touches stock inside.
SIDES = """
    SELECT entry_id, lot_id, origin_id AS location_id, origin_status AS status, origin_container_id AS container_id, -quantity AS quantity, -COALESCE(pieces, 0) AS pieces
    FROM traceability_movement WHERE origin_status <> ''
    UNION ALL SELECT entry_id, lot_id, destination_id, destination_status, destination_container_id, quantity, COALESCE(pieces, 0)
    FROM traceability_movement WHERE destination_status <> ''"""


@check("B1", "B4", "D5")
def balances_are_what_movements_add_up_to() -> Query:
    """Each balance, per lot, place, status and container, is the sum of its movements."""
    return Query(
        f"""
        WITH replay AS (SELECT lot_id, location_id, status, container_id, SUM(quantity) AS quantity, SUM(pieces) AS pieces FROM ({SIDES}) AS s GROUP BY 1, 2, 3, 4)
        SELECT l.number AS lot, p.code AS place, COALESCE(b.status, r.status) AS status, COALESCE(b.quantity, 0) AS stored, COALESCE(r.quantity, 0) AS replayed
        FROM traceability_balance b
        FULL JOIN replay r ON r.lot_id = b.lot_id AND r.location_id = b.location_id AND r.status = b.status AND COALESCE(r.container_id, 0) = COALESCE(b.container_id, 0)
        LEFT JOIN traceability_lot l ON l.id = COALESCE(b.lot_id, r.lot_id) LEFT JOIN traceability_location p ON p.id = COALESCE(b.location_id, r.location_id)
        WHERE COALESCE(b.quantity, 0) <> COALESCE(r.quantity, 0) OR COALESCE(b.pieces, 0) <> COALESCE(r.pieces, 0) OR b.is_serial <> l.is_serial""",
        "{lot} at {place} ({status}): the balance says {stored}, its movements {replayed}.",
    )


@check("B2")
def nothing_was_ever_negative() -> Query:
    """No balance was below zero after any entry, not only at the end."""
    return Query(
        f"""
        SELECT l.number AS lot, p.code AS place, n.seq, n.running FROM (
            SELECT s.lot_id, s.location_id, e.seq,
                SUM(SUM(s.quantity)) OVER (PARTITION BY s.lot_id, s.location_id, s.status, s.container_id ORDER BY e.seq) AS running
            FROM ({SIDES}) AS s JOIN traceability_entry e ON e.id = s.entry_id GROUP BY s.lot_id, s.location_id, s.status, s.container_id, e.seq) AS n
        JOIN traceability_lot l ON l.id = n.lot_id JOIN traceability_location p ON p.id = n.location_id WHERE n.running < 0""",
        "{lot} at {place} was {running} after entry {seq}.",
    )


@check("B3", "F3")
def every_lot_adds_up() -> Query:
    """What came in through the boundaries, less what went out, is what is inside."""
    return Query(
        """
        SELECT l.number AS lot, COALESCE(t.net, 0) AS net, COALESCE(b.inside, 0) AS inside
        FROM (SELECT m.lot_id, SUM(CASE WHEN m.destination_status <> '' AND m.origin_status = '' THEN m.quantity
                                        WHEN m.origin_status <> '' AND m.destination_status = '' THEN -m.quantity ELSE 0 END) AS net
              FROM traceability_movement m GROUP BY 1) AS t
        FULL JOIN (SELECT lot_id, SUM(quantity) AS inside FROM traceability_balance GROUP BY 1) AS b ON b.lot_id = t.lot_id
        JOIN traceability_lot l ON l.id = COALESCE(t.lot_id, b.lot_id) WHERE COALESCE(t.net, 0) <> COALESCE(b.inside, 0)""",
        "{lot}: {net} came in net, {inside} is inside.",
    )


@check("B5", "B10")
def quantities_are_real() -> Query:
    """Every quantity moved is a number above zero, within what is stored exactly; a serial moves as one."""
    return Query(
        """
        SELECT e.seq, l.number AS lot, m.quantity FROM traceability_movement m JOIN traceability_entry e ON e.id = m.entry_id JOIN traceability_lot l ON l.id = m.lot_id
        WHERE NOT (m.quantity > 0 AND m.quantity < 1e13) OR NOT (COALESCE(m.entered_quantity, 1) > 0 AND COALESCE(m.entered_quantity, 1) < 1e13)
        OR m.sign NOT IN (1, -1) OR (l.is_serial AND m.quantity <> 1)""",
        "Entry {seq} moves {quantity} of {lot}, which is no quantity of it.",
    )


@check("B6")
def parts_add_up_to_the_whole() -> Query:
    """A split, a pool, or a raising of tracking makes as much as it takes, of the same item."""
    return Query(
        """
        SELECT w.document, SUM(CASE WHEN m.run_role = 'input' THEN m.sign * m.quantity ELSE 0 END) AS taken,
            SUM(CASE WHEN m.run_role = 'output' THEN m.sign * m.quantity ELSE 0 END) AS made, max(l.number) AS lot
        FROM traceability_run w JOIN traceability_movement m ON m.run_id = w.id AND m.run_role IN ('input', 'output') JOIN traceability_lot l ON l.id = m.lot_id
        WHERE w.kind IN ('split', 'blend', 'raise') GROUP BY w.id, w.document
        HAVING SUM(CASE m.run_role WHEN 'input' THEN m.sign * m.quantity ELSE -m.sign * m.quantity END) <> 0 OR min(l.item_id) <> max(l.item_id)""",
        "{document} took {taken} and made {made}, or mixed items.",
    )


@check("B8")
def promises_are_covered() -> Query:
    """What is promised at a place is there, released."""
    return Query(
        """
        SELECT l.number AS lot, p.code AS place, r.promised, COALESCE(b.quantity, 0) AS there FROM (
            SELECT lot_id, location_id, container_id, SUM(quantity) AS promised FROM traceability_reservation WHERE quantity > 0 AND broken_in_id IS NULL GROUP BY 1, 2, 3) AS r
        LEFT JOIN traceability_balance b ON b.lot_id = r.lot_id AND b.location_id = r.location_id AND b.status = 'released' AND COALESCE(b.container_id, 0) = COALESCE(r.container_id, 0)
        JOIN traceability_lot l ON l.id = r.lot_id JOIN traceability_location p ON p.id = r.location_id WHERE r.promised > COALESCE(b.quantity, 0)""",
        "{promised} of {lot} at {place} are promised, {there} are there.",
    )


@check("B8", "D2")
def held_lots_are_not_promised() -> Query:
    """A hold breaks every promise on its lot, and a held lot is promised to nobody."""
    return Query(
        """
        SELECT DISTINCT l.number AS lot, r.document FROM traceability_reservation r JOIN traceability_lot l ON l.id = r.lot_id
        JOIN traceability_hold h ON h.lot_id = r.lot_id AND h.lifted_in_id IS NULL WHERE r.quantity > 0 AND r.broken_in_id IS NULL""",
        "{lot} is on hold and still promised to {document}.",
    )


@check("C1", "C2")
def a_serial_is_in_one_place() -> Query:
    """Each movement of a serial begins where the one before ended. A boundary is one at every site."""
    place = "CASE WHEN {0}.kind = ANY(%(boundaries)s) THEN {0}.kind ELSE {0}.id::text END"
    return Query(
        f"""
        SELECT number AS lot, seq FROM (
            SELECT l.number, e.seq, {place.format("o")} AS origin,
                lag({place.format("d")}) OVER (PARTITION BY m.lot_id ORDER BY e.seq, m.line) AS before
            FROM traceability_movement m JOIN traceability_lot l ON l.id = m.lot_id AND l.is_serial JOIN traceability_entry e ON e.id = m.entry_id
            JOIN traceability_location o ON o.id = m.origin_id JOIN traceability_location d ON d.id = m.destination_id) AS s
        WHERE before <> origin""",
        "Serial {lot} is moved by entry {seq} from where it was not.",
        {"boundaries": sorted(BOUNDARIES)},
    )


@check("C4")
def containers_are_a_forest() -> Query:
    """No container is inside itself, however many others are between."""
    return Query(
        """
        WITH RECURSIVE inside AS (
            SELECT id, parent_id AS outer_id FROM traceability_container WHERE parent_id IS NOT NULL
            UNION SELECT i.id, c.parent_id FROM inside i JOIN traceability_container c ON c.id = i.outer_id WHERE c.parent_id IS NOT NULL)
        SELECT c.number AS container FROM inside i JOIN traceability_container c ON c.id = i.id WHERE i.outer_id = i.id""",
        "Container {container} is inside itself.",
    )
