"""Sending to a printer: a row is the job, a worker only wakes up for it. Tried again while the printer is away.

A printer that took a label and lost the answer gets it a second time: better twice than never; the record says how often.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from traceability.ledger import BadInput, Refusal
from traceability.models import LabelPrint, PrintState

log = logging.getLogger(__name__)

ATTEMPTS = 6
PAUSES = (5, 15, 60, 300, 900)  # seconds after the first, second … time
TIMEOUT = 5.0
SILENCE = timedelta(seconds=90)
KEPT = timedelta(days=7)


class PrinterNotAllowed(BadInput):
    code = "printer_not_allowed"


def check_address(address: str) -> None:
    """Only an address in the plant's own networks; never a name, so that nothing can be made to point elsewhere."""
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError as error:
        raise PrinterNotAllowed(
            f"“{address[:40]}” is not an address.",
            now="Type it as numbers, such as 192.168.1.50.",
            fields={"address": address[:40]},
        ) from error
    mapped = getattr(wanted, "ipv4_mapped", None) or wanted
    networks = [ipaddress.ip_network(network) for network in settings.PRINTER_NETWORKS]
    if not any(mapped.version == network.version and mapped in network for network in networks):
        raise PrinterNotAllowed(
            f"{address} is not in the plant's own network.", "Labels are sent to private addresses alone.", "Check the address, or ask the administrator.",
            fields={"address": address},
        )  # fmt: skip


def wake(act_id: int) -> None:
    """Tell a worker. A broker that is away loses nothing: the sweep finds the row."""
    from traceability.tasks import send_labels

    try:
        send_labels.apply_async([act_id], retry=False)
    except Exception:
        log.warning("The broker is away; labels %s wait for the sweep.", act_id)


def send(act_id: int) -> str:
    """In the worker: send what waits. Only one worker claims the row. Returns its state."""
    with transaction.atomic():
        rows = LabelPrint.objects.select_for_update(skip_locked=True, of=("self",)).select_related("printer")
        act = rows.filter(pk=act_id, state=PrintState.WAITING).first()
        if act is None or act.printer is None:
            return ""
        if act.next_at and act.next_at > timezone.now():
            return PrintState.WAITING
        LabelPrint.objects.filter(pk=act_id).update(
            state=PrintState.SENDING, attempts=act.attempts + 1, next_at=timezone.now() + SILENCE
        )
    try:
        check_address(act.printer.address)  # again: the settings may be stricter than when it was asked for
        with socket.create_connection((act.printer.address, act.printer.port), timeout=TIMEOUT) as line:
            line.sendall(bytes(act.content))
            line.shutdown(socket.SHUT_WR)
    except (OSError, Refusal) as error:
        return _failed(act, error)
    LabelPrint.objects.filter(pk=act_id).update(
        state=PrintState.SENT, sent_at=timezone.now(), next_at=None, error=""
    )
    return PrintState.SENT


def _failed(act: LabelPrint, error: Exception) -> str:
    tried = act.attempts + 1
    is_over = tried >= ATTEMPTS or isinstance(error, Refusal)
    told = (
        error.sentence
        if isinstance(error, Refusal)
        else f"{act.printer} does not answer ({type(error).__name__})."
    )
    state = PrintState.FAILED if is_over else PrintState.WAITING
    pause = None if is_over else timezone.now() + timedelta(seconds=PAUSES[min(tried, len(PAUSES)) - 1])
    LabelPrint.objects.filter(pk=act.pk).update(state=state, next_at=pause, error=told[:200])
    return state


def sweep() -> int:
    """Each minute: what waits for its time, or was left half-sent, is sent again; old content goes. Returns how many were woken."""
    now = timezone.now()
    LabelPrint.objects.filter(state=PrintState.SENDING, next_at__lt=now).update(state=PrintState.WAITING)
    due = LabelPrint.objects.filter(state=PrintState.WAITING).filter(
        Q(next_at__isnull=True) | Q(next_at__lte=now)
    )
    waiting = list(due.order_by("pk").values_list("pk", flat=True)[:200])
    for act_id in waiting:
        wake(act_id)
    done = [PrintState.SENT, PrintState.OPENED, PrintState.FAILED]
    LabelPrint.objects.filter(state__in=done, at__lt=now - KEPT).exclude(content=b"").update(content=b"")
    return len(waiting)


def try_again(act: LabelPrint) -> None:
    """Send a failed print once more, as it was."""
    done = LabelPrint.objects.filter(pk=act.pk, state=PrintState.FAILED).exclude(content=b"").update(
        state=PrintState.WAITING, attempts=0, next_at=timezone.now(), error=""
    )  # fmt: skip
    if not done:
        raise BadInput(
            "This print cannot be sent again.", "It did not fail, or it is too old.", "Print the label anew."
        )
    transaction.on_commit(lambda: wake(act.pk))
