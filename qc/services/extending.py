"""More life for a lot: after a retest that passed, by two persons who neither received nor made it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from qc.models import DecisionKind, Inspection
from qc.services.disposing import check_persons
from traceability import ledger, permits
from traceability.models import Stage

if TYPE_CHECKING:
    from traceability.models import Entry, Person


@transaction.atomic
def extend_expiry(
    *,
    inspection: Inspection,
    expires_on: date,
    reason: str,
    actor: Person,
    second_person: Person | None,
    client: str,
    key: str,
    occurred_at: datetime | None = None,
) -> Entry:
    """Give the lot of a passed retest a later last day. The entry keeps the day before, the reason and the retest's number.

    Raises BadInput unless the retest was decided as released and the day is later than today and than the one on record.
    """
    permits.require(actor, "qc.decide", to="extend an expiry")
    if second_person is not None:
        permits.require(second_person, "qc.decide", to="agree to a longer life")
    else:
        raise ledger.SecondPersonRequired(
            "Giving a lot more life needs a second person.", now="Let a colleague of quality control type name and password.",
            fields={"second_person": "missing"},
        )  # fmt: skip
    lot = inspection.lot
    if lot is None or inspection.stage != Stage.RETEST or inspection.decision != DecisionKind.RELEASED:
        raise ledger.BadInput(
            f"{inspection.number} is no retest that passed.", "Only a passed retest gives a lot more life.", "Open a retest and decide on it first.",
            fields={"inspection": inspection.number},
        )  # fmt: skip
    if not reason.strip():
        raise ledger.ReasonRequired(
            "A longer life needs its reason.",
            now="Say why the lot may be used longer.",
            fields={"reason": "missing"},
        )
    check_persons(lot, actor, second_person)
    if expires_on <= timezone.localdate():
        raise ledger.BadInput(
            f"{expires_on} is not to come.",
            now="Choose a later day.",
            fields={"expires_on": expires_on.isoformat()},
        )
    return ledger.amend(
        lot, expires_on=expires_on, reason=f"{inspection.number}: {reason.strip()}", actor=actor, second_person=second_person, client=client, key=key,
        **({"occurred_at": occurred_at} if occurred_at else {}),
    )  # fmt: skip
