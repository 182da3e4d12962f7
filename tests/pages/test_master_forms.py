"""Forms of master data in the browser: new, change, copy, retire; two people at once; input is kept."""

import pytest

from traceability import changes, masters
from traceability.models import Category, Contact, Item, LotAttribute, Party, ReasonCode, Site

ITEM = {
    "code": "ING-SALT", "name": "Salt", "kind": "material", "tracking": "lot", "unit": "lb", "decimals": "3", "date_label": "best_by", "count_tolerance_percent": "2",
    "count_tolerance_quantity": "0", "units-TOTAL_FORMS": "1", "units-INITIAL_FORMS": "0", "units-0-unit": "", "units-0-factor": "",
}  # fmt: skip


@pytest.fixture
def quinn(browse):
    return browse("quinn")


def shown(page):
    return page.content.decode()


def test_an_item_is_added_changed_copied_and_retired(plant, quinn):
    assert "New item" in shown(quinn.get("/items/"))
    answer = quinn.post("/items/new/", ITEM | {"units-0-unit": "bag", "units-0-factor": "50"})
    item = Item.objects.get(code="ING-SALT")
    assert answer["Location"] == f"/items/{item.pk}/"
    page = shown(quinn.get(f"/items/{item.pk}/"))
    for words in (
        "Salt is saved.".replace("Salt", "ING-SALT"),
        "1 bag",
        "50 lb",
        "Created",
        f"/items/{item.pk}/change/",
    ):
        assert words in page, words
    form = shown(quinn.get(f"/items/{item.pk}/change/"))
    assert 'value="ING-SALT"' in form
    assert 'value="50"' in form
    unit = item.units.get()
    sent = ITEM | {
        "seen": masters.seen_of("item", item), "name": "Sea salt", "why": "Renamed by the supplier", "units-TOTAL_FORMS": "2", "units-INITIAL_FORMS": "1",
        "units-0-id": unit.pk, "units-0-unit": "bag", "units-0-factor": "25", "units-1-unit": "", "units-1-factor": "",
    }  # fmt: skip
    assert quinn.post(f"/items/{item.pk}/change/", sent).status_code == 302
    item.refresh_from_db()
    assert (item.name, item.units.get().numerator) == ("Sea salt", 25)
    copied = shown(quinn.get(f"/items/{item.pk}/copy/"))
    assert "New item like" in copied
    assert 'value="Sea salt"' in copied
    assert 'value="ING-SALT"' not in copied
    assert 'value="25"' in copied
    assert (
        quinn.post(f"/items/{item.pk}/retire/", {"reason": "Not bought any more"})["Location"]
        == f"/items/{item.pk}/"
    )
    assert "Retired" in shown(quinn.get(f"/items/{item.pk}/"))
    assert "ING-SALT" not in shown(quinn.get("/items/?active=yes"))


def test_what_is_wrong_stands_beside_its_field_and_the_input_is_kept(plant, quinn):
    answer = quinn.post(
        "/items/new/",
        ITEM
        | {
            "code": "",
            "name": "<b>Salt</b>",
            "weight_per_unit": "1e3",
            "units-0-unit": "bag",
            "units-0-factor": "none",
        },
    )
    page = shown(answer)
    assert answer.status_code == 422
    for words in (
        "Nothing was recorded.",
        "bad_input",
        "Digits with a point",
        "&lt;b&gt;Salt&lt;/b&gt;",
        'value="1e3"',
        'value="none"',
        'aria-invalid="true"',
    ):
        assert words in page, words
    assert not Item.objects.exists()


def test_a_look_alike_code_is_confirmed_on_the_form(plant, quinn):
    plant.item("ING-O1")
    page = shown(quinn.post("/items/new/", ITEM | {"code": "ING-01"}))
    assert "looks like ING-O1" in page
    assert 'name="confirm_alike"' in page
    assert quinn.post("/items/new/", ITEM | {"code": "ING-01", "confirm_alike": "on"}).status_code == 302


def test_two_people_at_once_the_second_sees_what_the_first_changed_and_keeps_the_input(plant, quinn):
    quinn.post("/items/new/", ITEM)
    item = Item.objects.get()
    seen = masters.seen_of("item", item)
    with changes.noting(actor=plant.people["quentin"], reason="Letter"):
        Item.objects.filter(pk=item.pk).update(shelf_life_days=30, note="Store dry")
    sent = ITEM | {
        "seen": seen,
        "name": "Sea salt",
        "note": "Store cool",
        "why": "Renamed",
        "units-TOTAL_FORMS": "0",
    }
    answer = quinn.post(f"/items/{item.pk}/change/", sent)
    page = shown(answer)
    assert answer.status_code == 409
    for words in (
        "Quentin changed this record",
        "changed_meanwhile",
        'value="Sea salt"',
        'value="Store cool"',
        "Now: Store dry",
        'value="Renamed"',
    ):
        assert words in page, words
    assert 'name="shelf_life_days" value="30"' in page, "what was not touched shows the new state"
    item.refresh_from_db()
    assert item.name == "Salt"
    again = sent | {"seen": masters.seen_of("item", item), "shelf_life_days": "30"}
    assert quinn.post(f"/items/{item.pk}/change/", again).status_code == 302
    item.refresh_from_db()
    assert (item.name, item.shelf_life_days, item.note) == ("Sea salt", 30, "Store cool")
    lost = quinn.post(f"/items/{item.pk}/change/", {**sent, "seen": "x"})
    assert lost.status_code == 422


def test_who_may_not_change_masters_sees_no_way_in(plant, browse):
    item = plant.item()
    for name in ("rita", "sam", "ada"):
        assert "/change/" not in shown(browse(name).get(f"/items/{item.pk}/"))
        for address in (
            "/items/new/",
            f"/items/{item.pk}/change/",
            f"/items/{item.pk}/copy/",
            f"/items/{item.pk}/retire/",
            "/parties/new/",
            "/sites/new/",
        ):
            assert browse(name).get(address).status_code == 403, (name, address)
    assert browse("alma").get(f"/items/{item.pk}/change/").status_code == 200


def test_retiring_what_is_in_stock_is_asked_once_more(plant, quinn):
    lot = plant.receive("L-1", 5)
    address = f"/items/{lot.item_id}/retire/"
    assert "5 lb of it in 1 lot are in stock" in shown(quinn.get(address))
    refused = quinn.post(address, {"reason": "Old"})
    assert refused.status_code == 409
    assert "still_in_use" in shown(refused)
    assert quinn.post(address, {"reason": "Old", "anyway": "yes"}).status_code == 302


def test_a_party_with_contacts_and_items_they_may_bring(plant, quinn):
    plant.item("SPICE")
    sent = {
        "code": "S-9", "name": "Crescent Spice", "is_supplier": "on", "country": "US", "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "0", "contacts-0-name": "Renee",
        "contacts-0-phone": "850-555-0141", "contacts-0-checked_on": "2026-01-31", "items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "0", "items-0-item": "SPICE",
        "items-0-code": "CS-77", "items-0-approval": "approved",
    }  # fmt: skip
    assert quinn.post("/parties/new/", sent).status_code == 302
    party = Party.objects.get(code="S-9")
    page = shown(quinn.get(f"/parties/{party.pk}/"))
    for words in ("Renee", "31 Jan 2026", "CS-77", "SPICE", "Approved"):
        assert words in page, words
    contact = Contact.objects.get(party=party)
    form = shown(quinn.get(f"/parties/{party.pk}/change/"))
    assert 'value="SPICE"' in form
    change = {
        "code": "S-9", "name": "Crescent Spice", "is_supplier": "on", "country": "US", "is_suspended": "on", "suspended_because": "Audit failed", "why": "Audit",
        "seen": masters.seen_of("party", party), "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1", "contacts-0-id": contact.pk, "contacts-0-name": "Renee",
        "contacts-0-DELETE": "on", "items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "1", "items-0-id": party.supplier_items.get().pk, "items-0-item": "SPICE",
        "items-0-approval": "suspended", "items-0-approval_reason": "Audit failed",
    }  # fmt: skip
    assert quinn.post(f"/parties/{party.pk}/change/", change).status_code == 302
    page = shown(quinn.get(f"/parties/{party.pk}/"))
    assert "Suspended since" in page
    assert "Audit failed" in page
    assert not party.contacts.exists()


def test_a_site_a_category_and_a_reason_have_their_pages(plant, quinn):
    quinn.post(
        "/sites/new/",
        {"code": "NORTH", "name": "North", "time_zone": "America/Denver", "production_day_starts": "05:30"},
    )
    site = Site.objects.get(code="NORTH")
    page = shown(quinn.get(f"/sites/{site.pk}/"))
    assert "DOCK-1" in page
    assert "05:30" in page
    sent = {
        "name": "Spices", "attributes-TOTAL_FORMS": "2", "attributes-INITIAL_FORMS": "0", "attributes-0-position": "1", "attributes-0-name": "Moisture", "attributes-0-kind": "number",
        "attributes-0-unit": "%", "attributes-0-upper": "12", "attributes-0-is_required": "on", "attributes-0-asked_at": ["receiving"], "attributes-0-is_active": "on",
        "attributes-1-position": "2", "attributes-1-name": "Origin", "attributes-1-kind": "choice", "attributes-1-choices": "Vietnam, India", "attributes-1-is_active": "on",
    }  # fmt: skip
    assert quinn.post("/categories/new/", sent).status_code == 302
    category = Category.objects.get()
    assert [(a.name, a.choices) for a in LotAttribute.objects.order_by("position")] == [
        ("Moisture", []),
        ("Origin", ["Vietnam", "India"]),
    ]
    assert "any to 12" in shown(quinn.get(f"/categories/{category.pk}/"))
    quinn.post("/reasons/new/", {"code": "TORN", "text": "Bag torn", "uses": ["scrap", "masters"]})
    reason = ReasonCode.objects.get()
    assert "Bag torn" in shown(quinn.get("/reasons/?use=scrap"))
    assert "Scrap" in shown(quinn.get(f"/reasons/{reason.pk}/"))
    assert "Bag torn" in shown(quinn.get(f"/sites/{site.pk}/change/")), "offered where a change is explained"
