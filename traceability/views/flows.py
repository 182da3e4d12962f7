"""Where a lot went, or what is in it, as a drawing of at most 40 nodes with its table."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from traceability.flow import flow_from, flow_used
from traceability.flow.showing import page_of
from traceability.models import LedgerHead
from traceability.views.lots import get_lot
from traceability.views.rights import needs

DIRECTIONS = {"used": flow_used, "from": flow_from}


@needs("traceability.trace")
def lot_flow(request: HttpRequest, pk: int, direction: str) -> HttpResponse:
    if direction not in DIRECTIONS:
        raise Http404(direction)
    lot = get_lot(pk)
    flow = DIRECTIONS[direction]([lot.pk])
    context = {
        "lot": lot,
        "direction": direction,
        "page": page_of(flow, names_parties=request.user.has_perm("traceability.view_customers")),  # type: ignore[union-attr]
        "head_seq": LedgerHead.objects.values_list("seq", flat=True).first() or 0,
    }
    return render(request, "traceability/flow/page.html", context)
