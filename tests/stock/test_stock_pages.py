"""What is on hand: every quantity in one condition, every number equal to the rows behind it, page and CSV alike."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.cast import make_site
from traceability import inquiries, ledger, stock
from traceability.inquiries import Condition
from traceability.ledger import Move, Need
from traceability.models import Container, EntryKind, Location, LocationKind
from traceability.stock import Amount

LISTS = ["/stock/", "/stock/places/", "/stock/quantities/", "/stock/expiry/", "/stock/away/", "/stock/in-process/"]  # fmt: skip


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def full(plant):
    """FLOUR: 50 free, 30 promised, 20 awaiting, 7 held, 5 rejected, 3 expired, 2 without a paper, 11 in transit; 9 in process."""
    plant.today = timezone.localdate(timezone=plant.site.zone)
    usable = plant.receive("A-1", 89)
    plant.issue(usable, plant.run("WO-1"), 9)
    ledger.reserve(
        moves=[
            Move(lot=usable, quantity=Decimal(30), origin=plant.store, destination=plant.place("customer"))
        ],
        document="SH-9",
        actor=plant.sam,
        now=timezone.now(),
    )
    plant.receive("A-2", 20, status="quarantine")
    plant.hold(plant.receive("A-3", 7, at=plant.store_2))
    plant.receive("A-4", 3, expires_on=plant.today - timedelta(days=1))
    rejected = plant.receive("A-5", 5, status="quarantine")
    plant.post(
        EntryKind.DISPOSITION,
        Move(lot=rejected, quantity=Decimal(5), origin=plant.store, destination=plant.store, origin_status="quarantine", destination_status="rejected"),
        actor=plant.quinn,
    )  # fmt: skip
    paper = plant.receive("A-6", 2)
    plant.post(
        EntryKind.DISPOSITION,
        actor=plant.quinn,
        site=plant.site,
        needs=[Need(stage="receiving", what="Certificate", lot=paper, is_blocking=True)],
    )
    away = plant.receive("A-7", 11)
    stock.move_stock(
        amounts=[Amount(lot=away, quantity=Decimal(11), location=plant.store)],
        to=plant.place("transit"),
        actor=plant.sam,
        client="t",
        key="m",
    )
    plant.receive("S-1", 4, item=plant.item("SALT", unit="cs"), expires_on=plant.today + timedelta(days=20))
    return plant


def test_the_conditions_of_an_item_add_up_to_what_is_on_hand(full):
    item = full.item("FLOUR")
    standing = inquiries.standing_of([item.pk], inquiries.stock(today=full.today))[item.pk]
    assert (standing.on_hand, standing.free, standing.promised, standing.in_process) == (128, 50, 30, 9)
    assert standing.conditions == {
        Condition.USABLE: 80,
        Condition.QUARANTINE: 20,
        Condition.HELD: 7,
        Condition.EXPIRED: 3,
        Condition.REJECTED: 5,
        Condition.NEEDS: 2,
        Condition.AWAY: 11,
    }
    assert sum(standing.conditions.values()) == standing.on_hand
    assert standing.lots == 7


def test_every_number_of_the_page_is_the_sum_of_the_rows_it_leads_to(full, browse):
    client = browse("rita")
    [flour] = [row for row in rows_of(client.get("/stock/?format=csv")) if row["Code"] == "FLOUR"]
    page = client.get("/stock/").content.decode()
    for heading, condition, column in [
        ("Free", "free", "Free"), ("Promised", "promised", "Promised"), ("Awaiting QC", "quarantine", "On hand"), ("On hold", "held", "On hand"),
        ("Rejected", "rejected", "On hand"), ("Past date", "expired", "On hand"), ("Paper missing", "needs", "On hand"), ("Away", "away", "On hand"),
    ]:  # fmt: skip
        address = f"/stock/quantities/?item=FLOUR&condition={condition}"
        assert address.replace("&", "&amp;") in page
        rows = rows_of(client.get(f"{address}&format=csv"))
        assert sum(Decimal(row[column]) for row in rows) == Decimal(flour[heading]) > 0
    assert "/stock/in-process/?item=FLOUR" in page
    drawn = rows_of(client.get("/stock/in-process/?item=FLOUR&format=csv"))
    assert [row["Quantity"] for row in drawn] == [flour["In process"]] == ["9"]


def test_totals_are_told_unit_by_unit_and_never_added(full, browse):
    page = browse("rita").get("/stock/quantities/")
    assert [(total["unit"], total["on_hand"]) for total in page.context["totals"]] == [("lb", 128), ("cs", 4)]


def test_the_page_of_an_item_shows_an_equation_that_closes(full, browse):
    page = browse("rita").get(f"/stock/items/{full.item('FLOUR').pk}/")
    assert sum(term["quantity"] for term in page.context["terms"]) == page.context["standing"].on_hand == 128
    assert "SH-9" in page.content.decode()


def test_what_is_promised_on_a_pallet_is_not_promised_beside_it(full):
    pallet = Container.objects.create(number="P-1")
    lot = full.receive("B-1", 40, item=full.item("RICE"))
    full.post(
        EntryKind.TRANSFER,
        Move(lot=lot, quantity=Decimal(15), origin=full.store, destination=full.store, destination_container=pallet),
    )  # fmt: skip
    ledger.reserve(
        moves=[Move(lot=lot, quantity=Decimal(15), origin=full.store, origin_container=pallet, destination=full.place("customer"))],
        document="SH-1", actor=full.sam, now=timezone.now(),
    )  # fmt: skip
    rows = inquiries.stock(today=full.today).filter(lot=lot)
    assert {row.container_id: (row.promised, row.free) for row in rows} == {
        pallet.pk: (15, 0),
        None: (0, 25),
    }


def test_expiry_lists_what_is_past_or_near_worst_first(full, browse):
    client = browse("rita")
    rows = rows_of(client.get("/stock/expiry/?format=csv"))
    assert [(row["Lot"], row["Days left"]) for row in rows] == [("A-4", "-1"), ("S-1", "20")]
    assert [row["Lot"] for row in rows_of(client.get("/stock/expiry/?within=past&format=csv"))] == ["A-4"]
    assert [row["Lot"] for row in rows_of(client.get("/stock/expiry/?within=30&format=csv"))] == ["S-1"]


def test_what_is_away_says_since_when_and_by_which_paper(full, browse):
    [row] = rows_of(browse("sam").get("/stock/away/?format=csv"))
    assert (row["Lot"], row["On hand"], row["Document"][:3]) == ("A-7", "11", "MV-")
    assert row["Since"]


def test_places_are_a_tree_and_a_filter_reaches_inside(full, browse):
    rack = Location.objects.create(
        site=full.site, code="RACK-1", kind=LocationKind.STORAGE, parent=full.store
    )
    full.receive("R-1", 6, item=full.item("RICE"), at=rack)
    client = browse("rita")
    codes = [row["Place"] for row in rows_of(client.get("/stock/places/?format=csv"))]
    assert codes.index("RACK-1") == codes.index("STORE-1") + 1
    assert 'style="--depth:1"' in client.get("/stock/places/").content.decode()
    [row] = rows_of(client.get("/stock/places/?inside=RACK-1&format=csv"))
    assert (row["What stands there"], row["Lots"]) == ("Rice 6 lb", "1")
    inside = rows_of(client.get("/stock/quantities/?place=STORE-1&item=RICE&format=csv"))
    assert [row["Lot"] for row in inside] == ["R-1"]


@pytest.mark.parametrize("address", LISTS)
def test_each_page_of_stock_opens_exports_and_refuses_a_mistyped_filter(full, browse, address):
    client = browse("ada")
    page = client.get(address)
    assert page.status_code == 200
    assert len(rows_of(client.get(f"{address}?format=csv"))) == page.context["total"]
    assert client.get(f"{address}?colour=red").status_code == 400
    assert browse("nora").get(address).status_code == 403


def test_the_stock_of_a_foreign_site_is_not_shown(full, browse):
    other = make_site("NORTH")
    place = Location.objects.get(site=other, code="STORE-1")
    full.post(
        EntryKind.RECEIPT,
        Move(lot=ledger_lot(full, "N-1"), quantity=Decimal(5), origin=Location.objects.get(site=other, kind="supplier"), destination=place),
        party=full.supplier,
    )  # fmt: skip
    client = browse("rita")
    assert "N-1" not in [row["Lot"] for row in rows_of(client.get("/stock/quantities/?format=csv"))]
    assert other.code not in [row["Site"] for row in rows_of(client.get("/stock/places/?format=csv"))]


def ledger_lot(plant, number):
    from traceability.models import Lot

    return Lot(item=plant.item("FLOUR"), number=number, supplier=plant.supplier)


def test_the_number_of_queries_does_not_grow_with_the_stock(plant, browse, django_assert_max_num_queries):
    for n in range(30):
        plant.receive(f"L-{n:02}", n + 1, item=plant.item(f"I-{n % 10}"))
    client = browse("rita")
    for address in LISTS:
        with django_assert_max_num_queries(20):
            page = client.get(address).content.decode()
        assert len(re.findall("<h1", page)) == 1


def test_chosen_quantities_are_held_by_their_lots(full, browse):
    rows = browse("rita").get("/stock/quantities/?item=SALT").context["lines"]
    answer = browse("rita").post("/lots/hold", {"list": "/stock/quantities/?item=SALT", "row": [line["key"] for line in rows]})  # fmt: skip
    assert "S-1" in answer.content.decode()
