"""Facts amended, entries reversed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.book import IRREVERSIBLE, Event
from tests.model.floor import Floor
from traceability import ledger
from traceability.models import Entry, Lot


class Correcting(Floor):
    @rule(data=st.data(), life=st.sampled_from([-3, 3, 30, 60, None]), is_alone=st.booleans())
    def amend_the_life(self, data: Any, life: int | None, is_alone: bool) -> None:
        lot = self.some_lot(data)
        before = self.book.facts[lot].get("expires_on")
        after = self.today + timedelta(days=life) if life is not None else None
        is_more = before is not None and (after is None or after > before)
        made = self.book.facts[lot].get("made_on")
        code = (
            "second_person_required"
            if is_more and is_alone
            else "bad_input"
            if made and after and after < made
            else None
        )
        code = "bad_input" if before == after else code
        self.amend(lot, {"expires_on": after}, None if is_alone else self.plant.quentin, code)

    @rule(data=st.data(), spelling=st.sampled_from(["A-1", "A1", "B/2"]))
    def amend_the_suppliers_number(self, data: Any, spelling: str) -> None:
        lot = self.some_lot(data)
        code = "bad_input" if self.book.facts[lot].get("supplier_lot") == spelling else None
        self.amend(lot, {"supplier_lot": spelling}, None, code)

    def amend(self, lot: str, facts: dict[str, Any], second: Any, code: str | None) -> None:
        act = lambda key, twist: ledger.amend(
            Lot.objects.select_related("item").get(pk=self.of(lot).pk), reason=f"retest{twist}", second_person=second, site=self.plant.site, key=key,
            **facts, **self.by("quinn"),
        )  # fmt: skip
        self.play(act, Event("amend", facts={lot: facts}), code=code)

    @rule(data=st.data(), is_last=st.booleans())
    @precondition(lambda self: self.entries)
    def reverse(self, data: Any, is_last: bool) -> None:
        """Mostly one of the last; any other, too."""
        place = (
            len(self.entries) - 1
            if is_last
            else data.draw(st.integers(0, len(self.entries) - 1), label="entry")
        )
        event, document, pk = self.entries[place]
        entry = Entry.objects.get(pk=pk)
        act = lambda key, twist: ledger.reverse(
            entry, reason=f"typed wrong{twist}", second_person=self.plant.quentin, key=key, **self.by("rita")
        )
        draft = Event(event.kind, [line.turned_round() for line in event.lines], is_reversal=True)
        code = None
        if event.is_reversal or event.kind in IRREVERSIBLE:
            code = "not_reversible"
        elif pk in self.reversed:
            code = "already_reversed"
        elif self.book.refusal(draft, today=self.today) in ("insufficient_quantity", "more_than_went_in"):
            code = "not_reversible"
        if self.play(act, draft, document=document, code=code):
            self.reversed.add(pk)
