"""A frozen revision as files: the same lots and totals in each, the FDA's columns one for one, and the bytes that were hashed."""

import hashlib
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from recalls import exports, services
from recalls.dossier import files
from recalls.dossier.columns import RECEIVING, SHIPPING, TRANSFORMATION
from tests.graphs import graph

D = Decimal


@pytest.fixture
def revision(plant):
    """S1 ──▶ B1 ──▶ P1, P2 ──▶ two customers"""
    lots = graph(plant, "S1 -> B1; B1 -> P1, P2")
    plant.ship(lots["P1"], 12, document="SH-1")
    plant.ship(lots["P2"], 5, document="SH-2", party=plant.other_customer)
    recall = services.open_recall(
        title="Spice", hazard="Salmonella", reason="They wrote", starts=[lots["S1"]], actor=plant.rhea, client="test", key="open",
    )  # fmt: skip
    return services.freeze_scope(recall=recall, actor=plant.rhea, client="test", key="freeze")


def rows_of(content, title):
    sheet = load_workbook(io.BytesIO(content))[title]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_fdas_columns_are_there_one_for_one_in_its_order():
    told = json.loads((Path(__file__).parent / "fsma_headers.json").read_text())
    assert list(RECEIVING) == told["Receiving"]
    assert list(TRANSFORMATION) == told["Transformation"]
    assert list(SHIPPING) == told["Shipping"]


def test_the_sortable_spreadsheet_has_each_receipt_run_and_shipment_of_the_scope(revision):
    content = files.fsma(revision)
    (came,) = rows_of(content, "Receiving")
    assert (came["Traceability Lot Code"], came["Quantity"], came["Unit of Measure"]) == ("SL-S1", 100, "lb")
    assert came["Reference Document Number"] == "RCV-S1"
    runs = rows_of(content, "Transformation")
    new = "New Traceability Lot Code you assigned to the Food Produced Through Transformation"
    assert {row[new] for row in runs} == {"B1", "P1", "P2"}
    sent = rows_of(content, "Shipping")
    assert {(row["Traceability Lot Code"], row["Quantity"]) for row in sent} == {("P1", 12), ("P2", 5)}
    scope = revision.scope
    assert sum(D(row["Quantity"]) for row in sent) == sum(row.quantity for row in scope.shipments)


def test_workbook_json_csv_and_scope_have_the_same_lots_and_totals(revision):
    scope = revision.scope
    book = files.workbook(revision)
    lots = rows_of(book, exports.TABLES["lots"].title)
    assert [row["Lot"] for row in lots] == [lot.lot for lot in scope.lots]
    assert sum(D(row["Shipped"] or 0) for row in lots) == sum(lot.shipped for lot in scope.lots) == 17
    notes = dict(row[:2] for row in load_workbook(io.BytesIO(book))["Read me"].values)
    assert notes["SHA-256 of the content"] == revision.sha256
    assert notes["Finished, cs"] == "100 made, 17 shipped, 0 returned, 83 here"
    content = files.content(revision)
    assert hashlib.sha256(content).hexdigest() == revision.sha256
    assert [lot["lot"] for lot in json.loads(content)["facts"]["lots"]] == [lot.lot for lot in scope.lots]
    csv = exports.as_csv("lots", scope)
    assert [line.split(",")[0] for line in csv.splitlines()[1:]] == [lot.lot for lot in scope.lots]


def test_the_files_are_asked_for_on_their_page_once_each(plant, revision):
    from django.test import Client

    from traceability.models import Job

    rhea = Client()
    rhea.force_login(plant.rhea, backend="traceability.roles.RoleBackend")
    address = f"/recalls/{revision.recall_id}/rev/1/files/"
    page = rhea.get(address).content.decode()
    assert "FSMA 204 sortable spreadsheet" in page
    assert "unchanged since it was frozen" in page
    for _ in range(2):
        answer = rhea.post(f"{address}ask/", {"kind": "fsma", "key": "samekey0001"})
        assert answer["Location"] == f"/jobs/{Job.objects.get().pk}/"
    assert Job.objects.get().params == {"revision": revision.pk, "kind": "fsma"}
    assert rhea.post(f"{address}ask/", {"kind": "docx", "key": "samekey0002"}).status_code == 404
    quinn = Client()
    quinn.force_login(plant.paul, backend="traceability.roles.RoleBackend")
    assert quinn.get(address).status_code == 403


def test_each_kind_has_its_name_and_a_mock_says_so(plant, revision):
    names = {kind.name: files.name_of(revision, kind) for kind in files.KINDS.values()}
    number = revision.recall.number
    assert names["fsma"] == f"{number}-rev-1-fsma204.xlsx"
    revision.recall.is_mock = True
    assert files.name_of(revision, files.KINDS["json"]) == f"{number}-MOCK-rev-1.json"
