"""What a category asks of its lots: required and typed, asked at the dock, on hold where it is missing or outside its limits."""

from decimal import Decimal

import pytest

from receiving import services
from tests.receiving.dock import label
from traceability import attributes, ledger
from traceability.models import Category, Hold, Lot, LotAttribute, LotAttributeValue


@pytest.fixture
def asked(dock):
    """Fat within 3 and 4 %, colour and organic of what is chosen, day of baking: of Panko."""
    category = Category.objects.create(name="Breading")
    dock.items["PANKO"].category = "Breading"
    dock.items["PANKO"].save()

    def ask(name, kind, **rest):
        return LotAttribute.objects.create(
            category=category, name=name, kind=kind, asked_at=["receiving"], **rest
        )

    return {
        "fat": ask("Fat", "number", unit="%", lower=3, upper=4, is_required=True, position=1),
        "colour": ask("Colour", "choice", choices=["Light", "Dark"], position=2),
        "organic": ask("Organic", "yes_no", is_required=True, position=3),
        "baked": ask("Baked on", "date", position=4),
    }


def test_each_kind_is_read_strictly(asked):
    said = attributes.read(asked["fat"], "3.50 %")
    assert (said.value, said.number, said.is_within) == ("3.50", Decimal("3.50"), True)
    assert attributes.read(asked["fat"], "-0.5").is_within is False
    assert attributes.read(asked["colour"], "dark").value == "Dark"
    assert attributes.read(asked["organic"], "Y").value == "yes"
    assert attributes.read(asked["baked"], "2026-10-01").value == "2026-10-01"
    for name, text in (
        ("fat", "3,5"),
        ("fat", "1e3"),
        ("fat", "NaN"),
        ("colour", "Red"),
        ("organic", "maybe"),
        ("baked", "1 oct"),
        ("baked", "2026-02-30"),
    ):
        with pytest.raises(ledger.BadInput, match="cannot be"):
            attributes.read(asked[name], text)


def test_the_dock_asks_for_what_is_required_and_keeps_it_with_the_lot(dock, asked):
    said = dock.scan(label("PANKO", "DM-P-1"))
    assert (said.code, said.facts["field"]) == ("R19", f"attribute_{asked['fat'].pk}")
    assert said.plain.startswith("Panko needs Fat, Organic. Type Fat, in %")
    fat, organic = str(asked["fat"].pk), str(asked["organic"].pk)
    added = dock.fill(
        supplier_lot="DM-P-1", quantity="250", unit="lb", attributes={fat: "3.4", organic: "yes"}
    )
    assert added.tone == "ok"
    # A further pallet of the lot is not asked again.
    assert dock.scan(label("PANKO", "DM-P-1", 200)).tone == "ok"
    receipt = dock.post()
    lot = receipt.lines.get().lot
    assert dict(LotAttributeValue.objects.filter(lot=lot).values_list("attribute__name", "value")) == {
        "Fat": "3.4",
        "Organic": "yes",
    }
    assert receipt.lines.get().entry.payload["policies"][0]["attributes"] == {"Fat": "3.4", "Organic": "yes"}
    assert not Hold.objects.filter(lot=lot).exists()


def test_what_is_not_known_is_received_on_hold_and_so_is_what_is_outside(dock, asked):
    dock.scan(label("PANKO", "DM-P-1"))
    assert "Hold: Fat, Organic missing" in dock.say("unknown").plain
    dock.scan(label("PANKO", "DM-P-2"))
    fat, organic = str(asked["fat"].pk), str(asked["organic"].pk)
    given = {"supplier_lot": "DM-P-2", "quantity": "250", "unit": "lb"}
    outside = dock.fill(**given, attributes={fat: "5", organic: "no"})
    assert (outside.code, outside.plain[:41]) == ("R20", "Fat 5 %. 3 to 4 % is asked for. Type it a")
    again = dock.fill(**given, attributes={fat: "6", organic: "no"})
    assert again.code == "R20"
    assert "received on hold" in dock.say("hold").plain
    receipt = dock.post()
    reasons = {
        hold.lot.supplier_lot: (hold.reason, hold.cause)
        for hold in Hold.objects.filter(lot__in=[line.lot for line in receipt.lines.all()])
    }
    assert reasons == {
        "DM-P-1": ("Fat, Organic are missing", "papers"),
        "DM-P-2": ("Fat 6 %; 3 to 4 % is asked for", "quality"),
    }


def test_a_program_says_them_by_name_and_what_is_not_asked_is_refused(dock, asked, plant):
    def receive(key, **said):
        return services.receive_delivery(
            supplier=plant.supplier, actor=plant.rita, client="t", key=key,
            lines=[services.ReceivedLot(item=dock.items["PANKO"], quantity=Decimal(5), supplier_lot=key, expires_on=dock.order.expected_on.replace(year=2030), attributes=said)],
        )  # fmt: skip

    lot = receive("A", Fat="3", Organic="no", Colour="light").lines.get().lot
    assert sorted(LotAttributeValue.objects.filter(lot=lot).values_list("value", flat=True)) == [
        "3",
        "Light",
        "no",
    ]
    for said, words in (({"Smell": "bad"}, "not asked"), ({"Fat": "much"}, "cannot be much")):
        with pytest.raises(ledger.BadInput, match=words):
            receive("B", **said)
    assert not Lot.objects.filter(supplier_lot="B").exists()


def test_it_is_said_anew_on_the_page_with_a_reason_and_the_first_answer_stays(dock, asked, browse):
    dock.scan(label("PANKO", "DM-P-1"))
    dock.say("unknown")
    lot = dock.post().lines.get().lot
    address = f"/lots/{lot.pk}/attributes/{asked['fat'].pk}/"
    quinn = browse("quinn")
    assert "not known" in quinn.get(f"/lots/{lot.pk}/").content.decode()
    refused = quinn.post(address, {"value": "3.6", "reason": ""})
    assert (refused.status_code, 'value="3.6"' in refused.content.decode()) == (422, True)
    quinn.post(address, {"value": "3.6", "reason": "Certificate came"})
    quinn.post(address, {"value": "4.6", "reason": "Typo"})
    page = quinn.get(f"/lots/{lot.pk}/").content.decode()
    for words in ("4.6 %", "outside 3 to 4 %", "before: 3.6", "Typo"):
        assert words in page
    assert browse("rita").get(address).status_code == 403
    told = quinn.get(f"/api/v1/lots/{lot.pk}").json()["attributes"]
    assert told == [{"name": "Fat", "value": "4.6", "unit": "%", "is_within": False}]


def test_the_fields_stand_on_the_page_of_the_dock(dock, asked, browse):
    rita = browse("rita")
    base = f"/receiving/deliveries/{dock.delivery.pk}/"
    rita.post(f"{base}scan", {"code": label("PANKO", "DM-P-1"), "scan_key": "a" * 32})
    page = rita.get(base).content.decode()
    for words in ("Fat, %", "3 to 4 %", "Organic", "Baked on", "Not known"):
        assert words in page
    name = f"attribute_{asked['fat'].pk}"
    sent = {
        "item": dock.items["PANKO"].pk,
        "supplier_lot": "DM-P-1",
        "quantity": "250",
        "unit": "lb",
        "expires_on": "2028-05-19",
    }
    wrong = rita.post(f"{base}lot", {**sent, name: "3,5", "scan_key": "b" * 32}).content.decode()
    assert "Fat cannot be 3,5" in wrong
    rita.post(
        f"{base}lot", {**sent, name: "3.5", f"attribute_{asked['organic'].pk}": "yes", "scan_key": "c" * 32}
    )
    assert dock.lines[0].attributes == {str(asked["fat"].pk): "3.5", str(asked["organic"].pk): "yes"}
