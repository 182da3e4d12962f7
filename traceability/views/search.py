"""The one search box: an exact hit opens, else the candidates are listed. Never picks silently between two."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from traceability import searching
from traceability.models import Lot
from traceability.searching import Asked
from traceability.searching.nouns import exact_lots as lots_of_exactly
from traceability.views.keys import actor_of
from traceability.views.rights import ANY_ROLE, needs

OFFERED = 8


@needs(ANY_ROLE)
def search(request: HttpRequest) -> HttpResponse:
    """A page; for htmx, asked while one types, the first few as a fragment."""
    asked = request.GET.get("q", "")
    is_quick = bool(getattr(request, "htmx", False)) and not request.htmx.boosted  # type: ignore[attr-defined]
    found = searching.find(asked, actor_of(request), is_quick=is_quick)
    if is_quick:
        hits = [*found.exact, *found.near]
        return render(
            request,
            "search/offered.html",
            {"asked": found.asked, "hits": hits[:OFFERED], "more": len(hits) - OFFERED},
        )
    if found.only:
        return redirect(found.only.url)
    return render(
        request, "search/page.html", {"asked": found.asked, "found": found, "groups": found.groups()}
    )


def exact_lots(asked: str) -> list[Lot]:
    """Lots of exactly this number, supplier's lot (in any spelling) or scanned label."""
    return lots_of_exactly(Asked(asked, sees_customers=False)) if asked.strip() else []
