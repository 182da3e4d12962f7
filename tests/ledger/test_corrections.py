"""Corrections add: the exact negation, once; a receipt correction; facts amended with before and after."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.genealogy.graphs import build
from traceability import ledger
from traceability.ledger import Move, Need, verify
from traceability.models import Balance, Delivered, Entry, EntryKind, Lot, Requirement, RunLot

K = EntryKind


def reverse(plant, entry, **rest):
    rest = {"reason": "wrong", "actor": plant.rita, "client": "test", "key": plant.key()} | rest
    return ledger.reverse(Entry.objects.get(pk=entry.pk), **rest)


def state():
    """All that movements add up to, without the rows that add up to nothing."""
    return (
        sorted(
            Balance.objects.filter(quantity__gt=0).values_list(
                "lot", "location", "status", "container", "quantity", "pieces"
            )
        ),
        sorted(
            RunLot.objects.filter(quantity__gt=0).values_list("run", "lot", "role", "quantity", "removed")
        ),
        sorted(
            Delivered.objects.filter(quantity__gt=0).values_list(
                "direction", "party", "lot", "document", "line", "quantity", "returned"
            )
        ),
    )


def one(plant, kind):
    """An entry of the kind, posted into a plant where F is in stock, in WO-1 and shipped."""
    lot, run = Lot.objects.get(number="F"), plant.run("WO-1")
    m = lambda origin, destination, **rest: Move(
        lot=lot, quantity=Decimal(5), pieces=2, origin=origin, destination=destination, **rest
    )
    at, store = plant.place, plant.store
    return {
        K.OPENING: lambda: plant.post(kind, m(at("adjustment"), store), reason="count", party=plant.customer),
        K.RECEIPT: lambda: plant.post(kind, m(at("supplier"), store), party=plant.supplier, document="RCV-2"),
        K.RECEIPT_CORRECTION: lambda: plant.post(kind, m(store, at("supplier")), party=plant.supplier, document="RCV-F", reason="miscounted"),
        K.SUPPLIER_RETURN: lambda: plant.post(kind, m(store, at("supplier")), party=plant.supplier, document="RCV-F", reason="torn"),
        K.TRANSFER: lambda: plant.post(kind, m(store, plant.store_2)),
        K.DISPOSITION: lambda: plant.post(kind, m(store, store, origin_status="released", destination_status="rejected"), actor=plant.quinn),
        K.SAMPLE: lambda: plant.post(kind, m(store, at("sample"))),
        K.ISSUE: lambda: plant.post(kind, m(store, at("production"), run=run)),
        K.ISSUE_RETURN: lambda: plant.post(kind, m(at("production"), store, run=run)),
        K.REMOVAL: lambda: plant.post(kind, m(at("production"), store, run=run), reason="taken out"),
        K.OUTPUT: lambda: plant.post(kind, m(at("production"), store, run=run)),
        K.SCRAP: lambda: plant.post(kind, m(store, at("scrap")), reason="wet"),
        K.SHIPMENT: lambda: plant.post(kind, m(store, at("customer")), party=plant.customer, document="SH-2"),
        K.CUSTOMER_RETURN: lambda: plant.post(kind, m(at("customer"), store, against="SH-1"), party=plant.customer, document="RET-1", reason="late"),
        K.COUNT_ADJUSTMENT: lambda: plant.post(kind, m(store, at("adjustment")), reason="count"),
    }[kind]()  # fmt: skip


MOVERS = sorted(set(EntryKind) - {K.AMEND, K.HOLD, K.LIFT, K.REVERSAL})


@pytest.fixture
def going(plant):
    lot = plant.receive("F", 1000)
    plant.issue(lot, plant.run("WO-1"), 100)
    plant.ship(lot, 100, document="SH-1")
    return plant


@pytest.mark.parametrize("kind", MOVERS)
def test_a_reversal_takes_everything_back_exactly_once(going, kind):
    before = state()
    entry = one(going, kind)
    assert state() != before
    back = reverse(going, entry, second_person=going.quentin)
    assert state() == before
    assert (back.kind, back.reverses_id, back.second_person) == (K.REVERSAL, entry.pk, going.quentin)
    with pytest.raises(ledger.AlreadyReversed):
        reverse(going, entry, second_person=going.quentin)
    report = verify.verify()
    assert report.is_sound, report.findings


@pytest.mark.parametrize("kind", [K.HOLD, K.LIFT, K.AMEND, K.REVERSAL])
def test_these_are_not_reversed_but_done_anew(going, kind):
    lot = Lot.objects.get(number="F")
    going.hold(lot)
    who = {"client": "test", "second_person": going.quentin, "actor": going.quinn}
    if kind == K.LIFT:
        ledger.lift_hold(list(lot.holds.all()), reason="tested", key="l", **who)
    elif kind == K.AMEND:
        ledger.amend(lot, reason="as printed", key="a", supplier_lot="X", **who)
    elif kind == K.REVERSAL:
        reverse(going, one(going, K.SCRAP))
    entry = Entry.objects.filter(kind=kind).first()
    with pytest.raises(ledger.NotReversible) as refusal:
        reverse(going, entry)
    assert refusal.value.why


def test_a_reversal_needs_a_reason(going):
    with pytest.raises(ledger.BadInput):
        reverse(going, one(going, K.SCRAP), reason="  ")


def test_a_decision_is_taken_back_by_two_persons_while_the_quantity_has_not_moved(plant):
    lot = plant.receive("A", 10, status="quarantine")
    release = lambda n: plant.post(
        K.DISPOSITION,
        Move(
            lot=lot,
            quantity=Decimal(n),
            origin=plant.store,
            destination=plant.store,
            origin_status="quarantine",
            destination_status="released",
        ),
        actor=plant.quinn,
    )
    first = release(6)
    with pytest.raises(ledger.SecondPersonRequired):
        reverse(plant, first, actor=plant.quinn)
    with pytest.raises(ledger.SamePerson):
        reverse(plant, first, actor=plant.quinn, second_person=plant.quinn)
    reverse(plant, first, actor=plant.quinn, second_person=plant.quentin)
    assert Balance.objects.get(lot=lot, status="quarantine").quantity == 10
    second = release(6)
    shipped = plant.ship(lot, 1)
    with pytest.raises(ledger.NotReversible) as refusal:
        reverse(plant, second, actor=plant.quinn, second_person=plant.quentin)
    assert refusal.value.fields["in_the_way"] == [shipped.seq]


def test_what_stands_in_the_way_is_listed(plant):
    """A is received, used and shipped: its receipt cannot be reversed before them; when they are, it can."""
    graph = build(plant, "A -> B")
    plant.ship(graph["A"], 10, document="SH-7")
    receipt = Entry.objects.get(kind=K.RECEIPT)
    later = list(Entry.objects.filter(kind__in=[K.ISSUE, K.SHIPMENT]).order_by("seq"))
    with pytest.raises(ledger.NotReversible) as refusal:
        reverse(plant, receipt)
    assert refusal.value.fields["in_the_way"] == [entry.seq for entry in later]
    assert "shipment SH-7" in refusal.value.sentence
    for entry in reversed(later):
        reverse(plant, entry)
    reverse(plant, receipt)
    assert not Balance.objects.filter(lot=graph["A"], quantity__gt=0).exists()


def test_a_reversal_obeys_the_quantity_rules_of_returns(going):
    """SH-1: 100 out, 5 back. The shipment cannot be reversed while a return counts against it."""
    back = one(going, K.CUSTOMER_RETURN)
    shipment = Entry.objects.get(kind=K.SHIPMENT)
    with pytest.raises(ledger.NotReversible):
        reverse(going, shipment)
    reverse(going, back)
    reverse(going, shipment)


@pytest.mark.parametrize("kind", [K.CUSTOMER_RETURN, K.ISSUE_RETURN, K.REMOVAL])
def test_a_reversal_does_not_put_a_held_lot_out_again(going, kind):
    entry = one(going, kind)
    going.hold(Lot.objects.get(number="F"))
    with pytest.raises(ledger.LotOnHold):
        reverse(going, entry)


@pytest.mark.parametrize("kind", sorted(set(MOVERS) - {K.CUSTOMER_RETURN, K.ISSUE_RETURN, K.REMOVAL}))
def test_a_hold_does_not_stop_a_mistake_from_being_taken_back(going, kind):
    entry = one(going, kind)
    going.hold(Lot.objects.get(number="F"))
    assert reverse(going, entry, second_person=going.quentin).seq


def test_a_reversal_takes_back_the_requirements_that_its_entry_opened(plant):
    lot = Lot(item=plant.item(), number="A", supplier=plant.supplier)
    move = Move(lot=lot, quantity=Decimal(5), origin=plant.place("supplier"), destination=plant.store)
    receipt = plant.post(
        K.RECEIPT,
        move,
        party=plant.supplier,
        needs=[Need(stage="receiving", what="Inspection", lot=lot, is_blocking=True)],
    )
    back = reverse(plant, receipt)
    assert Requirement.objects.get().met_in == back


# Receipt correction


@pytest.mark.parametrize(("way", "left"), [("down", 90), ("up", 110)])
def test_a_wrong_received_quantity_is_corrected_where_the_lot_is_now_and_counts_in_received(plant, way, left):
    """Received 100 at STORE-1, moved to STORE-2 since; it was 90, or 110."""
    lot = plant.receive("A", 100)
    plant.post(
        K.TRANSFER, Move(lot=lot, quantity=Decimal(100), origin=plant.store, destination=plant.store_2)
    )
    ways = (
        (plant.store_2, plant.place("supplier"))
        if way == "down"
        else (plant.place("supplier"), plant.store_2)
    )
    move = Move(
        lot=lot,
        quantity=Decimal(10),
        origin=ways[0],
        destination=ways[1],
        destination_status="released" if way == "up" else "",
        against="RCV-A",
    )
    plant.post(K.RECEIPT_CORRECTION, move, party=plant.supplier, document="COR-1", reason="counted again")
    assert Balance.objects.get(lot=lot, location=plant.store_2).quantity == left
    line = Delivered.objects.get(direction="received")
    assert (line.document, line.quantity, line.returned) == ("RCV-A", left, 0)


def test_a_receipt_is_not_corrected_below_what_went_back_or_below_nothing(plant):
    lot = plant.receive("A", 100)
    plant.post(
        K.COUNT_ADJUSTMENT,
        Move(
            lot=lot,
            quantity=Decimal(50),
            origin=plant.place("adjustment"),
            destination=plant.store,
            destination_status="released",
        ),
        reason="found",
    )
    down = lambda n: plant.post(
        K.RECEIPT_CORRECTION,
        Move(
            lot=lot,
            quantity=Decimal(n),
            origin=plant.store,
            destination=plant.place("supplier"),
            against="RCV-A",
        ),
        party=plant.supplier,
        document="COR",
        reason="x",
    )
    with pytest.raises(ledger.MoreThanWentIn):
        down(101)
    plant.post(
        K.SUPPLIER_RETURN,
        Move(
            lot=lot,
            quantity=Decimal(30),
            origin=plant.store,
            destination=plant.place("supplier"),
            against="RCV-A",
        ),
        party=plant.supplier,
        document="SR-1",
        reason="torn",
    )
    with pytest.raises(ledger.MoreThanWentIn):
        down(71)
    down(70)


# Amend


def amend(plant, lot, **facts):
    facts = {"reason": "as printed", "actor": plant.quinn, "client": "test", "key": plant.key()} | facts
    return ledger.amend(lot, **facts)


def test_an_amend_keeps_before_and_after(plant):
    lot = plant.receive("A", supplier_lot="CS-26-2874", expires_on=date(2030, 1, 31))
    entry = amend(
        plant, lot, supplier_lot="CS 26 2875", expires_on=date(2030, 1, 30), made_on=date(2029, 1, 31)
    )
    assert entry.payload["amended"] == [{
        "lot": lot.pk,
        "before": {"supplier_lot": "CS-26-2874", "expires_on": "2030-01-31", "made_on": None},
        "after": {"supplier_lot": "CS 26 2875", "expires_on": "2030-01-30", "made_on": "2029-01-31"},
    }]  # fmt: skip
    lot = Lot.objects.get(pk=lot.pk)
    assert (lot.supplier_lot, lot.supplier_lot_key, lot.expires_on) == (
        "CS 26 2875",
        "CS262875",
        date(2030, 1, 30),
    )
    report = verify.verify()
    assert report.is_sound, report.findings


def test_more_life_needs_two_persons_and_less_life_one(plant):
    lot = plant.receive("A", expires_on=date(2030, 1, 31))
    for longer in (date(2030, 2, 1), None):
        with pytest.raises(ledger.SecondPersonRequired):
            amend(plant, lot, expires_on=longer)
    with pytest.raises(ledger.SamePerson):
        amend(plant, lot, expires_on=date(2030, 2, 1), second_person=plant.quinn)
    amend(plant, lot, expires_on=date(2030, 2, 1), second_person=plant.quentin)
    amend(plant, lot, expires_on=date(2030, 1, 1))


def test_the_expiry_that_counts_is_the_one_on_record_not_the_one_on_the_page(plant):
    """The page still shows 2031; meanwhile somebody cut it to 2029. 2030 is then an extension."""
    lot = plant.receive("A", expires_on=date(2031, 1, 1))
    stale = Lot.objects.get(pk=lot.pk)
    amend(plant, lot, expires_on=date(2029, 1, 1))
    with pytest.raises(ledger.SecondPersonRequired):
        amend(plant, stale, expires_on=date(2030, 1, 1))


def test_an_amended_expiry_counts_at_the_gate(plant):
    today = timezone.now().astimezone(plant.site.zone).date()
    lot = plant.receive("A", expires_on=today - timedelta(days=1))
    with pytest.raises(ledger.LotExpired):
        plant.ship(lot, 1)
    amend(plant, lot, expires_on=today, second_person=plant.quentin, reason="retested")
    plant.ship(Lot.objects.get(pk=lot.pk), 1)
    plant.ship(lot, 1)


@pytest.mark.parametrize(
    "facts",
    [
        {"supplier_lot": "S-1"},
        {"expires_on": date(2020, 1, 1)},
        {"supplier_lot": "A\u202eB"},
        {"supplier_lot": "A\x00B"},
        {"supplier_lot": "S" * 81},
    ],
    ids=str,
)
def test_it_refuses_facts_that_cannot_be(plant, facts):
    """Nothing changed; expired before it was made; hidden characters; too long to store."""
    lot = plant.receive("A", supplier_lot="S-1", expires_on=date(2030, 1, 1))
    amend(plant, lot, made_on=date(2025, 1, 1))
    with pytest.raises(ledger.BadInput):
        amend(plant, lot, **facts)


@pytest.mark.parametrize("fact", ["number", "item_id", "supplier_id", "is_serial", "owner_id"])
def test_identity_is_no_fact_that_changes(plant, fact):
    with pytest.raises((TypeError, ledger.BadInput)):
        amend(plant, plant.receive("A"), **{fact: "2"})
