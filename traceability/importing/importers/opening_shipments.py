"""What left during the last shelf life before Lotline began, so that the first recall is not blind: lots, customers, papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from traceability import ledger
from traceability.importing.fields import Context, Field, Importer
from traceability.importing.importers.looking_up import Born, Known, today_in
from traceability.importing.posting import Posting
from traceability.importing.rows import Outcome, Row
from traceability.ledger import Draft, Move, plain
from traceability.models import Delivered, EntryKind, Evidence, LocationKind, Site
from traceability.stock.amounts import boundary


class OpeningShipments(Importer):
    name, title, order = "opening_shipments", "Opening shipments", 70
    note = "What customers received before Lotline began, as far back as the shelf life reaches: whoever recalls later sees them too."
    right = "traceability.import_opening"
    fields = (
        Field("customer", "Customer code", "code", is_required=True, limit=32, also=("Customer", "Customer ID"), examples=("C-GROCER", "C-GROCER")),
        Field("document", "Shipment", "code", is_required=True, limit=40, also=("Document", "Invoice", "Packing slip"), examples=("SH-6990", "SH-6990")),
        Field("shipped_on", "Date", "day", is_required=True, also=("Shipped on", "Ship date"), examples=("2026-09-30", "2026-09-30")),
        Field("item", "Item code", "code", is_required=True, limit=40, also=("Item", "Item number"), examples=("FG-BREAD", "PUMP-10")),
        Field("lot", "Lot", "code", limit=40, also=("Lot number", "Serial", "Serial number"), examples=("B-0411", "P-000402")),
        Field("quantity", "Quantity", "quantity", is_required=True, also=("Qty", "Cases"), examples=("40", "1")),
        Field("unit", "Unit", limit=12, also=("U of M", "Quantity unit"), examples=("cs", "ea")),
        Field("made_on", "Made on", "day", also=("Manufacture date",)),
        Field("expires_on", "Expires", "day", also=("Expiration date", "Best by"), examples=("2026-10-11", "")),
        Field("site", "Site", "text", limit=120, help="From where it left; without it, your own site."),
    )  # fmt: skip

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return tuple(row.values.get(name) for name in ("customer", "document", "item", "lot"))

    def check(self, rows: Sequence[Row], context: Context) -> None:
        known = Known.of(rows, context, party="customer")
        sites = {name: site for site in context.sites for name in (site.code.lower(), site.name.lower())}
        born: Born = {}
        today = today_in(context)
        days: dict[tuple[str, str], tuple[date, Row]] = {}
        for row in rows:
            item = known.item(row)
            customer = known.party(row, "customer", is_supplier=False)
            site = sites.get(row.get("site", context.sites[0].code).lower())
            if site is None:
                row.wrong("site", f"{row.values['site'][:40]} is not one of your sites.", "unknown_site")
            self._check_day(row, today, days)
            if item is None:
                continue
            quantity = known.quantity(row, item)
            facts = {"made_on": row.values.get("made_on"), "expires_on": row.values.get("expires_on")}
            lot = known.lot(row, item, facts, born)
            row.found = {"lot": lot, "customer": customer, "quantity": quantity, "site": site}
        self._compare(rows)

    def _check_day(self, row: Row, today: date, days: dict[tuple[str, str], tuple[date, Row]]) -> None:
        """Not to come, and the same on all rows of a paper."""
        day = row.values.get("shipped_on")
        if day is None:
            return
        if day > today:
            row.wrong("shipped_on", "That day is still to come.", "in_future")
        if row.has("customer") and row.has("document"):
            first_day, first = days.setdefault((row.values["customer"], row.values["document"]), (day, row))
            if first_day != day:
                row.wrong("shipped_on", f"Row {first.number} says that {row.values['document']} left on {first_day}.", "contradicts")  # fmt: skip

    def _compare(self, rows: Sequence[Row]) -> None:
        known = [row for row in rows if row.is_right and row.found.get("lot") and row.found["lot"].pk]
        lines = Delivered.objects.filter(direction="shipped", quantity__gt=0, document__in={row.values["document"] for row in known})  # fmt: skip
        there = {(line.party_id, line.document, line.lot_id): line.quantity for line in lines}
        for row in known:
            key = (row.found["customer"].pk, row.values["document"], row.found["lot"].pk)
            if there.get(key) == row.found["quantity"]:
                row.outcome = Outcome.SAME
            elif key in there:
                row.wrong("quantity", f"{row.values['document']} has {plain(there[key])} of it already.", "on_record")  # fmt: skip

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        """One entry a paper, in the order of the days."""
        papers: dict[tuple[int, int, str], list[Row]] = {}
        for row in rows:
            key = (row.found["site"].pk, row.found["customer"].pk, row.values["document"])
            papers.setdefault(key, []).append(row)
        ends: dict[int, tuple[Any, Any]] = {}
        drafts: list[Draft] = []
        order: list[Row] = []
        for mine in sorted(papers.values(), key=lambda part: (part[0].values["shipped_on"], part[0].number)):
            site: Site = mine[0].found["site"]
            if site.pk not in ends:
                ends[site.pk] = boundary(site, LocationKind.ADJUSTMENT), boundary(site, LocationKind.CUSTOMER)
            adjustment, customers = ends[site.pk]
            moves = [
                Move(
                    lot=row.found["lot"], quantity=row.found["quantity"], origin=adjustment, destination=customers,
                    entered_quantity=row.values["quantity"], entered_unit=row.get("unit", row.found["lot"].item.unit), evidence=Evidence.IMPORTED,
                )
                for row in mine
            ]  # fmt: skip
            drafts.append(
                Draft(
                    kind=EntryKind.OPENING, actor=posting.actor, client=posting.client, key=f"{posting.key}/{len(drafts) + 1}", moves=moves,
                    document=mine[0].values["document"], party=mine[0].found["customer"], site=site,
                    occurred_at=noon(mine[0].values["shipped_on"], site), reason=f"Shipped before Lotline began ({posting.source.number})",
                )
            )  # fmt: skip
            order += mine
        posting.moved = order
        for entry in ledger.post_all(drafts):
            posting.entry(entry)
        posting.progress(len(rows))


def noon(day: date, site: Site) -> datetime:
    """The middle of the day at the site; for today, now at the latest."""
    return min(datetime.combine(day, time(12), tzinfo=site.zone), timezone.now())
