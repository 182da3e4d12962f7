"""What a supplier brings, on what terms, how it stands; and codes that mean an item because two people said so."""

from decimal import Decimal

import pytest

from receiving import services
from receiving.standing import standing_of
from tests.receiving.dock import label
from traceability import ledger
from traceability.models import Approval, CodeAlias, SupplierItem


def test_how_a_supplier_stands(dock, plant):
    SupplierItem.objects.filter(item=dock.items["PREDUST"]).update(needs_certificate=True)
    dock.scan(label("BATTER", "DM-B-1"))
    dock.scan(label("PREDUST", "DM-D-1131"))
    services.refuse_at_the_dock(
        delivery=dock.delivery,
        item_id=dock.items["PANKO"].pk,
        quantity=Decimal(5),
        unit="lb",
        reason="Torn",
        actor=plant.rita,
    )
    receipt = dock.post()
    services.return_to_supplier(
        lot=receipt.lines.first().lot,
        quantity=Decimal(50),
        location=plant.store,
        status="quarantine",
        reason="Wet",
        actor=plant.rita,
        client="t",
        key="b",
    )
    stands = standing_of([plant.supplier])[plant.supplier.pk]
    assert (stands.deliveries, stands.expected, stands.on_time, stands.on_time_percent) == (2, 1, 1, 100)
    assert (stands.lots, stands.returned, stands.refused, stands.rejected) == (4, 1, 1, 0)
    assert (stands.held, stands.without_certificate, stands.waiting, stands.not_invoiced) == (1, 1, 4, 4)


def test_the_questions_do_not_grow_with_the_suppliers(dock, plant, django_assert_num_queries):
    with django_assert_num_queries(7):
        standing_of([plant.supplier] * 40)


def test_terms_are_kept_by_masters_and_a_suspension_has_its_reason_and_its_day(dock, plant):
    salt = plant.item("SALT")
    row = services.set_terms(
        supplier=plant.supplier,
        item=salt,
        changes={"code": "DM-SALT", "gtin": "4006381333931", "over_percent": Decimal(10)},
        actor=plant.quinn,
    )
    assert (row.gtin, row.approval) == ("04006381333931", "approved")
    with pytest.raises(ledger.ReasonRequired):
        services.set_terms(
            supplier=plant.supplier, item=salt, changes={"approval": Approval.SUSPENDED}, actor=plant.quinn
        )
    row.refresh_from_db()
    assert row.approval == "approved"
    with pytest.raises(ledger.BadInput, match="another item DM-PANKO already"):
        services.set_terms(
            supplier=plant.supplier, item=salt, changes={"code": "DM-PANKO"}, actor=plant.quinn
        )
    with pytest.raises(ledger.BadInput, match="check digit"):
        services.set_terms(
            supplier=plant.supplier, item=salt, changes={"gtin": "4006381333930"}, actor=plant.quinn
        )
    with pytest.raises(ledger.NotPermitted):
        services.set_terms(supplier=plant.supplier, item=salt, changes={}, actor=plant.rita)
    with pytest.raises(ledger.BadInput, match="not a supplier"):
        services.set_terms(supplier=plant.customer, item=salt, changes={}, actor=plant.quinn)


def test_a_code_means_an_item_once_somebody_else_approved_it(dock, plant):
    alias = CodeAlias.objects.create(code="ABX-99", item=dock.items["PANKO"], asked_by=plant.lena)
    with pytest.raises(ledger.SamePerson):
        services.approve_code(alias=alias, actor=plant.lena)
    with pytest.raises(ledger.NotPermitted):
        services.approve_code(alias=alias, actor=plant.rita)
    services.approve_code(alias=alias, actor=plant.quinn)
    assert dock.scan("ABX-99").plain == "Panko. Scan a lot of it."
    second = CodeAlias.objects.create(code="ABX-99", item=dock.items["BATTER"], asked_by=plant.rita)
    with pytest.raises(ledger.BadInput, match="means PANKO already"):
        services.approve_code(alias=second, actor=plant.quinn)
    services.end_code(alias=alias, actor=plant.quinn)
    assert dock.scan("NEXT-1").code == "S01"
    assert dock.scan("ABX-99").code == "S01"


def test_the_pages_of_suppliers_and_codes(dock, plant, browse):
    SupplierItem.objects.filter(item=dock.items["PANKO"]).update(
        approval="suspended", approval_reason="Salmonella"
    )
    dock.scan(label("BATTER", "DM-B-1"))
    dock.post()
    address = f"/receiving/suppliers/{plant.supplier.pk}/"
    assert "Suspended: Panko" in browse("ada").get("/receiving/suppliers/").content.decode()
    page = browse("rita").get(address).content.decode()
    for words in (
        "Panko of Delta Mill is suspended",
        "Salmonella",
        "Can go back",
        "DM-B-1",
        "Send back",
        "PO-5101",
    ):
        assert words in page
    assert ">Change<" not in page
    quinn = browse("quinn")
    assert f"{address}items/{dock.items['PANKO'].pk}/" in quinn.get(address).content.decode()
    assert (
        quinn.get(f"{address}items/new/?item=BATTER")["Location"]
        == f"{address}items/{dock.items['BATTER'].pk}/"
    )
    form = f"{address}items/{dock.items['PANKO'].pk}/"
    sent = {
        "code": "DM-PANKO",
        "pack_quantity": "250",
        "pack_unit": "lb",
        "over_percent": "7.5",
        "approval": "suspended",
        "approval_reason": "",
    }
    refused = quinn.post(form, sent)
    assert (refused.status_code, "A suspension needs its reason" in refused.content.decode()) == (422, True)
    quinn.post(form, sent | {"approval": "approved"})
    assert SupplierItem.objects.get(item=dock.items["PANKO"]).over_percent == Decimal("7.5")
    assert browse("rita").get(form).status_code == 403
    lot = (
        dock.delivery.receipt
        if dock.delivery.receipt_id
        else dock.plant.supplier.lots_supplied.get(supplier_lot="DM-B-1")
    )
    assert browse("rita").get(f"/receiving/lots/{lot.pk}/return/")["Location"].startswith("/receiving/lines/")
    assert "Send back to the supplier" in browse("rita").get(f"/lots/{lot.pk}/").content.decode()


def test_a_lead_decides_about_codes_on_the_page(dock, plant, browse):
    alias = CodeAlias.objects.create(
        code="ABX-99", item=dock.items["PANKO"], asked_by=plant.rita, asked_on="PO-5130"
    )
    assert "ABX-99" in browse("rita").get("/receiving/codes/").content.decode()
    assert browse("rita").post(f"/receiving/codes/{alias.pk}/approve").status_code == 403
    lena = browse("lena")
    assert "Approve code" in lena.get("/").content.decode()
    assert (
        "means PANKO from now on"
        in lena.post(f"/receiving/codes/{alias.pk}/approve", follow=True).content.decode()
    )
    assert "No code waits." in lena.get("/receiving/codes/").content.decode()
    assert (
        "means nothing from now on"
        in lena.post(f"/receiving/codes/{alias.pk}/end", follow=True).content.decode()
    )
    assert "ABX-99" in lena.get("/receiving/codes/?state=ended").content.decode()
