"""What is done to a shipment over HTTP. What left before it was written down needs a second person, who confirms on the page."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from shipping import services
from shipping.api import bodies
from shipping.api.shapes import LINES, LineDone, LinesDone, ReturnShape, ShipmentBrief, with_stops
from shipping.api.shipments import SHIPMENTS
from shipping.models import CustomerReturn, Shipment, ShipmentLine
from traceability.api.bodies import ReasonBody
from traceability.api.lines import places_of
from traceability.api.nouns import by_number, found
from traceability.api.shapes import made
from traceability.api.verbs import Call, Verb
from traceability.models import Container, Entry, EntryKind, Lot


class ShipmentVerb(Verb):
    """Something done to one shipment."""

    about, named = Shipment, "number"

    def shipment(self, number: str) -> Shipment:
        return by_number(SHIPMENTS, number)

    def line(self, number: str, position: int) -> ShipmentLine:
        line = (
            ShipmentLine.objects.select_related(*LINES)
            .filter(shipment=self.shipment(number), position=position)
            .first()
        )
        if line is None:
            raise Http404
        return line

    def shown(self, *lines: ShipmentLine) -> list[Any]:
        rows = list(
            ShipmentLine.objects.select_related(*LINES, "shipment__customer", "shipment__site").filter(
                pk__in=[line.pk for line in lines]
            )
        )
        return with_stops(rows[0].shipment, rows)


class Pick(ShipmentVerb):
    """Choose a lot for the shipment and promise it. A lot that is held, undecided, rejected or expired is refused."""

    operation_id = "shipments_pick"
    required_right = {"POST": "shipping.pick"}
    body = bodies.PickBody
    answer = LineDone

    def act(self, call: Call, number: str) -> Any:
        row = call.body
        lots = found(Lot.objects.select_related("item"), [row["lot"]], what="lot", code="number")
        boxes = found(Container.objects.all(), [row["container"]], what="container", code="number")
        line = services.pick(
            shipment=self.shipment(number), lot=lots[row["lot"]], quantity=row["quantity"], unit=row["unit"],
            location=places_of([row])[row["location"]], container=boxes.get(row["container"]), evidence=row["evidence"], because=row["because"],
            **call.who,
        )  # fmt: skip
        return self.shown(line)[0]


class PickContainer(ShipmentVerb):
    """A whole pallet with all that is on it: a line for each lot, all or none."""

    operation_id = "shipments_pick_container"
    required_right = {"POST": "shipping.pick"}
    body = bodies.PickContainerBody
    answer = LinesDone

    def act(self, call: Call, number: str) -> Any:
        body = call.body
        boxes = found(Container.objects.all(), [body["container"]], what="container", code="number")
        lines = services.pick_container(
            shipment=self.shipment(number),
            container=boxes[body["container"]],
            because=body["because"],
            evidence=body["evidence"],
            **call.who,
        )
        return {"lines": self.shown(*lines)}


class Unpick(ShipmentVerb):
    """Put a picked lot back; its promise is given up."""

    operation_id = "shipments_unpick"
    required_right = {"POST": "shipping.pick"}
    body = bodies.PositionBody
    answer = LineDone

    def act(self, call: Call, number: str) -> Any:
        return self.shown(services.unpick(line=self.line(number, call.body["position"]), **call.who))[0]


class Load(ShipmentVerb):
    """The line is on the truck now. What is held or not promised any more does not go on."""

    operation_id = "shipments_load"
    required_right = {"POST": "shipping.pick"}
    body = bodies.PositionBody
    answer = LineDone

    def act(self, call: Call, number: str) -> Any:
        return self.shown(services.load(line=self.line(number, call.body["position"]), **call.who))[0]


class Unload(ShipmentVerb):
    """The line came off the truck again, and stays picked."""

    operation_id = "shipments_unload"
    required_right = {"POST": "shipping.pick"}
    body = bodies.PositionBody
    answer = LineDone

    def act(self, call: Call, number: str) -> Any:
        return self.shown(services.unload(line=self.line(number, call.body["position"]), **call.who))[0]


class Stage(ShipmentVerb):
    """Bring all that is picked to one place, such as the dock; the promises go along."""

    operation_id = "shipments_stage"
    required_right = {"POST": "shipping.pick"}
    body = bodies.StageBody

    def act(self, call: Call, number: str) -> Any:
        place = places_of([call.body])[call.body["location"]]
        services.stage(shipment=self.shipment(number), location=place, **call.who)
        return Entry.objects.filter(keys__client=call.client, keys__key=call.key).first()


class Ship(ShipmentVerb):
    """Let the shipment go. A hold placed since the pick wins: the whole shipment is refused."""

    operation_id = "shipments_ship"
    required_right = {"POST": "shipping.ship"}
    body = bodies.ShipBody

    def act(self, call: Call, number: str) -> Any:
        truck = dict(call.body)
        services.ship(
            shipment=self.shipment(number),
            seal=truck.pop("seal"),
            carrier=truck.pop("carrier"),
            truck=truck,
            **call.who,
        )
        return Entry.objects.filter(kind=EntryKind.SHIPMENT, document=number).order_by("-seq").first()


class Cancel(ShipmentVerb):
    """Give up a shipment that has not left: its picks are put back."""

    operation_id = "shipments_cancel"
    required_right = {"POST": "shipping.pick"}
    body = ReasonBody
    answer = made(ShipmentBrief)

    def act(self, call: Call, number: str) -> Shipment:
        services.cancel_shipment(shipment=self.shipment(number), **call.body, **call.who)
        return self.shipment(number)


class Return(ShipmentVerb):
    """Take back what left with this shipment, into quarantine. Never more than left and is not back yet."""

    operation_id = "shipments_return"
    required_right = {"POST": "shipping.receive_return"}
    body = bodies.ReturnBody
    answer = made(ReturnShape)

    def act(self, call: Call, number: str) -> CustomerReturn:
        body = dict(call.body)
        rows = body.pop("lines")
        lots = found(
            Lot.objects.select_related("item"), [row["lot"] for row in rows], what="lot", code="number"
        )
        places = places_of(rows)
        lines = [
            services.ReturnedLot(**{**row, "lot": lots[row["lot"]], "location": places.get(row["location"])})
            for row in rows
        ]
        return services.receive_return(shipment=self.shipment(number), lines=lines, **body, **call.who)
