"""Shipping at the screen: who may, what is picked and leaves, and what is said. A hold placed meanwhile wins."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shipping import services
from shipping.models import CustomerReturn, Order, Shipment
from tests.cast import PASSWORD
from traceability.ledger import lift_hold
from traceability.models import Balance, Entry, Hold, Movement, RefusalRecord, Reservation

KEY = "a" * 32


@pytest.fixture
def shipment(plant):
    return services.start_shipment(
        site=plant.site, customer=plant.customer, number="SH-1", actor=plant.sam, client="t", key="start"
    )


@pytest.fixture
def order(plant):
    lines = [services.OrderedItem(item=plant.item(), quantity=Decimal(30))]
    return services.order(
        customer=plant.customer, number="SO-1", lines=lines, due_on=date(2026, 11, 20), actor=plant.sam, client="t", key="order",
    )  # fmt: skip


@pytest.fixture
def answered(plant, order):
    """A shipment that answers the order."""
    return services.start_shipment(
        site=plant.site, order=order, number="SH-2", actor=plant.sam, client="t", key="answer"
    )


def at(shipment, verb=""):
    return f"/shipping/shipments/{shipment.pk}/{verb}"


def page_of(client, shipment, query=""):
    return client.get(at(shipment) + query).content.decode()


def key_of(page, form):
    """The hidden key of a form, found by what its action ends with."""
    return page.split(f'{form}"')[1].split('name="key" value="')[1].split('"')[0]


def pick(client, shipment, lot, quantity="10", **rest):
    sent = {"lot": lot, "quantity": quantity, "key": key_of(page_of(client, shipment), "/pick"), **rest}
    return client.post(at(shipment, "pick"), sent)


def ship(client, shipment, **rest):
    return client.post(at(shipment, "ship"), {"key": KEY, **rest})


def rows_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


PAGES = [
    "/shipping/", "/shipping/start/", "/shipping/left-before/", "/shipping/orders/", "/shipping/orders/new/", "/shipping/orders/{order}/",
    "/shipping/shipments/{shipment}/", "/shipping/shipments/{shipment}/return/", "/shipping/shipments/{shipment}/packing-list/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_nora_may_not_and_a_stranger_is_asked_to_log_in(page, order, shipment, browse, client):
    address = page.format(order=order.pk, shipment=shipment.pk)
    assert browse("nora").get(address).status_code == 403
    assert client.get(address).headers["Location"].startswith("/login/?next=")
    assert browse("sam").get(address).status_code == 200


def test_every_page_of_shipping_names_its_right():
    from tests.pages.test_rights import pages

    found = dict(pages(("shipping",)))
    rights = {
        name.partition(":")[2]: getattr(view, "right", None) or view.view_class.right
        for name, view in found.items()
    }
    assert rights == {
        "cancel_shipment": ("shipping.pick",),
        "end_order": ("shipping.plan", "shipping.ship"),
        "load": ("shipping.pick",),
        "pick_box": ("shipping.pick",),
        "shipments": "shipping.view", "orders": "shipping.view", "order": "shipping.view", "shipment": ("shipping.view",), "packing_list": ("shipping.view",), "return": "shipping.view",
        "new_order": ("shipping.plan",), "start": ("shipping.pick",), "pick": ("shipping.pick",), "unpick": ("shipping.pick",), "stage": ("shipping.pick",),
        "ship": ("shipping.ship",), "left_before": ("shipping.ship",), "returned": ("shipping.receive_return",),
    }  # fmt: skip


def test_whoever_only_looks_sees_no_form_and_no_customer(plant, shipment, order, browse):
    paul = browse("paul")
    for address in (at(shipment), at(shipment, "packing-list/"), "/shipping/", "/shipping/orders/"):
        page = paul.get(address)
        assert page.status_code == 200
        assert "Coastal Grocers" not in page.content.decode()
    assert "button-decide" not in page_of(paul, shipment)
    for verb in ("pick", "ship", "stage", "return/"):
        assert paul.post(at(shipment, verb), {"key": KEY}).status_code == 403
    assert paul.get("/shipping/?customer=coastal").status_code == 403
    assert paul.get("/shipping/?sort=customer__name").status_code == 400


def test_a_held_lot_is_not_picked_and_the_input_stays(plant, shipment, browse):
    plant.hold(plant.receive("F-1", 100), reference="QH-1")
    answer = pick(browse("sam"), shipment, "F-1", "12.5", place="STORE-1")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert '<span class="banner-code">lot_on_hold</span>' in page
    for kept in ('value="12.5"', 'value="F-1"', '<option value="STORE-1" selected>'):
        assert kept in page
    assert not Reservation.objects.exists()
    assert not shipment.lines.exists()
    assert RefusalRecord.objects.get().code == "lot_on_hold"


def test_a_scanned_lot_that_is_held_is_refused_at_the_scan(plant, shipment, browse):
    plant.hold(plant.receive("F-1", 100))
    answer = browse("sam").get(at(shipment), {"code": "F-1"})
    assert (answer.status_code, "lot_on_hold" in answer.content.decode()) == (409, True)
    assert "unknown_lot" in browse("sam").get(at(shipment), {"code": "F-9"}).content.decode()


def test_a_scan_takes_the_lot_in_hand_with_place_and_what_the_order_wants(plant, answered, browse):
    plant.receive("F-1", 100)
    sam = browse("sam")
    page = page_of(sam, answered, "?code=f-1")
    for words in ('value="F-1"', 'value="30"', '<option value="STORE-1" selected>', 'name="scanned"'):
        assert words in page
    page = page_of(sam, answered, "?code=STORE-2&lot=F-1")
    assert '<option value="STORE-2" selected>' in page
    pick(sam, answered, "F-1", "30", scanned="yes", place="STORE-1")
    assert answered.lines.get().evidence == "scanned"


def test_what_expires_first_is_suggested_first_with_its_place(plant, answered, browse):
    today = timezone.localdate()
    plant.receive("F-LATE", 100, expires_on=today + timedelta(days=90))
    plant.receive("F-SOON", 100, expires_on=today + timedelta(days=30), at=plant.store_2)
    plant.hold(plant.receive("F-HELD", 100, expires_on=today + timedelta(days=9)))
    page = page_of(browse("sam"), answered).split("Take these next")[1]
    assert page.index("F-SOON") < page.index("F-LATE")
    assert "STORE-2" in page.split("F-LATE")[0]
    assert "F-HELD" not in page


def test_a_shipment_leaves_once_however_often_the_form_is_sent(plant, shipment, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    assert "disabled>Ship, nothing is picked yet" in page_of(sam, shipment)
    pick(sam, shipment, "F-1")
    page = page_of(sam, shipment)
    assert "Ship 1 line<" in page
    key = key_of(page, "/ship")
    for _ in range(2):
        done = sam.post(
            at(shipment, "ship"), {"key": key, "seal": "448 120", "carrier": "Gulf Freight"}, follow=True
        )
        assert "SH-1 has left." in done.content.decode()
    assert Balance.objects.get(lot=lot).quantity == 90
    assert Entry.objects.filter(kind="shipment").count() == 1
    shipment.refresh_from_db()
    assert (shipment.seal, shipment.carrier) == ("448 120", "Gulf Freight")
    again = ship(sam, shipment)
    assert (again.status_code, "shipment_left" in again.content.decode()) == (409, True)


def test_a_pick_sent_twice_is_one_line(plant, shipment, browse):
    plant.receive("F-1", 100)
    sam = browse("sam")
    pick(sam, shipment, "F-1", key=KEY)
    again = sam.post(
        at(shipment, "pick"), {"lot": "F-1", "quantity": "11", "place": "STORE-1", "key": KEY}, follow=True
    )
    assert "Nothing was recorded twice." in again.content.decode()
    assert Reservation.objects.standing().get().quantity == 10
    # The page that answers has a key of its own, so the next lot is no repetition.
    assert pick(sam, shipment, "F-1", "5").status_code == 302
    assert shipment.lines.count() == 2


def test_a_hold_between_pick_and_ship_wins_and_the_page_says_which_line(plant, shipment, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    pick(sam, shipment, "F-1")
    key = key_of(page_of(sam, shipment), "/ship")
    plant.hold(lot, reference="RC-1", reason="Metal found")
    answer = sam.post(at(shipment, "ship"), {"key": key, "seal": "448 120"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert '<span class="banner-code">lot_on_hold</span>' in page
    assert 'value="448 120"' in page
    assert "On hold under RC-1: Metal found." in page
    assert "disabled>Ship, 1 stop: F-1<" in page
    assert not Entry.objects.filter(kind="shipment").exists()
    assert Balance.objects.get(lot=lot).quantity == 100
    assert "Take off 10 lb" in page_of(sam, shipment, "?code=F-1")
    line = shipment.lines.get()
    for _ in range(2):
        assert sam.post(at(shipment, f"unpick/{line.pk}"), {"key": "u" * 32}).status_code == 302
    assert "Nothing is picked yet" in page_of(sam, shipment)


def test_a_broken_promise_is_said_in_words_after_the_hold_was_lifted_and_another_lot_is_offered(
    plant, shipment, browse
):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    plant.receive("F-2", 40)
    pick(sam, shipment, "F-1")
    plant.hold(lot, reference="RC-1")
    lift_hold(
        list(Hold.objects.standing()),
        reason="false alarm",
        actor=plant.quinn,
        second_person=plant.quentin,
        client="t",
        key="lift",
    )
    page = page_of(sam, shipment)
    assert "Its promise was broken by entry" in page
    assert "instead: STORE-1" in page
    answer = ship(sam, shipment)
    assert (answer.status_code, "promise_broken" in answer.content.decode()) == (409, True)


def test_what_left_before_is_recorded_by_another_person_with_the_right(plant, browse):
    lot, sam = plant.receive("F-1", 100), browse("sam")
    plant.receive("F-2", 50)
    plant.hold(lot)
    late = {"customer": "C-1", "lot": ["F-1", "F-2", ""], "quantity": ["10", "5", ""], "reason": "loaded before the call", "key": KEY}  # fmt: skip
    alone = sam.post("/shipping/left-before/", late).content.decode()
    assert "second_person_required" in alone
    for kept in ("F-1", "F-2", "loaded before the call", '<option value="C-1" selected>'):
        assert kept in alone
    for name, password, code in (
        ("quinn", "a wrong guess", "second_person_unknown"),
        ("sam", PASSWORD, "same_person"),
        ("rita", PASSWORD, "not_permitted"),
    ):
        refused = sam.post(
            "/shipping/left-before/", {**late, "second_username": name, "second_password": password}
        )
        assert code in refused.content.decode()
        assert password not in refused.content.decode()
    assert not Shipment.objects.exists()
    signed = {**late, "second_username": "quinn", "second_password": PASSWORD}
    for _ in range(2):
        answer = sam.post("/shipping/left-before/", signed)
        assert answer.status_code == 302
    entry = Entry.objects.get(after_the_fact=True)
    assert (entry.second_person, entry.movements.count()) == (plant.quinn, 2)
    assert "ecorded after the fact" in sam.get(answer.url).content.decode()


@pytest.fixture
def left(plant, shipment, browse):
    plant.receive("F-1", 100)
    plant.receive("F-2", 50)
    sam = browse("sam")
    pick(sam, shipment, "F-1")
    pick(sam, shipment, "F-2", "5")
    ship(sam, shipment)
    shipment.refresh_from_db()
    return shipment


def test_what_comes_back_waits_in_quarantine_and_is_never_more_than_left(plant, left, browse):
    rita = browse("rita")
    address = at(left, "return/")
    page = rita.get(address).content.decode()
    assert "Coastal Grocers" not in page
    lot = left.lines.first().lot
    back = {f"quantity-{lot.pk}": "6", "reason": "unopened", "key": key_of(page, 'method="post" autocomplete="off')}  # fmt: skip
    for _ in range(2):
        assert rita.post(address, back).status_code == 302
    assert Balance.objects.get(lot=lot, status="quarantine").quantity == 6
    more = rita.post(address, {**back, f"quantity-{lot.pk}": "5", "key": "c" * 32})
    page = more.content.decode()
    assert more.status_code == 409
    assert "more_than_went_in" in page
    assert 'value="5"' in page
    assert "unopened" in page
    assert "Give the reason." in rita.post(address, {**back, "reason": " ", "key": "d" * 32}).content.decode()
    assert CustomerReturn.objects.count() == 1
    page = page_of(rita, left)
    assert CustomerReturn.objects.get().number in page
    assert "unopened" in page


def test_the_packing_list_names_the_lots_and_the_customer(plant, left, browse):
    page = browse("sam").get(at(left, "packing-list/")).content.decode()
    for words in ("F-1", "F-2", "Flour", "10&nbsp;", "Coastal Grocers", "data-print"):
        assert words in page
    assert "<script>" not in page


def test_picks_are_brought_to_the_dock_with_their_promises(plant, shipment, browse):
    plant.receive("F-1", 100)
    sam = browse("sam")
    pick(sam, shipment, "F-1")
    assert "To which place?" in sam.post(at(shipment, "stage"), {"key": KEY}).content.decode()
    sam.post(at(shipment, "stage"), {"key": KEY, "stage_place": "DOCK-1"})
    assert Reservation.objects.standing().get().location.code == "DOCK-1"
    assert ship(sam, shipment, key="s" * 32).status_code == 302


def test_an_order_is_entered_picked_and_shipped(plant, browse):
    item, sam = plant.item(), browse("sam")
    sent = {"customer": "C-1", "due_on": "2026-12-01", "item": [item.code, "NOPE", ""], "quantity": ["30", "1", ""], "unit": ["", "", ""], "key": KEY}  # fmt: skip
    refused = sam.post("/shipping/orders/new/", sent)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "no item is called NOPE" in page
    for kept in ('value="NOPE"', 'value="30"', 'value="2026-12-01"', '<option value="C-1" selected>'):
        assert kept in page
    sent |= {"item": [item.code], "quantity": ["30"]}
    for _ in range(2):
        answer = sam.post("/shipping/orders/new/", sent)
    order = Order.objects.get()
    assert answer.url == f"/shipping/orders/{order.pk}/"
    begun = sam.post("/shipping/start/", {"order": order.number, "key": "b" * 32})
    shipment = Shipment.objects.get()
    assert begun.url == at(shipment)
    plant.receive("F-1", 100)
    assert "more_than_ordered" in pick(sam, shipment, "F-1", "31").content.decode()
    pick(sam, shipment, "F-1", "20")
    page = page_of(sam, shipment)
    assert "20 of 30 lb, 10 lb to pick" in page
    assert "Ship 1 line without 10 lb of Flour<" in page
    pick(sam, shipment, "F-1", "10")
    ship(sam, shipment)
    order.refresh_from_db()
    assert order.status == "shipped"
    assert "1 of 1 lines complete" in sam.get("/shipping/orders/?state=all").content.decode()
    assert browse("rita").get("/shipping/orders/new/").status_code == 403


def test_a_shipment_begins_on_the_page(plant, browse):
    sam = browse("sam")
    assert "For whom?" in sam.post("/shipping/start/", {"key": KEY, "carrier": "Gulf"}).content.decode()
    for _ in range(2):
        answer = sam.post("/shipping/start/", {"customer": "C-1", "carrier": "Gulf Freight", "key": KEY})
    assert "Gulf Freight" in sam.get(answer.url).content.decode()
    assert Shipment.objects.count() == 1


def test_the_csv_equals_the_table(plant, left, order, answered, browse):
    for name in ("sam", "paul"):
        client = browse(name)
        for address in ("/shipping/", "/shipping/orders/", f"/shipping/orders/{order.pk}/", at(left)):
            page = client.get(address)
            found = rows_of(client.get(f"{address}?format=csv"))
            table = page.context["rows"]
            assert len(found) - 1 == len(table) == page.context["total"] > 0
            for line, cells in zip(found[1:], table, strict=True):
                for cell in cells:
                    if isinstance(cell.value, str):
                        assert cell.value in line
        assert ("Coastal Grocers" in str(rows_of(client.get("/shipping/?format=csv")))) is (name == "sam")
    assert browse("sam").get("/shipping/?colour=red").status_code == 400


def test_empty_lists_say_what_to_do(plant, browse):
    sam = browse("sam")
    assert "Start the first shipment." in sam.get("/shipping/").content.decode()
    assert "No order is open." in sam.get("/shipping/orders/").content.decode()
    assert "Nothing matches these filters." in sam.get("/shipping/?q=SH-9").content.decode()


def test_the_menu_counts_shipments_that_are_being_picked(plant, shipment, browse):
    page = browse("sam").get("/shipping/").content.decode()
    link = page.split('/shipping/" aria-current="page"')[1].split("</a>")[0]
    assert '<span class="count">1</span>' in link


def test_the_page_of_a_shipment_stays_within_its_query_budget(
    plant, answered, browse, django_assert_max_num_queries
):
    sam = browse("sam")
    for n in range(6):
        plant.receive(f"F-{n}", 100)
        pick(sam, answered, f"F-{n}", "1")
    plant.hold(*[row.lot for row in answered.lines.all()[:3]])
    with django_assert_max_num_queries(25):
        page = page_of(sam, answered)
    assert "3 stops" in page
    with django_assert_max_num_queries(25):
        assert sam.get(at(answered), {"code": "F-5"}).status_code == 200
    for line in answered.lines.all()[:3]:
        sam.post(at(answered, f"unpick/{line.pk}"), {"key": KEY})
    ship(sam, answered)
    with django_assert_max_num_queries(25):
        sam.get(at(answered))
    assert Movement.objects.filter(entry__kind="shipment").count() == 3
