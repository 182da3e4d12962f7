"""What comes from suppliers, what goes back to them, and what was counted wrong at the dock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from receiving import services as receiving
from receiving.models import Receipt, ReceiptLine
from receiving.services import ReceivedLot
from tests.model.book import Event, Line
from tests.model.floor import BOUGHT, MADE, TENTHS, WRONG_IS_RARE, Floor, Q, R
from traceability import ledger
from traceability.ledger import Move
from traceability.models import EntryKind, Lot


class Receiving(Floor):
    def open_for_business(self) -> None:
        for item in ("FLOUR", "SPICE", "SALT"):
            self.bring(item, Decimal(30), None)

    @rule(
        item=st.sampled_from(BOUGHT),
        quantity=TENTHS.map(lambda n: n + 4),
        life=st.sampled_from([None, 30, 30, 3, -3]),
    )
    def receive(self, item: str, quantity: Decimal, life: int | None) -> None:
        if not self.is_full or item == "SALT":
            self.bring(item, Decimal(1) if item == "RING" else quantity, life)

    def bring(self, item: str, quantity: Decimal, life: int | None) -> None:
        at = self.tick()
        name = "SALT" if item == "SALT" else self.new_name(item[0])
        expires = self.today + timedelta(days=life) if life is not None and item != "SALT" else None
        self.mark(name, item)
        deliver = lambda key, twist: receiving.receive_delivery(
            lines=[
                ReceivedLot(
                    item=self.items[item], quantity=quantity + twist, supplier_lot=name, expires_on=expires, location=self.places["store"]
                )
            ],
            supplier=self.plant.supplier, occurred_at=at, key=key, **self.by("rita"),
        )  # fmt: skip
        status = Q if item == "SPICE" else R
        # The number of the paper is not known before it is made.
        draft = Event(
            "receipt",
            [Line(name, quantity, "supplier", ("store", status), delivery="received", paper=("S-1", "?"))],
        )
        if name not in self.lots:
            draft.facts = {name: {"expires_on": expires, "supplier_lot": "" if item == "SALT" else name}}
        if item == "MILK" and expires is None:
            draft.holds = [(name, "", False)]
        self.deliver(deliver, draft, name, item)

    def deliver(self, act: Any, draft: Event, name: str, item: str) -> None:
        def numbered(key: str, twist: int) -> Any:
            receipt = act(key, twist)
            if not draft.seq:
                draft.lines = [replace(line, paper=("S-1", receipt.number)) for line in draft.lines]
            return receipt

        [entry] = self.play(numbered, draft)
        receipt = Receipt.objects.get(number=entry.document)
        line = ReceiptLine.objects.get(receipt=receipt)
        if name not in self.lots:
            self.know(name, item, paper=receipt.number, line=line)

    @rule(data=st.data(), quantity=TENTHS)
    @precondition(lambda self: not self.is_full)
    def open_a_balance(self, data: Any, quantity: Decimal) -> None:
        item = data.draw(st.sampled_from(["FLOUR", "BREAD"]), label="item")
        name, at = self.new_name("O"), self.tick()
        post = lambda key, twist: ledger.post(
            EntryKind.OPENING,
            moves=[
                Move(
                    lot=Lot(item=self.items[item], number=name), quantity=quantity + twist, origin=self.places["adjustment"],
                    destination=self.places["store"], destination_status=R,
                )
            ],
            reason="go-live", occurred_at=at, key=key, **self.by("rita"),
        )  # fmt: skip
        draft = Event("opening", [Line(name, quantity, "adjustment", ("store", R))])
        draft.facts = {name: {"expires_on": None, "supplier_lot": ""}}
        if self.play(post, draft):
            self.know(name, item)

    @rule(data=st.data())
    def return_to_supplier(self, data: Any) -> None:
        lot, place, status = self.some_stock(data)
        if not self.lots[lot].lot.supplier_id and data.draw(WRONG_IS_RARE, label="bought"):
            return
        quantity, at = self.quantity_at(data, lot, place, status), self.tick()
        act = lambda key, twist: receiving.return_to_supplier(
            lot=self.of(lot), quantity=quantity, location=self.places[place], status=status, reason=f"wet{twist}", occurred_at=at, key=key, **self.by("rita")
        )  # fmt: skip
        known = self.lots[lot]
        line = Line(
            lot, quantity, (place, status), "supplier", delivery="received_back", paper=("S-1", known.paper)
        )
        self.play(act, Event("supplier_return", [line]), code=None if known.lot.supplier_id else "bad_input")

    @rule(data=st.data(), more=st.booleans())
    def correct_a_receipt(self, data: Any, more: bool) -> None:
        received = [name for name, known in self.lots.items() if known.line and known.item not in MADE]
        lot = self.some_lot(data, received)
        here = sorted(key for key, n in self.book.stock.items() if key[0] == lot and n > 0)
        if not here:
            return
        _, place, status = data.draw(st.sampled_from(here), label="stock")
        known = self.lots[lot]
        known.line.refresh_from_db()
        before = (
            known.line.corrected_quantity
            if known.line.corrected_quantity is not None
            else known.line.quantity
        )
        change = self.amount(data, lot) * (1 if more else -1)
        if before + change < 0:
            return
        at = self.tick()
        act = lambda key, twist: receiving.correct_receipt(
            line=known.line, quantity=before + change, location=self.places[place], status=status, reason=f"miscounted{twist}", occurred_at=at, key=key,
            **self.by("rita"),
        )  # fmt: skip
        ends = ("supplier", (place, status)) if more else ((place, status), "supplier")
        line = Line(
            lot,
            abs(change),
            *ends,
            sign=1 if more else -1,
            delivery="received",
            paper=("S-1", known.line.receipt.number),
        )
        self.play(act, Event("receipt_correction", [line]))
