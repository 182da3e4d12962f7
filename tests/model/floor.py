"""The plant of the model and how a thing is done in it: once through the services, once in the book, with the same end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from production import services as production
from production.models import Bom
from shipping import services as shipping
from tests.cast import make_plant
from tests.model.answers import Answers
from tests.model.book import Book, Event, Line, Run
from tests.model.promises import Promises
from traceability import ledger
from traceability.models import Entry, Location, Lot

# item: how it is tracked, and what it needs.
ITEMS: dict[str, dict[str, Any]] = {
    "FLOUR": {},
    "SPICE": {"inspected_at": ["receiving"]},
    "MILK": {"needs_expiry": True},
    "SALT": {"tracking": "none"},
    "RING": {"tracking": "serial", "unit": "ea"},
    "BREAD": {"kind": "finished"},
    "PIE": {"kind": "finished", "inspected_at": ["final"]},
    "PUMP": {"tracking": "serial", "unit": "ea", "kind": "finished"},
}
BOUGHT = ["FLOUR", "SPICE", "MILK", "SALT", "RING"]
MADE = ["BREAD", "PIE", "PUMP"]
PLACES = {
    "store": "STORE-1",
    "store 2": "STORE-2",
    "dock": "DOCK-1",
    "line": "LINE-1",
    "cage": "QUARANTINE-1",
}
BOUNDARIES = ["supplier", "production", "customer", "scrap", "adjustment", "sample"]
Q, R, X = "quarantine", "released", "rejected"
TENTHS = st.integers(1, 60).map(lambda n: Decimal(n) / 10)
LOTS = 9  # as many as there may be; enough to meet again
WRONG_IS_RARE = st.integers(0, 7).map(bool)  # False once in eight


@dataclass
class Known:
    """A lot by its name in the model."""

    name: str
    item: str
    lot: Lot
    paper: str = ""  # the receipt it came with
    line: Any = None  # the line of that receipt


@dataclass
class Paper:
    """A shipment: what is picked for it, and whether it left."""

    paper: Any
    customer: str
    lines: list[Any]
    has_left: bool = False


SEEN: Counter[tuple[str, str | None]] = Counter()  # what was done, and with which end
Act = Callable[[str, int], Any]


class Floor(RuleBasedStateMachine):
    """What every rule stands on."""

    verify_every = 12

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.plant = plant = make_plant()
        places = {place.code: place for place in Location.objects.select_related("site")}
        self.places = {name: places[code] for name, code in PLACES.items()}
        self.places |= {kind: plant.place(kind) for kind in BOUNDARIES}
        self.items = {
            code: plant.item(
                code, **({"decimals": 1} | facts if facts.get("tracking") != "serial" else facts)
            )
            for code, facts in ITEMS.items()
        }
        self.parties = {"C-1": plant.customer, "C-2": plant.other_customer, "S-1": plant.supplier}
        Bom.objects.create(
            name="PIE",
            item=self.items["PIE"],
            status="approved",
            per_quantity=1,
            per_unit="lb",
            rework_item=self.items["BREAD"],
        )
        self.orders = [self.released("WO-0", item=self.items["PIE"]), self.released("WO-1", product="BREAD")]
        self.runs: dict[Run, Any] = {(order.number, 1): order.run for order in self.orders}
        self.runs["WO-1", 2] = production.start_run(work_order=self.orders[1], key="run", **self.by("paul"))
        self.lots: dict[str, Known] = {}
        self.untracked: set[str] = set()
        self.serials: set[str] = set()
        self.book, self.promises = Book(self.untracked, self.serials), Promises()
        self.shipments = [self.started("C-1", 1), self.started("C-2", 2)]
        self.clock = timezone.now() - timedelta(hours=20)
        self.requests: list[tuple[Act, str]] = []
        self.entries: list[tuple[Event, str, int]] = []  # event, document, entry id
        self.reversed: set[int] = set()
        self.counts: list[Any] = []  # counted, and not posted yet
        self.runs_of_no_order: dict[Run, Any] = {}  # splits and pools
        self.answers = Answers(self)
        self.open_for_business()

    def open_for_business(self) -> None:
        """What is there when the first rule plays."""

    def teardown(self) -> None:
        if not hasattr(self, "atomic"):
            return
        try:
            if hasattr(self, "answers"):
                self.answers.all()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @invariant()
    def both_say_the_same(self) -> None:
        if hasattr(self, "answers"):
            self.answers.after_a_step()

    # Doing

    def play(self, act: Act, *drafts: Event, document: str = "", code: str | None = None, is_after_the_fact: bool = False,
             repeats: bool = True) -> list[Entry]:  # fmt: skip
        """Do it. If the book says that it is refused, it is, with that code, and nothing happened; else both change."""
        expected = code or self.refusal(drafts, document, is_after_the_fact)
        if drafts:
            SEEN["reversal" if drafts[0].is_reversal else drafts[0].kind, expected] += 1
        key, before = self.plant.key(), self.seq
        try:
            act(key, 0)
        except ledger.Refusal as refusal:
            assert refusal.code == expected, f"{refusal.code} instead of {expected}: {refusal.sentence}"  # noqa: PT017
            assert ledger.head().seq == before
            return []
        assert expected is None, f"went through, expected {expected}"
        entries = list(Entry.objects.filter(seq__gt=before).order_by("seq"))
        self.write_down(drafts, entries, document, is_after_the_fact)
        if entries and repeats:
            self.requests.append((act, key))
        return entries

    def promise(self, act: Act, document: str, lot: str, place: str, quantity: Decimal) -> bool:
        """Promise a quantity: no entry, but refused all the same if it may not be used or is not free."""
        draft = Event("shipment", [Line(lot, quantity, (place, R), "customer")])
        free = self.book.stock[lot, place, R] - self.promises.total(lot=lot, place=place)
        expected = self.book.gate(draft, self.today)
        if not expected and self.book.stock[lot, place, R] < quantity:
            expected = "insufficient_quantity"
        expected = expected or ("reserved" if free < quantity else None)
        SEEN["shipment", expected] += bool(expected)
        key = self.plant.key()
        try:
            act(key, 0)
        except ledger.Refusal as refusal:
            assert refusal.code == expected, f"{refusal.code} instead of {expected}: {refusal.sentence}"  # noqa: PT017
            return False
        assert expected is None, f"went through, expected {expected}"
        self.promises.make(document, lot, place, quantity)
        self.requests.append((act, key))
        return True

    def refusal(self, drafts: Sequence[Event], document: str, is_after_the_fact: bool) -> str | None:
        for draft in drafts:
            if code := self.book.refusal(draft, today=self.today, is_after_the_fact=is_after_the_fact):
                return code
        trial = deepcopy(self.promises)
        for draft in drafts:
            if code := trial.settle(draft, self.book, document=document, is_after_the_fact=is_after_the_fact):
                return code
        return None

    def write_down(
        self, drafts: Sequence[Event], entries: Sequence[Entry], document: str, late: bool
    ) -> None:
        kinds = ["reversal" if draft.is_reversal else draft.kind for draft in drafts]
        assert [entry.kind for entry in entries] == kinds
        assert [entry.seq for entry in entries] == [self.seq + n for n in range(1, len(entries) + 1)]
        inherited = [] if any(draft.is_reversal for draft in drafts) else self.book.passed_on(drafts)
        for draft, entry in zip(drafts, entries, strict=True):
            draft.seq, draft.at = entry.seq, entry.occurred_at
            if draft is drafts[-1]:
                draft.holds = [*draft.holds, *inherited]
            self.promises.settle(draft, self.book, document=document, is_after_the_fact=late)
            self.book.add(draft)
            self.promises.break_all({lot for lot, _, _ in draft.holds})
            self.entries.append((draft, entry.document, entry.pk))

    @rule(data=st.data())
    @precondition(lambda self: self.requests)
    def send_again(self, data: Any) -> None:
        """The same request once more: nothing happens. The same key with other content: refused."""
        act, key = data.draw(st.sampled_from(self.requests[-6:]), label="request")
        before = self.seq
        act(key, 0)
        assert ledger.head().seq == before
        try:
            act(key, 1)
        except ledger.KeyReused:
            pass
        else:
            raise AssertionError("the key was used for something else")
        assert ledger.head().seq == before

    # What rules use

    @property
    def seq(self) -> int:
        return self.book.events[-1].seq if self.book.events else 0

    @property
    def today(self) -> date:
        return self.day(timezone.now())

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.plant.site.zone).date()

    def tick(self) -> datetime:
        self.clock += timedelta(minutes=1 + self.seq % 7)
        return self.clock

    def by(self, name: str) -> dict[str, Any]:
        return {"actor": getattr(self.plant, name), "client": "model"}

    def released(self, number: str, **what: Any) -> Any:
        order = production.plan_work_order(
            number=number, line=self.places["line"], key=f"plan {number}", **what, **self.by("paul")
        )
        return production.release(work_order=order, key=f"release {number}", **self.by("paul"))

    def started(self, customer: str, number: int) -> Paper:
        paper = shipping.start_shipment(
            customer=self.parties[customer],
            number=f"SH-{number}",
            site=self.plant.site,
            key=f"start {number}",
            **self.by("sam"),
        )
        return Paper(paper, customer, [])

    def know(self, name: str, item: str, **rest: Any) -> Known:
        lot = Lot.objects.select_related("item", "supplier").get(number=name, item=self.items[item])
        self.lots[name] = Known(name, item, lot, **rest)
        return self.lots[name]

    def mark(self, name: str, item: str) -> None:
        """Tell the book what kind of lot is coming, before it comes."""
        if ITEMS[item].get("tracking") == "serial":
            self.serials.add(name)
        if ITEMS[item].get("tracking") == "none":
            self.untracked.add(name)

    def new_name(self, letter: str) -> str:
        return f"{letter}{len(self.lots) + len(self.book.events)}"

    @property
    def is_full(self) -> bool:
        return len(self.lots) >= LOTS

    def some_lot(self, data: Any, among: Iterable[str] | None = None) -> str:
        return data.draw(st.sampled_from(sorted(among if among is not None else self.lots)), label="lot")

    def some_stock(self, data: Any, status: str = "") -> tuple[str, str, str]:
        """(lot, place, status): mostly where there is some, at times anywhere."""
        there = sorted(
            key for key, n in self.book.stock.items() if n > 0 and (not status or key[2] == status)
        )
        if there and data.draw(WRONG_IS_RARE, label="where it is"):
            return data.draw(st.sampled_from(there), label="stock")
        place = data.draw(st.sampled_from(["store", "store 2"]), label="place")
        return self.some_lot(data), place, status or data.draw(st.sampled_from([R, Q, X]), label="status")

    def amount(self, data: Any, lot: str, most: Decimal | None = None) -> Decimal:
        """One of a serial; of others a part, all, or a little more than there is."""
        if lot in self.serials:
            return Decimal(1)
        drawn = data.draw(TENTHS, label="quantity")
        return most if most and data.draw(st.booleans(), label="all of it") else drawn

    def quantity_at(self, data: Any, lot: str, place: str, status: str) -> Decimal:
        return self.amount(data, lot, self.book.stock[lot, place, status])

    def some_run(self, data: Any) -> tuple[Run, Any]:
        run = data.draw(st.sampled_from(sorted(self.runs)), label="run")
        return run, next(order for order in self.orders if order.number == run[0])

    def of(self, name: str) -> Lot:
        return self.lots[name].lot

    def line(self, lot: str, quantity: Decimal, origin: Any, destination: Any, **rest: Any) -> Line:
        return Line(lot, quantity, origin, destination, **rest)
