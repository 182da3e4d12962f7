"""Units put together one by one: each is a run of its own, so that component serial 17 is in unit 17 and in no other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from production.models import WorkOrder
from production.services.making import Made, report_output
from production.services.ordering import locked
from production.services.running import start_run
from production.services.taking_out import Returned, remove_from_run
from production.services.using import Issued, issue
from traceability import ledger
from traceability.models import Entry, Location, Run, RunLot, RunRole, Tracking

if TYPE_CHECKING:
    from traceability.models import Item, Person


@transaction.atomic
def assemble_unit(
    *,
    work_order: WorkOrder,
    item: Item,
    serial: str,
    parts: Sequence[Issued],
    actor: Person,
    client: str,
    key: str,
    location: Location | None = None,
    reason: str = "",
) -> Entry:
    """One unit of a serial item with what went into it: a run, an issue and an output, all or none. Returns the output."""
    order = locked(work_order)
    earlier = Entry.objects.filter(keys__client=client, keys__key=f"{key}/output").first()
    if earlier is None:
        if item.tracking != Tracking.SERIAL:
            raise ledger.BadInput(
                f"{item.name} has no serials.", now="Report it as a quantity.", fields={"item": item.code}
            )
        if not parts:
            raise ledger.BadInput("What went into it?", now="Scan its parts.", fields={"parts": "empty"})
    run = _run_for(order, serial, earlier, actor=actor, client=client, key=key)
    issue(
        work_order=order, lots=parts, run=run, reason=reason, actor=actor, client=client, key=f"{key}/issue"
    )
    made = Made(
        item=item, quantity=Decimal(1), lot_number=serial, location=location, evidence=parts[0].evidence
    )
    return report_output(
        work_order=order, outputs=[made], run=run, actor=actor, client=client, key=f"{key}/output"
    )


@transaction.atomic
def replace_part(
    *,
    work_order: WorkOrder,
    run: Run,
    taken_out: Returned,
    put_in: Issued,
    reason: str,
    actor: Person,
    client: str,
    key: str,
) -> tuple[Entry, Entry]:
    """A part of a unit gives way to another: the one was in it and is not any more, the other is in it from now on."""
    removal = remove_from_run(
        work_order=work_order,
        run=run,
        lots=[taken_out],
        reason=reason,
        actor=actor,
        client=client,
        key=f"{key}/out",
    )
    put = issue(
        work_order=work_order,
        run=run,
        lots=[put_in],
        reason=reason,
        actor=actor,
        client=client,
        key=f"{key}/in",
    )
    return removal, put


def _run_for(
    order: WorkOrder, serial: str, earlier: Entry | None, *, actor: Person, client: str, key: str
) -> Run:
    """The run of this unit: that of the first send, the order's first run while it is empty, else a new one."""
    if earlier is not None:
        movement = earlier.movements.select_related("run__site").first()
        assert movement is not None
        assert movement.run is not None
        return movement.run
    known = RunLot.objects.filter(
        run__document=order.number, role=RunRole.OUTPUT, lot__number=serial, quantity__gt=0
    )
    if known.exists():
        raise ledger.LotNumberTaken(item=str(order.item or order.product), numbers=[serial])
    if not RunLot.objects.filter(run=order.run_id).exists():
        return order.run
    return start_run(work_order=order, note=f"Unit {serial}", actor=actor, client=client, key=f"{key}/run")
