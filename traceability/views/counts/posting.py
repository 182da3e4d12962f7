"""Post a count: its differences, why, and who confirms the large ones. And giving it up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from traceability import stock
from traceability.models import Count, LineState
from traceability.views import refusals, second_person, taking
from traceability.views.counts.lists import sees_record
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.scope import sites_of


@needs("traceability.count", about=Count)
@refusals.shown_on(lambda request, pk: _page(request, pk))
def post_count(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _page(request, pk)
    count = _count(request, pk)
    entries = stock.post_count(
        count=count, reason=request.POST.get("reason", "").strip()[:2000], leave_open=request.POST.get("leave_open") == "yes",
        second_person=second_person.given(request), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    told = (
        ", ".join(f"entry {entry.seq}" for entry in entries) or "everything agreed, nothing had to be posted"
    )
    messages.success(request, f"{count.number} is posted.\n{told.capitalize()}.")
    return redirect("traceability:count", pk)


@require_POST
@needs("traceability.count", about=Count)
def cancel_count(request: HttpRequest, pk: int) -> HttpResponse:
    count = stock.cancel_count(
        count=_count(request, pk),
        reason=request.POST.get("reason", "").strip()[:2000],
        actor=actor_of(request),
    )
    messages.success(
        request, f"{count.number} is given up.\nNothing was posted; what was counted stays on it."
    )
    return redirect("traceability:count", pk)


@require_POST
@needs("traceability.count", about=Count)
def settle_line(request: HttpRequest, pk: int) -> HttpResponse:
    """An unknown label: say which lot it is, or set it aside with a reason. Any line may be set aside."""
    count = _count(request, pk)
    text = request.POST.get("line", "")
    line = get_object_or_404(count.lines, pk=int(text) if text.isdigit() and len(text) < 18 else 0)
    number = request.POST.get("lot", "").strip()
    if number:
        stock.identify(
            line=line, lot=taking.lot_of(number), actor=actor_of(request), client=client_of(request), key=key_of(request)
        )  # fmt: skip
        messages.success(request, f"{line.label} is {number}.")
    else:
        stock.set_aside(line=line, note=request.POST.get("note", ""), actor=actor_of(request))
        messages.success(request, "The line is set aside.")
    return redirect("traceability:count", pk)


@needs("traceability.view_ledger", about=Count)
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The count on paper: lines by place with an empty box; the record only where it is not blind."""
    count = _count(request, pk)
    lines = count.lines.filter(lot__isnull=False).select_related("lot__item", "location", "container")
    places: dict[str, list[Any]] = {}
    for line in lines.order_by("location__code", "lot__item__code", "lot__number", "pk"):
        places.setdefault(line.location.code, []).append(line)
    return render(
        request, "traceability/counts/sheet.html", {"count": count, "places": list(places.items()), "sees_record": not count.is_blind}
    )  # fmt: skip


def _count(request: HttpRequest, pk: int) -> Count:
    return get_object_or_404(Count.objects.select_related("site"), pk=pk, site__in=sites_of(request))


def _page(request: HttpRequest, pk: int) -> HttpResponse:
    count = _count(request, pk)
    lines = count.lines.select_related("lot__item", "location", "container", "origin")
    differing = list(lines.filter(state=LineState.COUNTED, lot__isnull=False).exclude(Q(counted=F("expected"))).order_by("location__code", "lot__number"))  # fmt: skip
    for line in differing:
        line.is_large = not stock.is_within(line)  # type: ignore[attr-defined]
    refusal = getattr(request, "refusal", None)
    context = {
        "count": count,
        "differing": differing if sees_record(count, actor_of(request)) or count.lines.filter(state__in=[LineState.OPEN, LineState.AGAIN]).count() == 0 else [],
        "differ_count": len(differing),
        "large": sum(line.is_large for line in differing),  # type: ignore[attr-defined]
        "agreeing": lines.filter(state=LineState.COUNTED, counted=F("expected")).count(),
        "open_lines": lines.filter(state=LineState.OPEN).count(),
        "again": lines.filter(state=LineState.AGAIN).count(),
        "unknown": lines.filter(lot__isnull=True, state=LineState.COUNTED).count(),
        "typed": request.POST, "key": request.POST.get("key") or new_key(),
    }  # fmt: skip
    return render(
        request, "traceability/counts/post.html", context, status=refusal.status if refusal else 200
    )
