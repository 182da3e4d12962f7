"""Files that are not what they say, or too much: each gets its answer, and nothing is kept of it (reliability 4.3, 4.7)."""

import io
import zipfile

import pytest

from tests.importing.conftest import as_csv, as_xlsx, bring, cells, checked
from traceability import importing
from traceability.importing.sessions import SameFileAgain
from traceability.models import Import

HEAD = ["Item", "Name", "Base unit"]
GOOD = [HEAD, ["A-1", "Salt", "lb"]]


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as zipped:
        zipped.writestr(name, part)
    return file.getvalue()


def changed_part(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for part in source.namelist():
            held = source.read(part)
            out.writestr(part, held.replace(old, new) if part == name else held)
    return file.getvalue()


XLSX = as_xlsx(GOOD)
SHEET = "xl/worksheets/sheet1.xml"
BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DECLARED = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

REFUSED = {
    "nothing": ("x.csv", b"", "empty"),
    "blanks": ("x.csv", b" \n \n", "empty"),
    "headings alone": ("x.csv", as_csv([HEAD]), "no row"),
    "a workbook as CSV": ("x.csv", XLSX, "archive or a workbook"),
    "a page as CSV": ("x.csv", b"<!DOCTYPE html><html></html>", "not a CSV"),
    "a program as CSV": ("x.csv", b"MZ\x90\x00", "not a CSV"),
    "a document as CSV": ("x.csv", b"%PDF-1.7", "not a CSV"),
    "text as XLSX": ("x.xlsx", b"Item,Name\n", "not an XLSX"),
    "with macros by name": ("x.xlsm", XLSX, "XLSM"),
    "with macros inside": ("x.xlsx", with_part(XLSX, "xl/vbaProject.bin", b"x"), "macros"),
    "old or encrypted": ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or encrypted"),
    "links to other files": ("x.xlsx", with_part(XLSX, "xl/externalLinks/externalLink1.xml", b"<x/>"), "refers to other files"),
    "another archive": ("x.xlsx", archive(a__txt=b"x"), "not an XLSX"),
    "a broken archive": ("x.xlsx", XLSX[:200], "not an XLSX"),
    "a bomb": ("x.xlsx", with_part(XLSX, "xl/media/big.bin", b""), ""),
    "a billion laughs": ("x.xlsx", changed_part(XLSX, SHEET, DECLARED, BILLION), "cannot be read"),
    "an entity from outside": ("x.xlsx", changed_part(XLSX, SHEET, DECLARED, OUTSIDE), "cannot be read"),
    "an unclosed quote": ("x.csv", b'Item,Name\nA-1,"Salt\n', "Line 2 cannot be read"),
    "a zero byte": ("x.csv", b"Item,Name\nA-1,Sa\x00lt\n", "zero byte"),
    "Windows letters": ("x.csv", "Item,Name\nA-1,Crème\n".encode("cp1252"), "Line 2 is not UTF-8"),
    "UTF-16": ("x.csv", "Item,Name\nA-1,Salt\n".encode("utf-16"), "UTF-16"),
    "a cell of a megabyte": ("x.csv", as_csv([HEAD, ["A-1", "x" * 1_000_000, "lb"]]), "longer than a cell"),
    "201 columns": ("x.csv", as_csv([[f"h{n}" for n in range(201)], ["x"]]), "201 columns"),
    "a heading twice": ("x.csv", as_csv([["Item", "Name", "Name"], ["A-1", "Salt", "x"]]), "Two columns are called Name"),
    "a value without a heading": ("x.csv", as_csv([HEAD, ["A-1", "Salt", "lb", "?"]]), "D2 has a value without a heading"),
}  # fmt: skip
del REFUSED["a bomb"]


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_it_is_refused_in_words(plant, what):
    name, content, words = REFUSED[what]
    with pytest.raises(importing.FileRefused) as refused:
        bring(plant, "items", content, name=name)
    assert words in refused.value.sentence, refused.value.sentence
    assert not Import.objects.exists()


def test_a_bomb_is_refused_before_it_unpacks(plant):
    bomb = with_part(as_xlsx(GOOD), "xl/media/big.bin", b"")
    file = io.BytesIO(bomb)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("xl/media/zeros.bin", bytes(30_000_000))
    with pytest.raises(importing.FileRefused, match="unpacks to more"):
        bring(plant, "items", file.getvalue(), name="x.xlsx")
    many = io.BytesIO(bomb)
    with zipfile.ZipFile(many, "a") as zipped:
        for number in range(1_001):
            zipped.writestr(f"xl/media/{number}.bin", b"x")
    with pytest.raises(importing.FileRefused, match="unpacks to more"):
        bring(plant, "items", many.getvalue(), name="x.xlsx")


def test_more_than_20_mb_is_413(plant):
    with pytest.raises(importing.FileRefused) as refused:
        bring(plant, "items", b"x" * (20 * 1024 * 1024 + 1))
    assert (refused.value.status, refused.value.code) == (413, "too_large")


def test_more_rows_than_a_hundred_thousand(plant):
    content = b"Item,Name,Base unit\n" + b"A,B,lb\n" * 100_001
    with pytest.raises(importing.FileRefused, match="more than 100,000 rows"):
        bring(plant, "items", content)


def test_a_name_is_shown_and_never_used(plant):
    source = bring(plant, "items", GOOD, name="../../etc/\u202ecsv.exe\r\nX.csv")
    assert source.file_name == "csv.exeX.csv"
    assert source.stored_as.startswith("imports/")
    assert "exe" not in source.stored_as
    assert len(bring(plant, "items", GOOD, name="x" * 300 + ".csv", again=True).file_name) <= 120


def test_bom_semicolons_mixed_line_ends_and_said_encodings_are_read(plant):
    for content, options in (
        ("\ufeffItem;Name;Base unit\r\nA-1;Sel;lb\nA-2;Poivre;lb\r\n".encode(), {}),
        ("Item\tName\tBase unit\nA-1\tCrème\tlb\n".encode("cp1252"), {"encoding": "cp1252"}),
        ("Item,Name,Base unit\nA-3,Crème,lb\n".encode("utf-16"), {"encoding": "utf-16"}),
    ):
        assert not checked(plant, "items", content, **options).findings


def test_cells_that_a_spreadsheet_spoiled_are_named(plant):
    plant.item("A-1")
    rows = [
        ["Item code", "Lot", "On hand", "Place", "Expires"],
        ["A-1", 4711, 5, plant.store.code, "2027-01-01"],
        ["A-1", "1.2E+11", 5, plant.store.code, "2027-01-01"],
        ["A-1", "L-1", "=1+1", plant.store.code, 46000],
        [1001, "L-2", 5, plant.store.code, "03/04/2027"],
        ["A-1", "L\u200b3", "1.234,50", plant.store.code, "2027-02-30"],
    ]
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("Stock")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    sheet.set_row(3, None, None, {"hidden": True})
    sheet.set_column(1, 1, 10, None, {"hidden": True})
    book.close()
    source = checked(plant, "opening_stock", file.getvalue(), name="s.xlsx")
    wrong = cells(source)
    assert {"B2", "B3", "C4", "E4", "A5", "E5", "B6", "C6", "E6"} <= set(wrong), wrong
    assert "Format the column as text" in wrong["B2"]
    assert "formula" in wrong["C4"]
    assert (source.about["hidden_rows"], source.about["hidden_columns"]) == (1, ["B"])


def test_merged_cells_are_refused(plant):
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.merge_range("A2:B2", "A-1")
    book.close()
    with pytest.raises(importing.FileRefused, match="merged cells"):
        bring(plant, "items", file.getvalue(), name="x.xlsx")


def test_the_same_file_again_is_asked_about_and_changes_nothing(plant):
    from tests.importing.conftest import posted

    posted(plant, "items", GOOD)
    with pytest.raises(SameFileAgain):
        bring(plant, "items", GOOD)
    again = checked(plant, "items", GOOD, again=True)
    assert (again.tally["same"], again.tally["new"]) == (1, 0)
    with pytest.raises(importing.sessions.ImportNotReady, match="Nothing would change"):
        importing.start_posting(source=again, actor=plant.quinn, client="t", key="p")


def test_what_begins_like_a_formula_is_text_and_comes_back_the_same(plant):
    from tests.importing.conftest import posted
    from traceability.exports import csv_text
    from traceability.models import Item

    names = ["=1+1", "+A", "-B", "@SUM(A1)", "'quoted", "{{7*7}}", "<script>alert(1)</script>"]
    rows = [HEAD, *([f"A-{n}", name, "lb"] for n, name in enumerate(names))]
    posted(plant, "items", rows)
    kept = list(Item.objects.order_by("code").values_list("code", "name", "unit"))
    assert [name for _, name, _ in kept] == names
    back = checked(plant, "items", csv_text(HEAD, kept).encode())
    assert back.tally["same"] == len(names), back.preview
