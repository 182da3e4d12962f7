"""The ledger that is measured is a right one: the verifier's own checks, but those of the evidence that COPY did not make."""

from __future__ import annotations

import contextlib
import io
import json
import time
from typing import Any

from django.core.management import call_command

# Not among them: the chain, facts at birth (entries of COPY tell none), and what only makes sense with holds.
CHECKS = (
    "seq_is_dense", "time_goes_forward", "balances_are_what_movements_add_up_to", "runs_are_what_movements_add_up_to",
    "deliveries_are_what_movements_add_up_to", "nothing_was_ever_negative", "every_lot_adds_up", "a_serial_is_in_one_place",
    "only_released_stock_was_used", "every_entry_has_its_key",
)  # fmt: skip


def measure_soundness() -> dict[str, Any]:
    """Findings (0 is right) and seconds of these checks."""
    said = io.StringIO()
    begun = time.perf_counter()
    with contextlib.suppress(SystemExit):  # It says by exit code 1 what the report says too.
        call_command("verify_ledger", only=list(CHECKS), json=True, stdout=said)
    report = json.loads(said.getvalue())
    return {
        "name": "verify", "seconds": time.perf_counter() - begun, "checks": report["checks"], "findings": sum(report["checks"].values()),
        "first": [finding["sentence"] for finding in report["findings"][:5]],
    }  # fmt: skip
