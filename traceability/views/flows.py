"""Where a lot went, or what is in it, as a drawing of at most 40 nodes with its table."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from traceability import reach
from traceability.flow import flow_from, flow_used
from traceability.flow.showing import page_of
from traceability.genealogy import where_from, where_used
from traceability.models import LedgerHead, Lot
from traceability.views.keys import actor_of
from traceability.views.lots import get_lot
from traceability.views.rights import needs

DIRECTIONS = {"used": flow_used, "from": flow_from}
WALKS = {"used": where_used, "from": where_from}


@needs("traceability.trace", about=Lot)
def lot_flow(request: HttpRequest, pk: int, direction: str) -> HttpResponse:
    if direction not in DIRECTIONS:
        raise Http404(direction)
    lot = get_lot(pk)
    if others := reach.elsewhere(actor_of(request), WALKS[direction]([lot.pk]).lots):
        names = " and ".join(str(other.site) for other in others)
        messages.info(
            request, f"It goes on at {names}.\nA drawing cannot leave that out, so here is the table."
        )
        return redirect(f"traceability:where_{direction}", lot.pk)
    flow = DIRECTIONS[direction]([lot.pk])
    context = {
        "lot": lot,
        "direction": direction,
        "page": page_of(flow, names_parties=request.user.has_perm("traceability.view_customers")),  # type: ignore[union-attr]
        "head_seq": LedgerHead.objects.values_list("seq", flat=True).first() or 0,
    }
    return render(request, "traceability/flow/page.html", context)
