"""Three complaints about three products: the spice is what they share and good lots do not. As counted by hand beforehand."""

import pytest

from recalls.causes import common_causes
from recalls.models import Complaint
from traceability.config.story.data import shrimp as data

EXPECTED = data()["expected"]["common_cause"]["rows"]


@pytest.fixture
def comparison(shrimp):
    rows = Complaint.objects.filter(number__in=["CMP-0311", "CMP-0312", "CMP-0314"])
    return common_causes([row.lot for row in rows.select_related("lot__item")])


def test_the_spice_ranks_first_and_the_table_is_the_expected_one(comparison):
    found = comparison.of("supplier_lot")
    assert (found[0].lots[0].item.code, len(found[0].cases), found[0].all_lots, str(found[0].lift)) == (
        "ING-SPC-CAJ",
        3,
        9,
        "1.67",
    )
    told = [
        (
            row.lots[0].item.code,
            sorted(lot.number for lot in row.lots),
            len(row.cases),
            row.all_lots,
            comparison.total,
            f"{row.lift:.2f}",
        )
        for row in found
    ]
    wanted = [
        (row["item"], sorted(row["lots"]), row["complaints"], row["finished_lots"], row["finished_lots_total"], row["lift"])
        for row in EXPECTED
    ]  # fmt: skip
    assert sorted(told) == sorted(wanted)
    order = [(-len(row.cases), -row.lift) for row in found]
    assert order == sorted(order)


def test_each_bad_lot_has_the_way_on_which_the_spice_came_into_it(comparison):
    spice = comparison.of("supplier_lot")[0]
    assert set(spice.paths) == {lot.pk for lot in comparison.cases}
    for lot in comparison.cases:
        path = spice.paths[lot.pk]
        assert path[0] in {start.number for start in spice.lots}
        assert path[-1] == lot.number
