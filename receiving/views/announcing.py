"""Writing down what a supplier will bring, where no ERP sends it: an order, a trip ticket, or an advance notice with its lots; and closing one short."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from receiving import services
from receiving.forms import HouseForm
from receiving.models import OrderKind, PurchaseOrder
from receiving.rights import ANNOUNCE, RECEIVE
from receiving.views.orders import OrderPage
from traceability import units
from traceability.ledger import BadInput
from traceability.lists import DateInput
from traceability.models import Item, Party
from traceability.views import refusals
from traceability.views.keys import actor_of, client_of, key_of, new_key
from traceability.views.rights import needs

ROWS = 8
MOST = 200
CELLS = ("item", "quantity", "unit", "supplier_lot", "sscc", "expires_on")


class AnnounceForm(HouseForm):
    supplier = forms.ModelChoiceField(
        queryset=Party.objects.filter(is_supplier=True).order_by("name"), label="Supplier", empty_label="Choose the supplier"
    )  # fmt: skip
    number = forms.CharField(label="Number on the paper", max_length=40)
    kind = forms.ChoiceField(label="Kind", choices=OrderKind.choices)
    ordered_on = forms.DateField(label="Ordered", widget=DateInput, required=False)
    expected_on = forms.DateField(label="Expected", widget=DateInput, required=False)
    harvest_area = forms.CharField(label="Harvest area, of a trip ticket", max_length=120, required=False)
    harvested_from = forms.DateField(label="Harvested from", widget=DateInput, required=False)
    harvested_to = forms.DateField(label="to", widget=DateInput, required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)


@needs(RECEIVE, ANNOUNCE)
@refusals.shown_on(lambda request: _page(request))
def announce(request: HttpRequest) -> HttpResponse:
    """Rows left empty are left out. Rows of the same item with lots become one line with all its lots."""
    if request.method != "POST":
        return _page(request)
    form = AnnounceForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise BadInput(
            "Nothing was recorded.", f"{form.fields[name].label}: {errors[0]}", "What you entered is kept below.", fields={name: "invalid"}
        )  # fmt: skip
    order = services.order(
        **form.cleaned_data, lines=_lines(_rows(request)), actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    messages.success(request, f"{order.number} is expected.")
    return redirect("receiving:order", order.pk)


@require_POST
@needs(RECEIVE)
@refusals.shown_on(lambda request, pk: _order_page(request, pk))
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing more will come on it."""
    order = get_object_or_404(PurchaseOrder, pk=pk)
    if order.deliveries.open().exists():
        raise BadInput(
            f"{order.number} is being received.", "A delivery of it is open at the dock.", "Post it or give it up, then close.", fields={"order": order.number}
        )  # fmt: skip
    services.close_order(
        order=order, reason=request.POST.get("reason", "")[:200], actor=actor_of(request), client=client_of(request), key=key_of(request)
    )  # fmt: skip
    messages.success(request, f"{order.number} is closed.\nNothing more is expected on it.")
    return redirect("receiving:order", pk)


def _rows(request: HttpRequest) -> list[dict[str, str]]:
    """The rows that say something, by column."""
    columns = [request.POST.getlist(name)[:MOST] for name in CELLS]
    rows = [
        dict(zip(CELLS, (text.strip() for text in row), strict=True)) for row in zip(*columns, strict=False)
    ]
    return [row for row in rows if any(row.values())]


def _lines(rows: list[dict[str, str]]) -> list[services.OrderedItem]:
    if not rows:
        raise BadInput("Nothing is ordered.", now="Name at least one item.", fields={"lines": "empty"})
    lines: list[services.OrderedItem] = []
    with_lots: dict[tuple[int, str], services.OrderedItem] = {}
    for position, row in enumerate(rows, start=1):
        where = f"lines.{position}"
        item = Item.objects.filter(code__in={row["item"], row["item"].upper()}, is_active=True).first()
        if item is None:
            raise BadInput(
                f"Row {position}: no item is called {row['item'][:40] or 'nothing'}.", now="Choose an item from the list, by its code.",
                fields={f"{where}.item": row["item"][:40]},
            )  # fmt: skip
        quantity = units.parse_quantity(row["quantity"], field=f"{where}.quantity")
        if not row["supplier_lot"]:
            if row["sscc"] or row["expires_on"]:
                raise BadInput(
                    f"Row {position}: which lot is it?", now="Type the supplier's lot, or leave pallet and date empty.",
                    fields={f"{where}.supplier_lot": "missing"},
                )  # fmt: skip
            lines.append(services.OrderedItem(item=item, quantity=quantity, unit=row["unit"]))
            continue
        lot = services.Announced(
            supplier_lot=row["supplier_lot"], quantity=quantity, unit=row["unit"], sscc=row["sscc"].replace(" ", ""), expires_on=_day(row["expires_on"], where)
        )  # fmt: skip
        line = with_lots.get((item.pk, row["unit"]))
        if line is None:
            line = services.OrderedItem(item=item, quantity=quantity, unit=row["unit"], lots=[lot])
            with_lots[item.pk, row["unit"]] = line
            lines.append(line)
        else:
            line.quantity, line.lots = line.quantity + quantity, [*line.lots, lot]
    return lines


def _day(text: str, where: str) -> Any:
    try:
        return forms.DateField().clean(text) if text else None
    except forms.ValidationError:
        raise BadInput(
            f"“{text[:20]}” is not a day.",
            now="Type it as 2026-11-24.",
            fields={f"{where}.expires_on": text[:20]},
        ) from None


def _page(request: HttpRequest) -> HttpResponse:
    form = AnnounceForm(request.POST or None, initial={"supplier": request.GET.get("supplier")})
    rows = _rows(request)
    rows += [dict.fromkeys(CELLS, "")] * max(2, ROWS - len(rows))
    items = Item.objects.filter(is_active=True).order_by("code").only("code", "name", "unit")[:1000]
    return render(
        request, "receiving/announce.html", {"form": form, "rows": rows, "items": items, "key": new_key(), "has_lots": any(row["supplier_lot"] for row in rows)}
    )  # fmt: skip


def _order_page(request: HttpRequest, pk: int) -> HttpResponse:
    view = OrderPage()
    view.setup(request, pk=pk)
    drawn: Any = view.get(request, pk=pk)
    return drawn.render() if hasattr(drawn, "render") else drawn
