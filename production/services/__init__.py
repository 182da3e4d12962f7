"""What production does: plan, run and close orders, take lots into a run, report what came out of it, and take a mistake back."""

from production.services.assembling import assemble_unit, replace_part
from production.services.closing import (
    ComponentMissing,
    LossOutOfBand,
    UnexplainedWeight,
    Weights,
    close,
    is_in_band,
    reopen,
    weigh,
)
from production.services.making import Made, report_output
from production.services.ordering import cancel, change_plan, plan_work_order, release
from production.services.recipes import (
    BomNotDraft,
    BomsOverlap,
    approve_bom,
    draft_revision,
    drop_draft,
    keep_bom,
    withdraw_bom,
)
from production.services.running import resume, start_run, stop
from production.services.taking_out import Returned, remove_from_run, return_unused, scrap
from production.services.told import NotFirstExpired
from production.services.undoing import KINDS as UNDONE_KINDS
from production.services.undoing import can_undo, undo
from production.services.using import (
    Issued,
    LineStands,
    ReworkNotAllowed,
    WorkOrderNotOpen,
    issue,
    reserve,
    rework,
    unreserve,
)

__all__ = [
    "UNDONE_KINDS",
    "BomNotDraft",
    "BomsOverlap",
    "ComponentMissing",
    "Issued",
    "LineStands",
    "LossOutOfBand",
    "Made",
    "NotFirstExpired",
    "Returned",
    "ReworkNotAllowed",
    "UnexplainedWeight",
    "Weights",
    "WorkOrderNotOpen",
    "approve_bom",
    "assemble_unit",
    "can_undo",
    "cancel",
    "change_plan",
    "close",
    "draft_revision",
    "drop_draft",
    "is_in_band",
    "issue",
    "keep_bom",
    "plan_work_order",
    "release",
    "remove_from_run",
    "reopen",
    "replace_part",
    "report_output",
    "reserve",
    "resume",
    "return_unused",
    "rework",
    "scrap",
    "start_run",
    "stop",
    "undo",
    "unreserve",
    "weigh",
    "withdraw_bom",
]
