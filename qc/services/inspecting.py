"""Look: open an inspection and write down readings, each judged at once against the plan revision in force when it was opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from qc import judging, records, sampling, slips
from qc.choosing import plan_for
from qc.models import (
    Characteristic,
    CharacteristicKind,
    EnteredBy,
    Inspection,
    Instrument,
    Plan,
    Result,
    Sampling,
)
from traceability import ledger, numbering, permits
from traceability.keyed import once
from traceability.models import BOUNDARIES, Balance, LocationKind, Requirement, Stage

if TYPE_CHECKING:
    from traceability.models import Lot, Person, Run


INSIDE = [kind for kind in LocationKind if kind not in BOUNDARIES]


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading to write down. What a person found: a value, a pass or fail, or a text."""

    characteristic: Characteristic
    value: Decimal | None = None
    passed: bool | None = None
    text: str = ""
    instrument: Instrument | None = None
    is_retest: bool = False
    reason: str = ""
    defect: str = ""
    source: str = ""


class InstrumentPastCalibration(ledger.Refusal):
    code: ClassVar[str] = "instrument_past_calibration"

    def __init__(self, instrument: Instrument, plan: Plan):
        super().__init__(
            f"The calibration of {instrument.code} ended on {instrument.calibrated_until}.",
            f"{plan} takes no reading of such an instrument.",
            "Take another one, or have it calibrated first.",
            fields={"instrument": instrument.code},
        )


@transaction.atomic
def open_inspection(
    *,
    actor: Person,
    client: str,
    key: str,
    requirement: Requirement | None = None,
    lot: Lot | None = None,
    run: Run | None = None,
    document: str = "",
    stage: str = "",
    plan: Plan | None = None,
    note: str = "",
    occurred_at: datetime | None = None,
) -> Inspection:
    """Begin to look at a lot, a run or a document, under the plan in force for its item and stage.

    With a requirement, its lot, run, document and stage are taken from it; without one, an open requirement of that lot and
    stage is taken up. If somebody has begun with that requirement already, theirs is the answer.
    """
    permits.require(actor, "qc.inspect", to="inspect")
    if requirement is None and lot is not None and stage:
        requirement = Requirement.objects.open().filter(lot=lot, stage=stage).order_by("id").first()
    if requirement is not None:
        lot, run, document = lot or requirement.lot, run or requirement.run, document or requirement.document
        stage = stage or requirement.stage
    sent = {
        "requirement": requirement and requirement.pk,
        "lot": lot and lot.pk,
        "run": run and run.pk,
        "document": document,
        "stage": stage,
    }

    def make(keys: dict[str, Any]) -> Inspection:
        if lot is None and run is None and not document:
            raise ledger.BadInput(
                "An inspection needs something to look at.",
                now="Choose a lot, a run or a document.",
                fields={"lot": "missing"},
            )
        if not stage:
            raise ledger.BadInput(
                "An inspection needs its stage.", now="Say at which stage it is.", fields={"stage": "missing"}
            )
        in_force = plan or plan_for(
            lot=lot, run=run, stage=stage, what=requirement.what if requirement else ""
        )
        return Inspection.objects.create(
            number=numbering.next_number("INS-"), requirement=requirement, lot=lot, run=run, document=document, plan=in_force, stage=stage,
            opened_by=actor, opened_at=occurred_at or timezone.now(), note=note, **_sample(in_force, lot, stage), **keys,
        )  # fmt: skip

    if requirement is not None:
        begun = (
            Inspection.objects.undecided()
            .filter(requirement=requirement)
            .exclude(client=client, key=key)
            .first()
        )
        if begun:
            return begun
    return once(Inspection, client=client, key=key, sent=sent, make=make)


def _sample(plan: Plan | None, lot: Lot | None, stage: str) -> dict[str, Any]:
    """What of the lot is looked at, and how strictly; or that the plan skips it. Frozen with the inspection."""
    if plan is None or lot is None:
        return {}
    past = records.history(plan, lot) if plan.sampling == Sampling.AQL or plan.skip_every else []
    standing = sampling.standing(past, allows_reduced=plan.allows_reduced)
    here = Balance.objects.filter(lot=lot, quantity__gt=0, location__kind__in=INSIDE)
    total = here.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    found = sampling.sample(plan, total, standing.strictness)
    skips = stage != Stage.RETEST and sampling.is_skipped(plan, past)
    return {
        "lot_size": total if found.size is not None else None, "sample_size": found.size, "code_letter": found.letter,
        "accept_number": found.accept, "reject_number": found.reject, "strictness": found.strictness,
        "skipped_why": f"Skipped by plan {plan}: one lot in {plan.skip_every} is looked at." if skips else "",
    }  # fmt: skip


def record_result(
    *,
    inspection: Inspection,
    characteristic: Characteristic,
    actor: Person,
    client: str,
    key: str,
    value: Decimal | None = None,
    passed: bool | None = None,
    text: str = "",
    instrument: Instrument | None = None,
    is_retest: bool = False,
    reason: str = "",
    occurred_at: datetime | None = None,
) -> Inspection:
    """Write down one reading. See `record_results`."""
    reading = Reading(
        characteristic=characteristic,
        value=value,
        passed=passed,
        text=text,
        instrument=instrument,
        is_retest=is_retest,
        reason=reason,
    )
    return record_results(
        inspection=inspection,
        readings=[reading],
        actor=actor,
        client=client,
        key=key,
        occurred_at=occurred_at,
    )


@transaction.atomic
def record_results(
    *,
    inspection: Inspection,
    readings: Sequence[Reading],
    actor: Person,
    client: str,
    key: str,
    occurred_at: datetime | None = None,
) -> Inspection:
    """Write down readings. They are judged now and never changed; a second look is a retest with a reason, and both stay.

    Refuses readings on a decided inspection, of another plan, without what the kind asks for, or more than were asked for.
    """
    permits.require(actor, "qc.inspect", "qc.report_reading", to="record results")
    if actor.is_integration and not all(reading.source for reading in readings):
        raise ledger.BadInput(
            "A reading that a program sends names its source.",
            now="Name the laboratory or the instrument.",
            fields={"source": "missing"},
        )
    if not client or not key:
        raise ledger.BadInput(
            "A request needs a client and a key.",
            "They make a repeated request safe.",
            fields={"key": "missing"},
        )
    if not readings:
        raise ledger.BadInput(
            "There is nothing to record.", now="Fill in at least one result.", fields={"readings": "empty"}
        )
    # Locked, so that two inspectors do not give one reading the same number, nor one decides meanwhile.
    inspection = (
        Inspection.objects.select_for_update(of=("self",))
        .select_related("lot__item", "plan")
        .get(pk=inspection.pk)
    )
    earlier = list(Result.objects.filter(inspection=inspection).order_by("reading_no"))
    sent_before = [result for result in earlier if (result.client, result.key) == (client, key)]
    if sent_before:
        if [_said(result) for result in sent_before] != [_said(reading) for reading in readings]:
            raise ledger.KeyReused(client=client, key=key)
        return inspection
    if inspection.decided_at:
        raise ledger.Refusal(
            f"{inspection.number} is decided.", f"{inspection.decided_by} did on {inspection.decided_at:%Y-%m-%d}.", "Open a retest to look again.",
            fields={"inspection": inspection.number},
        )  # fmt: skip
    limits = judging.limits_in(inspection, [reading.characteristic for reading in readings])
    last, first_looks = Counter[int](), Counter[int]()
    for result in earlier:
        last[result.characteristic_id] = max(last[result.characteristic_id], result.reading_no)
        first_looks[result.characteristic_id] += not result.is_retest
    made = []
    for number, reading in enumerate(readings, start=1):
        characteristic = reading.characteristic
        _check_reading(inspection, reading, limits[characteristic.pk], f"readings.{number}")
        last[characteristic.pk] += 1
        first_looks[characteristic.pk] += not reading.is_retest
        if not reading.is_retest and first_looks[characteristic.pk] > characteristic.readings:
            raise ledger.BadInput(
                f"{characteristic.name} has all its readings ({characteristic.readings}).", "Another look is a retest; the first stays.",
                "Say why it is tested again.", fields={f"readings.{number}": "retest"},
            )  # fmt: skip
        made.append(
            Result(
                inspection=inspection, characteristic=characteristic, reading_no=last[characteristic.pk], value=reading.value, passed=reading.passed,
                text=reading.text.strip(), is_retest=reading.is_retest, instrument=reading.instrument, entered_by=actor, reason=reading.reason,
                entered_at=occurred_at or timezone.now(), client=client, key=key, defect=reading.defect, source=reading.source[:80],
                is_within=judging.judge(characteristic, limits[characteristic.pk], value=reading.value, passed=reading.passed, text=reading.text),
            )
        )  # fmt: skip
    Result.objects.bulk_create(made)
    return inspection


def _said(reading: Reading | Result) -> tuple[Any, ...]:
    value = reading.value.normalize() if reading.value is not None else None
    return (reading.characteristic.pk, value, reading.passed, reading.text.strip(), reading.is_retest)


def _check_reading(inspection: Inspection, reading: Reading, limits: judging.Limits, field: str) -> None:
    c = reading.characteristic
    if c.plan_id != inspection.plan_id:
        raise ledger.BadInput(
            f"{c.name} is not in the plan of {inspection.number}.",
            now="Load the page again.",
            fields={field: c.name},
        )
    _check_who_and_with_what(inspection, reading, field)
    if reading.is_retest and not reading.reason.strip():
        raise ledger.ReasonRequired(
            "A retest needs a reason.",
            now="Say why it is tested again.",
            fields={f"{field}.reason": "missing"},
        )
    if c.kind == CharacteristicKind.CHOICE and reading.text.strip() not in c.choices:
        raise ledger.BadInput(
            f"{c.name}: which of {', '.join(c.choices)}?",
            now="Choose one; nothing is chosen for you.",
            fields={f"{field}.text": "missing"},
        )
    if c.kind in judging.NAMED and not reading.text.strip():
        raise ledger.BadInput(
            f"{c.name} needs the name of its {'photo' if c.kind == CharacteristicKind.PHOTO else 'report'}.",
            "The file stands with the inspection.",
            "Add the file below, and type its name.",
            fields={f"{field}.text": "missing"},
        )
    if c.kind in judging.SAID and reading.passed is None:
        raise ledger.BadInput(
            f"{c.name}: pass or fail?",
            now="Choose one; nothing is chosen for you.",
            fields={f"{field}.passed": "missing"},
        )
    if c.kind == CharacteristicKind.TEXT and not reading.text.strip():
        raise ledger.BadInput(f"{c.name} needs a text.", now="Type it.", fields={f"{field}.text": "missing"})
    if c.kind in judging.NUMBERS:
        if reading.value is None or not reading.value.is_finite():
            raise ledger.BadInput(
                f"{c.name} needs a number.",
                now=f"Type the reading{f' in {c.unit}' if c.unit else ''}.",
                fields={f"{field}.value": "missing"},
            )
        if abs(reading.value) >= 10**13:
            raise ledger.BadInput(
                f"{reading.value} cannot be right.",
                now="Type it again.",
                fields={f"{field}.value": str(reading.value)},
            )
        if c.kind == CharacteristicKind.COUNT and reading.value != reading.value.to_integral_value():
            raise ledger.BadInput(
                f"{c.name} is counted in whole numbers.",
                now="Type a whole number.",
                fields={f"{field}.value": str(reading.value)},
            )
        if c.decimals is not None and round(reading.value, c.decimals) != reading.value:
            raise ledger.BadInput(
                f"{c.name} is read to {c.decimals} digit{'' if c.decimals == 1 else 's'} after the point.",
                now="Type it again.",
                fields={f"{field}.value": str(reading.value)},
            )
        if slips.is_slip(c, reading.value):
            raise slips.LooksLikeASlip(c, reading.value, f"{field}.value")
        if c.is_mandatory and limits.applies and not limits.are_set and reading.passed is None:
            raise ledger.BadInput(
                f"{c.name} has no limit to judge {ledger.plain(reading.value)} against.",
                now="Say pass or fail yourself.",
                fields={f"{field}.passed": "missing"},
            )
    if (
        c.kind == CharacteristicKind.INFORMATION
        and reading.value is None
        and reading.passed is None
        and not reading.text.strip()
    ):
        raise ledger.BadInput(
            f"{c.name} says nothing.",
            now="Type what was found, or leave the line out.",
            fields={field: "empty"},
        )


def _check_who_and_with_what(inspection: Inspection, reading: Reading, field: str) -> None:
    c, instrument = reading.characteristic, reading.instrument
    if c.entered_by == EnteredBy.LABORATORY and not reading.source:
        raise ledger.BadInput(
            f"{c.name} is entered by the laboratory.",
            now="Send its results in as a file, or by the API.",
            fields={field: c.name},
        )
    if c.entered_by == EnteredBy.INSPECTOR and reading.source:
        raise ledger.BadInput(f"{c.name} is read at the bench, by an inspector.", fields={field: c.name})
    if c.needs_instrument and instrument is None:
        raise ledger.BadInput(
            f"{c.name}: measured with which instrument?",
            now="Scan the probe, or choose it.",
            fields={f"{field}.instrument": "missing"},
        )
    plan, until = inspection.plan, instrument.calibrated_until if instrument else None
    # By the day at the bench: calibration ends with a date, not at a moment.
    if plan and plan.stops_on_calibration and instrument and until and until < timezone.localdate():
        raise InstrumentPastCalibration(instrument, plan)
    if c.defects and reading.defect and reading.defect not in c.defects:
        raise ledger.BadInput(
            f"{c.name} has no defect {reading.defect}.",
            now=f"Choose one of {', '.join(c.defects)}.",
            fields={f"{field}.defect": reading.defect},
        )


@transaction.atomic
def send_to_laboratory(
    *, inspection: Inspection, laboratory: str, actor: Person, occurred_at: datetime | None = None
) -> Inspection:
    """A sample is on its way. Sent again to the same one, nothing changes; the page says since when it waits."""
    permits.require(actor, "qc.inspect", to="send a sample to a laboratory")
    inspection = Inspection.objects.select_for_update(of=("self",)).get(pk=inspection.pk)
    laboratory = ledger.check_text(laboratory.strip(), field="laboratory")[:80]
    if not laboratory:
        raise ledger.BadInput("To which laboratory?", now="Type its name.", fields={"laboratory": "missing"})
    if inspection.decided_at:
        raise ledger.Refusal(
            f"{inspection.number} is decided.",
            now="Open a retest to look again.",
            fields={"inspection": inspection.number},
        )
    if inspection.laboratory != laboratory:
        inspection.laboratory, inspection.sent_to_laboratory_at = laboratory, occurred_at or timezone.now()
        inspection.save(update_fields=["laboratory", "sent_to_laboratory_at"])
    return inspection
