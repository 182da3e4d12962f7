"""What earlier lots tell about the next one: decided first inspections under a plan, from one supplier, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.models import DecisionKind, Inspection, Strictness
from qc.sampling import Past
from traceability.models import Stage

if TYPE_CHECKING:
    from qc.models import Plan
    from traceability.models import Lot

# The rules look back ten lots at most within one state; so many are enough to find the state.
LOOKED_BACK = 60


def history(plan: Plan, lot: Lot) -> list[Past]:
    """By the plan's code, whatever its revision: a new revision does not make a bad supplier good."""
    rows = (
        Inspection.objects.filter(
            plan__code=plan.code,
            lot__item=lot.item_id,
            lot__supplier=lot.supplier_id,
            decided_at__isnull=False,
        )
        .exclude(stage=Stage.RETEST)
        .exclude(lot=lot)
        .order_by("-decided_at", "-pk")
        .values_list("decision", "deviation", "strictness", "skipped_why")[:LOOKED_BACK]
    )
    return [
        Past(
            accepted=decision == DecisionKind.RELEASED and not deviation,
            strictness=strictness or Strictness.NORMAL,
            skipped=bool(skipped),
        )
        for decision, deviation, strictness, skipped in reversed(rows)
    ]
