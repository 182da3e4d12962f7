"""Six people do all that the apps offer, on the same few papers and lots, at random: nobody ever sees a deadlock, a database
error or a half-written paper; whoever loses gets a sentence."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from production import services as production
from production.services import Issued, Made, Returned
from qc import services as qc
from receiving import services as receiving
from receiving.services import ReceivedLot
from shipping import services as shipping
from shipping.services import ReturnedLot
from tests.concurrency.conftest import is_sound
from tests.concurrency.duels import word
from tests.concurrency.together import at_once, outcome
from traceability import ledger, stock
from traceability.models import Balance, Entry, Hold, Lot, Status

ONE = Decimal(1)


class Colleague:
    """One of the people. Chooses by a seed of their own; what is there is looked up fresh, as a page would."""

    def __init__(self, plant: Any, number: int, orders: list[Any], shipments: list[Any]) -> None:
        self.plant, self.number, self.random = plant, number, random.Random(number)
        self.orders, self.shipments, self.count = orders, shipments, 0
        self.store, self.store_2, self.dock = plant.store, plant.store_2, plant.place("dock")
        self.item, self.bread = plant.item(), plant.item("BREAD")

    def who(self, name: str) -> dict[str, Any]:
        self.count += 1
        return {"actor": getattr(self.plant, name), "client": "crowd", "key": f"{self.number}-{self.count}"}

    def lot(self) -> Lot:
        return self.random.choice(list(Lot.objects.select_related("item", "supplier").order_by("id")[:6]))

    def somewhere(self) -> Balance:
        rows = Balance.objects.filter(quantity__gt=0).select_related(
            "lot__item", "lot__supplier", "location__site"
        )
        return self.random.choice(list(rows.order_by("id")[:30]))

    def some(self) -> Decimal:
        return Decimal(self.random.randint(1, 3))

    @property
    def order(self) -> Any:
        return self.random.choice(self.orders)

    @property
    def shipment(self) -> Any:
        return self.random.choice(self.shipments)

    # Acts

    def receive(self) -> None:
        line = ReceivedLot(
            item=self.item,
            quantity=Decimal(20),
            supplier_lot=f"X{self.random.randint(1, 3)}",
            location=self.store,
        )
        receiving.receive_delivery(lines=[line], supplier=self.plant.supplier, **self.who("rita"))

    def decide(self) -> None:
        at = self.somewhere()
        inspection = qc.open_inspection(lot=at.lot, stage="receiving", **self.who("quinn"))
        to = self.random.choice([Status.RELEASED, Status.REJECTED, Status.QUARANTINE])
        decision = qc.Decision(
            quantity=self.some(), location=at.location, from_status=at.status, to_status=to
        )
        qc.decide(
            inspection=inspection,
            decisions=[decision],
            reason="looked",
            second_person=self.plant.quentin,
            **self.who("quinn"),
        )

    def sample(self) -> None:
        at = self.somewhere()
        qc.take_sample(lot=at.lot, quantity=ONE, location=at.location, status=at.status, **self.who("quinn"))

    def issue(self) -> None:
        lots = [Issued(lot=self.lot(), quantity=self.some(), location=self.store) for _ in range(2)]
        production.issue(work_order=self.order, lots=lots, **self.who("paul"))

    def reserve(self) -> None:
        lots = [Issued(lot=self.lot(), quantity=self.some(), location=self.store)]
        production.reserve(work_order=self.order, lots=lots, **self.who("paul"))

    def unreserve(self) -> None:
        production.unreserve(work_order=self.order, **self.who("paul"))

    def give_back(self) -> None:
        lots = [Returned(lot=self.lot(), quantity=ONE, location=self.store)]
        production.return_unused(work_order=self.order, lots=lots, **self.who("paul"))

    def make(self) -> None:
        order = self.order
        made = Made(
            item=self.bread,
            quantity=self.some(),
            lot_number=f"{order.number}-{self.random.randint(1, 2)}",
            location=self.store,
        )
        production.report_output(work_order=order, outputs=[made], **self.who("paul"))

    def scrap(self) -> None:
        at = self.somewhere()
        production.scrap(
            lot=at.lot,
            quantity=ONE,
            location=at.location,
            status=at.status,
            reason="spilt",
            **self.who("paul"),
        )

    def pick(self) -> None:
        at = self.somewhere()
        shipping.pick(
            shipment=self.shipment, lot=at.lot, quantity=self.some(), location=at.location, **self.who("sam")
        )

    def unpick(self) -> None:
        lines = list(self.shipment.lines.filter(is_taken_out=False).select_related("shipment")[:5])
        if lines:
            shipping.unpick(line=self.random.choice(lines), **self.who("sam"))

    def stage(self) -> None:
        shipping.stage(
            shipment=self.shipment, location=self.random.choice([self.dock, self.store_2]), **self.who("sam")
        )

    def ship(self) -> None:
        if self.random.random() < 0.2:
            shipping.ship(shipment=self.shipment, **self.who("sam"))
            shipments = self.shipments
            shipments[self.random.randrange(len(shipments))] = shipping.start_shipment(
                customer=self.plant.customer, site=self.plant.site, **self.who("sam")
            )

    def take_back(self) -> None:
        lines = [ReturnedLot(lot=self.lot(), quantity=ONE, location=self.store)]
        shipping.receive_return(shipment=self.shipment, lines=lines, reason="late", **self.who("sam"))

    def move(self) -> None:
        at = self.somewhere()
        to = self.store if at.location_id != self.store.pk else self.store_2
        amounts = [stock.Amount(lot=at.lot, quantity=self.some(), location=at.location, status=at.status)]
        stock.move_stock(amounts=amounts, to=to, **self.who("rita"))

    def count_it(self) -> None:
        at = self.somewhere()
        paper = stock.open_count(
            site=self.plant.site, rows=[at], what="cycle", is_blind=False, **self.who("rita")
        )
        stock.enter(line=paper.lines.get(), quantity=at.quantity + 1, **self.who("rita"))
        stock.post_count(count=paper, reason="count", second_person=self.plant.quentin, **self.who("rita"))

    def split(self) -> None:
        at = self.somewhere()
        source = stock.Amount(lot=at.lot, quantity=ONE, location=at.location, status=at.status)
        stock.split_lot(source=source, into=[(f"S{self.number}-{self.count}", ONE)], **self.who("rita"))

    def pool(self) -> None:
        lots = self.random.sample(
            list(Lot.objects.filter(item=self.item).select_related("item").order_by("id")[:6]), 2
        )
        sources = [stock.Amount(lot=lot, quantity=ONE, location=self.store) for lot in lots]
        stock.pool_lots(
            sources=sources, number=f"T{self.number}-{self.count}", to=self.store, **self.who("rita")
        )

    def hold(self) -> None:
        ledger.place_hold(
            [self.lot()],
            reason="smell",
            reference=f"QH-{self.random.randint(1, 3)}",
            site=self.plant.site,
            **self.who("quinn"),
        )

    def hold_scope(self) -> None:
        if self.random.random() < 0.2:
            ledger.hold_scope(
                [self.lot()],
                reason="glass",
                reference=f"RC-{self.random.randint(1, 2)}",
                site=self.plant.site,
                cause="quality",
                **self.who("quinn"),
            )

    def lift(self) -> None:
        if holds := list(Hold.objects.standing().select_related("placed_in__site")[:20]):
            ledger.lift_hold(holds, reason="all well", second_person=self.plant.quentin, **self.who("quinn"))

    def reverse(self) -> None:
        entries = list(
            Entry.objects.filter(reversed_by__isnull=True).exclude(kind="receipt").order_by("-seq")[:10]
        )
        if entries:
            ledger.reverse(
                self.random.choice(entries),
                reason="wrong",
                second_person=self.plant.quentin,
                **self.who("rita"),
            )

    def act(self) -> tuple[str, str]:
        verb = self.random.choice(VERBS)
        return verb.__name__, word(outcome(lambda: verb(self)))


VERBS: list[Callable[[Colleague], None]] = [
    Colleague.receive, Colleague.decide, Colleague.sample, Colleague.issue, Colleague.reserve, Colleague.unreserve, Colleague.give_back, Colleague.make,
    Colleague.scrap, Colleague.pick, Colleague.pick, Colleague.unpick, Colleague.stage, Colleague.ship, Colleague.take_back, Colleague.move,
    Colleague.count_it, Colleague.split, Colleague.pool, Colleague.hold, Colleague.hold_scope, Colleague.lift, Colleague.lift, Colleague.reverse,
]  # fmt: skip


def test_six_people_at_everything_at_once(committed_plant, count):
    plant = committed_plant
    for n in range(4):
        plant.receive(f"L{n}", 500)
    order = lambda n: production.release(
        work_order=production.plan_work_order(number=f"WO-{n}", product="BREAD", line=plant.place("line"), actor=plant.paul, client="t", key=f"plan{n}"),
        actor=plant.paul, client="t", key=f"release{n}",
    )  # fmt: skip
    orders = [order(n) for n in range(2)]
    shipments = [
        shipping.start_shipment(
            customer=plant.customer, site=plant.site, actor=plant.sam, client="t", key=f"s{n}"
        )
        for n in range(2)
    ]
    crowd = [Colleague(plant, number, orders, shipments) for number in range(6)]
    turns = count(40, 1_000)
    ends = at_once(*[lambda one=one: [one.act() for _ in range(turns)] for one in crowd])
    found = Counter(end for each in ends for end in each)
    assert not {end: n for end, n in found.items() if ":" in end[1]}, "something else than a refusal"
    assert len({verb for verb, end in found if end == "through"}) > len(VERBS) / 2
    is_sound()
