"""GS1's own test vectors: each is read right, or refused. None is accepted wrongly.

The vectors are those of gs1-syntax-engine (Apache licence; origin in the file). Left out, because they do not concern one
scan: which identifiers must stand on *some* label of the same item, and the engine's optional switches.
"""

import json
from pathlib import Path

import pytest

from traceability.scanning import gs1, read
from traceability.scanning.gs1 import checks
from traceability.scanning.gs1.dictionary import identifiers

VECTORS = json.loads((Path(__file__).parent / "gs1" / "vectors.json").read_text())
SWITCHES = (
    "PermitUnknownAIs",
    "PermitZeroSuppressedGTINinDLuris",
    "permitConvenienceAlphas (deprecated, internal)",
)


def vectors(name, **same):
    """Those without an optional switch."""
    return [
        v for v in VECTORS[name]
        if not any(v.get("settings", {}).get(switch) for switch in SWITCHES if name != "test_ai_validateAIs")
        and all(v[key] in values for key, values in same.items())
    ]  # fmt: skip


def caret(elements):
    """As the vectors write it: ^ for the separator."""
    written = "^"
    for n, element in enumerate(elements):
        ends = n == len(elements) - 1 or identifiers()[element.ai.ai].is_fixed
        written += element.ai.ai + element.value + ("" if ends else "^")
    return written


def wrong_and_refused(cases, reader):
    wrong, refused = [], []
    for text, is_right, expected in cases:
        try:
            got = reader(text)
        except gs1.Misread:
            if is_right:
                refused.append(text)
            continue
        if not is_right or (expected and caret(got) != expected):
            wrong.append((text, caret(got), expected))
    return wrong, refused


def test_every_element_string():
    cases = [
        (v["fnc1_caret"][1:].replace("^", gs1.GS), v["should_succeed"], None)
        for v in vectors("test_ai_processAIdata") if v["fnc1_caret"].startswith("^")
    ]  # fmt: skip
    assert len(cases) > 70
    assert wrong_and_refused(cases, gs1.element_string) == ([], [])


def test_every_bracketed_text():
    cases = [
        (v["bracketed_ai"], v["should_succeed"], v["expected_fnc1_caret"])
        for v in vectors("test_ai_parseAIdata")
    ]
    assert len(cases) == 27
    assert wrong_and_refused(cases, gs1.bracketed) == ([], [])


def test_every_digital_link():
    cases = [(v["uri"], v["should_succeed"], v["expected_fnc1_caret"]) for v in vectors("test_dl_parseDLuri")]
    assert len(cases) > 95
    assert wrong_and_refused(cases, gs1.link) == ([], [])


def test_every_check_of_a_value():
    cases = [(v["bracketed_ai"], v["expected_linter"] == "OK", None) for v in vectors("test_ai_linters")]
    assert len(cases) == 99
    assert wrong_and_refused(cases, gs1.bracketed) == ([], [])


def test_what_stands_twice_or_excludes_each_other():
    cases = [
        (v["bracketed_ai"], v["should_succeed"], None)
        for v in vectors("test_ai_validateAIs", rule=("repeats", "mutex")) if "(89)" not in v["bracketed_ai"]
    ]  # fmt: skip
    assert len(cases) > 20
    assert wrong_and_refused(cases, gs1.bracketed) == ([], [])


@pytest.mark.parametrize(
    ("name", "check"),
    [("lint_csum", "csum"), ("lint_yymmd0", "yymmd0"), ("lint_yymmdd", "yymmdd"), ("lint_csumalpha", "csumalpha"),
     ("lint_pieceoftotal", "pieceoftotal"), ("lint_iso3166", "iso3166"), ("lint_pcenc", "pcenc")],
)  # fmt: skip
def test_every_vector_of_a_check(name, check):
    for v in VECTORS[name]:
        text, is_right = v["args"][0], v["result"] == "PASS"
        try:
            passes = checks._CHECKS[check](text)
        except ValueError:
            passes = False  # Not even digits; the set of signs is asked before the check.
        assert passes == is_right or (is_right and len(text) > 25), v


def test_every_sign_of_set_82():
    for v in VECTORS["lint_cset82"]:
        assert bool(checks._SIGNS["X"].match(v["args"][0])) == (v["result"] == "PASS"), v


def test_every_scan_with_its_symbol():
    """An empty plain symbol is legal for GS1 and useless for us; a plain web address that names nothing is refused as well."""
    refused_though_legal = {"]Q1", "]d1", "]J0", "]Q1HtTps://example.com/01/12312312312333?99=TEST"}
    wrong = []
    for v in vectors("test_scandata_processScanData"):
        text, expected = v["scan_data"], v["expected_data"]
        if text == "ABC":
            continue  # Without a symbol's prefix it is an ordinary code here.
        reading = read(text)
        if reading.is_refused:
            if v["should_succeed"] and text not in refused_though_legal:
                wrong.append((text, reading.refusal.plain))
        elif not v["should_succeed"]:
            wrong.append((text, reading))
        elif expected.startswith("^"):
            wrong += (
                [(text, reading)]
                if [*reading.elements]
                != [(e.ai.ai, e.value) for e in gs1.element_string(expected[1:].replace("^", gs1.GS))]
                else []
            )
        elif "|" not in expected and "http" not in expected.lower():
            wrong += (
                [(text, reading)]
                if reading.code != expected.replace("\\\\", "\0").replace("\\^", "^").replace("\0", "\\")
                else []
            )
    assert wrong == []
