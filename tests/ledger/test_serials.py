"""A serial is a lot of exactly one: in one place, made once, taken out and put in again, ten thousand at a time."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from tests.cast import make_site
from traceability import genealogy, ledger
from traceability.ledger import Draft, Move, verify
from traceability.models import Balance, Entry, EntryKind, Lot, Run, RunLot

K = EntryKind


@pytest.fixture
def valve(plant):
    return plant.item("VALVE", tracking="serial", unit="ea")


def move(plant, lot, origin, destination, **rest):
    place = lambda where: where if not isinstance(where, str) else plant.place(where)
    return Move(lot=lot, quantity=Decimal(1), origin=place(origin), destination=place(destination), **rest)


def elsewhere(plant, kind, *moves, **rest):
    before = Entry.objects.count()
    with pytest.raises(ledger.Refusal) as refusal:
        plant.post(kind, *moves, **rest)
    assert Entry.objects.count() == before
    return refusal.value.code


def test_it_is_in_one_place(plant, valve):
    unit = plant.receive("V-1", 1, item=valve)
    plant.post(K.TRANSFER, move(plant, unit, plant.store, plant.store_2))
    assert elsewhere(plant, K.TRANSFER, move(plant, unit, plant.store, "dock")) == "serial_elsewhere"
    assert list(
        Balance.objects.filter(lot=unit, quantity__gt=0).values_list("location__code", flat=True)
    ) == ["STORE-2"]


def test_it_does_not_come_back_from_where_it_is_not(plant, valve):
    unit = plant.receive("V-1", 1, item=valve)
    run = plant.run("WO-1")
    for kind, origin, rest in (
        (K.RECEIPT, "supplier", {"party": plant.supplier}), (K.OUTPUT, "production", {}), (K.CUSTOMER_RETURN, "customer", {"party": plant.customer, "reason": "x"}),
        (K.COUNT_ADJUSTMENT, "adjustment", {"reason": "found"}), (K.ISSUE_RETURN, "production", {}),
    ):  # fmt: skip
        needs_run = {"run": run} if kind in (K.OUTPUT, K.ISSUE_RETURN) else {}
        assert (
            elsewhere(
                plant, kind, move(plant, unit, origin, plant.store_2, **needs_run), document="D", **rest
            )
            == "serial_elsewhere"
        ), kind


def test_it_is_not_made_twice_not_even_after_it_was_scrapped_or_shipped(plant, valve):
    run = plant.run("WO-1")
    unit = plant.output("V-1", run, 1, item=valve)
    plant.post(K.SCRAP, move(plant, unit, plant.store, "scrap"), reason="cracked")
    other = plant.output("V-2", run, 1, item=valve)
    plant.ship(other, 1)
    for lot in (unit, other):
        with pytest.raises(ledger.SerialElsewhere):
            plant.output(lot, run, 1)
        with pytest.raises(ledger.LotNumberTaken):
            plant.output(lot.number, run, 1, item=valve)
        with pytest.raises(ledger.LotNumberTaken):
            plant.receive(lot.number, 1, item=valve)


def test_twice_in_one_entry_is_refused(plant, valve):
    unit = plant.receive("V-1", 1, item=valve)
    store, dock, adjustment = plant.store, plant.place("dock"), plant.place("adjustment")
    assert (
        elsewhere(plant, K.TRANSFER, move(plant, unit, store, dock), move(plant, unit, store, plant.store_2))
        == "serial_elsewhere"
    )
    assert (
        elsewhere(
            plant,
            K.SHIPMENT,
            move(plant, unit, store, "customer"),
            move(plant, unit, store, "customer"),
            party=plant.customer,
            document="SH",
        )
        == "serial_elsewhere"
    )
    # Found before it was lost: it would be in STORE-2, and its last movement would say that it is gone.
    assert (
        elsewhere(
            plant,
            K.COUNT_ADJUSTMENT,
            move(plant, unit, adjustment, plant.store_2),
            move(plant, unit, store, adjustment),
            reason="count",
        )
        == "serial_elsewhere"
    )
    born = Lot(item=valve, number="V-2")
    run = plant.run("WO-1")
    assert (
        elsewhere(
            plant,
            K.OUTPUT,
            move(plant, born, "production", store, run=run),
            move(plant, born, "production", plant.store_2, run=run),
        )
        == "serial_elsewhere"
    )


def test_several_entries_at_once_follow_it_from_place_to_place(plant, valve):
    """Issued to rework and put out again by one verb; made and shipped by one verb."""
    unit, run = plant.receive("V-1", 1, item=valve), plant.run("RW-1")
    draft = lambda kind, key, what, **rest: Draft(
        kind=kind, actor=plant.paul, client="test", key=key, document="RW-1", moves=[what], **rest
    )
    ledger.post_all([
        draft(K.ISSUE, "v/i", move(plant, unit, plant.store, "production", run=run)),
        draft(K.OUTPUT, "v/o", move(plant, unit, "production", plant.store_2, run=run, destination_status="released")),
        draft(K.SHIPMENT, "v/s", move(plant, unit, plant.store_2, "customer"), party=plant.customer),
    ])  # fmt: skip
    assert not Balance.objects.filter(lot=unit, quantity__gt=0).exists()
    with pytest.raises(ledger.SerialElsewhere):
        ledger.post_all([
            draft(K.CUSTOMER_RETURN, "w/r", move(plant, unit, "customer", plant.store), party=plant.customer, reason="x"),
            draft(K.TRANSFER, "w/t", move(plant, unit, plant.store_2, "dock", origin_status="quarantine")),
        ])  # fmt: skip


def test_it_may_come_back_at_another_site(plant, valve):
    """The customer is one boundary per site; what was shipped from here may be returned there."""
    unit = plant.receive("V-1", 1, item=valve)
    plant.ship(unit, 1, document="SH-1")
    other = make_site("OTHER")
    back = Move(
        lot=unit,
        quantity=Decimal(1),
        origin=other.locations.get(kind="customer"),
        destination=other.locations.get(kind="quarantine"),
        against="SH-1",
    )
    plant.post(K.CUSTOMER_RETURN, back, party=plant.customer, document="RET-1", reason="leaks")
    assert Balance.objects.get(lot=unit, quantity__gt=0).location.site == other
    assert verify.verify().is_sound


def test_a_part_is_taken_out_and_built_in_elsewhere(plant, valve):
    """
    RING-1 ──▶ unit 1 ──▶ V-1       taken out again, and built into
    RING-1 ──▶ unit 2 ──▶ V-2       it was in both; it is in V-2; V-1's casting is not in V-2
    """
    ring = plant.receive("RING-1", 1, item=plant.item("RING", tracking="serial", unit="ea"))
    casting = plant.receive("CAST-1", 1, item=plant.item("CAST", tracking="serial", unit="ea"))
    first, second = plant.run("WO", 1), plant.run("WO", 2)
    plant.issue(ring, first, 1)
    plant.issue(casting, first, 1)
    one = plant.output("V-1", first, 1, item=valve)
    plant.post(
        K.REMOVAL, move(plant, ring, "production", plant.store, run=first), document="WO", reason="wrong size"
    )
    assert Balance.objects.get(lot=ring, quantity__gt=0).status == "quarantine"
    plant.post(
        K.DISPOSITION,
        move(
            plant, ring, plant.store, plant.store, origin_status="quarantine", destination_status="released"
        ),
        actor=plant.quinn,
    )
    plant.issue(ring, second, 1)
    two = plant.output("V-2", second, 1, item=valve)
    now = genealogy.Reading(contains_now=True)
    assert set(genealogy.where_used([ring]).reached) == {one.pk, two.pk}
    assert set(genealogy.where_used([ring], now).reached) == {two.pk}
    assert set(genealogy.where_from([one], now).reached) == {casting.pk}
    assert set(genealogy.where_from([two]).reached) == {ring.pk}
    assert set(genealogy.where_used([casting]).reached) == {one.pk}
    with pytest.raises(ledger.SerialElsewhere):
        plant.issue(ring, first, 1)


def test_a_part_is_taken_out_and_put_back_into_the_same_unit(plant, valve):
    ring = plant.receive("RING-1", 1, item=plant.item("RING", tracking="serial", unit="ea"))
    run = plant.run("WO")
    for _ in range(2):
        plant.issue(ring, run, 1)
        plant.post(
            K.REMOVAL, move(plant, ring, "production", plant.store, run=run), document="WO", reason="cleaning"
        )
        plant.post(
            K.DISPOSITION,
            move(
                plant,
                ring,
                plant.store,
                plant.store,
                origin_status="quarantine",
                destination_status="released",
            ),
            actor=plant.quinn,
        )
    plant.issue(ring, run, 1)
    unit = plant.output("V-1", run, 1, item=valve)
    link = RunLot.objects.get(lot=ring)
    assert (link.quantity, link.removed) == (3, 2)
    assert genealogy.where_from([unit], genealogy.Reading(contains_now=True)).reached == [ring.pk]


def test_what_was_never_put_in_cannot_be_taken_out(plant, valve):
    ring = plant.receive("RING-1", 1, item=plant.item("RING", tracking="serial", unit="ea"))
    plant.issue(ring, plant.run("WO", 1), 1)
    with pytest.raises(ledger.MoreThanWentIn):
        plant.post(
            K.REMOVAL,
            move(plant, ring, "production", "scrap", run=plant.run("WO", 2)),
            document="WO",
            reason="x",
        )


def ten_thousand(plant, valve):
    runs = Run.objects.bulk_create(
        [Run(document="WO-V", number=n, site=plant.site) for n in range(1, 10_001)]
    )
    production, store = plant.place("production"), plant.store
    return lambda: [
        Move(
            lot=Lot(item=valve, number=f"PV-{n:06d}"),
            quantity=Decimal(1),
            origin=production,
            destination=store,
            destination_status="released",
            run=run,
        )
        for n, run in enumerate(runs)
    ]


def test_ten_thousand_serials_each_with_its_run_in_one_entry_and_its_retry_is_the_earlier_entry(
    plant, valve, django_assert_max_num_queries
):
    moves = ten_thousand(plant, valve)
    with django_assert_max_num_queries(40):
        first = plant.post(K.OUTPUT, *moves(), document="WO-V", key="all", actor=plant.paul)
    with django_assert_max_num_queries(10):
        assert plant.post(K.OUTPUT, *moves(), document="WO-V", key="all", actor=plant.paul).pk == first.pk
    assert Entry.objects.count() == 1
    assert Balance.objects.aggregate(Sum("quantity"))["quantity__sum"] == 10_000
    assert RunLot.objects.filter(role="output").count() == 10_000
    with pytest.raises(ledger.LotNumberTaken) as refusal:
        plant.post(K.OUTPUT, *moves()[5000:5003], document="WO-V", key="again", actor=plant.paul)
    assert refusal.value.fields["numbers"] == ["PV-005000", "PV-005001", "PV-005002"]
