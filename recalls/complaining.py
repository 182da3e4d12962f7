"""The verbs of a complaint: record it, answer it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from recalls.models import Complaint, Severity
from traceability import ledger
from traceability.keyed import once
from traceability.models import Lot
from traceability.numbering import next_number

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person

RIGHT = "recalls.complain"


class AnsweredAlready(ledger.Refusal):
    code = "complaint_answered"


def record(
    *, what: str, actor: Person, client: str, key: str, code_read: str = "", item: Item | None = None, customer: Party | None = None,
    severity: str = Severity.MINOR, received_on: date | None = None, number: str = "", at: datetime | None = None,
) -> Complaint:  # fmt: skip
    """Write down what somebody says. The lot is linked where the code belongs to exactly one."""
    _check_right(actor)
    what, code_read = what.strip(), " ".join(code_read.split())
    if not what:
        raise ledger.BadInput(
            "What is wrong with it?", now="Say it as the customer did.", fields={"what": "missing"}
        )
    at = at or timezone.now()
    day = received_on or timezone.localdate(at)
    sent = {
        "what": what,
        "code": code_read,
        "item": item and item.pk,
        "customer": customer and customer.pk,
        "severity": severity,
        "day": day,
        "number": number,
    }

    def make(fields: dict[str, Any]) -> Complaint:
        return Complaint.objects.create(
            number=number or next_number("CMP-", digits=4), customer=customer, item=item, lot=_lot(code_read, item), code_read=code_read, what=what,
            severity=severity, received_on=day, recorded_at=at, recorded_by=actor, **fields,
        )  # fmt: skip

    return once(Complaint, client=client, key=key, sent=sent, make=make)


def answer(*, complaint: Complaint, text: str, actor: Person, at: datetime | None = None) -> Complaint:
    """Answer once; the same words again are no second answer."""
    _check_right(actor)
    text = text.strip()
    if not text:
        raise ledger.BadInput("What was answered?", now="Write it down.", fields={"answer": "missing"})
    with transaction.atomic():
        row = Complaint.objects.select_for_update(of=("self",)).get(pk=complaint.pk)
        if row.answer:
            if row.answer == text:
                return row
            raise AnsweredAlready(
                f"{row} was answered by {row.answered_by}.",
                "An answer that went out is not rewritten.",
                "Record what is new as another complaint.",
            )
        row.answer, row.answered_at, row.answered_by = text, at or timezone.now(), actor
        row.save(update_fields=["answer", "answered_at", "answered_by"])
    return row


def _lot(code: str, item: Item | None) -> Lot | None:
    if not code:
        return None
    rows = Lot.objects.filter(number__in={code, code.upper()})
    found = list((rows.filter(item=item) if item else rows)[:2])
    return found[0] if len(found) == 1 else None


def _check_right(actor: Person) -> None:
    if not actor.has_perm(RIGHT):
        raise ledger.NotPermitted(f"{actor} may not record complaints.", now="Ask quality control.")
