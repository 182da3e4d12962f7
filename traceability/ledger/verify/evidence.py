"""A and G: order, time, the chain, and that each entry is there whole, once, with its key."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.ledger import digest, reading
from traceability.ledger.verify.findings import Finding, Query, check
from traceability.models import LedgerHead


@check("A2")
def seq_is_dense() -> Query:
    """Entries are numbered 1…n, without a gap and without a repeat."""
    return Query(
        "SELECT seq, before FROM (SELECT seq, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before FROM traceability_entry) AS e WHERE seq <> before + 1",
        "After entry {before} comes entry {seq}.",
    )


@check("A2")
def the_head_is_the_last_entry() -> Query:
    """The head stands at the last entry, at its time, and takes no imports once something was posted here."""
    return Query(
        """
        SELECT h.seq AS head, COALESCE(e.seq, 0) AS seq FROM traceability_ledgerhead h
        LEFT JOIN (SELECT seq, recorded_at FROM traceability_entry ORDER BY seq DESC LIMIT 1) AS e ON true
        WHERE h.seq <> COALESCE(e.seq, 0) OR h.recorded_at IS DISTINCT FROM e.recorded_at
            OR (h.is_seeding AND EXISTS (SELECT FROM traceability_entry WHERE NOT imported))""",
        "The head says {head}, the last entry is {seq}; or their times differ, or the head still takes imports.",
    )


@check("A7")
def time_goes_forward() -> Query:
    """The time of recording never goes back from one entry to the next."""
    return Query(
        "SELECT seq FROM (SELECT seq, recorded_at, lag(recorded_at) OVER (ORDER BY seq) AS before FROM traceability_entry) AS e WHERE recorded_at < before",
        "Entry {seq} was recorded before the entry that precedes it.",
    )


@check("A7")
def nothing_came_before_it_happened() -> Query:
    """Nothing was recorded before it happened (clocks may differ by two minutes, and waiting takes a moment)."""
    return Query(
        "SELECT seq FROM traceability_entry WHERE occurred_at > recorded_at + interval '3 minutes'",
        "Entry {seq} was recorded before it happened.",
    )


@check("A7")
def imports_came_first() -> Query:
    """Entries that bring their own time of recording stand before all others."""
    return Query(
        "SELECT seq FROM traceability_entry WHERE imported AND seq > (SELECT min(seq) FROM traceability_entry WHERE NOT imported)",
        "Entry {seq} brought its own time after entries had been posted here.",
    )


@check("A1", "A3")
def chain_is_intact() -> Iterator[Finding]:
    """Every digest and every link of the chain, recomputed from what is stored."""
    previous, last = digest.GENESIS, 0
    for seq, recorded_at, stored, chain, values, lines in reading.stored_entries():
        computed = digest.seal(seq=seq, recorded_at=recorded_at, body=digest.body(values, lines))
        if computed != stored:
            yield Finding(
                "chain_is_intact",
                f"Entry {seq} is not what was posted: its content does not give its digest.",
                seq,
            )
        previous = digest.link(previous, stored)
        if previous != chain:
            yield Finding("chain_is_intact", f"Entry {seq} does not link to the one before it.", seq)
            previous = chain
        last = seq
    if bytes(LedgerHead.objects.get(pk=1).chain) != previous:
        yield Finding("chain_is_intact", "The head's chain is not the chain of the last entry.", last)


@check("G4")
def entries_are_whole() -> Query:
    """The lines of each entry are 1…n; no line stands without its entry."""
    # Two sums that only 1…n gives: lines doubled and left out alike are found.
    return Query(
        """
        SELECT e.seq, m.entry_id FROM traceability_entry e FULL JOIN (
            SELECT entry_id, count(*) AS n, SUM(line::bigint) AS s, SUM(line::bigint * line) AS q FROM traceability_movement GROUP BY 1) AS m ON m.entry_id = e.id
        WHERE e.id IS NULL OR m.s <> n * (n + 1) / 2 OR m.q <> n * (n + 1) * (2 * n + 1) / 6""",
        "The lines of entry {seq} (number {entry_id}) are not complete.",
    )


@check("G1", "G2")
def every_entry_has_its_key() -> Query:
    """Each entry has one (client, key), used for nothing else, so that a repeated request finds it."""
    return Query(
        """
        SELECT e.seq, COALESCE(k.client, e.client) AS client, k.key FROM traceability_entry e FULL JOIN (
            SELECT *, count(*) OVER (PARTITION BY entry_id) AS of_entry, count(*) OVER (PARTITION BY client, key) AS of_key FROM traceability_entrykey) AS k
        ON k.entry_id = e.id AND k.client = e.client WHERE e.id IS NULL OR k.entry_id IS NULL OR k.of_entry > 1 OR k.of_key > 1""",
        "Entry {seq} and key {key} of {client} do not belong together one to one.",
    )


@check("A5")
def reversals_are_exact() -> Query:
    """The lines of a reversal are those it reverses, turned round, one for one, under the same document and party."""
    told = "l.lot_id, l.quantity, l.pieces, l.run_id, l.run_role, l.delivery, l.evidence, l.against_line"
    there = "l.origin_id, l.origin_status, l.origin_container_id, l.destination_id, l.destination_status, l.destination_container_id"
    back = "l.destination_id, l.destination_status, l.destination_container_id, l.origin_id, l.origin_status, l.origin_container_id"
    lines = "SELECT l.line, ROW({told}, {way}, {sign}, {against}) AS said FROM traceability_movement l WHERE l.entry_id = {entry}.id"
    reversing = lines.format(told=told, way=there, sign="l.sign", against="l.against::text", entry="e")
    reversed_ = lines.format(
        told=told,
        way=back,
        sign="(-l.sign)::smallint",
        against="COALESCE(NULLIF(l.against, ''), o.document)::text",
        entry="o",
    )
    return Query(
        f"""
        SELECT e.seq, o.seq AS original FROM traceability_entry e JOIN traceability_entry o ON o.id = e.reverses_id
        WHERE o.seq >= e.seq OR (e.document, e.party_id, e.site_id) IS DISTINCT FROM (o.document, o.party_id, o.site_id)
        OR EXISTS (SELECT FROM ({reversing}) AS r FULL JOIN ({reversed_}) AS m ON m.line = r.line WHERE r.said IS DISTINCT FROM m.said)""",
        "Entry {seq} is not the exact negation of entry {original}.",
    )


@check("A5")
def an_entry_is_reversed_once() -> Query:
    """Nothing is reversed twice; reversals, holds, lifts and amended facts are not reversed at all."""
    return Query(
        """
        SELECT e.seq, o.seq AS original FROM traceability_entry e JOIN traceability_entry o ON o.id = e.reverses_id
        WHERE o.kind IN ('reversal', 'hold', 'lift', 'amend')
        OR EXISTS (SELECT FROM traceability_entry f WHERE f.reverses_id = e.reverses_id AND f.seq < e.seq)""",
        "Entry {seq} reverses entry {original}, which cannot be reversed, or not again.",
    )
