"""``python3 manage.py bench [--size 1e5|1e6|1e7] [--quick] [--json FILE] [--chart FILE]``

Makes a PostgreSQL and a database of its own, fills it, measures, prints a table, and leaves nothing behind.

* ``--size``: movements, 1e6 unless said. 1e5 takes 2 minutes, 1e6 some 6, 1e7 some 20 (two cores; 7 GB of disk).
* ``--quick``: 1e5 movements, fewer repetitions, within a minute; the last line has the ratios.
* ``--pg BIN_DIR`` (or EMBEDDED_PG_BIN): another PostgreSQL. ``--folder DIR``: where the data lie meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traceability.bench import report
from traceability.bench.server import Server, a_server

VERIFIED = 2_000_000  # movements: beyond that the generators are believed what they proved below


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done. `times`: repetitions of which the median counts. `seconds`: how long writers write."""

    size: int
    times: int
    walks: tuple[int, ...]
    scopes: tuple[int, ...]
    loop_lots: dict[str, int]  # by direction: larger answers are not asked of the loop, it would take minutes
    seconds: float
    rounds: int
    writers: tuple[int, ...]
    lines: tuple[int, ...]
    serials: int
    asked: int


def effort(size: int, *, quick: bool) -> Effort:
    from traceability.bench import postings, scopes, walks

    if not quick:
        return Effort(
            size=size, times=5, walks=walks.SIZES, scopes=scopes.SIZES, loop_lots={"used": 120_000, "from": 13_000},
            seconds=2.5, rounds=3, writers=postings.WRITERS, lines=postings.LINES, serials=10_000, asked=60,
        )  # fmt: skip
    tiny = size < 100_000  # for the tests
    return Effort(
        size=size, times=3, walks=(10, 300 if tiny else 3_000), scopes=(300 if tiny else 10_000,),
        loop_lots={"used": 4_000, "from": 400}, seconds=0.3 if tiny else 1.0, rounds=1, writers=(1, 8), lines=(1,),
        serials=min(10_000, size // 10), asked=12,
    )  # fmt: skip


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=lambda text: int(float(text)), help="movements: 1e5, 1e6, 1e7")
    parser.add_argument("--quick", action="store_true", help="1e5 movements, within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write the chart of where_used as SVG")
    parser.add_argument("--pg", type=Path, metavar="BIN_DIR", help="the programs of another PostgreSQL")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the data lie meanwhile")
    wanted = parser.parse_args(argv)
    if wanted.pg:
        os.environ["EMBEDDED_PG_BIN"] = str(wanted.pg)
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda *_: sys.exit(143))
    begun = time.perf_counter()
    with a_server(wanted.folder) as server:
        import django

        django.setup()
        size = wanted.size or (100_000 if wanted.quick else 1_000_000)
        figures = measure(server, effort(size, quick=wanted.quick))
    figures["seconds"] = time.perf_counter() - begun
    print(f"\n{report.as_text(figures)}\n")
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, indent=1) + "\n")
    if wanted.chart:
        wanted.chart.write_text(report.as_chart(figures))
    wrong = [
        row
        for rows in figures.values()
        if isinstance(rows, list)
        for row in rows
        if row.get("agree") is False or row.get("adds_up") is False or row.get("findings")
    ]
    if wrong:
        print(f"WRONG: {len(wrong)} rows are not right: {json.dumps(wrong)[:2000]}")
    print(f"{report.as_line(figures)} ({figures['seconds']:.0f} s)", flush=True)
    return 1 if wrong else 0


def measure(server: Server, wanted: Effort) -> dict[str, Any]:
    """All figures. Reading first, on the ledger as it was loaded; writing last."""
    from django.db import connection

    from traceability.bench.disk import measure_disk
    from traceability.bench.lists import measure_lists
    from traceability.bench.loading import load
    from traceability.bench.memory import Memory
    from traceability.bench.peers import measure_peers
    from traceability.bench.postings import fill_shelf, measure_large, measure_rates
    from traceability.bench.scopes import measure_scopes
    from traceability.bench.soundness import measure_soundness
    from traceability.bench.walks import measure_walks

    say(f"Filling a ledger of {wanted.size:,} movements …")
    ledger = load(server.superuser_url(), wanted.size)
    connection.ensure_connection()
    figures: dict[str, Any] = {
        "host": {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(), "postgres": _version(connection)},
        "ledger": {
            "movements": ledger.movements, "entries": ledger.entries, "lots": ledger.lots, "runs": ledger.runs, "links": ledger.links,
            "generated_s": ledger.generated, "indexed_s": ledger.indexed,
        },
        "disk": [measure_disk(ledger.movements)],
    }  # fmt: skip
    say("Is it right …")
    figures["sound"] = [measure_soundness()] if wanted.size <= VERIFIED else []
    say("Walks …")
    memory = Memory()
    figures["ledger"]["arrays_s"] = memory.seconds
    figures["walks"] = list(
        measure_walks(memory, sizes=wanted.walks, times=wanted.times, loop_lots=wanted.loop_lots)
    )
    say("Scopes …")
    figures["scopes"] = list(measure_scopes(memory, sizes=wanted.scopes, times=wanted.times))
    del memory
    figures["peers"] = [measure_peers(ledger.peers_lot, times=wanted.times, beside=ledger.links)]
    say("Inquiries and pages …")
    figures["lists"] = list(measure_lists(ledger.plant, ledger.lots, asked=wanted.asked))
    say("Posting …")
    shelf = fill_shelf(ledger.plant)
    figures["posting"] = list(
        measure_rates(
            shelf, seconds=wanted.seconds, times=wanted.rounds, writers=wanted.writers, lines=wanted.lines
        )
    )
    figures["serials"] = [measure_large(ledger.plant, serials=wanted.serials, times=min(3, wanted.times - 1))]
    return figures


def _version(connection: Any) -> int:
    return int(connection.pg_version) // 10_000


def say(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)
