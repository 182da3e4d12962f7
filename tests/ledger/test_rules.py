"""The rules table as a table of refusals: for every kind, each way, status, run, party, reason and second person."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from traceability import ledger
from traceability.ledger import Move
from traceability.models import BOUNDARIES, Balance, Entry, EntryKind, LocationKind, Lot, Status

K, L = EntryKind, LocationKind
Q, R, X = Status.QUARANTINE, Status.RELEASED, Status.REJECTED
WAY_OUT = {L.LINE, L.TRANSIT, L.THIRD_PARTY}

# What each kind allows, written down anew from the design and not read from rules.py: (from, to), statuses that leave,
# statuses that arrive. "in" is any place inside.
ALLOWED = {
    K.OPENING: ({("adjustment", "in"), ("adjustment", "customer")}, "", "RQX"),
    K.RECEIPT: ({("supplier", "in")}, "", "QR"),
    K.RECEIPT_CORRECTION: ({("supplier", "in"), ("in", "supplier")}, "QRX", "QRX"),
    K.SUPPLIER_RETURN: ({("in", "supplier")}, "QRX", ""),
    K.TRANSFER: ({("in", "in")}, "QRX", "="),
    K.DISPOSITION: ({("in", "in")}, "QRX", "QRX"),
    K.SAMPLE: ({("in", "sample")}, "QRX", ""),
    K.ISSUE: ({("in", "production"), ("supply", "production")}, "R", ""),
    K.ISSUE_RETURN: ({("production", "in")}, "", "RQ"),
    K.REMOVAL: ({("production", "in"), ("production", "scrap")}, "", "QX"),
    K.OUTPUT: ({("production", "in")}, "", "QR"),
    K.SCRAP: ({("in", "scrap")}, "QRX", ""),
    K.SHIPMENT: ({("in", "customer")}, "R", ""),
    K.CUSTOMER_RETURN: ({("customer", "in")}, "", "Q"),
    K.COUNT_ADJUSTMENT: ({("in", "adjustment"), ("adjustment", "in")}, "QRX", "QRX"),
}
MOVERS = list(ALLOWED)
NEEDS_PARTY = {K.RECEIPT, K.RECEIPT_CORRECTION, K.SUPPLIER_RETURN, K.SHIPMENT, K.CUSTOMER_RETURN}
NEEDS_REASON = {
    K.OPENING,
    K.RECEIPT_CORRECTION,
    K.SUPPLIER_RETURN,
    K.REMOVAL,
    K.SCRAP,
    K.CUSTOMER_RETURN,
    K.COUNT_ADJUSTMENT,
}
NEEDS_RUN = {K.ISSUE, K.ISSUE_RETURN, K.REMOVAL, K.OUTPUT}
LETTER = {"Q": Q, "R": R, "X": X}


def side(kind: str) -> str:
    return kind if kind in BOUNDARIES else "in"


@pytest.fixture
def stocked(plant):
    """F ──▶ WO-1 ──▶ P, F shipped and returned in part; F stands in STORE-1 in all three statuses, 100 each and more."""
    flour = plant.receive("F", 1000)
    store, adjustment = plant.store, plant.place("adjustment")
    for status in (Q, X):
        plant.post(
            K.COUNT_ADJUSTMENT,
            Move(
                lot=flour,
                quantity=Decimal(100),
                origin=adjustment,
                destination=store,
                destination_status=status,
            ),
            reason="found",
        )
    plant.flour, plant.wo = flour, plant.run("WO-1")
    plant.issue(flour, plant.wo, 100)
    plant.ship(flour, 100, document="SH-1")
    return plant


def extras(plant, kind, *, without=""):
    """What the kind needs besides its lines, but for one thing."""
    rest = {"document": "SH-1"}
    if kind in NEEDS_PARTY | {K.OPENING} and without != "party":
        rest["party"] = (
            plant.customer if kind in (K.SHIPMENT, K.CUSTOMER_RETURN, K.OPENING) else plant.supplier
        )
    if kind in NEEDS_REASON and without != "reason":
        rest["reason"] = "as agreed"
    if kind in (K.RECEIPT_CORRECTION, K.SUPPLIER_RETURN):
        rest["document"] = "RCV-F"
    rest["second_person"] = plant.quentin
    return rest


def a_move(plant, kind, origin, destination, **rest):
    lot = plant.water if origin.kind == L.SUPPLY and hasattr(plant, "water") else plant.flour
    rest.setdefault("quantity", Decimal(1))
    rest.setdefault("run", plant.wo if kind in NEEDS_RUN else None)
    return Move(lot=lot, origin=origin, destination=destination, **rest)


def refused(plant, kind, *moves, **rest):
    """The code of the refusal; nothing may stay behind."""
    before = Entry.objects.count()
    with pytest.raises(ledger.Refusal) as refusal:
        plant.post(kind, *moves, **rest)
    assert Entry.objects.count() == before
    assert refusal.value.sentence
    return refusal.value.code


def places(plant):
    """One location of each kind, and a second store to move to."""
    found = {kind: plant.place(kind) for kind in LocationKind}
    for location in found.values():
        assert location is not None
    return found


@pytest.mark.parametrize("kind", MOVERS)
def test_each_kind_goes_only_its_ways(stocked, kind):
    at = places(stocked)
    ways, _, _ = ALLOWED[kind]
    stocked.water = water(stocked)
    some = [
        L.STORAGE,
        L.TRANSIT,
        *sorted(BOUNDARIES),
    ]  # for the ways that are refused, one place inside is like another
    for origin in some:
        for destination in some:
            way = (side(origin), side(destination))
            to = stocked.store_2 if origin == destination == L.STORAGE else at[destination]
            if way not in ways:
                assert (
                    refused(stocked, kind, a_move(stocked, kind, at[origin], to), **extras(stocked, kind))
                    == "rule_broken"
                ), way
            elif way == ("in", "in") and origin == destination and to == at[origin]:
                assert (
                    kind == K.DISPOSITION
                    or refused(stocked, kind, a_move(stocked, kind, at[origin], to), **extras(stocked, kind))
                    == "rule_broken"
                )


def water(plant):
    """A utility: it comes out of a pipe and has no balance."""
    item = plant.item("WATER", is_utility=True)
    lot = Lot(item=item, number="MAINS")
    plant.post(
        K.ISSUE,
        Move(
            lot=lot,
            quantity=Decimal(1),
            origin=plant.place("supply"),
            destination=plant.place("production"),
            run=plant.wo,
        ),
        document="WO-1",
        actor=plant.paul,
    )
    return lot


@pytest.mark.parametrize("kind", MOVERS)
def test_each_allowed_way_posts_from_storage(stocked, kind):
    at = places(stocked)
    stocked.water = water(stocked)
    for origin, destination in sorted(ALLOWED[kind][0]):
        from_, to = at.get(origin, stocked.store), at.get(destination, stocked.store_2)
        move = a_move(stocked, kind, from_, to)
        if kind == K.DISPOSITION:
            move.origin_status, move.destination_status = Q, R
        entry = stocked.post(kind, move, **extras(stocked, kind))
        assert entry.kind == kind
        assert entry.movements.count() == 1


def test_a_pipe_gives_only_utilities(stocked):
    move = Move(
        lot=stocked.flour,
        quantity=Decimal(1),
        origin=stocked.place("supply"),
        destination=stocked.place("production"),
        run=stocked.wo,
    )
    assert refused(stocked, K.ISSUE, move) == "rule_broken"


def test_a_utility_has_no_balance(stocked):
    assert not Balance.objects.filter(lot=water(stocked)).exists()


@pytest.mark.parametrize("kind", [k for k in MOVERS if ALLOWED[k][1]])
@pytest.mark.parametrize("status", "QRX")
def test_each_status_leaves_only_where_it_may(stocked, kind, status):
    destination = next(d for o, d in sorted(ALLOWED[kind][0]) if o == "in")
    to = stocked.store_2 if destination == "in" else stocked.place(destination)
    move = a_move(stocked, kind, stocked.store, to, origin_status=LETTER[status])
    if kind == K.DISPOSITION:
        move.destination_status = R if status != "R" else X
    if status in ALLOWED[kind][1]:
        assert (
            stocked.post(kind, move, **extras(stocked, kind)).movements.get().origin_status == LETTER[status]
        )
    else:
        assert refused(stocked, kind, move, **extras(stocked, kind)) == "lot_not_released"


@pytest.mark.parametrize("kind", [k for k in MOVERS if ALLOWED[k][2] not in ("", "=") and k != K.DISPOSITION])
@pytest.mark.parametrize("status", "QRX")
def test_each_status_arrives_only_where_it_may(stocked, kind, status):
    origin = next(o for o, d in sorted(ALLOWED[kind][0]) if d == "in")
    move = a_move(stocked, kind, stocked.place(origin), stocked.store, destination_status=LETTER[status])
    if status in ALLOWED[kind][2]:
        assert (
            stocked.post(kind, move, **extras(stocked, kind)).movements.get().destination_status
            == LETTER[status]
        )
    else:
        assert refused(stocked, kind, move, **extras(stocked, kind)) == "rule_broken"


DECIDED = {(Q, R): 1, (Q, X): 1, (R, X): 1, (R, Q): 1, (X, R): 2}  # how many persons


@pytest.mark.parametrize("before", [Q, R, X])
@pytest.mark.parametrize("after", [Q, R, X])
def test_quality_decides_only_what_it_may(stocked, before, after):

    def move():
        return a_move(
            stocked,
            K.DISPOSITION,
            stocked.store,
            stocked.store,
            origin_status=before,
            destination_status=after,
        )

    persons = DECIDED.get((before, after))
    if persons is None:
        assert refused(stocked, K.DISPOSITION, move(), actor=stocked.quinn) == "rule_broken"
        return
    if persons == 2:
        assert refused(stocked, K.DISPOSITION, move(), actor=stocked.quinn) == "second_person_required"
        assert (
            refused(stocked, K.DISPOSITION, move(), actor=stocked.quinn, second_person=stocked.quinn)
            == "same_person"
        )
    assert stocked.post(K.DISPOSITION, move(), actor=stocked.quinn, second_person=stocked.quentin).seq


def test_a_decision_is_no_way_out_of_the_gate(stocked):
    """A held lot may not be moved to line, transit or third party, by whatever kind of entry."""
    stocked.hold(stocked.flour)
    for kind in sorted(WAY_OUT):
        move = a_move(
            stocked, K.DISPOSITION, stocked.store, stocked.place(kind), origin_status=Q, destination_status=R
        )
        assert refused(stocked, K.DISPOSITION, move, actor=stocked.quinn) == "rule_broken"


def test_a_transfer_keeps_the_status(stocked):
    for before, after in ((Q, R), (X, R), (R, Q)):
        move = a_move(
            stocked,
            K.TRANSFER,
            stocked.store,
            stocked.store_2,
            origin_status=before,
            destination_status=after,
        )
        assert refused(stocked, K.TRANSFER, move) == "rule_broken"


def test_a_move_to_the_same_place_says_nothing(stocked):
    assert (
        refused(stocked, K.TRANSFER, a_move(stocked, K.TRANSFER, stocked.store, stocked.store))
        == "rule_broken"
    )


def good_move(plant, kind):
    origin, destination = sorted(ALLOWED[kind][0])[0]
    if kind == K.ISSUE:
        origin, destination = "in", "production"
    from_ = plant.store if origin == "in" else plant.place(origin)
    move = a_move(plant, kind, from_, plant.store_2 if destination == "in" else plant.place(destination))
    if kind == K.DISPOSITION:
        move.origin_status, move.destination_status = Q, R
    return move


@pytest.mark.parametrize("kind", sorted(NEEDS_PARTY))
def test_it_needs_to_say_who(stocked, kind):
    assert (
        refused(stocked, kind, good_move(stocked, kind), **extras(stocked, kind, without="party"))
        == "rule_broken"
    )


def test_an_opening_shipment_needs_to_say_who(stocked):
    move = a_move(stocked, K.OPENING, stocked.place("adjustment"), stocked.place("customer"))
    assert refused(stocked, K.OPENING, move, reason="before go-live") == "rule_broken"


@pytest.mark.parametrize("kind", sorted(NEEDS_REASON))
def test_it_needs_a_reason(stocked, kind):
    for reason in ("", "   "):
        rest = extras(stocked, kind, without="reason") | {"reason": reason}
        assert refused(stocked, kind, good_move(stocked, kind), **rest) == "reason_required"


@pytest.mark.parametrize("kind", sorted(NEEDS_RUN))
def test_it_needs_its_run(stocked, kind):
    move = good_move(stocked, kind)
    move.run = None
    assert refused(stocked, kind, move, **extras(stocked, kind)) == "rule_broken"


@pytest.mark.parametrize("kind", sorted(set(MOVERS) - NEEDS_RUN))
def test_it_belongs_to_no_run(stocked, kind):
    move = good_move(stocked, kind)
    move.run = stocked.wo
    assert refused(stocked, kind, move, **extras(stocked, kind)) == "rule_broken"


@pytest.mark.parametrize("kind", sorted(set(MOVERS) - {K.DISPOSITION}))
def test_an_entry_without_a_line_says_nothing(stocked, kind):
    assert refused(stocked, kind, **extras(stocked, kind)) == "rule_broken"


@pytest.mark.parametrize("kind", [K.AMEND, K.HOLD, K.LIFT])
def test_these_move_nothing_and_need_a_reason(stocked, kind):
    assert refused(stocked, kind, good_move(stocked, K.TRANSFER), reason="why") == "rule_broken"
    assert refused(stocked, kind, site=stocked.site) == "reason_required"


@pytest.mark.parametrize("kind", MOVERS)
def test_only_a_use_or_a_shipment_is_recorded_after_the_fact(stocked, kind):
    rest = extras(stocked, kind) | {"after_the_fact": True}
    if kind in (K.ISSUE, K.SHIPMENT):
        assert refused(stocked, kind, good_move(stocked, kind), **rest) == "reason_required"
        without_second = rest | {"second_person": None, "reason": "it was gone already"}
        assert refused(stocked, kind, good_move(stocked, kind), **without_second) == "second_person_required"
        assert stocked.post(
            kind, good_move(stocked, kind), **rest | {"reason": "it was gone already"}
        ).after_the_fact
    else:
        assert (
            refused(stocked, kind, good_move(stocked, kind), **rest | {"reason": "it was gone already"})
            == "rule_broken"
        )


@pytest.mark.parametrize("kind", MOVERS)
def test_the_second_person_is_another(stocked, kind):
    rest = extras(stocked, kind) | {"second_person": stocked.rita, "actor": stocked.rita}
    assert refused(stocked, kind, good_move(stocked, kind), **rest) == "same_person"


# Quantities


NOT_QUANTITIES = ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "0.000", "-1", "-0.001", "0.0001", "1.0001", "1E-7", "1E+20", "1E+13", "9" * 30,
                  "1." + "0" * 30 + "1", "1E+999999", "1E-999999"]  # fmt: skip


@pytest.mark.parametrize("text", NOT_QUANTITIES)
def test_it_refuses_what_is_no_quantity(stocked, text):
    for kind in (K.TRANSFER, K.RECEIPT, K.ISSUE, K.SHIPMENT):
        move = good_move(stocked, kind)
        move.quantity = Decimal(text)
        assert refused(stocked, kind, move, **extras(stocked, kind)) == "bad_input"


def test_the_largest_and_the_smallest_quantity_are_kept_exactly(stocked):
    for text in ("9999999999999.999", "0.001"):
        lot = stocked.receive(f"L{text}"[:20], text)
        assert Balance.objects.get(lot=lot).quantity == Decimal(text)


def test_a_float_is_a_programming_mistake(stocked):
    move = good_move(stocked, K.TRANSFER)
    move.quantity = 1.5
    with pytest.raises(TypeError):
        stocked.post(K.TRANSFER, move)


@pytest.mark.parametrize("text", ["2", "0.5", "0", "-1"])
def test_a_serial_is_exactly_one(stocked, text):
    item = stocked.item("VALVE", tracking="serial", unit="ea")
    move = Move(
        lot=Lot(item=item, number="V-1"),
        quantity=Decimal(text),
        origin=stocked.place("supplier"),
        destination=stocked.store,
    )
    assert refused(stocked, K.RECEIPT, move, party=stocked.supplier) == "bad_input"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "0.0000001", "1E+20"])
def test_what_was_entered_is_a_quantity_too(stocked, text):
    """It is hashed and stored: 0.0000005 would be rounded one way here and another way there, and break the chain."""
    move = good_move(stocked, K.TRANSFER)
    move.entered_quantity, move.entered_unit = Decimal(text), "bag"
    assert refused(stocked, K.TRANSFER, move) == "bad_input"


# Numbers and texts

BAD_NUMBERS = [
    "", " A", "A ", "A  B", "A\tB", "A\nB", "A\x00B", "A\x7fB", "A\u202eB", "A\u2066B", "A\u200bB", "A\u200dB", "A\ufeffB", "A\u00adB", "A\u2028B", "\ud800",
    "\ue000", "A" * 21, "\u00a0A",
]  # fmt: skip


@pytest.mark.parametrize("number", BAD_NUMBERS, ids=[ascii(n) for n in BAD_NUMBERS])
def test_it_refuses_a_bad_lot_number(plant, number):
    with pytest.raises(ledger.BadInput):
        plant.receive(number, document="RCV-1")
    assert not Lot.objects.exists()


@pytest.mark.parametrize("number", ["A-1", "A" * 20, "Charge 7", "Ö-12/2", "ロット1", "007", "a-1"])
def test_it_takes_a_lot_number_as_printed(plant, number):
    assert plant.receive(number).number == number


def test_lot_numbers_differ_by_case_and_zeros_but_not_by_composition(plant):
    for number in ("A-1", "a-1", "A-01", "\u00d6"):
        plant.receive(number, document="RCV-1")
    with pytest.raises(ledger.LotNumberTaken):
        plant.receive("O\u0308", document="RCV-1")


@pytest.mark.parametrize("field", ["document", "reason"])
@pytest.mark.parametrize("text", ["A\x00B", "A\u202eB", "\ud800"])
def test_it_refuses_text_that_hides_something(stocked, field, text):
    rest = extras(stocked, K.SCRAP) | {field: text}
    assert refused(stocked, K.SCRAP, good_move(stocked, K.SCRAP), **rest) == "bad_input"


def test_a_reason_may_have_lines(stocked):
    assert (
        stocked.post(K.SCRAP, good_move(stocked, K.SCRAP), reason="wet\nand torn").reason == "wet\nand torn"
    )


def test_it_refuses_a_document_too_long_to_store(stocked):
    assert (
        refused(
            stocked, K.SCRAP, good_move(stocked, K.SCRAP), **extras(stocked, K.SCRAP) | {"document": "D" * 41}
        )
        == "bad_input"
    )
    assert (
        refused(stocked, K.SCRAP, good_move(stocked, K.SCRAP), **extras(stocked, K.SCRAP), client="c" * 65)
        == "bad_input"
    )


@pytest.mark.parametrize(
    "payload", [{"ratio": 0.5}, {"big": 1e16}, {"deep": [{"x": -0.0}]}, {"x": float("nan")}]
)
def test_a_payload_has_no_floats(stocked, payload):
    """JSON keeps 1e16 as 10000000000000000 and -0.0 as 0.0: what is stored would no longer be what was hashed."""
    with pytest.raises((TypeError, ledger.BadInput)):
        stocked.post(K.TRANSFER, good_move(stocked, K.TRANSFER), payload=payload)


# Times


def test_it_refuses_what_is_still_to_come(stocked):
    now = timezone.now()
    assert (
        refused(stocked, K.TRANSFER, good_move(stocked, K.TRANSFER), occurred_at=now + timedelta(minutes=3))
        == "occurred_in_future"
    )
    assert stocked.post(
        K.TRANSFER, good_move(stocked, K.TRANSFER), occurred_at=now + timedelta(minutes=1)
    ).seq


def test_what_is_more_than_a_day_old_needs_a_reason(stocked):
    old = timezone.now() - timedelta(hours=25)
    assert refused(stocked, K.TRANSFER, good_move(stocked, K.TRANSFER), occurred_at=old) == "reason_required"
    assert (
        stocked.post(
            K.TRANSFER, good_move(stocked, K.TRANSFER), occurred_at=old, reason="the scanner was off line"
        ).occurred_at
        == old
    )
    assert stocked.post(
        K.TRANSFER, good_move(stocked, K.TRANSFER), occurred_at=timezone.now() - timedelta(hours=23)
    ).seq


def test_only_a_seeding_ledger_takes_the_time_of_recording(plant):
    october = datetime(2025, 10, 1, 8, tzinfo=UTC)
    plant.receive("A", recorded_at=october, occurred_at=october)
    plant.receive("B", recorded_at=october, occurred_at=october)  # the same moment is not earlier
    entry = Entry.objects.order_by("seq").first()
    assert (entry.recorded_at, entry.imported) == (october, True)
    with pytest.raises(ledger.NotSeeding):
        plant.receive(
            "C", recorded_at=october - timedelta(seconds=1), occurred_at=october - timedelta(seconds=1)
        )
    plant.receive("D")
    with pytest.raises(ledger.NotSeeding):
        plant.receive("E", recorded_at=timezone.now())


def test_seeding_does_not_record_in_the_future(plant):
    """The clock would stand still at that time for every entry after it."""
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(ledger.OccurredInFuture):
        plant.receive("A", recorded_at=tomorrow, occurred_at=tomorrow)


def test_it_posts_in_read_committed_only(plant):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_isolation')")
            assert cursor.fetchone()[0] == "read committed"
