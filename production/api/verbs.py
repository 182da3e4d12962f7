"""What is done to a work order over HTTP, through the services that the pages use.

A record after the fact, a close that is out of its figures and a reopening need a second person, who confirms on the page.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404

from production import services
from production.api import bodies
from production.api.orders import ORDERS
from production.api.shapes import RunMade, WorkOrderBrief, with_unit
from production.models import WorkOrder
from traceability.api.bodies import ReasonBody
from traceability.api.lines import places_of
from traceability.api.nouns import by_number, found
from traceability.api.shapes import EntryDone, Posted, made
from traceability.api.verbs import Call, Verb
from traceability.models import Entry, Item, Location, Lot, Run


class OrderVerb(Verb):
    """Something done to one order."""

    about, named = WorkOrder, "number"

    def order(self, number: str) -> WorkOrder:
        return by_number(ORDERS, number)

    def run(self, order: WorkOrder, number: int | None) -> Run | None:
        if number is None:
            return None
        run = Run.objects.select_related("site").filter(document=order.number, number=number).first()
        if run is None:
            raise Http404
        return run


class Release(OrderVerb):
    """Let the floor begin."""

    operation_id = "work_orders_release"
    required_right = {"POST": "production.plan"}
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.release(work_order=self.order(number), **call.who)
        return with_unit(self.order(number))


class Cancel(OrderVerb):
    """Give up an order to which nothing was issued."""

    operation_id = "work_orders_cancel"
    required_right = {"POST": "production.plan"}
    body = ReasonBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.cancel(work_order=self.order(number), **call.body, **call.who)
        return with_unit(self.order(number))


class Reserve(OrderVerb):
    """Promise lots to the order, so that nobody else takes them. A hold breaks the promise."""

    operation_id = "work_orders_reserve"
    required_right = {"POST": ("production.issue", "production.plan")}
    body = bodies.ReserveBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.reserve(work_order=self.order(number), lots=_issued(call.body["lots"]), **call.who)
        return with_unit(self.order(number))


class Unreserve(OrderVerb):
    """Give up what is promised to the order, or its part of one lot."""

    operation_id = "work_orders_unreserve"
    required_right = {"POST": ("production.issue", "production.plan")}
    body = bodies.UnreserveBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        lots = found(Lot.objects.all(), [call.body["lot"]], what="lot", code="number")
        services.unreserve(work_order=self.order(number), lot=lots.get(call.body["lot"]), **call.who)
        return with_unit(self.order(number))


class Issue(OrderVerb):
    """Take lots into the order now. A lot that is held, undecided, rejected or expired is refused; so is one that is promised to others."""

    operation_id = "work_orders_issue"
    required_right = {"POST": "production.issue"}
    body = bodies.IssueBody

    def act(self, call: Call, number: str) -> Entry:
        body, order = call.body, self.order(number)
        return services.issue(
            work_order=order, lots=_issued(body["lots"]), run=self.run(order, body["run"]), reason=body["reason"],
            water_lb=body["water_lb"], **call.who,
        )  # fmt: skip


class Unused(OrderVerb):
    """Put back what was issued and never used: the order does not contain it, and never did."""

    operation_id = "work_orders_unused"
    required_right = {"POST": "production.issue"}
    body = bodies.BackBody

    def act(self, call: Call, number: str) -> Entry:
        body, order = call.body, self.order(number)
        return services.return_unused(
            work_order=order,
            lots=_returned(body["lots"]),
            run=self.run(order, body["run"]),
            reason=body["reason"],
            **call.who,
        )


class Remove(OrderVerb):
    """Take out again what was in a product: it was in there, and is not any more."""

    operation_id = "work_orders_remove"
    required_right = {"POST": "production.issue"}
    body = bodies.RemoveBody

    def act(self, call: Call, number: str) -> Entry:
        body, order = call.body, self.order(number)
        return services.remove_from_run(
            work_order=order,
            lots=_returned(body["lots"]),
            run=self.run(order, body["run"]),
            reason=body["reason"],
            **call.who,
        )


class Replaced(Posted):
    """`entry` is the removal, `issue` what went in instead."""

    issue = EntryDone()


class Replace(OrderVerb):
    """A part of a unit gives way to another, in one act."""

    operation_id = "work_orders_replace"
    required_right = {"POST": "production.issue"}
    body = bodies.ReplaceBody
    answer = Replaced

    def act(self, call: Call, number: str) -> Any:
        body, order = call.body, self.order(number)
        run = self.run(order, body["run"])
        assert run is not None
        removal, issue = services.replace_part(
            work_order=order, run=run, taken_out=_returned([body["taken_out"]])[0], put_in=_issued([body["put_in"]])[0],
            reason=body["reason"], **call.who,
        )  # fmt: skip
        return {"entry": removal, "issue": issue}


class Output(OrderVerb):
    """Report what the order made. What was made from a held lot is held in the same entry."""

    operation_id = "work_orders_output"
    required_right = {"POST": "production.report"}
    body = bodies.OutputBody

    def act(self, call: Call, number: str) -> Entry:
        body, order = call.body, self.order(number)
        rows = body["outputs"]
        items = found(
            Item.objects.select_related("default_location__site"), [row["item"] for row in rows], what="item"
        )
        places = places_of(rows)
        outputs = [
            services.Made(**{**row, "item": items[row["item"]], "location": places.get(row["location"])})
            for row in rows
        ]
        return services.report_output(
            work_order=order, outputs=outputs, run=self.run(order, body["run"]), reason=body["reason"],
            occurred_at=body["occurred_at"], **call.who,
        )  # fmt: skip


class Assemble(OrderVerb):
    """One unit of a serial item with its parts, in one act: its own run, so that its parts are in no other unit."""

    operation_id = "work_orders_assemble"
    required_right = {"POST": "production.report"}
    body = bodies.UnitBody

    def act(self, call: Call, number: str) -> Entry:
        body = call.body
        items = found(Item.objects.select_related("default_location__site"), [body["item"]], what="item")
        places = found(Location.objects.select_related("site"), [body["location"]], what="location")
        return services.assemble_unit(
            work_order=self.order(number), item=items[body["item"]], serial=body["serial"], parts=_issued(body["parts"]),
            location=places.get(body["location"]), reason=body["reason"], **call.who,
        )  # fmt: skip


class Scrap(OrderVerb):
    """Throw a quantity of stock away under this order, with a reason. Held, rejected and expired stock may go."""

    operation_id = "work_orders_scrap"
    required_right = {"POST": "production.report"}
    body = bodies.ScrapBody

    def act(self, call: Call, number: str) -> Entry:
        order = self.order(number)
        rest = {name: value for name, value in call.body.items() if name not in ("lot", "location")}
        lots = found(Lot.objects.select_related("item"), [call.body["lot"]], what="lot", code="number")
        places = places_of([call.body])
        return services.scrap(
            lot=lots[call.body["lot"]],
            location=places[call.body["location"]],
            document=order.number,
            **rest,
            **call.who,
        )


class StartRun(OrderVerb):
    """Another run: a shift, a line, a tank draw. What is in one run is not in the others."""

    operation_id = "work_orders_start_run"
    required_right = {"POST": "production.issue"}
    body = bodies.RunBody
    answer = RunMade

    def act(self, call: Call, number: str) -> Run:
        lines = found(Location.objects.select_related("site"), [call.body["line"]], what="line")
        return services.start_run(
            work_order=self.order(number),
            line=lines.get(call.body["line"]),
            note=call.body["note"],
            **call.who,
        )


class Stop(OrderVerb):
    """The line stands still, and why. Nothing is issued or reported until it goes on."""

    operation_id = "work_orders_stop"
    required_right = {"POST": ("production.report", "qc.inspect")}
    body = bodies.StopBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.stop(work_order=self.order(number), **call.body, **call.who)
        return with_unit(self.order(number))


class Resume(OrderVerb):
    """The line goes on."""

    operation_id = "work_orders_resume"
    required_right = {"POST": ("production.report", "qc.inspect")}
    body = bodies.ResumeBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.resume(work_order=self.order(number), **call.body, **call.who)
        return with_unit(self.order(number))


class Close(OrderVerb):
    """Close the order with figures that add up. What is out of them needs a second person, on the page."""

    operation_id = "work_orders_close"
    required_right = {"POST": "production.close"}
    body = bodies.CloseBody
    answer = made(WorkOrderBrief)

    def act(self, call: Call, number: str) -> WorkOrder:
        services.close(work_order=self.order(number), **call.body, **call.who)
        return with_unit(self.order(number))


class Undo(OrderVerb):
    """Take back one's own act of this shift, while nothing is built on it. Anything else needs a second person, on the page."""

    operation_id = "work_orders_undo"
    required_right = {"POST": "traceability.reverse_own"}
    body = bodies.UndoBody

    def act(self, call: Call, number: str) -> Entry:
        entry = Entry.objects.filter(seq=call.body["seq"], document=number).first()
        if entry is None:
            raise Http404
        return services.undo(
            work_order=self.order(number), entry=entry, reason=call.body["reason"], **call.who
        )


def _issued(rows: list[dict[str, Any]]) -> list[services.Issued]:
    lots = found(Lot.objects.select_related("item"), [row["lot"] for row in rows], what="lot", code="number")
    places = places_of(rows)
    return [
        services.Issued(**{**row, "lot": lots[row["lot"]], "location": places[row["location"]]})
        for row in rows
    ]


def _returned(rows: list[dict[str, Any]]) -> list[services.Returned]:
    lots = found(Lot.objects.select_related("item"), [row["lot"] for row in rows], what="lot", code="number")
    places = places_of(rows)
    return [
        services.Returned(**{**row, "lot": lots[row["lot"]], "location": places[row["location"]]})
        for row in rows
    ]
