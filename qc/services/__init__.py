"""What quality control does: look, and decide."""

from qc.services.certifying import CertificateStopped, issue_certificate
from qc.services.disposing import (
    AlreadyDecided,
    CriticalOut,
    Decision,
    NotWithinLimits,
    decide,
    people_behind,
    take_sample,
)
from qc.services.extending import extend_expiry
from qc.services.inspecting import (
    InstrumentPastCalibration,
    Reading,
    open_inspection,
    record_result,
    record_results,
    send_to_laboratory,
)
from qc.services.planning import (
    MANY,
    NotADraft,
    PlanCodeTaken,
    approve,
    change_plan,
    discard,
    draft_plan,
    move_characteristic,
    put_characteristic,
    put_limit,
    remove_characteristic,
    revise,
)

__all__ = [
    "MANY",
    "AlreadyDecided",
    "CertificateStopped",
    "CriticalOut",
    "Decision",
    "InstrumentPastCalibration",
    "NotADraft",
    "NotWithinLimits",
    "PlanCodeTaken",
    "Reading",
    "approve",
    "change_plan",
    "decide",
    "discard",
    "draft_plan",
    "extend_expiry",
    "issue_certificate",
    "move_characteristic",
    "open_inspection",
    "people_behind",
    "put_characteristic",
    "put_limit",
    "record_result",
    "record_results",
    "remove_characteristic",
    "revise",
    "send_to_laboratory",
    "take_sample",
]
