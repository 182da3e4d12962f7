"""What the pages of one order share: the order, its places, the key of a form, and what was typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from production.models import WorkOrder
from traceability.ledger import plain
from traceability.models import Container, Entry, Location, Lot, Run
from traceability.views.keys import new_key

BOXES = {"container__isnull": True}


def order_of(pk: int) -> WorkOrder:
    rows = WorkOrder.objects.select_related(
        "item__default_location",
        "line",
        "site",
        "bom__rework_item",
        "bom__item",
        "run__site",
        "released_by",
        "closed_by",
    )
    return get_object_or_404(rows, pk=pk)


def places_at(order: WorkOrder) -> QuerySet[Location]:
    return (
        Location.objects.inside()
        .filter(site=order.site_id, is_active=True)
        .select_related("site")
        .order_by("code")
    )


def place_called(order: WorkOrder, code: str) -> Location | None:
    return places_at(order).filter(code=code.strip()).first() if code.strip() else None


def runs_to_choose(order: WorkOrder) -> list[Run]:
    """Nothing to choose where there is only one."""
    runs = list(Run.objects.filter(document=order.number).order_by("-number")[:500])
    return runs if len(runs) > 1 else []


def run_called(request: HttpRequest, order: WorkOrder) -> Run | None:
    number = request.POST.get("run", "")
    return (
        Run.objects.select_related("site").filter(document=order.number, number=int(number)).first()
        if number.isdigit() and len(number) < 9
        else None
    )


def key_for(request: HttpRequest) -> str:
    """The key of a form that is drawn: after a refusal the same, because nothing was recorded under it."""
    refusal = getattr(request, "refusal", None)
    sent = request.POST.get("key", "")
    return (
        sent if sent and getattr(refusal, "code", "") != "key_reused" and 8 <= len(sent) <= 64 else new_key()
    )


def drawn(request: HttpRequest, template: str, order: WorkOrder, **context: Any) -> HttpResponse:
    typed = request.POST or request.GET
    runs = [(str(run.number), f"Run {run.number}") for run in runs_to_choose(order)]
    return render(
        request, template, {"order": order, "typed": typed, "key": key_for(request), "runs": runs} | context
    )


def options(rows: Any) -> list[tuple[str, str]]:
    return [(place.code, f"{place.code} {place.name}".strip()) for place in rows]


def told(
    request: HttpRequest, order: WorkOrder, words: str, entry: Entry, url_name: str = "production:order"
) -> HttpResponse:
    messages.success(request, f"{words}\nEntry {entry.seq:,}.", extra_tags="ok")
    return redirect(url_name, order.pk)


def told_before(
    request: HttpRequest, order: WorkOrder, entry: Entry, url_name: str = "production:order"
) -> HttpResponse:
    messages.info(
        request,
        f"This form was recorded already, as entry {entry.seq:,}.\nNothing was recorded twice. To record more, fill in a new form.",
    )
    return redirect(url_name, order.pk)


def amount(quantity: Any, lot: Lot, unit: str = "") -> str:
    return f"{plain(quantity)} {unit or lot.item.unit} of {lot.number}"


def box_text(box: Container | None) -> str:
    return f" in {box}" if box else ""


def link(name: str, order: WorkOrder, **query: str) -> str:
    from urllib.parse import urlencode

    return f"{reverse(name, args=[order.pk])}?{urlencode(query)}" if query else reverse(name, args=[order.pk])
