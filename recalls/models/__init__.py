"""What recalls keeps: cases with their starts, revisions and log; complaints."""

from recalls.models.cases import (
    Recall,
    RecallLog,
    RecallQuerySet,
    RecallStart,
    RecallStatus,
    ScopeRevision,
    StartQuerySet,
)
from recalls.models.complaints import Complaint, Severity

__all__ = [
    "Complaint",
    "Recall",
    "RecallLog",
    "RecallQuerySet",
    "RecallStart",
    "RecallStatus",
    "ScopeRevision",
    "Severity",
    "StartQuerySet",
]
