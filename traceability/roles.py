"""Who may do what: the matrix as code, reviewed like code. A right is `app.verb`; a role is a set of rights.

Separation of duties is not here: services compare persons. An integration has only what its token's scopes give it, and
never a quality decision, a lift, an approval or the close of a recall (reliability H5).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import ModelBackend

RECEIVER, QC, PRODUCTION, SHIPPER = "receiver", "qc", "production", "shipper"
RECEIVING_LEAD, PAYABLES = "receiving_lead", "payables"
QUALITY_MANAGER, AUDITOR, INTEGRATION, ADMINISTRATOR = (
    "quality_manager",
    "auditor",
    "integration",
    "administrator",
)

LABELS = {
    RECEIVER: "Receiver",
    RECEIVING_LEAD: "Lead receiver",
    QC: "QC inspector",
    PRODUCTION: "Production operator",
    SHIPPER: "Shipper",
    QUALITY_MANAGER: "Quality manager",
    AUDITOR: "Auditor",
    INTEGRATION: "Integration",
    ADMINISTRATOR: "Administrator",
    PAYABLES: "Accounts payable",
}

_SEE = frozenset(
    {
        "traceability.view_ledger", "traceability.trace", "receiving.view", "qc.view", "production.view", "shipping.view", "traceability.view_masters",
    }
)  # fmt: skip
_FLOOR = _SEE | {
    "traceability.place_hold",
    "qc.report",
    "traceability.attach",
    "traceability.move",
    "traceability.print_label",
    "traceability.reverse_own",
    "traceability.reverse",
}

_RECEIVE = _FLOOR | {
    "traceability.count",
    "receiving.receive",
    "receiving.return_to_supplier",
    "shipping.receive_return",
}

GRANTS: dict[str, frozenset[str]] = {
    RECEIVER: _RECEIVE,
    RECEIVING_LEAD: _RECEIVE | {"receiving.approve"},
    QC: _FLOOR
    | {
        "qc.inspect", "qc.decide", "qc.concede", "qc.sample", "qc.change_plan", "qc.approve_plan", "qc.review", "qc.approve_rework", "traceability.lift_hold",
        "traceability.amend", "traceability.confirm", "traceability.approve_count", "recalls.view", "recalls.open_mock", "recalls.complain",
        "traceability.view_customers", "traceability.verify", "traceability.export", "traceability.change_masters", "traceability.import_opening",
        "receiving.approve", "traceability.remove_attachment", "production.draft_bom", "production.approve_bom",
    },
    PRODUCTION: _FLOOR
    | {"traceability.count", "production.issue", "production.report", "production.close", "production.plan", "production.propose_rework", "production.draft_bom"},
    SHIPPER: _FLOOR
    | {
        "traceability.count", "shipping.pick", "shipping.ship", "shipping.receive_return", "shipping.plan", "traceability.view_customers",
        "recalls.view",
    },
    QUALITY_MANAGER: _SEE
    | {
        "traceability.place_hold", "traceability.attach", "traceability.remove_attachment", "traceability.lift_recall_hold", "traceability.view_customers", "traceability.confirm", "traceability.reverse",
        "traceability.verify", "traceability.export", "recalls.view", "recalls.open", "recalls.open_mock", "recalls.complain", "recalls.freeze", "recalls.hold",
        "recalls.notify", "recalls.close", "qc.change_plan", "qc.approve_plan", "qc.report", "qc.review", "production.approve_bom", "traceability.enrol_device", "receiving.approve",
    },
    AUDITOR: _SEE | {"traceability.view_customers", "recalls.view", "traceability.verify", "traceability.export", "traceability.view_security"},
    INTEGRATION: frozenset(),
    ADMINISTRATOR: frozenset(
        {
            "traceability.manage_people", "traceability.manage_integrations", "traceability.enrol_device", "traceability.view_masters",
            "traceability.change_masters", "traceability.import_opening", "traceability.view_security", "traceability.verify",
        }
    ),
    PAYABLES: frozenset({"receiving.view", "traceability.view_masters", "receiving.match_invoices"}),
}  # fmt: skip

# What a token's scope may give an integration; no scope gives more.
SCOPES: dict[str, frozenset[str]] = {
    "ledger:read": frozenset(
        {
            "traceability.view_ledger",
            "traceability.trace",
            "receiving.view",
            "qc.view",
            "production.view",
            "shipping.view",
            "traceability.view_masters",
            "traceability.verify",
            "traceability.export",
        }
    ),
    "recall:read": frozenset({"recalls.view", "traceability.view_customers"}),
    "holds:place": frozenset({"traceability.place_hold"}),
    "receiving:write": frozenset({"receiving.announce", "receiving.match_invoices"}),
    "production:write": frozenset({"production.plan"}),
    "shipping:write": frozenset({"shipping.plan"}),
    "qc:write": frozenset({"qc.report_reading"}),
    "files:write": frozenset({"traceability.attach"}),
    "masters:write": frozenset({"traceability.change_masters", "production.draft_bom"}),
}

RIGHTS: frozenset[str] = frozenset().union(*GRANTS.values(), *SCOPES.values())


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))


class RoleBackend(ModelBackend):
    """Rights come from roles, read fresh with the person; `is_superuser` opens the admin, never the ledger (reliability O8)."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not user_obj.is_active or user_obj.is_anonymous:
            return False
        return perm in self.get_all_permissions(user_obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        scopes = getattr(user_obj, "token_scopes", None)
        if scopes is not None:
            allowed: frozenset[str] = frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
            return set(allowed if user_obj.is_integration else allowed & rights_of(user_obj.roles))
        return set(rights_of(user_obj.roles))

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
