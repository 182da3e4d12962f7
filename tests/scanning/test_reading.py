"""What a text says: everything it says, and nothing that is not certain."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.scanning import Command, Sort, address_of, gs1, read

GS = gs1.GS
SPICE = "19521234009013"


@pytest.mark.parametrize(
    "text",
    [
        f"]C101{SPICE}10CS-26-2874{GS}172710193200000050",
        f"]C101{SPICE}17271019320000005010CS-26-2874",
        f"01{SPICE}10CS-26-2874{GS}172710193200000050",
        f"]d201{SPICE}10CS-26-2874{GS}172710193200000050\r\n",
        f"(01){SPICE}(10)CS-26-2874(17)271019(3200)000050",
        f"https://id.gs1.org/01/{SPICE}/10/CS-26-2874?17=271019&3200=000050",
        f"]Q1https://any.example/stem/01/{SPICE}/10/CS-26-2874?17=271019&3200=000050#more",
    ],
)
def test_the_same_label_in_every_way_it_is_sent(text):
    reading = read(text)
    assert (reading.sort, reading.gtin, reading.lot) == (Sort.GS1, SPICE, "CS-26-2874")
    assert (reading.expires_on, reading.quantity, reading.unit) == (date(2027, 10, 19), Decimal(50), "lb")


def test_a_label_that_lost_its_separators_is_shown_as_it_was_read_and_refused():
    reading = read("]C1010952123454321310F-261022-115280422")
    assert reading.is_refused
    assert reading.refusal.code == "S02"
    assert reading.refusal.plain == (
        "This label lost its separators: lot reads F-261022-115280422. Did you mean F-261022-1, best by 2028-04-22?"
        " Type what is printed, or fix the scanner (Menu > Scanner check) and scan again."
    )
    assert (reading.lot, reading.gtin) == ("", "")
    assert (reading.meant.lot, reading.meant.expires_on) == ("F-261022-1", date(2028, 4, 22))


@pytest.mark.parametrize(
    "data",
    [
        f"01{SPICE}10CS-26-2874172710193200000050",  # also longer than a lot may be
        f"01{SPICE}10L1173203000125",
        f"01{SPICE}21SN-110210952123454321337",
        f"02{SPICE}372510F-1",
        "10A11261019",
    ],
)
def test_what_ends_like_more_elements_is_in_doubt(data):
    for prefix in ("]C1", "]d2"):
        assert read(prefix + data).is_refused


@pytest.mark.parametrize(
    ("data", "lot"),
    [
        (f"01{SPICE}10CS-26-3011", "CS-26-3011"),
        (f"01{SPICE}1727101910DM-P-7719", "DM-P-7719"),
        (
            f"01{SPICE}10F-261022-115280422{GS}17271019",
            "F-261022-115280422",
        ),  # it sends separators, so this is the lot
        (f"01{SPICE}10L2117991340", "L2117991340"),  # month 99
        ("10ABC", "ABC"),
    ],
)
def test_what_can_be_read_one_way_only_is_taken(data, lot):
    reading = read(f"]C1{data}")
    assert (reading.lot, reading.is_refused) == (lot, False)


def test_a_date_without_its_day_is_the_last_of_the_month():
    assert read(f"]C101{SPICE}17280200").expires_on == date(2028, 2, 29)


def test_use_by_counts_before_best_before():
    reading = read(f"]C101{SPICE}1727101915280101")
    assert reading.expires_on == date(2027, 10, 19)


def test_numbers_with_a_right_check_digit_are_also_item_numbers():
    assert read("4006381333931").gtin == "04006381333931"
    assert read("4006381333930").gtin == ""
    assert read("]E02112345678900").gtin == "02112345678900"
    assert read("]E02112345678901").is_refused
    assert read("106141412345678908").sscc == "106141412345678908"


def test_our_own_labels_and_commands():
    address = address_of("RM-261019-07", host="https://plant.example")
    assert address == "https://plant.example/l/RM-261019-07"
    assert (read(address).sort, read(address).lot) == (Sort.OWN, "RM-261019-07")
    both = read(address_of("A/B 1", host="http://x", item="ING-1"))
    assert (both.lot, both.item_code) == ("A/B 1", "ING-1")
    assert read("LL/POST").command == Command.POST
    assert read("LL/FORMAT-C").command is None


@pytest.mark.parametrize(
    "text",
    [
        "", "\r\n", "A\tB", "A\nB", "A\x00B", "A\u202eB", "A\u200bB", "\ud800", "x" * 513, "é" * 257, "]", "]X", "]b0x", "]C1", "]C1\x1d", f"]C0A{GS}B",
        "]C10199999999999999", "https://evil.example/?q=1", "http://[", "javascript:alert(1)\x07", "x" * 81, "A  B",
    ],
)  # fmt: skip
def test_what_no_label_says_is_refused_and_nothing_is_stripped(text):
    reading = read(text)
    assert reading.is_refused
    assert reading.refusal.code == "S00"
    assert (reading.lot, reading.gtin, reading.sscc) == ("", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE lot;--",
        "<script>alert(1)</script>",
        "^XA^FS~JA",
        "%s%n{0.__class__}",
        '{"lot": 1}',
        "🦐-1",
        "javascript:1",
    ],
)
def test_hostile_text_is_text(text):
    reading = read(text)
    assert (reading.sort, reading.code) == (Sort.PLAIN, text)


@given(st.text(max_size=600))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_there_is_an_answer(text):
    reading = read(text)
    assert reading.is_refused == (reading.sort == Sort.REFUSED)


@given(st.text(alphabet="0123456789ABCDEF-]C1d2()\x1d", max_size=60))
@settings(max_examples=400, deadline=None)
def test_whatever_looks_like_gs1_is_read_whole_or_refused(text):
    reading = read(text)
    if reading.sort == Sort.GS1 and not reading.text.startswith("("):
        said = "".join(ai + value for ai, value in reading.elements)
        assert said == reading.text.replace(GS, "").removeprefix(
            reading.text[:3] if reading.text.startswith("]") else ""
        )
