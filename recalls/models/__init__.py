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
from recalls.models.notices import Contact, Notice, NoticeEvent

__all__ = [
    "Complaint",
    "Contact",
    "Notice",
    "NoticeEvent",
    "Recall",
    "RecallLog",
    "RecallQuerySet",
    "RecallStart",
    "RecallStatus",
    "ScopeRevision",
    "Severity",
    "StartQuerySet",
]
