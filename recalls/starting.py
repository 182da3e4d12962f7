"""What a case starts from, changed while it is open; and the reading of its links, with what each choice does to the scope."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from recalls import seeing, services
from recalls.comparing import difference
from recalls.finding import starts_for
from recalls.forms import FreezeForm, new_key
from recalls.models import Recall
from recalls.phrases import BASES
from recalls.views import ROWS, asked_starts, sets_of
from traceability import reach
from traceability.genealogy import Reading
from traceability.ledger import BadInput
from traceability.models import Lot
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs

READINGS = (
    ("narrow", "Links", "All links", "Without inferred ones"),
    ("contains_now", "Parts", "Ever in it", "In it now"),
    ("time_aware", "Time", "Whole run", "Only after it went in"),
)


@needs("recalls.open", "recalls.open_mock", about=Recall)
def starts(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The starts with their reasons, and what else may be one."""
    recall = get_object_or_404(Recall, pk=pk)
    there = list(reach.seen(recall.starts.select_related("lot__item", "lot__supplier", "added_by")))
    texts, sets, unknown = asked_starts(request), [], []
    for text in texts:
        try:
            found = starts_for(text)
        except BadInput as refusal:
            found = []
            request.refusal = refusal  # type: ignore[attr-defined]
        sets += [(text, row) for row in found]
        if not found:
            unknown.append(text)
    known = {start.lot_id for start in there if start.is_included}
    rows = sets_of(sets, None)
    for row in rows:
        row["lots"] = [
            (lot, is_ticked and lot.pk not in known, lot.pk in known) for lot, is_ticked in row["lots"]
        ]
    context = {
        "recall": recall,
        "starts": there,
        "texts": texts,
        "sets": rows,
        "unknown": unknown,
        "bases": BASES,
        "key": request.POST.get("key") or new_key(),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "recalls/starts.html", context)


@needs("recalls.open", "recalls.open_mock", about=Recall)
@require_POST
@refusals.shown_on(starts)
def add(request: HttpRequest, pk: int) -> HttpResponse:
    recall = get_object_or_404(Recall, pk=pk)
    chosen = [key for key in request.POST.getlist("lot") if key.isascii() and key.isdigit() and len(key) < 19]
    lots = reach.seen(Lot.objects.filter(pk__in=chosen)).select_related("item", "supplier")
    services.add_start(
        recall=recall, lots=lots, reason=request.POST.get("reason", ""), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, "The starts are changed.\nFreeze the scope again: it says what is new.", extra_tags="ok"
    )
    return redirect("recalls:starts", pk)


@needs("recalls.open", "recalls.open_mock", about=Recall)
@require_POST
@refusals.shown_on(starts)
def exclude(request: HttpRequest, pk: int) -> HttpResponse:
    recall = get_object_or_404(Recall, pk=pk)
    told = request.POST.get("exclude", "")
    lot = get_object_or_404(
        reach.seen(Lot.objects.all()),
        pk=int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0,
    )
    services.exclude_start(
        recall=recall, lot=lot, reason=request.POST.get("reason", ""), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{lot.number} is left out.\nThe reason stands in the log.", extra_tags="ok")
    return redirect("recalls:starts", pk)


def reading_of(sent: Any) -> Reading:
    return Reading(**{name: sent.get(name) == "yes" for name, *_ in READINGS})


@needs("recalls.freeze", "recalls.open_mock", about=Recall)
def freeze_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose how links are read, see what that changes, then freeze."""
    recall = get_object_or_404(Recall, pk=pk)
    reading = reading_of(request.POST if request.method == "POST" else request.GET)
    person = actor_of(request)
    scope = seeing.seen_scope(services.live_scope(recall, reading), person)
    widest = scope if reading.is_widest else seeing.seen_scope(services.live_scope(recall), person)
    latest = recall.latest_revision
    context = {
        "recall": recall,
        "scope": scope,
        "widest": widest,
        "latest": latest,
        "switches": [
            {"name": name, "label": label, "off": off, "on": on, "is_on": getattr(reading, name)}
            for name, label, off, on in READINGS
        ],
        "words": services.reading_words(reading),
        "is_widest": reading.is_widest,
        "leaves_out": difference(widest, scope) if not reading.is_widest else {},
        "since": difference(seeing.seen_scope(latest.scope, person), scope) if latest else {},
        "left_out": scope.left_out[:ROWS],
        "number": latest.number + 1 if latest else 1,
        "key": request.POST.get("key") or new_key(),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "recalls/freeze.html", context)


@needs("recalls.freeze", "recalls.open_mock", about=Recall)
@refusals.shown_on(freeze_page)
def freeze(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET shows what the chosen reading does; POST freezes the scope as it stands now, read so."""
    if request.method != "POST":
        return freeze_page(request, pk)
    recall = get_object_or_404(Recall, pk=pk)
    form = FreezeForm(request.POST)
    if not form.is_valid():
        raise BadInput(
            "This form has lost its key.",
            "Without it a second click could do the thing twice.",
            "Load the page again.",
        )
    revision = services.freeze_scope(
        recall=recall, actor=actor_of(request), client=client_of(request), key=form.cleaned_data["key"],
        reading=reading_of(request.POST), reason=request.POST.get("reason", ""),
    )  # fmt: skip
    messages.success(
        request,
        f"The scope is frozen as rev {revision.number}, entry {revision.seq:,}.\nIt prints the same on any day.",
        extra_tags="ok",
    )
    return redirect("recalls:case", pk)
