"""The one search box: an exact hit opens, several are candidates, near spellings are offered, nothing is picked silently."""

import pytest

from traceability import searching
from traceability.models import Container, Item, SupplierItem


@pytest.fixture
def spice(plant):
    return plant.item("ING-SPICE", gtin="19521234009013")


def opens(client, asked):
    answer = client.get("/search", {"q": asked})
    return answer["Location"] if answer.status_code == 302 else None


def test_each_thing_opens_by_its_name_or_number(plant, browse, spice):
    lot = plant.receive("F-261022-1", item=spice, supplier_lot="DM-7719")
    box = Container.objects.create(number="195212340020140001")
    quinn = browse("quinn")
    assert opens(quinn, "f-261022-1") == f"/lots/{lot.pk}/"
    assert opens(quinn, "dm 7719") == f"/lots/{lot.pk}/"
    assert opens(quinn, "ing-spice") == f"/items/{spice.pk}/"
    assert opens(quinn, "19521234009013") == f"/items/{spice.pk}/"
    assert opens(quinn, "Delta Mill") == f"/parties/{plant.supplier.pk}/"
    assert opens(quinn, "STORE-2") == f"/locations/{plant.store_2.pk}/"
    assert opens(quinn, "195212340020140001") == f"/containers/{box.pk}/"
    assert opens(quinn, "RCV-F-261022-1") == "/documents/RCV-F-261022-1"
    assert opens(quinn, "entry 1") == "/entries/1/"


def test_a_scanned_label_opens_the_lot_of_its_item(plant, browse, spice):
    lot = plant.receive("L-77", item=spice)
    plant.receive("L-77", item=plant.item("SALT"))
    quinn = browse("quinn")
    assert opens(quinn, "]C1011952123400901310L-77") == f"/lots/{lot.pk}/"
    assert opens(quinn, "(01)19521234009013(10)L-77") == f"/lots/{lot.pk}/"
    assert opens(quinn, "L-77") is None, "two items have a lot of this number"
    assert opens(quinn, "]C1011952123400901310L-78") is None


def test_the_supplier_s_own_code_of_an_item_opens_the_item(plant, browse, spice):
    SupplierItem.objects.create(supplier=plant.supplier, item=spice, code="CRE-44")
    assert opens(browse("quinn"), "CRE-44") == f"/items/{spice.pk}/"


def test_several_of_one_name_are_shown_with_what_tells_them_apart(plant, browse):
    first = plant.receive("RM-1", supplier_lot="CS-26-2874")
    second = plant.receive("RM-2", supplier_lot="CS262874")
    plant.hold(second)
    page = browse("quinn").get("/search?q=cs 26 2874").content.decode()
    assert "2 carry this name or number" in page
    for told in (first.number, second.number, "CS-26-2874", "CS262874", "Delta Mill", "Hold"):
        assert told in page


def test_a_wrong_keystroke_offers_what_is_spelled_nearly_so(plant, browse):
    plant.receive("RM-261019-07", supplier_lot="CS-26-2874")
    page = browse("quinn").get("/search?q=CS-26-2847").content.decode()
    assert "spelled nearly so" in page
    assert "RM-261019-07" in page
    assert "RM-261019-07" in browse("quinn").get("/search?q=RM-261019-01").content.decode()
    assert "Nothing here is called" in browse("quinn").get("/search?q=ABX-99").content.decode()


def test_a_label_that_lost_its_separators_is_said_to_be_one(plant, browse, spice):
    page = browse("quinn").get("/search", {"q": "011952123400901310F-261022-115280422"}).content.decode()
    assert "lost its separators" in page
    assert "S02" in page


@pytest.mark.parametrize(
    "hostile", ["'", "%", "_", "\\", "<script>alert(1)</script>", "\x00", "-1", "]C1", "(01)", "9" * 400, "٣"]
)
def test_any_text_gets_a_calm_answer(plant, browse, hostile):
    answer = browse("quinn").get("/search", {"q": hostile})
    assert answer.status_code in (200, 302)
    assert b"<script>alert" not in answer.content


def test_while_one_types_the_first_few_come_as_a_fragment(plant, browse):
    for n in range(12):
        plant.receive(f"L-{n:02}")
    fragment = browse("quinn").get("/search?q=l-0", HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in fragment
    assert fragment.count('role="option"') == 8
    one = browse("quinn").get("/search?q=L-03", HTTP_HX_REQUEST="true")
    assert one.status_code == 200, "typing never leaves the page"


def test_customers_and_their_papers_are_only_named_to_those_who_may_know(plant, browse):
    assert "Coastal Grocers" in browse("sam").get("/search?q=coastal").content.decode()
    assert "Coastal Grocers" not in browse("paul").get("/search?q=coastal").content.decode()
    assert opens(browse("alma"), "STORE-2") is None, "the ledger's places are not hers to see"


def test_the_papers_of_every_app_are_found(plant, browse):
    kinds = {finder.kind for finder in searching.finding._finders}
    assert kinds >= {
        "Expected deliveries",
        "Receipts",
        "Inspections",
        "Inspection plans",
        "Work orders",
        "Orders",
        "Shipments",
        "Customer returns",
        "Recalls",
    }


def test_a_search_costs_the_same_for_few_and_many(plant, browse, django_assert_max_num_queries):
    for n in range(40):
        plant.receive(
            f"L-{n:03}", item=Item.objects.get_or_create(code=f"I-{n}", name=f"Item {n}", unit="lb")[0]
        )
    client = browse("rhea")
    for address in ("/search?q=L-0", "/search?q=item", "/search?q=nothing"):
        with django_assert_max_num_queries(30):
            client.get(address)
    with django_assert_max_num_queries(23):
        client.get("/search?q=L-0", HTTP_HX_REQUEST="true")
