"""Fifty thousand rows with seventeen planted errors: all seventeen cells are named, and nothing is posted."""

import random

import pytest

from tests.importing.conftest import cells, checked, posted
from traceability import importing
from traceability.importing.sessions import ImportNotReady
from traceability.models import Balance, Entry, Lot

PLANTED = {
    "A": ["NOWHERE", "", "FL\u200bOUR"],
    "B": ["", "x" * 41, "L\u202e1", "1.2E+11"],
    "C": ["-5", "0", "NaN", "1e3", "１２", "1,5,5"],
    "D": ["NO-PLACE"],
    "E": ["2027-02-30", "03/04/2027", "26-01-01"],
}


@pytest.fixture
def rows(plant, count):
    plant.item("FLOUR")
    many = count(3_000, 50_000)
    places = [plant.store.code, plant.store_2.code]
    return [
        ["Item code", "Lot", "On hand", "Place", "Expires"],
        *(["FLOUR", f"L-{n:06}", str(n % 900 + 1), places[n % 2], "2028-01-31"] for n in range(many)),
    ]


def test_every_planted_cell_is_named_and_nothing_is_posted(plant, rows):
    draw = random.Random(17)
    wrong = [(column, value) for column, values in PLANTED.items() for value in values]
    assert len(wrong) == 17
    expected = set()
    for (column, value), number in zip(wrong, draw.sample(range(1, len(rows)), 17), strict=True):
        rows[number]["ABCDE".index(column)] = value
        expected.add(f"{column}{number + 1}")
    source = checked(plant, "opening_stock", rows)
    assert set(cells(source)) == expected
    assert source.tally["findings"] == 17
    with pytest.raises(ImportNotReady, match="17 rows are wrong"):
        importing.start_posting(source=source, actor=plant.quinn, client="t", key="p")
    assert not Lot.objects.exists()
    assert not Entry.objects.exists()


def test_without_them_all_of_it_is_posted(plant, rows):
    posted(plant, "opening_stock", rows)
    assert Balance.objects.filter(quantity__gt=0).count() == len(rows) - 1
