"""What came: to read, to receive (one or many), to correct; and what goes back to its supplier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters

from receiving import services
from receiving.api import bodies
from receiving.api.orders import SUPPLIERS
from receiving.api.shapes import ReceiptBrief, ReceiptShape
from receiving.models import PurchaseOrder, Receipt, ReceiptLine
from receiving.rights import RECEIVE, RETURN
from receiving.services.serials import serials_of
from traceability import ledger
from traceability.api.editing import Makes
from traceability.api.nouns import by_number, found
from traceability.api.parameters import CodeFilter, MomentFilter, TextFilter
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.api.views import PAPER
from traceability.models import Entry, Item, Location, Lot, Site, Tracking

RECEIPTS = Receipt.objects.select_related("supplier", "order", "site", "received_by")
PLACES = Location.objects.inside().select_related("site")


def received(rows: list[dict[str, Any]]) -> list[services.ReceivedLot]:
    """A lot of each line; of a line with serials, one each."""
    items = found(Item.objects.filter(is_active=True).select_related("default_location__site"), [row["item"] for row in rows], what="item")  # fmt: skip
    places = found(PLACES.filter(is_active=True), [row["location"] for row in rows], what="location")
    lots: list[services.ReceivedLot] = []
    for position, row in enumerate(rows, start=1):
        given = {**row, "item": items[row["item"]], "location": places.get(row["location"])}
        serials = serials_of("\n".join(given.pop("serials")), field=f"lines.{position}.serials")
        given["lot_number"] = given["lot_number"] or None
        _check(given, serials, position)
        if not serials:
            lots.append(services.ReceivedLot(**given))
        for serial in serials:
            lots.append(services.ReceivedLot(**given | {"quantity": Decimal(1), "supplier_lot": serial, "lot_number": serial, "pieces": None}))  # fmt: skip
    return lots


def _check(given: dict[str, Any], serials: list[str], position: int) -> None:
    item = given["item"]
    if (item.tracking == Tracking.SERIAL) != bool(serials):
        raise ledger.BadInput(
            f"{item.code} needs its serials." if not serials else f"{item.code} has no serials.",
            now="Send each, or a range." if not serials else "Send its lot and quantity.",
            fields={f"lines.{position}.serials": "missing" if not serials else "not wanted"},
        )
    if serials and given["quantity"] not in (None, len(serials)):
        raise ledger.BadInput(
            f"{len(serials)} serials are not {ledger.plain(given['quantity'])}.",
            now="Leave the quantity out, or name as many serials.",
            fields={f"lines.{position}.quantity": ledger.plain(given["quantity"])},
        )
    if not serials and given["quantity"] is None:
        raise ledger.BadInput(
            "How much came?", now="Send the quantity.", fields={f"lines.{position}.quantity": "missing"}
        )


class Receive(Verb):
    """Receive a delivery, or up to 500 at once: all or none. What the dock would ask is answered by the rules: hold, or refuse."""

    operation_id = "receipts_create"
    required_right = {"POST": RECEIVE}
    body = bodies.ReceiptBody
    answer = made(ReceiptShape)
    most_rows = 500

    def act(self, call: Call) -> Receipt:
        body = dict(call.body)
        truck = body.pop("truck")
        orders = found(
            PurchaseOrder.objects.select_related("supplier"), [body["order"]], what="order", code="number"
        )
        suppliers = found(SUPPLIERS, [body["supplier"]], what="supplier")
        sites = found(Site.objects.all(), [body["site"]], what="site")
        body |= {
            "order": orders.get(body["order"]), "supplier": suppliers.get(body["supplier"]), "site": sites.get(body["site"]), "lines": received(body["lines"]),
        }  # fmt: skip
        if truck:
            body["truck"] = services.Truck(**truck)
        return _shown().get(pk=services.receive_delivery(**body, **call.who).pk)


class ReceiptFilter(filters.FilterSet):
    number = TextFilter()
    order = CodeFilter(
        PurchaseOrder.objects.all(),
        code="number",
        field_name="lines__order_line__order__number",
        distinct=True,
    )
    supplier = CodeFilter(SUPPLIERS, field_name="supplier__code")
    site = CodeFilter(Site.objects.all(), field_name="site__code")
    item = CodeFilter(Item.objects.all(), field_name="items__item__code")
    lot = CodeFilter(Lot.objects.all(), code="number", field_name="lines__lot__number", distinct=True)
    received_from = MomentFilter(field_name="received_at", lookup_expr="gte")
    received_until = MomentFilter(field_name="received_at", lookup_expr="lt")


class ReceiptViewSet(Makes):
    """What came, the latest first. The detail has its lots as they were entered, and what was refused at the dock."""

    required_right = {"GET": "receiving.view", "POST": RECEIVE}
    queryset = RECEIPTS.order_by("-received_at", "-pk")
    filterset_class = ReceiptFilter
    orderings = {"number": ["number"], "received_at": ["received_at"], "id": []}
    lookup_field, lookup_value_regex = "number", PAPER
    new = Receive

    def get_serializer_class(self) -> Any:
        return ReceiptShape if self.detail else ReceiptBrief

    def get_queryset(self) -> QuerySet[Receipt]:
        return _shown(super().get_queryset()) if self.detail else super().get_queryset()


def _shown(rows: QuerySet[Receipt] = RECEIPTS) -> QuerySet[Receipt]:
    return rows.prefetch_related("lines__lot__item", "lines__location", "lines__entry", "refusals__item")


class Correct(Verb):
    """Say what a line should have said. The first figure stays; the difference is an entry of its own."""

    operation_id = "receipts_correct"
    about, named = Receipt, "number"
    required_right = {"POST": RECEIVE}
    body = bodies.CorrectBody

    def act(self, call: Call, number: str) -> Entry:
        body = dict(call.body)
        receipt = by_number(RECEIPTS, number)
        line = ReceiptLine.objects.filter(receipt=receipt, position=body.pop("line")).first()
        if line is None:
            raise Http404
        places = found(PLACES, [body["location"]], what="location")
        body["location"] = places.get(body["location"])
        return services.correct_receipt(line=line, **body, **call.who)


class SupplierReturn(Verb):
    """Send a quantity back to the supplier it came from, against the receipt it came with. Held and rejected stock may go."""

    operation_id = "supplier_returns_create"
    required_right = {"POST": RETURN}
    body = bodies.SupplierReturnBody
    most_rows = 500

    def act(self, call: Call) -> Entry:
        body = dict(call.body)
        lots = found(Lot.objects.select_related("item", "supplier"), [body["lot"]], what="lot", code="number")
        places = found(PLACES, [body["location"]], what="location")
        body |= {"lot": lots[body["lot"]], "location": places[body["location"]]}
        return services.return_to_supplier(**body, **call.who)
