"""Work orders in the browser: a held lot is refused, what happened already needs two persons."""

import csv
import io
import re
from decimal import Decimal

import pytest

from production import services
from production.models import Bom, BomComponent, WorkOrder
from tests.cast import PASSWORD
from traceability.models import Balance, Entry, Hold, Lot, Movement, RefusalRecord, Run, RunLot, Tracking

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
    paul.post(
        f"{page}close",
        {
            "loss": "0",
            "reason": "trial",
            "key": "e" * 32,
            "second_username": "quinn",
            "second_password": PASSWORD,
        },
    )
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
    assert "10 lb in" in page
    assert "8 lb out" in page


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


# With a BOM: 100 BREAD of 80 lb FLOUR and 5 lb SPICE, or HERBS instead; rework up to 10 %.


@pytest.fixture
def baking(plant):
    bread, flour, spice = plant.item("BREAD", kind="finished"), plant.item("FLOUR"), plant.item("SPICE")
    bom = Bom.objects.create(
        name="BREAD",
        status="approved",
        item=bread,
        per_quantity=100,
        per_unit="lb",
        rework_item=plant.item("RWK"),
        rework_limit_percent=10,
    )
    BomComponent.objects.create(bom=bom, position=1, item=flour, quantity=80, unit="lb")
    second = BomComponent.objects.create(bom=bom, position=2, item=spice, quantity=5, unit="lb")
    second.alternatives.add(plant.item("HERBS"))
    order = services.plan_work_order(
        number="WO-9",
        line=plant.place("line"),
        item=bread,
        planned_quantity=Decimal(200),
        actor=plant.paul,
        client="t",
        key="p9",
    )
    return services.release(work_order=order, actor=plant.paul, client="t", key="r9")


def at(order, verb=""):
    return f"/production/orders/{order.pk}/{verb}"


def key_in(page):
    return re.search(r'name="key" value="([0-9a-z]+)"', page).group(1)


def send(client, address, **sent):
    """Open the form, fill it in, send it with its own key."""
    key = key_in(client.get(address).content.decode())
    return client.post(address, {"key": key, **sent}, follow=True)


FORMS = ["issue", "issued-before", "unused", "removed", "output", "scrap", "close"]


@pytest.mark.parametrize("verb", FORMS)
def test_every_form_is_for_production_alone(order, browse, client, verb):
    assert client.get(at(order, verb)).url.startswith("/login/")
    assert browse("nora").get(at(order, verb)).status_code == 403
    assert browse("ada").get(at(order, verb)).status_code == 403
    assert browse("paul").get(at(order, verb)).status_code == 200


@pytest.mark.parametrize("address", ["/production/", "/production/orders/{}/", "/production/orders/{}/lots/"])
def test_an_auditor_reads_everything_and_is_offered_no_verb(order, browse, address):
    page = browse("ada").get(address.format(order.pk))
    assert page.status_code == 200
    assert "Issue lots" not in page.content.decode()
    assert browse("nora").get(address.format(order.pk)).status_code == 403


# Quality control stops a line too, and whoever may reverse may take an act back.
BESIDE = {"qc.inspect", "traceability.reverse_own", "traceability.reverse"}


def test_every_address_of_production_names_its_right():
    from tests.pages.test_rights import pages
    from traceability.roles import RIGHTS

    found = pages(("production",))
    assert len(found) >= 14
    for name, view in found:
        right = getattr(view, "right", None) or getattr(getattr(view, "view_class", None), "right", None)
        assert right, f"{name} needs a right"
        for one in (right,) if isinstance(right, str) else right:
            assert one.startswith("production.") or one in BESIDE, name
            assert one in RIGHTS


def test_the_line_says_what_is_needed_and_suggests_what_expires_first(plant, baking, browse):
    from datetime import timedelta

    from django.utils import timezone

    today = timezone.now().astimezone(plant.site.zone).date()
    plant.receive("LATE", 500, expires_on=today + timedelta(90))
    plant.receive("SOON", 500, expires_on=today + timedelta(9), at=plant.store_2)
    plant.receive("GONE", 500, expires_on=today - timedelta(1))
    plant.receive("WAITS", 500, expires_on=today + timedelta(2), status="quarantine")
    plant.hold(plant.receive("HELD", 500, expires_on=today + timedelta(3)))
    page = browse("paul").get(at(baking, "issue")).content.decode()
    assert "Scan a lot of Flour" in page
    assert "of 160" in page
    assert ">SOON<" in page
    assert "STORE-2" in page
    assert not {"GONE", "WAITS", "HELD"} & set(re.findall(r">([A-Z]+)<", page))
    assert "Finish, Flour missing and 1 more" in page


def test_a_scan_proposes_what_the_order_still_needs_and_enter_issues_it(plant, baking, browse):
    plant.receive("F-1", 500)
    paul = browse("paul")
    address = at(baking, "issue") + "?scanned=yes&lot=F-1"
    page = paul.get(address).content.decode()
    assert "Issue 160 lb of F-1" in page
    sent = {
        "key": key_in(page),
        "lot": "F-1",
        "quantity": "",
        "proposed": "160",
        "scanned": "F-1",
        "item": "FLOUR",
    }
    after = paul.post(at(baking, "issue"), sent, follow=True).content.decode()
    assert "160 lb of F-1 issued" in after
    assert "Scan a lot of Spice" in after
    assert Movement.objects.get(entry__kind="issue").evidence == "scanned"


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("hold", "lot_on_hold"),
        ("wait", "lot_not_released"),
        ("expire", "lot_expired"),
        ("use", "nothing_here"),
    ],
)
def test_a_scan_of_a_lot_that_may_not_go_in_is_stopped_and_another_is_named(
    plant, baking, browse, verb, code
):
    import datetime

    plant.receive("GOOD", 100)
    wrong = plant.receive(
        "BAD",
        100,
        status="quarantine" if verb == "wait" else "released",
        expires_on=datetime.date(2020, 1, 1) if verb == "expire" else None,
    )
    if verb == "hold":
        plant.hold(wrong, reference="RC-26-004")
    if verb == "use":
        plant.issue(wrong, plant.run("WO-OLD"), 100)
    entries = Entry.objects.count()
    answer = browse("paul").get(at(baking, "issue") + "?scanned=yes&lot=BAD")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert code in page
    assert 'role="alert"' in page
    assert ">GOOD</a> instead" in page
    assert ("Was it used already?" in page) is (verb != "use")
    assert Entry.objects.count() == entries
    assert RefusalRecord.objects.get().code == code


def test_a_lot_that_is_not_on_the_bom_is_asked_about_and_recorded_as_a_substitution(plant, baking, browse):
    plant.receive("S-1", 100, item=plant.item("SALT"))
    paul = browse("paul")
    asked = paul.get(at(baking, "issue") + "?lot=S-1")
    assert asked.status_code == 409
    assert "S-1 is Salt; WO-9 needs Flour, Spice" in asked.content.decode()
    sent = {"lot": "S-1", "quantity": "2", "key": KEY}
    assert "not_on_bom" in paul.post(at(baking, "issue"), sent).content.decode()
    assert not Entry.objects.filter(kind="issue").exists()
    answer = paul.post(at(baking, "issue"), {**sent, "substitute": "yes", "reason": "no spice left"})
    assert answer.status_code == 302
    entry = Entry.objects.get(kind="issue")
    assert entry.payload["not_on_bom"] == ["SALT"]
    assert entry.reason == "no spice left"
    assert "not on the BOM" in paul.get(at(baking)).content.decode()


def test_an_alternative_counts_for_what_it_replaces(plant, baking, browse):
    plant.receive("H-1", 100, item=plant.item("HERBS"))
    paul = browse("paul")
    assert send(paul, at(baking, "issue"), lot="H-1", quantity="10").status_code == 200
    page = paul.get(at(baking)).content.decode()
    assert "complete" in page
    assert RunLot.objects.get(run__document="WO-9").quantity == 10


def test_rework_goes_in_within_its_limit_and_no_further(plant, baking, browse):
    plant.receive("F-1", 500)
    plant.receive("R-1", 100, item=plant.item("RWK"))
    paul = browse("paul")
    send(paul, at(baking, "issue"), lot="F-1", quantity="90")
    too_much = send(paul, at(baking, "issue"), lot="R-1", quantity="11")
    assert too_much.status_code == 409
    assert "rework_not_allowed" in too_much.content.decode()
    assert "10 lb of R-1 issued" in send(paul, at(baking, "issue"), lot="R-1", quantity="10").content.decode()


def test_a_number_of_two_items_is_asked_about(plant, baking, browse):
    plant.receive("X-1", 10)
    plant.receive("X-1", 10, item=plant.item("SPICE"), document="RCV-2")
    page = browse("paul").get(at(baking, "issue") + "?lot=X-1").content.decode()
    assert "Which one is meant by" in page
    assert "item=FLOUR" in page
    assert "item=SPICE" in page


def test_an_unknown_number_is_said_to_be_unknown(baking, browse):
    answer = browse("paul").get(at(baking, "issue") + "?lot=ABX-99")
    assert answer.status_code == 404
    assert "Nothing here is called ABX-99" in answer.content.decode()


def test_the_back_button_after_all_is_used_up_records_nothing_twice(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    sent = {"lot": "F-1", "quantity": "100", "key": KEY}
    paul.post(at(order, "issue"), sent)
    again = paul.post(at(order, "issue"), {**sent, "quantity": "50"}, follow=True)
    assert again.status_code == 200
    assert "Nothing was recorded twice" in again.content.decode()
    assert Balance.objects.get(lot=lot).quantity == 0
    assert Entry.objects.filter(kind="issue").count() == 1


def test_nothing_is_issued_to_an_order_that_is_not_released(plant, browse):
    planned = services.plan_work_order(
        number="WO-2", product="Rye", line=plant.place("line"), actor=plant.paul, client="t", key="p2"
    )
    plant.receive("F-1", 100)
    paul = browse("paul")
    assert "Issue, order planned" in paul.get(at(planned, "issue")).content.decode()
    answer = paul.post(at(planned, "issue"), {"lot": "F-1", "quantity": "5", "key": KEY})
    assert answer.status_code == 409
    assert "work_order_not_open" in answer.content.decode()


def test_the_second_person_needs_the_right_to_confirm(plant, order, browse):
    plant.hold(plant.receive("F-1", 100))
    late = {"lot": "F-1", "quantity": "10", "reason": "night shift", "key": KEY, "second_password": PASSWORD}
    paul = browse("paul")
    for name, code in (
        ("sam", "not_permitted"),
        ("nora", "not_permitted"),
        ("nobody", "second_person_unknown"),
    ):
        answer = paul.post(at(order, "issued-before"), {**late, "second_username": name})
        page = answer.content.decode()
        assert answer.status_code == 403
        assert code in page
        assert 'value="10"' in page
        assert "night shift" in page
        assert PASSWORD not in page
    assert not Entry.objects.filter(kind="issue").exists()


def test_a_use_may_say_when_it_was_and_is_marked_on_the_order(plant, order, browse):
    plant.hold(plant.receive("F-1", 100, occurred_at=None))
    late = {
        "lot": "F-1",
        "quantity": "10",
        "reason": "night shift",
        "key": KEY,
        "second_username": "quinn",
        "second_password": PASSWORD,
    }
    paul = browse("paul")
    assert (
        "is no date and time"
        in paul.post(at(order, "issued-before"), {**late, "at": "yesterday"}).content.decode()
    )
    page = paul.post(at(order, "issued-before"), late, follow=True).content.decode()
    assert "on record as used, confirmed by Quinn" in page
    assert "after the fact" in page


def test_what_was_not_used_goes_back_and_what_was_taken_out_waits_for_quality(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    send(paul, at(order, "issue"), lot="F-1", quantity="60")
    link = RunLot.objects.get(run__document="WO-1")
    page = send(
        paul, at(order, "unused"), lot=f"link-{link.pk}", quantity="20", place="STORE-2"
    ).content.decode()
    assert "20 lb of F-1 came back unused" in page
    assert (
        "reason_required"
        in send(paul, at(order, "removed"), lot="F-1", quantity="5", place="STORE-1").content.decode()
    )
    page = send(
        paul, at(order, "removed"), lot="F-1", quantity="5", place="STORE-1", reason="wrong ring"
    ).content.decode()
    assert "5 lb of F-1 taken out again" in page
    link.refresh_from_db()
    assert (link.quantity, link.removed) == (40, 5)
    assert Balance.objects.get(lot=lot, status="quarantine").quantity == 5
    more = send(paul, at(order, "unused"), lot="F-1", quantity="50", place="STORE-2")
    assert "more_than_went_in" in more.content.decode()
    assert 'value="50"' in more.content.decode()


def test_output_gets_its_number_and_awaits_its_inspection(plant, order, browse):
    plant.item(
        "CAKE",
        kind="finished",
        lot_pattern="C-{yymmdd}-{nn}",
        inspected_at=["final"],
        default_location=plant.store,
    )
    page = send(browse("paul"), at(order, "output"), item="CAKE", quantity="12.5").content.decode()
    lot = Lot.objects.get(item__code="CAKE")
    assert lot.number.startswith("C-")
    assert f"12.5 lb of Cake reported as {lot.number}. It awaits its inspection" in page


def test_serials_are_reported_one_to_a_line(plant, order, browse):
    plant.item("ROUTER", tracking=Tracking.SERIAL, unit="ea", kind="finished")
    paul = browse("paul")
    twice = send(paul, at(order, "output"), item="ROUTER", serials="U-1\nU-1", place="STORE-1")
    assert "U-1 stands here twice" in twice.content.decode()
    page = send(
        paul, at(order, "output"), item="ROUTER", serials="U-1\nU-2\nU-3", place="STORE-1"
    ).content.decode()
    assert "3 ea of Router reported as U-1, U-2, U-3" in page
    assert Entry.objects.filter(kind="output").count() == 1


def test_scrap_needs_a_reason_and_stands_in_the_history_of_the_order(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    plant.hold(lot)
    assert "reason_required" in send(paul, at(order, "scrap"), lot="F-1", quantity="4").content.decode()
    page = send(paul, at(order, "scrap"), lot="F-1", quantity="4", reason="spilled").content.decode()
    assert "4 lb of F-1 scrapped" in page
    assert "spilled" in page
    assert Balance.objects.get(lot=lot).quantity == 96


def test_the_weights_close_as_an_equation_and_what_does_not_add_up_is_refused(plant, order, browse):
    plant.receive("F-1", 100)
    paul = browse("paul")
    send(paul, at(order, "issue"), lot="F-1", quantity="100")
    send(paul, at(order, "output"), item="BREAD", lot="B-1", quantity="90", place="STORE-1")
    page = paul.get(at(order)).content.decode()
    assert "<b>100 lb</b> in" in page
    assert "<b>90</b> out" in page
    assert "<b>10</b> still open" in page
    refused = send(paul, at(order, "close"), loss="4")
    assert refused.status_code == 409
    assert "unexplained_weight" in refused.content.decode()
    assert 'value="4"' in refused.content.decode()
    alone = send(paul, at(order, "close"), loss="4", reason="scale drifts")
    assert (alone.status_code, "second_person_required" in alone.content.decode()) == (422, True)
    two = {"second_username": "quinn", "second_password": PASSWORD}
    page = send(paul, at(order, "close"), loss="4", reason="scale drifts", **two).content.decode()
    assert "<b>4</b> loss" in page
    assert "6 lb unexplained" in page
    order.refresh_from_db()
    assert order.status == "closed"


def test_another_run_is_opened_once_and_can_be_chosen(plant, order, browse):
    plant.receive("F-1", 100)
    paul = browse("paul")
    for _ in range(2):
        paul.post(at(order, "run"), {"key": KEY})
    assert Run.objects.filter(document="WO-1").count() == 2
    assert "Run 2" in paul.get(at(order, "issue")).content.decode()
    send(paul, at(order, "issue"), lot="F-1", quantity="5", run="2")
    assert RunLot.objects.get(role="input").run.number == 2


def test_a_new_order_takes_its_day_item_and_bom(plant, baking, browse):
    paul = browse("paul")
    sent = {"item": "BREAD", "line": "LINE-1", "quantity": "50", "planned_on": "2026-12-01", "key": KEY}
    for _ in range(2):
        paul.post("/production/plan/", sent)
    order = WorkOrder.objects.exclude(pk=baking.pk).get()
    assert (order.item.code, str(order.bom), str(order.planned_on)) == ("BREAD", "BREAD rev 1", "2026-12-01")
    refused = paul.post("/production/plan/", {**sent, "key": "n" * 32, "line": ""})
    assert refused.status_code == 422
    assert "On which line?" in refused.content.decode()
    assert 'value="2026-12-01"' in refused.content.decode()


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_csv_of_lots_equals_the_table(plant, order, browse):
    paul = browse("paul")
    for n in range(3):
        plant.receive(f"F-{n}", 100)
        send(paul, at(order, "issue"), lot=f"F-{n}", quantity="5")
    table = paul.get(at(order, "lots/")).content.decode()
    rows = rows_of(paul.get(at(order, "lots/") + "?format=csv"))[1:]
    assert [row[1] for row in rows] == re.findall(r">(F-\d)</a>", table) == ["F-0", "F-1", "F-2"]
    assert {tuple(row[4:6]) for row in rows} == {("5", "lb")}
    assert {row[7] for row in rows} == {"Typed"}


def test_a_lot_finds_its_order_and_the_menu_counts_released_orders(plant, order, browse):
    plant.receive("F-1", 100)
    paul = browse("paul")
    send(paul, at(order, "issue"), lot="F-1", quantity="5")
    assert "WO-1" in paul.get("/production/?q=F-1").content.decode()
    assert "WO-1" not in paul.get("/production/?q=F-9").content.decode()
    assert "WO-1" in paul.get("/production/?status=open").content.decode()
    assert re.search(
        r'href="/production/".*?Production<span class="count">1<', paul.get("/").content.decode()
    )
    assert paul.get("/production/open?number=wo-1").url == at(order, "issue")


def test_the_line_costs_the_same_however_much_went_in(plant, baking, browse):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    paul = browse("paul")
    counts = []
    for n in range(8):
        plant.receive(f"F-{n}", 100)
        send(paul, at(baking, "issue"), lot=f"F-{n}", quantity="1")
        with CaptureQueriesContext(connection) as seen:
            paul.get(at(baking, "issue"))
        counts.append(len(seen))
    assert len(set(counts[1:])) == 1
    assert counts[-1] <= 30


def test_no_name_of_a_hold_is_lost_when_its_output_is_reported(plant, order, browse):
    lot, paul = plant.receive("F-1", 100), browse("paul")
    send(paul, at(order, "issue"), lot="F-1", quantity="5")
    plant.hold(lot, reference="RC-7")
    page = send(
        paul, at(order, "output"), item="BREAD", lot="B-1", quantity="5", place="STORE-1"
    ).content.decode()
    assert "It is on hold, because of what went into it: RC-7" in page
    assert Hold.objects.standing().filter(lot__number="B-1").exists()
