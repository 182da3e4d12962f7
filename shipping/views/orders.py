"""What customers ordered: the list, one order with what is picked and what has left, and a new order."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from shipping import services
from shipping.models import Order, OrderLine, OrderStatus, Shipment, ShipmentStatus
from shipping.progress import progress_of
from shipping.views.asking import customer_of, customers_for, rows_of
from shipping.views.shipments import CUSTOMERS, CustomersAsAllowed, check_sees_customers
from traceability import units
from traceability.ledger import BadInput
from traceability.lists import Column, DateInput, ListFilter, RecordList
from traceability.models import Item
from traceability.reach import seen
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

STATES = [("shipped", "Shipped"), ("cancelled", "Cancelled"), ("all", "All")]
ROWS = 6
OFFERED = 500


class OrderFilter(ListFilter):
    q = django_filters.CharFilter(label="Order or item", method="by_text")
    customer = django_filters.CharFilter(label="Customer", method="by_customer")
    state = django_filters.ChoiceFilter(label="State", method="by_state", choices=STATES, empty_label="Open")
    since = django_filters.DateFilter(
        label="Due from", field_name="due_on", lookup_expr="gte", widget=DateInput
    )
    until = django_filters.DateFilter(label="to", field_name="due_on", lookup_expr="lte", widget=DateInput)

    def by_text(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        lines = OrderLine.objects.filter(
            Q(item__code__iexact=value) | Q(item__name__icontains=value), order=OuterRef("pk")
        )
        return rows.filter(Q(number__icontains=value) | Exists(lines))

    def by_customer(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        check_sees_customers(self.request)
        return rows.filter(Q(customer__code__iexact=value) | Q(customer__name__icontains=value))

    def by_state(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return rows if value == "all" else rows.filter(status=value)


class OrderList(CustomersAsAllowed, RecordList):
    right = "shipping.view"
    template_name = "shipping/orders.html"
    title = "Orders of customers"
    note = "Open orders, the next due first."
    file_name = "orders"
    filterset_class = OrderFilter
    default_sort = "due_on"
    tie = "number"
    one, many = "order", "orders"
    crumbs = [("Shipments", "/shipping/")]
    empty_title = "No order is open."
    empty_now = "An order will stand here until it has left in full."
    columns = [
        Column("Order", lambda o: o.number, "code", sort="number", link=lambda o: reverse("shipping:order", args=[o.pk])),
        Column("Customer", lambda o: o.customer.name, sort="customer__name", right=CUSTOMERS, link=lambda o: reverse("traceability:party", args=[o.customer_id])),
        Column("Due", lambda o: o.due_on, "day", sort="due_on"),
        Column("Items", lambda o: o.items, wide_only=True),
        Column("Picked or left", lambda o: o.progress),
        Column("State", lambda o: o.state),
        Column("Note", lambda o: o.note, wide_only=True),
    ]  # fmt: skip

    def get_base_queryset(self) -> QuerySet[Order]:
        rows = Order.objects.select_related("customer")
        return rows if self.request.GET.get("state") else rows.filter(status=OrderStatus.OPEN)

    def prepare(self, rows: list[Any]) -> list[Any]:
        progress = progress_of(rows)
        today = timezone.localdate()
        for order in rows:
            lines = progress.get(order.pk, [])
            order.items = ", ".join(dict.fromkeys(row.line.item.name for row in lines))
            order.progress = f"{sum(not row.remaining for row in lines)} of {len(lines)} lines complete"
            is_late = order.status == OrderStatus.OPEN and order.due_on and order.due_on < today
            order.state = "Late" if is_late else order.get_status_display()
        return rows


class OrderPage(RecordList):
    """One order: its lines with what is picked and what has left, and its shipments."""

    right = "shipping.view"
    template_name = "shipping/order.html"
    paginate_by = 500
    one, many = "line", "lines"
    default_sort = "position"
    tie = "position"
    crumbs = [("Shipments", "/shipping/"), ("Orders", "/shipping/orders/")]
    columns = [
        Column("Line", lambda r: r.position, "number"),
        Column("Item", lambda r: r.item.name, link=lambda r: reverse("traceability:item", args=[r.item_id])),
        Column("Item code", lambda r: r.item.code, "code", wide_only=True),
        Column("Ordered", lambda r: r.progress.ordered, "number", unit=lambda r: r.item.unit),
        Column("Picked", lambda r: r.progress.picked, "number", unit=lambda r: r.item.unit),
        Column("Left", lambda r: r.progress.left, "number", unit=lambda r: r.item.unit),
        Column("To pick", lambda r: r.progress.remaining, "number", unit=lambda r: r.item.unit),
    ]

    @cached_property
    def order(self) -> Order:
        return get_object_or_404(Order.objects.select_related("customer", "ordered_by"), pk=self.kwargs["pk"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Order {self.order.number}"

    @property
    def file_name(self) -> str:  # type: ignore[override]
        return f"order-{self.order.number}"

    def get_base_queryset(self) -> QuerySet[OrderLine]:
        return OrderLine.objects.filter(order=self.order).select_related("item")

    def prepare(self, rows: list[Any]) -> list[Any]:
        progress = {row.line.pk: row for row in progress_of([self.order]).get(self.order.pk, [])}
        for row in rows:
            row.progress = progress[row.pk]
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shipments = seen(Shipment.objects.filter(order=self.order)).order_by("started_at")
        return super().get_context_data(**kwargs) | {
            "order": self.order,
            "shipments": list(shipments),
            "has_left": any(shipment.status == ShipmentStatus.SHIPPED for shipment in shipments),
            "key": new_key(),
        }


def _form(request: HttpRequest) -> HttpResponse:
    rows = rows_of(request, "item", "quantity", "unit")
    context = {
        "customers": customers_for(request), "items": list(Item.objects.filter(is_active=True, is_utility=False).order_by("code")[:OFFERED]),
        "rows": rows + [{}] * max(ROWS - len(rows), 1), "typed": request.POST, "key": new_key(),
    }  # fmt: skip
    return render(request, "shipping/new_order.html", context)


@needs("shipping.plan")
@refusals.shown_on(_form)
def new_order(request: HttpRequest) -> HttpResponse:
    """Write down what a customer wants. Empty rows are left out."""
    if request.method != "POST":
        return _form(request)
    order = services.order(
        customer=customer_of(request), lines=_lines(request), number=request.POST.get("number", "").strip(), due_on=_day(request, "due_on"),
        note=request.POST.get("note", "").strip()[:200], actor=actor_of(request), client=client_of(request), key=key_of(request),
    )  # fmt: skip
    messages.success(request, f"Order {order.number} is entered.")
    return redirect("shipping:order", order.pk)


def _lines(request: HttpRequest) -> list[services.OrderedItem]:
    lines = []
    for position, row in enumerate(rows_of(request, "item", "quantity", "unit"), start=1):
        item = Item.objects.filter(code__in={row["item"], row["item"].upper()}, is_active=True).first()
        if item is None:
            raise BadInput(
                f"Row {position}: no item is called {row['item'][:40] or 'nothing'}.",
                now="Choose an item from the list, by its code.",
                fields={f"lines.{position}.item": row["item"][:40]},
            )
        quantity = units.parse_quantity(row["quantity"], field=f"lines.{position}.quantity")
        units.to_base(item, quantity, row["unit"])
        lines.append(services.OrderedItem(item=item, quantity=quantity, unit=row["unit"]))
    return lines


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"“{text[:20]}” is not a day.", now="Type it as 2026-11-24.", fields={name: text[:20]}
        ) from None
