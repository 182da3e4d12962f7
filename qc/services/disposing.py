"""Decide: release, reject, or put back, for a whole lot or a part of it; by somebody who neither received nor made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from qc import judging
from qc.models import DecisionKind, Disposal, Inspection, Severity
from traceability import ledger, numbering, permits, units
from traceability.ledger import Move
from traceability.models import (
    BOUNDARIES,
    Balance,
    Container,
    Entry,
    EntryKind,
    Evidence,
    Location,
    LocationKind,
    Lot,
    Movement,
    RunKind,
    RunLot,
    RunRole,
    Stage,
    Status,
)

if TYPE_CHECKING:
    from traceability.models import Person, Site

# A lot that was only divided, repacked or mixed is still what those made who received or made its parts.
SAME_MATERIAL = (RunKind.SPLIT, RunKind.REPACK, RunKind.BLEND)


class NotWithinLimits(ledger.Refusal):
    """A release without all results within limits: only by concession, with two persons and a deviation."""

    code: ClassVar[str] = "not_within_limits"

    def __init__(self, *, inspection: Inspection, verdicts: Sequence[judging.Verdict]):
        super().__init__(
            f"Lot {inspection.lot} cannot be released: {'; '.join(verdict.sentence for verdict in verdicts)}.",
            "A release needs every result within its limits.",
            "Record what is missing, test again, reject it, or let a second person agree to a concession with a reason.",
            fields={
                "inspection": inspection.number,
                "characteristics": [verdict.characteristic.name for verdict in verdicts],
            },
            lots=[inspection.lot.pk] if inspection.lot else [],
        )


class CriticalOut(NotWithinLimits):
    """What is critical has no concession."""

    code: ClassVar[str] = "critical_out"

    def __init__(self, *, inspection: Inspection, verdicts: Sequence[judging.Verdict]):
        critical = [verdict for verdict in verdicts if verdict.characteristic.severity == Severity.CRITICAL]
        ledger.Refusal.__init__(
            self, f"Lot {inspection.lot} cannot be released: {'; '.join(verdict.sentence for verdict in critical)}.",
            "A critical characteristic has no concession.", "Reject it, rework it, or test again with a reason.",
            fields={"inspection": inspection.number, "characteristics": [verdict.characteristic.name for verdict in critical]},
            lots=[inspection.lot.pk] if inspection.lot else [],
        )  # fmt: skip


class AlreadyDecided(ledger.Refusal):
    code: ClassVar[str] = "already_decided"

    def __init__(self, inspection: Inspection):
        super().__init__(
            f"{inspection.number} was decided already: {inspection.get_decision_display().lower()}, by {inspection.decided_by}.",
            now="Open a retest to decide again.",
            fields={"inspection": inspection.number},
        )


@dataclass(slots=True, kw_only=True)
class Decision:
    """What becomes of one quantity at one place, in the item's base unit."""

    quantity: Decimal
    location: Location
    to_status: str
    from_status: str = Status.QUARANTINE
    container: Container | None = None
    pieces: int | None = None


@transaction.atomic
def decide(
    *,
    inspection: Inspection,
    actor: Person,
    client: str,
    key: str,
    to_status: str = "",
    decisions: Sequence[Decision] | None = None,
    reason: str = "",
    second_person: Person | None = None,
    deviation: str = "",
    disposal: str = "",
    until: date | None = None,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Inspection:
    """Decide on all that waits in quarantine (`to_status`), or quantity by quantity (`decisions`: 90 released, 10 rejected).

    One disposition entry, under the inspection's number. It meets the requirement once nothing of the lot is left undecided.
    Raises NotWithinLimits for a release without all results within limits, unless it is a concession (reason, second person
    with the right to concede, deviation number), which a critical characteristic never gets and which is asked for whatever was
    rejected before. `disposal` says what becomes of what is rejected, `until` the last day of a concession. SamePerson for whoever received or made the lot; ReasonRequired for a rejection.
    """
    permits.require(actor, "qc.decide", to="decide on a lot")
    for person in filter(None, (actor, second_person)):
        if person.is_integration:
            raise ledger.NotPermitted(
                f"{person} is a program.", "A decision is a person's.", fields={"person": person.username}
            )
    claim = ledger.claim(
        client=client,
        key=key,
        sent=_sent(inspection, to_status, decisions, reason, second_person, deviation)
        | _said(disposal, until),
    )
    if claim.earlier:
        return Inspection.objects.get(number=claim.earlier.document)
    inspection = (
        Inspection.objects.select_for_update(of=("self",))
        .select_related("lot__item", "run__site", "requirement", "decided_by")
        .get(pk=inspection.pk)
    )
    if inspection.decided_at:
        raise AlreadyDecided(inspection)
    chosen, left = _decisions(inspection, to_status, decisions)
    outcome = {decision.to_status for decision in chosen} or {to_status}
    if inspection.lot:
        check_persons(inspection.lot, actor, second_person)
    was_rejected = any(decision.from_status == Status.REJECTED for decision in chosen)
    label, deviation = _check_release(
        inspection, outcome, reason, second_person, deviation, was_rejected=was_rejected
    )
    if until:
        _check_until(inspection, chosen, until, deviation)
    if Status.REJECTED in outcome and not reason.strip():
        raise ledger.ReasonRequired(
            "A rejection needs a reason.", now="Say what is wrong with it.", fields={"reason": "missing"}
        )
    is_complete = left == 0 or Status.QUARANTINE in outcome
    is_met = (
        inspection.requirement is not None
        and is_complete
        and (inspection.lot is not None or outcome == {Status.RELEASED})
    )

    entry = ledger.post(
        EntryKind.DISPOSITION, actor=actor, client=client, key=key, claim=claim, document=inspection.number,
        moves=[_move(inspection, decision) for decision in chosen], site=None if chosen else _site_of(inspection),
        occurred_at=occurred_at, recorded_at=recorded_at, reason=reason, second_person=second_person,
        meets=[inspection.requirement] if is_met and inspection.requirement else [],
        payload={name: value for name, value in {
            "stage": inspection.stage, "plan": str(inspection.plan or ""), "deviation": deviation, "label": label,
            "disposal": disposal if Status.REJECTED in outcome else "", "until": until.isoformat() if until else "",
        }.items() if value},
    )  # fmt: skip
    if until and inspection.lot and (inspection.lot.expires_on is None or until < inspection.lot.expires_on):
        ledger.amend(
            inspection.lot, expires_on=until, reason=f"{deviation}: released by concession until {until}", actor=actor, second_person=second_person,
            client=client, key=f"{key}/until", occurred_at=occurred_at, recorded_at=recorded_at,
        )  # fmt: skip
    inspection.entry, inspection.label = entry, label or inspection.label
    inspection.deviation = deviation or inspection.deviation
    inspection.concession_until = until or inspection.concession_until
    if Status.REJECTED in outcome:
        inspection.disposal = disposal or inspection.disposal
    if is_complete:
        inspection.decided_by, inspection.decided_at = actor, entry.occurred_at
        inspection.decision = _word_for(inspection, outcome)
    inspection.save(
        update_fields=[
            "entry",
            "label",
            "deviation",
            "decided_by",
            "decided_at",
            "decision",
            "concession_until",
            "disposal",
        ]
    )
    return inspection


@transaction.atomic
def take_sample(
    *,
    lot: Lot,
    quantity: Decimal,
    location: Location,
    actor: Person,
    client: str,
    key: str,
    purpose: str = "QC retain sample",
    status: str = Status.QUARANTINE,
    unit: str = "",
    inspection: Inspection | None = None,
    evidence: str = Evidence.TYPED,
    occurred_at: datetime | None = None,
    recorded_at: datetime | None = None,
) -> Entry:
    """Take a quantity out of stock for good, to keep or to test it. Held and undecided stock may be sampled."""
    permits.require(actor, "qc.sample", to="take a sample")
    claim = ledger.claim(
        client=client, key=key,
        sent={"verb": "take_sample", "lot": lot, "quantity": quantity, "unit": unit, "location": location, "status": status, "purpose": purpose},
    )  # fmt: skip
    if claim.earlier:
        return claim.earlier
    destination = Location.objects.select_related("site").get(site=location.site_id, kind=LocationKind.SAMPLE)
    move = Move(
        lot=lot, quantity=units.to_base(lot.item, quantity, unit, lot=lot), origin=location, origin_status=status, destination=destination,
        evidence=evidence, entered_quantity=quantity, entered_unit=unit or lot.item.unit,
    )  # fmt: skip
    return ledger.post(
        EntryKind.SAMPLE, actor=actor, client=client, key=key, claim=claim, moves=[move], reason=purpose,
        document=inspection.number if inspection else numbering.next_number("SMP-"), occurred_at=occurred_at, recorded_at=recorded_at,
    )  # fmt: skip


def people_behind(lot: Lot) -> set[int]:
    """Who received or made the lot, or what it was split, repacked or blended from: they may not decide on it."""
    seen, level = {lot.pk}, {lot.pk}
    while level:
        runs = RunLot.objects.filter(
            lot_id__in=level, role=RunRole.OUTPUT, quantity__gt=0, run__kind__in=SAME_MATERIAL
        ).values("run_id")
        level = (
            set(
                RunLot.objects.filter(run_id__in=runs, role=RunRole.INPUT, quantity__gt=0).values_list(
                    "lot_id", flat=True
                )
            )
            - seen
        )
        seen |= level
    kinds = (EntryKind.RECEIPT, EntryKind.OUTPUT)
    rows = Movement.objects.filter(lot_id__in=seen, entry__kind__in=kinds).values_list(
        "entry__actor_id", "entry__second_person_id"
    )
    return {person for row in rows for person in row if person}


def _sent(
    inspection: Inspection,
    to_status: str,
    decisions: Sequence[Decision] | None,
    reason: str,
    second: Person | None,
    deviation: str,
) -> Any:
    return {
        "verb": "decide", "inspection": inspection.pk, "to_status": to_status, "reason": reason, "second": second and second.pk, "deviation": deviation,
        "decisions": [[d.quantity, d.location.pk, d.from_status, d.to_status, d.container and d.container.pk] for d in decisions or ()],
    }  # fmt: skip


def _said(disposal: str, until: date | None) -> dict[str, Any]:
    """What a request says besides; left out where it says nothing, so that an earlier request stays the same."""
    if disposal and disposal not in Disposal.values:
        raise ledger.BadInput(
            "What becomes of what is rejected?",
            now="Choose rework, return, scrap or material review.",
            fields={"disposal": disposal},
        )
    return {
        name: value
        for name, value in {"disposal": disposal, "until": until and until.isoformat()}.items()
        if value
    }


def _check_until(inspection: Inspection, chosen: Sequence[Decision], until: date, deviation: str) -> None:
    """A concession until a day is kept as the lot's own date, so it must be about all of it."""
    if not deviation:
        raise ledger.BadInput(
            "Only a concession ends on a day.", now="Leave the day out.", fields={"until": until.isoformat()}
        )
    if until < timezone.localdate():
        raise ledger.BadInput(
            f"{until} is past.", now="Choose a day to come.", fields={"until": until.isoformat()}
        )
    released = sum((d.quantity for d in chosen if d.to_status == Status.RELEASED), Decimal(0))
    inside = Balance.objects.filter(lot=inspection.lot, quantity__gt=0).exclude(location__kind__in=BOUNDARIES)
    total = inside.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    if released != total:
        raise ledger.BadInput(
            "A concession until a day is for all that is left of the lot.", "Its date would stop the rest as well.",
            "Split the quantity off as a lot of its own first, or leave the day out.", fields={"until": until.isoformat()},
        )  # fmt: skip


def _decisions(
    inspection: Inspection, to_status: str, decisions: Sequence[Decision] | None
) -> tuple[list[Decision], Decimal]:
    """What is decided, and how much of the lot stays undecided in quarantine."""
    for word in [to_status] if decisions is None else [decision.to_status for decision in decisions]:
        if word not in Status.values:
            raise ledger.BadInput(
                "What becomes of it?",
                now="Choose released or rejected; nothing is chosen for you.",
                fields={"to_status": word},
            )
    if inspection.lot is None:
        if decisions:
            raise ledger.BadInput(
                f"{inspection.number} is about no lot.",
                now="Decide on it as a whole.",
                fields={"decisions": "not allowed"},
            )
        return [], Decimal(0)
    here = list(
        Balance.objects.filter(lot=inspection.lot, quantity__gt=0)
        .exclude(location__kind__in=BOUNDARIES)
        .select_related("location__site", "container")
    )
    is_retest = inspection.stage == Stage.RETEST
    # A retest that fails is about all there is; one that passes leaves what is released as it is.
    waiting = [
        b
        for b in here
        if b.status == Status.QUARANTINE
        or (is_retest and to_status == Status.REJECTED and b.status == Status.RELEASED)
    ]
    is_good_still = to_status == Status.RELEASED and any(b.status == Status.RELEASED for b in here)
    if is_retest and decisions is None and not waiting and is_good_still:
        return [], Decimal(0)
    total = sum((b.quantity for b in waiting if b.status == Status.QUARANTINE), Decimal(0))
    if decisions is None:
        if not waiting:
            raise ledger.BadInput(
                f"Nothing of {inspection.lot} waits in quarantine.",
                now="Say which quantity you mean, and where it is.",
                fields={"lot": inspection.lot.number},
            )
        return [
            Decision(
                quantity=b.quantity,
                location=b.location,
                to_status=to_status,
                from_status=b.status,
                container=b.container,
                pieces=b.pieces or None,
            )
            for b in waiting
        ], Decimal(0)
    if not decisions:
        raise ledger.BadInput(
            "Nothing was decided.", now="Decide on at least one quantity.", fields={"decisions": "empty"}
        )
    decided = sum(
        (decision.quantity for decision in decisions if decision.from_status == Status.QUARANTINE), Decimal(0)
    )
    return list(decisions), max(total - decided, Decimal(0))


def check_persons(lot: Lot, actor: Person, second_person: Person | None) -> None:
    """Separation of duties (21 CFR 211.22, ISO 9001 8.6): persons are compared, not roles."""
    behind = people_behind(lot)
    for person in filter(None, (actor, second_person)):
        if person.pk in behind:
            raise ledger.SamePerson(
                f"{person} received or made lot {lot.number} and cannot decide on it.", "Somebody else has to look.", "Ask another inspector.",
                fields={"person": person.username}, lots=[lot.pk],
            )  # fmt: skip


def _check_release(
    inspection: Inspection,
    outcome: set[str],
    reason: str,
    second_person: Person | None,
    deviation: str,
    *,
    was_rejected: bool = False,
) -> tuple[str, str]:
    """What the label must say, and the deviation number of a concession. Raises unless the release may be."""
    verdicts = judging.verdicts(inspection)
    label = ", ".join(dict.fromkeys(verdict.label for verdict in verdicts if verdict.label))
    if Status.RELEASED not in outcome:
        return label, deviation
    if inspection.plan_id is None and not reason.strip():
        raise ledger.ReasonRequired(
            "There is no plan for this inspection.",
            now="Say what was looked at and why it may be released.",
            fields={"reason": "missing"},
        )
    in_the_way = [verdict for verdict in verdicts if verdict.stands_in_the_way]
    if not in_the_way and not was_rejected:
        return label, deviation
    if any(
        v.state == judging.State.OUT and v.characteristic.severity == Severity.CRITICAL for v in in_the_way
    ):
        raise CriticalOut(inspection=inspection, verdicts=in_the_way)
    if second_person is None and in_the_way:
        raise NotWithinLimits(inspection=inspection, verdicts=in_the_way)
    if second_person is None:
        raise ledger.SecondPersonRequired(
            f"Lot {inspection.lot} was rejected.", "What was rejected is released by concession alone.", "Let a second person agree, with a reason.",
            fields={"second_person": "missing"},
        )  # fmt: skip
    permits.require(second_person, "qc.concede", to="agree to a concession")
    if not reason.strip():
        raise ledger.ReasonRequired(
            "A concession needs a reason.",
            now="Say why it may be used all the same.",
            fields={"reason": "missing"},
        )
    return label, deviation or numbering.next_number("DEV-", digits=4)


def _site_of(inspection: Inspection) -> Site | None:
    if inspection.lot:
        there = Balance.objects.filter(lot=inspection.lot, quantity__gt=0).select_related("location__site")
        balance = there.exclude(location__kind__in=BOUNDARIES).first()
        return balance.location.site if balance else None
    return inspection.run.site if inspection.run else None


def _move(inspection: Inspection, decision: Decision) -> Move:
    assert inspection.lot is not None
    return Move(
        lot=inspection.lot, quantity=decision.quantity, pieces=decision.pieces, origin=decision.location, destination=decision.location, origin_status=decision.from_status,
        destination_status=decision.to_status, origin_container=decision.container, destination_container=decision.container,
    )  # fmt: skip


def _word_for(inspection: Inspection, outcome: set[str]) -> str:
    """Earlier partial decisions of the same inspection count too."""
    movements = Movement.objects.filter(entry__document=inspection.number, entry__kind=EntryKind.DISPOSITION)
    all_outcomes = (
        outcome | set(movements.values_list("destination_status", flat=True)) if inspection.lot else outcome
    )
    return all_outcomes.pop() if len(all_outcomes) == 1 else DecisionKind.DIVIDED
