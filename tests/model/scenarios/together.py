"""Two people at the same moment, in an order that is made certain."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from tests.concurrency.duels import deadlocks, duel
from tests.concurrency.together import at_once
from tests.model.scenarios.asking import is_sound, move, on_hand
from traceability import ledger
from traceability.models import Entry, EntryKind, Hold


def two_shippers_of_one_pallet(plant: Any) -> None:
    lot = plant.receive("A", 100)
    with duel() as ring:
        ends = ring.scripted(
            lambda: plant.ship(lot, 70, document="SH-1"), lambda: plant.ship(lot, 70, document="SH-2")
        )
    assert ends == ("through", "insufficient_quantity"), ends
    assert on_hand(lot) == 30
    is_sound()


def a_hold_that_comes_first_wins(plant: Any) -> None:
    """The shipper waits for the lot, and then looks: not before."""
    lot = plant.receive("A", 100)
    with duel() as ring:
        ends = ring.scripted(lambda: plant.hold(lot, key="h"), lambda: plant.ship(lot, 10))
    assert ends == ("through", "lot_on_hold"), ends


def a_hold_waits_for_whoever_has_passed_the_gate(plant: Any) -> None:
    lot = plant.receive("A", 100)
    with duel() as ring:
        ends = ring.scripted(lambda: plant.ship(lot, 10), lambda: plant.hold(lot, key="h"))
    assert ends == ("through", "through"), ends
    order = list(Entry.objects.order_by("seq").values_list("kind", flat=True))
    assert order == ["receipt", "shipment", "hold"], order
    is_sound()


def nothing_slips_out_between_the_walk_and_the_hold(plant: Any) -> None:
    """S ──▶ WO-1: the output is about to be written when the scope is held."""
    lot, run = plant.receive("S"), plant.run("WO-1")
    plant.issue(lot, run, 10)
    plant.item("BREAD")
    scope = lambda: ledger.hold_scope(
        [lot], reason="glass", reference="RC-1", actor=plant.rhea, client="test", key="h", site=plant.site
    )
    with duel() as ring:
        ends = ring.scripted(lambda: plant.output("P", run, 8), scope)
    assert ends == ("through", "through"), ends
    assert set(Hold.objects.standing().values_list("lot__number", flat=True)) == {"S", "P"}
    is_sound()


def one_paper_is_one_hold(plant: Any) -> None:
    lot = plant.receive("A")
    hold = lambda key: lambda: plant.hold(lot, reference="QH-1", key=key)
    with duel() as ring:
        ends = ring.scripted(hold("a"), hold("b"))
    assert ends == ("through", "bad_input"), ends
    assert Hold.objects.standing().count() == 1


def one_request_sent_twice_at_once_is_one_entry(plant: Any) -> None:
    lot = plant.receive("A", 100)
    found = at_once(*[lambda: plant.ship(lot, 10, key="one")] * 4)
    assert {getattr(one, "seq", repr(one)) for one in found} == {2}, found


def two_who_hold_the_same_lots_the_other_way_round(plant: Any) -> None:
    lots = [plant.receive("A"), plant.receive("B")]
    hold = lambda paper, some: lambda: plant.hold(*some, reference=paper, key=paper)
    found = at_once(hold("QH-1", lots), hold("QH-2", lots[::-1]))
    assert all(isinstance(one, Entry) for one in found), found
    assert deadlocks() == 0


def an_entry_follows_the_one_that_was_there_when_it_got_its_number(plant: Any) -> None:
    """The first has its number and has not committed; the second waits for it, and links to it."""
    lot, other = plant.receive("A"), plant.receive("B")

    def slowly() -> None:
        with transaction.atomic():
            plant.ship(lot, 10, document="SH-1")
            ring.checkpoint("posted")

    with duel() as ring:
        ends = ring.scripted(slowly, lambda: plant.ship(other, 10, document="SH-2"), at="posted")
    assert ends == ("through", "through"), ends
    is_sound()


def who_looks_at_an_older_picture_posts_nothing(plant: Any) -> None:
    lot = plant.receive("A", 100)

    def late() -> Entry:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            Entry.objects.count()  # the picture is taken
            return plant.ship(lot, 10)

    [found] = at_once(late)
    assert isinstance(found, ledger.WrongIsolation), repr(found)


def a_count_is_reversed_once(plant: Any) -> None:
    lot = plant.receive("A", 100)
    found = move(plant, lot, 10, "adjustment", "storage", destination_status="released")
    counted = plant.post(EntryKind.COUNT_ADJUSTMENT, found, reason="found")
    back = lambda key: (
        lambda: ledger.reverse(counted, reason="twice", actor=plant.rita, client="test", key=key)
    )
    with duel() as ring:
        ends = ring.scripted(back("a"), back("b"))
    assert ends == ("through", "already_reversed"), ends
    assert on_hand(lot) == 100
