"""Plans, inspections, results. What was found is only added to."""

from qc.models.inspections import (
    DecisionKind,
    Disposal,
    Inspection,
    InspectionQuerySet,
    Instrument,
    Result,
    Strictness,
)
from qc.models.plans import (
    Characteristic,
    CharacteristicKind,
    CharacteristicLimit,
    EnteredBy,
    Level,
    Plan,
    PlanStatus,
    Rule,
    Sampling,
    Severity,
)

__all__ = [
    "Characteristic",
    "CharacteristicKind",
    "CharacteristicLimit",
    "DecisionKind",
    "Disposal",
    "EnteredBy",
    "Inspection",
    "InspectionQuerySet",
    "Instrument",
    "Level",
    "Plan",
    "PlanStatus",
    "Result",
    "Rule",
    "Sampling",
    "Severity",
    "Strictness",
]
