"""Columns of the answers: those of the trace window that users of other systems know, and what it lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

from traceability.inquiries import Question
from traceability.lists import Column
from traceability.models import Movement

CUSTOMERS = "traceability.view_customers"


def change_of(row: Movement) -> Decimal:
    """What the movement adds to stock or takes from it; a move inside changes nothing."""
    comes, goes = bool(row.destination_status), bool(row.origin_status)
    return row.quantity if comes and not goes else -row.quantity if goes and not comes else Decimal(0)


def item_link(row: Any) -> str:
    return reverse("traceability:item", args=[row.lot.item_id])


def party_link(row: Any) -> str:
    return reverse("traceability:party", args=[row.party_id])


def place_link(row: Any) -> str:
    return reverse("traceability:location", args=[row.location.pk])


def unit_of(row: Any) -> str:
    return row.lot.item.unit  # type: ignore[no-any-return]


def _lot(heading: str) -> list[Column]:
    return [
        Column(heading, lambda r: r.lot.number, "lot", sort="lot__number", record=lambda r: r.lot),
        Column("Item", lambda r: r.lot.item.name, sort="lot__item__code", link=item_link, roomy=False),
        Column("Item code", lambda r: r.lot.item.code, "code", export_only=True),
    ]


_FACTS = [
    Column("Supplier lot", lambda r: r.lot.supplier_lot, "code", export_only=True),
    Column("Expires", lambda r: r.lot.expires_on, "day", export_only=True),
    Column("GTIN", lambda r: r.lot.item.gtin, "code", export_only=True),
]


def columns_of(question: Question) -> list[Column]:
    heading = "Serial" if question.is_serial else "Lot"
    return {"movement": _movements, "delivered": _deliveries, "balance": _balances}[question.rows](
        question, heading
    )


def _movements(question: Question, heading: str) -> list[Column]:
    return [
        Column("Date", lambda r: r.entry.occurred_at, "when", sort="entry__occurred_at"),
        Column("Transaction", lambda r: r.entry.get_kind_display(), sort="entry__kind"),
        Column("Document", lambda r: r.entry.document, "document", sort="entry__document"),
        *_lot(heading),
        Column("From", lambda r: r.origin.code, "code", wide_only=True),
        Column("To", lambda r: r.destination.code, "code", wide_only=True),
        Column("Quantity", lambda r: r.quantity, "number", sort="quantity", unit=unit_of),
        Column("Change in stock", change_of, "number", unit=unit_of, export_only=True),
        Column(
            "Status",
            lambda r: (
                [r.destination_status or r.origin_status] if r.destination_status or r.origin_status else []
            ),
            "chips",
            wide_only=True,
        ),
        Column(
            "Supplier or customer",
            lambda r: r.entry.party.name if r.entry.party else "",
            right=CUSTOMERS,
            roomy=True,
        ),
        Column("Order", lambda r: r.run.document if r.run else "", "code", export_only=True),
        Column("Site", lambda r: r.entry.site.code, export_only=True),
        *_FACTS,
        Column("By", lambda r: str(r.entry.actor), export_only=True),
        Column("Reason", lambda r: r.entry.reason, export_only=True),
        Column(
            "Entry",
            lambda r: r.entry.seq,
            "number",
            sort="entry__seq",
            link=lambda r: reverse("traceability:entry", args=[r.entry.seq]),
            wide_only=True,
        ),
    ]


def _deliveries(question: Question, heading: str) -> list[Column]:
    is_out = question.about == "shipped"
    who = "Customer" if is_out else "Supplier"
    columns = [
        Column(who, lambda r: r.party.name, sort="party__name", link=party_link),
        Column(f"{who} code", lambda r: r.party.code, "code", export_only=True),
        Column("Shipment" if is_out else "Receipt", lambda r: r.document, "document", sort="document"),
        Column("Date", lambda r: r.first_at, "when", sort="first_at"),
        *_lot(heading),
        Column("Supplier lot", lambda r: r.lot.supplier_lot, "code", sort="lot__supplier_lot", wide_only=True)
        if not is_out
        else None,
        Column("Quantity", lambda r: r.quantity, "number", sort="quantity", unit=unit_of),
        Column("Back", lambda r: r.returned, "number", sort="returned"),
        Column("Net", lambda r: r.net, "number", export_only=True, unit=unit_of),
        Column("Status", lambda r: r.lot.chips, "chips"),
        *(_FACTS if is_out else _FACTS[1:]),
        Column("Pack", lambda r: r.lot.item.pack, export_only=True),
        Column("Street", lambda r: r.party.street, export_only=True),
        Column("City", lambda r: r.party.city, export_only=True),
        Column("Region", lambda r: r.party.region, export_only=True),
        Column("Postal code", lambda r: r.party.postal_code, export_only=True),
        Column("Country", lambda r: r.party.country, export_only=True),
        Column("Contact", lambda r: r.contact.name if r.contact else "", export_only=True),
        Column("Phone", lambda r: r.contact.phone if r.contact else "", export_only=True),
        Column("E-mail", lambda r: r.contact.email if r.contact else "", export_only=True),
    ]
    return [column for column in columns if column is not None]


def _balances(question: Question, heading: str) -> list[Column]:
    return [
        Column("Site", lambda r: r.location.site.code, sort="location__site__code", wide_only=True),
        Column("Place", lambda r: r.location.code, "code", sort="location__code", link=place_link),
        Column("Kind of place", lambda r: r.location.get_kind_display(), wide_only=True),
        *_lot(heading),
        Column("Quantity", lambda r: r.quantity, "number", sort="quantity", unit=unit_of),
        Column("Status", lambda r: r.chips, "chips"),
        Column("Quality status", lambda r: r.status, export_only=True),
        Column("Container", lambda r: r.container.number if r.container else "", "code", roomy=True),
        Column("Order", lambda r: getattr(r, "document", ""), "code", export_only=True),
        *_FACTS,
    ]
