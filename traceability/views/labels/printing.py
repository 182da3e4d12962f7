"""The page before a label is printed: how it looks, how many, where to; and why, where it was printed before."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from traceability import labels, reach, units
from traceability.labels.printing import printed_before
from traceability.labels.sizes import ROLLS
from traceability.ledger import BadInput, Refusal
from traceability.lists.selection import chosen
from traceability.models import (
    Container,
    EntryKind,
    Item,
    LabelPrint,
    Location,
    Lot,
    Movement,
    Printer,
    PrinterKind,
    PrintState,
)
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs
from traceability.views.stock.scope import places_of, sites_of

SHOWN = 3
KINDS: dict[str, type[Any]] = {"lot": Lot, "item": Item, "place": Location, "container": Container}
LISTS = {"lots": "lot", "where_used": "lot", "where_from": "lot", "stock_quantities": "lot", "stock_item": "lot", "stock_expiry": "lot", "location": "lot",
         "container": "lot", "items": "item", "locations": "place", "stock_places": "place", "containers": "container"}  # fmt: skip


@needs("traceability.print_label")
def label_page(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The label of one thing. What one may not see is not found."""
    return _page(request, kind, _nouns(request, kind, [pk], must=True), back=_home_of(kind, pk))


@needs("traceability.print_label")
def document_labels(request: HttpRequest, number: str) -> HttpResponse:
    """The labels of all lots that a receipt or a work order brought in."""
    made = Movement.objects.filter(entry__document=number, entry__kind__in=[EntryKind.RECEIPT, EntryKind.OUTPUT, EntryKind.OPENING], sign=1)  # fmt: skip
    lots = list(made.order_by("lot").values_list("lot", flat=True).distinct()[: labels.MOST_COPIES])
    if not lots:
        raise Http404(number)
    back = f"{reverse('traceability:entries')}?document={number}"
    nouns = _nouns(request, "lot", lots)
    if not nouns:
        raise Http404(number)
    return _page(request, "lot", nouns, back=request.GET.get("back", back), document=number)


@require_POST
@needs("traceability.print_label")
def many_labels(request: HttpRequest) -> HttpResponse:
    """The labels of the rows chosen on a list."""
    selection = chosen(request)
    match = selection.rows_of.list_name.partition(":")[2]
    kind = LISTS.get(match)
    if kind is None:
        raise BadInput("The rows of this list have no label.", fields={"list": match})
    keys = selection.keys
    if selection.rows_of.record != "pk" and kind == "lot":
        keys = list(selection.rows().values_list(selection.rows_of.record, flat=True).distinct())
    if len(keys) > labels.MOST_COPIES:
        raise BadInput(
            f"That is more than {labels.MOST_COPIES} labels.",
            now="Choose fewer rows.",
            fields={"rows": len(keys)},
        )
    nouns = _nouns(request, kind, keys)
    if not nouns:
        raise Http404(kind)
    return _page(request, kind, nouns, back=selection.address, is_new=True)


@require_POST
@needs("traceability.print_label")
@refusals.shown_on(lambda request: _again(request))
def print_now(request: HttpRequest) -> HttpResponse:
    kind, nouns, back, document = _sent(request)
    printer = None
    if chosen_printer := request.POST.get("printer", ""):
        rows = Printer.objects.filter(site__in=sites_of(request), is_active=True)
        printer = get_object_or_404(
            rows, pk=int(chosen_printer) if chosen_printer.isdigit() and len(chosen_printer) < 18 else 0
        )
    size = printer.size if printer else request.POST.get("size", "")
    quantities = {}
    if text := request.POST.get("quantity", "").strip():
        if kind != "lot" or len(nouns) != 1:
            raise BadInput("A quantity belongs to one lot.", fields={"quantity": text[:40]})
        quantities = {nouns[0]: units.parse_quantity(text)}
    act = labels.print_labels(
        nouns=nouns, size=size, copies=_number(request.POST.get("copies", "1"), "copies"), skip=_number(request.POST.get("skip", "") or "0", "skip"), printer=printer,
        reason=request.POST.get("reason", "").strip(), document=document, quantities=quantities, actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    count = act.labels * act.copies
    if printer is None:
        return redirect("traceability:label_file", act.pk)
    messages.success(
        request,
        f"{count} label{'s go' if count != 1 else ' goes'} to {printer}.\nA printer that is away is tried again for a quarter of an hour.",
    )
    return redirect(back)


@needs("traceability.print_label")
def label_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF of an act of printing, for the person who asked for it, while it is kept."""
    act = get_object_or_404(LabelPrint, pk=pk, by=actor_of(request), state=PrintState.OPENED)
    if not act.content:
        raise BadInput("This file is no longer kept.", now="Print the label anew.")
    response = HttpResponse(bytes(act.content), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="labels-{act.pk}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    # The browser's own viewer shows it, which the policy of the pages would not allow.
    response["Content-Security-Policy"] = (
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    return response


def _sent(request: HttpRequest) -> tuple[str, list[Any], str, str]:
    kind, told = request.POST.get("kind", ""), request.POST.get("nouns", "").split(",")
    if kind not in KINDS or not all(text.isascii() and text.isdigit() and len(text) < 18 for text in told):
        raise BadInput(
            "This form cannot be read.", now="Open the page again.", fields={"nouns": "not numbers"}
        )
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = reverse("traceability:label_prints")
    return (
        kind,
        _nouns(request, kind, [int(text) for text in told], must=True),
        back,
        request.POST.get("document", "")[:40],
    )


def _again(request: HttpRequest) -> HttpResponse:
    kind, nouns, back, document = _sent(request)
    return _page(request, kind, nouns, back=back, document=document)


def _nouns(request: HttpRequest, kind: str, keys: list[int], *, must: bool = False) -> list[Any]:
    """The things with these keys that the person may see, in that order. With `must`, a missing one is not found."""
    if kind not in KINDS:
        raise Http404(kind)
    rows: Any = reach.seen(KINDS[kind].objects.filter(pk__in=keys))
    if kind == "lot":
        rows = rows.select_related("item", "supplier", "owner")
    elif kind == "place":
        rows = rows.filter(pk__in=places_of(request).values("pk")).select_related("site", "parent")
    found = rows.in_bulk()
    if must and len(found) < len(set(keys)):
        raise Http404(kind)
    return [found[key] for key in dict.fromkeys(keys) if key in found]


def _home_of(kind: str, pk: int) -> str:
    names = {"lot": "lot", "item": "item", "place": "location", "container": "container"}
    return reverse(f"traceability:{names[kind]}", args=[pk])


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise BadInput(f"“{text[:20]}” is not a number.", fields={field: text[:20]})
    return int(text)


def _page(
    request: HttpRequest, kind: str, nouns: list[Any], *, back: str, document: str = "", is_new: bool = False
) -> HttpResponse:
    printers = list(
        Printer.objects.filter(site__in=sites_of(request), is_active=True).order_by("-is_default", "name")
    )
    typed: Any = {} if is_new or request.method != "POST" else request.POST
    asked = typed.get("size") or request.GET.get("size", "")
    size = asked if asked in labels.SIZES else (printers[0].size if printers else "4x3")
    refusal: Refusal | None = getattr(request, "refusal", None)
    shown, problem = [], None
    for noun in nouns[:SHOWN]:
        try:
            label = labels.label_of(noun)
            shown.append({"label": label, "svg": labels.render_svg(label, size=size)})
        except labels.CannotBeDrawn as cannot:
            problem = cannot
    before = printed_before(nouns)
    context = {
        "kind": kind, "nouns": nouns, "carried": ",".join(str(noun.pk) for noun in nouns), "back": back, "document": document, "shown": shown, "problem": problem,
        "printers": printers, "sizes": list(labels.SIZES.values()), "size": labels.SIZES[size], "typed": typed, "before": before, "key": uuid4().hex,
        "is_sheet": labels.SIZES[size].is_sheet, "most": labels.MOST_COPIES, "is_one_lot": kind == "lot" and len(nouns) == 1,
        "asks_reason": bool(before) or bool(refusal and refusal.code == "reprint_needs_reason"),
    }  # fmt: skip
    return render(
        request, "traceability/labels/print.html", context, status=refusal.status if refusal else 200
    )


def sizes_for(kind: str) -> list[tuple[str, str]]:
    """What a printer can have in it: rolls for ZPL, anything for PDF."""
    names = ROLLS if kind == PrinterKind.ZPL else tuple(labels.SIZES)
    return [(name, labels.SIZES[name].words) for name in names]
