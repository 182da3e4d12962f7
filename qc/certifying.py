"""What may stand on a certificate: recorded results of decided inspections, against the customer's limits; and what stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qc import judging
from qc.judging import Limits, State, Verdict
from qc.models import CertificateLine, CertificateTerms, CharacteristicKind, DecisionKind, Inspection
from qc.views import words
from traceability.models import Hold, Movement, Status

if TYPE_CHECKING:
    from traceability.models import Lot, Party

SAME = {"degC": "°C", "degF": "°F"}


@dataclass(slots=True)
class Draft:
    """What would stand on it, and what stands in the way; a certificate is issued when nothing does."""

    content: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def draft(lot: Lot, customer: Party | None) -> Draft:
    """From the latest decided inspection of each characteristic. No result is typed here, and none is left out that was asked for."""
    made = Draft()
    terms = CertificateTerms.objects.filter(customer=customer, item=lot.item_id).first() if customer else None
    inspections = list(
        Inspection.objects.filter(lot=lot, decided_at__isnull=False, plan__isnull=False, skipped_why="")
        .select_related("plan", "lot", "decided_by")
        .order_by("decided_at", "pk")
    )
    found: dict[str, tuple[Verdict, Inspection]] = {}
    for inspection in inspections:
        for verdict in judging.verdicts(inspection):
            if verdict.results or verdict.characteristic.name not in found:
                found[verdict.characteristic.name] = (verdict, inspection)
    lines = list(terms.lines.all()) if terms else []
    own = {line.characteristic: line for line in lines}
    rows = []
    names = [line.characteristic for line in lines] or list(found)
    for name in names:
        if name not in found:
            made.problems.append(f"{name} was not tested")
            continue
        verdict, inspection = found[name]
        row = _row(verdict, own.get(name), made.problems)
        if row:
            rows.append(row | {"inspection": inspection.number})
    if not rows and not made.problems:
        made.problems.append("no result is recorded")
    released = [i for i in inspections if i.decision in (DecisionKind.RELEASED, DecisionKind.DIVIDED)]
    came_released = Movement.objects.filter(lot=lot, destination_status=Status.RELEASED).exists()
    if not released or not came_released:
        made.problems.append("it is not released")
    if Hold.objects.standing().filter(lot=lot).exists():
        made.problems.append("it is on hold")
    last = released[-1] if released else None
    made.content = {
        "lot": lot.number, "item": lot.item.code, "name": lot.item.name, "made_on": _day(lot.made_on), "expires_on": _day(lot.expires_on),
        "supplier_lot": lot.supplier_lot, "customer": customer.name if customer else "", "statement": terms.statement if terms else "",
        "released_on": _day(last.decided_at.date()) if last and last.decided_at else "", "released_by": str(last.decided_by) if last else "",
        "deviations": sorted({i.deviation for i in inspections if i.deviation}), "rows": rows,
    }  # fmt: skip
    return made


def _row(verdict: Verdict, line: CertificateLine | None, problems: list[str]) -> dict[str, str] | None:
    c = verdict.characteristic
    if verdict.state == State.NOT_APPLICABLE:
        return None
    limits = verdict.limits
    if line and (line.lower is not None or line.upper is not None):
        limits = Limits(
            line.lower if line.lower is not None else limits.lower,
            line.upper if line.upper is not None else limits.upper,
        )
    if verdict.state == State.MISSING:
        if c.is_mandatory or line:
            problems.append(f"{c.name} has no result")
        return None
    values = [result.value for result in verdict.results if result.value is not None]
    mean = sum(values, Decimal(0)) / len(values) if values else None
    judged = [mean] if c.rule == "mean" and mean is not None else values
    is_out = verdict.state == State.OUT or any(
        not limits.hold(value) for value in judged if c.kind in judging.NUMBERS
    )
    if is_out and c.kind != CharacteristicKind.INFORMATION:
        problems.append(
            f"{c.name} is out of {'the customer’s' if line and verdict.state != State.OUT else 'its'} limits"
        )
    return {
        "name": str(line) if line else c.name, "unit": SAME.get(c.unit, c.unit), "limit": words.limit_words(limits.lower, limits.upper), "method": c.method,
        "result": words.result_words(verdict), "says": words.verdict_words(verdict),
    }  # fmt: skip


def _day(value: Any) -> str:
    return value.isoformat() if value else ""
