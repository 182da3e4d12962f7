"""Picked, staged, shipped, and come back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shipping import services as shipping
from shipping.models import Shipment, ShipmentLine
from shipping.services import ReturnedLot, Shipped
from tests.model.book import Event, Line
from tests.model.floor import WRONG_IS_RARE, Floor, Paper, Q, R, X


class Leaving(Floor):
    def some_shipment(self, data: Any, left: bool = False) -> Paper | None:
        papers = [paper for paper in self.shipments if paper.has_left == left]
        filled = [paper for paper in papers if paper.lines]
        if filled and not left and data.draw(WRONG_IS_RARE, label="something is picked"):
            papers = filled
        return data.draw(st.sampled_from(papers), label="shipment") if papers else None

    @rule(data=st.data())
    def pick(self, data: Any) -> None:
        paper = self.some_shipment(data)
        lot, place, _ = self.some_stock(data, R)
        quantity = self.quantity_at(data, lot, place, R) or Decimal(1)
        act = lambda key, twist: shipping.pick(
            shipment=paper.paper, lot=self.of(lot), quantity=quantity + twist, location=self.places[place], key=key, **self.by("sam")
        )  # fmt: skip
        if self.promise(act, paper.paper.number, lot, place, quantity):
            paper.lines = self.lines_of(paper)

    def lines_of(self, paper: Paper) -> list[ShipmentLine]:
        return list(ShipmentLine.objects.filter(shipment=paper.paper, is_taken_out=False).select_related("shipment", "lot", "location").order_by("position"))  # fmt: skip

    def place_named(self, location: Any) -> str:
        return next(name for name, place in self.places.items() if place.pk == location.pk)

    def wanted(self, paper: Paper, only: Any = None) -> dict[tuple[str, str], Decimal]:
        """What the lines still want, by lot and place, in their order."""
        found: dict[tuple[str, str], Decimal] = {}
        for line in paper.lines:
            if only is None or only(line):
                at = (line.lot.number, self.place_named(line.location))
                found[at] = found.get(at, Decimal(0)) + line.quantity
        return found

    @rule(data=st.data())
    @precondition(lambda self: any(paper.lines for paper in self.shipments))
    def unpick(self, data: Any) -> None:
        paper = self.some_shipment(data)
        if not paper.lines:
            return
        line = data.draw(st.sampled_from(paper.lines), label="line")
        shipping.unpick(line=line, key=self.plant.key(), **self.by("sam"))
        at = (line.lot.number, self.place_named(line.location))
        paper.lines = [other for other in paper.lines if other.pk != line.pk]
        keep = self.wanted(paper).get(at, Decimal(0))
        for row in self.promises.standing(*at, document=paper.paper.number):
            row.quantity = min(row.quantity, keep)

    @rule(data=st.data(), comes_back=st.booleans())
    def pick_and_ship(self, data: Any, comes_back: bool) -> None:
        """What mostly happens: picked, and gone; and at times some of it is back soon."""
        self.pick(data)
        self.ship(data)
        if comes_back:
            self.come_back(data)

    def lines_to(self, end: Any, picked: list[ShipmentLine], **rest: Any) -> list[Line]:
        return [
            Line(line.lot.number, line.quantity, (self.place_named(line.location), R), end, **rest)
            for line in picked
        ]

    def broken(self, paper: Paper, wanted: dict[tuple[str, str], Decimal]) -> bool:
        """Something picked is not promised any more, though it is on no hold."""
        number = paper.paper.number
        return any(
            self.promises.total(lot=lot, place=place, document=number) < quantity
            and not self.book.papers(lot)
            for (lot, place), quantity in wanted.items()
        )

    @rule(data=st.data(), to=st.sampled_from(["dock", "store 2"]))
    @precondition(lambda self: any(paper.lines for paper in self.shipments))
    def stage(self, data: Any, to: str) -> None:
        paper, at = self.some_shipment(data), self.tick()
        elsewhere = self.wanted(paper, lambda line: self.place_named(line.location) != to)
        act = lambda key, twist: shipping.stage(
            shipment=paper.paper, location=self.places[to], occurred_at=at, key=key, **self.by("sam")
        )
        lines = self.lines_to(
            (to, R), [line for line in paper.lines if self.place_named(line.location) != to]
        )
        code = None
        if not elsewhere:
            code = "bad_input"
        elif self.broken(paper, elsewhere):
            code = "promise_broken"
        else:
            code = self.book.gate(Event("shipment", lines), self.today)
        draft = Event("transfer", lines)
        if self.play(act, draft, document=paper.paper.number, code=code, repeats=False):
            paper.lines = self.lines_of(paper)

    @rule(data=st.data())
    @precondition(lambda self: any(paper.lines for paper in self.shipments))
    def ship(self, data: Any) -> None:
        paper, at = self.some_shipment(data), self.tick()
        wanted = self.wanted(paper)
        act = lambda key, twist: shipping.ship(
            shipment=paper.paper, occurred_at=at, key=key, **self.by("sam")
        )
        number, customer = paper.paper.number, paper.customer
        lines = self.lines_to("customer", paper.lines, delivery="shipped", paper=(customer, number))
        code = "nothing_picked" if not wanted else "promise_broken" if self.broken(paper, wanted) else None
        if self.play(act, Event("shipment", lines), document=number, code=code, repeats=False):
            paper.has_left = True
            self.shipments.append(self.started(customer, len(self.shipments) + 1))

    @rule(data=st.data(), customer=st.sampled_from(["C-1", "C-2"]), status=st.sampled_from([R, R, Q, X]))
    def ship_after_the_fact(self, data: Any, customer: str, status: str) -> None:
        lot, place, _ = self.some_stock(data, status)
        quantity, at, number = (
            self.quantity_at(data, lot, place, status) or Decimal(1),
            self.tick(),
            f"LATE-{self.seq}",
        )
        act = lambda key, twist: shipping.ship_after_the_fact(
            customer=self.parties[customer], site=self.plant.site, number=number, reason=f"it left{twist}", second_person=self.plant.quentin,
            lines=[Shipped(lot=self.of(lot), quantity=quantity, location=self.places[place], status=status)], occurred_at=at, key=key, **self.by("sam"),
        )  # fmt: skip
        line = Line(lot, quantity, (place, status), "customer", delivery="shipped", paper=(customer, number))
        entries = self.play(
            act, Event("shipment", [line], is_late=True), document=number, is_after_the_fact=True
        )
        if entries:
            self.shipments.append(Paper(Shipment.objects.get(number=number), customer, [], has_left=True))

    @rule(data=st.data())
    def come_back(self, data: Any) -> None:
        paper = self.some_shipment(data, left=True)
        if paper is None:
            return
        number = paper.paper.number
        went = sorted(
            lot for way, lot, _, document in self.book.deliveries if way == "shipped" and document == number
        )
        lot = self.some_lot(data, went or None)
        out, back = self.book.deliveries["shipped", lot, paper.customer, number]
        quantity, at = self.amount(data, lot, out - back), self.tick()
        act = lambda key, twist: shipping.receive_return(
            shipment=paper.paper, lines=[ReturnedLot(lot=self.of(lot), quantity=quantity, location=self.places["store 2"])], reason=f"late{twist}",
            occurred_at=at, key=key, **self.by("sam"),
        )  # fmt: skip
        line = Line(
            lot, quantity, "customer", ("store 2", Q), delivery="shipped_back", paper=(paper.customer, number)
        )
        self.play(act, Event("customer_return", [line]))
