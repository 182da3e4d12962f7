"""What came out, what was thrown away, and the close of an order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from production import services
from production.models import WorkOrder
from production.views import pages
from production.views.line import REASON, quantity_of, source_of, sources_of
from traceability import units
from traceability.ledger import BadInput, check_code, plain
from traceability.models import Entry, Hold, Item, Movement, Tracking
from traceability.models.items import ItemKind
from traceability.views import refusals, second_person, taking
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SERIALS = 5_000


def output_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    mine = items_of(order)
    makes = Q(kind__in=[ItemKind.INTERMEDIATE, ItemKind.FINISHED], is_active=True, is_utility=False)
    others = [item for item in Item.objects.filter(makes).order_by("code") if item not in mine]
    return pages.drawn(
        request, "production/output.html", order, items=[(item.code, f"{item.code} {item.name}") for item in [*mine, *others]],
        item_chosen=mine[0].code if len(mine) == 1 else "", has_serials=any(item.tracking == Tracking.SERIAL for item in (mine or others)),
        places=pages.options(pages.places_at(order)), weights=services.weigh(order),
    )  # fmt: skip


def items_of(order: WorkOrder) -> list[Item]:
    """What the order is expected to make."""
    found = [order.item] if order.item else []
    if order.bom:
        found += [
            row.item
            for row in order.bom.outputs.select_related("item").order_by("item__code")
            if row.item not in found
        ]
    return found


@needs("production.report", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(output_page)
def output(request: HttpRequest, pk: int) -> HttpResponse:
    """Report what came out. Without a lot number the item's pattern gives one; serials stand one to a line."""
    if request.method != "POST":
        return output_page(request, pk)
    order = pages.order_of(pk)
    before = taking.posted_before(request)
    if before:
        return pages.told_before(request, order, before)
    item = _item(request, order)
    code = request.POST.get("place", "").strip()
    place = pages.place_called(order, code) if code else item.default_location
    if code and place is None:
        raise BadInput(
            f"There is no place {code[:40]}.", now="Choose one of the list.", fields={"place": code[:40]}
        )
    if place is None:
        raise BadInput(
            f"Where does {item.name} go?", now="Scan or choose a place.", fields={"place": "missing"}
        )
    numbers, quantity, unit = _numbers(request, item)
    made_on, expires_on = _day(request, "made_on"), _day(request, "expires_on")
    made = [
        services.Made(
            item=item,
            quantity=quantity,
            unit=unit,
            lot_number=number,
            location=place,
            made_on=made_on,
            expires_on=expires_on,
        )
        for number in numbers
    ]
    entry = services.report_output(
        work_order=order, outputs=made, run=pages.run_called(request, order), reason=request.POST.get("reason", "").strip()[:REASON],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return pages.told(request, order, _words(entry, item), entry)


def _item(request: HttpRequest, order: WorkOrder) -> Item:
    code = request.POST.get("item", "").strip()
    item = (
        Item.objects.select_related("default_location__site").filter(code=code).first()
        if code
        else order.item
    )
    if item is None:
        raise BadInput("What was made?", now="Choose the item.", fields={"item": code[:40] or "missing"})
    return item


def _numbers(request: HttpRequest, item: Item) -> tuple[list[str | None], Decimal, str]:
    number = request.POST.get("lot", "").strip()
    if item.tracking != Tracking.SERIAL:
        return (
            [check_code(number, field="lot", limit=20) if number else None],
            quantity_of(request),
            request.POST.get("unit", "").strip()[:12],
        )
    serials = [
        text.strip() for text in (request.POST.get("serials", "") or number).splitlines() if text.strip()
    ]
    if not serials:
        raise BadInput(
            "Which units were made?",
            now="Scan or type their serials, one to a line.",
            fields={"serials": "missing"},
        )
    if len(serials) > SERIALS:
        raise BadInput(
            f"{len(serials):,} serials are too many for one report.",
            now=f"Report at most {SERIALS:,} at once.",
            fields={"serials": "too many"},
        )
    if len(set(serials)) < len(serials):
        double = next(serial for serial in serials if serials.count(serial) > 1)
        raise BadInput(
            f"{double[:40]} stands here twice.",
            "Each serial is one unit.",
            "Take one of them out.",
            fields={"serials": double[:40]},
        )
    return [check_code(serial, field="serials", limit=20) for serial in serials], Decimal(1), ""


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(
            "That is no date.", now="Type it as 2026-11-24, or leave it empty.", fields={name: text[:20]}
        ) from None


def _words(entry: Entry, item: Item) -> str:
    """What was reported, and what it waits for or stands under."""
    lines = list(Movement.objects.filter(entry=entry).select_related("lot").order_by("line"))
    total = sum((line.quantity for line in lines), Decimal(0))
    numbers = ", ".join(dict.fromkeys(line.lot.number for line in lines[:3])) + (
        f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    )
    words = f"{plain(total)} {item.unit} of {item.name} reported as {numbers}."
    holds = list(Hold.objects.standing().filter(placed_in=entry).values_list("reference", flat=True))
    if holds:
        return f"{words} It is on hold, because of what went into it{f': {holds[0]}' if holds[0] else ''}."
    return f"{words} It awaits its inspection." if lines[0].destination_status == "quarantine" else words


def scrap_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    candidates = taking.lots_called((request.POST or request.GET).get("lot", ""))
    lot = candidates[0] if len(candidates) == 1 else None
    if lot:
        with_facts([lot])
    return pages.drawn(
        request,
        "production/scrap.html",
        order,
        lot=lot,
        sources=[(source.value, source.text) for source in sources_of(order, lot)] if lot else [],
    )


@needs("production.report", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(scrap_page)
def scrap(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a quantity of stock away under this order. Held, rejected and expired stock may go."""
    if request.method != "POST":
        return scrap_page(request, pk)
    order = pages.order_of(pk)
    before = taking.posted_before(request)
    if before:
        return pages.told_before(request, order, before)
    lot = taking.lot_of(request.POST.get("lot", "").strip(), item=request.POST.get("item", "").strip())
    quantity, balance = quantity_of(request), source_of(request, order, lot, "")
    if balance.container_id:
        raise BadInput(
            f"{lot.number} is in {balance.container}.",
            "",
            "Move it out of there first.",
            fields={"place": "container"},
            lots=[lot.pk],
        )
    entry = services.scrap(
        lot=lot, quantity=quantity, location=balance.location, status=balance.status, reason=request.POST.get("reason", "").strip()[:REASON], document=order.number,
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    return pages.told(request, order, f"{pages.amount(quantity, lot)} scrapped.", entry)


def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    order = pages.order_of(pk)
    weights = services.weigh(order)
    context: dict[str, Any] = {
        "weights": weights,
        "difference": weights.difference,
        "is_open": order.status == "released",
    }
    return pages.drawn(request, "production/close.html", order, **context)


@needs("production.close", about=WorkOrder)
@require_http_methods(["GET", "POST"])
@refusals.shown_on(close_page)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the order with its loss; what does not add up needs a reason."""
    if request.method != "POST":
        return close_page(request, pk)
    loss, water = request.POST.get("loss", "").strip(), request.POST.get("water", "").strip()
    order = services.close(
        work_order=pages.order_of(pk), loss_lb=units.parse_quantity(loss, field="loss") if loss else None,
        water_lb=units.parse_quantity(water, field="water") if water else None, reason=request.POST.get("reason", "").strip()[:REASON],
        second_person=second_person.given(request),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{order.number} is closed with {plain(order.loss_lb or Decimal(0))} lb of loss.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)
