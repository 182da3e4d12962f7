"""Open a count: where, what, how many, by how many persons; looked at before it is opened."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from traceability import stock
from traceability.ledger import BadInput
from traceability.models import Balance, CountLine, Item, LineState
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs
from traceability.views.stock.ranges import numbers_in
from traceability.views.stock.scope import places_of, under

FIELDS = ("place", "item", "lots", "count_class", "chance", "days", "counters", "blind")


@needs("traceability.count")
@refusals.shown_on(lambda request: _page(request))
def open_count(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    rows, what = _chosen(request)
    if request.POST.get("step") != "open":
        return _page(request, looked=rows, what=what)
    sites = {row.location.site_id for row in rows}
    if len(sites) > 1:
        raise BadInput("One count is at one site.", now="Choose a place.", fields={"place": "several sites"})
    count = stock.open_count(
        site=rows[0].location.site if rows else None,  # type: ignore[arg-type]
        rows=rows, what=what, is_blind=request.POST.get("blind") == "yes", counters=2 if request.POST.get("counters") == "2" else 1,
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{count.number} is open: {len(rows)} line{'s' if len(rows) != 1 else ''}.\nScan the first place.",
    )
    return redirect("traceability:count_floor", count.pk)


def _chosen(request: HttpRequest) -> tuple[list[Balance], str]:
    """The quantities that the form means, and what they are in words. By chance: the same form draws the same ones."""
    sent = {name: request.POST.get(name, "").strip() for name in FIELDS}
    rows = stock.rows_at(places=places_of(request)).select_related("lot__item", "location__site")
    told: list[str] = []
    if code := sent["place"][:32]:
        place = places_of(request).filter(code=code).first()
        if place is None:
            raise BadInput(
                f"There is no place {code}.", now="Choose it from the list.", fields={"place": code}
            )
        rows = rows.filter(under(code))
        told.append(code)
    if code := sent["item"][:40]:
        item = Item.objects.filter(code=code).first()
        if item is None:
            raise BadInput(f"There is no item {code}.", now="Type its code.", fields={"item": code})
        rows = rows.filter(lot__item=item)
        told.append(item.name)
    if sent["lots"]:
        numbers = numbers_in(sent["lots"], field="lots")
        rows = rows.filter(lot__number__in=numbers)
        missing = set(numbers) - set(rows.values_list("lot__number", flat=True))
        if missing:
            raise BadInput(
                f"{', '.join(sorted(missing)[:5])} {'is' if len(missing) == 1 else 'are'} not in stock there.", now="Take it off the list.", fields={"lots": sorted(missing)[:20]}
            )  # fmt: skip
        told.append(f"{len(numbers)} lot{'s' if len(numbers) > 1 else ''}")
    if sent["count_class"] in ("A", "B", "C"):
        rows = rows.filter(lot__item__count_class=sent["count_class"])
        told.append(f"class {sent['count_class']}")
    if days := _number(sent["days"], "days", most=3650):
        rows = rows.filter(~_counted_since(days))
        told.append(f"not counted for {days} days")
    found = list(rows[: stock.MOST_LINES + 1])
    if chance := _number(sent["chance"], "chance", most=1000):
        drawn = random.Random(key_of(request)).sample(found, min(chance, len(found)))  # noqa: S311
        found = sorted(drawn, key=lambda row: (row.location.code, row.lot.number, row.pk))
        told.append(f"{len(found)} by chance")
    return found, ", ".join(told) or "Everything"


def _counted_since(days: int) -> Exists:
    since = timezone.now() - timedelta(days=days)
    lines = CountLine.objects.filter(state=LineState.POSTED, count__closed_at__gte=since)
    return Exists(lines.filter(lot=OuterRef("lot"), location=OuterRef("location")))


def _number(text: str, field: str, *, most: int) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:9]) <= most:
        raise BadInput(f"“{text[:20]}” is not a number from 1 to {most}.", fields={field: text[:20]})
    return int(text)


def _page(request: HttpRequest, *, looked: list[Balance] | None = None, what: str = "") -> HttpResponse:
    places: QuerySet[Any] = places_of(request).order_by("code")
    refusal = getattr(request, "refusal", None)
    context = {
        "places": list(places), "typed": request.POST if request.method == "POST" else {"place": request.GET.get("place", ""), "item": request.GET.get("item", ""), "blind": "yes"},
        "looked": looked, "what": what, "key": request.POST.get("key") or new_key(),
        "looked_places": len({row.location_id for row in looked or []}), "looked_items": len({row.lot.item_id for row in looked or []}),
        "shown": (looked or [])[:50],
    }  # fmt: skip
    return render(
        request, "traceability/counts/open.html", context, status=refusal.status if refusal else 200
    )
