"""The rows of the FDA's spreadsheet for a scope. What we do not know is “n/a”, as its own examples write it, and never a guess."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any

from recalls.content import PartyName
from recalls.dossier.columns import PRODUCT, RECEIVING, SHIPPING, TRANSFORMATION
from recalls.scope import AffectedLot, Scope
from traceability.exports import Sheet
from traceability.inquiries import received_from
from traceability.models import Item, Lot, Movement, Party, Site

NONE = "n/a"
Cells = list[Any]


def sheets_of(scope: Scope, zone: tzinfo) -> list[Sheet]:
    """The three tabs, in the order of events."""
    facts = _Facts(scope, zone)
    return [
        Sheet("Receiving", RECEIVING, facts.receiving()),
        Sheet("Transformation", TRANSFORMATION, facts.transformation()),
        Sheet("Shipping", SHIPPING, facts.shipping()),
    ]


class _Facts:
    """Names and places beside the scope, each read once."""

    def __init__(self, scope: Scope, zone: tzinfo) -> None:
        self.scope, self.zone = scope, zone
        self.lots = {lot.lot_id: lot for lot in scope.lots}
        self.items = {item.code: item for item in Item.objects.filter(code__in=scope.items)}
        self.sources = dict(Lot.objects.filter(pk__in=self.lots).values_list("pk", "code_source"))
        self.sites = {site.code: site for site in Site.objects.all()}
        self.site = next(iter(self.sites.values()), None)

    def receiving(self) -> Iterator[Cells]:
        rows = received_from(list(self.lots), self.scope.seq)
        parties = {party.code: party for party in Party.objects.filter(code__in={row.party for row in rows})}
        for row in rows:
            lot, party = self.lots[row.lot_id], parties[row.party]
            sender = self._party(row.party, party)
            yield [
                lot.supplier_lot or lot.lot, row.quantity, row.unit, *self._product(row.item), *sender, *self._place(),
                self._day(row.first_at), *self._source(lot, sender), "Receipt", row.document, "Our lot", lot.lot,
            ]  # fmt: skip

    def transformation(self) -> Iterator[Cells]:
        """One line for each pair of what went into a run and what came out of it."""
        finished = self._finished()
        for run in self.scope.runs:
            for made in run.outputs:
                for drawn in run.inputs:
                    used, new = self.lots[drawn.lot_id], self.lots[made.lot_id]
                    yield [
                        used.supplier_lot or used.lot, *self._product(used.item), drawn.quantity, used.unit, new.lot, *self._place(),
                        self.sources.get(new.lot_id) or NONE, finished.get(run.run_id, NONE), *self._product(new.item), made.quantity,
                        new.unit, "Work order", run.document, "Our lot used", used.lot,
                    ]  # fmt: skip

    def shipping(self) -> Iterator[Cells]:
        for row in self.scope.shipments:
            lot = self.lots[row.lot_id]
            yield [
                lot.lot if lot.balance.made else lot.supplier_lot or lot.lot, row.quantity, row.unit, *self._product(row.item),
                *self._party(row.party), *self._place(), self._day(row.first_at), *self._source(lot, self._place()),
                "Shipment", row.document, "Of it returned", row.returned,
            ]  # fmt: skip

    def _finished(self) -> dict[int, str]:
        """The day of the last output of each run."""
        runs = [run.run_id for run in self.scope.runs]
        rows = (
            Movement.objects.filter(run__in=runs, run_role="output", entry__seq__lte=self.scope.seq)
            .order_by("entry__occurred_at")
            .values_list("run_id", "entry__occurred_at")
        )
        return {run: self._day(at) for run, at in rows}

    def _product(self, code: str) -> Cells:
        name, item = self.scope.items[code], self.items.get(code)
        cells = [name.name, NONE, (item.category if item else "") or NONE, NONE, name.pack or NONE, NONE]
        assert len(cells) == len(PRODUCT)
        return cells

    def _place(self) -> Cells:
        if self.site is None:
            return [NONE] * 7
        city, _, region = self.site.place.rpartition(" ")
        return [self.site.name, NONE, NONE, city or self.site.place or NONE, region or NONE, NONE, NONE]

    def _party(self, code: str, now: Party | None = None) -> Cells:
        frozen: PartyName | None = self.scope.parties.get(code)
        if frozen:
            return [frozen.name, frozen.phone or NONE, frozen.street or NONE, frozen.city or NONE, frozen.region or NONE, frozen.postal_code or NONE, frozen.country or NONE]  # fmt: skip
        if now:
            return [now.name, NONE, now.street or NONE, now.city or NONE, now.region or NONE, now.postal_code or NONE, now.country or NONE]  # fmt: skip
        return [code, *[NONE] * 6]

    def _source(self, lot: AffectedLot, place: Cells) -> Cells:
        """Where the lot code was given: here for what we made, else at the supplier, or the reference that stands for it."""
        reference = self.sources.get(lot.lot_id)
        if reference:
            return [*["n/a (See Traceability Lot Code Source Reference)"] * 7, reference]
        return [*place, NONE]

    def _day(self, at: datetime | date) -> str:
        local = at.astimezone(self.zone) if isinstance(at, datetime) else at
        return f"{local:%m/%d/%Y}"
