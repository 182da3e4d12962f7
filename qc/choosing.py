"""Which plan holds: the most particular one in force for an item, its supplier, a step and a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from qc.models import Plan

if TYPE_CHECKING:
    from traceability.models import Lot, Requirement, Run


def plan_for(*, lot: Lot | None, run: Run | None = None, stage: str, what: str = "") -> Plan | None:
    """The plan in force at a stage. A supplier's plan comes before an item's, an item's before its category's, then a place's.

    A plan for a step holds only where the requirement's words name that step, and comes before one for every step.
    """
    if not stage:
        return None
    concerned = Q(locations=run.line_id) if run is not None and run.line_id else Q(pk__in=[])
    if lot is not None:
        item = lot.item
        concerned |= Q(items=item)
        if item.category:
            concerned |= Q(category=item.category)
    rows = Plan.objects.in_force().filter(concerned, stage=stage).distinct()
    ranked = []
    for plan in rows.prefetch_related("items", "suppliers").order_by("code"):
        suppliers = {supplier.pk for supplier in plan.suppliers.all()}
        if suppliers and (lot is None or lot.supplier_id not in suppliers):
            continue
        if plan.step and plan.step.casefold() not in what.casefold():
            continue
        is_of_item = lot is not None and any(item.pk == lot.item_id for item in plan.items.all())
        is_of_category = lot is not None and bool(plan.category) and plan.category == lot.item.category
        rank = (not plan.step, not suppliers, 0 if is_of_item else 1 if is_of_category else 2, plan.code)
        ranked.append((rank, plan))
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def plan_of(requirement: Requirement) -> Plan | None:
    return plan_for(lot=requirement.lot, run=requirement.run, stage=requirement.stage, what=requirement.what)
