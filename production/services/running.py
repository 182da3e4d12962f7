"""An order at work: another run for a shift, a tank draw or a unit; the line stands still, and goes on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from production.models import StopCause, WorkOrder, WorkOrderStatus, WorkOrderStep
from production.services.ordering import locked
from production.services.using import WorkOrderNotOpen
from traceability import ledger, permits
from traceability.keyed import once
from traceability.models import Location, Run

if TYPE_CHECKING:
    from traceability.models import Person


@transaction.atomic
def start_run(
    *,
    work_order: WorkOrder,
    actor: Person,
    client: str,
    key: str,
    kind: str = "",
    line: Location | None = None,
    note: str = "",
) -> Run:
    """Another run of the order: a new shift, tank draw, line or serial unit. What is in one run is not in the others."""
    permits.require(actor, "production.issue", to="start a run")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status != WorkOrderStatus.RELEASED:
            raise WorkOrderNotOpen(order)
        last = Run.objects.filter(document=order.number).aggregate(last=Max("number"))["last"] or 0
        run = Run.objects.create(
            document=order.number, number=last + 1, kind=kind or order.run.kind, site=order.site, line=line or order.line,
            planned_on=order.planned_on,
        )  # fmt: skip
        return WorkOrderStep.objects.create(
            order=order, verb="start_run", run=run, note=note, by=actor, **keys
        )

    sent = {"verb": "start_run", "order": work_order.pk, "kind": kind}
    sent |= {name: value for name, value in {"line": line and line.pk, "note": note}.items() if value}
    run = once(WorkOrderStep, client=client, key=key, sent=sent, make=make).run
    assert run is not None
    return run


@transaction.atomic
def stop(
    *,
    work_order: WorkOrder,
    cause: str,
    actor: Person,
    client: str,
    key: str,
    note: str = "",
    occurred_at: datetime | None = None,
) -> WorkOrder:
    """The line stands still, and why. Nothing is issued or reported until it goes on; what happened already may be recorded."""
    permits.require(actor, "production.report", "qc.inspect", to="stop a line")
    if cause not in StopCause.values:
        raise ledger.BadInput(
            "Why does it stand still?", now="Choose a cause.", fields={"cause": cause[:20] or "missing"}
        )
    if cause == StopCause.OTHER and not note.strip():
        raise ledger.BadInput("What is it?", now="Say it in a few words.", fields={"note": "missing"})

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.status != WorkOrderStatus.RELEASED:
            raise WorkOrderNotOpen(order)
        if order.stopped_at:
            raise ledger.Refusal(
                f"{order.number} stands still already.",
                now="Let it go on first.",
                fields={"order": order.number},
            )
        order.stopped_at = occurred_at or timezone.now()
        order.save(update_fields=["stopped_at"])
        return WorkOrderStep.objects.create(
            order=order, verb="stop", cause=cause, note=note, by=actor, at=order.stopped_at, **keys
        )

    sent = {"verb": "stop", "order": work_order.pk, "cause": cause, "note": note, "occurred_at": occurred_at}
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return locked(work_order)


@transaction.atomic
def resume(
    *,
    work_order: WorkOrder,
    actor: Person,
    client: str,
    key: str,
    note: str = "",
    occurred_at: datetime | None = None,
) -> WorkOrder:
    """The line goes on."""
    permits.require(actor, "production.report", "qc.inspect", to="let a line go on")

    def make(keys: dict[str, Any]) -> WorkOrderStep:
        order = locked(work_order)
        if order.stopped_at is None:
            raise ledger.Refusal(f"{order.number} does not stand still.", fields={"order": order.number})
        at = occurred_at or timezone.now()
        if at < order.stopped_at:
            raise ledger.BadInput(
                "It cannot go on before it stopped.", now="Check the time.", fields={"occurred_at": str(at)}
            )
        order.stopped_at = None
        order.save(update_fields=["stopped_at"])
        return WorkOrderStep.objects.create(order=order, verb="resume", note=note, by=actor, at=at, **keys)

    sent = {"verb": "resume", "order": work_order.pk, "note": note, "occurred_at": occurred_at}
    once(WorkOrderStep, client=client, key=key, sent=sent, make=make)
    return locked(work_order)
