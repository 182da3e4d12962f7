"""Plans: drafted by one person, put in force by another, replaced by the next revision and never rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from qc.models import Characteristic, CharacteristicLimit, Plan, PlanStatus
from traceability import changes, ledger, permits
from traceability.models import Stage

if TYPE_CHECKING:
    from traceability.models import Person

MANY = ("items", "locations", "suppliers")
# Whose inspection the item's own policy opens by itself.
OPENED_BY_ITEM = (Stage.RECEIVING, Stage.FINAL)
COPIED = [field.name for field in Characteristic._meta.concrete_fields if field.name not in ("id", "plan")]
PLAN_COPIED = (
    "name", "stage", "category", "step", "every_units", "every_minutes", "is_blocking", "sampling", "sample_number", "sample_percent",
    "level", "aql", "allows_reduced", "skip_every", "skip_after", "stops_on_calibration", "note",
)  # fmt: skip


class NotADraft(ledger.Refusal):
    code = "plan_not_a_draft"
    status = 409

    def __init__(self, plan: Plan):
        super().__init__(
            f"{plan} is {plan.get_status_display().lower()} and is not changed any more.",
            "Inspections were made under it.",
            "Begin a new revision.",
            fields={"plan": plan.code, "revision": plan.revision},
        )


class PlanCodeTaken(ledger.Refusal):
    code = "plan_code_taken"
    status = 409


@transaction.atomic
def draft_plan(*, actor: Person, code: str, facts: Mapping[str, Any]) -> Plan:
    """A new plan with its first revision, as a draft. Raises PlanCodeTaken."""
    permits.require(actor, "qc.change_plan", to="draft a plan")
    code = ledger.check_code(code.upper(), field="code", limit=20)
    if Plan.objects.filter(code=code).exists():
        raise PlanCodeTaken(
            f"There is a plan {code} already.",
            now="Open it and begin a new revision, or choose another code.",
            fields={"code": code},
        )
    with changes.noting(actor=actor, reason="First revision"):
        plan = Plan.objects.create(code=code, drafted_by=actor, drafted_at=timezone.now(), **_plain(facts))
        _set_many(plan, facts)
    return plan


@transaction.atomic
def revise(*, plan: Plan, actor: Person, why: str) -> Plan:
    """A draft of the next revision, with all that this one says. Asked twice, the draft there is."""
    permits.require(actor, "qc.change_plan", to="revise a plan")
    draft = Plan.objects.filter(code=plan.code, status=PlanStatus.DRAFT).first()
    if draft:
        return draft
    if not why.strip():
        raise ledger.ReasonRequired(
            "A new revision needs its reason.", now="Say what changes, and why.", fields={"why": "missing"}
        )
    last = Plan.objects.select_for_update().filter(code=plan.code).order_by("-revision").first()
    assert last is not None
    with changes.noting(actor=actor, reason=why):
        draft = Plan.objects.create(
            code=plan.code, revision=last.revision + 1, drafted_by=actor, drafted_at=timezone.now(), why=why.strip()[:200],
            **{name: getattr(plan, name) for name in PLAN_COPIED},
        )  # fmt: skip
        _set_many(draft, {name: list(getattr(plan, name).all()) for name in MANY})
        for was in plan.characteristics.order_by("position").prefetch_related("limits"):
            limits = list(was.limits.all())
            made = Characteristic.objects.create(plan=draft, **{name: getattr(was, name) for name in COPIED})
            CharacteristicLimit.objects.bulk_create(
                CharacteristicLimit(
                    characteristic=made,
                    item_id=limit.item_id,
                    applies=limit.applies,
                    lower=limit.lower,
                    upper=limit.upper,
                )
                for limit in limits
            )
    return draft


@transaction.atomic
def change_plan(*, plan: Plan, actor: Person, facts: Mapping[str, Any]) -> Plan:
    permits.require(actor, "qc.change_plan", to="change a plan")
    draft = _draft(plan)
    for name, value in _plain(facts).items():
        setattr(draft, name, value)
    with changes.noting(actor=actor, reason=draft.why):
        draft.save()
        _set_many(draft, facts)
    return draft


@transaction.atomic
def discard(*, plan: Plan, actor: Person) -> None:
    """Take back a draft. What was in force stays in force, and the change history keeps what was drafted."""
    permits.require(actor, "qc.change_plan", to="discard a draft")
    draft = _draft(plan)
    with changes.noting(actor=actor, reason="Draft discarded"):
        CharacteristicLimit.objects.filter(characteristic__plan=draft).delete()
        Characteristic.objects.filter(plan=draft).delete()
        draft.delete()


@transaction.atomic
def put_characteristic(
    *, plan: Plan, actor: Person, facts: Mapping[str, Any], characteristic: Characteristic | None = None
) -> Characteristic:
    """Add a characteristic at the end, or change one. The same one sent twice is one."""
    permits.require(actor, "qc.change_plan", to="change a plan")
    draft = _draft(plan)
    namesake = Characteristic.objects.filter(plan=draft, name=facts["name"]).first()
    if namesake and (characteristic is None or namesake.pk != characteristic.pk):
        if characteristic is None and all(getattr(namesake, name) == value for name, value in facts.items()):
            return namesake
        raise ledger.BadInput(
            f"{draft} asks for {namesake.name} already.",
            now="Change that one, or choose another name.",
            fields={"name": namesake.name},
        )
    if characteristic is None:
        last = Characteristic.objects.filter(plan=draft).aggregate(last=Max("position"))["last"] or 0
        characteristic = Characteristic(plan=draft, position=last + 1)
    elif characteristic.plan_id != draft.pk:
        raise NotADraft(characteristic.plan)
    for name, value in facts.items():
        setattr(characteristic, name, value)
    with changes.noting(actor=actor, reason=draft.why):
        characteristic.save()
    return characteristic


@transaction.atomic
def remove_characteristic(*, characteristic: Characteristic, actor: Person) -> None:
    permits.require(actor, "qc.change_plan", to="change a plan")
    draft = _draft(characteristic.plan)
    with changes.noting(actor=actor, reason=draft.why):
        characteristic.limits.all().delete()
        Characteristic.objects.filter(plan=draft, pk=characteristic.pk).delete()


@transaction.atomic
def move_characteristic(*, characteristic: Characteristic, up: bool, actor: Person) -> None:
    """One place up or down in the order in which it is asked for."""
    permits.require(actor, "qc.change_plan", to="change a plan")
    draft = _draft(characteristic.plan)
    rows = Characteristic.objects.filter(plan=draft)
    other = (
        rows.filter(position__lt=characteristic.position).order_by("-position").first()
        if up
        else rows.filter(position__gt=characteristic.position).order_by("position").first()
    )
    if other is None:
        return
    here, there = characteristic.position, other.position
    with changes.noting(actor=actor, reason=draft.why):
        # By way of a free place, because a position is taken by one.
        rows.filter(pk=other.pk).update(position=F("position") + 1_000_000)
        rows.filter(pk=characteristic.pk).update(position=there)
        rows.filter(pk=other.pk).update(position=here)


@transaction.atomic
def put_limit(
    *, characteristic: Characteristic, item: Any, applies: bool, lower: Any, upper: Any, actor: Person
) -> None:
    """Other limits for one item; or that it does not apply to it."""
    permits.require(actor, "qc.change_plan", to="change a plan")
    draft = _draft(characteristic.plan)
    if lower is not None and upper is not None and lower > upper:
        raise ledger.BadInput(
            "The limits are in the wrong order.",
            now="The lower one comes first.",
            fields={"lower": str(lower)},
        )
    with changes.noting(actor=actor, reason=draft.why):
        CharacteristicLimit.objects.update_or_create(
            characteristic=characteristic,
            item=item,
            defaults={"applies": applies, "lower": lower, "upper": upper},
        )


@transaction.atomic
def approve(*, plan: Plan, actor: Person) -> Plan:
    """Put a draft in force, by somebody else than its author. The revision before it is superseded in the same moment.

    Items that it names are from now on inspected at its stage. Approved twice by the same person, it is approved.
    """
    permits.require(actor, "qc.approve_plan", to="approve a plan")
    locked = list(Plan.objects.select_for_update().filter(code=plan.code))
    draft = next(row for row in locked if row.pk == plan.pk)
    if draft.status == PlanStatus.APPROVED and draft.approved_by_id == actor.pk:
        return draft
    if draft.status != PlanStatus.DRAFT:
        raise NotADraft(draft)
    if draft.drafted_by_id == actor.pk:
        raise ledger.SamePerson(
            f"{actor} wrote {draft} and cannot approve it.",
            "A plan has two pairs of eyes.",
            "Ask a colleague to approve it.",
            fields={"person": actor.username},
        )
    if not draft.characteristics.exists():
        raise ledger.BadInput(
            f"{draft} asks for nothing.",
            now="Add at least one characteristic.",
            fields={"characteristics": "empty"},
        )
    if not (draft.category or any(getattr(draft, name).exists() for name in ("items", "locations"))):
        raise ledger.BadInput(
            f"{draft} is for nothing.",
            now="Say for which items, category or place it holds.",
            fields={"items": "empty"},
        )
    now = timezone.now()
    with changes.noting(actor=actor, reason=draft.why or "Approved"):
        for other in locked:
            if other.status == PlanStatus.APPROVED:
                other.status, other.superseded_at = PlanStatus.SUPERSEDED, now
                other.save(update_fields=["status", "superseded_at"])
        draft.status, draft.approved_by, draft.approved_at = PlanStatus.APPROVED, actor, now
        draft.save(update_fields=["status", "approved_by", "approved_at"])
        if draft.stage in OPENED_BY_ITEM:
            for item in draft.items.select_for_update().order_by("pk"):
                if draft.stage not in item.inspected_at:
                    item.inspected_at = sorted([*item.inspected_at, draft.stage])
                    item.save(update_fields=["inspected_at"])
    return draft


def _draft(plan: Plan) -> Plan:
    draft = Plan.objects.select_for_update().filter(pk=plan.pk).first()
    if draft is None or draft.status != PlanStatus.DRAFT:
        raise NotADraft(draft or plan)
    return draft


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in MANY}


def _set_many(plan: Plan, facts: Mapping[str, Any]) -> None:
    for name in MANY:
        if name in facts:
            getattr(plan, name).set(facts[name])
