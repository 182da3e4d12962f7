"""The page of a lot."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from traceability.models import Tracking


@pytest.fixture
def life(plant):
    """S ──▶ W1 ──▶ P ──▶ C-1, and 6 came back"""
    spice = plant.receive("S-1", 500, supplier_lot="CS-26-2874")
    run = plant.run("WO-1")
    plant.issue(spice, run, 120)
    bread = plant.output("F-1", run, 170)
    plant.ship(bread, 140, document="SH-7001")
    return spice, bread


def test_the_page_shows_an_equation_that_closes(life, browse):
    page = browse("quinn").get(f"/lots/{life[1].pk}/").content.decode()
    assert "Does it add up?" in page
    assert "0 lb unaccounted" in page
    assert "<b>140</b> with customers" in page
    assert "<b>30</b> here" in page


def test_a_received_lot_says_what_was_made_from_it(life, browse):
    page = browse("quinn").get(f"/lots/{life[0].pk}/").content.decode()
    assert "CS-26-2874" in page
    assert "F-1" in page
    assert "<b>120</b> used" in page


def test_the_customer_is_hidden_from_whom_may_not_know(life, browse):
    seen = browse("sam").get(f"/lots/{life[1].pk}/").content.decode()
    hidden = browse("paul").get(f"/lots/{life[1].pk}/").content.decode()
    assert "Coastal Grocers" in seen
    assert "Coastal Grocers" not in hidden
    assert "hidden: ask quality" in hidden
    assert "C-1" not in hidden


def queries_of(client, lot):
    client.get(f"/lots/{lot.pk}/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get(f"/lots/{lot.pk}/").status_code == 200
    with CaptureQueriesContext(connection) as shell:
        client.get("/help/")
    # The menu's counts are the apps' own, one each. Session, person, site and checkpoint are counted in.
    return len(seen) - len(shell) + 4


def test_a_lot_inside_many_units_costs_the_same_as_one_inside_few(plant, browse, count):
    """BOARDS ──▶ W ──▶ 3 units, CHIPS ──▶ V ──▶ 300 units"""
    client = browse("quinn")
    counts = []
    for name, units in (("FEW", 3), ("MANY", count(300, 10_000))):
        part = plant.receive(f"PART-{name}", 20_000)
        run = plant.run(f"WO-{name}")
        plant.issue(part, run, units)
        item = plant.item("ROUTER", tracking=Tracking.SERIAL, unit="ea")
        make_serials(plant, run, item, name, units)
        counts.append(queries_of(client, part))
    assert counts[0] == counts[1]
    assert counts[1] <= 25


def make_serials(plant, run, item, name, units):
    from decimal import Decimal

    from traceability.ledger import Move
    from traceability.models import EntryKind, Lot, Status

    moves = [
        Move(lot=Lot(item=item, number=f"{name}-{n:05}", is_serial=True), quantity=Decimal(1), origin=plant.place("production"),
             destination=plant.store, destination_status=Status.RELEASED, run=run)
        for n in range(units)
    ]  # fmt: skip
    plant.post(EntryKind.OUTPUT, *moves, actor=plant.people["paul"], document=run.document)


def test_a_unit_with_many_parts_stays_within_the_budget(plant, browse, count):
    run = plant.run("WO-BIG")
    for n in range(count(80, 400)):
        plant.issue(plant.receive(f"P-{n:04}", 10, item=plant.item(f"PART-{n % 7}")), run, 1)
    unit = plant.output("U-1", run, 1)
    client = browse("rhea")
    assert queries_of(client, unit) <= 25
    page = client.get(f"/lots/{unit.pk}/").content.decode()
    assert "and 20 more" in page


def test_a_deeper_level_comes_when_it_is_asked_for(plant, browse):
    """A ──▶ W1 ──▶ B ──▶ W2 ──▶ C ──▶ W3 ──▶ D"""
    lot = plant.receive("A")
    for n, number in enumerate("BCD", 1):
        run = plant.run(f"W{n}")
        plant.issue(lot, run, 5)
        lot = plant.output(number, run, 5, item=plant.item(f"MADE-{number}"))
    client = browse("quinn")
    page = client.get(f"/lots/{lot.pk}/").content.decode()
    assert 'aria-level="2"' in page
    assert 'aria-level="3"' not in page
    address = page.split('<a class="tag"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'aria-level="3"' in fragment
    assert "<html" not in fragment
    assert client.get(address).status_code == 302


def test_the_hold_says_on_which_way_it_came(plant, browse):
    """S ──▶ W1 ──▶ B ──▶ W2 ──▶ P"""
    spice = plant.receive("SPICE")
    first, second = plant.run("W1"), plant.run("W2")
    plant.issue(spice, first, 5)
    blend = plant.output("BLEND", first, 5, item=plant.item("BLEND"))
    plant.issue(blend, second, 5)
    bread = plant.output("BREAD", second, 5)
    plant.hold(spice, blend, bread, reason="Salmonella", reference="RC-1")
    page = browse("quinn").get(f"/lots/{bread.pk}/").content.decode()
    path = page.split('class="path"')[1].split("</p>")[0]
    assert [word for word in ("SPICE", "W1", "BLEND", "W2", "BREAD") if f">{word}<" in path] == [
        "SPICE",
        "W1",
        "BLEND",
        "W2",
        "BREAD",
    ]
