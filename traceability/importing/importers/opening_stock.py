"""Stock on hand on the day Lotline begins: lots whose history before is unknown, each a trace boundary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from traceability import ledger
from traceability.importing.fields import Context, Field, Importer
from traceability.importing.importers.looking_up import Born, Known
from traceability.importing.posting import Posting
from traceability.importing.rows import Outcome, Row
from traceability.ledger import Draft, Move, plain
from traceability.models import Balance, EntryKind, Evidence, LocationKind, Status, Tracking
from traceability.stock.amounts import boundary

LINES = 5_000  # in one entry
STATUSES = tuple(Status.choices)
FACTS = ("supplier_lot", "made_on", "expires_on")


class OpeningStock(Importer):
    name, title, order = "opening_stock", "Opening stock", 60
    note = "What is on hand when Lotline begins. What became of these lots before is not known, and every recall says so."
    right = "traceability.import_opening"
    fields = (
        Field("item", "Item code", "code", is_required=True, limit=40, also=("Item", "Item number"), examples=("ING-SALT", "FG-BREAD", "PUMP-10")),
        Field("lot", "Lot", "code", limit=40, also=("Lot number", "Serial", "Serial number"), help="Empty for items that are not tracked.", examples=("L-2210", "B-0417", "P-000431")),
        Field("quantity", "On hand", "quantity", is_required=True, also=("Quantity", "Qty", "Quantity on hand"), examples=("500", "120", "1")),
        Field("unit", "On hand unit", limit=12, also=("Unit", "U of M"), help="Without it, the base unit.", examples=("lb", "cs", "ea")),
        Field("place", "Place", "code", is_required=True, limit=32, also=("Location", "Bin"), examples=("DRY-A-01", "COLD", "DRY")),
        Field("status", "Quantity status", "choice", choices=STATUSES, also=("Status",), help="Without it, released.", examples=("Released", "Quarantine", "Released")),
        Field("supplier", "Supplier code", "code", limit=32, also=("Vendor ID",), examples=("S-MILL", "", "")),
        Field("supplier_lot", "Supplier lot", "code", limit=80, examples=("CS-26-2874", "", "")),
        Field("made_on", "Made on", "day", also=("Manufacture date",), examples=("", "2026-04-17", "")),
        Field("expires_on", "Expires", "day", also=("Expires on", "Expiration date", "Best by"), examples=("2027-10-19", "2026-10-17", "")),
    )  # fmt: skip

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return (*(row.values.get(name) for name in ("item", "lot", "place")), row.get("status", Status.RELEASED))  # fmt: skip

    def check(self, rows: Sequence[Row], context: Context) -> None:
        known = Known.of(rows, context, party="supplier")
        born: Born = {}
        serials: dict[tuple[int, str], Row] = {}
        for row in rows:
            item, place = known.item(row), known.place(row)
            supplier = known.party(row, "supplier", is_supplier=True)
            if item is None:
                continue
            quantity = known.quantity(row, item)
            facts = {"supplier": supplier, **{name: row.values.get(name) for name in FACTS}}
            lot = known.lot(row, item, facts, born)
            if lot is not None and item.tracking == Tracking.SERIAL:
                first = serials.setdefault((item.pk, lot.number), row)
                if first is not row:
                    row.wrong("lot", f"Serial {lot.number} stands in row {first.number} already.", "serial")
            row.found = {"lot": lot, "place": place, "quantity": quantity, "status": row.get("status", Status.RELEASED)}  # fmt: skip
        self._compare(rows)

    def _compare(self, rows: Sequence[Row]) -> None:
        """What is on hand already: the same, or a matter for a count."""
        known = [row for row in rows if row.is_right and row.found.get("lot") and row.found["lot"].pk]
        balances = Balance.objects.filter(lot__in={row.found["lot"].pk for row in known}, quantity__gt=0, container__isnull=True)  # fmt: skip
        here = {
            (lot, place, status): quantity
            for lot, place, status, quantity in balances.values_list("lot", "location", "status", "quantity")
        }
        for row in known:
            lot = row.found["lot"]
            there = here.get((lot.pk, row.found["place"].pk, row.found["status"]))
            if there == row.found["quantity"]:
                row.outcome = Outcome.SAME
            elif there is not None:
                row.wrong("quantity", f"{plain(there)} {lot.item.unit} of {lot.number} stand there already. Count it, if that is not right.", "on_hand")  # fmt: skip

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        by_site: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            by_site[row.found["place"].site_id].append(row)
        parts = [mine[start : start + LINES] for mine in by_site.values() for start in range(0, len(mine), LINES)]  # fmt: skip
        drafts = []
        for number, part in enumerate(parts, start=1):
            site = part[0].found["place"].site
            adjustment = boundary(site, LocationKind.ADJUSTMENT)
            moves = [
                Move(
                    lot=row.found["lot"], quantity=row.found["quantity"], origin=adjustment, destination=row.found["place"],
                    destination_status=row.found["status"], entered_quantity=row.values["quantity"],
                    entered_unit=row.get("unit", row.found["lot"].item.unit), evidence=Evidence.IMPORTED,
                )
                for row in part
            ]  # fmt: skip
            drafts.append(
                Draft(
                    kind=EntryKind.OPENING, actor=posting.actor, client=posting.client, key=f"{posting.key}/{number}", moves=moves,
                    document=posting.source.number, reason="Opening stock", site=site,
                )
            )  # fmt: skip
        posting.moved = [row for part in parts for row in part]
        for entry in ledger.post_all(drafts):
            posting.entry(entry)
        posting.progress(len(rows))
