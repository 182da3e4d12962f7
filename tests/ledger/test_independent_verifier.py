"""docs/verify.py, a program that knows nothing of ours, comes to the same hashes, and finds what was done to an export."""

import ast
import hashlib
import importlib.util
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.api.conftest import READS, caller, integration
from tests.ledger import rich
from traceability import verification
from traceability.api.tokens import issue_token
from traceability.config import paths

PROGRAM = paths.ROOT / "docs" / "verify.py"
VECTORS = json.loads((Path(__file__).parent / "golden" / "v1.json").read_text())


@pytest.fixture(scope="module")
def theirs():
    spec = importlib.util.spec_from_file_location("verify_elsewhere", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def exported(plant, tmp_path):
    rich.make(plant)
    path = tmp_path / "ledger.jsonl"
    call_command("export_ledger", str(path))
    return path


def exported_form(vector):
    """The vectors tell what was sent; a line of the export tells it as it is stored."""
    z = lambda moment: datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    exact = lambda quantity: quantity and f"{Decimal(quantity):.6f}"
    movements = [[exact(cell) if at in (2, 16) else cell for at, cell in enumerate(line)] for line in vector["movements"]]  # fmt: skip
    entry = vector["entry"] | {"occurred_at": z(vector["entry"]["occurred_at"])}
    return {"v": 1, "seq": vector["seq"], "recorded_at": z(vector["recorded_at"]), "entry": entry, "movements": movements}  # fmt: skip


def program(*words):
    """Isolated: no environment, no packages of ours."""
    done = subprocess.run([sys.executable, "-I", "-S", str(PROGRAM), *map(str, words)], capture_output=True, text=True)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_it_is_short_and_stands_alone():
    text = PROGRAM.read_text()
    assert len(text.splitlines()) <= 150
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) and node.module != "decimal" for node in ast.walk(ast.parse(text)))  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["what"])
def test_it_comes_to_the_golden_hashes(theirs, vector):
    content = exported_form(vector)
    assert theirs.GENESIS.hex() == VECTORS["genesis"]
    assert theirs.body(content).hex() == vector["body"]
    assert theirs.seal(content).hex() == vector["digest"]
    assert theirs.link(bytes.fromhex(vector["previous"]), theirs.seal(content)).hex() == vector["chain"]


def test_it_finds_an_exported_ledger_sound_and_says_how_far(exported):
    lines = exported.read_text().splitlines()
    code, said = program(exported)
    assert code == 0, said
    assert said == f"Sound: {len(lines)} entries, chain {json.loads(lines[-1])['chain']}\n"


def change(lines, at, **changes):
    content = json.loads(lines[at])
    content["entry"] |= changes
    return [*lines[:at], json.dumps(content), *lines[at + 1 :]]


def resealed(theirs, lines, after):
    """As somebody would write it who knows the form: right hashes from an entry on."""
    chain = bytes.fromhex(json.loads(lines[after - 1])["chain"])
    sealed = lines[:after]
    for line in lines[after:]:
        content = json.loads(line)
        content["digest"] = theirs.seal(content).hex()
        chain = theirs.link(chain, theirs.seal(content))
        sealed.append(json.dumps(content | {"chain": chain.hex()}))
    return sealed


DAMAGE = {
    "an edit": (lambda lines: change(lines, 4, reason="all was well"), "Entry 5: it is not what was posted"),
    "a deletion": (lambda lines: [*lines[:4], *lines[5:]], "Entry 6: it comes after entry 4"),
    "an insertion": (lambda lines: [*lines[:4], lines[3], *lines[4:]], "Entry 4: it comes after entry 4"),
    "a swap": (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], "Entry 6: it comes after entry 4"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_it_finds(exported, damage):
    spoil, sentence = DAMAGE[damage]
    exported.write_text("\n".join(spoil(exported.read_text().splitlines())) + "\n")
    code, said = program(exported)
    assert code == 1
    assert sentence in said


def test_a_cut_or_rewritten_end_is_found_by_a_checkpoint_alone(theirs, exported, tmp_path):
    kept, lines = tmp_path / "kept.jsonl", exported.read_text().splitlines()
    last = json.loads(lines[-1])
    kept.write_text(verification.Kept(last["seq"], last["chain"], "now").line)
    assert program(exported, "--against", kept)[0] == 0
    exported.write_text("\n".join(lines[:-2]))
    assert program(exported)[0] == 0
    assert "the tail was cut" in program(exported, "--against", kept)[1]
    exported.write_text("\n".join(resealed(theirs, change(lines, 7, reason="all was well"), 7)))
    assert program(exported)[0] == 0
    assert "the ledger was rewritten" in program(exported, "--against", kept)[1]


def test_stock_below_zero_is_found_though_every_hash_is_right(theirs, exported):
    lines = exported.read_text().splitlines()
    content = json.loads(lines[1])
    content["movements"][0][2] = "1000.000000"
    lines[1] = json.dumps(content)
    exported.write_text("\n".join(resealed(theirs, lines, 1)))
    code, said = program(exported)
    assert code == 1
    assert "Entry 2: it leaves -900.000000 of lot" in said


def test_what_is_no_ledger_is_said_to_be_none(tmp_path):
    (tmp_path / "x").write_text("no ledger\n")
    assert program(tmp_path / "x")[0] == 2
    assert program(tmp_path / "missing")[0] == 2


def test_it_reads_the_api_as_well(served):
    """Over HTTP, with a token, page by page."""
    from tests.cast import make_plant

    rich.make(make_plant())
    token = issue_token(person=integration(), name="auditor", scopes=READS)[1]
    code, said = program(f"{served.url}/api/v1/entries/evidence?limit=5", "--token", token)
    assert code == 0, said
    assert said.startswith("Sound: ")


def test_the_evidence_is_for_those_who_may_see_customers(plant):
    plant.receive("S")
    blind = caller(token=issue_token(person=integration(), name="t", scopes=["ledger:read"])[1])
    assert blind.get("entries").status_code == 200
    assert blind.get("entries/evidence").status_code == 403
    no_ledger = caller(token=issue_token(person=integration(), name="u", scopes=["recall:read"])[1])
    assert no_ledger.get("entries/evidence").status_code == 403


def test_an_export_goes_on_where_the_last_one_ended(plant, tmp_path):
    rich.make(plant)
    call_command("export_ledger", str(tmp_path / "all"))
    call_command("export_ledger", str(tmp_path / "rest"), after=5)
    assert (tmp_path / "all").read_text().endswith((tmp_path / "rest").read_text())
    mark = hashlib.sha256((tmp_path / "all").read_bytes()).hexdigest()
    call_command("export_ledger", str(tmp_path / "again"))
    assert hashlib.sha256((tmp_path / "again").read_bytes()).hexdigest() == mark
