"""Plans, inspections, results. What was found is only added to."""

from qc.models.certificates import Certificate, CertificateLine, CertificateTerms
from qc.models.inspections import (
    DecisionKind,
    Disposal,
    Inspection,
    InspectionQuerySet,
    Instrument,
    Result,
    Strictness,
)
from qc.models.nonconformances import (
    ActionKind,
    CorrectiveAction,
    Nonconformance,
    NonconformanceQuerySet,
    Review,
    Source,
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
    "ActionKind",
    "Certificate",
    "CertificateLine",
    "CertificateTerms",
    "Characteristic",
    "CharacteristicKind",
    "CharacteristicLimit",
    "CorrectiveAction",
    "DecisionKind",
    "Disposal",
    "EnteredBy",
    "Inspection",
    "InspectionQuerySet",
    "Instrument",
    "Level",
    "Nonconformance",
    "NonconformanceQuerySet",
    "Plan",
    "PlanStatus",
    "Result",
    "Review",
    "Rule",
    "Sampling",
    "Severity",
    "Source",
    "Strictness",
]
