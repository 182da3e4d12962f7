"""The wrong changes themselves, where one takes more than a word."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

from tests.model.bugs.patching import instead
from traceability import genealogy as walks
from traceability.ledger import gate, holding, posting, projections, rules
from traceability.models import Balance, EntryKind, RunLot

Bug = Callable[[], AbstractContextManager[Any]]


def nothing(*result: Any) -> Callable[[Any], Any]:
    """A function that does nothing stands there instead."""
    return lambda before: lambda *args, **kwargs: result[0] if result else None


def own_order() -> Callable[[Any], Any]:
    """Each locks in an order of their own, and both have their first when they ask for their second."""
    both = threading.Barrier(2)

    def make(before: Any) -> Any:
        def lock(table: str, ids: Iterable[int], alone: bool, order: str = "id", script: Any = None) -> None:
            ordered = sorted(set(ids))
            if table != "traceability_lot" or len(ordered) < 2:
                return before(table, ids, alone, order, script)
            try:
                turn = both.wait(10)
                for place, pk in enumerate(ordered[::-1] if turn else ordered):
                    if place:
                        both.wait(10)
                    before(table, [pk], alone)
            except threading.BrokenBarrierError:
                before(table, ordered, alone)
            return None

        return lock

    return make


@contextmanager
def gate_in_the_statement_of_the_lock() -> Iterator[None]:
    """One statement locks and tests: after waiting it still sees the lot as it was before."""
    seen: dict[int, tuple[Any, Any]] = {}

    def lock_later(before: Any) -> Any:
        def lock_lots(ids: Any, *, alone: bool = False, serials: Any = (), script: Any = None) -> None:
            if alone:
                return before(ids, alone=alone, serials=serials, script=script)
            seen[threading.get_ident()] = (sorted(ids), None)
            return None

        return lock_lots

    ask = gate.ask

    def ask_at_once(before: Any) -> Any:
        def asked(script: Any, drafts: Any) -> Any:
            lots, _ = seen.pop(threading.get_ident(), ([], None))
            own = script.ask
            script.ask = lambda sql, params=(): own(
                "WITH locked AS MATERIALIZED (SELECT id FROM traceability_lot WHERE id = ANY(%s) ORDER BY id FOR SHARE), n AS (SELECT count(*) FROM locked) "
                + sql + " FROM n", [lots, *params],
            )  # fmt: skip
            try:
                return ask(script, drafts)
            finally:
                script.ask = own

        return asked

    with instead(posting, "lock_lots", lock_later), instead(gate, "ask", ask_at_once):
        # A script has slots only where it needs none of this.
        yield


def counted_twice(before: Any) -> Any:
    def apply(draft: Any, books: Any, script: Any) -> None:
        before(draft, books, script)
        if draft.reverses is not None:
            before(draft, books, script)

    return apply


def in_floats(before: Any) -> Any:
    def check(books: Any, draft: Any) -> None:
        sums: dict[Any, float] = {}
        for move in draft.moves:
            if place := projections.places_of(move)[0]:
                sums[place] = sums.get(place, 0.0) + float(move.quantity)
                if sums[place] > float(books.balances[place]):
                    raise projections.InsufficientQuantity(
                        lot=move.lot, place="", status="", asked=Decimal(1), available=Decimal(0), unit=""
                    )
        before(books, draft)

    return check


def only_outputs(before: Any) -> Any:
    """What a run made is held, and what was made of that is forgotten."""

    def reached(drafts: Any, runs: Any) -> Any:
        found = before(drafts, runs)
        for run, lots in found.items():
            made = RunLot.objects.filter(run=run, role="output").values_list("lot_id", flat=True)
            now = {move.lot.pk for draft in drafts if draft.kind == EntryKind.OUTPUT for move in draft.moves}
            found[run] = lots & ({*made} | now)
        return found

    return reached


def in_stock_alone(before: Any) -> Any:
    def where_used(lots: Any, reading: Any = walks.WIDE) -> Any:
        walk = before(lots, reading)
        there = set(
            Balance.objects.filter(lot__in=walk.lots, quantity__gt=0).values_list("lot_id", flat=True)
        )
        return replace(walk, lots=[lot for lot in walk.lots if lot in there])

    return where_used


def cut_at(limit: int) -> Callable[[Any], Any]:
    return lambda before: lambda *args: before(*args)[:limit]


def no_deeper_than(levels: int) -> Callable[[Any], Any]:
    def make(before: Any) -> Any:
        def found(direction: str, starts: Any, reading: Any) -> list[int]:
            seen, level = set(starts), list(starts)
            for _ in range(levels):
                runs = {
                    row.run_id
                    for row in walks.links(level, "input" if direction == "used" else "output", reading)
                }
                rows = walks.run_links(list(runs), "output" if direction == "used" else "input", reading)
                level = [row.lot_id for row in rows if row.lot_id not in seen]
                seen |= {*level}
            return sorted(seen)

        return found

    return make


def without(*words: str) -> Callable[[Any], Any]:
    """Conditions of a link that were forgotten."""

    def make(before: Any) -> Any:
        def conditions(direction: str, reading: Any) -> tuple[str, str]:
            keep = lambda text: " AND ".join(
                part for part in text.split(" AND ") if not any(word in part for word in words)
            )
            near, far = before(direction, reading)
            return keep(near), keep(far)

        return conditions

    return make


def quantities_left_out(before: Any) -> Any:
    return lambda draft: {**before(draft), "moves": len(draft.moves)}


def one_client(before: Any) -> Any:
    return lambda *, client, **rest: before(client="everybody", **rest)


def nobody_else(before: Any) -> Any:
    def check(draft: Any, now: Any) -> None:
        second, draft.second_person = draft.second_person, draft.actor.__class__(pk=-1)
        try:
            before(draft, now)
        finally:
            draft.second_person = second

    return check


def first_run_of_the_order(before: Any) -> Any:
    return lambda order, run: order.run


def chosen_before_the_lock(before: Any) -> Any:
    """The hold's lots are chosen once, when the first one asks; the one who comes later does not look again."""

    def new_holds(lots: Any, **rest: Any) -> Any:
        return [holding.NewHold(lot=lot, **rest) for lot in lots]

    return new_holds


def as_sent(before: Any) -> Any:
    return lambda value: None if value is None else str(value)


RETURNS_RELEASED = replace(rules.RULES[EntryKind.CUSTOMER_RETURN], arrives=("released",))


@contextmanager
def entry(table: Any, key: Any, value: Any) -> Iterator[None]:
    before = table.get(key)
    table[key] = value
    try:
        yield
    finally:
        table[key] = before


@contextmanager
def added(some: set[Any], one: Any) -> Iterator[None]:
    some.add(one)
    try:
        yield
    finally:
        some.discard(one)


@contextmanager
def value(module: Any, name: str, other: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, other)
    try:
        yield
    finally:
        setattr(module, name, before)


def both(*bugs: Bug) -> Bug:
    @contextmanager
    def all_of_them() -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for bug in bugs:
                stack.enter_context(bug())
            yield

    return all_of_them


by_timestamp = walks._LATER.replace(
    "e.seq > %(as_of)s",
    "e.occurred_at > (SELECT x.occurred_at FROM traceability_entry x WHERE x.seq = %(as_of)s)",
)
STALE_CHAIN = (
    "COALESCE((SELECT e.chain FROM traceability_entry e ORDER BY e.seq DESC LIMIT 1), h.chain) || sha256("
)
in_utc = lambda before: lambda now, move: now.astimezone(UTC).date()
