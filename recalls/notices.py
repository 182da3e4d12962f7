"""Notices of a case: who was told, how, and what they answered; the letter itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from recalls import notifying, seeing
from recalls.models import Contact, Notice, Recall
from traceability.lists import csv_of
from traceability.models import Site
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

VIEW, NOTIFY, CUSTOMERS = "recalls.view", "recalls.notify", "traceability.view_customers"


def _check_customers(request: HttpRequest) -> None:
    if not request.user.has_perm(CUSTOMERS):  # type: ignore[union-attr]
        raise PermissionDenied(f"Notices name customers. They need the right {CUSTOMERS}.")


@needs(VIEW, about=Recall)
def notices(request: HttpRequest, pk: int) -> Any:
    """Every customer of the newest frozen revision: told or not, answered or not, and what is still open there."""
    _check_customers(request)
    recall = get_object_or_404(Recall, pk=pk)
    revision = recall.latest_revision
    if revision:
        seeing.check_whole(revision, actor_of(request))
    rows = notifying.standings(revision) if revision else []
    customers = len(revision.scope.customers) if revision else 0
    if request.GET.get("format") == "csv":
        heads = [
            "Customer",
            "Name",
            "Unit",
            "Out",
            "Told",
            "How",
            "Attempts",
            "Replied",
            *notifying.PARTS.values(),
            "Open",
            "Note",
        ]
        return csv_of(f"{recall.number}-notices", heads, _lines(rows))
    context = {
        "recall": recall,
        "revision": revision,
        "rows": rows,
        "customers": customers,
        "told": sum(row.sent is not None for row in rows),
        "replied": sum(row.reply is not None for row in rows),
        "missing": customers - len(rows),
        "may": request.user.has_perm(NOTIFY) and recall.is_open,  # type: ignore[union-attr]
        "older": Notice.objects.filter(recall=recall).exclude(revision=revision).count() if revision else 0,
    }
    return render(request, "recalls/notices.html", context)


def _lines(rows: list[notifying.Standing]) -> Any:
    for row in rows:
        for unit, out in row.out.items():
            told = row.answered.get(unit, {})
            yield [
                row.notice.party.code, row.notice.party.name, unit, out, row.sent.at if row.sent else None, row.sent.get_kind_display() if row.sent else "",
                row.attempts, row.reply.at if row.reply else None, *(told.get(part) for part in notifying.PARTS), row.open[unit],
                row.reply.note if row.reply else "",
            ]  # fmt: skip


@needs(NOTIFY, about=Recall)
@require_POST
@refusals.shown_on(lambda request, pk: notices(request, pk))  # type: ignore[arg-type, return-value]
def make(request: HttpRequest, pk: int) -> HttpResponse:
    recall = get_object_or_404(Recall, pk=pk)
    made = notifying.make_notices(recall=recall, actor=actor_of(request))
    messages.success(
        request,
        f"{len(made):,} notice{'s are' if len(made) != 1 else ' is'} ready.\nEach names that customer's lots only.",
        extra_tags="ok",
    )
    return redirect("recalls:notices", pk)


@needs(VIEW, about=Notice)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer: what they got, all contacts, and the next one."""
    _check_customers(request)
    row = get_object_or_404(Notice.objects.select_related("recall", "revision", "party", "made_by"), pk=pk)
    seeing.check_whole(row.revision, actor_of(request))
    (standing,) = notifying.standing_of([row])
    context = {
        "notice": row,
        "recall": row.recall,
        "standing": standing,
        "contacts": list(row.party.contacts.order_by("-is_for_recalls", "name")),
        "kinds": Contact.choices,
        "parts": notifying.PARTS,
        "units": list(standing.out),
        "key": request.POST.get("key") or new_key(),
        "sent": request.POST,
        "may": request.user.has_perm(NOTIFY) and row.recall.is_open,  # type: ignore[union-attr]
    }
    return render(request, "recalls/notice.html", context)


@needs(NOTIFY, about=Notice)
@require_POST
@refusals.shown_on(lambda request, pk: notice(request, pk))  # type: ignore[arg-type, return-value]
def record(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Notice.objects.select_related("recall", "party"), pk=pk)
    sent = request.POST
    units = list(notifying.Standing(row).out)
    amounts = {
        unit: {part: sent.get(f"{part}_{number}", "") for part in notifying.PARTS}
        for number, unit in enumerate(units)
    }
    event = notifying.record(
        notice=row, kind=sent.get("kind", ""), spoke_to=sent.get("spoke_to", ""), note=sent.get("note", "")[:4000], amounts=amounts,
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{event.get_kind_display()}: on record.", extra_tags="ok")
    return redirect("recalls:notice", pk)


@needs(VIEW, about=Notice)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter, to be printed or saved as PDF by the browser."""
    _check_customers(request)
    row = get_object_or_404(Notice.objects.select_related("recall", "revision", "party"), pk=pk)
    seeing.check_whole(row.revision, actor_of(request))
    context = {
        "notice": row,
        "recall": row.recall,
        "site": Site.objects.order_by("pk").first(),
        "today": timezone.localdate(),
        "contact": row.party.contacts.order_by("-is_for_recalls", "name").first(),
        "standing": notifying.Standing(row),
    }
    return render(request, "recalls/letter.html", context)
