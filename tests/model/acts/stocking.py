"""Moved, counted, divided, poured together."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.book import At, Event, Line
from tests.model.floor import PLACES, TENTHS, WRONG_IS_RARE, Floor, R, X
from traceability import stock
from traceability.models import Balance, Run


@dataclass
class Counted:
    """What somebody counted, and after which entry."""

    paper: Any
    seq: int
    lot: str
    at: At
    quantity: Decimal


class Stocking(Floor):
    def amount_of(self, lot: str, place: str, status: str, quantity: Decimal) -> stock.Amount:
        return stock.Amount(lot=self.of(lot), quantity=quantity, location=self.places[place], status=status)

    @rule(data=st.data(), to=st.sampled_from(sorted(PLACES)))
    def move(self, data: Any, to: str) -> None:
        lot, place, status = self.some_stock(data)
        quantity, at = self.quantity_at(data, lot, place, status) or Decimal(1), self.tick()
        act = lambda key, twist: stock.move_stock(
            amounts=[self.amount_of(lot, place, status, quantity + twist)], to=self.places[to], occurred_at=at, key=key, **self.by("rita")
        )  # fmt: skip
        draft = Event("transfer", [Line(lot, quantity, (place, status), (to, status))])
        self.play(act, draft, code="rule_broken" if to == place else None)

    @rule(data=st.data(), counted=st.integers(0, 60).map(lambda n: Decimal(n) / 10), is_slow=st.booleans())
    def count(self, data: Any, counted: Decimal, is_slow: bool) -> None:
        """Counted now; posted at once, or when other things happened meanwhile."""
        lot, place, status = self.some_stock(data)
        row = Balance.objects.filter(
            lot=self.of(lot), location=self.places[place], status=status, quantity__gt=0
        )
        if not row:
            return
        counted = min(counted, Decimal(0)) if lot in self.serials else counted
        paper = stock.open_count(
            site=self.plant.site,
            rows=row,
            what="cycle",
            is_blind=False,
            key=self.plant.key(),
            **self.by("rita"),
        )
        stock.enter(line=paper.lines.get(), quantity=counted, key=self.plant.key(), **self.by("rita"))
        self.counts.append(Counted(paper, self.seq, lot, (place, status), counted))
        if not is_slow:
            self.post_a_count(self.counts.pop())

    @rule(data=st.data())
    @precondition(lambda self: self.counts)
    def post_a_count_of_before(self, data: Any) -> None:
        self.post_a_count(self.counts.pop(data.draw(st.integers(0, len(self.counts) - 1), label="count")))

    def post_a_count(self, counted: Counted) -> None:
        at = self.tick()
        act = lambda key, twist: stock.post_count(
            count=counted.paper, reason="counted", second_person=self.plant.quentin, occurred_at=at, key=key, **self.by("rita")
        )  # fmt: skip
        later = [line for event in self.book.events if event.seq > counted.seq for line in event.lines]
        has_moved = any(
            line.lot == counted.lot and counted.at in (line.origin, line.destination) for line in later
        )
        change = counted.quantity - self.book.stock[counted.lot, *counted.at]
        ends = ("adjustment", counted.at) if change > 0 else (counted.at, "adjustment")
        drafts = (
            [Event("count_adjustment", [Line(counted.lot, abs(change), *ends)])]
            if change or has_moved
            else []
        )
        self.play(act, *drafts, code="recount_needed" if has_moved else None, repeats=False)

    def may_be_divided(self, lot: str) -> bool:
        return lot not in self.serials and lot not in self.untracked

    @rule(data=st.data(), first=TENTHS, second=TENTHS)
    @precondition(lambda self: not self.is_full)
    def split(self, data: Any, first: Decimal, second: Decimal) -> None:
        lot, place, status = self.some_stock(data)
        if not self.may_be_divided(lot):
            return
        names, at = [self.new_name("D"), self.new_name("E")], self.tick()
        act = lambda key, twist: stock.split_lot(
            source=self.amount_of(lot, place, status, Decimal(1)), into=[(names[0], first + twist), (names[1], second)], occurred_at=at, key=key,
            **self.by("rita"),
        )  # fmt: skip
        run = ("SPL", self.seq)
        out = [
            Line(name, quantity, "production", (place, status), run=run, role="output")
            for name, quantity in zip(names, (first, second), strict=True)
        ]
        self.remake(act, [Line(lot, first + second, (place, status), "production", run=run, role="input")], out, self.lots[lot].item,
                    code="rule_broken" if status == X else None)  # fmt: skip

    @rule(data=st.data(), first=TENTHS, second=TENTHS)
    @precondition(lambda self: not self.is_full)
    def pool(self, data: Any, first: Decimal, second: Decimal) -> None:
        lots = sorted(filter(self.may_be_divided, self.lots))
        one = self.some_lot(data, lots)
        alike = [lot for lot in lots if lot != one and self.lots[lot].item == self.lots[one].item]
        is_wrong = not data.draw(WRONG_IS_RARE, label="of one item")
        others = [lot for lot in lots if lot != one] if is_wrong else alike
        if not others:
            return
        two = self.some_lot(data, others)
        name, at = self.new_name("T"), self.tick()
        act = lambda key, twist: stock.pool_lots(
            sources=[self.amount_of(one, "store", R, first + twist), self.amount_of(two, "store", R, second)], number=name, to=self.places["store"],
            occurred_at=at, key=key, **self.by("rita"),
        )  # fmt: skip
        run = ("POOL", self.seq)
        drawn = [
            Line(lot, quantity, ("store", R), "production", run=run, role="input")
            for lot, quantity in ((one, first), (two, second))
        ]
        out = [Line(name, first + second, "production", ("store", R), run=run, role="output")]
        self.remake(
            act,
            drawn,
            out,
            self.lots[one].item,
            code=None if self.lots[one].item == self.lots[two].item else "bad_input",
        )

    def remake(self, act: Any, drawn: list[Line], out: list[Line], item: str, code: str | None) -> None:
        """Two entries that stand or fall together. The parts keep the shortest life of what they are made of."""
        lives = [life for line in drawn if (life := self.book.facts[line.lot].get("expires_on"))]
        first = self.book.facts[drawn[0].lot] if len(drawn) == 1 else {}
        made = Event("output", out)
        made.facts = {
            line.lot: {
                "expires_on": min(lives, default=None),
                "supplier_lot": first.get("supplier_lot", ""),
                "made_on": first.get("made_on"),
            }
            for line in out
        }
        entries = self.play(act, Event("issue", drawn), made, code=code)
        if entries:
            for line in out:
                self.know(line.lot, item, paper="")
            self.runs_of_no_order[drawn[0].run] = Run.objects.get(document=entries[0].document)
