"""B7 and C2: a lot is who it was from its first entry on; what changed is told by an entry."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from traceability.ledger.verify.findings import Finding, Query, check
from traceability.models import search_key


@check("B7", "C3")
def lots_are_as_born_and_amended() -> Query:
    """Each lot was told by one entry; it has the identity told there, and the dates and supplier's number last amended."""
    return Query(
        """
        WITH told AS (
            SELECT (n ->> 0)::bigint AS id, n ->> 1 AS number, (b ->> 'item_id')::bigint AS item_id, (b ->> 'supplier_id')::bigint AS supplier_id,
                (b ->> 'owner_id')::bigint AS owner_id, COALESCE(b ->> 'received_under', '') AS received_under, COALESCE(b ->> 'code_source', '') AS code_source,
                COALESCE((b ->> 'is_serial')::boolean, false) AS is_serial, COALESCE((b ->> 'is_untracked')::boolean, false) AS is_untracked,
                COALESCE((b ->> 'is_imported')::boolean, false) AS is_imported, COALESCE(b ->> 'supplier_lot', '') AS supplier_lot,
                (b ->> 'expires_on')::date AS expires_on, (b ->> 'made_on')::date AS made_on
            FROM traceability_entry e, jsonb_array_elements(e.payload -> 'born') AS b, jsonb_array_elements(b -> 'lots') AS n WHERE e.payload ? 'born'),
        born AS (SELECT *, count(*) OVER (PARTITION BY id) AS times FROM told),
        amended AS (
            SELECT DISTINCT ON ((a ->> 'lot')::bigint, k.key) (a ->> 'lot')::bigint AS lot_id, k.key, a -> 'after' ->> k.key AS value
            FROM traceability_entry e, jsonb_array_elements(e.payload -> 'amended') AS a, jsonb_object_keys(a -> 'after') AS k (key) WHERE e.kind = 'amend'
            ORDER BY (a ->> 'lot')::bigint, k.key, e.seq DESC)
        SELECT COALESCE(l.number, b.number) AS lot FROM traceability_lot l FULL JOIN born b ON b.id = l.id
        LEFT JOIN amended x ON x.lot_id = l.id AND x.key = 'expires_on' LEFT JOIN amended y ON y.lot_id = l.id AND y.key = 'made_on'
        LEFT JOIN amended z ON z.lot_id = l.id AND z.key = 'supplier_lot'
        WHERE b.id IS NULL OR l.id IS NULL OR b.times > 1
        OR (l.number, l.item_id, l.supplier_id, l.owner_id, l.received_under, l.code_source, l.is_serial, l.is_untracked, l.is_imported)
            IS DISTINCT FROM (b.number, b.item_id, b.supplier_id, b.owner_id, b.received_under, b.code_source, b.is_serial, b.is_untracked, b.is_imported)
        OR l.expires_on IS DISTINCT FROM CASE WHEN x.key IS NULL THEN b.expires_on ELSE x.value::date END
        OR l.made_on IS DISTINCT FROM CASE WHEN y.key IS NULL THEN b.made_on ELSE y.value::date END
        OR l.supplier_lot IS DISTINCT FROM CASE WHEN z.key IS NULL THEN b.supplier_lot ELSE COALESCE(z.value, '') END""",
        "Lot {lot} is not as its entries tell.",
    )


@check("B7", "C2")
def lot_numbers_are_used_once() -> Query:
    """A lot or serial number is used once per item, for ever."""
    return Query(
        "SELECT l.number AS lot, i.code AS item, count(*) AS times FROM traceability_lot l JOIN traceability_item i ON i.id = l.item_id GROUP BY l.item_id, i.code, l.number HAVING count(*) > 1",
        "{item} has {times} lots called {lot}.",
    )


@check("B7")
def supplier_lots_are_found() -> Iterator[Finding]:
    """Each supplier's number has the search form by which a recall finds it in any spelling."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT number, supplier_lot, supplier_lot_key FROM traceability_lot WHERE supplier_lot <> '' OR supplier_lot_key <> ''"
        )
        for number, printed, key in cursor:
            if key != (search_key(printed) if printed else ""):
                yield Finding(
                    "supplier_lots_are_found",
                    f"Lot {number} is not found under its supplier's number {printed}.",
                    lot=number,
                )
