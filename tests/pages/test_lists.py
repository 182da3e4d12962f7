"""Lists: filters, sorting, pages, and a CSV that says the same as the page."""

import csv
import io
import re

import pytest

LISTS = ["/lots/", "/entries/", "/items/", "/locations/", "/parties/", "/recalls/"]


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("address", LISTS)
def test_every_list_opens_and_exports_its_rows(plant, browse, address):
    plant.receive("A-1")
    client = browse("rhea")
    page = client.get(address)
    assert page.status_code == 200
    export = client.get(f"{address}?format=csv")
    assert export["Content-Type"].startswith("text/csv")
    rows = rows_of(export)
    assert len(rows) - 1 == page.context["total"]


@pytest.mark.parametrize("address", LISTS)
def test_an_unknown_filter_is_not_taken_for_an_answer(plant, browse, address):
    answer = browse("rhea").get(f"{address}?colour=red")
    assert answer.status_code == 400
    assert "no filter called colour" in answer.content.decode()


def test_an_unknown_sort_and_a_wrong_value_are_refused_too(plant, browse):
    client = browse("rhea")
    assert client.get("/lots/?sort=supplier__note").status_code == 400
    assert client.get("/lots/?status=beautiful").status_code == 400
    assert client.get("/entries/?since=yesterday").status_code == 400


def test_the_csv_has_all_rows_and_the_page_fifty(plant, browse):
    for n in range(53):
        plant.receive(f"L-{n:03}", n + 1)
    client = browse("rhea")
    page = client.get("/lots/?item=FLOUR&sort=-number")
    text = page.content.decode()
    shown = re.findall(r'<a class="lot-code" href="/lots/\d+/">([^<]+)</a>', text)
    rows = rows_of(client.get("/lots/?item=FLOUR&sort=-number&format=csv"))
    assert len(shown) == 50
    assert "1 to 50 of 53" in text
    assert [row[0] for row in rows[1:51]] == shown
    assert len(rows) == 54
    on_hand = rows[0].index("On hand")
    assert rows[1][on_hand : on_hand + 2] == ["53", "lb"]


def test_the_filters_of_lots_find_what_they_say(plant, browse):
    held, free, used = (
        plant.receive("HELD-1", supplier_lot="CS-26-2874"),
        plant.receive("FREE-1"),
        plant.receive("USED-1", 5),
    )
    waiting = plant.receive("WAIT-1", status="quarantine")
    plant.hold(held)
    plant.ship(used, 5)
    client = browse("rhea")

    def found(query):
        return {row[0] for row in rows_of(client.get(f"/lots/?{query}&format=csv"))[1:]}

    assert found("held=yes") == {held.number}
    assert found("stock=no") == {used.number}
    assert found("status=quarantine") == {waiting.number}
    assert found("q=cs262874") == {held.number}
    assert found("status=released&held=no") == {free.number}


def test_a_text_that_looks_like_a_formula_stays_text(plant, browse):
    plant.receive("F-1", supplier_lot="=1+1")
    rows = rows_of(browse("rhea").get("/lots/?format=csv"))
    assert "'=1+1" in rows[1]


def test_a_list_costs_the_same_for_three_rows_and_for_fifty(plant, browse, django_assert_max_num_queries):
    for n in range(60):
        plant.receive(f"L-{n:03}")
    client = browse("rhea")
    for address in LISTS:
        with django_assert_max_num_queries(20):
            client.get(address)


def test_an_entry_shows_its_lines_and_its_place_in_the_chain(plant, browse):
    from traceability.models import Entry

    lot = plant.receive("A-1", 12)
    plant.ship(lot, 5)
    entry = Entry.objects.get(seq=2)
    page = browse("sam").get("/entries/2/").content.decode()
    assert bytes(entry.chain).hex() in page
    assert bytes(entry.digest).hex() in page
    assert "Coastal Grocers" in page
    assert "Coastal Grocers" not in browse("paul").get("/entries/2/").content.decode()


def test_where_it_went_as_a_list_with_readings(plant, browse):
    """S ──▶ W1 ──▶ B ──▶ W2 ──▶ P; the second link is only inferred"""
    spice = plant.receive("S")
    first, second = plant.run("W1"), plant.run("W2")
    plant.issue(spice, first, 5)
    blend = plant.output("B", first, 5, item=plant.item("BLEND"))
    plant.issue(blend, second, 5, evidence="inferred")
    plant.output("P", second, 5)
    client = browse("quinn")
    wide = rows_of(client.get(f"/lots/{spice.pk}/where-used/?format=csv"))
    narrow = client.get(f"/lots/{spice.pk}/where-used/?reading=narrow")
    assert [row[0] for row in wide[1:]] == ["B", "P"]
    assert narrow.context["total"] == 1
    assert "Left out by this reading" in narrow.content.decode()
    assert client.get(f"/lots/{spice.pk}/where-used/?as_of=1").context["total"] == 0
    assert [row[0] for row in rows_of(client.get(f"/lots/{blend.pk}/where-from/?format=csv"))[1:]] == ["S"]
