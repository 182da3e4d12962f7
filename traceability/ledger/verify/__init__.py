"""What the ledger promises, as a list of small named checks, each a query. `manage.py verify_ledger` runs them all.

A check yields findings in words, with seq and lot where there is one. It names the invariants it proves (reliability,
section 2): append-only order and evidence (A), quantity (B), serials and containers (C), quality gates (D), genealogy (E),
deliveries (F), keys (G), authority (H); `invariants.py` says what guards the rest. The checks read only. They hold on a
ledger of any size, because the database sums, findings are counted there, and the chain is read a piece at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from traceability.ledger import digest
from traceability.ledger.verify import beside, evidence, genealogy, holds, lots, persons, quantities
from traceability.ledger.verify.findings import SHOWN, Check, Finding
from traceability.ledger.verify.gates import (
    decisions_were_allowed,
    movements_follow_the_rules,
    no_expired_lot_was_used,
    no_held_lot_was_used,
    nothing_blocking_was_open,
    only_released_stock_was_used,
)
from traceability.ledger.verify.guards import the_guards_stand
from traceability.models import Entry, LedgerHead

__all__ = ["CHECKPOINTS_HOLD", "CHECKS", "SHOWN", "Check", "Finding", "Report", "checkpoints_hold", "verify"]

CHECKS: tuple[Check, ...] = (
    the_guards_stand,
    evidence.seq_is_dense,
    evidence.the_head_is_the_last_entry,
    evidence.time_goes_forward,
    evidence.nothing_came_before_it_happened,
    evidence.imports_came_first,
    evidence.entries_are_whole,
    evidence.every_entry_has_its_key,
    evidence.chain_is_intact,
    evidence.reversals_are_exact,
    evidence.an_entry_is_reversed_once,
    quantities.quantities_are_real,
    quantities.balances_are_what_movements_add_up_to,
    quantities.nothing_was_ever_negative,
    quantities.every_lot_adds_up,
    quantities.parts_add_up_to_the_whole,
    quantities.promises_are_covered,
    quantities.held_lots_are_not_promised,
    quantities.a_serial_is_in_one_place,
    quantities.containers_are_a_forest,
    lots.lots_are_as_born_and_amended,
    lots.lot_numbers_are_used_once,
    lots.supplier_lots_are_found,
    movements_follow_the_rules,
    decisions_were_allowed,
    only_released_stock_was_used,
    no_held_lot_was_used,
    no_expired_lot_was_used,
    nothing_blocking_was_open,
    holds.outputs_inherited_their_holds,
    holds.scope_holds_reached_everything,
    holds.holds_are_as_told,
    holds.requirements_are_as_told,
    genealogy.runs_are_what_movements_add_up_to,
    genealogy.no_run_gave_back_more_than_it_got,
    genealogy.runs_keep_their_papers,
    genealogy.deliveries_are_what_movements_add_up_to,
    genealogy.nobody_returned_more_than_was_delivered,
    persons.entries_say_what_they_must,
    persons.two_persons_confirmed,
    persons.deciders_are_others,
    persons.integrations_decided_nothing,
    beside.changes_are_noted,
    beside.attachments_are_as_they_came,
)
# Read after the snapshot: it takes as long as there are files, and none of them changes.
OUTSIDE: tuple[Check, ...] = (beside.attachments_are_as_they_came,)
CHECKPOINTS_HOLD = "checkpoints_hold"

# For this one reading: sums of millions of rows in memory where they fit, and no compiling of queries that run once.
_SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off; SET LOCAL statement_timeout = 0"


@dataclass(slots=True)
class Report:
    """The result: how far was verified, with which chain, and what was found (at most 100 findings a check are told)."""

    seq: int
    chain: str
    findings: list[Finding]
    counts: dict[str, int]
    seconds: float
    took: dict[str, float]  # seconds by check

    @property
    def is_sound(self) -> bool:
        return not any(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq, "chain": self.chain, "sound": self.is_sound, "seconds": round(self.seconds, 3), "checks": self.counts,
            "findings": [asdict(finding) for finding in self.findings], "took": {name: round(seconds, 3) for name, seconds in self.took.items()},
        }  # fmt: skip


def verify(
    *,
    against: Iterable[tuple[int, str]] | None = None,
    only: Iterable[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Run the checks in one consistent snapshot. `against` are (seq, chain hex) of checkpoints kept outside the database:
    a chain alone cannot see a tail that was cut or rewritten by somebody who can write to the database.

    `only` names checks; an unknown name is a KeyError. `progress` hears how many checks are done, of how many.
    """
    begun = time.monotonic()
    by_name = {check.name: check for check in CHECKS}
    chosen = [by_name[name] for name in dict.fromkeys(only)] if only else list(CHECKS)
    report = Report(0, "", [], {}, 0, {})
    with _snapshot():
        head = LedgerHead.objects.get(pk=1)
        report.seq, report.chain = head.seq, bytes(head.chain).hex()
        inside = [check for check in chosen if check not in OUTSIDE]
        for done, check in enumerate(inside):
            progress(done, len(chosen))
            _run(check, report)
        if against is not None:
            found = checkpoints_hold(against)
            report.counts[CHECKPOINTS_HOLD] = len(found)
            report.findings += found[:SHOWN]
    for done, check in enumerate((check for check in chosen if check in OUTSIDE), start=len(inside)):
        progress(done, len(chosen))
        _run(check, report)
    report.seconds = time.monotonic() - begun
    return report


def _run(check: Check, report: Report) -> None:
    started = time.monotonic()
    report.counts[check.name], found = check.run()
    report.findings += found
    report.took[check.name] = time.monotonic() - started


class _snapshot:
    """One snapshot for all checks, unless a transaction is already open (as in tests)."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        is_outermost = not connection.in_atomic_block
        self.atomic.__enter__()
        with connection.cursor() as cursor:
            if is_outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(_SETTINGS)

    def __exit__(self, *error: Any) -> None:
        self.atomic.__exit__(*error)


def checkpoints_hold(against: Iterable[tuple[int, str]]) -> list[Finding]:
    """A4: the ledger still has the chain it had when a checkpoint was taken away."""
    wanted = list(against)
    known = dict(Entry.objects.filter(seq__in={seq for seq, _ in wanted}).values_list("seq", "chain"))
    known[0] = digest.GENESIS
    found = []
    for seq, chain in wanted:
        if seq not in known:
            said = f"The checkpoint at entry {seq} is past the end: the tail was cut."
        elif bytes(known[seq]).hex() != chain:
            said = f"Entry {seq} has another chain than its checkpoint: the ledger was rewritten."
        else:
            continue
        found.append(Finding(CHECKPOINTS_HOLD, said, seq))
    return found
