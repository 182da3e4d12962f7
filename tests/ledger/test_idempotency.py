"""The same key and content: one entry and one answer, however often it is sent. Other content: refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from traceability import ledger
from traceability.ledger import Draft, Move
from traceability.models import Balance, Entry, EntryKey, EntryKind, Hold, Lot

K = EntryKind


def test_a_key_may_be_used_by_two_clients(plant):
    lot = plant.receive("A")
    assert (
        plant.ship(lot, 1, key="scan-1", client="north").pk
        != plant.ship(lot, 1, key="scan-1", client="south").pk
    )


@pytest.mark.parametrize("change", [
    {"quantity": Decimal(11)}, {"pieces": 3}, {"origin_status": "quarantine"}, {"evidence": "scanned"}, {"against": "SH-9"}, {"against_line": 2},
])  # fmt: skip
def test_other_content_is_refused(plant, change):
    lot = plant.receive("A")

    def make(**rest):
        usual = {
            "lot": lot,
            "quantity": Decimal(10),
            "origin": plant.store,
            "destination": plant.place("customer"),
        }
        return Move(**usual | rest)

    plant.post(K.SHIPMENT, make(), party=plant.customer, document="SH-1", key="one")
    with pytest.raises(ledger.KeyReused):
        plant.post(K.SHIPMENT, make(**change), party=plant.customer, document="SH-1", key="one")


@pytest.mark.parametrize("change", ["document", "party", "reason", "occurred_at", "kind"])
def test_another_head_of_the_entry_is_refused(plant, change):
    lot = plant.receive("A")
    move = lambda: Move(lot=lot, quantity=Decimal(1), origin=plant.store, destination=plant.place("scrap"))
    head = {"document": "D-1", "party": None, "reason": "torn", "occurred_at": None}
    plant.post(K.SCRAP, move(), key="one", **head)
    other = {
        "document": "D-2",
        "party": plant.customer,
        "reason": "wet",
        "occurred_at": timezone.now() - timedelta(hours=1),
    }
    with pytest.raises(ledger.KeyReused):
        plant.post(
            K.SAMPLE if change == "kind" else K.SCRAP,
            move(),
            key="one",
            **head | ({change: other[change]} if change in other else {}),
        )


def test_what_the_door_fills_in_is_not_what_was_sent(plant):
    """The very same objects again, settled by the door meanwhile, are still the same request."""
    lot = Lot(item=plant.item(), number="A", supplier=plant.supplier)
    move = Move(lot=lot, quantity=Decimal(10), origin=plant.place("supplier"), destination=plant.store)
    first = plant.post(K.RECEIPT, move, party=plant.supplier, key="one")
    assert plant.post(K.RECEIPT, move, party=plant.supplier, key="one").pk == first.pk
    fresh = Move(
        lot=Lot(item=plant.item(), number="A", supplier=plant.supplier),
        quantity=Decimal("10.000"),
        origin=plant.place("supplier"),
        destination=plant.store,
    )
    assert plant.post(K.RECEIPT, fresh, party=plant.supplier, key="one").pk == first.pk


def test_a_refused_posting_can_be_sent_again_with_the_same_objects(plant):
    """A lot that was born in a transaction that failed was never born."""
    lot = Lot(item=plant.item(), number="A", supplier=plant.supplier)
    other = plant.receive("B", 5)
    good = Move(lot=lot, quantity=Decimal(10), origin=plant.place("adjustment"), destination=plant.store)
    bad = Move(lot=other, quantity=Decimal(6), origin=plant.store, destination=plant.place("adjustment"))
    with pytest.raises(ledger.InsufficientQuantity):
        plant.post(K.COUNT_ADJUSTMENT, good, bad, reason="count", key="one")
    assert lot.pk is None
    bad.quantity = Decimal(5)
    plant.post(K.COUNT_ADJUSTMENT, good, bad, reason="count", key="one")
    assert Balance.objects.get(lot=lot).quantity == 10


def test_a_refusal_leaves_nothing_not_even_the_key(plant):
    lot = plant.receive("A", 5)
    with pytest.raises(ledger.InsufficientQuantity):
        plant.ship(lot, 6, key="one")
    assert not EntryKey.objects.filter(key="one").exists()
    assert plant.ship(lot, 5, key="one").seq == 2


def test_the_earlier_answer_comes_even_if_it_would_be_refused_now(plant):
    lot = plant.receive("A", 5)
    first = plant.ship(lot, 5, key="one")
    plant.hold(lot)
    assert plant.ship(lot, 5, key="one") == first
    assert plant.ship(lot, 5, key="one").chain == Entry.objects.get(pk=first.pk).chain


def test_every_verb_answers_a_repeated_request_with_the_first_entry(plant):
    lot = plant.receive("A", 100, expires_on=timezone.now().date() + timedelta(days=9))
    who = {"actor": plant.quinn, "client": "test", "second_person": plant.quentin}
    shipment = plant.ship(lot, 1)
    verbs = {
        "hold": lambda: ledger.place_hold(
            [lot],
            reason="smell",
            reference="QH-1",
            actor=plant.quinn,
            client="test",
            key="hold",
            site=plant.site,
        ),
        "scope": lambda: ledger.hold_scope(
            [lot],
            reason="smell",
            reference="RC-1",
            actor=plant.rhea,
            client="test",
            key="scope",
            site=plant.site,
        ),
        "amend": lambda: ledger.amend(
            Lot.objects.get(pk=lot.pk),
            reason="retest",
            key="amend",
            expires_on=timezone.now().date() + timedelta(days=30),
            **who,
        ),
        "reverse": lambda: ledger.reverse(
            shipment, reason="wrong truck", key="reverse", actor=plant.sam, client="test"
        ),
    }
    for verb in verbs.values():
        first = verb()
        assert verb().pk == first.pk
    hold = Hold.objects.get(reference="QH-1")
    lift = lambda: ledger.lift_hold([hold], reason="all well", key="lift", **who)
    assert lift().pk == lift().pk


def test_a_scope_hold_of_another_scope_is_another_request(plant):
    lot, other = plant.receive("A"), plant.receive("B")
    who = {
        "actor": plant.rhea,
        "client": "test",
        "key": "scope",
        "site": plant.site,
        "reason": "smell",
        "reference": "RC-1",
    }
    ledger.hold_scope([lot], **who)
    for change in (
        {"starts": [other]},
        {"extra": [other]},
        {"leave_out": [other]},
        {"reason": "noise"},
        {"cause": "quality"},
    ):
        with pytest.raises(ledger.KeyReused):
            ledger.hold_scope(**{"starts": [lot]} | who | change)


def test_a_correction_by_another_second_person_is_another_request(plant):
    lot = plant.receive("A", 100, expires_on=timezone.now().date() + timedelta(days=9))
    decided = plant.post(
        K.DISPOSITION,
        Move(lot=lot, quantity=Decimal(5), origin=plant.store, destination=plant.store, destination_status="rejected"),
        reason="mould",
    )  # fmt: skip
    longer = timezone.now().date() + timedelta(days=30)
    amend = lambda second: ledger.amend(
        lot,
        expires_on=longer,
        reason="retest",
        second_person=second,
        actor=plant.quinn,
        client="test",
        key="a",
    )
    reverse = lambda second: ledger.reverse(
        decided, reason="wrong", second_person=second, actor=plant.quinn, client="test", key="r"
    )
    for correct in (amend, reverse):
        assert correct(plant.quentin) == correct(plant.quentin)
        with pytest.raises(ledger.KeyReused):
            correct(plant.rhea)


def test_several_entries_stand_or_fall_together(plant):
    lot = plant.receive("A", 10)
    run = plant.run("WO-1")
    drafts = lambda quantity: [
        Draft(kind=K.ISSUE, actor=plant.paul, client="test", key="v/issue", document="WO-1",
              moves=[Move(lot=lot, quantity=Decimal(quantity), origin=plant.store, destination=plant.place("production"), run=run)]),
        Draft(kind=K.OUTPUT, actor=plant.paul, client="test", key="v/output", document="WO-1",
              moves=[Move(lot=Lot(item=plant.item("BREAD"), number="P"), quantity=Decimal(1), origin=plant.place("production"), destination=plant.store, run=run)]),
    ]  # fmt: skip
    with pytest.raises(ledger.InsufficientQuantity):
        ledger.post_all(drafts(11))
    assert (Entry.objects.count(), Lot.objects.count(), EntryKey.objects.count()) == (1, 1, 1)
    first = ledger.post_all(drafts(10))
    assert ledger.post_all(drafts(10)) == first
    with pytest.raises(ledger.KeyReused):
        ledger.post_all(drafts(9))
    with pytest.raises(ledger.KeyReused):
        ledger.post_all(
            [
                *drafts(10),
                Draft(kind=K.SCRAP, actor=plant.paul, client="test", key="v/scrap", reason="x", moves=[]),
            ]
        )


@pytest.mark.parametrize(
    ("client", "key"), [("", "k"), ("c", ""), ("c", "k" * 201), ("c", "a\x00b"), ("c" * 65, "k")]
)
def test_it_refuses_a_bad_key(plant, client, key):
    with pytest.raises(ledger.BadInput):
        plant.receive("A", client=client, key=key)


def test_it_posts_in_read_committed_only(ledger_clone):
    from tests.cast import make_plant

    plant = make_plant()
    for level in ("REPEATABLE READ", "SERIALIZABLE"):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            with pytest.raises(ledger.WrongIsolation):
                plant.receive("A")
    assert Entry.objects.count() == 0
