"""A crash at any statement of any verb leaves the state as it was before, never between."""

import json
import os
import subprocess
import sys

import pytest
from django.db import transaction

from tests.concurrency.paths import PATHS, Stage
from tests.faults import sweeping
from tests.faults.sweeping import Between, sweep
from traceability.config import paths
from traceability.models import RefusalRecord

FOLDERS = ("tests/receiving", "tests/qc", "tests/production", "tests/shipping", "tests/recalls", "tests/stock", "tests/importing", "tests/traceability", "tests/ledger/test_gates.py", "tests/ledger/test_corrections.py", "tests/ledger/test_reservations.py", "tests/ledger/test_idempotency.py", "tests/pages")  # fmt: skip


def act_of(name, plant):
    stage = Stage(plant)
    scene = stage.scenes(1, counted=name == "reversal", held=name == "lift")[0]
    return lambda: PATHS[name](stage, scene, 0)


@pytest.mark.parametrize("name", PATHS)
def test_every_way_to_post_is_all_or_nothing(plant, name):
    assert sweep(act_of(name, plant)) >= 5


def test_control_an_act_of_two_transactions_is_found(plant):
    def act():
        for n in (1, 2):
            with transaction.atomic():
                RefusalRecord.objects.create(code=str(n), route="", sentence="", lots=[])

    with pytest.raises(Between, match="traceability_refusalrecord"):
        sweep(act)


def test_control_what_is_sent_too_early_is_found(plant):
    def act():
        transaction.on_commit(lambda: None)
        with transaction.atomic():
            RefusalRecord.objects.create(code="x", route="", sentence="", lots=[])

    with pytest.raises(Between):
        sweep(act)


@pytest.mark.slow
def test_every_verb_of_every_service_is_all_or_nothing(tmp_path):
    """Every verb that has a test, as its tests call it."""
    report = tmp_path / "swept.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.faults.sweeping",
        "-p",
        "no:xdist",
        *FOLDERS,
    ]
    done = subprocess.run(
        command, cwd=paths.ROOT, env={**os.environ, sweeping.REPORT: str(report), "LOTLINE_SLOW": ""}, capture_output=True, text=True
    )  # fmt: skip
    assert report.exists(), (
        done.stdout[-4000:] + done.stderr[-2000:]
    )  # Whether they pass is for the suite to say.
    found = json.loads(report.read_text())
    statements = sum(number for numbers in found["swept"].values() for number in numbers)
    print(f"{len(found['swept'])} verbs, {statements} statements")
    assert not found["broken"], "\n".join(found["broken"])
    assert sorted(set(found["verbs"]) - set(found["swept"])) == []
