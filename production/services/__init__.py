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
from production.services.running import resume, start_run, stop
from production.services.taking_out import Returned, remove_from_run, return_unused, scrap
from production.services.told import NotFirstExpired
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
    "assemble_unit",
    "can_undo",
    "cancel",
    "change_plan",
    "close",
    "is_in_band",
    "issue",
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
]
