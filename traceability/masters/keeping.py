"""The one road by which master data is written: locked, compared with what was seen, noted with who and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, models, transaction
from django.db.models import Max

from traceability import changes, ledger, permits
from traceability.masters.uses import uses_of
from traceability.models import Change

if TYPE_CHECKING:
    from traceability.forms.base import MasterForm, Rows
    from traceability.models import Person

WHY = 500


class FieldsRefused(ledger.BadInput):
    """What is wrong stands beside each field. Nothing was recorded."""

    code: ClassVar[str] = "bad_input"

    def __init__(self, fields: dict[str, str]):
        first = next(iter(fields.values()), "")
        many = f"{len(fields)} fields need a look." if len(fields) > 1 else "One field needs a look."
        super().__init__(
            "Nothing was recorded.", f"{many} {first}", "What you entered is kept below.", fields=fields
        )


class Changed(ledger.Refusal):
    """Somebody changed the record since it was read."""

    code: ClassVar[str] = "changed_meanwhile"
    status: ClassVar[int] = 409

    def __init__(self, told: Sequence[changes.Told]):
        self.told = list(told)
        last = self.told[0]
        super().__init__(
            f"{last.by.capitalize() if last.by == changes.DATABASE else last.by} changed this record while you were at it.",
            "; ".join(f"{t.what}: {t.sentence}" if t.part else t.sentence for t in self.told if t.sentence)[:600] + ".",
            "Your input is kept. What you did not touch shows the new state; look it over and save again.",
            fields={"seen": str(last.change.pk)},
        )  # fmt: skip


class StillInUse(ledger.Refusal):
    code: ClassVar[str] = "still_in_use"
    status: ClassVar[int] = 409


def seen_of(kind: str, noun: models.Model | None) -> int:
    """What was last noted of a record: the state that a form shows. Catches changes by whatever way, parts included."""
    if noun is None or noun.pk is None:
        return 0
    return Change.objects.about(kind, noun.pk).aggregate(last=Max("id"))["last"] or 0


@transaction.atomic
def keep(
    *,
    kind: str,
    form: MasterForm,
    parts: Sequence[Rows] = (),
    actor: Person,
    reason: str,
    seen: int | None = None,
    right: str = "traceability.change_masters",
) -> Any:
    """Save a record with its parts. A new one needs no reason; a changed one does.

    Raises NotPermitted, FieldsRefused, ReasonRequired, and Changed when `seen` is not the last state any more. `seen` None
    is for callers that compared it themselves.
    """
    permits.require(actor, right, to=f"change a {kind.replace('_', ' ')}")
    is_new = form.instance.pk is None
    if not is_new:
        type(form.instance)._default_manager.select_for_update(of=("self",)).get(pk=form.instance.pk)
        if seen is not None:
            _is_as_seen(kind, form.instance, seen)
    _are_valid(form, parts)
    reason = _why(
        reason, is_needed=not is_new and (form.has_changed() or any(part.has_changed() for part in parts))
    )
    try:
        with transaction.atomic(), changes.noting(actor=actor, reason=reason):
            noun = form.save()
            for part in parts:
                part.instance = noun
                part.save()
    except IntegrityError as error:
        # Somebody else took the code at this moment: the constraint is the judge, the form said so too late.
        raise FieldsRefused(
            {form.code_field: "This is taken, since a moment ago. Choose another one."}
        ) from error
    return noun


@transaction.atomic
def retire(
    *,
    kind: str,
    noun: Any,
    is_active: bool,
    actor: Person,
    reason: str,
    anyway: bool = False,
    right: str = "traceability.change_masters",
) -> Any:
    """Take a record out of use, or back into it. Nothing is deleted: what names it goes on naming it.

    Raises StillInUse with what uses it, unless it is to be retired `anyway`.
    """
    permits.require(actor, right, to=f"retire a {kind.replace('_', ' ')}")
    row = type(noun)._default_manager.select_for_update(of=("self",)).get(pk=noun.pk)
    reason = _why(reason, is_needed=True)
    if row.is_active and not is_active and not anyway and (uses := uses_of(row)):
        raise StillInUse(
            f"{row} is still in use: {', '.join(uses)}.",
            "",
            "Clear that first, or say that it is meant.",
            fields={"anyway": uses},
        )
    if row.is_active != is_active:
        row.is_active = is_active
        with changes.noting(actor=actor, reason=reason):
            row.save(update_fields=["is_active"])
    return row


def _is_as_seen(kind: str, noun: models.Model, seen: int) -> None:
    later = Change.objects.about(kind, noun.pk).filter(id__gt=seen).select_related("actor")
    told = changes.tell(later)
    if told:
        raise Changed(told)


def _are_valid(form: MasterForm, parts: Sequence[Rows]) -> None:
    is_good = form.is_valid()
    for part in parts:
        is_good &= part.is_valid()
    if not is_good:
        problems = form.tell()
        for part in parts:
            problems |= part.tell()
        raise FieldsRefused(problems)


def _why(reason: str, *, is_needed: bool) -> str:
    reason = ledger.check_text(reason.strip(), field="reason", limit=WHY)
    if is_needed and not reason:
        raise ledger.ReasonRequired(
            "Why is it changed?",
            "Each change of master data is kept with its reason.",
            "Say it in a few words.",
            fields={"reason": "missing"},
        )
    return reason
