"""The office's side of receiving in a browser: axe finds nothing, nothing runs out of the page, and every state has its words."""

from datetime import date
from decimal import Decimal

import pytest

from receiving import services
from tests.browser.test_axe import findings
from tests.receiving.dock import label, make_dock
from traceability.models import Approval, Category, CodeAlias, LotAttribute, SupplierItem


@pytest.fixture
def office(committed_plant):
    """A receipt in part invoiced, a supplier item suspended, a code that waits, a lot with what its category asks."""
    dock = make_dock(committed_plant)
    category = Category.objects.create(name="Breading")
    fat = LotAttribute.objects.create(
        category=category,
        name="Fat",
        kind="number",
        unit="%",
        lower=3,
        upper=4,
        is_required=True,
        asked_at=["receiving"],
    )
    dock.items["PREDUST"].category = "Breading"
    dock.items["PREDUST"].save()
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("PREDUST", "DM-D-1"))
    dock.say("unknown")
    receipt = dock.post()
    lot = receipt.lines.get(lot__item=dock.items["PREDUST"]).lot
    invoice = services.enter_invoice(
        supplier=dock.plant.supplier, number="INV-1", dated=date(2026, 11, 20), lines=[services.InvoicedItem(item=dock.items["BATTER"], quantity=Decimal(300))],
        actor=dock.plant.pia, client="t", key="i",
    )  # fmt: skip
    SupplierItem.objects.filter(item=dock.items["PANKO"]).update(
        approval=Approval.SUSPENDED, approval_reason="Salmonella"
    )
    CodeAlias.objects.create(
        code="ABX-99", item=dock.items["PANKO"], asked_by=dock.plant.rita, asked_on="PO-5130"
    )
    return dock, receipt, lot, invoice, fat


@pytest.mark.parametrize(("width", "theme"), [(375, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_the_office(office, open_page, width, theme):
    dock, receipt, lot, invoice, fat = office
    supplier = f"/receiving/suppliers/{dock.plant.supplier.pk}/"
    seen = {
        "quinn": [supplier, "/receiving/suppliers/", f"{supplier}items/{dock.items['PANKO'].pk}/", f"{supplier}items/new/", "/receiving/codes/", f"/lots/{lot.pk}/",
                  f"/lots/{lot.pk}/attributes/{fat.pk}/"],
        "pia": ["/", "/receiving/not-invoiced/", "/receiving/invoices/", f"/receiving/invoices/{invoice.pk}/", "/receiving/invoices/new/",
                f"/receiving/invoices/new/?supplier={dock.plant.supplier.pk}&fill=yes"],
        "rita": ["/receiving/", "/receiving/orders/new/", f"/receiving/orders/{dock.order.pk}/", "/receiving/receipts/", f"/receiving/receipts/{receipt.pk}/"],
    }  # fmt: skip
    found, wide = {}, []
    for name, addresses in seen.items():
        page = open_page(width=width, theme=theme, as_=name)
        for address in addresses:
            page.goto(address)
            if bad := findings(page):
                found[address] = bad
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(address)
    assert (found, wide) == ({}, [])
