"""How many are looked at: every cell of the tables, the switching rules, and lots that a plan skips."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from qc import sampling
from qc import services as qc
from qc.models import Characteristic, Inspection, Plan, Strictness
from qc.sampling import Past, Sample, letter_of, single_plan, standing
from traceability.models import Stage

TABLES = json.loads((Path(__file__).parent / "data" / "mil-std-105e.json").read_text())
GOOD, BAD = Past(accepted=True), Past(accepted=False)


@pytest.mark.parametrize("strictness", ["normal", "tightened", "reduced"])
def test_every_cell_of_the_tables_agrees(strictness):
    cells = 0
    for letter, row in TABLES[f"{strictness}_resolved"].items():
        for aql, cell in zip(TABLES["aql"], row, strict=True):
            found = single_plan(letter, Decimal(aql), strictness)
            assert f"{found.n} {found.accept} {found.reject}" == cell, (letter, aql)
            cells += 1
    assert cells == 16 * 26


def test_every_lot_size_has_its_letter_at_every_level():
    for row in TABLES["table_I"]:
        sizes = {row["lot_min"], row.get("lot_max") or row["lot_min"] * 10}
        for level in ("S1", "S2", "S3", "S4", "I", "II", "III"):
            assert {letter_of(size, level) for size in sizes} == {row[level]}
    assert letter_of(1, "II") == "A"


def plan_of(**facts):
    return Plan(sampling=facts.pop("sampling", "fixed"), level=facts.pop("level", "II"), **facts)


@pytest.mark.parametrize(
    ("facts", "lot", "found"),
    [
        ({"sampling": "aql", "aql": Decimal("1.0")}, 500, Sample(50, 500, "H", 1, 2, "normal")),
        ({"sampling": "aql", "aql": Decimal("1.0")}, 8, Sample(8, 8, "E", 0, 1, "normal")),
        ({"sampling": "aql", "aql": Decimal("4.0"), "level": "S4"}, 90, Sample(3, 90, "B", 0, 1, "normal")),
        ({"sampling": "all"}, "12.5", Sample(13, 13)),
        ({"sampling": "percent", "sample_percent": Decimal(10)}, 101, Sample(11, 101)),
        ({"sampling": "root"}, 100, Sample(11, 100)),
        ({"sampling": "root"}, 2, Sample(2, 2)),
        ({"sampling": "fixed", "sample_number": 5}, 3, Sample(3, 3)),
        ({"sampling": "fixed"}, 30, Sample(None, 30)),
    ],
)
def test_a_plan_asks_for_so_many_of_a_lot_and_never_more_than_there_are(facts, lot, found):
    assert sampling.sample(plan_of(**facts), Decimal(lot)) == found


def test_two_of_five_rejected_tighten_and_five_accepted_set_back_to_normal():
    assert standing([BAD]).strictness == Strictness.NORMAL
    assert standing([BAD, GOOD, GOOD, GOOD, GOOD, BAD]).strictness == Strictness.NORMAL
    tightened = [BAD, GOOD, GOOD, GOOD, BAD]
    assert standing(tightened).strictness == Strictness.TIGHTENED
    assert standing([*tightened, *[GOOD] * 4]).strictness == Strictness.TIGHTENED
    assert standing([*tightened, *[GOOD] * 5]).strictness == Strictness.NORMAL


def test_five_rejected_on_tightened_stop_the_supplier_until_it_recovers():
    stopped = [BAD, BAD, *[BAD] * 5]
    assert standing([BAD, BAD, *[BAD] * 4]).discontinued is False
    assert standing(stopped).discontinued
    assert standing([*stopped, *[GOOD] * 5]) == sampling.Standing(Strictness.NORMAL)


def test_ten_accepted_reduce_only_where_quality_agrees_and_one_bad_or_doubtful_lot_ends_it():
    assert standing([GOOD] * 10).strictness == Strictness.NORMAL
    reduced = standing([GOOD] * 10, allows_reduced=True).strictness
    assert reduced == Strictness.REDUCED
    for last in (BAD, Past(accepted=True, in_the_gap=True)):
        assert standing([*[GOOD] * 10, last], allows_reduced=True).strictness == Strictness.NORMAL
    skipped = Past(accepted=True, skipped=True)
    assert standing([*[GOOD] * 9, skipped], allows_reduced=True).strictness == Strictness.NORMAL


def test_one_lot_in_three_is_looked_at_once_earned_and_one_bad_lot_loses_it():
    plan, skipped = plan_of(skip_every=3, skip_after=2), Past(accepted=True, skipped=True)
    steps = [([GOOD], False), ([GOOD, GOOD], True), ([GOOD, GOOD, skipped], True), ([GOOD, GOOD, skipped, skipped], False),
             ([GOOD, GOOD, skipped, skipped, GOOD], True), ([GOOD, GOOD, skipped, BAD], False), ([GOOD, GOOD, skipped, BAD, GOOD], False)]  # fmt: skip
    for past, skips in steps:
        assert sampling.is_skipped(plan, past) is skips, past


@pytest.fixture
def bottles(plant):
    """Defects are counted in a sample by AQL 1.0; after two good lots, one in two is looked at."""
    item = plant.item("BOTTLE", unit="ea", inspected_at=["receiving"])
    plan = Plan.objects.create(
        code="QP-9", name="Bottles", stage="receiving", status="approved", approved_by=plant.quentin,
        sampling="aql", aql=Decimal("1.0"), skip_every=2, skip_after=2,
    )  # fmt: skip
    plan.items.add(item)
    Characteristic.objects.create(plan=plan, position=1, name="Cracks", kind="count")
    return item


def inspect(plant, item, number, defects=None):
    lot = plant.receive(number, 500, item=item, status="quarantine")
    found = qc.open_inspection(lot=lot, stage=Stage.RECEIVING, actor=plant.quinn, client="t", key=number)
    if defects is not None:
        look = found.plan.characteristics.get()
        found = qc.record_result(
            inspection=found,
            characteristic=look,
            value=Decimal(defects),
            actor=plant.quinn,
            client="t",
            key=f"r-{number}",
        )
    return found


def decide(plant, found, to_status, **rest):
    return qc.decide(
        inspection=found, actor=plant.quinn, client="t", key=plant.key(), to_status=to_status, **rest
    )


def test_a_count_of_defects_is_judged_by_the_numbers_of_the_table(plant, bottles):
    good, bad = inspect(plant, bottles, "B-1", 1), inspect(plant, bottles, "B-2", 2)
    assert (good.sample_size, good.code_letter, good.accept_number, good.reject_number) == (50, "H", 1, 2)
    decide(plant, good, "released")
    with pytest.raises(qc.NotWithinLimits):
        decide(plant, bad, "released")


def test_a_skipped_lot_says_by_which_plan_and_a_person_releases_it_all_the_same(plant, bottles):
    for number in ("B-1", "B-2"):
        decide(plant, inspect(plant, bottles, number, 0), "released")
    skipped = inspect(plant, bottles, "B-3")
    assert skipped.skipped_why == "Skipped by plan QP-9 rev 1: one lot in 2 is looked at."
    assert decide(plant, skipped, "released").decided_by == plant.quinn
    assert inspect(plant, bottles, "B-4").skipped_why == ""
    assert Inspection.objects.exclude(skipped_why="").count() == 1


def test_what_was_looked_at_in_a_skipped_lot_counts(plant, bottles):
    for number in ("B-1", "B-2"):
        decide(plant, inspect(plant, bottles, number, 0), "released")
    with pytest.raises(qc.NotWithinLimits):
        decide(plant, inspect(plant, bottles, "B-3", 7), "released")


def test_two_rejected_lots_of_a_supplier_tighten_the_third(plant, bottles):
    for number in ("B-1", "B-2"):
        decide(plant, inspect(plant, bottles, number, 9), "rejected", reason="Cracked")
    third = inspect(plant, bottles, "B-3")
    assert (third.strictness, third.sample_size, third.accept_number) == ("tightened", 80, 1)
