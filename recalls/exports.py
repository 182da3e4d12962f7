"""The tables of a recall as rows for CSV, each from the same Scope that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from recalls.scope import Scope
from traceability.exports import csv_text

Rows = Iterator[list[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """One export. `rows(scope)` gives cells as they are; `traceability.exports` makes them safe."""

    code: str
    title: str
    header: tuple[str, ...]
    rows: Callable[[Scope], Rows]


def filename(number: str, table: Table | str, scope: Scope, revision: int | None = None) -> str:
    """RC-26-004-customers-rev3-entry4118.csv: which case, which table, and which state of the ledger."""
    code = table if isinstance(table, str) else table.code
    return f"{number}-{code}{f'-rev{revision}' if revision else ''}-entry{scope.seq}.csv"


def as_csv(code: str, scope: Scope) -> str:
    table = TABLES[code]
    return csv_text(table.header, table.rows(scope))


def _lots(scope: Scope) -> Rows:
    for lot in scope.lots:
        name = scope.items[lot.item]
        yield [
            lot.lot, lot.item, name.name, name.gtin, "start" if lot.is_start else lot.kind, lot.made_on, lot.expires_on, lot.supplier_lot, lot.unit,
            lot.made or lot.balance.received, lot.here, lot.shipped, lot.returned, lot.retained, lot.scrapped, lot.used, lot.unaccounted,
            ", ".join(lot.statuses), ", ".join(lot.holds), " > ".join(lot.why), lot.via_rework, lot.typed,
        ]  # fmt: skip


def _customers(scope: Scope) -> Rows:
    for row in scope.shipments:
        party = scope.parties[row.party]
        yield [
            row.party, party.name, party.street, party.city, party.region, party.postal_code, party.country, party.flag, party.contact, party.phone,
            party.email, party.checked_on, row.document, row.first_at, row.lot, row.item, scope.items[row.item].name, row.quantity, row.returned,
            row.net, row.unit,
        ]  # fmt: skip


def _stock(scope: Scope) -> Rows:
    holds = {lot.lot_id: ", ".join(lot.holds) for lot in scope.lots}
    for row in scope.stock:
        yield [
            row.site,
            row.location,
            row.lot,
            row.item,
            row.status,
            row.container,
            row.quantity,
            row.unit,
            holds.get(row.lot_id, ""),
        ]


def _mass_balance(scope: Scope) -> Rows:
    for lot in scope.lots:
        b = lot.balance
        yield [
            lot.lot, lot.item, "start" if lot.is_start else lot.kind, lot.unit, b.opening + b.supplied, b.received, b.made, b.removed, b.returned, b.adjusted_up,
            b.used, b.sampled, b.scrapped, b.shipped, b.returned_to_supplier, b.adjusted_down, b.on_hand, b.unaccounted,
        ]  # fmt: skip


def _starts(scope: Scope) -> Rows:
    for start in scope.starts:
        supplier = scope.parties.get(start.supplier)
        b = start.balance
        yield [
            start.lot, start.item, start.supplier, supplier.name if supplier else "", start.supplier_lot, b.came_in, b.used, b.lost, b.shipped - b.returned,
            b.returned_to_supplier, b.on_hand, b.unaccounted, start.unit,
        ]  # fmt: skip


TABLES: dict[str, Table] = {
    table.code: table
    for table in (
        Table("lots", "Affected lots", (
            "Lot", "Item", "Name", "GTIN", "Kind", "Made on", "Expires on", "Supplier lot", "Unit", "Made or received", "Here", "Shipped", "Returned", "Retained",
            "Scrapped", "Used", "Unaccounted", "Status", "Holds", "Why", "Via rework", "Typed as"), _lots),
        Table("customers", "Distribution list", (
            "Customer", "Name", "Street", "City", "Region", "Postal code", "Country", "Know first", "Contact", "Phone", "Email", "Contact checked on", "Shipment",
            "First shipped", "Lot", "Item", "Item name", "Shipped", "Returned", "Net", "Unit"), _customers),
        Table("stock", "Stock by place", ("Site", "Location", "Lot", "Item", "Status", "Container", "Quantity", "Unit", "Holds"), _stock),
        Table("mass-balance", "Mass balance", (
            "Lot", "Item", "Kind", "Unit", "Opening", "Received", "Made", "Taken out again", "Returned by customers", "Counted up", "Used", "Sampled", "Scrapped",
            "Shipped", "Returned to supplier", "Counted down", "Here", "Unaccounted"), _mass_balance),
        Table("starts", "Started from", (
            "Lot", "Item", "Supplier", "Supplier name", "As printed", "Came in", "Used", "Lost", "Shipped, net", "Returned to supplier", "Here", "Unaccounted",
            "Unit"), _starts),
    )
}  # fmt: skip
