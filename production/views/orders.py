"""Work orders: the list, one order with what should go in, what did and what came out, and its lots as a list."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from production import services
from production.models import Bom, WorkOrder, WorkOrderStatus
from production.needs import needs_of
from production.views import pages
from production.views.acts import acts_of
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import EntryKind, Evidence, Movement, Requirement, RunLot, RunRole
from traceability.views.keys import actor_of, new_key
from traceability.views.rights import needs
from traceability.views.statuses import with_facts

SHOWN = 60
OPEN = "open"


class OrderFilter(ListFilter):
    q = django_filters.CharFilter(label="Order, product or lot", method="by_text")
    status = django_filters.ChoiceFilter(
        label="Status",
        method="by_status",
        choices=[(OPEN, "Planned or released"), *WorkOrderStatus.choices],
        empty_label="Any",
    )
    line = django_filters.CharFilter(label="Line", field_name="line__code", lookup_expr="iexact")
    since = django_filters.DateFilter(
        label="Planned from", field_name="planned_on", lookup_expr="gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label="to", field_name="planned_on", lookup_expr="lte", widget=DateInput
    )

    def by_text(self, rows: QuerySet[WorkOrder], name: str, value: str) -> QuerySet[WorkOrder]:
        lots = RunLot.objects.filter(run__document=OuterRef("number"), lot__number=value, quantity__gt=0)
        return rows.filter(Q(number__icontains=value) | Q(product__icontains=value) | Exists(lots))

    def by_status(self, rows: QuerySet[WorkOrder], name: str, value: str) -> QuerySet[WorkOrder]:
        return rows.exclude(status=WorkOrderStatus.CLOSED) if value == OPEN else rows.filter(status=value)


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
        Column(
            "Quantity",
            lambda r: r.planned_quantity,
            "number",
            unit=lambda r: r.item.unit if r.item and r.planned_quantity is not None else "",
            wide_only=True,
        ),
        Column("Status", lambda r: r.get_status_display(), sort="status"),
        Column("Lots in", lambda r: r.lots_in, "number"),
        Column("Lots out", lambda r: r.lots_out, "number"),
        Column("In, lb", lambda r: r.input_lb, "number", wide_only=True),
        Column("Out, lb", lambda r: r.output_lb, "number", wide_only=True),
        Column("Loss, lb", lambda r: r.loss_lb, "number", wide_only=True),
    ]

    def prepare(self, rows: list[Any]) -> list[Any]:
        found = RunLot.objects.filter(run__document__in=[row.number for row in rows], quantity__gt=0)
        counted = (
            found.values_list("run__document", "role").annotate(lots=Count("lot", distinct=True)).order_by()
        )
        lots = {(document, role): count for document, role, count in counted}
        for row in rows:
            row.lots_in, row.lots_out = (
                lots.get((row.number, RunRole.INPUT), 0),
                lots.get((row.number, RunRole.OUTPUT), 0),
            )
        return rows


@needs("production.view", about=WorkOrder)
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one order. The verbs stand on pages of their own."""
    order = pages.order_of(pk)
    person = actor_of(request)
    links = (
        RunLot.objects.filter(run__document=order.number, quantity__gt=0)
        .select_related("lot__item", "run")
        .order_by("lot__item__code", "lot__number", "run")
    )
    inputs, outputs = links.filter(role=RunRole.INPUT), links.filter(role=RunRole.OUTPUT)
    shown_in, shown_out = list(inputs[:SHOWN]), list(outputs[:SHOWN])
    with_facts([link.lot for link in shown_in + shown_out])
    with_evidence(order, shown_in)
    weights = services.weigh(order)
    is_closed = order.status == WorkOrderStatus.CLOSED
    loss = order.loss_lb if is_closed else None
    context = {
        "order": order,
        "needs": needs_of(order),
        "inputs": shown_in,
        "outputs": shown_out,
        "count_in": inputs.count(),
        "count_out": outputs.count(),
        "weights": weights,
        "loss": loss,
        # What is neither out nor told as loss: still in process, or unexplained for good.
        "open_lb": weights.difference - (loss or 0),
        "waits_for": list(
            Requirement.objects.blocking()
            .filter(Q(document=order.number) | Q(run__document=order.number))
            .values_list("what", flat=True)[:5]
        ),
        "is_planned": order.status == WorkOrderStatus.PLANNED,
        "is_open": order.status == WorkOrderStatus.RELEASED,
        "is_closed": is_closed,
        "may": {verb: person.has_perm(f"production.{verb}") for verb in ("issue", "report", "close", "plan")},
        "may_stop": person.has_perm("production.report") or person.has_perm("qc.inspect"),
        "may_undo": person.has_perm("traceability.reverse_own") or person.has_perm("traceability.reverse"),
        "stopped_because": _stopped_because(order),
        "newer_bom": _newer_bom(order),
        "acts": acts_of(order),
        "key": new_key(),
    }
    return render(request, "production/order.html", context)


def _stopped_because(order: WorkOrder) -> str:
    step = order.steps.filter(verb="stop").order_by("-id").first() if order.stopped_at else None
    return ", ".join(part for part in (step.get_cause_display(), step.note) if part) if step else ""


def _newer_bom(order: WorkOrder) -> Bom | None:
    """Another revision in force, while nothing is closed yet."""
    if order.bom is None or order.status not in (WorkOrderStatus.PLANNED, WorkOrderStatus.RELEASED):
        return None
    return Bom.objects.in_force().filter(name=order.bom.name).exclude(pk=order.bom.pk).first()


def with_evidence(order: WorkOrder, links: list[Any]) -> None:
    """Say of each link how it was recorded: scanned, typed, inferred; and whether it was after the fact. One query."""
    rows = Movement.objects.filter(
        entry__document=order.number, entry__kind=EntryKind.ISSUE, lot__in=[link.lot_id for link in links]
    )
    said: dict[tuple[int, int], set[str]] = {}
    late: set[tuple[int, int]] = set()
    for lot, run, evidence, after_the_fact in (
        rows.values_list("lot", "run", "evidence", "entry__after_the_fact").distinct().order_by()
    ):
        said.setdefault((lot, run), set()).add(Evidence(evidence).label.lower())
        if after_the_fact:
            late.add((lot, run))
    for link in links:
        place = (link.lot_id, link.run_id)
        link.evidence = ", ".join(
            sorted(said.get(place, {"inferred"} if link.inferred else set()))
        ).capitalize()
        link.is_late = place in late


class OrderLots(RecordList):
    """All lots of one order, in and out."""

    right = "production.view"
    about = WorkOrder
    file_name = "work-order-lots"
    one, many = "lot", "lots"
    default_sort = "lot__number"
    empty_title = "No lot yet."
    empty_now = "Issue the first one."
    columns = [
        Column("Way", lambda r: "In" if r.role == RunRole.INPUT else "Out", sort="role"),
        Column("Lot", lambda r: r.lot.number, "lot", sort="lot__number", record=lambda r: r.lot),
        Column(
            "Item",
            lambda r: r.lot.item.name,
            sort="lot__item__code",
            link=lambda r: reverse("traceability:item", args=[r.lot.item_id]),
        ),
        Column("Run", lambda r: r.run.number, "number", sort="run__number"),
        Column("Quantity", lambda r: r.quantity, "number", unit=lambda r: r.lot.item.unit),
        Column("Taken out again", lambda r: r.removed, "number", wide_only=True),
        Column("Link", lambda r: r.evidence, wide_only=True),
        Column("Status", lambda r: r.lot.chips, "chips"),
    ]

    @cached_property
    def order(self) -> WorkOrder:
        return get_object_or_404(WorkOrder, pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Lots of {self.order.number}"

    @property
    def note(self) -> str:  # type: ignore[override]
        return self.order.product

    @property
    def crumbs(self) -> list[tuple[str, str]]:  # type: ignore[override]
        return [
            ("Work orders", reverse("production:orders")),
            (self.order.number, reverse("production:order", args=[self.order.pk])),
        ]

    def get_base_queryset(self) -> QuerySet[RunLot]:
        return RunLot.objects.filter(run__document=self.order.number, quantity__gt=0).select_related(
            "lot__item", "run"
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        with_facts([row.lot for row in rows])
        with_evidence(self.order, rows)
        return rows
