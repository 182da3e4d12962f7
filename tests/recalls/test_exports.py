"""The tables of a recall as CSV, from the same scope as the page."""

import csv
import io
from decimal import Decimal

from recalls import exports
from recalls.scope import scope_of
from tests.graphs import graph
from traceability.exports import csv_response, safe_cell, safe_filename
from traceability.models import Contact


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_cell_that_a_spreadsheet_would_run_is_made_text_and_numbers_stay_numbers():
    assert safe_cell("=1+1") == "'=1+1"
    assert safe_cell("@SUM(A1)") == "'@SUM(A1)"
    assert safe_cell("+1 555 0100") == "'+1 555 0100"
    assert safe_cell("\t=1") == "'\t=1"
    assert safe_cell("\r=1") == "'\r=1"
    assert safe_cell("-5") == "-5"
    assert safe_cell(Decimal("-3.500000")) == "-3.5"
    assert safe_cell(Decimal("1000.000000")) == "1000"
    assert safe_cell(None) == ""


def test_a_download_is_utf8_with_a_mark_and_a_harmless_name():
    response = csv_response("Lots of\r\nRC/1", ["Lot"], [["Größe"], ["=x"]])
    body = b"".join(response.streaming_content)
    assert body == "\ufeffLot\r\nGröße\r\n'=x\r\n".encode()
    assert response["Content-Disposition"] == 'attachment; filename="Lots-of-RC-1.csv"'
    assert safe_filename("../..") == "export.csv"


def test_every_table_gives_the_numbers_of_the_scope(plant):
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.customer.name = "=HYPERLINK(1)"
    plant.customer.save()
    Contact.objects.create(party=plant.customer, name="Joe", phone="+1 555 0100", is_for_recalls=True)
    plant.ship(lots["P1"], 30, document="SH-1")
    scope = scope_of([lots["S1"]])
    rows = {row["Lot"]: row for row in read(exports.as_csv("lots", scope))}
    assert (rows["P1"]["Made or received"], rows["P1"]["Shipped"], rows["P1"]["Here"], rows["P1"]["Why"]) == (
        "50",
        "30",
        "20",
        "S1 > B1 > WO-2",
    )
    (sent,) = read(exports.as_csv("customers", scope))
    assert (sent["Name"], sent["Phone"], sent["Net"]) == ("'=HYPERLINK(1)", "'+1 555 0100", "30")
    assert {row["Lot"]: row["Quantity"] for row in read(exports.as_csv("stock", scope))} == {
        "S1": "90",
        "B1": "40",
        "P1": "20",
    }
    assert {row["Unaccounted"] for row in read(exports.as_csv("mass-balance", scope))} == {"0"}
    (start,) = read(exports.as_csv("starts", scope))
    assert (start["As printed"], start["Came in"], start["Used"], start["Here"]) == (
        "SL-S1",
        "100",
        "10",
        "90",
    )
    assert (
        exports.filename("RC-26-004", exports.TABLES["lots"], scope, 3)
        == f"RC-26-004-lots-rev3-entry{scope.seq}.csv"
    )
