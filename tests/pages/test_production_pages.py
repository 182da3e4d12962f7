"""Work orders in the browser: a held lot is refused, what happened already needs two persons."""

import pytest

from production import services
from tests.cast import PASSWORD
from traceability.models import Balance, Entry, Hold

KEY = "a" * 32


@pytest.fixture
def order(plant):
    order = services.plan_work_order(
        number="WO-1",
        product="Bread",
        line=plant.place("line"),
        item=plant.item("BREAD"),
        actor=plant.paul,
        client="t",
        key="plan",
    )
    return services.release(work_order=order, actor=plant.paul, client="t", key="release")


def test_a_stranger_logs_in_first_and_who_may_not_gets_403(plant, order, browse, client):
    assert client.get("/production/").url.startswith("/login/")
    assert browse("nora").get("/production/").status_code == 403
    sam = browse("sam")
    assert sam.get(f"/production/orders/{order.pk}/").status_code == 200
    assert sam.post(f"/production/orders/{order.pk}/issue", {"key": KEY}).status_code == 403


def test_a_lot_is_issued_once_however_often_the_form_is_sent(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    for _ in range(2):
        answer = paul.post(
            f"/production/orders/{order.pk}/issue", {"lot": "F-1", "quantity": "10", "key": KEY}
        )
        assert answer.status_code == 302
    assert Balance.objects.get(lot=lot).quantity == 90
    assert "F-1" in paul.get(f"/production/orders/{order.pk}/").content.decode()


def test_a_held_lot_is_refused_with_its_code_and_the_input_stays(plant, order, browse):
    lot = plant.receive("F-1", 100)
    plant.hold(lot, reference="QH-1")
    entries = Entry.objects.count()
    answer = browse("paul").post(
        f"/production/orders/{order.pk}/issue", {"lot": "F-1", "quantity": "12.5", "key": KEY}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "lot_on_hold" in page
    assert "QH-1" in page
    assert 'value="12.5"' in page
    assert Entry.objects.count() == entries


@pytest.mark.parametrize(
    "typed",
    [
        {"lot": "NOPE", "quantity": "1"},
        {"lot": "F-1", "quantity": "1e3"},
        {"lot": "", "quantity": "1"},
        {"lot": "F-1", "quantity": "0"},
    ],
)
def test_what_cannot_be_is_refused_in_words(plant, order, browse, typed):
    plant.receive("F-1", 100)
    answer = browse("paul").post(f"/production/orders/{order.pk}/issue", {**typed, "key": KEY})
    assert answer.status_code in (404, 422)
    assert Balance.objects.get(lot__number="F-1").quantity == 100


def test_a_lot_in_two_places_is_asked_about_and_never_guessed(plant, order, browse):
    from decimal import Decimal

    from traceability.ledger import Move
    from traceability.models import EntryKind

    lot = plant.receive("F-1", 100)
    plant.post(
        EntryKind.TRANSFER, Move(lot=lot, quantity=Decimal(40), origin=plant.store, destination=plant.store_2)
    )
    answer = browse("paul").post(
        f"/production/orders/{order.pk}/issue", {"lot": "F-1", "quantity": "1", "key": KEY}
    )
    assert answer.status_code == 422
    assert "STORE-1, STORE-2" in answer.content.decode()


def test_a_use_that_happened_is_recorded_by_two_persons_and_its_outputs_are_held(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    paul.post(
        f"/production/orders/{order.pk}/output",
        {"item": "BREAD", "lot": "B-1", "quantity": "8", "place": "STORE-1", "key": "b" * 32},
    )
    plant.hold(lot, reference="RC-1")
    late = {"lot": "F-1", "quantity": "10", "reason": "used on the night shift", "key": "c" * 32}
    url = f"/production/orders/{order.pk}/issued-before"
    assert "second_person_required" in paul.post(url, late).content.decode()
    alone = {**late, "second_username": "paul", "second_password": PASSWORD}
    assert "same_person" in paul.post(url, alone).content.decode()
    assert not Hold.objects.filter(lot__number="B-1").exists()
    answer = paul.post(url, {**late, "second_username": "quinn", "second_password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert Hold.objects.standing().get(lot__number="B-1").reference == "RC-1"
    entry = Entry.objects.get(after_the_fact=True)
    assert (entry.actor, entry.second_person) == (plant.paul, plant.quinn)


def test_planned_released_made_and_closed_on_the_pages(plant, browse):
    paul = browse("paul")
    answer = paul.post(
        "/production/plan/", {"line": "LINE-1", "product": "Rye", "number": "WO-7", "key": KEY}
    )
    page = answer.url
    paul.post(f"{page}release", {"key": "r" * 32})
    plant.item("RYE")
    paul.post(
        f"{page}output", {"item": "RYE", "lot": "R-1", "quantity": "5", "place": "STORE-1", "key": "o" * 32}
    )
    paul.post(f"{page}close", {"loss": "0", "reason": "trial", "key": "e" * 32})
    shown = paul.get(page).content.decode()
    assert "R-1" in shown
    assert "Closed" in shown


def test_the_csv_has_the_rows_of_the_list(plant, order, browse):
    paul = browse("paul")
    csv = paul.get("/production/?format=csv").getvalue().decode("utf-8-sig")
    assert "WO-1,Bread,LINE-1" in csv
    assert "WO-1" in paul.get("/production/").content.decode()
    assert paul.get("/production/?colour=red").status_code == 400


def test_the_page_of_an_order_stays_within_its_query_budget(
    plant, order, browse, django_assert_max_num_queries
):
    paul = browse("paul")
    for n in range(6):
        plant.receive(f"F-{n}", 100)
        paul.post(
            f"/production/orders/{order.pk}/issue", {"lot": f"F-{n}", "quantity": "1", "key": f"{n}" * 32}
        )
    with django_assert_max_num_queries(30):
        paul.get(f"/production/orders/{order.pk}/")


def test_the_weights_stand_on_the_page_in_figures(plant, order, browse):
    paul = browse("paul")
    plant.receive("F-1", 100)
    paul.post(f"/production/orders/{order.pk}/issue", {"lot": "F-1", "quantity": "10", "key": KEY})
    paul.post(
        f"/production/orders/{order.pk}/output",
        {"item": "BREAD", "lot": "B-1", "quantity": "8", "place": "STORE-1", "key": "o" * 32},
    )
    page = paul.get(f"/production/orders/{order.pk}/").content.decode()
    assert "In 10 lb" in page
    assert "out 8 lb" in page


def test_an_unknown_place_or_an_odd_number_for_an_output_is_refused(plant, order, browse):
    paul, entries = browse("paul"), Entry.objects.count()
    made = {"item": "BREAD", "quantity": "8", "key": "o" * 32}
    for wrong in (
        {"place": "NOWHERE"},
        {"place": "STORE-1", "lot": "B\u200b1"},
        {"place": "STORE-1", "lot": "B" * 21},
    ):
        answer = paul.post(f"/production/orders/{order.pk}/output", {**made, **wrong})
        assert answer.status_code == 422, wrong
        assert 'value="8"' in answer.content.decode()
    assert Entry.objects.count() == entries


def test_what_comes_back_unused_is_put_where_somebody_said(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    paul.post(f"/production/orders/{order.pk}/issue", {"lot": "F-1", "quantity": "10", "key": KEY})
    back = {"lot": "F-1", "quantity": "4", "key": "u" * 32}
    assert paul.post(f"/production/orders/{order.pk}/unused", back).status_code == 422
    assert paul.post(f"/production/orders/{order.pk}/unused", {**back, "place": "STORE-1"}).status_code == 302
    assert Balance.objects.get(lot=lot).quantity == 94
