"""Codes that were met at the dock and should mean an item: worth nothing before somebody else approved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from receiving.rights import APPROVE
from traceability import ledger, permits
from traceability.models import CodeAlias

if TYPE_CHECKING:
    from traceability.models import Person


@transaction.atomic
def approve_code(*, alias: CodeAlias, actor: Person) -> CodeAlias:
    """From now on a scan of the code means the item. Not by whoever asked for it, and one meaning at a time."""
    permits.require(actor, APPROVE, to="approve a code")
    row = (
        CodeAlias.objects.select_for_update(of=("self",))
        .select_related("item", "location", "asked_by")
        .get(pk=alias.pk)
    )
    if row.approved_by_id or row.ended_at:
        return row
    if row.asked_by_id == actor.pk:
        raise ledger.SamePerson(
            "Somebody else approves a code that you asked for.",
            "Two persons look better than one.",
            "Ask a colleague.",
        )
    standing = CodeAlias.objects.approved().filter(code=row.code).select_related("item", "location").first()
    if standing:
        raise ledger.BadInput(
            f"{row.code} means {standing.item or standing.location} already.",
            now="End that meaning first.",
            fields={"code": row.code},
        )
    row.approved_by, row.approved_at = actor, timezone.now()
    row.save(update_fields=["approved_by", "approved_at"])
    return row


@transaction.atomic
def end_code(*, alias: CodeAlias, actor: Person) -> CodeAlias:
    """Refuse a code, or take its meaning back. What was received under it stays."""
    permits.require(actor, APPROVE, to="end the meaning of a code")
    CodeAlias.objects.filter(pk=alias.pk, ended_at__isnull=True).update(
        ended_at=timezone.now(), ended_by=actor
    )
    return CodeAlias.objects.get(pk=alias.pk)
