"""Work orders in the browser: the list, one order with what went in and came out, and the verbs of the line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from production import services
from production.models import Bom, WorkOrder, WorkOrderStatus
from traceability import units
from traceability.ledger import BadInput, check_code, plain
from traceability.lists import Column, ListFilter, RecordList
from traceability.models import Entry, Item, Location, LocationKind, Movement, RunLot, Status
from traceability.views import refusals, second_person, taking
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs


class OrderFilter(ListFilter):
    q = django_filters.CharFilter(label="Order or product", method="by_text")
    status = django_filters.ChoiceFilter(label="Status", choices=WorkOrderStatus.choices, empty_label="Any")
    line = django_filters.CharFilter(label="Line", field_name="line__code", lookup_expr="iexact")

    def by_text(self, rows: QuerySet[WorkOrder], name: str, value: str) -> QuerySet[WorkOrder]:
        return rows.filter(number__icontains=value) | rows.filter(product__icontains=value)


class OrderList(RecordList):
    right = "production.view"
    title = "Work orders"
    note = "What was, is and will be made, the latest first."
    file_name = "work-orders"
    filterset_class = OrderFilter
    default_sort = "-planned_on"
    tie = "number"
    one, many = "work order", "work orders"
    template_name = "production/orders.html"
    empty_title = "No work order yet."
    empty_now = "Plan the first one."
    queryset = WorkOrder.objects.select_related("item", "line")
    columns = [
        Column(
            "Order",
            lambda r: r.number,
            "code",
            sort="number",
            link=lambda r: reverse("production:order", args=[r.pk]),
        ),
        Column("Product", lambda r: r.product, sort="product"),
        Column("Line", lambda r: r.line.code, sort="line__code"),
        Column("Planned", lambda r: r.planned_on, "day", sort="planned_on"),
        Column("Status", lambda r: r.get_status_display(), sort="status"),
        Column("In, lb", lambda r: r.input_lb, "number", wide_only=True),
        Column("Out, lb", lambda r: r.output_lb, "number", wide_only=True),
        Column("Loss, lb", lambda r: r.loss_lb, "number", wide_only=True),
    ]


@needs("production.view")
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: what should go in, what did, what came out, what it weighs, and the forms of the line."""
    order = get_object_or_404(
        WorkOrder.objects.select_related("item", "line", "site", "bom", "released_by", "closed_by"), pk=pk
    )
    links = list(
        RunLot.objects.filter(run__document=order.number, quantity__gt=0)
        .select_related("lot__item", "run")
        .order_by("lot__item__code", "lot__number")
    )
    person = actor_of(request)
    components = list(order.bom.components.select_related("item")) if order.bom else []
    issued: dict[int, Decimal] = {}
    for link in links:
        if link.role == "input":
            issued[link.lot.item_id] = issued.get(link.lot.item_id, Decimal(0)) + link.quantity
    is_open = order.status == WorkOrderStatus.RELEASED
    context = {
        "order": order,
        "components": [(component, issued.get(component.item_id, Decimal(0))) for component in components],
        "inputs": [link for link in links if link.role == "input"],
        "outputs": [link for link in links if link.role == "output"],
        "evidence": _evidence(order),
        "weights": services.weigh(order),
        "history": list(
            Entry.objects.filter(document=order.number)
            .select_related("actor", "second_person")
            .order_by("-seq")[:50]
        ),
        "stock": taking.first_expired_first_out([c.item_id for c in components], sites=[order.site_id])
        if is_open and person.has_perm("production.issue")
        else [],
        "places": list(Location.objects.inside().filter(site=order.site, is_active=True).order_by("code")),
        "made": order.item,
        "typed": request.POST,
        "key": new_key(),
        "is_open": is_open,
        "may": {verb: person.has_perm(f"production.{verb}") for verb in ("issue", "report", "close", "plan")},
    }
    return render(request, "production/order.html", context)


def _evidence(order: WorkOrder) -> dict[int, str]:
    rows = (
        Movement.objects.filter(run__document=order.number, run_role="input")
        .values_list("lot_id", "evidence")
        .order_by("id")
    )
    return dict(rows)


@needs("production.issue")
@require_POST
@refusals.shown_on(order_page)
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a lot into the order now."""
    order = get_object_or_404(WorkOrder, pk=pk)
    taken = taking.given(request)
    entry = services.issue(
        work_order=order, lots=[services.Issued(lot=taken.lot, quantity=taken.quantity, location=taken.location, unit=taken.unit, evidence=taken.evidence)],
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{plain(taken.quantity)} {taken.unit or taken.lot.item.unit} of {taken.lot.number} issued.\nEntry {entry.seq:,}.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)


@needs("production.issue")
@require_POST
@refusals.shown_on(order_page)
def issue_after_the_fact(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was used already. A gate stops an act, never the record: two persons and a reason."""
    order = get_object_or_404(WorkOrder, pk=pk)
    other = second_person.required(request, to="record a use after the fact")
    taken = taking.given(request)
    status = request.POST.get("status", Status.RELEASED)
    if status not in Status.values:
        raise BadInput("That is no status.", fields={"status": status[:20]})
    entry = services.issue(
        work_order=order, lots=[services.Issued(lot=taken.lot, quantity=taken.quantity, location=taken.location, unit=taken.unit, evidence=taken.evidence, status=status)],
        after_the_fact=True, second_person=other, reason=request.POST.get("reason", "").strip(),
        actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{taken.lot.number} is on record as used, confirmed by {other}.\nWhat was made from it stands under its holds. Entry {entry.seq:,}.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)


@needs("production.report")
@require_POST
@refusals.shown_on(order_page)
def output(request: HttpRequest, pk: int) -> HttpResponse:
    """Report what came out. Without a lot number the item's pattern gives one."""
    order = get_object_or_404(WorkOrder.objects.select_related("item"), pk=pk)
    code = request.POST.get("item", "").strip()
    item = Item.objects.filter(code=code).first() if code else order.item
    if item is None:
        raise BadInput("What was made?", now="Give the item's code.", fields={"item": code[:40] or "missing"})
    quantity = units.parse_quantity(request.POST.get("quantity", "").strip())
    code_of_place = request.POST.get("place", "").strip()
    inside = Location.objects.select_related("site").inside().filter(site=order.site_id, is_active=True)
    place = inside.filter(code=code_of_place).first()
    if code_of_place and place is None:
        raise BadInput(
            f"There is no place {code_of_place[:40]}.",
            now="Choose one of the list.",
            fields={"place": code_of_place[:40]},
        )
    number = request.POST.get("lot", "").strip()
    made = services.Made(
        item=item,
        quantity=quantity,
        unit=request.POST.get("unit", "").strip()[:12],
        lot_number=check_code(number, field="lot", limit=20) if number else None,
        location=place,
    )
    entry = services.report_output(
        work_order=order,
        outputs=[made],
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
    )
    number = entry.movements.select_related("lot").get().lot.number
    messages.success(
        request,
        f"{plain(quantity)} {made.unit or item.unit} of {number} reported.\nEntry {entry.seq:,}.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)


@needs("production.issue")
@require_POST
@refusals.shown_on(order_page)
def unused(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what was issued and never used."""
    order = get_object_or_404(WorkOrder, pk=pk)
    if not request.POST.get("place", "").strip():
        raise BadInput("Where was it put back?", now="Choose the place.", fields={"place": "missing"})
    taken = taking.given(request)
    entry = services.return_unused(
        work_order=order, lots=[services.Returned(lot=taken.lot, quantity=taken.quantity, location=taken.location, unit=taken.unit)],
        reason=request.POST.get("reason", "").strip(), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request,
        f"{plain(taken.quantity)} of {taken.lot.number} came back unused.\nEntry {entry.seq:,}.",
        extra_tags="ok",
    )
    return redirect("production:order", pk)


@needs("production.plan")
@require_POST
@refusals.shown_on(order_page)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    order = services.release(
        work_order=get_object_or_404(WorkOrder, pk=pk),
        actor=actor_of(request),
        client=client_of(request),
        key=key_of(request),
    )
    messages.success(request, f"{order.number} is released.\nLots may be issued to it.", extra_tags="ok")
    return redirect("production:order", pk)


@needs("production.close")
@require_POST
@refusals.shown_on(order_page)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the order with its loss; what does not add up needs a reason."""
    loss = request.POST.get("loss", "").strip()
    order = services.close(
        work_order=get_object_or_404(WorkOrder, pk=pk), loss_lb=units.parse_quantity(loss, field="loss") if loss else None,
        reason=request.POST.get("reason", "").strip(), actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"{order.number} is closed.", extra_tags="ok")
    return redirect("production:order", pk)


@needs("production.plan")
def plan_form(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {
        "lines": list(
            Location.objects.filter(kind=LocationKind.LINE, site__in=actor_of(request).sites.all()).order_by(
                "code"
            )
        ),
        "boms": list(Bom.objects.in_force().select_related("item").order_by("name")),
        "typed": request.POST,
        "key": new_key(),
    }
    return render(request, "production/plan.html", context)


@needs("production.plan")
@require_http_methods(["GET", "POST"])
@refusals.shown_on(plan_form)
def plan(request: HttpRequest) -> HttpResponse:
    """Plan a work order for a BOM in force, on a line."""
    if request.method == "GET":
        return plan_form(request)  # type: ignore[return-value]
    chosen = request.POST.get("bom", "")
    bom = (
        Bom.objects.in_force().filter(pk=int(chosen)).first()
        if chosen.isdecimal() and len(chosen) < 18
        else None
    )
    line = Location.objects.filter(
        kind=LocationKind.LINE, code=request.POST.get("line", ""), site__in=actor_of(request).sites.all()
    ).first()
    if line is None:
        raise BadInput("On which line?", now="Choose a line.", fields={"line": "missing"})
    product = request.POST.get("product", "").strip()[:120] or (bom.name if bom else "")
    if not product:
        raise BadInput(
            "What is to be made?", now="Choose a recipe or name the product.", fields={"product": "missing"}
        )
    quantity = request.POST.get("quantity", "").strip()
    order = services.plan_work_order(
        number=request.POST.get("number", "").strip(), line=line, bom=bom, item=bom.item if bom else None, product=product,
        planned_quantity=units.parse_quantity(quantity) if quantity else None, actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(
        request, f"{order.number} is planned.\nRelease it when the line may begin.", extra_tags="ok"
    )
    return redirect("production:order", order.pk)
