"""What production does: plan and close orders, take lots into a run, and report what came out of it."""

from production.services.making import Made, report_output
from production.services.ordering import UnexplainedWeight, close, plan_work_order, release, start_run, weigh
from production.services.taking_out import Returned, remove_from_run, return_unused, scrap
from production.services.using import (
    Issued,
    ReworkNotAllowed,
    WorkOrderNotOpen,
    issue,
    reserve,
    rework,
    unreserve,
)

__all__ = [
    "Issued",
    "Made",
    "Returned",
    "ReworkNotAllowed",
    "UnexplainedWeight",
    "WorkOrderNotOpen",
    "close",
    "issue",
    "plan_work_order",
    "release",
    "remove_from_run",
    "report_output",
    "reserve",
    "return_unused",
    "rework",
    "scrap",
    "start_run",
    "unreserve",
    "weigh",
]
