"""What goes into runs, what comes out of them, and what goes another way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from production import services as production
from production.services import Issued, Made, Returned
from tests.model.book import Event, Line, Run
from tests.model.floor import MADE, TENTHS, Floor, Q, R, X

EVIDENCE = st.sampled_from(["scanned", "scanned", "typed", "inferred"])


class Making(Floor):
    def open_for_business(self) -> None:
        """F0 ──▶ WO-1 ──▶ the first bread."""
        super().open_for_business()
        run, order = ("WO-1", 1), self.orders[1]
        first = next(lot for lot, known in self.lots.items() if known.item == "FLOUR")
        self.issue_to(
            run,
            order,
            {first: Line(first, Decimal(3), ("store", R), "production", run=run, role="input")},
            R,
            "now",
            "typed",
        )
        self.make(run, order, self.new_name("M"), "BREAD", Decimal(12), True, "typed", "now")

    @rule(
        data=st.data(),
        evidence=EVIDENCE,
        status=st.sampled_from([R, R, R, R, Q, X]),
        how=st.sampled_from(["now", "now", "now", "backdated", "late"]),
    )
    def issue(self, data: Any, evidence: str, status: str, how: str) -> None:
        """One lot or two (a blend); of bread into a pie it is rework."""
        run, order = self.some_run(data)
        lines: dict[str, Line] = {}
        for _ in range(data.draw(st.sampled_from([1, 1, 2]), label="lines")):
            lot, place, _ = self.some_stock(data, status)
            quantity = self.quantity_at(data, lot, place, status)
            lines[lot] = Line(
                lot, quantity, (place, status), "production", run=run, role="input", evidence=evidence
            )
        self.issue_to(run, order, lines, status, how, evidence)

    def issue_to(
        self, run: Run, order: Any, lines: dict[str, Line], status: str, how: str, evidence: str
    ) -> None:
        is_late = how == "late"
        at, who = self.when(how), self.by("paul")
        if is_late:
            who["second_person"] = self.plant.quentin
        act = lambda key, twist: production.issue(
            work_order=order, run=self.runs[run], after_the_fact=is_late, reason=f"as the log says{twist}", occurred_at=at, key=key, **who,
            lots=[
                Issued(lot=self.of(line.lot), quantity=line.quantity, location=self.places[line.origin[0]], status=status, evidence=evidence)
                for line in lines.values()
            ],
        )  # fmt: skip
        draft = Event("issue", list(lines.values()), is_late=how != "now")
        is_rework = any(self.lots[lot].item == "BREAD" for lot in lines)
        code = "rework_not_allowed" if is_rework and order.number != "WO-0" else None
        self.play(act, draft, document=order.number, is_after_the_fact=is_late, code=code)

    @rule(data=st.data(), quantity=TENTHS)
    @precondition(lambda self: not self.is_full)
    def use_and_make(self, data: Any, quantity: Decimal) -> None:
        """What work mostly is: something usable goes into a run, and a new lot comes out of it."""
        usable = sorted(
            (lot, place, status) for (lot, place, status), n in self.book.stock.items()
            if n > 0 and status == R and not self.book.papers(lot) and lot not in self.serials
        )  # fmt: skip
        if usable:
            lot, place, _ = data.draw(st.sampled_from(usable), label="stock")
            run, order = self.some_run(data)
            self.issue_to(
                run,
                order,
                {lot: Line(lot, Decimal("0.1"), (place, R), "production", run=run, role="input")},
                R,
                "now",
                "typed",
            )
            self.make(
                run,
                order,
                self.new_name("M"),
                data.draw(st.sampled_from(["BREAD", "PIE"]), label="item"),
                quantity,
                True,
                "typed",
                "now",
            )

    def when(self, how: str) -> Any:
        at = self.tick()
        return at - timedelta(days=3) if how == "backdated" else at

    @rule(data=st.data(), quantity=TENTHS)
    def reserve_for_an_order(self, data: Any, quantity: Decimal) -> None:
        _, order = self.some_run(data)
        lot, place, _ = self.some_stock(data, R)
        quantity = self.amount(data, lot)
        act = lambda key, twist: production.reserve(
            work_order=order, lots=[Issued(lot=self.of(lot), quantity=quantity + twist, location=self.places[place])], key=key, **self.by("paul")
        )  # fmt: skip
        self.promise(act, order.number, lot, place, quantity)

    @property
    def is_anything_in_runs(self) -> bool:
        return any(
            role == "input" and link.quantity > link.removed for (_, _, role), link in self.book.links.items()
        )

    def link_of(self, data: Any) -> tuple[Run, str]:
        """Mostly what a run holds; at times anything."""
        held = sorted(
            (run, lot)
            for (run, lot, role), link in self.book.links.items()
            if role == "input" and link.quantity > link.removed
        )
        if held and data.draw(st.integers(0, 5).map(bool), label="what it holds"):
            return data.draw(st.sampled_from(held), label="link")
        return self.some_run(data)[0], self.some_lot(data)

    def held_by(self, run: Run, lot: str) -> Decimal:
        link = self.book.links[run, lot, "input"]
        return link.quantity - link.removed

    def order_of(self, run: Run) -> Any:
        return next((order for order in self.orders if order.number == run[0]), None)

    @rule(data=st.data(), status=st.sampled_from([R, R, Q, X]))
    @precondition(lambda self: self.is_anything_in_runs)
    def return_unused(self, data: Any, status: str) -> None:
        run, lot = self.link_of(data)
        if self.order_of(run) is None:
            return
        quantity, at = self.amount(data, lot, self.held_by(run, lot)), self.tick()
        act = lambda key, twist: production.return_unused(
            work_order=self.order_of(run), run=self.runs[run], reason=f"left{twist}", occurred_at=at, key=key, **self.by("paul"),
            lots=[Returned(lot=self.of(lot), quantity=quantity, location=self.places["store"], status=status)],
        )  # fmt: skip
        line = Line(lot, quantity, "production", ("store", status), run=run, role="input", sign=-1)
        self.play(act, Event("issue_return", [line]), code="rule_broken" if status == X else None)

    @rule(data=st.data(), to_scrap=st.booleans())
    @precondition(lambda self: self.is_anything_in_runs)
    def remove(self, data: Any, to_scrap: bool) -> None:
        run, lot = self.link_of(data)
        if self.order_of(run) is None:
            return
        quantity, at = self.amount(data, lot, self.held_by(run, lot)), self.tick()
        act = lambda key, twist: production.remove_from_run(
            work_order=self.order_of(run), run=self.runs[run], reason=f"worn{twist}", occurred_at=at, key=key, **self.by("paul"),
            lots=[Returned(lot=self.of(lot), quantity=quantity, location=self.places["scrap" if to_scrap else "store"])],
        )  # fmt: skip
        line = Line(
            lot, quantity, "production", "scrap" if to_scrap else ("store", Q), run=run, role="removed"
        )
        self.play(act, Event("removal", [line]))

    @rule(
        data=st.data(),
        evidence=EVIDENCE,
        quantity=TENTHS,
        how=st.sampled_from(["now", "now", "now", "backdated"]),
    )
    def output(self, data: Any, evidence: str, quantity: Decimal, how: str) -> None:
        """A new lot, or more of one that is there: rework into its own number, or a number that is taken."""
        run, order = self.some_run(data)
        is_new = not self.is_full and data.draw(st.booleans(), label="new")
        if is_new:
            item = data.draw(st.sampled_from(MADE), label="item")
            lot = self.new_name("M")
            self.mark(lot, item)
        else:
            lot = self.some_lot(data)
            item = self.lots[lot].item
        self.make(run, order, lot, item, quantity, is_new, evidence, how)

    def make(
        self,
        run: Run,
        order: Any,
        lot: str,
        item: str,
        quantity: Decimal,
        is_new: bool,
        evidence: str,
        how: str,
    ) -> None:
        if lot in self.serials:
            quantity = Decimal(1)
        at = self.when(how)
        made = lambda twist: Made(
            item=self.items[item],
            quantity=quantity,
            lot_number=lot,
            location=self.places["store"],
            evidence=evidence,
        )
        act = lambda key, twist: production.report_output(
            work_order=order, run=self.runs[run], outputs=[made(twist)], reason=f"as the log says{twist}", occurred_at=at, key=key, **self.by("paul")
        )  # fmt: skip
        line = Line(
            lot,
            quantity,
            "production",
            ("store", Q if item == "PIE" else R),
            run=run,
            role="output",
            evidence=evidence,
        )
        draft = Event("output", [line], is_late=how != "now")
        if is_new:
            draft.facts = {lot: {"expires_on": None, "supplier_lot": "", "made_on": self.day(at)}}
        made_here = any(
            link.quantity > 0
            for (r, name, role), link in self.book.links.items()
            if (r[0], name, role) == (order.number, lot, "output")
        )
        if self.play(act, draft, code=None if is_new or made_here else "lot_number_taken") and is_new:
            self.know(lot, item)

    @rule(data=st.data())
    def scrap(self, data: Any) -> None:
        lot, place, status = self.some_stock(data)
        quantity, at = self.quantity_at(data, lot, place, status), self.tick()
        act = lambda key, twist: production.scrap(
            lot=self.of(lot), quantity=quantity, location=self.places[place], status=status, reason=f"spilt{twist}", occurred_at=at, key=key,
            **self.by("paul"),
        )  # fmt: skip
        self.play(act, Event("scrap", [Line(lot, quantity, (place, status), "scrap")]))
