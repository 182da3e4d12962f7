"""Graphs as large as real recalls are, and a hold of each: the walk is what the plain search finds, and nothing is cut."""

from __future__ import annotations

import random

import pytest

from tests.genealogy.graphs import build
from tests.genealogy.test_oracle import compare
from traceability import genealogy


@pytest.mark.parametrize("width", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_fan_in_and_out_again(plant, width):
    """S, T? ──▶ A0 … A9999 ──▶ Z ──▶ Y, and Y ──▶ A0: the fan is in a cycle."""
    names = ", ".join(f"A{n}" for n in range(width))
    graph = build(plant, f"S, T? -> {names}; {names} -> Z; Z, SALT~ -> Y; Y -> A0")
    assert len(genealogy.where_used(graph.ids("S")).lots) == width + 3
    compare([graph[name] for name in ("S", "T", "A0", "A1", "Z", "Y")], random.Random(1), f"fan of {width}")


@pytest.mark.parametrize("hops", [60])
def test_rework_of_rework(plant, hops):
    """P0 ──▶ P1 ──▶ … ──▶ P60, each with fresh material; no depth is too deep."""
    graph = build(plant, "; ".join(f"P{n}, M{n} -> P{n + 1}" for n in range(hops)))
    assert len(genealogy.where_used(graph.ids("P0")).lots) == hops + 1
    assert len(genealogy.where_from(graph.ids(f"P{hops}")).lots) == 2 * hops + 1
    (path,) = genealogy.why(graph.ids("P0"), graph.ids(f"P{hops}")).values()
    assert len(path) == 2 * hops + 1
    compare([graph[name] for name in ("P0", "M0", "M30", "P30", f"P{hops}")], random.Random(2), "rework")


def test_a_silo_that_never_was_empty(plant):
    """Thirty fillings on one heel; each draw may contain all fillings before it, and none after it."""
    fillings = "; ".join(f"M{n}, H{n} -> D{n}, H{n + 1}" for n in range(30))
    graph = build(plant, fillings)
    assert graph.names(genealogy.where_used(graph.ids("M29")).reached) == "D29, H30"
    assert len(genealogy.where_from(graph.ids("D29")).lots) == 61
    compare([graph[name] for name in ("M0", "M15", "D3", "H20")], random.Random(3), "silo")
