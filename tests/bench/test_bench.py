"""The bench measures what it says, on a ledger that is right."""

import json
import os
import subprocess
import sys

import pytest

from traceability.bench import report
from traceability.config import paths


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """One small run, from the command line to the file: its words and its figures."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [
        sys.executable,
        str(paths.ROOT / "manage.py"),
        "bench",
        "--quick",
        "--size",
        "4000",
        "--json",
        str(file),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=paths.ROOT, env={**os.environ}, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout, json.loads(file.read_text())


def test_every_row_is_there(told):
    figures = told[1]
    assert {row["name"] for row in figures["walks"]} == {"where_used", "where_from"}
    assert {"scopes", "peers", "posting", "serials", "lists", "disk", "sound"} <= {
        name for name, rows in figures.items() if rows
    }
    assert {(row["writers"], row["lines"]) for row in figures["posting"]} == {(1, 1), (8, 1)}
    assert len(figures["lists"]) == 10 + 7
    assert all(
        row["ours_ms"] > 0 and row["loop_ms"] > 0 and row["level_ms"] > 0 and row["memory_ms"] > 0
        for row in figures["walks"]
    )


def test_ours_the_loop_the_levels_and_the_memory_give_the_same_answer(told):
    figures = told[1]
    assert all(row["agree"] for row in [*figures["walks"], *figures["scopes"], *figures["peers"]])
    assert figures["peers"][0]["deliveries"] == 800


def test_the_ledger_it_measures_is_right(told):
    """What the generators write adds up, lot by lot and for every projection."""
    figures = told[1]
    assert all(row["adds_up"] for row in figures["scopes"])
    assert figures["sound"][0]["findings"] == 0
    assert len(figures["sound"][0]["checks"]) > 8


def test_the_last_line_has_the_ratios(told):
    last = told[0].strip().splitlines()[-1]
    assert last.startswith("bench 4e+03: where_used ")
    for word in ("faster than the loop", "memory", "peers' case", "of raw", "serials"):
        assert word in last


def test_the_chart_is_drawn(told):
    chart = report.as_chart(told[1])
    assert chart.startswith("<svg")
    assert chart.count("<polyline") == 4
