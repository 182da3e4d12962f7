"""Sets of rows and numbers from the ledger: the head and as of a seq say the same, and everything adds up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.graphs import graph
from traceability import inquiries, ledger
from traceability.ledger import Move
from traceability.models import Entry, EntryKind, Lot, Tracking

K = EntryKind
D = Decimal


def move(plant, lot, quantity, origin, destination, **rest):
    return Move(
        lot=lot,
        quantity=D(quantity),
        origin=plant.place(origin),
        destination=plant.place(destination),
        **rest,
    )


@pytest.fixture
def busy(plant):
    """A ledger in which everything has happened once: corrections, returns, removals, transfers, reversals.

    S1 ──▶ B1 ──▶ P1 ──▶ customers, some of it back
    """
    lots = graph(plant, "S1 -> B1; B1 -> P1")
    s1, b1, p1 = lots["S1"], lots["B1"], lots["P1"]
    run = plant.run("WO-1")
    post = plant.post
    post(
        K.RECEIPT_CORRECTION,
        move(plant, s1, 3, "storage", "supplier", origin_status="released", against="RCV-S1"),
        party=plant.supplier,
        reason="short",
    )
    post(
        K.RECEIPT_CORRECTION,
        move(plant, s1, 5, "supplier", "storage", destination_status="released", against="RCV-S1"),
        party=plant.supplier,
        reason="long",
    )
    post(
        K.SUPPLIER_RETURN,
        move(plant, s1, 7, "storage", "supplier", against="RCV-S1"),
        party=plant.supplier,
        reason="wet",
    )
    post(K.ISSUE_RETURN, move(plant, s1, 2, "production", "storage", run=run))
    post(
        K.REMOVAL,
        move(plant, s1, 1, "production", "storage", run=run, destination_status="quarantine"),
        reason="taken out",
    )
    post(K.REMOVAL, move(plant, s1, 1, "production", "scrap", run=run), reason="burnt")
    post(K.SAMPLE, move(plant, p1, 1, "storage", "sample"))
    post(K.SCRAP, move(plant, p1, 2, "storage", "scrap"), reason="dropped")
    post(
        K.COUNT_ADJUSTMENT,
        move(plant, p1, 1, "adjustment", "storage", destination_status="released"),
        reason="found",
    )
    post(K.COUNT_ADJUSTMENT, move(plant, b1, 4, "storage", "adjustment"), reason="missing")
    post(K.TRANSFER, move(plant, p1, 10, "storage", "quarantine"))
    plant.ship(p1, 12, document="SH-1")
    plant.ship(p1, 5, document="SH-2", party=plant.other_customer)
    wrong = plant.ship(p1, 4, document="SH-3")
    post(
        K.CUSTOMER_RETURN,
        move(plant, p1, 6, "customer", "quarantine", against="SH-1"),
        party=plant.customer,
        reason="damaged",
        document="RMA-1",
        actor=plant.sam,
    )
    ledger.reverse(wrong, reason="wrong customer", actor=plant.sam, client="test", key="reverse-1")
    drawn = plant.issue(b1, plant.run("WO-8"), 3)
    ledger.reverse(drawn, reason="wrong lot", actor=plant.paul, client="test", key="reverse-2")
    plant.issue(b1, plant.run("WO-9"), 6)
    return plant, lots


def test_every_term_is_counted_once_and_nothing_is_unaccounted(busy):
    _, lots = busy
    rows = {row.number: row for row in inquiries.mass_balance(lots.values())}
    s1 = rows["S1"]
    assert (s1.received, s1.returned_to_supplier, s1.used, s1.removed, s1.scrapped, s1.on_hand) == (
        102,
        7,
        8,
        2,
        1,
        88,
    )
    p1 = rows["P1"]
    assert (p1.made, p1.shipped, p1.returned, p1.sampled, p1.scrapped, p1.adjusted, p1.on_hand) == (
        50,
        17,
        6,
        1,
        2,
        1,
        37,
    )
    assert (rows["B1"].adjusted_down, rows["B1"].used) == (4, 16)
    assert all(row.unaccounted == 0 for row in rows.values())
    assert all(row.came_in - row.went_out == row.on_hand for row in rows.values())


def test_at_the_head_projections_and_movements_say_the_same(busy):
    head = ledger.head().seq
    every = list(Lot.objects.all())
    for ask in (
        inquiries.mass_balance,
        inquiries.on_hand_by_place,
        inquiries.shipped_to,
        inquiries.received_from,
        inquiries.in_process,
    ):
        now, then = ask(every), ask(every, as_of=head)
        assert now == then, ask.__name__
        assert now, ask.__name__
    assert inquiries.made_on(every) == inquiries.made_on(every, head)
    assert inquiries.facts_of(every) == inquiries.facts_of(every, head)


def test_at_every_earlier_entry_the_answer_is_what_the_head_said_then(plant):
    lots = graph(plant, "S1 -> P1")
    asked = []

    def remember():
        every = [lot.pk for lot in lots.values()]
        asked.append(
            (
                ledger.head().seq,
                inquiries.mass_balance(every),
                inquiries.on_hand_by_place(every),
                inquiries.shipped_to(every),
            )
        )

    remember()
    entry = plant.ship(lots["P1"], 12)
    remember()
    plant.post(
        K.CUSTOMER_RETURN,
        move(plant, lots["P1"], 2, "customer", "quarantine", against="SH-1"),
        party=plant.customer,
        reason="wet",
    )
    remember()
    plant.post(K.TRANSFER, move(plant, lots["P1"], 5, "storage", "quarantine"))
    remember()
    plant.ship(lots["P1"], 1, document="SH-2")
    ledger.reverse(Entry.objects.get(document="SH-2"), reason="no", actor=plant.sam, client="test", key="r")
    remember()
    every = [lot.pk for lot in lots.values()]
    for seq, balances, places, shipped in asked:
        assert inquiries.mass_balance(every, seq) == balances
        assert inquiries.on_hand_by_place(every, seq) == places
        assert inquiries.shipped_to(every, seq) == shipped
    assert entry.seq < asked[-1][0]


def test_totals_add_within_one_item_and_by_unit_only_within_one_unit(busy):
    _, lots = busy
    rows = inquiries.mass_balance(lots.values())
    assert {(row.item, row.unit, row.lots) for row in inquiries.totals(rows)} == {
        ("SPICE", "lb", 1),
        ("BLEND", "lb", 1),
        ("PIE", "cs", 1),
    }
    by_unit = {row.unit: row for row in inquiries.totals_by_unit(rows)}
    assert (by_unit["cs"].shipped, by_unit["lb"].shipped) == (17, 0)


def test_a_life_is_newest_first_with_signed_changes_and_the_balance_after_each(busy):
    plant, lots = busy
    plant.hold(lots["P1"], reference="HD-1")
    ledger.amend(
        lots["P1"], expires_on=date(2030, 1, 1), reason="label", actor=plant.quinn, client="test", key="a"
    )
    lines = inquiries.movements_of(lots["P1"])
    assert [line.kind for line in lines[:3]] == ["amend", "hold", "reversal"]
    assert (lines[0].balance, lines[2].change, lines[2].balance) == (37, 4, 37)
    assert (lines[-1].kind, lines[-1].change, lines[-1].balance) == ("output", 50, 50)
    assert next(line for line in lines if line.kind == "transfer").change == 0
    balance = D(0)
    for line in reversed(lines):
        balance += line.change
        assert line.balance == balance


def test_a_life_is_read_page_by_page_without_gaps(busy):
    _, lots = busy
    whole = inquiries.movements_of(lots["P1"], limit=None)
    pages, before = [], None
    while page := inquiries.movements_of(lots["P1"], before=before, limit=3):
        pages += page
        before = page[-1].cursor
    assert pages == whole


def test_what_is_in_process_and_what_is_promised(busy):
    plant, lots = busy
    assert [(row.document, row.lot, row.quantity) for row in inquiries.in_process(lots.values())] == [
        ("WO-9", "B1", 6)
    ]
    ledger.reserve(
        moves=[move(plant, lots["P1"], 8, "storage", "customer")],
        document="SH-9",
        actor=plant.sam,
        now=timezone.now(),
    )
    assert [(row.document, row.quantity) for row in inquiries.promised(lots.values())] == [("SH-9", 8)]
    assert [(row.run.document, row.role) for row in inquiries.runs_of([lots["B1"]])] == [
        ("WO-9", "input"),
        ("WO-2", "input"),
        ("WO-1", "output"),
    ]


def test_a_lot_is_made_on_the_production_day_of_its_first_output(plant):
    plant.site.production_day_starts = "05:00"
    plant.site.save()
    lots = graph(plant, "S1 -> P1")
    entry = Entry.objects.get(kind=K.OUTPUT)
    local = entry.occurred_at.astimezone(plant.site.zone)
    day = local.date() if local.hour >= 5 else local.date() - timedelta(days=1)
    assert inquiries.made_on([lots["P1"]]) == {lots["P1"].pk: day}
    ledger.amend(
        lots["P1"], made_on=date(2026, 1, 2), reason="label", actor=plant.quinn, client="test", key="a"
    )
    assert inquiries.made_on([lots["P1"]]) == {lots["P1"].pk: date(2026, 1, 2)}
    assert inquiries.made_on([lots["P1"]], as_of=entry.seq) == {lots["P1"].pk: day}


def test_an_opening_shipment_is_in_and_out(plant):
    lot = plant.receive("S1", 5)
    out = move(plant, lot, 3, "adjustment", "customer")
    plant.post(K.OPENING, out, party=plant.customer, document="OLD-1", reason="before go-live")
    (row,) = inquiries.mass_balance([lot])
    assert (row.opening, row.shipped, row.on_hand, row.unaccounted) == (3, 3, 5, 0)


def test_the_ten_questions_are_ten_and_each_takes_the_same_filters(busy):
    plant, lots = busy
    assert len(inquiries.QUESTIONS) == 10
    today = timezone.localdate()
    for question in inquiries.QUESTIONS:
        rows = question.ask(
            item=lots["S1"].item,
            number_from="S1",
            number_to="S1",
            party=plant.customer,
            date_from=today - timedelta(1),
            date_to=today + timedelta(1),
        )
        assert list(rows) == [] or rows.count() > 0
        with pytest.raises(TypeError):
            question.ask("S1")


def test_lots_shipped_to_a_customer_and_received_from_a_supplier(busy):
    plant, _ = busy
    assert [
        (row.document, row.quantity, row.net) for row in inquiries.lots_shipped_to(party=plant.customer)
    ] == [("SH-1", 12, 6)]
    assert inquiries.lots_shipped_to(number_from="P0", number_to="P9").count() == 2
    assert inquiries.lots_shipped_to(date_to=timezone.localdate() - timedelta(2)).count() == 0
    (came,) = inquiries.lots_received_from(number_from="SL-S1", number_to="SL-S1")
    assert (came.lot.number, came.quantity, came.returned) == ("S1", 102, 7)


def test_recall_questions_start_from_the_named_lots_and_answer_for_what_contains_them(busy):
    plant, _ = busy
    assert {row.document for row in inquiries.recall_lots_shipped(number_from="S1", number_to="S1")} == {
        "SH-1",
        "SH-2",
    }
    assert {
        row.lot.number for row in inquiries.recall_lots_stocked(number_from="SL-S1", number_to="SL-S1")
    } == {"S1", "B1", "P1"}
    assert {
        row.lot.number
        for row in inquiries.recall_lots_stocked(number_from="S1", number_to="S1", party=plant.supplier)
    } == {"S1", "B1", "P1"}
    with pytest.raises(ledger.BadInput):
        inquiries.recall_lots_shipped()


def test_serials_and_lots_are_asked_for_apart(plant):
    pump = plant.item("PUMP", tracking=Tracking.SERIAL, unit="ea")
    serial = plant.receive("PV-1", 1, item=pump)
    lot = plant.receive("A-1", 10)
    plant.ship(serial, 1, document="SH-1")
    plant.ship(lot, 1, document="SH-2")
    assert [row.lot for row in inquiries.serials_shipped_to()] == [serial]
    assert [row.lot for row in inquiries.lots_shipped_to()] == [lot]
    assert inquiries.serial_transactions(number_from="PV-1", number_to="PV-1").count() == 2
    assert inquiries.lot_transactions(item=pump).count() == 0
    assert [row.lot for row in inquiries.serials_received_from(party=plant.supplier)] == [serial]


def test_each_inquiry_takes_the_same_few_queries_for_any_number_of_lots(busy, django_assert_num_queries):
    every = list(Lot.objects.values_list("pk", flat=True))
    for ask, queries in (
        (inquiries.mass_balance, 2),
        (inquiries.on_hand_by_place, 1),
        (inquiries.shipped_to, 1),
        (inquiries.in_process, 1),
    ):
        with django_assert_num_queries(queries):
            ask(every)
        with django_assert_num_queries(queries):
            ask(every, as_of=3)
