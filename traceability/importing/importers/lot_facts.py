"""Facts of lots that are there already: the supplier's number and the dates, changed by one entry with before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from traceability import ledger
from traceability.importing.fields import Context, Field, Importer
from traceability.importing.importers.looking_up import Known
from traceability.importing.posting import Posting
from traceability.importing.rows import Outcome, Row
from traceability.importing.undoing import InUse
from traceability.ledger import Change, Draft
from traceability.models import Entry, EntryKind, Import, Lot, Person

FACTS = ("supplier_lot", "made_on", "expires_on")


class LotFacts(Importer):
    name, title, order = "lot_facts", "Facts of lots", 80
    note = "Supplier lots and dates of lots that are there. More life needs two persons, and is given on the lot's page."
    right = "traceability.amend"
    most = 20_000
    fields = (
        Field("item", "Item code", "code", is_required=True, limit=40, also=("Item number",), examples=("ING-SALT", "FG-BREAD")),
        Field("lot", "Lot", "code", is_required=True, limit=40, also=("Lot number", "Serial"), examples=("L-2210", "B-0417")),
        Field("supplier_lot", "Supplier lot", "code", limit=80, examples=("CS-26-2874", "")),
        Field("made_on", "Made on", "day", examples=("2026-10-19", "")),
        Field("expires_on", "Expires", "day", also=("Expires on", "Expiration date", "Best by"), examples=("2027-10-19", "2026-10-17")),
    )  # fmt: skip

    def key(self, row: Row) -> tuple[Any, ...] | None:
        return (row.values.get("item"), row.values.get("lot"))

    def check(self, rows: Sequence[Row], context: Context) -> None:
        known = Known.of(rows, context)
        for row in rows:
            code, number = row.values.get("item"), row.values.get("lot")
            item = known.items.get(code or "")
            if code and item is None:
                row.wrong("item", f"There is no item {code}.", "unknown_item")
            lot = known.lots.get((item.pk, number)) if item and number else None
            if item and number and lot is None:
                row.wrong("lot", f"There is no lot {number} of {code}.", "unknown_lot")
            if lot is not None:
                self._compare(row, lot)

    def _compare(self, row: Row, lot: Lot) -> None:
        row.found["lot"] = lot
        for name in FACTS:
            if row.has(name) and getattr(lot, name) != row.values[name]:
                row.change(name, getattr(lot, name), row.values[name])
        made, expires = row.get("made_on", lot.made_on), row.get("expires_on", lot.expires_on)
        if made and expires and expires < made:
            row.wrong("expires_on", f"It would expire on {expires}, before it was made on {made}.", "dates")
        if lot.expires_on and row.has("expires_on") and row.values["expires_on"] > lot.expires_on:
            row.wrong("expires_on", f"It expires on {lot.expires_on}. More life needs two persons: change it on the lot's page.", "more_life")  # fmt: skip
        if row.is_right and not row.changes:
            row.outcome = Outcome.SAME

    def post(self, rows: Sequence[Row], posting: Posting) -> None:
        changes = [Change(lot=row.found["lot"], facts={name: new for name, _, new in row.changes}) for row in rows]  # fmt: skip
        draft = Draft(
            kind=EntryKind.AMEND, actor=posting.actor, client=posting.client, key=f"{posting.key}/amend", document=posting.source.number,
            reason=f"Imported ({posting.source.number})", site=posting.sites[0], changes=changes,
        )  # fmt: skip
        [entry] = ledger.post_all([draft])
        posting.entry(entry)
        posting.progress(len(rows))

    def undo(self, source: Import, actor: Person, key: str) -> None:
        """An amendment is amended: each lot gets back what it had, where nobody changed it since and no life is gained."""
        record = source.records.get()
        entry = Entry.objects.select_related("site").get(pk=record.key)
        lots = Lot.objects.in_bulk([told["lot"] for told in entry.payload["amended"]])
        changes = []
        for told in entry.payload["amended"]:
            lot, before, after = lots[told["lot"]], told["before"], told["after"]
            if any(_kept(getattr(lot, name)) != after[name] for name in after):
                raise InUse(f"{lot.number} was amended since.", now="Change it back by hand.")
            if after.get("expires_on") and (before.get("expires_on") or "9999") > after["expires_on"]:
                raise InUse(f"{lot.number} would live longer again.", "More life needs two persons.", "Change it on the lot's page.")  # fmt: skip
            changes.append(Change(lot=lot, facts={name: _fact(name, old) for name, old in before.items()}))
        draft = Draft(
            kind=EntryKind.AMEND, actor=actor, client="import", key=f"{key}/amend", document=source.number, reason=f"Import {source.number} undone",
            site=entry.site, changes=changes,
        )  # fmt: skip
        ledger.post_all([draft])


def _kept(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _fact(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and name.endswith("_on") else value
