"""BOMs: drafted by one person, approved by another, superseded by the next revision. What was approved is never changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction
from django.utils import timezone

from production.models import Bom, BomComponent, BomOutput, BomStatus
from traceability import changes, ledger, masters, permits
from traceability.models import Change

if TYPE_CHECKING:
    from traceability.models import Person

DRAFT, APPROVE = "production.draft_bom", "production.approve_bom"
COPIED = (
    "item", "per_quantity", "per_unit", "per_text", "water_lb", "rework_item", "rework_limit_percent", "loss_low_percent", "loss_high_percent", "note",
)  # fmt: skip


class BomNotDraft(ledger.Refusal):
    code: ClassVar[str] = "bom_not_draft"
    status: ClassVar[int] = 409

    def __init__(self, bom: Bom):
        super().__init__(
            f"{bom} is {bom.get_status_display().lower()}.",
            "What was approved is never changed: orders rest on it.",
            "Draft a new revision.",
            fields={"status": bom.status},
        )


class BomsOverlap(ledger.Refusal):
    code: ClassVar[str] = "boms_overlap"
    status: ClassVar[int] = 409


@transaction.atomic
def keep_bom(*, form: Any, actor: Person, reason: str, **rest: Any) -> Bom:
    """Save a draft with its components. Raises BomNotDraft for any other revision, and what `masters.keep` raises."""
    bom: Bom = form.instance
    if bom.pk:
        _the_draft(bom)
    bom.drafted_by, bom.drafted_at = actor, timezone.now()
    rest["right"] = DRAFT
    kept: Bom = masters.keep(form=form, actor=actor, reason=reason.strip() or _draft_of(bom), **rest)
    return kept


@transaction.atomic
def draft_revision(*, bom: Bom, change: str, actor: Person) -> Bom:
    """A draft of the next revision, as this one is. A draft that stands already is the answer, whoever began it."""
    permits.require(actor, DRAFT, to="draft a BOM")
    revisions = _revisions(bom.name)
    draft = next((one for one in revisions if one.status == BomStatus.DRAFT), None)
    if draft is not None:
        return draft
    change = ledger.check_text(change.strip(), field="change", limit=2_000)
    if not change:
        raise ledger.ReasonRequired(
            "What changes, and why?", now="Say it in a few words.", fields={"change": "missing"}
        )
    with changes.noting(actor=actor, reason=change[:500]):
        made = Bom.objects.create(
            name=bom.name, revision=max(one.revision for one in revisions) + 1, change=change, drafted_by=actor, drafted_at=timezone.now(),
            **{name: getattr(bom, name) for name in COPIED},
        )  # fmt: skip
        for row in bom.components.prefetch_related("alternatives").order_by("position"):
            copy = BomComponent.objects.create(
                bom=made, position=row.position, item_id=row.item_id, quantity=row.quantity, unit=row.unit, scrap_percent=row.scrap_percent
            )  # fmt: skip
            copy.alternatives.set(row.alternatives.all())
        for out in bom.outputs.all():
            BomOutput.objects.create(bom=made, item_id=out.item_id, quantity=out.quantity, unit=out.unit)
    return made


@transaction.atomic
def approve_bom(*, bom: Bom, actor: Person, effective_from: date | None = None) -> Bom:
    """Bring a draft into force from a day on (today where none is given). The revision before it ends the day before.

    Approved by somebody who had no hand in it. Orders keep the revision they were planned with.
    """
    permits.require(actor, APPROVE, to="approve a BOM")
    revisions = _revisions(bom.name)
    draft = next(one for one in revisions if one.pk == bom.pk)
    if draft.status != BomStatus.DRAFT:
        if draft.approved_by_id == actor.pk:
            return draft
        raise BomNotDraft(draft)
    if not draft.components.exists():
        raise ledger.BadInput(
            "Nothing goes in by this BOM.", now="Name its components first.", fields={"components": "missing"}
        )
    if actor.pk in _hands_in(draft):
        raise ledger.SamePerson(
            f"{actor} had a hand in this draft.",
            "Two persons look better than one.",
            "Let a colleague approve it.",
        )
    today = timezone.localdate()
    day = effective_from or today
    if day < today:
        raise ledger.BadInput(
            f"It would have been in force since {day}.",
            "What was made since then was made by another BOM.",
            "Choose today or a later day.",
            fields={"effective_from": str(day)},
        )
    with changes.noting(actor=actor, reason=f"Revision {draft.revision} in force from {day}"):
        for earlier in revisions:
            if earlier.status == BomStatus.APPROVED:
                _end(earlier, before=day, today=today)
        draft.status, draft.effective_from = BomStatus.APPROVED, day
        draft.approved_by, draft.approved_at = actor, timezone.now()
        draft.save(update_fields=["status", "effective_from", "approved_by", "approved_at"])
    return draft


@transaction.atomic
def withdraw_bom(*, bom: Bom, reason: str, actor: Person) -> Bom:
    """Take a revision out of force without another one. Orders that were planned by it keep it."""
    permits.require(actor, APPROVE, to="withdraw a BOM")
    found = next(one for one in _revisions(bom.name) if one.pk == bom.pk)
    if found.status == BomStatus.SUPERSEDED:
        return found
    if found.status == BomStatus.DRAFT:
        raise ledger.BadInput(f"{found} is a draft.", now="Give the draft up instead.")
    reason = _why(reason)
    found.status = BomStatus.SUPERSEDED
    found.effective_to = max(timezone.localdate(), found.effective_from or date.min)
    with changes.noting(actor=actor, reason=reason):
        found.save(update_fields=["status", "effective_to"])
    return found


@transaction.atomic
def drop_draft(*, bom: Bom, reason: str, actor: Person) -> None:
    """Give a draft up. Its changes stay on record."""
    permits.require(actor, DRAFT, to="give up a draft")
    draft = _the_draft(bom)
    reason = _why(reason)
    with changes.noting(actor=actor, reason=reason):
        for row in draft.components.all():
            row.alternatives.clear()
            row.delete()
        draft.outputs.all().delete()
        draft.delete()


def _end(earlier: Bom, *, before: date, today: date) -> None:
    if earlier.effective_to is not None and earlier.effective_to < before:
        return
    began = earlier.effective_from
    if began is not None and began >= before and began > today:
        raise BomsOverlap(
            f"{earlier} is to begin on {began}.",
            "Two revisions cannot be in force on one day.",
            "Choose a later day, or withdraw that one.",
            fields={"effective_from": str(before)},
        )
    earlier.effective_to = max(before - timedelta(days=1), began or date.min)
    if before <= today:
        earlier.status = BomStatus.SUPERSEDED
    earlier.save(update_fields=["effective_to", "status"])


def _revisions(name: str) -> list[Bom]:
    """All of one name, locked in one order: two approvals follow each other."""
    return list(Bom.objects.select_for_update().filter(name=name).order_by("pk"))


def _the_draft(bom: Bom) -> Bom:
    draft = Bom.objects.select_for_update().get(pk=bom.pk)
    if draft.status != BomStatus.DRAFT:
        raise BomNotDraft(draft)
    return draft


def _hands_in(draft: Bom) -> set[int]:
    """Whoever drafted it or changed anything of it since."""
    changed = Change.objects.about("bom", draft.pk).exclude(actor=None).values_list("actor", flat=True)
    return {*changed, draft.drafted_by_id or 0}


def _draft_of(bom: Bom) -> str:
    return f"Draft of revision {bom.revision}"


def _why(reason: str) -> str:
    reason = ledger.check_text(reason.strip(), field="reason", limit=500)
    if not reason:
        raise ledger.ReasonRequired("Why?", now="Say it in a few words.", fields={"reason": "missing"})
    return reason
