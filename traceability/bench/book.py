"""Writes a ledger by COPY: entries, movements, and what they add up to, all from one arithmetic.

The rows are those the door would write, except that digest and chain are not recomputed (32 bytes of the right size
stand there): the bench measures reading and posting, not the evidence of made-up entries. Quantities are whole base units.
"""

from __future__ import annotations

import hashlib
from array import array
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

COLUMNS = {
    "lot": "id, item_id, number, supplier_id, supplier_lot, supplier_lot_key, received_under, code_source, made_on, is_serial, is_untracked, is_imported",
    "run": "id, document, number, kind, site_id",
    "entry": "id, seq, kind, site_id, document, party_id, occurred_at, recorded_at, actor_id, client, reason, after_the_fact, imported, payload, digest, chain",
    "entrykey": "client, key, fingerprint, entry_id",
    "movement": "entry_id, line, lot_id, quantity, origin_id, origin_status, destination_id, destination_status, run_id, run_role, sign, delivery,"
    " against, against_line, entered_unit, evidence",
    "runlot": "run_id, lot_id, role, quantity, removed, inferred, first_at, last_at, is_passage",
    "delivered": "direction, party_id, lot_id, document, line, quantity, returned, first_at, last_at",
    "balance": "lot_id, location_id, status, quantity, pieces, is_serial",
}
FLUSH_ROWS = 20_000


class Book:
    """One ledger being written. Ids are dense from 1, so that arrays can be indexed by them."""

    def __init__(self, cursor: Any, *, actor: int, begun: datetime, step: timedelta) -> None:
        self.cursor = cursor
        self.actor = actor
        self.now, self.step = begun, step
        self.rows: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self.lots = self.runs = self.entries = self.movements = 0
        # Per lot, at its id: quantity on hand, its place, and whether it is a serial. Place 0 has no row.
        self.on_hand, self.place, self.serial = array("q", [0]), array("l", [0]), array("b", [0])

    def lot(self, item: int, place: int, *, supplier: int = 0, serial: bool = False) -> int:
        """A new lot, kept at one place. From a supplier: with the supplier's number."""
        self.lots += 1
        pk = self.lots
        theirs = f"V{pk}\tV{pk}" if supplier else "\t"
        self.rows["lot"].append(
            f"{pk}\t{item}\tL{pk}\t{supplier or chr(92) + 'N'}\t{theirs}\t\t\t{self.day}\t{'t' if serial else 'f'}\tf\tf\n"
        )
        self.on_hand.append(0)
        self.place.append(place)
        self.serial.append(serial)
        return pk

    def run(self, site: int) -> int:
        self.runs += 1
        self.rows["run"].append(f"{self.runs}\tWO-{self.runs}\t1\twork_order\t{site}\n")
        return self.runs

    def entry(self, kind: str, site: Any, document: str, party: int = 0) -> None:
        """Begin an entry; the lines that follow are its movements."""
        if len(self.rows["movement"]) >= FLUSH_ROWS:
            self.flush()
        self.entries += 1
        self.now += self.step
        self.at = self.now.isoformat()
        self.day = self.at[:10]
        self.site, self.document, self.party, self.line = site, document, party, 0
        pk = self.entries
        mark = hashlib.sha256(b"%d" % pk).hexdigest()
        self.rows["entry"].append(
            f"{pk}\t{pk}\t{kind}\t{site.pk}\t{document}\t{party or chr(92) + 'N'}\t{self.at}\t{self.at}\t{self.actor}\tbench\t\tf\tf\t{{}}\t\\\\x{mark}\t\\\\x{mark[::-1]}\n"
        )
        self.rows["entrykey"].append(f"bench\tk{pk}\t\\\\x{mark}\t{pk}\n")

    day = "2024-01-01"

    def receive(self, lot: int, quantity: int) -> None:
        self.on_hand[lot] += quantity
        self._move(lot, quantity, self.site.supplier, "", self.place[lot], "released", "\\N", "", "received")
        self._deliver("received", lot, quantity)

    def ship(self, lot: int, quantity: int) -> None:
        self._take(lot, quantity)
        self._move(lot, quantity, self.place[lot], "released", self.site.customer, "", "\\N", "", "shipped")
        self._deliver("shipped", lot, quantity)

    def issue(self, lot: int, quantity: int, run: int) -> None:
        """Once per run and lot: the link is written at once."""
        self._take(lot, quantity)
        self._move(lot, quantity, self.place[lot], "released", self.site.production, "", run, "input", "")
        self._link(run, lot, "input", quantity)

    def output(self, lot: int, quantity: int, run: int) -> None:
        self.on_hand[lot] += quantity
        self._move(lot, quantity, self.site.production, "", self.place[lot], "released", run, "output", "")
        self._link(run, lot, "output", quantity)

    def _take(self, lot: int, quantity: int) -> None:
        if self.on_hand[lot] < quantity:
            raise ValueError(f"The generator took {quantity} of lot {lot}, which has {self.on_hand[lot]}.")
        self.on_hand[lot] -= quantity

    def _move(
        self,
        lot: int,
        quantity: int,
        origin: int,
        leaves: str,
        destination: int,
        arrives: str,
        run: Any,
        role: str,
        delivery: str,
    ) -> None:
        self.line += 1
        self.movements += 1
        self.rows["movement"].append(
            f"{self.entries}\t{self.line}\t{lot}\t{quantity}\t{origin}\t{leaves}\t{destination}\t{arrives}\t{run}\t{role}\t1\t{delivery}\t\t0\t\tscanned\n"
        )

    def _link(self, run: int, lot: int, role: str, quantity: int) -> None:
        self.rows["runlot"].append(f"{run}\t{lot}\t{role}\t{quantity}\t0\t0\t{self.at}\t{self.at}\tt\n")

    def _deliver(self, direction: str, lot: int, quantity: int) -> None:
        self.rows["delivered"].append(
            f"{direction}\t{self.party}\t{lot}\t{self.document}\t0\t{quantity}\t0\t{self.at}\t{self.at}\n"
        )

    def flush(self) -> None:
        for table, rows in self.rows.items():
            if rows:
                self.cursor.copy_expert(
                    f"COPY traceability_{table} ({COLUMNS[table]}) FROM STDIN", StringIO("".join(rows))
                )
                rows.clear()

    def close(self) -> None:
        """The last rows, and the balance of every lot: zero too, as the door leaves it."""
        self.flush()
        for lot in range(1, self.lots + 1):
            self.rows["balance"].append(
                f"{lot}\t{self.place[lot]}\treleased\t{self.on_hand[lot]}\t0\t{'t' if self.serial[lot] else 'f'}\n"
            )
            if len(self.rows["balance"]) >= FLUSH_ROWS:
                self.flush()
        self.flush()
