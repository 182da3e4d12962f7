"""The change history in the browser: of one record, of all, with filters and export, and who sees what of it."""

import pytest

from traceability import changes
from traceability.models import Change, Item


@pytest.fixture
def item(plant):
    found = plant.item("SPICE", shelf_life_days=365)
    with changes.noting(actor=plant.quinn, reason="Supplier letter <b>"):
        Item.objects.filter(pk=found.pk).update(shelf_life_days=180)
    return found


def test_the_page_of_a_record_shows_its_changes_and_leads_to_all_of_them(item, browse):
    page = browse("rita").get(f"/items/{item.pk}/").content.decode()
    for words in (
        "History",
        "shelf life days: 365 → 180",
        "Supplier letter &lt;b&gt;",
        "Quinn",
        f"/history/item/{item.pk}/",
    ):
        assert words in page
    own = browse("rita").get(f"/history/item/{item.pk}/").content.decode()
    assert "History of Item SPICE" in own
    assert "365 → 180" in own
    assert browse("rita").get("/history/item/999999/").status_code == 404
    assert browse("rita").get("/history/nothing/1/").status_code == 404
    assert browse("nora").get(f"/history/item/{item.pk}/").status_code == 403


def test_the_list_of_all_filters_by_record_person_field_and_reason(plant, item, browse):
    quinn = browse("quinn")
    for query in (
        "kind=item&verb=changed",
        "by=quinn",
        "q=shelf life days&verb=changed",
        "q=Supplier letter",
    ):
        page = quinn.get(f"/changes/?{query}").content.decode()
        assert "1 change" in page, query
        assert "365 → 180" in page, query
    assert "365 → 180" not in quinn.get("/changes/?by=rita").content.decode()
    assert "365 → 180" not in quinn.get("/changes/?by=database").content.decode()
    told = b"".join(quinn.get("/changes/?verb=changed&format=csv").streaming_content).decode()
    change = Change.objects.get(verb="changed")
    for words in (
        "shelf_life_days=365",
        "shelf_life_days=180",
        str(change.request),
        "lotline_app",
        "Item SPICE",
    ):
        assert words in told


def test_people_and_customers_are_told_to_those_who_may_see_them(plant, item, browse):
    plant.rita.display_name = "Rita R."
    plant.rita.save()
    plant.customer.name = "Coastal Grocers Inc"
    plant.customer.save()
    assert "Rita R." not in browse("quinn").get("/changes/?kind=person").content.decode()
    assert "Rita R." in browse("ada").get("/changes/?kind=person").content.decode()
    assert "Coastal Grocers" in browse("sam").get("/changes/").content.decode()
    assert "Coastal Grocers" not in browse("paul").get("/changes/").content.decode()
    assert browse("paul").get(f"/history/party/{plant.customer.pk}/").status_code == 404
    assert browse("paul").get(f"/history/person/{plant.rita.pk}/").status_code == 404
