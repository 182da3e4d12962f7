"""What happens to an order beside its lots: the line stops and goes on, the plan is changed, it is given up, opened again, or an act is taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from production import services
from production.models import Pulling, StopCause, WorkOrder
from production.views import pages
from production.views.line import REASON, moment_of
from traceability import units
from traceability.forms.fields import Day
from traceability.ledger import plain
from traceability.models import Entry
from traceability.views import editing, refusals, second_person
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "client": client_of(request), "key": key_of(request)}


def _said(request: HttpRequest, name: str = "reason") -> str:
    return request.POST.get(name, "").strip()[:REASON]


# The line stands still, and goes on.


def stand_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    step = order.steps.filter(verb="stop").order_by("-id").first() if order.stopped_at else None
    return pages.drawn(request, "production/stand.html", order, causes=StopCause.choices, step=step)


@needs("production.report", "qc.inspect", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(stand_page)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Why the line stands still, or that it goes on."""
    if request.method != "POST":
        return stand_page(request, pk)
    order = services.stop(
        work_order=pages.order_of(pk), cause=request.POST.get("cause", ""), note=_said(request, "note"), occurred_at=moment_of(request), **_who(request)
    )  # fmt: skip
    messages.success(request, f"{order.number} stands still.\nNothing is issued or reported until it goes on.", extra_tags="ok")  # fmt: skip
    return redirect("production:order", pk)


@needs("production.report", "qc.inspect", about=WorkOrder)
@require_http_methods(["POST"])
@refusals.shown_on(stand_page)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    order = services.resume(
        work_order=pages.order_of(pk), note=_said(request, "note"), occurred_at=moment_of(request), **_who(request)
    )  # fmt: skip
    messages.success(request, f"{order.number} goes on.", extra_tags="ok")
    return redirect("production:order", pk)


# The plan.


def replan_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    quantity = order.planned_quantity
    return pages.drawn(
        request, "production/replan.html", order, pullings=Pulling.choices, planned="" if quantity is None else plain(quantity).replace(",", "")
    )  # fmt: skip


@needs("production.plan", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(replan_page)
def replan(request: HttpRequest, pk: int) -> HttpResponse:
    """Other days, another quantity, another way of pulling: while nothing went in."""
    if request.method != "POST":
        return replan_page(request, pk)
    order, quantity = pages.order_of(pk), request.POST.get("planned_quantity", "").strip()
    changes: dict[str, Any] = {
        name: editing.checked(Day(required=False), request.POST.get(name, ""), name=name)
        for name in ("planned_on", "due_on")
    }
    wanted = units.parse_quantity(quantity, field="planned_quantity") if quantity else None
    if wanted != order.planned_quantity:
        changes["planned_quantity"] = wanted
    pulling = request.POST.get("pulling", "")
    changes["pulling"] = pulling if pulling in Pulling.values else order.pulling
    changes["note"] = request.POST.get("note", "").strip()[:2000]
    services.change_plan(work_order=order, changes=changes, actor=actor_of(request))
    messages.success(request, f"The plan of {order.number} is changed.", extra_tags="ok")
    return redirect("production:order", pk)


def give_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    return pages.drawn(request, "production/give_up.html", pages.order_of(pk))


@needs("production.plan", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(give_up_page)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return give_up_page(request, pk)
    order = services.cancel(work_order=pages.order_of(pk), reason=_said(request), **_who(request))
    messages.success(request, f"{order.number} is cancelled.\nWhat was promised to it is free again.", extra_tags="ok")  # fmt: skip
    return redirect("production:order", pk)


def reopen_page(request: HttpRequest, pk: int) -> HttpResponse:
    return pages.drawn(request, "production/reopen.html", pages.order_of(pk))


@needs("production.close", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(reopen_page)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """A closed order takes entries again, by two persons."""
    if request.method != "POST":
        return reopen_page(request, pk)
    order = services.reopen(
        work_order=pages.order_of(pk), reason=_said(request), second_person=second_person.given(request), **_who(request)
    )  # fmt: skip
    messages.success(request, f"{order.number} is open again.", extra_tags="ok")
    return redirect("production:order", pk)


# An act is taken back.


def undo_page(request: HttpRequest, pk: int, seq: int) -> HttpResponse:
    order = pages.order_of(pk)
    entry = _entry(order, seq)
    lines = entry.movements.select_related("lot__item", "origin", "destination").order_by("line")
    context: dict[str, Any] = {
        "entry": entry,
        "lines": list(lines[:50]),
        "line_count": lines.count(),
        "alone": services.can_undo(entry, order, actor_of(request)),
    }
    return pages.drawn(request, "production/undo.html", order, **context)


@needs("traceability.reverse_own", "traceability.reverse", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(undo_page)
def undo(request: HttpRequest, pk: int, seq: int) -> HttpResponse:
    """Take back an issue, output, return or scrap: one's own of this shift alone, any other by two."""
    if request.method != "POST":
        return undo_page(request, pk, seq)
    order = pages.order_of(pk)
    done = services.undo(
        work_order=order, entry=_entry(order, seq), reason=_said(request), second_person=second_person.given(request), **_who(request)
    )  # fmt: skip
    return pages.told(request, order, f"Entry {seq:,} is taken back.", done)


def _entry(order: WorkOrder, seq: int) -> Entry:
    return get_object_or_404(
        Entry.objects.select_related("actor"), seq=seq, document=order.number, kind__in=services.UNDONE_KINDS
    )
