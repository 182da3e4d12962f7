"""Cycle counts: blind, by one or two persons, asked again when stock moved, posted with a reason and a second person."""

from decimal import Decimal

import pytest

from tests.concurrency.together import race
from traceability import ledger, stock
from traceability.ledger import verify
from traceability.models import (
    Balance,
    CountReading,
    Entry,
    EntryKind,
    LineState,
    Tracking,
)
from traceability.stock import Amount, count_posting


def on_hand(lot):
    return {
        row.location.code: int(row.quantity)
        for row in Balance.objects.filter(lot=lot, quantity__gt=0).select_related("location")
    }


def opened(plant, *places, **rest):
    return stock.open_count(
        site=plant.site, rows=stock.rows_at(places=places or [plant.store]), what="Store", actor=plant.rita, client="t", key=rest.pop("key", None) or plant.key(), **rest
    )  # fmt: skip


def look(plant, count, lot, quantity, *, by=None, **rest):
    line = count.lines.get(lot=lot)
    return stock.enter(
        line=line, quantity=Decimal(quantity), actor=by or plant.rita, client="t", key=rest.pop("key", None) or plant.key(), **rest
    )  # fmt: skip


def post(plant, count, reason="Cycle count", **rest):
    return stock.post_count(
        count=count, reason=reason, actor=rest.pop("actor", plant.rita), client="t", key=rest.pop("key", "post"), **rest
    )  # fmt: skip


def test_a_count_is_a_paper_with_a_line_for_each_quantity(plant):
    plant.receive("A", 100)
    plant.receive("B", 5, at=plant.store_2)
    count = opened(plant, plant.store, plant.store_2, key="o")
    assert count.number == "COUNT-000001"
    assert opened(plant, plant.store, plant.store_2, key="o") == count
    assert [(line.lot.number, line.expected) for line in count.lines.order_by("lot__number")] == [
        ("A", 100),
        ("B", 5),
    ]


def test_a_small_difference_is_posted_by_one_person_with_a_reason(plant):
    lot = plant.receive("A", 100)
    count = opened(plant)
    look(plant, count, lot, 99)
    with pytest.raises(ledger.ReasonRequired):
        post(plant, count, "")
    [entry] = post(plant, count)
    assert (entry.kind, entry.document, on_hand(lot)) == (
        EntryKind.COUNT_ADJUSTMENT,
        count.number,
        {"STORE-1": 99},
    )
    assert post(plant, count) == [entry]  # sent again
    with pytest.raises(stock.CountClosed):
        look(plant, count, lot, 98)


def test_a_count_that_agrees_posts_nothing_and_is_closed(plant):
    lot = plant.receive("A", 100)
    count = opened(plant)
    look(plant, count, lot, 100)
    before = Entry.objects.count()
    assert post(plant, count, "") == []
    count.refresh_from_db()
    assert (count.state, Entry.objects.count()) == ("posted", before)


def test_a_blind_first_look_beyond_the_tolerance_is_asked_for_once_more(plant):
    lot = plant.receive("A", 100)
    count = opened(plant)
    line = look(plant, count, lot, 50)
    assert (line.state, line.why_again, line.counted) == (
        LineState.AGAIN,
        "Count it once more, to be sure",
        None,
    )
    with pytest.raises(stock.RecountNeeded):
        post(plant, count)
    assert look(plant, count, lot, 50).state == LineState.COUNTED
    assert CountReading.objects.count() == 2


def test_a_large_difference_needs_a_second_person_who_may_and_did_not_count(plant):
    lot = plant.receive("A", 100)
    count = opened(plant, is_blind=False)
    look(plant, count, lot, 50)
    with pytest.raises(ledger.SecondPersonRequired):
        post(plant, count)
    with pytest.raises(ledger.NotPermitted):
        post(plant, count, second_person=plant.sam)
    plant.rita.roles = ["receiver", "qc"]
    plant.rita.save()
    with pytest.raises(ledger.SamePerson):
        post(plant, count, second_person=plant.rita)
    [entry] = post(plant, count, second_person=plant.quinn)
    assert (entry.second_person, on_hand(lot)) == (plant.quinn, {"STORE-1": 50})


@pytest.mark.parametrize(
    ("percent", "quantity", "counted", "alone"), [(2, 0, 98, True), (2, 0, 97, False), (0, 5, 95, True), (1, 5, 94, False), (0, 0, 99, False)]
)  # fmt: skip
def test_the_tolerance_of_an_item_is_a_share_or_a_quantity_whichever_is_more(
    plant, percent, quantity, counted, alone
):
    item = plant.item("SALT", count_tolerance_percent=percent, count_tolerance_quantity=quantity)
    lot = plant.receive("A", 100, item=item)
    count = opened(plant, is_blind=False)
    look(plant, count, lot, counted)
    if alone:
        assert post(plant, count)
    else:
        with pytest.raises(ledger.SecondPersonRequired):
            post(plant, count)


def test_two_persons_must_agree_and_neither_counts_twice(plant):
    lot = plant.receive("A", 100)
    count = opened(plant, counters=2)
    assert look(plant, count, lot, 99).why_again == "A second person counts it too"
    assert look(plant, count, lot, 98).why_again == "A second person counts it too"
    assert look(plant, count, lot, 97, by=plant.sam).why_again == "Two persons counted differently"
    assert look(plant, count, lot, 97).state == LineState.COUNTED


def test_stock_that_moved_before_the_look_asks_for_another_and_standing_there_anew_does_not(plant):
    lot = plant.receive("A", 100)
    count = opened(plant)
    plant.ship(lot, 10)
    with pytest.raises(stock.RecountNeeded, match="moved while it was counted"):
        look(plant, count, lot, 100)
    assert look(plant, count, lot, 90).state == LineState.COUNTED
    other = opened(plant)
    plant.ship(lot, 10, document="SH-2")
    stock.begin_place(count=other, location=plant.store, actor=plant.rita)
    assert look(plant, other, lot, 80).state == LineState.COUNTED


def test_stock_that_moved_after_the_look_stops_the_posting_and_only_that_line_is_asked_again(plant):
    a, b = plant.receive("A", 100), plant.receive("B", 100)
    count = opened(plant)
    look(plant, count, a, 99)
    look(plant, count, b, 99)
    plant.ship(a, 10)
    with pytest.raises(stock.RecountNeeded, match="A at STORE-1"):
        post(plant, count)
    assert dict(count.lines.values_list("lot__number", "state")) == {"A": "again", "B": "counted"}
    assert (on_hand(a), on_hand(b)) == ({"STORE-1": 90}, {"STORE-1": 100})
    look(plant, count, a, 89)
    post(plant, count, key="p2")
    assert (on_hand(a), on_hand(b)) == ({"STORE-1": 89}, {"STORE-1": 99})


def test_what_moves_elsewhere_does_not_disturb_the_count_of_a_place(plant):
    lot = plant.receive("A", 100)
    stock.move_stock(
        amounts=[Amount(lot=lot, quantity=Decimal(40), location=plant.store)],
        to=plant.store_2,
        actor=plant.rita,
        client="t",
        key="m",
    )
    count = opened(plant)
    plant.ship(lot, 10, at=plant.store_2)
    assert look(plant, count, lot, 60).state == LineState.COUNTED


@pytest.mark.parametrize("locks", [True, False])
def test_a_shipment_at_the_moment_of_posting_is_never_counted_away(committed_plant, monkeypatch, locks):
    """Posting looks once more under the lots' own locks; without them the difference would be posted over the shipment."""
    plant = committed_plant
    lot = plant.receive("A", 100)
    count = opened(plant)
    look(plant, count, lot, 99)
    if not locks:
        # What the posting would be if it looked only before it locked.
        monkeypatch.setattr(count_posting, "last_move_of", lambda line, *, after: None)
    outcomes = race(
        lambda: plant.ship(lot, 10), lambda: post(plant, count), monkeypatch, before=(ledger.posting.projections, "apply")
    )  # fmt: skip
    if locks:
        assert isinstance(outcomes[1], stock.RecountNeeded)
        assert on_hand(lot) == {"STORE-1": 90}
    else:
        assert on_hand(lot) == {"STORE-1": 89}  # control: the count was posted over a movement


def test_a_lot_found_here_is_moved_from_where_it_was_or_added(plant):
    lot, other = plant.receive("A", 100, at=plant.store_2), plant.receive("B", 10)
    gone = plant.receive("C", 5)
    plant.ship(gone, 5)
    count = opened(plant)
    look(plant, count, other, 10)
    for quantity, found, origin in ((30, lot, plant.store_2), (2, gone, None)):
        line = stock.found_here(
            count=count, lot=found, location=plant.store, origin=origin, quantity=Decimal(quantity), actor=plant.rita, client="t", key=plant.key()
        )  # fmt: skip
    assert line.is_found
    entries = post(plant, count, second_person=plant.quinn)
    assert [entry.kind for entry in entries] == [EntryKind.TRANSFER, EntryKind.COUNT_ADJUSTMENT]
    assert on_hand(lot) == {"STORE-1": 30, "STORE-2": 70}
    assert (
        Balance.objects.get(lot=gone, quantity__gt=0).status == "quarantine"
    )  # quality control decides on it
    assert verify.verify().findings == []


def test_an_unknown_label_is_written_down_and_settled_before_posting(plant):
    lot = plant.receive("A", 100)
    stranger = plant.receive("B", 10, at=plant.store_2)
    count = opened(plant)
    look(plant, count, lot, 100)

    def note(label):
        return stock.note_unknown(count=count, label=label, location=plant.store, quantity=Decimal(3), actor=plant.rita, client="t", key=plant.key())  # fmt: skip

    first, second = note("XX-1"), note("XX-2")
    with pytest.raises(ledger.BadInput, match="2 labels nobody knows"):
        post(plant, count)
    with pytest.raises(ledger.ReasonRequired):
        stock.set_aside(line=first, note=" ", actor=plant.rita)
    stock.set_aside(line=first, note="Empty drum, thrown away", actor=plant.rita)
    found = stock.identify(line=second, lot=stranger, actor=plant.rita, client="t", key="i")
    assert (found.lot, found.state, found.counted) == (stranger, LineState.COUNTED, 3)


def test_serials_are_counted_by_their_scan_and_one_elsewhere_comes_here(plant):
    pump = plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")
    one, two = plant.receive("P-1", 1, item=pump), plant.receive("P-2", 1, item=pump)
    far, sold = plant.receive("P-3", 1, item=pump, at=plant.store_2), plant.receive("P-4", 1, item=pump)
    plant.ship(sold, 1)
    count = opened(plant)
    assert look(plant, count, one, 1, evidence="scanned").state == LineState.COUNTED
    with pytest.raises(ledger.BadInput, match="it is here, or it is not"):
        look(plant, count, two, 2)
    found = stock.found_here(
        count=count, lot=far, location=plant.store, quantity=Decimal(1), actor=plant.rita, client="t", key="f"
    )
    assert (found.origin, found.state) == (plant.store_2, LineState.COUNTED)
    with pytest.raises(ledger.BadInput, match="not in stock"):
        stock.found_here(
            count=count,
            lot=sold,
            location=plant.store,
            quantity=Decimal(1),
            actor=plant.rita,
            client="t",
            key="g",
        )
    for n in range(2):
        stock.rest_is_missing(count=count, location=plant.store, actor=plant.rita, client="t", key=f"r{n}")
    post(plant, count, second_person=plant.quinn)
    assert (on_hand(one), on_hand(two), on_hand(far)) == ({"STORE-1": 1}, {}, {"STORE-1": 1})
    assert verify.verify().findings == []


def test_lines_nobody_counted_stop_the_posting_unless_it_is_said(plant):
    a = plant.receive("A", 100)
    plant.receive("B", 100)
    count = opened(plant)
    look(plant, count, a, 99)
    with pytest.raises(ledger.BadInput, match="1 line was not counted"):
        post(plant, count)
    post(plant, count, leave_open=True)
    assert count.lines.get(lot__number="B").state == LineState.OPEN


def test_a_count_is_given_up_with_a_reason_and_posts_nothing(plant):
    lot = plant.receive("A", 100)
    count = opened(plant)
    with pytest.raises(ledger.ReasonRequired):
        stock.cancel_count(count=count, reason="", actor=plant.rita)
    stock.cancel_count(count=count, reason="Wrong place", actor=plant.rita)
    with pytest.raises(stock.CountClosed):
        look(plant, count, lot, 100)


def test_a_person_without_the_right_counts_nothing(plant):
    plant.receive("A", 100)
    with pytest.raises(ledger.NotPermitted):
        stock.open_count(
            site=plant.site,
            rows=stock.rows_at(places=[plant.store]),
            what="x",
            actor=plant.ada,
            client="t",
            key="k",
        )
    with pytest.raises(ledger.BadInput, match="nothing to count"):
        opened(plant, plant.place("dock"))
