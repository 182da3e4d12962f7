"""The ten questions as pages: one query behind page, CSV, XLSX, PDF and API; totals that never mix units."""

import csv
import io

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.graphs import graph
from traceability import inquiries
from traceability.models import Lot, Tracking


@pytest.fixture
def shipped(plant):
    """S1 ──▶ B1 ──▶ P1 ──▶ two customers; S1 was printed CS-26 2874. A serial went out beside it."""
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], 12, document="SH-1")
    plant.ship(lots["P1"], 5, document="SH-2", party=plant.other_customer)
    pump = plant.receive("PV-1", 1, item=plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea"))
    plant.ship(pump, 1, document="SH-3")
    return lots


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_each_of_the_ten_questions_is_a_page_with_every_file(plant, shipped, browse):
    rhea = browse("rhea")
    for question in inquiries.QUESTIONS:
        address = f"/inquiries/{question.code}/"
        page = rhea.get(address)
        assert page.status_code == 200, question.code
        assert question.title in page.content.decode()
        if question.is_recall:
            assert "Say what it starts from" in page.content.decode()
            address += "?number_from=S1"
        answers = [rhea.get(f"{address}{'&' if '?' in address else '?'}format={wanted}") for wanted in ("csv", "xlsx", "pdf", "print")]  # fmt: skip
        assert [answer.status_code for answer in answers] == [200] * 4, question.code


def test_page_csv_xlsx_pdf_and_api_have_the_same_lines_and_totals(plant, shipped, browse):
    rhea = browse("rhea")
    address = "/inquiries/recall-lots-shipped/?number_from=sl s1"
    page = rhea.get(address)
    shown = {(row["cells"][1].value, row["cells"][5].value) for row in page.context["lines"]}
    assert {document for document, _ in shown} == {"SH-1", "SH-2"}
    assert [(row.item, row.unit, row.quantity) for row in page.context["totals"]] == [("PIE", "cs", 17)]
    lines = rows_of(rhea.get(f"{address}&format=csv"))
    assert {(row["Shipment"], row["Quantity"], row["Quantity unit"]) for row in lines} == {
        ("SH-1", "12", "cs"),
        ("SH-2", "5", "cs"),
    }
    book = load_workbook(io.BytesIO(b"".join(rhea.get(f"{address}&format=xlsx").streaming_content)))
    sheet = list(book.worksheets[0].values)
    assert {row[sheet[0].index("Shipment")] for row in sheet[1:]} == {"SH-1", "SH-2"}
    notes = dict(row[:2] for row in book["Read me"].values)
    assert notes["Total PIE"].startswith("1 lots, 17 cs sent")
    paper = PdfReader(io.BytesIO(b"".join(rhea.get(f"{address}&format=pdf").streaming_content)))
    text = "\n".join(part.extract_text() for part in paper.pages)
    assert "SH-1" in text
    assert "12 cs" in text
    assert "17 cs sent" in text
    answer = rhea.get("/api/v1/inquiries/recall-lots-shipped?number_from=sl s1").json()
    assert {(row["document"], row["quantity"]["value"]) for row in answer["results"]} == {
        ("SH-1", "12"),
        ("SH-2", "5"),
    }
    assert [(row["item"], row["quantity"]["value"], row["quantity"]["unit"]) for row in answer["totals"]] == [
        ("PIE", "17", "cs")
    ]


def test_where_stocked_answers_for_what_orders_have_drawn_as_well(plant, shipped, browse):
    plant.issue(shipped["B1"], plant.run("WO-9"), 6)
    rhea = browse("rhea")
    address = "/inquiries/recall-lots-stocked/?number_from=S1"
    page = rhea.get(address)
    assert "In process" in page.content.decode()
    assert {row.item: row.in_process for row in page.context["totals"]}["BLEND"] == 6
    lines = rows_of(rhea.get(f"{address}&format=csv"))
    assert [(row["Order"], row["Quantity"], row["Status"]) for row in lines if row["Order"]] == [
        ("WO-9", "6", "in process")
    ]


def test_lots_and_serials_are_two_sides_of_one_switch_and_the_filters_come_along(plant, shipped, browse):
    page = browse("rhea").get("/inquiries/serials-shipped/?number_from=PV-1&item=PUMP").content.decode()
    assert "SH-3" in page
    assert "SH-1" not in page
    assert 'href="/inquiries/lots-shipped/?item=PUMP&amp;number_from=PV-1"' in page


def test_a_name_that_nothing_has_or_several_have_is_said_so_and_answers_nothing(plant, shipped, browse):
    rhea = browse("rhea")
    unknown = rhea.get("/inquiries/lots-shipped/?party=nobody")
    assert unknown.status_code == 400
    assert "There is no customer called nobody." in unknown.content.decode()
    assert unknown.context["total"] == 0
    plant.item("PIECE")
    several = rhea.get("/inquiries/lot-transactions/?item=pi")
    assert "Give the code" in several.content.decode()
    assert rhea.get("/inquiries/lots-shipped/?custmer=x").status_code == 400
    named = rhea.get("/inquiries/lots-shipped/?party=magnolia")
    assert [row["cells"][1].value for row in named.context["lines"]] == ["SH-2"]


def test_the_box_says_what_the_words_mean_and_how_much_each_question_answers(plant, shipped, browse):
    rhea = browse("rhea")
    page = rhea.get("/inquiries/?q=sl-s1")
    (row,) = page.context["meanings"]
    assert row["meaning"].is_from_supplier
    counts = {answer["question"].code: answer["count"] for answer in row["answers"]}
    assert counts["recall-lots-shipped"] == 2
    assert counts["lots-received"] == 1
    serial = rhea.get("/inquiries/?q=PV-1").context["meanings"][0]
    assert "serial-transactions" in {answer["question"].code for answer in serial["answers"]}
    assert [m["meaning"].sort for m in rhea.get("/inquiries/?q=magnolia").context["meanings"]] == ["customer"]
    assert "Nothing here is called that." in rhea.get("/inquiries/?q=zzz-9").content.decode()


def test_a_range_is_what_lies_between_its_ends(plant, browse):
    pump = plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")
    for number in range(431, 436):
        plant.receive(f"PV-26-000{number}", 1, item=pump)
    (row,) = browse("rhea").get("/inquiries/?q=PV-26-000432..434").context["meanings"]
    assert {answer["question"].code: answer["count"] for answer in row["answers"]}["serial-transactions"] == 3


def test_customers_are_for_those_who_may_see_them(plant, shipped, browse):
    paul = browse("paul")
    assert paul.get("/inquiries/lots-shipped/").status_code == 403
    assert paul.get("/inquiries/recall-lots-shipped/?number_from=S1").status_code == 403
    assert paul.get("/inquiries/lot-transactions/?party=C-1").status_code == 403
    page = paul.get("/inquiries/lot-transactions/?number_from=P1").content.decode()
    assert "Coastal Grocers" not in page
    assert "Shipped to a customer" not in page
    assert not paul.get("/inquiries/?q=magnolia").context["meanings"]
    assert paul.get("/api/v1/inquiries/lots-shipped").status_code == 403


def test_a_list_of_ten_thousand_lines_is_asked_for_as_a_job(plant, shipped, browse, monkeypatch):
    from traceability.lists import exporting

    monkeypatch.setitem(exporting.DIRECT, "pdf", 1)
    answer = browse("rhea").get("/inquiries/lots-shipped/?format=pdf")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/jobs/")
    assert Lot.objects.count() == 4
