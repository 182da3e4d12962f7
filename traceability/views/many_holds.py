"""Hold many lots in one act, chosen on a list: first what stops, then one entry for all of them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from traceability import inquiries, ledger
from traceability.context import site_of
from traceability.ledger import BadInput
from traceability.lists.selection import Selection, chosen
from traceability.models import Balance, Hold, Lot
from traceability.views import refusals
from traceability.views.holds import CAUSES
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN = 100


@needs("traceability.place_hold")
@require_POST
@refusals.shown_on(lambda request: _preview(request, chosen(request)))
def hold_lots(request: HttpRequest) -> HttpResponse:
    """From the list: the preview. From the preview: the hold, on exactly the lots that were shown."""
    selection = chosen(request)
    if not request.POST.get("sure"):
        return _preview(request, selection)
    cause, reference = request.POST.get("cause", ""), request.POST.get("reference", "").strip()
    if cause not in dict(CAUSES):
        raise BadInput("Why are they held?", now="Choose a cause.", fields={"cause": cause[:20]})
    if reference:
        reference = ledger.check_code(reference, field="reference", limit=40)
    lots = list(_lots(selection))
    ledger.place_hold(
        lots, reason=request.POST.get("reason", "").strip()[:2000], cause=cause, reference=reference, cascades=request.POST.get("cascades") == "yes",
        actor=actor_of(request), client=client_of(request), key=key_of(request), site=site_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{len(lots):,} lot{'s are' if len(lots) != 1 else ' is'} on hold.\nNobody can use or ship them until two persons lift the holds.",
    )
    return redirect(selection.address)


def _lots(selection: Selection) -> Any:
    # The list may show the same lot in more than one row; a hold is on the lot.
    record = selection.rows_of.record
    keys = selection.keys
    if record != "pk":
        keys = list(selection.rows().values_list(record, flat=True).distinct())
    return Lot.objects.filter(pk__in=keys).select_related("item").order_by("number", "pk")


def _preview(request: HttpRequest, selection: Selection) -> HttpResponse:
    lots = list(_lots(selection))
    keys = [lot.pk for lot in lots]
    held = set(Hold.objects.standing().filter(lot__in=keys).values_list("lot_id", flat=True))
    stops: dict[str, list[Any]] = defaultdict(list)
    for row in inquiries.promised(keys):
        stops[row.document].append(row)
    here = list(
        Balance.objects.filter(lot__in=keys, quantity__gt=0)
        .values("lot__item__name", "lot__item__unit")
        .annotate(total=Sum("quantity"))
        .order_by("lot__item__name")
    )
    context = {
        "selection": selection,
        "lots": with_facts(lots[:SHOWN]),
        "count": len(lots),
        "held_count": len(held),
        "here": here,
        "stops": [
            {
                "document": document,
                "lots": list(dict.fromkeys(row.lot.number for row in rows)),
                "places": list(dict.fromkeys(row.location.code for row in rows)),
                "amounts": _amounts(rows),
            }
            for document, rows in stops.items()
        ],
        "causes": CAUSES,
        "key": request.POST.get("key") or new_key(),
    }
    return render(request, "traceability/hold_lots.html", context)


def _amounts(rows: list[Any]) -> list[dict[str, Any]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.lot.item.unit] += row.quantity
    return [{"unit": unit, "quantity": quantity} for unit, quantity in sums.items()]
