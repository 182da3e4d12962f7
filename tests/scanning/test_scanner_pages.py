"""The scanner check tells what a gun keeps to itself; the sheet has every command; the log has every scan."""

import re

import pytest
import zxingcpp

from traceability.models import Scan
from traceability.scanning import Command
from traceability.scanning.drawing import code_128, datamatrix, gs1_128
from traceability.views.scanners.check import TEST

GOOD = "]C1010952123454321310CHECK-1Z\x1d17271019"


def no(page):
    return re.findall(r"<strong>([^<]*)</strong><p class=\"note\">", page)


def test_a_good_scanner_is_ready(plant, browse):
    page = browse("rita").post("/scanner/", {"code": GOOD, "typed": ""}).content.decode()
    assert "This scanner is ready." in page
    assert "CHECK-1Z&lt;GS&gt;17271019" in page
    assert no(page) == []
    assert Scan.objects.get().context == "scanner check"


@pytest.mark.parametrize(
    ("sent", "typed", "said"),
    [
        (GOOD.replace("\x1d", ""), "", ["It sends the separator behind the lot"]),
        (GOOD[3:], "", ["It sends the symbol’s prefix (]C1 or ]d2)"]),
        (GOOD, "yes", ["It types fast and ends with Enter"]),
        (GOOD.replace("CHECK", "check").replace("1Z", "1z"), "", ["Large letters stay large"]),
        (GOOD.replace("Z", "Y"), "", ["It is the test symbol, letter by letter"]),
        ("4006381333931", "", ["It is the test symbol, letter by letter"]),
        ("\x00" * 600, "", ["It is the test symbol, letter by letter"]),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(plant, browse, sent, typed, said):
    page = browse("rita").post("/scanner/", {"code": sent, "typed": typed}).content.decode()
    found = no(page)
    assert [one for one in found if one in said] == said


def test_a_lost_separator_and_swapped_letters_are_told_apart(plant, browse):
    rita = browse("rita")
    assert (
        "This scanner needs a setting."
        in rita.post("/scanner/", {"code": GOOD.replace("\x1d", "")}).content.decode()
    )
    assert "letters are swapped" in rita.post("/scanner/", {"code": GOOD.replace("Z", "Y")}).content.decode()


def test_the_sheet_has_every_command_and_its_symbol_reads_back(plant, browse):
    page = browse("sam").get("/scanner/commands/").content.decode()
    for command in Command:
        assert command.code in page
        assert command.meaning in page
        made = zxingcpp.create_barcode(command.code, zxingcpp.BarcodeFormat.Code128)
        assert zxingcpp.read_barcodes(made.to_image(scale=3))[0].text == command.code
    assert page.count('<svg class="symbol"') == len(Command)


def test_the_symbols_are_svg_without_anything_else():
    for svg in (code_128("LL/POST"), gs1_128(TEST), datamatrix(TEST, is_gs1=True)):
        assert svg.startswith("<svg ")
        assert "script" not in svg
        assert "viewBox" in svg


def test_the_log_is_for_those_who_look_after_security(plant, browse):
    browse("rita").post("/scanner/", {"code": GOOD})
    assert browse("rita").get("/scans/").status_code == 403
    page = browse("ada").get("/scans/").content.decode()
    assert "CHECK-1Z\\x1d17271019" in page
    assert "CHECK-1Z" not in browse("ada").get("/scans/?q=PO-1").content.decode().split("<tbody")[-1]
