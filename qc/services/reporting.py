"""Nonconformances: report, contain, review, act, check whether it worked, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from qc.models import ActionKind, CorrectiveAction, Inspection, Nonconformance, Review, Severity, Source
from traceability import ledger, numbering, permits
from traceability.keyed import once

if TYPE_CHECKING:
    from traceability.models import Lot, Party, Person


class NonconformanceClosed(ledger.Refusal):
    code = "nonconformance_closed"

    def __init__(self, found: Nonconformance):
        super().__init__(
            f"{found.number} is closed.",
            f"{found.closed_by} closed it.",
            "Report a new one.",
            fields={"number": found.number},
        )


class StillOpen(ledger.Refusal):
    """What has to be done before a report may be closed."""

    code = "nonconformance_still_open"


@transaction.atomic
def report(
    *,
    title: str,
    source: str,
    actor: Person,
    client: str,
    key: str,
    description: str = "",
    severity: str = Severity.MAJOR,
    defects: Sequence[str] = (),
    quantity: str = "",
    complaint: str = "",
    inspection: Inspection | None = None,
    supplier: Party | None = None,
    lots: Sequence[Lot] = (),
    occurred_at: datetime | None = None,
) -> Nonconformance:
    """Something is not as it should be. Everybody on the floor may say so; what becomes of it is decided by quality."""
    permits.require(actor, "qc.report", to="report a nonconformance")
    if not title.strip() or source not in Source.values or severity not in Severity.values:
        raise ledger.BadInput(
            "What is wrong, and where was it found?",
            now="Give it a title and a source.",
            fields={"title": "missing" if not title.strip() else ""},
        )
    if inspection and inspection.lot and not lots:
        lots = [inspection.lot]
    supplier = supplier or next((lot.supplier for lot in lots if lot.supplier_id), None)
    sent = {
        "title": title, "source": source, "description": description, "severity": severity, "defects": list(defects), "quantity": quantity,
        "complaint": complaint, "inspection": inspection and inspection.pk, "lots": sorted(lot.pk for lot in lots),
    }  # fmt: skip

    def make(keys: dict[str, Any]) -> Nonconformance:
        made = Nonconformance.objects.create(
            number=numbering.next_number("NCR-"), title=title.strip()[:120], source=source, description=ledger.check_text(description, field="description"),
            severity=severity, defects=list(defects), quantity=quantity[:60], complaint=complaint[:40], inspection=inspection, supplier=supplier,
            reported_by=actor, reported_at=occurred_at or timezone.now(), **keys,
        )  # fmt: skip
        made.lots.set(lots)
        return made

    return once(Nonconformance, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def contain(
    *, nonconformance: Nonconformance, containment: str, hold: bool, actor: Person, client: str, key: str
) -> Nonconformance:
    """Say what keeps it from getting further; with `hold`, its lots are held under its number and what is made from them inherits."""
    permits.require(actor, "qc.review", to="contain a nonconformance")
    found = _locked(nonconformance)
    if not containment.strip():
        raise ledger.BadInput(
            "What contains it?", now="Say what was done.", fields={"containment": "missing"}
        )
    lots = list(found.lots.order_by("pk"))
    if hold and lots and not found.contained_at:
        ledger.place_hold(
            lots,
            reason=f"{found.number}: {found.title}",
            reference=found.number,
            actor=actor,
            client=client,
            key=key,
        )
    found.containment = ledger.check_text(containment.strip(), field="containment")
    found.contained_by, found.contained_at = found.contained_by or actor, found.contained_at or timezone.now()
    found.save(update_fields=["containment", "contained_by", "contained_at"])
    return found


@transaction.atomic
def review(
    *,
    nonconformance: Nonconformance,
    decision: str,
    reason: str,
    root_cause: str,
    actor: Person,
    second_person: Person | None = None,
) -> Nonconformance:
    """The material review. Use as is takes two persons. Quantities are moved by the decisions of inspections, not here."""
    permits.require(actor, "qc.review", to="review a nonconformance")
    found = _locked(nonconformance)
    if found.reviewed_at and (found.review, found.review_reason, found.reviewed_by_id) == (
        decision,
        reason.strip(),
        actor.pk,
    ):
        return found
    if found.reviewed_at:
        raise ledger.Refusal(
            f"{found.number} was reviewed already.",
            f"{found.reviewed_by} did.",
            fields={"number": found.number},
        )
    if decision not in Review.values:
        raise ledger.BadInput(
            "What becomes of it?", now="Choose one; nothing is chosen for you.", fields={"review": decision}
        )
    if not reason.strip():
        raise ledger.ReasonRequired(
            "A review needs its reason.", now="Say why.", fields={"reason": "missing"}
        )
    if decision == Review.USE_AS_IS:
        if second_person is None:
            raise ledger.SecondPersonRequired(
                "Use as is takes two persons.",
                now="Let a colleague of quality type name and password.",
                fields={"second_person": "missing"},
            )
        permits.require(second_person, "qc.concede", to="agree to use as is")
        if second_person.pk == actor.pk:
            raise ledger.SamePerson(
                "The second person is somebody else.", fields={"second_person": second_person.username}
            )
    found.review, found.review_reason, found.root_cause = decision, reason.strip(), root_cause.strip()
    found.reviewed_by, found.second_reviewer, found.reviewed_at = actor, second_person, timezone.now()
    found.save(
        update_fields=[
            "review",
            "review_reason",
            "root_cause",
            "reviewed_by",
            "second_reviewer",
            "reviewed_at",
        ]
    )
    return found


@transaction.atomic
def ask_for_action(
    *,
    nonconformance: Nonconformance,
    kind: str,
    what: str,
    owner: Person,
    due_on: date,
    actor: Person,
    client: str,
    key: str,
) -> CorrectiveAction:
    """Somebody does something by a day. Of the vendor it is asked by a person here who follows it up."""
    permits.require(actor, "qc.review", to="ask for an action")
    found = _locked(nonconformance)
    if kind not in ActionKind.values or not what.strip():
        raise ledger.BadInput(
            "What has to be done?", now="Say what, by whom and by when.", fields={"what": "missing"}
        )
    if kind == ActionKind.VENDOR and found.supplier_id is None:
        raise ledger.BadInput(
            f"{found.number} names no vendor.",
            now="Choose corrective, or name the vendor in a new report.",
            fields={"kind": kind},
        )
    sent = {
        "nonconformance": found.pk,
        "kind": kind,
        "what": what.strip(),
        "owner": owner.pk,
        "due_on": due_on.isoformat(),
    }

    def make(keys: dict[str, Any]) -> CorrectiveAction:
        prefix = "SCAR-" if kind == ActionKind.VENDOR else "CAPA-"
        return CorrectiveAction.objects.create(
            number=numbering.next_number(prefix), nonconformance=found, kind=kind, what=ledger.check_text(what.strip(), field="what"), owner=owner, due_on=due_on,
            opened_by=actor, opened_at=timezone.now(), **keys,
        )  # fmt: skip

    return once(CorrectiveAction, client=client, key=key, sent=sent, make=make)


@transaction.atomic
def complete(*, action: CorrectiveAction, done: str, actor: Person) -> CorrectiveAction:
    """The owner, or quality for them, says what was done."""
    if action.owner_id != actor.pk:
        permits.require(actor, "qc.review", to="complete somebody else's action")
    _locked(action.nonconformance)
    action = CorrectiveAction.objects.select_for_update().get(pk=action.pk)
    if action.done_at:
        raise ledger.Refusal(
            f"{action.number} is done already.",
            f"{action.done_by} said so.",
            fields={"number": action.number},
        )
    if not done.strip():
        raise ledger.BadInput("What was done?", now="Say it in a sentence.", fields={"done": "missing"})
    action.done, action.done_by, action.done_at = (
        ledger.check_text(done.strip(), field="done"),
        actor,
        timezone.now(),
    )
    action.save(update_fields=["done", "done_by", "done_at"])
    return action


@transaction.atomic
def check_effect(
    *, action: CorrectiveAction, is_effective: bool, checked: str, actor: Person
) -> CorrectiveAction:
    """Did it work? Somebody else than who did it looks, and says how they know."""
    permits.require(actor, "qc.review", to="check an action")
    _locked(action.nonconformance)
    action = (
        CorrectiveAction.objects.select_for_update(of=("self",))
        .select_related("owner", "done_by")
        .get(pk=action.pk)
    )
    if action.done_at is None:
        raise ledger.Refusal(
            f"{action.number} is not done yet.", now="Complete it first.", fields={"number": action.number}
        )
    if actor.pk in (action.done_by_id, action.owner_id):
        raise ledger.SamePerson(
            f"{actor} did {action.number} and cannot check it.",
            "Somebody else sees more.",
            "Ask a colleague.",
            fields={"person": actor.username},
        )
    if action.checked_at:
        raise ledger.Refusal(f"{action.number} was checked already.", fields={"number": action.number})
    if not checked.strip():
        raise ledger.BadInput(
            "How is it known?", now="Say what was looked at.", fields={"checked": "missing"}
        )
    action.is_effective, action.checked, action.checked_by, action.checked_at = (
        is_effective,
        checked.strip(),
        actor,
        timezone.now(),
    )
    action.save(update_fields=["is_effective", "checked", "checked_by", "checked_at"])
    return action


@transaction.atomic
def close(*, nonconformance: Nonconformance, actor: Person) -> Nonconformance:
    """Closed once it is reviewed and its last actions are found to work. An action that did not work needs another one."""
    permits.require(actor, "qc.review", to="close a nonconformance")
    found = Nonconformance.objects.select_for_update().get(pk=nonconformance.pk)
    if found.closed_at:
        return found
    missing = [] if found.reviewed_at else ["the material review"]
    actions = list(found.actions.order_by("pk"))
    missing += [f"{action.number} is not done" for action in actions if action.done_at is None]
    missing += [
        f"{action.number} is not checked"
        for action in actions
        if action.done_at and action.is_effective is None
    ]
    if actions and actions[-1].is_effective is False:
        missing.append(f"{actions[-1].number} did not work, and no other action followed")
    if missing:
        raise StillOpen(
            f"{found.number} cannot be closed.",
            f"Missing: {'; '.join(missing)}.",
            "Complete it first.",
            fields={"number": found.number},
        )
    found.closed_by, found.closed_at = actor, timezone.now()
    found.save(update_fields=["closed_by", "closed_at"])
    return found


def _locked(nonconformance: Nonconformance) -> Nonconformance:
    found = (
        Nonconformance.objects.select_for_update(of=("self",))
        .select_related("closed_by", "reviewed_by")
        .get(pk=nonconformance.pk)
    )
    if found.closed_at:
        raise NonconformanceClosed(found)
    return found
