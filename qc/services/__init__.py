"""What quality control does: look, and decide."""

from qc.services.disposing import (
    AlreadyDecided,
    Decision,
    NotWithinLimits,
    decide,
    people_behind,
    take_sample,
)
from qc.services.inspecting import Reading, open_inspection, record_result, record_results

__all__ = [
    "AlreadyDecided",
    "Decision",
    "NotWithinLimits",
    "Reading",
    "decide",
    "open_inspection",
    "people_behind",
    "record_result",
    "record_results",
    "take_sample",
]
