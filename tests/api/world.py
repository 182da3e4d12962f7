"""A small company at work, for those who try every address: something of each noun, at each state that a verb begins from."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from production import services as production
from recalls import services as recalls
from receiving import services as receiving
from shipping import services as shipping
from shipping.services import OrderedItem
from tests import files
from tests.graphs import graph
from traceability import attachments, subjects
from traceability.models import Entry, Person

# What an address's parameter may mean here.
NUMBERS = {
    "work-orders": "WO-9",
    "shipments": "SH-9",
    "customer-orders": "SO-9",
    "inspections": "INS-1",
    "nonconformances": "NCR-1",
    "customer-returns": "RMA-9",
    "purchase-orders": "PO-9",
}


@dataclass
class World:
    plant: Any
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def parameters(self, path: str) -> dict[str, Any]:
        """Known values for the parameters of an address."""
        folder = path.removeprefix("/api/v1/").partition("/")[0]
        return self.known.get(folder, {})


def build(plant: Any) -> World:
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    plant.ship(lots["P1"], 5)
    held = plant.hold(lots["B1"], reference="RC-9")
    said = {"client": "world"}
    order = production.plan_work_order(
        number="WO-9", product="Bread", line=plant.place("line"), actor=plant.paul, key="plan", **said
    )
    production.release(work_order=order, actor=plant.paul, key="release", **said)
    wanted = [OrderedItem(item=plant.item("FLOUR"), quantity=Decimal(50))]
    wish = shipping.order(
        number="SO-9", customer=plant.customer, lines=wanted, actor=plant.sam, key="order", **said
    )
    shipment = shipping.start_shipment(
        number="SH-9", order=wish, site=plant.site, actor=plant.sam, key="start", **said
    )
    fresh = plant.receive("F-9", 100, item=plant.item("FLOUR"))
    shipping.pick(
        shipment=shipment,
        lot=fresh,
        quantity=Decimal(5),
        location=plant.store,
        actor=plant.sam,
        key="pick",
        **said,
    )
    receiving.order(
        number="PO-9", supplier=plant.supplier, lines=[receiving.OrderedItem(item=fresh.item, quantity=Decimal(50))], actor=plant.rita, key="announce", **said
    )  # fmt: skip
    came = receiving.receive_delivery(
        supplier=plant.supplier, lines=[receiving.ReceivedLot(item=fresh.item, quantity=Decimal(20), supplier_lot="F-10", location=plant.store)],
        actor=plant.rita, key="came", **said,
    )  # fmt: skip
    invoice = receiving.enter_invoice(
        supplier=plant.supplier, number="INV-9", dated=date(2026, 11, 20), lines=[receiving.InvoicedItem(item=fresh.item, quantity=Decimal(5))],
        actor=plant.pia, key="invoice", **said,
    )  # fmt: skip
    recall = recalls.open_recall(
        title="T", hazard="H", reason="R", starts=[lots["S1"]], actor=plant.rhea, key="recall", **said
    )
    recalls.freeze_scope(recall=recall, actor=plant.rhea, key="freeze", **said)
    paper = attachments.attach(
        subject=subjects.of("lot", fresh), file=io.BytesIO(files.pdf()), name="COA.pdf", actor=plant.rita, key="attach", **said
    )  # fmt: skip
    ids = {
        "attachments": paper.pk,
        "lots": fresh.pk, "items": fresh.item_id, "locations": plant.store.pk, "parties": plant.customer.pk, "recalls": recall.pk,
        "holds": held.payload["holds"][0][0], "balances": fresh.balances.first().pk, "movements": Entry.objects.first().movements.first().pk,
    }  # fmt: skip
    known: dict[str, dict[str, Any]] = {folder: {"id": pk, "pk": pk} for folder, pk in ids.items()}
    known |= {folder: {"number": number} for folder, number in NUMBERS.items()}
    known |= {
        "entries": {"seq": 1},
        "receipts": {"number": came.number},
        "supplier-invoices": {"id": invoice.pk, "pk": invoice.pk},
    }
    return World(plant, known)


def people(plant: Any) -> dict[str, Person]:
    """One of each role, and Nora, who has none."""
    return {
        name: plant.people[name]
        for name in ("rita", "lena", "quinn", "paul", "sam", "rhea", "ada", "alma", "pia", "nora")
    }
