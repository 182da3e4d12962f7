"""The ledger against a model of plain dictionaries: whatever people do, in whatever order, both say the same.

Hypothesis plays all that the apps offer, on real PostgreSQL, through the services that pages and API call. The model (book.py) is a
list of what happened and sums over it; it predicts each refusal by its code. After every step stock, holds, promises, links and
deliveries are compared row by row, walks in every reading at the head and as of an earlier seq, mass balances, lives, the scope
of a recall; and the verifier finds nothing.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import SLOW
from tests.model.acts.correcting import Correcting
from tests.model.acts.leaving import Leaving
from tests.model.acts.making import Making
from tests.model.acts.quality import Quality
from tests.model.acts.receiving import Receiving
from tests.model.acts.stocking import Stocking
from tests.model.floor import SEEN
from traceability.models import EntryKind


class People(Making, Leaving, Quality, Stocking, Correcting, Receiving):
    """All of them together."""


REFUSALS = {
    "lot_on_hold", "lot_not_released", "lot_expired", "insufficient_quantity", "more_than_went_in", "reserved", "serial_elsewhere", "not_reversible",
    "already_reversed", "hold_already_lifted", "lot_number_taken", "second_person_required", "promise_broken", "recount_needed", "rework_not_allowed",
    "rule_broken", "bad_input",
}  # fmt: skip


@pytest.mark.django_db
def test_the_ledger_says_what_plain_dictionaries_say(db, count):
    quiet = settings(
        max_examples=count(24, 300), stateful_step_count=count(30, 60), deadline=None, database=None, derandomize=not SLOW, print_blob=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if SLOW else [Phase.generate],
    )  # fmt: skip
    SEEN.clear()
    run_state_machine_as_test(People, settings=quiet)
    done, refused = {kind for kind, end in SEEN if end is None}, {end for _, end in SEEN if end}
    print(f"{sum(SEEN.values()):,} acts: {dict(SEEN)}")
    # That it was about everything, and not about a corner.
    kinds = {str(kind) for kind in EntryKind}
    assert done <= kinds
    assert len(kinds - done) <= count(5, 0), kinds - done
    assert len(REFUSALS - refused) <= count(9, 0), REFUSALS - refused
