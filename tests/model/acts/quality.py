"""Decisions, samples, holds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from qc import services as qc
from tests.model.book import Event, Line
from tests.model.floor import WRONG_IS_RARE, Floor, Q, R, X
from traceability import ledger
from traceability.genealogy import Reading
from traceability.models import Hold

# Whatever is rejected may be used as it is by concession (two persons), but does not go back to be looked at.
AFTER = {Q: [R, R, R, X], R: [X, Q], X: [R, Q]}


class Quality(Floor):
    def quick(self) -> dict[str, Any]:
        return {"site": self.plant.site}

    @rule(data=st.data())
    def decide(self, data: Any) -> None:
        lot, place, before = self.some_stock(data)
        after = data.draw(st.sampled_from(AFTER[before]), label="becomes")
        quantity, at = self.quantity_at(data, lot, place, before), self.tick()
        inspection = qc.open_inspection(
            lot=self.of(lot), stage="receiving", key=self.plant.key(), **self.by("quinn")
        )
        act = lambda key, twist: qc.decide(
            inspection=inspection,
            decisions=[qc.Decision(quantity=quantity, location=self.places[place], from_status=before, to_status=after)],
            reason=f"looked{twist}", second_person=self.plant.quentin, occurred_at=at, key=key, **self.by("quinn"),
        )  # fmt: skip
        line = Line(lot, quantity, (place, before), (place, after))
        self.play(
            act, Event("disposition", [line]), code="rule_broken" if (before, after) == (X, Q) else None
        )

    @rule(data=st.data())
    def sample(self, data: Any) -> None:
        lot, place, status = self.some_stock(data)
        quantity, at = self.quantity_at(data, lot, place, status), self.tick()
        act = lambda key, twist: qc.take_sample(
            lot=self.of(lot), quantity=quantity, location=self.places[place], status=status, purpose=f"retain{twist}", occurred_at=at, key=key,
            **self.by("quinn"),
        )  # fmt: skip
        self.play(act, Event("sample", [Line(lot, quantity, (place, status), "sample")]))

    @rule(
        data=st.data(),
        paper=st.integers(1, 4).map(lambda n: f"QH-{n}"),
        cascades=st.sampled_from([True, True, False]),
    )
    def hold(self, data: Any, paper: str, cascades: bool) -> None:
        lots = {self.some_lot(data) for _ in range(data.draw(st.integers(1, 2), label="lots"))}
        act = lambda key, twist: ledger.place_hold(
            [self.of(lot) for lot in sorted(lots)], reason=f"smell{twist}", reference=paper, cascades=cascades, key=key, **self.quick(), **self.by("quinn")
        )  # fmt: skip
        chosen = sorted(lot for lot in lots if paper not in self.book.papers(lot))
        self.play(
            act,
            Event("hold", holds=self.in_order(chosen, paper, cascades)),
            code=None if chosen else "bad_input",
        )

    @rule(data=st.data(), paper=st.integers(1, 3).map(lambda n: f"RC-{n}"), narrow=st.booleans())
    def hold_the_scope(self, data: Any, paper: str, narrow: bool) -> None:
        start = self.some_lot(data)
        reading = Reading(narrow=narrow)
        act = lambda key, twist: ledger.hold_scope(
            [self.of(start)], reason=f"glass{twist}", reference=paper, reading=reading, key=key, **self.quick(), **self.by("rhea")
        )  # fmt: skip
        scope = self.book.walk([start], reading)
        chosen = sorted(lot for lot in scope if paper not in self.book.papers(lot))
        self.play(
            act, Event("hold", holds=self.in_order(chosen, paper, True)), code=None if chosen else "bad_input"
        )

    def in_order(self, lots: list[str], paper: str, cascades: bool) -> list[tuple[str, str, bool]]:
        return [(lot, paper, cascades) for lot in sorted(lots, key=lambda name: self.of(name).pk)]

    @rule(data=st.data())
    @precondition(lambda self: self.book.holds)
    def lift(self, data: Any) -> None:
        standing = self.book.holds[data.draw(st.sampled_from(sorted(self.book.holds)), label="hold")]
        which = Hold.objects.filter(lot=self.of(standing.lot), reference=standing.paper).order_by("id")
        is_again = (
            not data.draw(WRONG_IS_RARE, label="standing") and which.filter(lifted_in__isnull=False).exists()
        )
        hold = which.filter(lifted_in__isnull=not is_again).first()
        one, two = ("rhea", "roy") if standing.paper.startswith("RC-") else ("quinn", "quentin")
        act = lambda key, twist: ledger.lift_hold(
            [hold], reason=f"all well{twist}", second_person=getattr(self.plant, two), key=key, **self.quick(), **self.by(one)
        )  # fmt: skip
        self.play(
            act, Event("lift", lifts=[standing.number]), code="hold_already_lifted" if is_again else None
        )
