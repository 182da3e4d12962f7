"""The recall manager's pages."""

import csv
import io
from decimal import Decimal

import pytest
from django.utils import timezone

from recalls import services
from recalls.models import Recall
from traceability import jobs, ledger
from traceability.ledger import Move
from traceability.models import Entry, Hold, Job, RefusalRecord


@pytest.fixture
def suspect(plant):
    """S1, S2 ──▶ W1 ──▶ B ──▶ W2 ──▶ F-1, F-2 ──▶ customers"""
    one = plant.receive("RM-1", 500, item=plant.item("SPICE"), supplier_lot="CS-26-2874")
    two = plant.receive("RM-2", 200, item=plant.item("SPICE"), supplier_lot="CS262874")
    plant.receive("RM-3", 50, item=plant.item("SPICE"), supplier_lot="CS-26-2875")
    first, second = plant.run("W1"), plant.run("W2")
    plant.issue(one, first, 100)
    plant.issue(two, first, 50)
    blend = plant.output("B-1", first, 150, item=plant.item("BLEND", kind="intermediate"))
    plant.issue(blend, second, 100)
    finished = plant.item("BREADED", unit="cs", kind="finished", decimals=0)
    for number in ("F-1", "F-2"):
        plant.output(number, second, 170, item=finished)
    plant.ship(plant_lot("F-1"), 140, document="SH-1")
    plant.ship(plant_lot("F-2"), 60, document="SH-2", party=plant.other_customer)
    return one, two


def plant_lot(number):
    from traceability.models import Lot

    return Lot.objects.get(number=number)


@pytest.fixture
def case(plant, suspect):
    return services.open_recall(
        title="Cajun spice",
        hazard="Possible Salmonella",
        reason="The supplier wrote",
        starts=suspect,
        actor=plant.rhea,
        client="test",
        key="open",
    )


def test_the_open_page_finds_every_spelling_and_offers_near_ones_unticked(plant, suspect, browse):
    page = browse("rhea").get("/recalls/open/?start=cs 26 2874").content.decode()
    one, two = suspect
    assert f'value="{one.pk}" checked' in page
    assert f'value="{two.pk}" checked' in page
    near = plant_lot("RM-3")
    assert f'value="{near.pk}">' in page
    assert f'value="{near.pk}" checked' not in page
    assert "Nothing here is called" in browse("rhea").get("/recalls/open/?start=nonsense-1").content.decode()


def open_form(suspect, **rest):
    return {
        "start": "CS-26-2874",
        "lot": [lot.pk for lot in suspect],
        "title": "Spice",
        "hazard": "Salmonella",
        "reason": "They wrote",
        "kind": "real",
        "key": "k-1",
        **rest,
    }


def test_opening_a_case_twice_with_one_form_opens_one(plant, suspect, browse):
    client = browse("rhea")
    first = client.post("/recalls/open/", open_form(suspect))
    again = client.post("/recalls/open/", open_form(suspect))
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert Recall.objects.count() == 1


def test_a_refusal_is_shown_with_its_code_and_keeps_what_was_typed(plant, suspect, browse):
    answer = browse("quinn").post("/recalls/open/", open_form(suspect))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "not_permitted" in page
    assert "They wrote" in page
    assert Recall.objects.count() == 0
    record = RefusalRecord.objects.get()
    assert (record.code, record.actor, record.route) == ("not_permitted", plant.quinn, "recalls:open")


def test_without_a_lot_the_case_is_refused_and_without_a_title_the_field_says_so(plant, suspect, browse):
    client = browse("rhea")
    none = client.post("/recalls/open/", open_form(suspect, lot=[]))
    assert none.status_code == 422
    assert "no lot to start from" in none.content.decode()
    untitled = client.post("/recalls/open/", open_form(suspect, title=""))
    assert untitled.status_code == 400
    assert "This field is required" in untitled.content.decode()


def test_the_case_shows_the_numbers_of_its_scope(case, browse):
    page = browse("rhea").get(f"/recalls/{case.pk}/").content.decode()
    assert "Real recall" in page
    assert "2 <small>of 2</small>" in page
    assert "340 <small>cs</small>" in page  # made
    assert "140 <small>cs</small>" in page  # here
    assert "200 <small>cs</small>" in page  # out
    assert "100.0 <small>%</small>" in page
    assert "not yet on hold" in page
    assert "typed CS262874" in page or "CS262874" in page


@pytest.mark.parametrize("tab", ["", "customers/", "stock/", "balance/", "log/"])
def test_every_tab_opens_and_has_its_csv(case, browse, tab):
    client = browse("rhea")
    assert client.get(f"/recalls/{case.pk}/{tab}").status_code == 200
    export = client.get(f"/recalls/{case.pk}/{tab}?format=csv")
    assert export["Content-Type"].startswith("text/csv")
    text = export.getvalue().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) > 1
    assert client.get(f"/recalls/{case.pk}/{tab}?colour=red").status_code == 400


def test_holding_all_twice_with_one_form_is_one_entry(case, browse):
    client = browse("rhea")
    before = Entry.objects.count()
    for _ in range(2):
        answer = client.post(f"/recalls/{case.pk}/hold/", {"key": "form-1"})
        assert answer.status_code == 302
    assert Entry.objects.count() == before + 1
    assert Hold.objects.standing().filter(reference=case.number).count() == 5
    page = client.get(f"/recalls/{case.pk}/").content.decode()
    assert "Everything is on hold: 5 lots" in page


def test_the_confirm_page_says_what_stops(plant, case, browse):
    move = Move(
        lot=plant_lot("F-1"),
        quantity=Decimal(10),
        origin=plant.store,
        origin_status="released",
        destination=plant.place("customer"),
    )
    ledger.reserve(moves=[move], document="SO-77", actor=plant.sam, now=timezone.now())
    page = browse("rhea").get(f"/recalls/{case.pk}/hold/").content.decode()
    assert "SO-77" in page
    assert "Hold all 5 lots" in page


def test_a_mock_holds_nothing_unless_it_is_meant(plant, suspect, browse):
    mock = services.open_recall(
        title="Mock",
        hazard="None",
        reason="Yearly",
        starts=suspect,
        is_mock=True,
        actor=plant.rhea,
        client="test",
        key="mock",
    )
    client = browse("rhea")
    refused = client.post(f"/recalls/{mock.pk}/hold/", {"key": "m-1"})
    assert refused.status_code == 422
    assert "A mock holds nothing" in refused.content.decode()
    assert Hold.objects.count() == 0
    assert client.post(f"/recalls/{mock.pk}/hold/", {"key": "m-2", "in_a_mock": "yes"}).status_code == 302
    assert "Mock recall" in client.get(f"/recalls/{mock.pk}/").content.decode()


def test_freezing_makes_a_revision_and_later_changes_are_shown_against_it(plant, case, browse):
    client = browse("rhea")
    assert "not frozen yet" in client.get(f"/recalls/{case.pk}/").content.decode()
    for _ in range(2):
        client.post(f"/recalls/{case.pk}/freeze/", {"key": "fr-1"})
    assert case.revisions.count() == 1
    assert "Nothing changed since" in client.get(f"/recalls/{case.pk}/").content.decode()
    plant.ship(plant_lot("F-1"), 10, document="SH-9")
    live = client.get(f"/recalls/{case.pk}/").content.decode()
    assert "What changed since rev 1" in live
    assert "shipped 140 → 150" in live
    frozen = client.get(f"/recalls/{case.pk}/?revision=1").content.decode()
    assert "You read revision 1" in frozen
    assert "200 <small>cs</small>" in frozen
    assert client.get(f"/recalls/{case.pk}/?revision=7").status_code == 404


def test_only_who_may_act_gets_the_buttons_and_the_verbs(plant, case, browse):
    for name in ("quinn", "ada"):
        client = browse(name)
        page = client.get(f"/recalls/{case.pk}/").content.decode()
        assert "Hold all" not in page
        assert "Freeze as" not in page
        assert client.post(f"/recalls/{case.pk}/hold/", {"key": "x"}).status_code == 403
        assert client.post(f"/recalls/{case.pk}/freeze/", {"key": "x"}).status_code == 403


def test_home_and_the_lot_point_to_an_open_real_recall(case, browse):
    client = browse("rhea")
    assert "recall-strip" in client.get("/").content.decode()
    assert f"Open {case.number}" in client.get(f"/lots/{plant_lot('RM-1').pk}/").content.decode()
    assert "recall-strip" not in browse("paul").get("/").content.decode()


def test_a_case_costs_the_same_whatever_its_size(plant, case, browse, django_assert_max_num_queries):
    client = browse("rhea")
    with django_assert_max_num_queries(60):
        client.get(f"/recalls/{case.pk}/")


def test_the_pdf_is_a_job_whose_file_only_its_person_gets(plant, case, browse, monkeypatch):
    rhea = browse("rhea")
    rhea.post(f"/recalls/{case.pk}/freeze/", {"key": "f" * 32})
    sent = [rhea.post(f"/recalls/{case.pk}/rev/1/pdf/", {"key": "p" * 32}) for _ in range(2)]
    assert {answer.url for answer in sent} == {sent[0].url}, "a double click asks for one job"
    job = Job.objects.get()
    assert "Waiting" in rhea.get(sent[0].url).content.decode()
    assert browse("roy").get(sent[0].url).status_code == 404
    Job.objects.filter(pk=job.pk).update(state="running")
    jobs.work(job.pk)
    assert "Download" in rhea.get(sent[0].url).content.decode()
    file = rhea.get(f"{sent[0].url}file")
    assert file.content.startswith(b"%PDF")
    assert f"{case.number}-rev-1.pdf" in file["Content-Disposition"]
    assert browse("roy").get(f"{sent[0].url}file").status_code == 404
    assert browse("quinn").post(f"/recalls/{case.pk}/rev/1/pdf/", {"key": "q" * 32}).status_code == 302


def test_the_report_opens_in_the_browser_with_the_sites_own_styles(case, browse):
    rhea = browse("rhea")
    rhea.post(f"/recalls/{case.pk}/freeze/", {"key": "f" * 32})
    page = rhea.get(f"/recalls/{case.pk}/rev/1/report/").content.decode()
    assert "/static/report-pdf.css" in page
    assert "Who received it" in page


def test_the_flow_is_drawn_by_the_server_with_its_table_and_hides_customers_from_who_may_not_see_them(
    plant, suspect, case, browse
):
    page = browse("rhea").get(f"/recalls/{case.pk}/flow/").content.decode()
    assert "2 start lots → 1 in between → 2 finished lots → 2 shipments → 2 customers." in page
    assert page.count('class="flow-node') == 5
    assert "Coastal Grocers: 140 cs" in page
    assert "The same as a table" in page
    lot = browse("paul").get(f"/lots/{suspect[0].pk}/flow/used/").content.decode()
    assert "Coastal Grocers" not in lot
    assert "Customer 1: " in lot
    assert "What is in it?" in browse("rhea").get(f"/lots/{plant_lot('F-1').pk}/flow/from/").content.decode()
    assert browse("rhea").get(f"/lots/{suspect[0].pk}/flow/sideways/").status_code == 404
