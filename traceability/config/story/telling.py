"""Act the story out, step by step, each at its own time, through the services that everybody uses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

import production.services as production
import qc.services as qc
import receiving.services as receiving
import shipping.services as shipping
from production.models import WorkOrder
from qc.models import Inspection
from receiving.models import OrderKind
from shipping.models import Shipment
from traceability import ledger
from traceability.config.story import live, noise, timetable
from traceability.config.story.data import shrimp
from traceability.config.story.masters import SITE, Masters
from traceability.config.story.readings import LABORATORY, readings_for
from traceability.models import Balance, Item, Location, Lot, Party, Person, Site
from traceability.numbering import next_number

CLIENT = "story"
DAYS_SINCE_THE_NOTICE = 4
HARVEST_AREAS = {
    "F/V Miss Odessa": "NOAA statistical zone 11, off Petit Bois Island", "F/V Lady Corinne": "NOAA statistical zone 12, Chandeleur Sound",
    "F/V Capt Elroy": "NOAA statistical zone 10, off Gulf Shores", "F/V Southern Grace": "NOAA statistical zone 11, off Dauphin Island",
}  # fmt: skip


@transaction.atomic
def load() -> dict[str, Any]:
    """Tell the story, once. Returns `accounts`: role, name, username and password; none when it was told before."""
    if Site.objects.filter(code=SITE).exists():
        return {"accounts": []}
    if ledger.head().seq:
        raise ledger.Refusal(
            "This database has a ledger of its own.",
            "The story is told into an empty one.",
            "Use another database for the demo.",
        )
    teller = Teller(shrimp(), timezone.now())
    teller.tell()
    live.add(teller)
    return {"accounts": teller.masters.accounts}


class Teller:
    """Keeps what the story refers to by name. Every verb takes the moment it happens at and what it concerns."""

    def __init__(self, story: dict[str, Any], now: datetime):
        self.story, self.now = story, now
        notice = date.fromisoformat(story["supplier_notice"]["date"])
        site = Site(time_zone=story["company"]["time_zone"])
        self.today = now.astimezone(site.zone).date()
        self.shift = self.today - timedelta(days=DAYS_SINCE_THE_NOTICE) - notice
        self.masters = Masters(story, self.shift, self.today)
        self.lots: dict[str, Lot] = {}
        self.orders: dict[str, WorkOrder] = {}
        self.shipments: dict[str, Shipment] = {}
        self.inspections: dict[str, Inspection] = {}
        self.laboratory: dict[str, list[qc.Reading]] = {}

    def tell(self) -> None:
        steps = sorted(
            [*timetable.steps(self.story), *noise.steps()], key=lambda step: (step.day, step.minute)
        )
        for step in steps:
            moment = self.at(step.day, step.minute)
            getattr(self, step.verb)(moment, step.what)

    # What the verbs share.

    def day(self, day: date | str) -> date:
        return (date.fromisoformat(day) if isinstance(day, str) else day) + self.shift

    def at(self, day: date, minute: int) -> datetime:
        its = self.day(day)
        return datetime(
            its.year, its.month, its.day, minute // 60, minute % 60, tzinfo=self.masters.site.zone
        )

    def person(self, name: str) -> Person:
        return self.masters.people[name]

    def place(self, code: str) -> Location:
        return self.masters.places[code]

    def item(self, code: str) -> Item:
        return self.masters.items[code]

    def party(self, name: str) -> Party:
        return self.masters.parties[name]

    def keys(self, *parts: Any) -> dict[str, Any]:
        return {"client": CLIENT, "key": "/".join(str(part) for part in parts)}

    def times(self, moment: datetime) -> dict[str, Any]:
        return {"occurred_at": moment, "recorded_at": moment}

    def remember(self, lots: Any) -> None:
        for lot in lots:
            self.lots[lot.number] = lot

    def balance(self, lot: Lot, quantity: Decimal) -> Balance:
        """The place where so much of the lot is."""
        places = Balance.objects.filter(lot=lot, quantity__gte=quantity).select_related("location__site")
        return places.order_by("id")[0]

    # Receiving and its inspections.

    def receive(self, moment: datetime, what: dict[str, Any]) -> None:
        number, supplier, day = what["document"], self.party(what["supplier"]), moment.date()
        is_trip = what["document_type"] == OrderKind.TRIP_TICKET
        harvest: dict[str, Any] = {}
        if is_trip:
            harvest = {
                "harvest_area": HARVEST_AREAS[what["supplier"]],
                "harvested_from": day - timedelta(days=3),
                "harvested_to": day - timedelta(days=1),
            }
        order = receiving.order(
            number=number, supplier=supplier, kind=what["document_type"], ordered_on=None if is_trip else day - timedelta(days=6), expected_on=day,
            lines=[receiving.OrderedItem(item=self.item(line["item"]), quantity=Decimal(line["quantity"]), unit=line["unit"]) for line in what["lines"]],
            actor=self.person("Rosa"), **harvest, **self.keys("order", number),
        )  # fmt: skip
        receipt = receiving.receive_delivery(
            order=order, site=self.masters.site, actor=self.person("Rosa"), **self.keys("receive", number), **self.times(moment),
            lines=[
                receiving.ReceivedLot(
                    item=self.item(line["item"]), quantity=Decimal(line["quantity"]), unit=line["unit"], supplier_lot=line["supplier_lot"],
                    expires_on=self.day(line["expiry"]) if line["expiry"] else None, location=self.place(line["location"]), lot_number=line["lot"],
                    evidence="typed" if line["lot"] in timetable.TYPED_RECEIPTS else "scanned",
                    code_source=f"{self.masters.site.name}, {self.masters.site.place}" if is_trip else "",
                )
                for line in what["lines"]
            ],
        )  # fmt: skip
        self.remember(line.lot for line in receipt.lines.select_related("lot__item", "lot__supplier"))

    def begin_inspection(self, moment: datetime, what: dict[str, Any]) -> None:
        lot, actor = self.lots[what["lot"]], self.person(what.get("by", "Dwayne"))
        inspection = qc.open_inspection(
            lot=lot,
            stage=what["stage"],
            actor=actor,
            occurred_at=moment,
            **self.keys("inspect", lot.number, what["stage"]),
        )
        readings = readings_for(inspection, what.get("found") or {})
        floor = [reading for reading in readings if reading.characteristic.name not in LABORATORY]
        self.laboratory[inspection.number] = [reading for reading in readings if reading not in floor]
        keys = self.keys("results", inspection.number)
        qc.record_results(inspection=inspection, readings=floor, actor=actor, occurred_at=moment, **keys)
        self.inspections[lot.number] = inspection

    def release_lot(self, moment: datetime, what: dict[str, Any]) -> None:
        self._decide(moment, what, "released")

    def reject_lot(self, moment: datetime, what: dict[str, Any]) -> None:
        self._decide(moment, what, "rejected")

    def _decide(self, moment: datetime, what: dict[str, Any], to_status: str) -> None:
        inspection, actor = self.inspections.pop(what["lot"]), self.person(what.get("by", "Dwayne"))
        late = self.laboratory.pop(inspection.number, [])
        if late:
            qc.record_results(
                inspection=inspection,
                readings=late,
                actor=actor,
                occurred_at=moment,
                **self.keys("laboratory", inspection.number),
            )
        second = what.get("second")
        qc.decide(
            inspection=inspection, to_status=to_status, actor=actor, reason=what.get("reason", ""), second_person=self.person(second) if second else None,
            deviation=what.get("deviation", ""), **self.keys("decide", inspection.number), **self.times(moment),
        )  # fmt: skip

    def send_back(self, moment: datetime, what: dict[str, Any]) -> None:
        lot, quantity = self.lots[what["lot"]], Decimal(what["quantity"])
        balance = self.balance(lot, quantity)
        receiving.return_to_supplier(
            lot=lot, quantity=quantity, location=balance.location, status=balance.status, reason=what["reason"], actor=self.person("Rosa"),
            evidence="scanned", **self.keys("send back", lot.number), **self.times(moment),
        )  # fmt: skip

    # Production.

    def begin_order(self, moment: datetime, what: dict[str, Any]) -> None:
        number, linh = what["work_order"], self.person("Linh")
        order = production.plan_work_order(
            number=number, product=what["product"], item=self.masters.items.get(what["product"]), bom=self.masters.boms[what["product"]],
            line=self.place(what["line"]), planned_on=moment.date(), planned_quantity=Decimal(what["outputs"][0]["quantity"]), actor=linh,
            **self.keys("plan", number),
        )  # fmt: skip
        self.orders[number] = production.release(
            work_order=order,
            actor=linh,
            occurred_at=moment - timedelta(minutes=10),
            **self.keys("release", number),
        )

    def issue(self, moment: datetime, what: dict[str, Any]) -> None:
        number = what["work_order"]
        lines = []
        for line in what["lines"]:
            lot, quantity = self.lots[line["lot"]], Decimal(line["quantity"])
            lines.append(
                production.Issued(
                    lot=lot,
                    quantity=quantity,
                    unit=line["unit"],
                    location=self.balance(lot, quantity).location,
                    evidence=timetable.evidence_of(number, lot.number),
                )
            )
        production.issue(
            work_order=self.orders[number],
            lots=lines,
            actor=self.person("Linh"),
            **self.keys("issue", number, what["lines"][0]["lot"]),
            **self.times(moment),
        )

    def output(self, moment: datetime, what: dict[str, Any]) -> None:
        number = what["work_order"]
        entry = production.report_output(
            work_order=self.orders[number], actor=self.person("Linh"), **self.keys("output", number, what["lines"][0]["lot"]), **self.times(moment),
            outputs=[
                production.Made(item=self.item(line["item"]), quantity=Decimal(line["quantity"]), unit=line["unit"], lot_number=line["lot"], evidence="scanned")
                for line in what["lines"]
            ],
        )  # fmt: skip
        self.remember(movement.lot for movement in entry.movements.select_related("lot__item"))

    def close_order(self, moment: datetime, what: dict[str, Any]) -> None:
        number = what["work_order"]
        production.close(
            work_order=self.orders[number], water_lb=Decimal(what["water_lb"]), loss_lb=Decimal(what["loss_lb"]), actor=self.person("Linh"),
            occurred_at=moment, **self.keys("close", number),
        )  # fmt: skip

    def sample(self, moment: datetime, what: dict[str, Any]) -> None:
        lot, quantity = self.lots[what["lot"]], -Decimal(what["quantity"])
        balance = self.balance(lot, quantity)
        qc.take_sample(
            lot=lot, quantity=quantity, location=balance.location, status=balance.status, purpose=what["reason"], actor=self.person("Dwayne"),
            **self.keys("sample", lot.number), **self.times(moment),
        )  # fmt: skip

    def scrap(self, moment: datetime, what: dict[str, Any]) -> None:
        lot, quantity = self.lots[what["lot"]], -Decimal(what["quantity"])
        balance = self.balance(lot, quantity)
        production.scrap(
            lot=lot, quantity=quantity, location=balance.location, status=balance.status, reason=what["reason"], document=what["document"] or "",
            actor=self.person("Linh"), **self.keys("scrap", lot.number, what["document"]), **self.times(moment),
        )  # fmt: skip

    # Shipping.

    def pick(self, moment: datetime, what: dict[str, Any]) -> None:
        number, marcus = what["shipment"], self.person("Marcus")
        lines = [
            shipping.OrderedItem(
                item=self.item(line["item"]), quantity=Decimal(line["quantity"]), unit=line["unit"]
            )
            for line in what["lines"]
        ]
        order = shipping.order(
            number=number.replace("SH-", "SO-"),
            customer=self.party(what["customer"]),
            lines=lines,
            due_on=moment.date(),
            actor=marcus,
            **self.keys("order", number),
        )
        shipment = shipping.start_shipment(
            number=number, order=order, site=self.masters.site, carrier=what.get("carrier", "Gulf Reefer Lines"), actor=marcus, occurred_at=moment,
            **self.keys("shipment", number),
        )  # fmt: skip
        for position, line in enumerate(what["lines"], start=1):
            lot, quantity = self.lots[line["lot"]], Decimal(line["quantity"])
            shipping.pick(
                shipment=shipment, lot=lot, quantity=quantity, location=self.balance(lot, quantity).location, evidence="scanned", actor=marcus,
                occurred_at=moment, **self.keys("pick", number, position),
            )  # fmt: skip
        self.shipments[number] = shipment

    def stage(self, moment: datetime, what: dict[str, Any]) -> None:
        shipping.stage(
            shipment=self.shipments[what["shipment"]], location=self.place("SHIP-1"), actor=self.person("Marcus"), **self.keys("stage", what["shipment"]),
            **self.times(moment),
        )  # fmt: skip

    def ship(self, moment: datetime, what: dict[str, Any]) -> None:
        shipping.ship(
            shipment=self.shipments[what["shipment"]], seal=f"PP{next_number('SEAL-')[-5:]}", actor=self.person("Marcus"), **self.keys("ship", what["shipment"]),
            **self.times(moment),
        )  # fmt: skip

    def take_back(self, moment: datetime, what: dict[str, Any]) -> None:
        shipping.receive_return(
            shipment=self.shipments[what["shipment"]], number=what["document"], reason=what["reason"], actor=self.person("Rosa"),
            lines=[shipping.ReturnedLot(lot=self.lots[what["lot"]], quantity=Decimal(what["quantity"]), unit=what["unit"], location=self.place("QA-HOLD"), evidence="scanned")],
            **self.keys("return", what["document"]), **self.times(moment),
        )  # fmt: skip

    # The noise has two verbs of its own.

    def take_over(self, moment: datetime, what: dict[str, Any]) -> None:
        noise.take_over(self, moment, what)

    def hold_and_lift(self, moment: datetime, what: dict[str, Any]) -> None:
        noise.hold_and_lift(self, moment, what)
