"""New orders, and their release to the floor."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from production import services
from production.models import Bom, Pulling, WorkOrder
from production.views import pages
from production.views.orders import order_page
from traceability import units
from traceability.ledger import BadInput
from traceability.models import Item, Location, LocationKind, RunKind
from traceability.models.items import ItemKind
from traceability.reach import seen
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of
from traceability.views.rights import needs

KINDS = [(kind.value, kind.label) for kind in (RunKind.WORK_ORDER, RunKind.REWORK, RunKind.REPACK)]


def plan_form(request: HttpRequest) -> HttpResponse:
    lines = Location.objects.filter(
        kind=LocationKind.LINE, site__in=actor_of(request).reach.sites, is_active=True
    ).order_by("code")
    made = Item.objects.filter(
        kind__in=[ItemKind.INTERMEDIATE, ItemKind.FINISHED], is_active=True, is_utility=False
    ).order_by("code")
    context = {
        "lines": pages.options(lines),
        "boms": [(str(bom.pk), str(bom)) for bom in Bom.objects.in_force().order_by("name")],
        "items": [(item.code, f"{item.code} {item.name}") for item in made],
        "kinds": KINDS,
        "pullings": Pulling.choices,
        "typed": request.POST or request.GET,
        "key": pages.key_for(request),
    }
    return render(request, "production/plan.html", context)


@needs("production.plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(plan_form)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a work order: a BOM in force, an item, or a family in words; on a line."""
    if request.method != "POST":
        return plan_form(request)
    before = WorkOrder.objects.filter(client=client_of(request), key=key_of(request)).first()
    if before:
        messages.info(
            request, f"This form was recorded already, as {before.number}.\nNothing was recorded twice."
        )
        return redirect("production:order", before.pk)
    chosen = request.POST.get("bom", "")
    bom = (
        Bom.objects.in_force().select_related("item").filter(pk=int(chosen)).first()
        if chosen.isdigit() and len(chosen) < 10
        else None
    )
    item = Item.objects.filter(code=request.POST.get("item", "").strip()).first() or (
        bom.item if bom else None
    )
    line = (
        Location.objects.select_related("site")
        .filter(
            kind=LocationKind.LINE, code=request.POST.get("line", ""), site__in=actor_of(request).reach.sites
        )
        .first()
    )
    if line is None:
        raise BadInput("On which line?", now="Choose a line.", fields={"line": "missing"})
    product = request.POST.get("product", "").strip()[:120] or (
        bom.name if bom else item.code if item else ""
    )
    if not product:
        raise BadInput(
            "What is to be made?",
            now="Choose an item or a BOM, or name the product.",
            fields={"item": "missing"},
        )
    pulling = request.POST.get("pulling", "")
    quantity, day, kind = (
        request.POST.get("quantity", "").strip(),
        request.POST.get("planned_on", "").strip(),
        request.POST.get("kind", ""),
    )
    order = services.plan_work_order(
        number=request.POST.get("number", "").strip(), line=line, bom=bom, item=item, product=product, planned_on=_day(day), due_on=_day(request.POST.get("due_on", "").strip(), "due_on"), pulling=pulling if pulling in Pulling.values else Pulling.FREE,
        planned_quantity=units.parse_quantity(quantity) if quantity else None, kind=kind if kind in dict(KINDS) else RunKind.WORK_ORDER,
        note=request.POST.get("note", "").strip()[:2000], actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{order.number} is planned.\nRelease it when the line may begin.", extra_tags="ok"
    )
    return redirect("production:order", order.pk)


def _day(text: str, name: str = "planned_on") -> date | None:
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadInput("That is no date.", now="Type it as 2026-11-24.", fields={name: text[:20]})
    return day


@needs("production.plan", about=WorkOrder)
@require_POST
@refusals.shown_on(order_page)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    order = services.release(
        work_order=pages.order_of(pk), actor=actor_of(request), client=client_of(request), key=key_of(request)
    )
    messages.success(request, f"{order.number} is released.\nLots may be issued to it.", extra_tags="ok")
    return redirect("production:order", pk)


@needs("production.issue")
def open_order(request: HttpRequest) -> HttpResponse:
    """A scanned traveller opens its line."""
    number = request.GET.get("number", "").strip()[:40]
    order = seen(WorkOrder.objects.filter(number__in={number, number.upper()})).first()
    if order is None:
        messages.warning(
            request,
            f"No work order is called {number or 'nothing'}.\nScan its number, or choose it from the list.",
        )
        return redirect("production:orders")
    return redirect("production:issue", order.pk)
