"""The recall report on paper, of one frozen revision: the same object that page, CSV and API read.

Contents after 21 CFR 7.46 and 7.53 and the practice of certified sites: what, where, who, how much, does it add up.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from recalls.models import ScopeRevision
from recalls.scope import AffectedLot, Scope
from traceability.inquiries import totals_by_unit
from traceability.models import Site
from traceability.printing import ROWS, render_pdf

MADE_BY = "Lotline 0.1"


@dataclass(frozen=True, slots=True)
class Product:
    """One affected finished item with its lots and totals."""

    code: str
    name: str
    gtin: str
    pack: str
    lots: list[AffectedLot]
    totals: Any


def report_html(revision: ScopeRevision, *, in_browser: bool = False) -> str:
    """The report as a page of its own. In a browser it takes its styles from the site, and prints where no PDF can be made."""
    return render_to_string("recalls/report.html", {**context(revision), "in_browser": in_browser})


def report_pdf(revision: ScopeRevision) -> bytes:
    """Tagged PDF. Tables longer than 500 rows in all come as drawn annexes, complete, behind the report."""
    pages = context(revision)
    main = render_pdf(render_to_string("recalls/report.html", pages), identifier=revision.sha256[:32])
    annex = pages["annex"]
    return _with_annex(main, annex, pages) if annex else main


def context(revision: ScopeRevision) -> dict[str, Any]:
    scope: Scope = revision.scope
    recall = revision.recall
    site = Site.objects.order_by("pk").first()
    rows = len(scope.lots) + len(scope.shipments) + len(scope.stock) + len(scope.runs)
    is_long = rows > ROWS
    return {
        "recall": recall,
        "revision": revision,
        "scope": scope,
        "site": site,
        "zone": site.zone if site else timezone.get_default_timezone(),
        "products": [_product(scope, code, lots) for code, lots in scope.by_item],
        "customers": [(customer, scope.parties.get(customer.party)) for customer in scope.customers],
        "shipments": [] if is_long else list(scope.shipments),
        "stock": [] if is_long else list(scope.stock),
        "lots": [] if is_long else list(scope.lots),
        "annex": list(scope.lots) if is_long else [],
        "is_long": is_long,
        "flagged": [party for party in scope.parties.values() if party.flag],
        "made_by": MADE_BY,
        "links_inferred": sum(
            1 for run in scope.runs for link in (*run.inputs, *run.outputs) if link.inferred
        ),
    }


def _product(scope: Scope, code: str, lots: list[AffectedLot]) -> Product:
    item = scope.items[code]
    return Product(
        code, item.name, item.gtin, item.pack, lots, totals_by_unit(lot.balance for lot in lots)[0]
    )


def _with_annex(main: bytes, lots: list[AffectedLot], pages: dict[str, Any]) -> bytes:
    """Long tables are drawn line by line (20,000 rows in two seconds) and put behind the report."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for source in (main, _drawn(lots, pages)):
        for page in PdfReader(io.BytesIO(source)).pages:
            writer.add_page(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _drawn(lots: list[AffectedLot], pages: dict[str, Any]) -> bytes:
    from reportlab.lib.pagesizes import letter
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    _, height = letter
    columns = ((50, "Lot"), (170, "Item"), (320, "Made"), (390, "Shipped"), (460, "Here"), (520, "Unit"))
    lines_on_page = 60
    for first in range(0, len(lots), lines_on_page):
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawString(
            50,
            height - 40,
            f"{pages['recall'].number}, revision {pages['revision'].number}: affected lots, {first + 1:,} on of {len(lots):,}",
        )
        for x, name in columns:
            canvas.drawString(x, height - 58, name)
        canvas.setFont("Courier", 8)
        for line, lot in enumerate(lots[first : first + lines_on_page]):
            y = height - 72 - 11 * line
            for (x, _), value in zip(
                columns,
                (lot.lot, lot.item[:28], f"{lot.made:,f}", f"{lot.shipped:,f}", f"{lot.here:,f}", lot.unit),
                strict=True,
            ):
                canvas.drawString(
                    x, y, value.rstrip("0").rstrip(".") if "." in value and x in (320, 390, 460) else value
                )
        canvas.setFont("Helvetica", 8)
        canvas.drawString(
            50, 30, f"Ledger entry {pages['scope'].seq:,}. SHA-256 {pages['revision'].sha256[:16]}"
        )
        canvas.showPage()
    canvas.save()
    return out.getvalue()
